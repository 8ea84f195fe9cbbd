"""For every event type: the state before, plus the events, is what a fresh load shows.

The traces are also written to tests/golden/live (with WRITE_GOLDEN=1), where the TypeScript
reducer is held against them.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from automation.sla.edit import save_policy
from helpdesk.accounts.actions import change_profile, create_team
from helpdesk.accounts.models import User
from helpdesk.accounts.organization import change_organization
from helpdesk.accounts.teams import make_team
from helpdesk.events.catalog import TYPES
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.events.selectors import head_of
from helpdesk.lib.clock import now
from helpdesk.notifications.actions import News, mark_read, notify
from integrations.commerce.acting import ActionKind
from integrations.commerce.actions import create_store, upsert_order
from integrations.commerce.ledger.automatic import Wanted, propose
from integrations.commerce.ledger.intents import reject
from integrations.commerce.ledger.limits import RoleLimit, set_policy
from integrations.commerce.normal_form import OrderData
from tests.api.conftest import channel_of, write_in
from tests.realtime.reducer import State, apply_events
from tickets.actions import marks, status, tags
from tickets.actions.amend import amend
from tickets.actions.assign import assign
from tickets.actions.block import block_sender
from tickets.actions.bulk import run_bulk, start_bulk
from tickets.actions.channels import change_channel
from tickets.actions.custom_fields import define_field
from tickets.actions.customer_merge import merge_customers, undo_merge
from tickets.actions.customer_notes import add_customer_note
from tickets.actions.customers import add_handle, change_customer, get_or_create_by_handle
from tickets.actions.delivery import set_delivery_state, withdraw
from tickets.actions.drafts import save_draft
from tickets.actions.link import link, unlink
from tickets.actions.mentions import set_following
from tickets.actions.merge import merge, unmerge
from tickets.actions.remove import remove_ticket
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.actions.split import split
from tickets.actions.views import change_view, order_views, remove_view, save_view
from tickets.models import CustomerMerge, Message, Ticket, View
from tickets.records import ticket_payload
from tickets.views import ensure_default_views

pytestmark = pytest.mark.django_db(transaction=True)
GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "live"
Scenario = Callable[[Ticket, User], object]


def announce(type_: str, ticket: Ticket, payload: dict[str, Any], **more: Any) -> None:
    """An event of a part that lives above tickets, as that part records it."""
    with unit_of_work():
        record(
            type_,
            organization_id=ticket.organization_id,
            object_type=type_.split(".")[0],
            object_id=more.pop("object_id", uuid.uuid4()),
            ticket_id=more.pop("ticket_id", None),
            payload=lambda: payload,
        )


def survey(type_: str, score: int | None) -> Scenario:
    def happens(ticket: Ticket, user: User) -> None:
        marks.set_csat(ticket.pk, state=type_.split(".")[1], score=score)
        fresh = Ticket.objects.select_related("customer").get(pk=ticket.pk)
        said: dict[str, Any] = {"id": str(uuid.uuid4()), "ticket_id": str(ticket.pk), "kind": "csat",
                "score": score, "comment": "", "comment_intent": "", "credits": [],
                "answered_at": None, "recovered_at": None}  # fmt: skip
        payload = {**ticket_payload(fresh), "survey": said}
        announce(type_, ticket, payload, ticket_id=ticket.pk)

    return happens


def sla(type_: str, state: str) -> Scenario:
    """The chip changes, and those who listen are told."""

    def happens(ticket: Ticket, user: User) -> None:
        marks.set_sla(ticket.pk, marks.Level(state, "first_reply", "Gold", now()))
        fresh = Ticket.objects.select_related("customer").get(pk=ticket.pk)
        said = {"target": "first_reply", "policy": "Gold", "policy_id": str(uuid.uuid4()),
                "due_at": "2026-11-22T12:00:00.000Z"}  # fmt: skip
        announce(type_, ticket, {**ticket_payload(fresh), **said}, ticket_id=ticket.pk,
                 object_id=ticket.pk)  # fmt: skip

    return happens


def withdraw_a_reply(ticket: Ticket, user: User) -> None:
    held = OutgoingMessage(text="Oops", hold_seconds=10)
    withdraw(reply(ticket.pk, held, user=user).pk)


def deliver_a_reply(ticket: Ticket, user: User) -> None:
    message = reply(ticket.pk, OutgoingMessage(text="Done"), user=user)
    set_delivery_state(message.pk, "sending")
    set_delivery_state(message.pk, "sent")


def run_a_rule(ticket: Ticket, user: User) -> None:
    payload = {"ticket_id": str(ticket.pk), "run_id": str(uuid.uuid4()), "rule_version": 1,
               "rule_id": str(uuid.uuid4()), "rule_name": "WISMO", "actions": ["Tag wismo"]}  # fmt: skip
    announce("rule.ran", ticket, payload, ticket_id=ticket.pk)


def a_rule_is_due(ticket: Ticket, user: User) -> None:
    rule_id = str(uuid.uuid4())
    waits = {"id": str(uuid.uuid4()), "rule_id": rule_id, "name": "Nudge",
             "due_at": "2026-11-22T12:00:00Z"}  # fmt: skip
    marks.set_timers(ticket.pk, [waits])
    marks.set_timers(ticket.pk, [])
    payload = {"ticket_id": str(ticket.pk), "rule_id": rule_id, "trigger": "no_reply",
               "message_id": None, "order_id": None, "team_id": None}  # fmt: skip
    announce("rule.due", ticket, payload, ticket_id=ticket.pk)


def rename_a_view(ticket: Ticket, user: User) -> None:
    view, _ = save_view(user, {"name": "Gifts"})
    change_view(user, view.pk, {"name": "Presents", "sort": "waiting"})


def remove_a_view(ticket: Ticket, user: User) -> None:
    view, _ = save_view(user, {"name": "Gifts"})
    remove_view(user, view.pk)


def save_a_macro(ticket: Ticket, user: User) -> None:
    from automation.macros.edit import create_macro

    values = {"name": "Hello", "variants": [{"language": "en", "body": "Hello"}]}
    create_macro(user.organization, values, user=user)


def a_store_began(ticket: Ticket, user: User) -> None:
    payload = {"store": {"id": str(uuid.uuid4()), "slug": "linden", "kind": "demo_store",
                         "name": "Linden & Loom", "address": "", "currency": "EUR",
                         "is_active": True, "backfill": None, "version": 1,
                         "health": {"state": "ok", "detail": "", "failing_since": None,
                                    "last_sync_at": None}}}  # fmt: skip
    announce("store.updated", ticket, payload)


def give_a_macro_to_oneself(ticket: Ticket, user: User) -> None:
    """What everybody saw is now one person's own."""
    from automation.macros.edit import change_macro, create_macro

    values = {"name": "Mine", "variants": [{"language": "en", "body": "Hello"}]}
    change_macro(create_macro(user.organization, values, user=user), {"audience": "personal"})


