"""Everything rules can do and ask beyond the beginning: each action as said, guarded, taken back."""

from __future__ import annotations

from typing import Any

import pytest

from automation.csat.models import SurveyExclusion
from automation.macros.edit import create_macro
from automation.rules.actions import clean_actions
from automation.rules.edit import create_rule
from automation.rules.models import RuleRun
from automation.rules.undo import undo_run
from helpdesk.accounts.actions import create_user
from helpdesk.accounts.models import Team
from helpdesk.lib.errors import InvalidInput
from tests.factories import make_customer, receive_mail
from tickets.actions.custom_fields import set_ticket_fields
from tickets.actions.marks import set_subject
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.tags import change_tags
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def on_mail(organization):
    """A rule that runs on every mail of a customer."""

    def make(*actions: tuple[str, dict[str, Any]], **more: Any):
        said = {
            "name": "Rule",
            "triggers": ["message.received"],
            "conditions": {"field": "message.direction", "operator": "is", "value": "in"},
            "actions": [{"type": kind, "params": params} for kind, params in actions],
        }
        return create_rule(organization, {**said, **more})

    return make


def outcomes() -> list[str]:
    return [each["outcome"] for each in RuleRun.objects.latest("at").actions]


def test_subject_and_all_tags_are_set_and_taken_back(channel, ada, on_mail, catch_up):
    on_mail(("set_subject", {"subject": " Order  1042 "}), ("reset_tags", {}))
    message = receive_mail(channel, subject="Hello")
    change_tags(message.ticket_id, add=["old", "older"])
    catch_up()
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.tags) == ("Order 1042", [])
    assert outcomes() == ["done", "done"]

    undo_run(RuleRun.objects.get(), user=ada)

    ticket.refresh_from_db()
    assert (ticket.subject, ticket.tags) == ("Hello", ["old", "older"])


def test_a_mail_to_a_partner_leaves_from_the_mailbox_and_is_no_answer(channel, on_mail, catch_up):
    params = {"address": " Depot@Partner.example ", "text": "Please look."}
    on_mail(("send_email", params))
    message = receive_mail(channel, "Two boxes\nare missing", subject="Boxes")
    catch_up()
    assert outcomes() == ["sent"]
    mail = Message.objects.get(kind=MessageKind.REPLY)
    assert [each["address"] for each in mail.to] == ["depot@partner.example"]
    assert (mail.is_automatic, mail.channel) == (True, channel)
    assert mail.subject == f"[#{message.ticket.number}] Boxes"
    assert mail.body.text.startswith("Please look.\n\n#")
    assert mail.body.text.endswith("> Two boxes\n> are missing")
    assert Ticket.objects.get().waiting_since is not None, "the customer still waits"


def test_mail_never_goes_in_circles(channel, organization, on_mail, catch_up):
    with pytest.raises(InvalidInput) as refused:
        on_mail(("send_email", {"address": channel.address.upper(), "text": "Hi"}))
    assert [each.code for each in refused.value.errors] == ["own_address"]
    on_mail(("send_email", {"address": "mia@posteo.example", "text": "Hi"}), runs_on_automatic=True)
    receive_mail(channel, customer=make_customer(organization, "mia@posteo.example"))
    catch_up()
    assert outcomes() == ["not sent: the message came from this very address"]
    receive_mail(channel, customer=make_customer(organization, "bot@x.example"), is_automatic=True)
    catch_up()
    assert outcomes() == ["not sent: the message was sent by a machine"]
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_at_most_three_mails_about_a_ticket_go_to_an_address(channel, on_mail, catch_up):
    on_mail(("send_email", {"address": "depot@partner.example", "text": "Look."}))
    first = receive_mail(channel)
    for _ in range(4):
        receive_mail(channel, ticket=first.ticket)
    catch_up()
    assert Message.objects.filter(kind=MessageKind.REPLY).count() == 3
    assert outcomes() == ["not sent: 3 e-mails about this ticket went there already"]


def test_a_second_ticket_of_the_same_proven_customer_joins_the_open_one(
    channel, organization, ada, on_mail, catch_up
):
    on_mail(("add_tags", {"tags": ["twice"]}), ("merge_into_open", {}))
    mia = make_customer(organization, "mia@posteo.example")
    noa = make_customer(organization, "noa@posteo.example")
    first = receive_mail(channel, "One", customer=mia, is_sender_verified=True)
    receive_mail(channel, "Two", customer=noa, is_sender_verified=True)
    catch_up()
    assert outcomes() == ["done", "not merged: the customer has no other open ticket"]
    third = receive_mail(channel, "Three", customer=mia, is_sender_verified=True)
    catch_up()
    assert outcomes() == ["done", f"merged into #{first.ticket.number}"]
    joined = Ticket.objects.get(pk=third.ticket_id)
    assert joined.merged_into_id == first.ticket_id
    assert Message.objects.get(pk=third.pk).ticket_id == first.ticket_id

    undo_run(RuleRun.objects.get(ticket=joined), user=ada)

    joined.refresh_from_db()
    assert (joined.merged_into_id, joined.status) == (None, "open")
    assert Message.objects.get(pk=third.pk).ticket_id == third.ticket_id


