"""What an order action would do, asked of the shop right now, and the token that confirms it.

The token carries what was shown, signed, and nothing is kept: confirming asks the shop again and
compares. What differs is shown anew and never done silently.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.core import signing

from helpdesk.accounts.models import User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    Conflict,
    InvalidInput,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from integrations.commerce.acting import ActionKind, ActionRefused, ActsOnOrders, Quote, Warned
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import get_store_connector
from integrations.commerce.ledger.labels import find_label_desk
from integrations.commerce.ledger.limits import approval_needed
from integrations.commerce.ledger.models import OPEN_STATES, OrderAction
from integrations.commerce.ledger.params import clean_params
from integrations.commerce.ledger.records import (
    ChangeRecord,
    PreviewRecord,
    preview_record,
    told_of,
)
from integrations.commerce.models import Order, Store
from integrations.commerce.money import format_money
from integrations.commerce.selectors import find_customer_of_order, get_order
from tickets.selectors import get_ticket

GOOD_FOR = timedelta(minutes=5)
SALT = "commerce.preview"


@dataclass(frozen=True)
class Asked:
    """What somebody asked to do, read from a token; ``seen`` is what they were shown."""

    kind: ActionKind
    params: dict[str, Any]
    ticket_id: uuid.UUID | None
    basis: str
    seen: dict[str, str]
    is_in_time: bool


@dataclass(frozen=True)
class Quoted:
    """A quote, and our copy of the order brought up to date with it."""

    quote: Quote
    order: Order

    @property
    def currency(self) -> str:
        return self.quote.currency or self.order.currency


def acting_connector(store: Store, kind: ActionKind) -> ActsOnOrders:
    """The store's connector; raises ActionRefused where it has no such action."""
    connector = get_store_connector(store.kind)
    offered = connector.manifest.capabilities
    desk = find_label_desk(connector, store, kind)
    if desk is not None:
        return desk
    if not isinstance(connector, ActsOnOrders) or kind not in offered.actions:
        why = offered.missing.get(kind, "")
        raise ActionRefused(
            why or f"{connector.manifest.label} does not offer this.", reason_code="not_offered"
        )
    return connector


def ask_shop(order: Order, kind: ActionKind, params: dict[str, Any]) -> Quoted:
    """What would happen now. Our copy of the order is brought up to date on the way.

    Raises ActionRefused, InvalidInput naming ``params.…``, or Conflict ``shop_unreachable``.
    """
    store = order.store
    connector = acting_connector(store, kind)
    if not store.is_active:
        raise ActionRefused("This store is disconnected.", reason_code="not_offered")
    try:
        quote = connector.quote(store, order, kind, params)
    except NeedsReauthorization as failure:
        raise unreachable(store, failure.message, "credentials") from failure
    except (TemporaryFailure, UncertainOutcome) as failure:
        raise unreachable(store, failure.message, "away") from failure
    except PermanentFailure as failure:
        raise ActionRefused(failure.message, reason_code=failure.reason_code) from failure
    upsert_order(store, quote.order)
    return Quoted(quote, get_order(order.organization_id, order.pk))


def preview(
    user: User,
    order: Order,
    kind: ActionKind,
    params: dict[str, Any],
    ticket_id: uuid.UUID | None,
) -> PreviewRecord:
    """What would happen, with a token to confirm exactly that.

    An order that is not of the ticket's customer is warned about.
    """
    ticket = get_ticket(user, ticket_id) if ticket_id else None
    quoted = ask_shop(order, kind, clean_params(kind, params))
    if ticket is not None and find_customer_of_order(quoted.order) != ticket.customer_id:
        warned = Warned("other_customer", {"email": order.email, "name": ticket.customer.name})
        quote = replace(quoted.quote, warnings=(warned, *quoted.quote.warnings))
        quoted = replace(quoted, quote=quote)
    return show(user, quoted, ticket_id)


