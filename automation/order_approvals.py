"""Approving order actions by a button where the team talks.

Whoever may approve can do so on a card in Slack: the organization chose the room. The card is
posted when an action comes to need a second person and says so when that is decided, wherever it
was. Pressing a button is the same as deciding in Aftercare: ``ledger.intents`` checks who it is
and asks the shop whether it is still what was asked for. That call happens in the transaction of
the press, which holds nothing but the press while the shop answers.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings

from automation.rules.order_actions import IN_WORDS
from automation.rules.team_alerts import SLACK, clean_place
from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import require
from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.errors import Conflict, InvalidInput
from inbox.cards import Button, Card
from inbox.models import Press, TeamPost
from inbox.presses import handles_presses
from inbox.team_posts import change_card, queue_card
from integrations.commerce.acting import ActionKind
from integrations.commerce.ledger import intents, limits
from integrations.commerce.ledger.models import ActionState, OrderAction
from integrations.commerce.money import format_money
from tickets.models import Channel
from tickets.selectors import as_uuid

APPROVE, REFUSE = "order.approve", "order.refuse"
KIND = "order_approval"

_STEPS = {
    "hold": "hold it back", "release": "release it", "cancel": "cancel it", "refund": "refund",
    "void": "give the authorised money free", "restock": "put back into stock",
    "notify": "the shop writes to the customer", "address": "change the address",
    "items": "change the items", "duplicate": "send it again", "return": "open a return",
    "label": "make a return label", "discount_code": "make a discount code",
    "store_credit": "give store credit", "gift_card": "give a gift card",
    "note": "set the note", "tags": "change the tags",
}  # fmt: skip


def ask_in(user: User, channel_id: uuid.UUID, place: str, name: str) -> None:
    """Ask for approvals in this room from now on.

    Raises InvalidInput naming ``channel_id`` or ``place``: no room where customers have written.
    """
    channel = Channel.objects.filter(
        pk=channel_id, organization_id=user.organization_id, kind=SLACK
    ).first()
    if channel is None:
        raise InvalidInput.field("channel_id", "Choose a Slack workspace.")
    limits.set_approval_room(user, channel, *clean_place(channel, place, name))


def ask_nowhere(user: User) -> None:
    """Ask in Aftercare alone; cards that are out can still be answered."""
    limits.remove_approval_room(user)


@subscribes("order_action.changed", name="automation.order_approvals")
def follow_action(event: Event) -> None:
    """Ask once when a second person is needed; let the card say what has become of it."""
    actions = intents.actions_of(event.organization_id).select_related("customer", "ticket")
    action = actions.filter(pk=event.object_id).first()
    if action is None:
        return
    key = f"approval:{action.pk}"
    post = TeamPost.objects.filter(organization_id=action.organization_id, key=key).first()
    if post is not None:
        change_card(post.pk, card_of(action))
        return
    room = limits.find_approval_room(action.organization_id)
    if action.state != ActionState.NEEDS_APPROVAL or room is None or not room.channel.is_active:
        return
    queue_card(
        room.channel, room.place, card_of(action), key=key,
        ticket_id=action.ticket_id, context={"kind": KIND},
    )  # fmt: skip


@handles_presses("order.")
def decide(press: Press, user: User, post: TeamPost | None) -> str:
    """Approve or turn down as the person who pressed; the card follows the action's event."""
    require(user, "order.approve")
    action = intents.get_action(user.organization_id, as_uuid(press.value, "value"))
    if action.state != ActionState.NEEDS_APPROVAL:
        raise Conflict(f"Nothing was done: {_what_became(action) or 'it is not waiting any more.'}")
    if press.action_id == APPROVE:
        _approve(user, action)
        return f"Approved: {title_of(action)}. The shop is asked now."
    if press.action_id == REFUSE:
        rejected = intents.reject(user, action)
        return f"{_what_became(rejected)} Nothing of it is done: {title_of(action)}."
    raise Conflict("Nothing was done: this button is not in use any more.")


