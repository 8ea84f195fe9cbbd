"""Macros of Gorgias and Zendesk become ours; what cannot be translated is said and cannot leave."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from automation.macros.importing import date_pattern, import_macros
from automation.macros.models import Macro
from automation.macros.render import render_for_agent
from helpdesk.lib.errors import InvalidInput, MissingValues
from tests.factories import receive_mail
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

SHOP = "ticket.customer.integrations.shopify"
GORGIAS = {
    "data": [
        {
            "id": 11,
            "name": "WISMO: in transit",
            "language": "en",
            "actions": [
                {
                    "name": "setResponseText",
                    "arguments": {
                        "body_html": "<div>Hi {{ticket.customer.firstname}},</div><div><br></div>"
                        f"<div>order {{{{{SHOP}.orders[0].name}}}} of "
                        f"{{{{{SHOP}.orders[0].created_at|datetime_format(&quot;MMM Do YYYY&quot;)}}}}"
                        f": {{{{{SHOP}.orders[0].fulfillments[0].tracking_url}}}}</div>"
                        "<div>{{current_user.firstname}}</div>",
                    },
                },
                {"name": "setSubject", "arguments": {"subject": "Your order"}},
                {"name": "addTags", "arguments": {"tags": "wismo, sent"}},
                {"name": "setStatus", "arguments": {"status": "closed"}},
                {"name": "setAssignee", "arguments": {"assignee_user": {"email": "BO@a.example"}}},
            ],
        },
        {
            "id": 12,
            "name": "Cancel",
            "actions": [
                {
                    "name": "setResponseText",
                    "arguments": {"body_text": "Note {{ticket.customer.meta.secret}}. Bye."},
                },
                {"name": "shopifyCancelLastOrder", "arguments": {"restock": True}},
            ],
        },
        {"id": 13, "name": "Only tags", "actions": [{"name": "addTags", "arguments": {}}]},
    ]
}
ZENDESK = {
    "macros": [
        {
            "id": 21,
            "title": "Refunds::Money sent",
            "active": True,
            "actions": [
                {
                    "field": "comment_value",
                    "value": [
                        "channel:all",
                        "Hi {{ticket.requester.first_name}}, see #{{ticket.id}}.",
                    ],
                },
                {"field": "current_tags", "value": "refund done"},
                {"field": "status", "value": "solved"},
                {"field": "priority", "value": "high"},
            ],
        },
        {
            "id": 22,
            "title": "Conditional",
            "actions": [
                {
                    "field": "comment_value_html",
                    "value": "<p>{% if ticket.via %}Hi{% endif %} {{satisfaction.rating_section}}</p>",
                },
                {"field": "group_id", "value": "99"},
            ],
        },
    ]
}


@pytest.fixture
def ticket(channel, mia):
    return Ticket.objects.get(pk=receive_mail(channel, "Hello").ticket_id)


def test_a_gorgias_macro_is_filled_like_one_of_ours(organization, ticket, make_order, bo):
    bo.email = "bo@a.example"
    bo.save()
    make_order("#1042", is_sent=True)
    report = import_macros(organization, GORGIAS)

    assert report.source == "gorgias"
    first, second, third = report.macros
    assert (first.outcome, first.untranslated) == ("created", [])
    macro = Macro.objects.get(pk=first.macro_id)
    assert macro.variants == [
        {
            "language": "en",
            "subject": "Your order",
            "body": "Hi {{ customer.first_name }},\n\norder {{ order.number }} of "
            "{{ order.placed_at | date: 'MMM d y' }}: {{ order.tracking_url }}\n"
            "{{ agent.first_name }}",
        }
    ]
    assert [each["type"] for each in macro.actions] == ["add_tags", "set_status", "assign_person"]
    assert macro.actions[2]["params"]["user_id"] == str(bo.pk)
    assert render_for_agent(macro, ticket, user=bo).missing == []

    assert second.outcome == "created_off"
    assert [(each.what, each.text) for each in second.untranslated] == [
        ("value", "{{ticket.customer.meta.secret}}"),
        ("action", "shopifyCancelLastOrder"),
    ]
    unfinished = Macro.objects.get(pk=second.macro_id)
    assert unfinished.is_active is False
    text = render_for_agent(unfinished, ticket, user=bo).text
    assert text == "Note ⟦ticket.customer.meta.secret⟧. Bye."
    with pytest.raises(MissingValues):
        reply(ticket.pk, OutgoingMessage(text=text), user=bo)
    assert (third.outcome, third.macro_id) == ("refused", None)


def test_a_zendesk_macro_is_taken_over_and_its_rest_reported(organization):
    report = import_macros(organization, ZENDESK)

    sent, conditional = report.macros
    macro = Macro.objects.get(pk=sent.macro_id)
    assert (macro.name, macro.folder, sent.outcome) == ("Money sent", "Refunds", "created")
    assert macro.variants[0]["body"] == ("Hi {{ customer.first_name }}, see #{{ ticket.number }}.")
    assert [each["type"] for each in macro.actions] == ["add_tags", "set_status", "set_priority"]
    assert {each.what for each in conditional.untranslated} == {"tag", "value", "action"}
    assert conditional.outcome == "created_off"


def test_the_same_file_twice_and_a_trial_change_nothing(organization):
    trial = import_macros(organization, GORGIAS, is_trial=True).as_json()
    assert (trial["created"], trial["created_off"], trial["refused"]) == (0, 2, 1)
    assert not Macro.objects.exists()
    import_macros(organization, GORGIAS)
    again = import_macros(organization, GORGIAS).as_json()

    assert (again["known"], again["created"], Macro.objects.count()) == (2, 0, 2)


@pytest.mark.parametrize("data", [[], {}, "x", [1], [{"a": 1}], {"macros": []}, None])
def test_what_is_no_export_is_refused(organization, data):
    with pytest.raises(InvalidInput) as caught:
        import_macros(organization, data)
    assert [each.path for each in caught.value.errors] == ["file"]


@pytest.mark.parametrize(
    ("moment", "ours"),
    [
        ("L", "short"),
        ("LL", "long"),
        ("MMM Do YY", "MMM d yy"),
        ("dddd, D. MMMM YYYY", "EEEE, d. MMMM y"),
        ("MMMM [the] Do", "MMMM the d"),
        ("HH:mm", "HH:mm"),
    ],
)
def test_dates_are_written_as_before(moment, ours):
    assert date_pattern(moment) == ours


def test_the_api_imports_what_an_agent_uploads(api_as, bo):
    answer = api_as(bo).post("/api/v1/macros/import", {"export": ZENDESK, "is_trial": True})
    assert (answer.status_code, answer.json()["source"], answer.json()["created"]) == (
        200,
        "zendesk",
        1,
    )
    wrong = api_as(bo).post("/api/v1/macros/import", {"export": {"x": 1}})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "file")


def test_the_command_reads_a_file(organization, tmp_path, capsys):
    from helpdesk.commands.import_macros import import_file

    path = tmp_path / "macros.json"
    path.write_text(json.dumps(ZENDESK), "utf-8")
    report = import_file(str(path), organization=organization.slug, is_trial=False)

    assert report.count("created") == 1
    assert "satisfaction.rating_section" in report.as_text()
    shown = subprocess.run(
        [sys.executable, "-m", "helpdesk.cli", "import-macros", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "FILE" in shown.stdout
