"""Merging, splitting and linking tickets, and taking that back (UX 25, G3.5, F38)."""

from __future__ import annotations

import itertools
import uuid
from datetime import timedelta

import pytest
import time_machine

from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput
from inbox.inbound import InboundMessage, SenderHandle
from inbox.matching import find_match
from inbox.outbound import fix_external_id
from tests.api.conftest import channel_of, write_in
from tickets.actions.drafts import save_draft
from tickets.actions.link import link, unlink
from tickets.actions.merge import Choice, merge, preview, unmerge
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.split import split, unsplit
from tickets.actions.status import close, set_status, snooze
from tickets.actions.tags import change_tags
from tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
BEGAN = now().replace(microsecond=0) - timedelta(hours=5)


def at(minutes):
    return BEGAN + timedelta(minutes=minutes)


def told(ticket):
    """(position, text) of the ticket's messages in order."""
    rows = Message.objects.filter(ticket=ticket).order_by("position")
    return list(rows.values_list("position", "body__text"))


def facts(ticket):
    """What a ticket shows of itself, but its version and time of change."""
    row = Ticket.objects.filter(pk=ticket.pk).values().get()
    return {k: v for k, v in row.items() if k not in ("version", "updated_at")}


@pytest.fixture
def pair(organization, bo):
    """Two tickets of Mia whose messages lie between one another in time."""
    target = write_in(organization, "a1", subject="Parcel", at=at(0)).ticket
    source = write_in(organization, "b1", subject="Refund", at=at(1)).ticket
    write_in(organization, "a2", ticket=target, at=at(2))
    reply(source.pk, OutgoingMessage(text="b2", at=at(3)), user=bo)
    write_in(organization, "a3", ticket=target, at=at(4))
    write_in(organization, "b3", ticket=source, at=at(5))
    return source, target


def merged(source, target, user, **more):
    return merge(source.pk, target.pk, user=user, merge_id=uuid.uuid4(), **more)


def test_the_merged_conversation_stands_in_the_order_of_time(pair, bo):
    source, target = pair
    ids = set(Message.objects.values_list("pk", flat=True))
    merged(source, target, bo)

    assert told(target) == [(1, "a1"), (2, "b1"), (3, "a2"), (4, "b2"), (5, "a3"), (6, "b3")]
    assert told(source) == []
    assert set(Message.objects.values_list("pk", flat=True)) == ids
    target.refresh_from_db()
    assert (target.message_count, target.last_position, target.snippet) == (6, 6, "b3")
    assert target.waiting_since == at(4)
    source.refresh_from_db()
    assert (source.merged_into_id, source.status, source.message_count) == (target.pk, "closed", 0)
    assert source.links == [{"id": str(target.pk), "number": target.number, "kind": "merged_into"}]


def test_taking_it_back_restores_both_even_after_new_messages_arrived(pair, bo, organization):
    source, target = pair
    before = facts(source), facts(target), told(source), told(target)
    merged(source, target, bo, choice=Choice(subject_from="source"))
    write_in(organization, "later", ticket=source, at=at(6))

    unmerge(source.pk, user=bo)

    assert told(source) == before[2]
    assert told(target) == [*before[3], (4, "later")]
    assert facts(source) == before[0]
    changed = {k for k, v in facts(target).items() if v != before[1][k]}
    assert changed == {"message_count", "last_position", "snippet", "last_message_at"}


def test_taking_it_back_at_once_leaves_no_trace(pair, bo):
    source, target = pair
    change_tags(source.pk, add=["refund"])
    close(target.pk)
    before = facts(source), facts(target)
    merged(source, target, bo)
    assert Ticket.objects.get(pk=target.pk).status == "open"
    unmerge(source.pk, user=bo)
    assert (facts(source), facts(target)) == before


def test_what_a_colleague_changed_since_stays(pair, bo, cy):
    source, target = pair
    merged(source, target, bo, choice=Choice(subject_from="source"))
    from tickets.actions.edit import edit_ticket

    edit_ticket(target.pk, {"subject": "Parcel and refund", "priority": "urgent"}, user=cy)
    unmerge(source.pk, user=bo)
    target.refresh_from_db()
    assert (target.subject, target.priority) == ("Parcel and refund", "urgent")


