"""Actions that write, or see to it that nothing is written: e-mail, surveys, what a macro does."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from automation.csat.surveys import exclude, send_now
from automation.macros.models import Macro
from automation.rules.params import MESSAGES, OUTSIDE, Harmless, Params, reference_in, text_in
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError, InvalidInput
from tickets.actions.change import lock_ticket
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, Direction, Message, Ticket

if TYPE_CHECKING:
    from automation.rules.actions import ActionContext

EMAIL = "email"
MAX_TEXT_CHARS = 10_000
MAX_QUOTED_CHARS = 4000
MAX_PER_HOUR = 60
"""Of one address, over all rules."""
MAX_PER_TICKET = 3


class SendEmail:
    """To a partner, not to the customer: the words, which ticket it is, and what was written.

    It leaves through the shop's own mailbox as a message of the ticket, so that an answer comes
    back to it. Never to an address of our own, never because of a machine's message.
    """

    type, label, is_for_macros = "send_email", "Send an e-mail to an address", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        address = str(params.get("address") or "").strip().lower()
        try:
            validate_email(address)
        except ValidationError as error:
            raise InvalidInput.field("address", "Write an e-mail address.") from error
        if is_our_own(organization_id, address):
            message = "This is an address of your own shop: the mail would come back as a ticket."
            raise InvalidInput.field("address", message, code="own_address")
        return {
            "address": address,
            "text": text_in(params, "text", most=MAX_TEXT_CHARS, what="An e-mail").strip(),
        }

    def dangers(self, params: Params) -> frozenset[str]:
        return MESSAGES | OUTSIDE

    def describe(self, params: Params) -> str:
        return f"Send an e-mail to {params['address']}"

    def apply(self, context: ActionContext, params: Params) -> str:
        ticket, address = lock_ticket(context.ticket_id), params["address"]
        if context.run_id is None:
            raise InvalidInput("Only rules send e-mails to an address.")
        reason = why_not_mailed(ticket, context.message, address)
        channel = mailbox_for(ticket)
        if channel is None:
            reason = reason or "there is no mailbox to send it from"
        if reason or channel is None:
            return f"not sent: {reason}"
        if not context.still_holds():
            return "not sent: the order has changed meanwhile"
        outgoing = OutgoingMessage(
            text=text_of(ticket, context.message, params["text"]),
            subject=f"[#{ticket.number}] {ticket.subject}".strip(),
            to=[{"name": "", "address": address}],
            channel_id=channel.pk,
            rule_run_id=context.run_id,
            message_id=uuid.uuid5(context.run_id, address),
            is_automatic=True,
        )
        reply(ticket.pk, outgoing)
        return "sent"


def is_our_own(organization_id: uuid.UUID, address: str) -> bool:
    """Whether mail to it would arrive here again."""
    own = Channel.objects.filter(organization_id=organization_id, address__iexact=address)
    return own.exists()


def why_not_mailed(ticket: Ticket, message: Message | None, address: str) -> str:
    """What stands against it now; empty if nothing does."""
    if is_our_own(ticket.organization_id, address):
        return "it is an address of our own"
    never = why_never_mailed(message, address)
    if never:
        return never
    there = Message.objects.filter(
        organization_id=ticket.organization_id,
        direction=Direction.OUT,
        is_automatic=True,
        to__contains=[{"address": address}],
    )
    if there.filter(ticket=ticket).count() >= MAX_PER_TICKET:
        return f"{MAX_PER_TICKET} e-mails about this ticket went there already"
    if there.filter(created_at__gte=now() - timedelta(hours=1)).count() >= MAX_PER_HOUR:
        return f"{MAX_PER_HOUR} e-mails went there within the hour"
    return ""


def why_never_mailed(message: Message | None, address: str) -> str:
    """What in the message itself stands against it, at any time: mail must not go in circles."""
    if message is None:
        return ""
    if message.is_automatic:
        return "the message was sent by a machine"
    sender = ((message.from_address or {}).get("address") or "").lower()
    return "the message came from this very address" if sender == address else ""


def mailbox_for(ticket: Ticket) -> Channel | None:
    """The ticket's own mailbox, else the shop's first one that works."""
    found = Channel.objects.filter(
        organization_id=ticket.organization_id, kind=EMAIL, is_active=True
    )
    own = found.filter(pk=ticket.channel_id).first()
    return own or found.order_by("created_at", "pk").first()


def text_of(ticket: Ticket, message: Message | None, words: str) -> str:
    """The rule's words, where to look, and what the customer wrote."""
    parts = [words, f"#{ticket.number}: {settings.PUBLIC_URL}/t/{ticket.number}"]
    said = message.body.text.strip()[:MAX_QUOTED_CHARS] if message else ""
    if said:
        parts.append("\n".join(f"> {line}" for line in said.splitlines()))
    return "\n\n".join(parts)


class SendSurvey:
    """Asks at once; still once per resolution, and never whom the settings leave out."""

    type, label, is_for_macros = "send_survey", "Send a survey now", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {}

    def dangers(self, params: Params) -> frozenset[str]:
        return MESSAGES

    def describe(self, params: Params) -> str:
        return "Send a survey now"

    def apply(self, context: ActionContext, params: Params) -> str:
        if send_now(context.ticket_id) is not None:
            return "sent"
        return f"not sent: {lock_ticket(context.ticket_id).csat_reason or 'it cannot be asked'}"


class TurnSurveyOff(Harmless):
    type, label, is_for_macros = "turn_survey_off", "Send no survey for this ticket", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {}

    def describe(self, params: Params) -> str:
        return "Send no survey for this ticket"

    def apply(self, context: ActionContext, params: Params) -> str:
        by = f" by {context.source}" if context.source else ""
        exclude(context.ticket_id, f"Switched off{by}.")
        return "done"


class RunMacroActions(Harmless):
    """What a macro does besides its words: its tags, status, priority and fields."""

    type, label, is_for_macros = "run_macro_actions", "Do a macro without its text", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        macro = reference_in(organization_id, params, "macro_id", Macro.objects.all())
        if macro is None:
            raise InvalidInput.field("macro_id", "Choose a macro.", code="required")
        if not macro.actions:
            raise InvalidInput.field("macro_id", "This macro does nothing besides its text.")
        return {"macro_id": str(macro.pk), "name": macro.name}

    def describe(self, params: Params) -> str:
        return f"Do what the macro “{params['name']}” does, without its text"

    def apply(self, context: ActionContext, params: Params) -> str:
        from automation.rules.actions import ACTIONS

        macro = Macro.objects.filter(
            pk=params["macro_id"], organization_id=context.organization_id, is_active=True
        ).first()
        if macro is None:
            return "not done: the macro is switched off or gone"
        failed = []
        for each in macro.actions:
            try:
                ACTIONS[each["type"]].apply(context, each["params"])
            except HelpdeskError as error:
                failed.append(error.message)
        return f"failed in part: {' '.join(failed)}" if failed else "done"
