"""A macro was sent: count it and do its actions, as whoever sent it."""

from __future__ import annotations

import structlog

from automation.macros.edit import count_use
from automation.macros.models import Macro
from automation.rules.actions import ACTIONS, ActionContext
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.errors import HelpdeskError

log = structlog.get_logger()


@subscribes("message.queued", name="automation.macros")
def after_sending(event: Event) -> None:
    """Do what the macro of this message says besides its text. Messages without one are skipped."""
    macro_id = event.payload["message"].get("macro_id")
    if not macro_id or event.ticket_id is None:
        return
    macro = Macro.objects.filter(pk=macro_id, organization_id=event.organization_id).first()
    if macro is None:
        return
    count_use(macro.pk)
    context = ActionContext(
        organization_id=event.organization_id,
        ticket_id=event.ticket_id,
        source=f"the macro “{macro.name}”",
    )
    with unit_of_work(actor=Actor(**event.actor)):
        for each in macro.actions:
            try:
                ACTIONS[each["type"]].apply(context, each["params"])
            except HelpdeskError as error:
                log.warning("macros.action_failed", macro=str(macro.pk), code=error.code)