def show(
    user: User, quoted: Quoted, ticket_id: uuid.UUID | None, *, leave_out: uuid.UUID | None = None
) -> PreviewRecord:
    """The preview of a quote for this person; ``leave_out`` is the action it is about already."""
    quote, order = quoted.quote, quoted.order
    return preview_record(
        quote,
        order,
        token=_sign(user, quoted, ticket_id),
        good_until=now() + GOOD_FOR,
        approval=approval_needed(user, quote.kind, quote.amount_minor, quoted.currency),
        running=open_actions(order, leave_out=leave_out),
    )


def open_actions(order: Order, *, leave_out: uuid.UUID | None = None) -> list[OrderAction]:
    """What is under way on the order."""
    found = OrderAction.objects.filter(order=order, state__in=OPEN_STATES)
    if leave_out is not None:
        found = found.exclude(pk=leave_out)
    return list(found.select_related("order", "store", "user", "approver").order_by("created_at"))


def read_token(user: User, order: Order, token: str) -> Asked:
    """What the token confirms; raises InvalidInput naming ``preview_token`` if it is not theirs."""
    try:
        said = signing.loads(token, salt=SALT)
        signing.loads(token, salt=SALT, max_age=GOOD_FOR)
        is_in_time = True
    except signing.SignatureExpired:
        is_in_time = False
    except signing.BadSignature as error:
        raise InvalidInput.field("preview_token", "This is no preview of ours.") from error
    if said["u"] != str(user.pk) or said["o"] != str(order.pk):
        raise InvalidInput.field("preview_token", "This preview is of something else.")
    ticket_id = said["t"]
    return Asked(
        kind=ActionKind(said["k"]),
        params=said["p"],
        ticket_id=uuid.UUID(ticket_id) if ticket_id else None,
        basis=said["b"],
        seen=said["s"],
        is_in_time=is_in_time,
    )


def check_unchanged(user: User, asked: Asked, quoted: Quoted) -> None:
    """Raises Conflict ``stale_preview`` with the new one where something is not as it was shown."""
    if asked.is_in_time and asked.basis == quoted.quote.basis():
        return
    raise Conflict(
        "Something has changed since you looked. Nothing was done: look again and confirm.",
        code="stale_preview",
        extra={
            "preview": show(user, quoted, asked.ticket_id),
            "changes": changes_between(asked.seen, seen_in(quoted)),
        },
    )


def seen_in(quoted: Quoted) -> dict[str, str]:
    """What a person sees of a quote, in words, to tell later what has changed."""
    quote = quoted.quote
    return {
        "amount": format_money(quote.amount_minor, quoted.currency),
        "refund_to": quote.refund_to,
        "effects": ", ".join(each.name for each in quote.effects),
        **seen_in_order(quoted.order),
    }


def seen_in_order(order: Order) -> dict[str, str]:
    """What a person sees of the order (with parts) besides."""
    told = told_of(order)
    names = ("state", "payment", "fulfillment", "total", "refunded", "address", "items")
    return {name: told[name] for name in names}


def changes_between(before: dict[str, str], after: dict[str, str]) -> list[ChangeRecord]:
    """What differs, in the order it is shown."""
    return [
        {"field": name, "before": before.get(name, ""), "after": value}
        for name, value in after.items()
        if before.get(name, "") != value
    ]


def _sign(user: User, quoted: Quoted, ticket_id: uuid.UUID | None) -> str:
    said = {
        "u": str(user.pk),
        "o": str(quoted.order.pk),
        "k": str(quoted.quote.kind),
        "p": quoted.quote.params,
        "t": str(ticket_id) if ticket_id else "",
        "b": quoted.quote.basis(),
        "s": seen_in(quoted),
    }
    return signing.dumps(said, salt=SALT, compress=True)


def unreachable(store: Store, reason: str, why: str) -> Conflict:
    """The shop does not answer, or does not know us: nothing was done."""
    return Conflict(
        f"{store.name} cannot be asked now, so nothing was changed. {reason}",
        code="shop_unreachable",
        extra={"store": store.name, "why": why},
    )
