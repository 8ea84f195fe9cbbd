"""A macro was sent: count it and do its actions, as whoever sent it."""

from __future__ import annotations

import structlog

from automation.macros.acting import TYPE
from automation.macros.edit import record_use
from automation.macros.models import Macro
from automation.orders import OrderMeant
from automation.rules.actions import ACTIONS, ActionContext
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from tickets.actions.delivery import lock_message, save_message
from tickets.actions.reply import PROPOSE
from tickets.models import Message, MessageKind, Ticket

log = structlog.get_logger()


LEAVING = frozenset({"sent", "delayed", "uncertain"})
DONE = "macro-done"


@subscribes("message.delivery_changed", name="automation.macros")
def after_sending(event: Event) -> None:
    """Do what the macro of this message says besides its text, once, when the message leaves.

    Not before: while it is held an agent may still take it back, and then nothing else happened
    either. Messages without a macro are skipped.
    """
    told = event.payload["message"]
    if not told.get("macro_id") or event.ticket_id is None:
        return
    if told["delivery_state"] not in LEAVING:
        return
    first = _first_time(event)
    if first is None:
        return
    message, ticket = first
    macro = Macro.objects.filter(pk=told["macro_id"], organization_id=event.organization_id).first()
    if macro is None:
        return
    record_use(macro, message, ticket)
    context = ActionContext(
        organization_id=event.organization_id,
        ticket_id=event.ticket_id,
        message=message,
        order_meant=_order_meant(message, ticket),
        source=f"the macro “{macro.name}”",
    )
    with unit_of_work(actor=Actor(**told["author"])):
        for each in macro.actions:
            if each["type"] == TYPE and message.details.get("order_action", PROPOSE) != PROPOSE:
                continue  # a person confirmed it before the reply left, or chose to go without
            try:
                ACTIONS[each["type"]].apply(context, each["params"])
            except HelpdeskError as error:
                log.warning("macros.action_failed", macro=str(macro.pk), code=error.code)


def _first_time(event: Event) -> tuple[Message, Ticket] | None:
    """The message and its ticket if its macro has not acted yet; marks that it does now."""
    message, ticket = lock_message(event.object_id, ticket_id=event.ticket_id)
    if DONE in message.flags:
        return None
    message.flags = [*message.flags, DONE]
    save_message(message, "flags")
    return message, ticket


def _order_meant(message: Message, ticket: Ticket) -> OrderMeant:
    """The order that the customer's newest message before this one is about."""
    asked = (
        Message.objects.filter(
            ticket=ticket, kind=MessageKind.CUSTOMER, position__lt=message.position
        )
        .select_related("body")
        .order_by("-position")
        .first()
    )
    text = f"{asked.subject}\n{asked.body.text}" if asked else ticket.subject
    return OrderMeant(ticket.customer, text, now(), ticket.order_id)