def a_rule_changed(ticket: Ticket, user: User) -> None:
    payload = {"id": str(uuid.uuid4()), "name": "WISMO", "is_deleted": False}
    announce("rule.updated", ticket, payload)


def an_order_changed(ticket: Ticket, user: User) -> None:
    payload = {"order_id": str(uuid.uuid4()), "customer_id": str(ticket.customer_id)}
    announce("order.updated", ticket, payload)


def a_service_knows_them(ticket: Ticket, user: User) -> None:
    payload = {"profile_id": str(uuid.uuid4()), "customer_id": str(ticket.customer_id)}
    announce("profile.updated", ticket, payload)


def an_order_action_moves(ticket: Ticket, user: User) -> None:
    """A rule proposes a refund; the shopper's agent turns it down."""
    store = create_store(ticket.organization, kind="demo_store", slug="main", name="Linden & Loom")
    order = upsert_order(
        store,
        OrderData(
            external_id="demo-1042", number="#1042", placed_at=now(), updated_at=now(),
            currency="EUR", total_minor=8490, financial_status="paid",
            fulfillment_status="unfulfilled",
        ),
    )  # fmt: skip
    wanted = Wanted(
        kind=ActionKind.REFUND, params={}, order=order, ticket_id=ticket.pk,
        customer_id=ticket.customer_id, actor={"type": "rule", "id": None, "name": "Late"},
        source_key="run-1",
    )  # fmt: skip
    reject(user, propose(wanted), reason="It has arrived.")


