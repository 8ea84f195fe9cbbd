"""When a rule may write to a customer. Everything here must agree, else nothing is sent.

An automatic answer goes only to the proven address that the message came from, once a day per
customer and macro, with few per customer and ticket, never to automatic mail, and only if the
order still is what the rule saw. Whatever stops it is said in the run.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from automation.addressee import find_handle
from automation.macros.models import Macro
from automation.macros.render import render
from automation.orders import OrderMeant
from automation.rules.triggers import RATED, is_news
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NewerMessages
from tickets.actions.change import lock_ticket
from tickets.actions.reply import PROPOSE, OutgoingMessage, reply
from tickets.models import (
    DeliveryState,
    Direction,
    HandleKind,
    Message,
    MessageKind,
    Status,
    Ticket,
)

SAME_MACRO_PAUSE = timedelta(hours=24)
MAX_PER_CUSTOMER_AND_DAY = 3
MAX_PER_TICKET = 3
TOO_OLD = timedelta(hours=24)
LONG_AGO = timedelta(days=90)
"""For what is no answer but news."""

_NOT_LEFT = (DeliveryState.WITHDRAWN, DeliveryState.FAILED)


def reply_with_macro(
    macro_id: uuid.UUID,
    *,
    ticket_id: uuid.UUID,
    message: Message | None,
    order_meant: OrderMeant | None,
    run_id: uuid.UUID | None,
    still_holds: Callable[[], bool],
    trigger: str = "",
) -> str:
    """Queue the macro as an automatic reply; returns ``sent`` or ``not sent: <why>``.

    Where something happened (an order moved, a rating came) there may be no message: then it goes
    to where the customer's newest one came from, how long ago that may be.
    """
    macro = Macro.objects.filter(pk=macro_id, is_active=True).first()
    if macro is None:
        return "not sent: the macro is switched off or gone"
    ticket = lock_ticket(ticket_id)
    if message is None and is_news(trigger):
        message = _newest_of_customer(ticket)
    if message is None:
        return "not sent: there is no customer message to answer"
    reason = (
        why_not_answerable(message, ticket, trigger=trigger)
        or _why_not_reachable(message, ticket)
        or _why_too_many(macro_id, ticket)
    )
    if reason:
        return f"not sent: {reason}"
    if not still_holds():
        return "not sent: the order has changed meanwhile"
    return _send(macro, message, ticket, order_meant, run_id, is_news=is_news(trigger))


def _newest_of_customer(ticket: Ticket) -> Message | None:
    written = Message.objects.filter(
        ticket=ticket, kind=MessageKind.CUSTOMER, direction=Direction.IN, is_automatic=False
    )
    return written.select_related("body", "channel").order_by("-position").first()


def why_not_answerable(
    message: Message, ticket: Ticket, *, at: datetime | None = None, trigger: str = ""
) -> str | None:
    """Why no machine may answer this message (now, or ``at`` an earlier moment), or None.

    ``trigger`` is what made the rule run: who rates a closed ticket may be thanked there.
    """
    if message.kind != MessageKind.CUSTOMER or message.direction != Direction.IN:
        return "this is not a customer's message"
    if message.is_automatic:
        return "the message was sent by a machine"
    if message.is_sender_verified is not True:
        return "the sender is not verified"
    if message.details.get("is_public"):
        return "everybody could read the answer"
    alive = (Status.OPEN, Status.SNOOZED, *((Status.CLOSED,) if trigger == RATED else ()))
    if ticket.status not in alive:
        return f"the ticket is {ticket.get_status_display().lower()}"
    age = (at or now()) - message.created_at
    if is_news(trigger):
        return "the customer has not written for 90 days" if age > LONG_AGO else None
    return "the message is older than a day" if "old" in message.flags or age > TOO_OLD else None


def _send(
    macro: Macro,
    message: Message,
    ticket: Ticket,
    order_meant: OrderMeant | None,
    run_id: uuid.UUID | None,
    *,
    is_news: bool,
) -> str:
    order = order_meant.again().order if order_meant else None
    rendered = render(macro, ticket, user=None, order=order)
    if rendered.missing:
        paths = ", ".join(each.path for each in rendered.missing)
        return f"not sent: no value for {paths}"
    if rendered.obstacles:
        return f"not sent: {rendered.obstacles[0].message}"
    address = (message.from_address or {}).get("address", "")
    outgoing = OutgoingMessage(
        text=rendered.text,
        html=rendered.html,
        to=[{"name": ticket.customer.name, "address": address}],
        macro_id=macro.pk,
        order_id=order.pk if order else None,
        order_basis=rendered.basis,
        order_action=PROPOSE,
        rule_run_id=run_id,
        message_id=uuid.uuid5(run_id, str(macro.pk)) if run_id else None,
        is_automatic=True,
        seen_position=None if is_news else message.position,
    )
    try:
        reply(ticket.pk, outgoing)
    except NewerMessages:
        return "not sent: somebody has written since"
    return "sent"


def _why_not_reachable(message: Message, ticket: Ticket) -> str | None:
    """Only the proven address that the message came from, and only if mail reaches it."""
    kind = message.channel.handle_kind if message.channel else HandleKind.EMAIL
    handle = find_handle(ticket, (message.from_address or {}).get("address", ""), kind=kind)
    if handle is None or not handle.is_verified:
        return "the address is not a verified one of this customer"
    if handle.bounced_at is not None:
        return "mail to this address comes back"
    return None


def _why_too_many(macro_id: uuid.UUID, ticket: Ticket) -> str | None:
    automatic = Message.objects.filter(
        organization_id=ticket.organization_id,
        ticket__customer_id=ticket.customer_id,
        direction=Direction.OUT,
        kind=MessageKind.REPLY,
        is_automatic=True,
    ).exclude(delivery_state__in=_NOT_LEFT)
    since = now() - SAME_MACRO_PAUSE
    today = list(automatic.filter(created_at__gte=since).values_list("macro_id", flat=True))
    if macro_id in today:
        return "this customer got the same answer within 24 hours"
    if len(today) >= MAX_PER_CUSTOMER_AND_DAY:
        return f"this customer got {len(today)} automatic answers within 24 hours"
    if automatic.filter(ticket_id=ticket.pk).count() >= MAX_PER_TICKET:
        return f"this ticket has {MAX_PER_TICKET} automatic answers already"
    return None