def test_the_same_merge_sent_twice_is_one(pair, bo):
    source, target = pair
    merge_id = uuid.uuid4()
    first = merge(source.pk, target.pk, user=bo, merge_id=merge_id)
    assert merge(source.pk, target.pk, user=bo, merge_id=merge_id).pk == first.pk
    assert len(told(target)) == 6
    with pytest.raises(Conflict) as refused:
        merged(source, target, bo)
    assert refused.value.code == "merged"


def test_mail_that_answers_the_source_lands_in_the_survivor_of_a_chain_of_five(
    organization, bo, pair
):
    """G3.5: marks in Message-IDs, known Message-IDs and numbers follow the pointers."""
    source, target = pair
    ours = Message.objects.get(body__text="b2")
    fix_external_id(ours)
    chain = [source, target]
    chain += [write_in(organization, f"c{n}", at=at(10 + n)).ticket for n in range(3)]
    for here, there in itertools.pairwise(chain):
        merged(here, there, bo)
    survivor = chain[-1]
    customer = source.customer

    def found(**named):
        mail = InboundMessage(
            external_id="new@shopper.example",
            sender=SenderHandle("email", "mia@shopper.example", "Mia Laurent"),
            text="And?",
            **named,
        )
        match = find_match(organization, channel_of(organization), customer, mail, kind="customer")
        return match.ticket

    assert found(in_reply_to=ours.external_id) == survivor
    assert found(subject=f"Re: parcel [#{source.number}]") == survivor
    assert len(told(survivor)) == 9

    with pytest.raises(Conflict) as refused:
        unmerge(source.pk, user=bo)
    assert refused.value.code == "merged_further"
    for here in reversed(chain[:-1]):
        unmerge(here.pk, user=bo)
    assert [len(told(each)) for each in chain] == [3, 3, 1, 1, 1]
    assert found(in_reply_to=ours.external_id) == source


def test_a_merge_is_taken_back_within_a_day_only(pair, bo):
    source, target = pair
    merged(source, target, bo)
    with (
        time_machine.travel(now() + timedelta(hours=25), tick=False),
        pytest.raises(Conflict) as refused,
    ):
        unmerge(source.pk, user=bo)
    assert refused.value.code == "too_late"
    assert len(told(target)) == 6


def test_drafts_go_along_and_come_back(pair, bo, cy):
    source, target = pair
    save_draft(source, bo, "reply", {"text": "Dear Mia"}, rev=0)
    save_draft(target, bo, "reply", {"text": "Hello"}, rev=0)
    save_draft(source, cy, "note", {"text": "Ask the warehouse"}, rev=0)
    merged(source, target, bo)

    def drafts(ticket):
        rows = Draft.objects.filter(ticket=ticket).order_by("mode")
        return [(each.user.name, each.content["text"]) for each in rows]

    assert drafts(target) == [
        ("Cy Okafor", "Ask the warehouse"),
        ("Bo Larsen", "Hello\n\nDear Mia"),
    ]
    unmerge(source.pk, user=bo)
    assert drafts(target) == [("Bo Larsen", "Hello")]
    assert drafts(source) == [("Cy Okafor", "Ask the warehouse"), ("Bo Larsen", "Dear Mia")]


def test_nothing_is_written_on_a_tombstone(pair, bo):
    source, target = pair
    merged(source, target, bo)
    for write in (
        lambda: reply(source.pk, OutgoingMessage(text="Hi"), user=bo),
        lambda: add_note(source.pk, "Hm", user=bo),
    ):
        with pytest.raises(Conflict) as refused:
            write()
        assert refused.value.code == "merged"
    assert told(source) == []


def test_a_sleeping_source_does_not_wake_as_a_tombstone(pair, bo):
    source, target = pair
    snooze(source.pk, now() + timedelta(hours=1))
    merged(source, target, bo)
    source.refresh_from_db()
    assert (source.status, source.snoozed_until) == ("closed", None)
    unmerge(source.pk, user=bo)
    source.refresh_from_db()
    assert source.status == "snoozed"