def card_of(action: OrderAction) -> Card:
    """What the approvers read: what, for whom, who asks, why they; and how it ended."""
    became = _what_became(action)
    mark = ""
    if became:
        is_off = action.state in (ActionState.REJECTED, ActionState.EXPIRED, ActionState.FAILED)
        mark = "✗ " if is_off else "✓ "
    to = f" to {action.refund_to}" if action.refund_to else ""
    return Card(
        title=f"{mark}{title_of(action)}",
        lines=(
            ("Order", f"{action.order.number} · {action.store.name}"),
            ("Customer", _customer(action)),
            ("Amount", f"{_amount(action)}{to}" if action.amount_minor else ""),
            ("Asked for by", _asker(action)),
            ("Why a second person", _why(action)),
            ("What happens", ", ".join(_step(each, action.currency) for each in action.effects)),
            ("Note", action.note),
            ("Decided", became),
        ),
        buttons=_buttons(action),
        note="" if became else "The shop is asked again before anything is done.",
    )


def title_of(action: OrderAction) -> str:
    """The action on one line: “Refund €25.01 · #1042”."""
    words = IN_WORDS[ActionKind(action.kind)]
    amount = f" {_amount(action)}" if action.amount_minor else ""
    return f"{words}{amount} · {action.order.number}"


def _buttons(action: OrderAction) -> tuple[Button, ...]:
    ticket = action.ticket
    look = (
        Button("Open ticket", "open", url=f"{settings.PUBLIC_URL}/t/{ticket.number}")
        if ticket
        else Button("Open approvals", "open", url=f"{settings.PUBLIC_URL}/approvals")
    )
    if action.state != ActionState.NEEDS_APPROVAL:
        return (look,)
    value = str(action.pk)
    sure = f"{title_of(action)} for {_customer(action)}, asked for by {_asker(action)}."
    return (
        Button("Approve", APPROVE, value, style="primary", confirm=sure),
        Button("Refuse", REFUSE, value, style="danger"),
        look,
    )


def _approve(user: User, action: OrderAction) -> None:
    """Raises Conflict in words where the shop does not say any more what was asked for."""
    try:
        intents.approve(user, action)
    except Conflict as conflict:
        if conflict.code != "stale_preview":
            raise
        changes = [
            f"{each['field'].replace('_', ' ')} was {each['before']}, is {each['after']}"
            for each in conflict.extra["changes"]
        ]
        what = f": {'; '.join(changes)}" if changes else ""
        raise Conflict(
            f"Nothing was done: something has changed since {_asker(action)} asked{what}. "
            "Look at it in Aftercare and decide there.",
            code=conflict.code,
        ) from conflict


def _what_became(action: OrderAction) -> str:
    """How it was decided and ended; nothing while it waits."""
    approver = action.approver.name if action.approver else "somebody"
    if action.state == ActionState.NEEDS_APPROVAL:
        return ""
    if action.state == ActionState.EXPIRED:
        return "Nobody decided in time."
    if action.state == ActionState.REJECTED:
        if action.reason_code == "taken_back":
            return f"Taken back by {_asker(action)}."
        return f"Refused by {approver}." + (f" {action.reason}" if action.reason else "")
    approved = f"Approved by {approver}."
    if action.state == ActionState.DONE:
        return f"{approved} Done."
    if action.state == ActionState.PARTIAL:
        return f"{approved} A part of it failed. {action.reason}".strip()
    if action.state == ActionState.FAILED:
        return f"{approved} It failed, nothing was changed. {action.reason}".strip()
    return approved


def _why(action: OrderAction) -> str:
    reason, limit = action.approval.get("reason"), action.approval.get("limit_minor")
    allowed = format_money(limit or 0, action.currency)
    if reason == "limit":
        return f"Above {allowed}, the most that {_asker(action)} may give alone"
    if reason == "budget":
        return f"{allowed} are left of what {_asker(action)} may give alone today"
    return f"{_asker(action)} may not do this alone"


def _step(step: dict[str, Any], currency: str) -> str:
    amount, quantity = step.get("amount_minor"), step.get("quantity")
    how_much = format_money(amount, currency) if amount is not None else quantity
    words = _STEPS.get(step["name"], step["name"])
    return words if how_much is None else f"{words} {how_much}"


def _amount(action: OrderAction) -> str:
    return format_money(action.amount_minor, action.currency)


def _asker(action: OrderAction) -> str:
    return action.user.name if action.user else action.actor.get("name") or "Somebody"


def _customer(action: OrderAction) -> str:
    known = action.customer.name if action.customer else ""
    return known or action.order.shipping_address.get("name") or "Unknown"