def test_nobody_is_joined_by_a_claim(channel, organization, on_mail, catch_up):
    """An unverified sender could otherwise read what the customer wrote."""
    on_mail(("merge_into_open", {}))
    mia = make_customer(organization, "mia@posteo.example")
    receive_mail(channel, "One", customer=mia)
    receive_mail(channel, "Two", customer=mia, is_sender_verified=False)
    catch_up()
    assert outcomes() == ["not merged: the sender is not verified"]
    assert not Ticket.objects.filter(merged_into__isnull=False).exists()


def test_merging_comes_last(organization):
    actions = [{"type": kind, "params": {}} for kind in ("merge_into_open", "reset_tags")]
    with pytest.raises(InvalidInput) as refused:
        clean_actions(organization.pk, actions)
    assert [(e.path, e.code) for e in refused.value.errors] == [("actions.1.type", "after_merge")]


def test_a_survey_is_sent_or_refused_with_the_reason(channel, on_mail, catch_up):
    on_mail(("send_survey", {}))
    receive_mail(channel)
    catch_up()
    assert outcomes() == ["not sent: Nobody answered the customer."]
    assert Ticket.objects.get().csat_reason == "Nobody answered the customer."


def test_excluding_from_the_survey_takes_a_planned_one_back(channel, on_mail, catch_up):
    on_mail(("turn_survey_off", {}))
    message = receive_mail(channel)
    catch_up()
    exclusion = SurveyExclusion.objects.get(ticket=message.ticket_id)
    assert exclusion.reason == "Switched off by the rule “Rule”."


def test_a_macro_does_its_actions_without_its_text(channel, organization, on_mail, catch_up):
    macro = create_macro(organization, {
        "name": "Hot", "variants": [{"language": "en", "body": "Hello"}],
        "actions": [{"type": "add_tags", "params": {"tags": ["hot"]}},
                    {"type": "set_priority", "params": {"priority": "high"}}],
    })  # fmt: skip
    on_mail(("run_macro_actions", {"macro_id": str(macro.pk)}))
    receive_mail(channel)
    catch_up()
    ticket = Ticket.objects.get()
    assert (ticket.tags, ticket.priority, outcomes()) == (["hot"], "high", ["done"])
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()


def test_who_answered_last_gets_the_next_one_if_they_are_there(
    channel, organization, on_mail, catch_up
):
    team = Team.objects.create(organization=organization, name="Desk")
    people = [
        create_user(organization, email=f"{name}@x.example", password="linen-in-the-rain",
                    name=name, role="agent")
        for name in ("bo", "cy")
    ]  # fmt: skip
    for each in people:
        each.teams.add(team)
    on_mail(("assign_by_turn", {"team_id": str(team.pk), "strategy": "last_agent"}))
    mia = make_customer(organization, "mia@posteo.example")
    first = receive_mail(channel, customer=mia)
    catch_up()
    for bo_or_cy in reversed(people):
        reply(first.ticket_id, OutgoingMessage(text="Hello"), user=bo_or_cy)
        second = receive_mail(channel, customer=mia)
        catch_up()
        assert Ticket.objects.get(pk=second.ticket_id).assignee == bo_or_cy
    bo = people[0]
    bo.is_available = False
    bo.save()
    third = receive_mail(channel, customer=mia)
    catch_up()
    assert Ticket.objects.get(pk=third.ticket_id).assignee == people[1]


def test_an_update_is_a_subject_a_field_or_an_order_and_no_clock(channel, on_mail, catch_up):
    on_mail(("add_tags", {"tags": ["renamed"]}), triggers=["ticket.updated"], conditions={})
    message = receive_mail(channel)
    catch_up()
    assert RuleRun.objects.count() == 0, "what is shown on the ticket is no update"
    set_subject(message.ticket_id, "Other")
    catch_up()
    assert RuleRun.objects.count() == 1
    set_ticket_fields(message.ticket_id, {})
    catch_up()
    assert Ticket.objects.get().tags == ["renamed"]
    assert RuleRun.objects.count() == 1