def test_the_preview_warns_of_another_customer_and_changes_nothing(pair, organization, bo):
    source, _ = pair
    other = write_in(organization, "hello", email="jon@shopper.example").ticket
    before = facts(source), facts(other)
    shown = preview(source, other)
    codes = [each["code"] for each in shown["effects"]]
    assert codes[0] == "other_customer"
    assert [each["text"] for each in shown["timeline"]] == ["b1", "b2", "b3", "hello"]
    assert (facts(source), facts(other)) == before


def test_what_cannot_be_merged_is_refused_by_name(pair, bo):
    source, target = pair
    with pytest.raises(InvalidInput) as refused:
        merged(source, source, bo)
    assert refused.value.errors[0].path == "target_id"
    set_status(target.pk, "trash")
    with pytest.raises(InvalidInput):
        merged(source, target, bo)


def test_split_from_the_middle_keeps_order_and_cross_links(pair, organization, bo):
    _, target = pair
    write_in(organization, "a4", ticket=target, at=at(7))
    middle = Message.objects.get(body__text="a2")
    row = split(target.pk, middle.pk, user=bo, split_id=uuid.uuid4(), with_later=True)
    new = row.ticket
    assert told(target) == [(1, "a1")]
    assert told(new) == [(1, "a2"), (2, "a3"), (3, "a4")]
    target.refresh_from_db()
    new.refresh_from_db()
    assert [(e["number"], e["kind"]) for e in target.links] == [(new.number, "split_to")]
    assert [(e["number"], e["kind"]) for e in new.links] == [(target.number, "split_from")]
    assert (new.status, new.message_count, new.snippet) == ("open", 3, "a4")
    assert new.customer_id == target.customer_id


def test_split_of_one_message_closes_the_gap_it_leaves(pair, bo):
    _, target = pair
    middle = Message.objects.get(body__text="a2")
    row = split(target.pk, middle.pk, user=bo, split_id=uuid.uuid4(), with_later=False)
    assert (told(target), told(row.ticket)) == ([(1, "a1"), (2, "a3")], [(1, "a2")])


def test_a_split_taken_back_loses_nothing_that_was_written_since(pair, organization, bo):
    _, target = pair
    middle = Message.objects.get(body__text="a2")
    row = split(target.pk, middle.pk, user=bo, split_id=uuid.uuid4(), with_later=False)
    write_in(organization, "later", ticket=row.ticket, at=at(9))
    unsplit(row.pk, user=bo)
    unsplit(row.pk, user=bo)
    assert told(target) == [(1, "a1"), (2, "a2"), (3, "a3"), (4, "later")]
    assert Ticket.objects.get(pk=row.ticket_id).merged_into_id == target.pk


def test_one_message_at_least_stays_behind(organization, ticket, bo):
    only = Message.objects.get(ticket=ticket)
    with pytest.raises(InvalidInput):
        split(ticket.pk, only.pk, user=bo, split_id=uuid.uuid4(), with_later=False)
    assert Ticket.objects.count() == 1


def test_mail_that_answers_a_message_that_was_split_off_follows_it(pair, organization, bo):
    source, _ = pair
    ours = Message.objects.get(body__text="b2")
    fix_external_id(ours)
    row = split(source.pk, ours.pk, user=bo, split_id=uuid.uuid4(), with_later=True)
    ours.refresh_from_db()
    mail = InboundMessage(
        external_id="new@shopper.example",
        sender=SenderHandle("email", "mia@shopper.example", "Mia Laurent"),
        text="Thanks",
        in_reply_to=ours.external_id,
    )
    match = find_match(
        organization, channel_of(organization), source.customer, mail, kind="customer"
    )
    assert match.ticket == row.ticket


def test_links_stand_on_both_and_go_from_both(pair, bo):
    source, target = pair
    link(source.pk, target.pk, user=bo)
    link(source.pk, target.pk, user=bo)
    for each, other in ((source, target), (target, source)):
        each.refresh_from_db()
        assert each.links == [{"id": str(other.pk), "number": other.number, "kind": "related"}]
    unlink(target.pk, source.pk, user=bo)
    source.refresh_from_db()
    assert source.links == []