def a_limit_is_set(ticket: Ticket, user: User) -> None:
    euros: RoleLimit = {"currency": "EUR", "per_action_minor": 5000, "per_day_minor": None}
    set_policy(user, {"role": "agent", "kinds": None, "limits": [euros]})


def tell(ticket: Ticket, user: User) -> None:
    news = News(
        kind="assigned",
        ticket=ticket,
        event_seq=head_of(user.organization_id).seq,
        actor={"type": "agent", "id": str(uuid.uuid4()), "name": "Cy Okafor"},
    )
    notify(user, news)


def tell_and_read(ticket: Ticket, user: User) -> None:
    tell(ticket, user)
    mark_read(user)


def move_out_of_sight(ticket: Ticket, user: User) -> None:
    """Into a private team that Bo is not in; another ticket of the customer stays in sight."""
    write_in(ticket.organization, "And my invoice?")
    team = make_team(ticket.organization, {"name": "Legal", "is_private": True})
    assign(ticket.pk, team_id=team.pk)


def merge_a_customer(ticket: Ticket, user: User) -> CustomerMerge:
    source, _ = get_or_create_by_handle(ticket.organization_id, "phone", "+33600000001", name="M")
    return merge_customers(ticket.customer_id, source.pk, by=user)


def take_a_customer_apart(ticket: Ticket, user: User) -> None:
    undo_merge(merge_a_customer(ticket, user), by=user)


def another(ticket: Ticket) -> Ticket:
    """A later ticket of the same customer, with two messages."""
    begun = write_in(ticket.organization, "One more thing", subject="Size")
    write_in(ticket.organization, "The blue one", ticket=begun.ticket)
    return begun.ticket


def merge_into_the_first(ticket: Ticket, user: User) -> None:
    merge(another(ticket).pk, ticket.pk, user=user, merge_id=uuid.uuid4())


def merge_and_take_back(ticket: Ticket, user: User) -> None:
    """The opened ticket is the source, so its messages go and come back."""
    other = another(ticket)
    merge(ticket.pk, other.pk, user=user, merge_id=uuid.uuid4())
    unmerge(ticket.pk, user=user)


def split_the_first_message(ticket: Ticket, user: User) -> None:
    write_in(ticket.organization, "And a second matter", ticket=ticket)
    split(ticket.pk, first_message(ticket).pk, user=user, split_id=uuid.uuid4(), with_later=False)


def link_and_unlink(ticket: Ticket, user: User) -> None:
    other = another(ticket)
    link(ticket.pk, other.pk, user=user)
    unlink(ticket.pk, other.pk, user=user)


def remove_another(ticket: Ticket, user: User) -> None:
    other = another(ticket)
    link(ticket.pk, other.pk, user=user)
    status.set_status(other.pk, "trash")
    remove_ticket(other.pk, user=user)


def close_many(ticket: Ticket, user: User) -> None:
    job = start_bulk(
        user,
        job_id=uuid.uuid4(),
        action="status",
        params={"status": "closed"},
        tickets=Ticket.objects.filter(pk__in=[ticket.pk, another(ticket).pk]),
    )
    run_bulk(job.pk)


