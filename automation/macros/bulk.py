"""Answer many tickets with one macro, each in its customer's own words."""

from __future__ import annotations

import uuid
from typing import Any

from automation.macros.models import Macro
from automation.macros.render import render_for_agent
from helpdesk.accounts.models import User
from helpdesk.lib.errors import InvalidInput
from tickets.actions.bulk import BulkAction, register
from tickets.actions.reply import PROPOSE, OutgoingMessage, reply
from tickets.models import BulkJob, Ticket


def _check(user: User, params: dict[str, Any]) -> dict[str, Any]:
    macro = _find(user.organization_id, params.get("macro_id"))
    if macro is None:
        raise InvalidInput.field("params.macro_id", "This macro does not exist any more.")
    return {"macro_id": str(macro.pk)}


def _apply(job: BulkJob, ticket: Ticket, user: User) -> None:
    """Missing values are the ticket's failure; the message id is made of job and ticket.

    What the macro does to an order is proposed on each ticket: nobody looked at them one by one.
    """
    macro = _find(job.organization_id, job.params["macro_id"])
    if macro is None:
        raise InvalidInput("This macro does not exist any more.")
    rendered = render_for_agent(macro, ticket, user=user)
    rendered.check()
    outgoing = OutgoingMessage(
        text=rendered.text,
        html=rendered.html,
        subject=rendered.subject or "",
        macro_id=macro.pk,
        order_id=rendered.order.pk if rendered.order else None,
        order_basis=rendered.basis,
        order_action=PROPOSE,
        message_id=uuid.uuid5(job.pk, str(ticket.pk)),
        keeps_draft=True,
    )
    reply(ticket.pk, outgoing, user=user)


def _find(organization_id: uuid.UUID, macro_id: Any) -> Macro | None:
    try:
        wanted = uuid.UUID(str(macro_id))
    except ValueError:
        return None
    return Macro.objects.filter(pk=wanted, organization_id=organization_id, is_active=True).first()


register(
    BulkAction(
        "macro", _check, _apply, is_reversible=False, sends_mail=True, capability="ticket.reply"
    )
)
