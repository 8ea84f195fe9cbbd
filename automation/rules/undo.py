"""Take back what a run of a rule changed on its ticket, unless somebody changed the same since."""

from __future__ import annotations

from automation.rules.models import RuleRun
from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict
from tickets.actions.change import lock_ticket
from tickets.actions.merge import unmerge
from tickets.actions.taking_back import take_back


def undo_run(run: RuleRun, *, user: User) -> RuleRun:
    """Subject, tags, status, snooze, priority, assignee and team are what they were before, a
    ticket it merged is its own again; twice is once.

    Messages, notes and calls stay: they have left. Raises Conflict where nothing can be taken
    back, or somebody changed the same since.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        ticket = lock_ticket(run.ticket_id)
        found = RuleRun.objects.select_for_update(no_key=True, of=("self",))
        locked = found.select_related("ticket", "undone_by").get(pk=run.pk)
        if locked.undone_at is not None:
            return locked
        if not locked.changed:
            message = "This run changed nothing on the ticket that could be taken back."
            raise Conflict(message, code="nothing_to_undo")
        if "merged_into_id" in locked.changed:
            unmerge(run.ticket_id, user=user)
        elif not take_back(ticket, locked.changed):
            message = "Somebody has changed the same on this ticket since. Nothing was taken back."
            raise Conflict(message, code="changed_since")
        locked.undone_at, locked.undone_by = now(), user
        locked.save(update_fields=["undone_at", "undone_by"])
    return locked