def first_message(ticket: Ticket) -> Message:
    return Message.objects.get(ticket=ticket, position=1)


SCENARIOS: dict[str, Scenario] = {
    "ticket.created": lambda t, u: write_in(t.organization, email="new@shopper.example"),
    "ticket.updated": lambda t, u: marks.set_subject(t.pk, "Where is #1042?"),
    "ticket.status_changed": lambda t, u: status.close(t.pk),
    "ticket.assigned": lambda t, u: assign(t.pk, assignee_id=u.pk),
    "ticket.tagged": lambda t, u: tags.change_tags(t.pk, add=["wismo", "vip"]),
    "ticket.priority_changed": lambda t, u: marks.set_priority(t.pk, "urgent"),
    "ticket.snoozed": lambda t, u: status.snooze(t.pk, now() + timedelta(days=1)),
    "ticket.hidden": move_out_of_sight,
    "ticket.read": lambda t, u: marks.set_unread(t.pk, is_unread=False),
    "ticket.drafted": lambda t, u: save_draft(t, u, "reply", {"text": "Dear"}, rev=0),
    "ticket.merged": merge_into_the_first,
    "ticket.unmerged": merge_and_take_back,
    "ticket.split": split_the_first_message,
    "ticket.linked": lambda t, u: link(t.pk, another(t).pk, user=u),
    "ticket.unlinked": link_and_unlink,
    "ticket.removed": remove_another,
    "message.moved": merge_and_take_back,
    "bulk.progressed": close_many,
    "sender.updated": lambda t, u: block_sender(u, "spam@shopper.example"),
    "message.received": lambda t, u: write_in(t.organization, "And now?", ticket=t),
    "message.understood": lambda t, u: marks.set_understanding(
        first_message(t).pk, language="en", intent="order_status", confidence=0.9, sentiment="calm"
    ),
    "message.intent_corrected": lambda t, u: marks.correct_intent(
        first_message(t).pk, intent="refund_request", wishes=[], user_id=u.pk
    ),
    "message.queued": lambda t, u: reply(t.pk, OutgoingMessage(text="On its way"), user=u),
    "message.noted": lambda t, u: add_note(t.pk, "Look at this", user=u),
    "message.delivery_changed": deliver_a_reply,
    "message.changed": lambda t, u: amend(
        Message.objects.get(ticket=t, position=1).pk, text="Where is my parcel? It was due Monday."
    ),
    "message.withdrawn": withdraw_a_reply,
    "ticket.followed": lambda t, u: set_following(t.pk, u, is_following=True),
    "notification.added": tell,
    "notification.read": tell_and_read,
    "customer.updated": lambda t, u: (
        change_customer(t.customer, by=u, is_vip=True, city="Lyon"),
        add_handle(t.customer, "phone", "+33123456789"),
    ),
    "customer.noted": lambda t, u: add_customer_note(t.customer, "Likes linen", by=u),
    "customer.merged": merge_a_customer,
    "customer.unmerged": take_a_customer_apart,
    "organization.updated": lambda t, u: change_organization(
        t.organization_id, {"reopen_within_days": 30}
    ),
    "field.updated": lambda t, u: define_field(
        t.organization_id, owner="ticket", slug="size", name="Size", type="number", by=u
    ),
    "order.updated": an_order_changed,
    "profile.updated": a_service_knows_them,
    "order_action.changed": an_order_action_moves,
    "order_limits.updated": a_limit_is_set,
    "csat.planned": survey("csat.planned", None),
    "csat.sent": survey("csat.sent", None),
    "csat.answered": survey("csat.answered", 5),
    "sla.warned": sla("sla.warned", "running"),
    "sla.breached": sla("sla.breached", "breached"),
    "rule.ran": run_a_rule,
    "rule.due": a_rule_is_due,
    "user.updated": lambda t, u: change_profile(u, name="Bo Larsen-Holm"),
    "team.updated": lambda t, u: create_team(u.organization, "Returns"),
    "tag.updated": lambda t, u: tags.change_tags(t.pk, add=["brand new"]),
    "store.updated": a_store_began,
    "channel.updated": lambda t, u: change_channel(t.channel_id, name="Help"),
    "view.updated": rename_a_view,
    "view.removed": remove_a_view,
    "view.ordered": lambda t, u: order_views(
        u, list(View.objects.order_by("-position").values_list("pk", flat=True))
    ),
    "macro.removed": give_a_macro_to_oneself,
    "macro.updated": save_a_macro,
    "rule.updated": a_rule_changed,
    "setting.updated": lambda t, u: save_policy(
        t.organization, {"name": "Gold", "first_reply": 60}
    ),
}


