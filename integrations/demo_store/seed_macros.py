"""Lets the demo's agents have used the macros that every shop begins with."""

from __future__ import annotations

from automation.macros.models import Macro, MacroUse
from helpdesk.accounts.models import Organization
from tickets.models import Message, MessageKind

_ANSWERS = {
    "order_status": "tracking",
    "cancel_order": "cancel-done",
    "return_exchange": "return-start",
    "damaged_item": "damaged-replacement",
    "refund_request": "refund-sent",
    "refund_status": "refund-sent",
    "invoice": "invoice-attached",
    "change_address": "address-changed",
}
"""By what the customer wanted, the key of the macro that answers it."""


def seed_macro_uses(organization: Organization) -> int:
    """Note a use for every reply of a person whose ticket a macro answers; twice changes nothing."""
    macros = {
        each.key: each for each in Macro.objects.filter(organization=organization).exclude(key="")
    }
    replies = Message.objects.filter(
        ticket__organization=organization, kind=MessageKind.REPLY, user__isnull=False
    ).select_related("ticket")
    uses = [
        MacroUse(
            message_id=each.pk,
            organization=organization,
            macro=macro,
            ticket=each.ticket,
            user_id=each.user_id,
            macro_version=macro.version,
            tags=each.ticket.tags,
            intent=each.ticket.intent,
            used_at=each.sent_at or each.created_at,
        )
        for each in replies
        if (macro := macros.get(_ANSWERS.get(each.ticket.intent, ""))) is not None
    ]
    MacroUse.objects.bulk_create(uses, ignore_conflicts=True)
    return len(uses)
