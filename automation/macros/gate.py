"""What keeps a filled macro from being sent: order data that is stale, contradicts, or is not theirs.

Asked twice: when the macro is filled, so that the agent sees it, and right before the message is
written, so that nothing slips by that happened in between. Every obstacle says how to go on.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet

from automation.intents.entities import find_order_numbers, find_tracking_numbers
from automation.macros.acting import action_of, why_not_decided
from automation.macros.claims import broken_claims, claims_in, contradiction_in
from automation.macros.liquid import roots_of
from automation.macros.models import Macro
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, InvalidInput
from integrations.commerce.ledger.models import OPEN_STATES, OrderAction
from integrations.commerce.models import Fulfillment, Order
from integrations.commerce.normal_form import number_key
from integrations.commerce.parcels import conflict_in
from integrations.commerce.selectors import orders_query, with_parts
from integrations.commerce.state import state_of
from tickets.actions.reply import OutgoingMessage
from tickets.models import Ticket

OF_ORDERS = frozenset({"order", "orders", "shipments", "returns", "store"})
MAX_NUMBERS = 10
DOES_NOT_FIT = {
    "cancelled_but_moving": "Order {number} is cancelled, but a parcel of it is on its way.",
    "unfulfilled_but_moving": (
        "The store says that order {number} has not left, but a parcel of it is on its way."
    ),
    "delivered_before_shipped": (
        "A parcel of order {number} is said to be delivered before it was sent."
    ),
}


@dataclass(frozen=True)
class Obstacle:
    """``code`` is stale, conflict, changed, wrong_owner, order_action or empty; ``fix`` what helps:
    refresh_order, choose_order, insert_again, edit_text, verify_customer, confirm_order_action
    or wait."""

    code: str
    message: str
    fix: str


class UnsafeToSend(InvalidInput):
    """The text would say something about an order that we cannot stand by; nothing was sent."""

    code = "unsafe_order_data"


def raise_for(obstacles: list[Obstacle]) -> None:
    """Raises UnsafeToSend naming every obstacle with its way out."""
    if obstacles:
        errors = [FieldError(f"macro.{each.fix}", each.code, each.message) for each in obstacles]
        raise UnsafeToSend(" ".join(each.message for each in obstacles), errors=errors)


def obstacles_to(
    macro: Macro,
    text: str,
    order: Order | None,
    organization: Organization,
    *,
    body: str = "",
    to_come: frozenset[str] = frozenset(),
) -> list[Obstacle]:
    """What is in the way of the text; ``body`` is what it was filled from, where that is known,
    and ``to_come`` are claims that something still to be confirmed makes true.
    """
    if not text.strip():
        return [Obstacle("empty", "Nothing is left of this text. Write it anew.", "edit_text")]
    if order is None:
        return []
    claims = claims_of(macro, text)
    names_order = bool(roots_of(body) & OF_ORDERS) if body else True
    if not claims and not names_order:
        return []
    found = []
    stale = _stale(order, organization, now())
    if stale:
        found.append(stale)
    against_itself = contradiction_in(order)
    if against_itself is None and conflict_in(order):
        against_itself = DOES_NOT_FIT[conflict_in(order)].format(number=order.number)
    if against_itself:
        message = f"{against_itself} Look at it in the store before you answer."
        found.append(Obstacle("conflict", message, "refresh_order"))
    for broken in broken_claims([each for each in claims if each not in to_come], order, now()):
        message = f"{broken.message} Choose another order or another macro."
        found.append(Obstacle("conflict", message, "choose_order"))
    return found


def claims_of(macro: Macro, text: str) -> list[str]:
    """What the macro says about the order: its own list, else as the text reads."""
    return claims_in(text) if macro.claims is None else [str(each) for each in macro.claims]


def basis_of(order: Order) -> str:
    """A fingerprint of all that a text may have said about the order."""
    parcels = [
        (p.status, p.tracking_number, p.estimated_at, p.delivered_at)
        for p in order.fulfillments.all()
    ]
    refunds = [(each.external_id, each.amount_minor) for each in order.refunds.all()]
    returns = [(each.external_id, each.state) for each in order.returns.all()]
    said = (
        order.pk,
        order.financial_status,
        order.fulfillment_status,
        order.return_status,
        order.cancelled_at,
        order.promised_at,
        order.total_minor,
        sorted(order.shipping_address.items()),
        parcels,
        refunds,
        returns,
    )
    return hashlib.sha256(repr(said).encode()).hexdigest()[:16]


def check_outgoing(ticket: Ticket, outgoing: OutgoingMessage) -> None:
    """Raises UnsafeToSend for a message with a macro that must not leave as it stands now."""
    if outgoing.macro_id is None:
        return
    macro = Macro.objects.filter(
        pk=outgoing.macro_id, organization_id=ticket.organization_id
    ).first()
    if macro is None:
        return
    own = orders_query(ticket.customer)
    organization = Organization.objects.get(pk=ticket.organization_id)
    found = _somebody_elses(ticket, outgoing.text, own)
    order = None
    if outgoing.order_id is not None:
        mine = own.filter(pk=outgoing.order_id) if own is not None else Order.objects.none()
        order = with_parts(mine).first()
        if order is None:
            message = (
                "The order this text was filled from is not one of this customer's. "
                "Insert the macro again."
            )
            found.append(Obstacle("wrong_owner", message, "insert_again"))
    action = action_of(ticket, outgoing)
    undecided = why_not_decided(macro, outgoing, action)
    if undecided:
        found.append(Obstacle("order_action", undecided, "confirm_order_action"))
    # The confirmed action itself changes the order: what the text says of it is checked below.
    is_own_change = action is not None and not undecided
    is_changed = order is not None and outgoing.order_basis not in ("", basis_of(order))
    if order is not None and is_changed and not is_own_change:
        stands = str(state_of(order, now()).label).lower()
        message = (
            f"Order {order.number} has changed since the macro was inserted; it is {stands} now. "
            "Insert the macro again."
        )
        found.append(Obstacle("changed", message, "insert_again"))
    obstacles = obstacles_to(macro, outgoing.text, order, organization)
    if action is not None and action.state in OPEN_STATES:
        obstacles = [_waiting_for(action, each) for each in obstacles]
    raise_for([*found, *obstacles])


def _waiting_for(action: OrderAction, obstacle: Obstacle) -> Obstacle:
    """What the text says will be so when the action is done."""
    if obstacle.code != "conflict":
        return obstacle
    message = (
        f"Order {action.order.number} is not as the text says yet: what you confirmed is under way. "
        "Send the reply when it is done."
    )
    return Obstacle("order_action", message, "wait")


def _stale(order: Order, organization: Organization, at: datetime) -> Obstacle | None:
    known_at = max(order.as_of, order.store.synced_at or order.as_of)
    hours = organization.order_data_max_age_hours
    if at - known_at <= timedelta(hours=hours):
        return None
    age = int((at - known_at).total_seconds() // 3600)
    message = (
        f"What we know of order {order.number} is {age} hours old, and {hours} are allowed. "
        f"Load it from {order.store.name} again, or check that the store is connected."
    )
    return Obstacle("stale", message, "refresh_order")


def _somebody_elses(ticket: Ticket, text: str, own: QuerySet[Order] | None) -> list[Obstacle]:
    """Orders and parcels named in the text that are known, but not as this customer's."""
    numbers = {number_key(each): each for each in find_order_numbers(text)[:MAX_NUMBERS]}
    parcels = find_tracking_numbers(text)[:MAX_NUMBERS]
    known: set[tuple[uuid.UUID, str]] = set()
    if numbers:
        of_numbers = Order.objects.filter(
            organization_id=ticket.organization_id, number_key__in=numbers
        )
        known |= {(pk, numbers[key]) for pk, key in of_numbers.values_list("pk", "number_key")}
    if parcels:
        of_parcels = Fulfillment.objects.filter(
            order__organization_id=ticket.organization_id, tracking_number__in=parcels
        )
        known |= set(of_parcels.values_list("order_id", "tracking_number"))
    if not known:
        return []
    ids = {pk for pk, _ in known}
    mine = set(own.filter(pk__in=ids).values_list("pk", flat=True)) if own is not None else set()
    # A number that several stores use is theirs if one of them is.
    fine = {said for pk, said in known if pk in mine}
    return [
        Obstacle(
            "wrong_owner",
            f"“{said}” is not known to be this customer's. Take it out, "
            "or verify the customer's address first.",
            "verify_customer",
        )
        for said in sorted({said for _, said in known} - fine)
    ]