def by(key: str, records: list[dict[str, Any]]) -> dict[str, Any]:
    return {each[key]: each for each in records}


def fresh_load(client: Any, opened: Ticket) -> State:
    """What the app holds after loading everything afresh with this ticket open."""
    start = client.get("/api/v1/bootstrap").json()
    listed = client.get("/api/v1/tickets?limit=200").json()
    state: State = {name: by("id", start[name]) for name in ("users", "teams", "channels", "views")}
    state["tags"] = by("name", start["tags"])
    order = start["view_order"]
    state["viewOrder"] = {start["me"]["id"]: order} if order else {}
    state["macros"] = {
        each["id"]: {"id": each["id"], "name": each["name"]} for each in start["macros"]
    }
    state["unread"] = by("id", start["unread_notifications"])
    state["tickets"] = by("id", listed["results"])
    state["customers"] = by("id", listed["customers"])
    state["messages"], state["timeline"] = {}, {}
    merged_away = Ticket.objects.filter(organization_id=opened.organization_id).exclude(
        merged_into=None
    )
    for ticket_id in merged_away.values_list("pk", flat=True):  # in no list, but in its own place
        shown = client.get(f"/api/v1/tickets/{ticket_id}").json()
        state["tickets"][shown["ticket"]["id"]] = shown["ticket"]
    for ticket_id in state["tickets"]:
        shown = client.get(f"/api/v1/tickets/{ticket_id}").json()
        state["messages"] |= by("id", shown["messages"])
        if ticket_id == str(opened.pk):
            state["timeline"] = {ticket_id: shown["timeline"]}
    return state


def events_since(client: Any, cursor: int) -> list[dict[str, Any]]:
    """What the socket would have delivered."""
    page = client.get(f"/api/v1/events?after={cursor}").json()
    assert page["next"] is None
    events: list[dict[str, Any]] = page["results"]
    return events


def test_every_event_type_has_its_scenario():
    assert set(SCENARIOS) == set(TYPES)


@pytest.mark.parametrize("type_", sorted(SCENARIOS))
def test_the_state_before_and_the_events_are_the_fresh_state(
    type_: str, api_as: Callable[..., Any], bo: User, ticket: Ticket
):
    """G9.3, F43."""
    ensure_default_views(bo.organization)
    channel_of(bo.organization)
    client = api_as(bo)
    cursor = head_of(bo.organization_id).seq
    before = fresh_load(client, ticket)

    SCENARIOS[type_](ticket, bo)

    events, after = events_since(client, cursor), fresh_load(client, ticket)
    assert type_ in {each["type"] for each in events}
    assert apply_events(before, events) == after
    twice = [each for each in events if each["type"] not in ("rule.ran", "csat.sent")]
    again = apply_events(apply_events(before, events), twice)
    assert again["tickets"] == after["tickets"]
    assert again["messages"] == after["messages"]
    if os.environ.get("WRITE_GOLDEN"):
        trace = {"type": type_, "before": before, "events": events, "after": after}
        text = json.dumps(trace, indent=1, ensure_ascii=False, sort_keys=True)
        (GOLDEN / f"{type_}.json").write_text(text + "\n")
