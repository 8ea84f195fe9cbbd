"""Who sees which macro, what it was before, how it did, and which one fits a ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from automation.csat.models import CsatSurvey, SurveyState
from automation.macros.edit import change_macro, create_macro, record_use, restore_macro
from automation.macros.models import Macro, MacroUse
from automation.macros.selectors import (
    changes_between,
    macros_for,
    ratings_of,
    suggestions_for,
    versions_of,
)
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.realtime.visibility import records_for
from tests.factories import receive_mail
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Message, Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(channel, mia):
    return Ticket.objects.get(pk=receive_mail(channel, "Hello").ticket_id)


@pytest.fixture
def make_macro(organization):
    def make(name: str, body: str = "Hello", *, user=None, **fields) -> Macro:
        values = {"name": name, "variants": [{"language": "en", "body": body}], **fields}
        return create_macro(organization, values, user=user)

    return make


def names(macros) -> list[str]:
    return sorted(each.name for each in macros)


def used(macro, ticket, user) -> Message:
    message = reply(ticket.pk, OutgoingMessage(text="Hello", macro_id=macro.pk), user=user)
    ticket.refresh_from_db()
    record_use(macro, message, ticket)
    return message


def test_a_macro_is_seen_by_everybody_its_team_or_its_owner(make_macro, ada, bo, cy, team_a):
    bo.teams.add(team_a)
    make_macro("All")
    make_macro("Mine", user=bo, audience="personal")
    make_macro("Team", user=ada, audience="team", team_id=team_a.pk)

    assert names(macros_for(bo)) == ["All", "Mine", "Team"]
    assert names(macros_for(cy)) == ["All"]
    assert names(macros_for(ada)) == ["All", "Team"]
    with pytest.raises(InvalidInput) as caught:
        make_macro("Not mine", user=cy, audience="team", team_id=team_a.pk)
    assert [each.path for each in caught.value.errors] == ["team_id"]


def test_whoever_lost_sight_of_a_macro_is_told_that_it_is_gone(make_macro, bo, cy):
    macro = make_macro("Secret plan", user=bo)
    change_macro(macro, {"audience": "personal"}, user=bo)
    change_macro(macro, {"name": "Very secret"}, user=bo)
    events = list(Event.objects.filter(type__startswith="macro.").order_by("seq"))

    def told(user):
        return [(each["type"], each["payload"].get("name")) for each in records_for(user, events)]

    first = [("macro.updated", "Secret plan"), ("macro.removed", None)]
    assert told(cy) == first
    assert told(bo) == [
        *first,
        ("macro.updated", "Secret plan"),
        ("macro.updated", "Very secret"),
    ]


def test_every_version_is_kept_compared_and_can_come_back(make_macro, ada, bo):
    macro = make_macro("M", "Hi there.\nOld line.\nBye.", user=ada)
    variants = [{"language": "en", "body": "Hi there.\nNew line.\nBye."}]
    change_macro(macro, {"variants": variants, "name": "N"}, user=bo)

    newest, oldest = versions_of(macro)
    assert (newest.number, newest.user, oldest.number, oldest.user) == (2, bo, 1, ada)
    assert changes_between(oldest.content, newest.content) == [
        {"field": "name", "before": "M", "after": "N"},
        {
            "field": "body",
            "language": "en",
            "lines": [
                {"change": "same", "text": "Hi there."},
                {"change": "removed", "text": "Old line."},
                {"change": "added", "text": "New line."},
                {"change": "same", "text": "Bye."},
            ],
        },
    ]

    restored = restore_macro(macro, 1, user=ada)
    assert (restored.version, restored.name) == (3, "M")
    assert restored.variants[0]["body"] == "Hi there.\nOld line.\nBye."
    assert [each.restored_from for each in versions_of(macro)] == [1, None, None]
    assert versions_of(macro)[1].content["name"] == "N"


def test_the_first_change_of_a_macro_without_versions_keeps_what_it_was(make_macro, bo):
    macro = make_macro("M")
    macro.versions.all().delete()
    change_macro(macro, {"name": "N"}, user=bo)

    assert [(each.number, each.content["name"]) for each in versions_of(macro)] == [
        (2, "N"),
        (1, "M"),
    ]


def test_a_use_is_counted_once_and_rated_by_what_the_customer_says_after(
    make_macro, ticket, bo, organization
):
    macro, other = make_macro("M"), make_macro("Other")
    message = used(macro, ticket, bo)
    MacroUse.objects.update(used_at=now() - timedelta(hours=2))

    def survey(score: int, resolution: int, sent: timedelta) -> None:
        CsatSurvey.objects.create(
            organization=organization,
            ticket=ticket,
            resolution=resolution,
            customer=ticket.customer,
            state=SurveyState.ANSWERED,
            sent_at=now() - sent,
            score=score,
        )

    survey(1, 1, timedelta(hours=3))  # before it was used
    survey(5, 2, timedelta(hours=1))
    survey(4, 3, timedelta(minutes=1))

    rated = ratings_of(organization.pk)
    assert (rated[macro.pk].average, rated[macro.pk].count) == (4.5, 2)
    assert other.pk not in rated
    record_use(macro, message, ticket)
    assert MacroUse.objects.count() == 1


def test_the_best_macro_is_about_the_wish_then_the_tags_then_was_used_last(
    make_macro, channel, ticket, bo
):
    for name in ("Unused", "Popular", "Recent", "Same tags", "For the wish"):
        fields = {"intents": ["cancel_order"]} if name == "For the wish" else {}
        make_macro(name, **fields)
    elsewhere = receive_mail(channel, "Another").ticket
    Ticket.objects.filter(pk=elsewhere.pk).update(tags=["vip", "linen"])
    elsewhere.refresh_from_db()
    used(Macro.objects.get(name="Same tags"), elsewhere, None)
    used(Macro.objects.get(name="Recent"), ticket, bo)
    Macro.objects.filter(name="Popular").update(usage_count=99)
    Ticket.objects.filter(pk=ticket.pk).update(tags=["linen"], intent="cancel_order")
    ticket.refresh_from_db()

    ranked = suggestions_for(ticket, bo)

    assert [(each.macro.name, each.reason) for each in ranked] == [
        ("For the wish", "intent"),
        ("Same tags", "tags"),
        ("Recent", "recent"),
        ("Popular", ""),
        ("Unused", ""),
    ]


def test_the_palette_and_the_editor_ask_the_api(api_as, make_macro, make_order, ticket, bo):
    make_order("#1042")
    macro = make_macro("M", "Order {{ order.number }}", user=bo)
    api = api_as(bo)

    [suggested] = api.get(f"/api/v1/tickets/{ticket.pk}/macros").json()["results"]
    assert (suggested["id"], suggested["usage_count"], suggested["csat"]) == (
        str(macro.pk),
        0,
        None,
    )
    tried = api.post(
        "/api/v1/macros/preview",
        {
            "body": "Hi {{ customer.first_name }}: {{ order.number }}",
            "ticket_number": ticket.number,
        },
    )
    assert (tried.status_code, tried.json()["text"]) == (200, "Hi Mia: #1042")
    assert tried.json()["order"]["state_text"] == "Unfulfilled"
    wrong = api.post(
        "/api/v1/macros/preview", {"body": "{{ no.such }}", "ticket_number": ticket.number}
    )
    assert wrong.status_code == 422
    changed = api.patch(f"/api/v1/macros/{macro.pk}", {"name": "N", "version": 1})
    assert changed.json()["version"] == 2
    versions = api.get(f"/api/v1/macros/{macro.pk}/versions").json()["results"]
    assert [each["number"] for each in versions] == [2, 1]
    assert versions[0]["changes"][0]["after"] == "N"
    restored = api.post(f"/api/v1/macros/{macro.pk}/versions/1/restore", {})
    assert (restored.json()["name"], restored.json()["version"]) == ("M", 3)
    words = api.get("/api/v1/macros/vocabulary").json()
    assert {"path", "root", "label", "type", "example"} == set(words["values"][0])
    [number] = [each for each in words["values"] if each["path"] == "order.number"]
    assert (number["type"], number["example"]) == ("text", "#1042")
