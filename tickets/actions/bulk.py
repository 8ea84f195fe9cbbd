"""One action on many tickets: rows first, then work in chunks that may stop and begin anywhere.

What is done to a ticket and the fate of its item commit in one transaction, so a killed worker
leaves nothing half done and nothing is done twice, however many workers run beside each other.
A ticket that refuses is listed with the reason and stops nobody else.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.utils import InterfaceError, OperationalError
from kombu.exceptions import OperationalError as BrokerError

from helpdesk.accounts.models import User
from helpdesk.accounts.permissions import may
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.events.payloads import BulkJobRecord
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import Conflict, HelpdeskError, InvalidInput, NotAllowed
from helpdesk.lib.failpoints import failpoint
from tickets.actions import taking_back
from tickets.actions.change import lock_ticket
from tickets.actions.delivery import lock_many
from tickets.actions.edit import edit_ticket
from tickets.actions.merge import Choice, merge, unmerge
from tickets.models import BulkItem, BulkItemState, BulkJob, BulkState, Ticket
from tickets.selectors import tickets_visible_to

MAX_TICKETS = 20_000
CHUNK = 20
UNDO_SHOWN = timedelta(seconds=60)
UNDO_WITHIN = UNDO_SHOWN + timedelta(seconds=10)  # a click at the last moment is on its way
SHOWN_FAILURES = 50
Params = dict[str, Any]

log = structlog.get_logger()


@dataclass(frozen=True)
class BulkAction:
    """Something that can be done to many tickets.

    ``check`` returns the parameters as they are stored or raises InvalidInput; ``apply`` does it to
    one ticket and raises HelpdeskError where it cannot. ``chunk`` tickets share a transaction.
    """

    name: str
    check: Callable[[User, Params], Params]
    apply: Callable[[BulkJob, Ticket, User], None]
    is_reversible: bool = True
    sends_mail: bool = False
    capability: str = "ticket.change"
    chunk: int = CHUNK


_actions: dict[str, BulkAction] = {}


def register(action: BulkAction) -> None:
    """Add a kind of bulk action; parts above tickets add theirs (macros)."""
    _actions[action.name] = action


def get_action(name: str) -> BulkAction:
    """The action of that name; raises InvalidInput."""
    if name not in _actions:
        raise InvalidInput.field("action", f"“{name}” cannot be done to many tickets.")
    return _actions[name]


def start_bulk(
    user: User,
    *,
    job_id: uuid.UUID,
    action: str,
    params: Params,
    tickets: QuerySet[Ticket],
    client_id: str = "",
) -> BulkJob:
    """Write down the job with one item per ticket, as of now; the same ``job_id`` is one job."""
    kind = get_action(action)
    if not may(user, kind.capability):
        raise NotAllowed("Your role does not allow this.")
    checked = kind.check(user, params)
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        known = BulkJob.objects.filter(pk=job_id).first()
        if known is not None:
            return _same(known, user, action, checked)
        ids = list(tickets.order_by("pk").values_list("pk", flat=True)[: MAX_TICKETS + 1])
        if not ids:
            raise InvalidInput.field("selection", "There is no ticket left to change.")
        if len(ids) > MAX_TICKETS:
            raise InvalidInput.field("selection", f"At most {MAX_TICKETS} tickets at once.")
        job, is_new = BulkJob.objects.get_or_create(
            id=job_id,
            defaults={
                "organization_id": user.organization_id,
                "user": user,
                "action": action,
                "params": checked,
                "total": len(ids),
                "client_id": client_id,
            },
        )
        if not is_new:  # the same request came twice at once, and the other one was faster
            return _same(job, user, action, checked)
        items = [BulkItem(job=job, ticket_id=pk, position=n) for n, pk in enumerate(ids, 1)]
        BulkItem.objects.bulk_create(items, batch_size=2000)
        _record(job)
        transaction.on_commit(lambda: ring(job.pk), robust=True)
    return job


def _same(job: BulkJob, user: User, action: str, params: Params) -> BulkJob:
    """The job, if it is what was asked for; raises Conflict."""
    if (job.user_id, job.action, job.params) != (user.pk, action, params):
        raise Conflict("This id belongs to another job.", code="id_taken")
    return job


def cancel_bulk(job_id: uuid.UUID, user: User) -> BulkJob:
    """Leave alone what has not been done yet; raises Conflict when the job has ended."""
    with unit_of_work(actor=Actor.of_user(user)):
        # Items before the job, as workers lock them; those in work are waited for.
        BulkItem.objects.filter(job_id=job_id, job__user=user, state=BulkItemState.WAITING).update(
            state=BulkItemState.CANCELLED
        )
        job = _lock_job(job_id, user)
        if job.state != BulkState.RUNNING:
            raise Conflict("This has ended already.", code="ended")
        _save(job, state=BulkState.CANCELLED, finished_at=now())
    return job


def undo_bulk(job_id: uuid.UUID, user: User) -> BulkJob:
    """Take back what was done, ticket by ticket; what somebody changed since is left alone.

    Raises Conflict: ``too_late`` after a minute, ``not_reversible``, ``not_ended``.
    """
    with unit_of_work(actor=Actor.of_user(user)):
        job = _lock_job(job_id, user)
        if job.state in (BulkState.UNDOING, BulkState.UNDONE):
            return job
        if not get_action(job.action).is_reversible:
            raise Conflict("This cannot be taken back.", code="not_reversible")
        if job.state == BulkState.RUNNING or job.finished_at is None:
            raise Conflict("Stop it first.", code="not_ended")
        if now() - job.finished_at > UNDO_WITHIN:
            raise Conflict("This can be taken back for a minute.", code="too_late")
        _save(job, state=BulkState.UNDOING)
        transaction.on_commit(lambda: ring(job.pk), robust=True)
    return job


def run_bulk(job_id: uuid.UUID, *, seconds: float = 100) -> int:
    """Go on with the job for at most so long; returns how many tickets were looked at.

    Safe to run twice and beside itself: an item belongs to whoever has locked its row.
    """
    began, count = time.monotonic(), 0
    while time.monotonic() - began < seconds:
        done = _run_chunk(job_id)
        if not done:
            break
        count += done
    return count


def run_unfinished(*, seconds: float = 3) -> int:
    """Go on with jobs that nobody rang for: a worker died or a ring was lost. Part of the sweep."""
    jobs = BulkJob.objects.filter(state__in=[BulkState.RUNNING, BulkState.UNDOING])
    ids = list(jobs.order_by("created_at").values_list("pk", flat=True)[:20])
    return sum(run_bulk(job_id, seconds=seconds / len(ids)) for job_id in ids)


def bulk_record(job: BulkJob) -> BulkJobRecord:
    """The job with its progress and the first of the tickets that refused."""
    refused = (
        BulkItem.objects.filter(job=job, state__in=[BulkItemState.FAILED, BulkItemState.KEPT])
        .select_related("ticket")
        .order_by("position")[:SHOWN_FAILURES]
    )
    undo_until = job.finished_at + UNDO_SHOWN if job.finished_at else None
    kind = _actions.get(job.action)
    return {
        "id": str(job.pk),
        "user_id": str(job.user_id),
        "action": job.action,
        "params": job.params,
        "state": cast(Any, job.state),
        "total": job.total,
        "done": job.done,
        "failed": job.failed,
        "undone": job.undone,
        "kept": job.kept,
        "is_reversible": bool(kind and kind.is_reversible),
        "undo_until": iso(undo_until),
        "failures": [
            {"ticket_id": str(each.ticket_id), "number": each.ticket.number, "reason": each.reason}
            for each in (refused if job.failed or job.kept else [])
        ],
        "created_at": cast(str, iso(job.created_at)),
        "finished_at": iso(job.finished_at),
        "version": job.version,
    }


def ring(job_id: uuid.UUID) -> None:
    """Wake a worker for the job; a lost ring costs one sweep."""
    from tickets.tasks import bulk_task

    try:
        bulk_task.apply_async((str(job_id),), retry=False)
    except (BrokerError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)


# --- One chunk ------------------------------------------------------------------------------------


class _Refused(Exception):
    """A ticket of the chunk refused: the chunk is repeated ticket by ticket."""


def _run_chunk(job_id: uuid.UUID) -> int:
    """The next few tickets; 0 when nothing is left to take, and then the job has ended."""
    job = BulkJob.objects.select_related("user").filter(pk=job_id).first()
    if job is None or job.state not in (BulkState.RUNNING, BulkState.UNDOING):
        return 0
    size = get_action(job.action).chunk
    try:
        done = _try(job, size)
    except _Refused:
        done = sum(_try(job, 1, alone=True) for _ in range(size))
    if not done:
        _end(job)
    return done


def _try(job: BulkJob, size: int, *, alone: bool = False) -> int:
    wanted = BulkItemState.WAITING if job.state == BulkState.RUNNING else BulkItemState.DONE
    fates: list[BulkItem] = []
    try:
        with unit_of_work(actor=Actor.of_user(job.user), client_id=job.client_id):
            items = list(
                BulkItem.objects.select_for_update(skip_locked=True, no_key=True)
                .filter(job=job, state=wanted)
                .order_by("position")[:size]
            )
            if not items:
                return 0
            fates = items
            _work(job, items)
            _count(job, items)
            failpoint("bulk.applied")
    except (OperationalError, InterfaceError):
        raise  # the database is away or two transactions met: the sweep comes back
    except Exception as error:
        if not alone:
            raise _Refused from error
        return _note(job, fates[0], error) if fates else 0
    failpoint("bulk.committed")
    return len(items)


def _work(job: BulkJob, items: list[BulkItem]) -> None:
    seen = set(
        tickets_visible_to(job.user)
        .filter(pk__in=[each.ticket_id for each in items])
        .values_list("pk", flat=True)
    )
    if not job.user.is_active or not may(job.user, get_action(job.action).capability):
        raise NotAllowed("The person who began this may not do it any more.")
    lock_many(sorted(seen), [])
    for item in items:
        if item.ticket_id not in seen:
            raise NotAllowed("You can't see this ticket any more.")
        if job.state == BulkState.UNDOING:
            _take_back(job, item)
            continue
        ticket = lock_ticket(item.ticket_id)
        before = taking_back.photograph(ticket)
        get_action(job.action).apply(job, ticket, job.user)
        item.change = taking_back.difference(before, lock_ticket(item.ticket_id))
        item.state = BulkItemState.DONE
    BulkItem.objects.bulk_update(items, ["state", "change", "reason"])


def _take_back(job: BulkJob, item: BulkItem) -> None:
    if job.action == "merge":
        if item.change:
            unmerge(item.ticket_id, user=job.user, client_id=job.client_id)
        item.state = BulkItemState.UNDONE
        return
    is_back = taking_back.take_back(lock_ticket(item.ticket_id), item.change)
    item.state = BulkItemState.UNDONE if is_back else BulkItemState.KEPT
    item.reason = "" if is_back else "Changed since by somebody else."


def _note(job: BulkJob, item: BulkItem, error: Exception) -> int:
    """The ticket refused: keep the reason, go on with the others."""
    if isinstance(error, HelpdeskError):
        reason = error.message
    else:
        log.error("bulk.ticket_failed", job=str(job.pk), exc_info=error)
        reason = "Something went wrong. The log says more."
    is_undo = job.state == BulkState.UNDOING
    item.state = BulkItemState.KEPT if is_undo else BulkItemState.FAILED
    open_ = BulkItemState.DONE if is_undo else BulkItemState.WAITING
    with unit_of_work(actor=Actor.of_user(job.user), client_id=job.client_id):
        mine = BulkItem.objects.filter(pk=item.pk, state=open_)
        if mine.update(state=item.state, reason=reason[:300]):
            _count(job, [item])
    return 1


def _count(job: BulkJob, items: list[BulkItem]) -> None:
    """Count the fates on the job, as the last thing: its row is locked until commit."""
    fates = [each.state for each in items]
    BulkJob.objects.filter(pk=job.pk).update(
        done=F("done") + fates.count(BulkItemState.DONE),
        failed=F("failed") + fates.count(BulkItemState.FAILED),
        undone=F("undone") + fates.count(BulkItemState.UNDONE),
        kept=F("kept") + fates.count(BulkItemState.KEPT),
        version=F("version") + 1,
    )
    _record(BulkJob.objects.get(pk=job.pk))


def _end(job: BulkJob) -> None:
    """Nothing is left to take: if nothing is held by another worker either, the job has ended."""
    wanted = BulkItemState.WAITING if job.state == BulkState.RUNNING else BulkItemState.DONE
    with unit_of_work(actor=Actor.of_user(job.user), client_id=job.client_id):
        row = BulkJob.objects.select_for_update(no_key=True).get(pk=job.pk)
        if row.state != job.state or BulkItem.objects.filter(job=row, state=wanted).exists():
            return
        ended = BulkState.DONE if row.state == BulkState.RUNNING else BulkState.UNDONE
        _save(row, state=ended, finished_at=now())


def _lock_job(job_id: uuid.UUID, user: User) -> BulkJob:
    job = (
        BulkJob.objects.select_for_update(no_key=True)
        .filter(pk=job_id, organization_id=user.organization_id, user=user)
        .first()
    )
    if job is None:
        raise Conflict("Only the person who began this can change it.", code="not_yours")
    return job


def _save(job: BulkJob, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(job, name, value)
    job.version += 1
    job.save(update_fields=[*fields, "version"])
    _record(job)


def _record(job: BulkJob) -> None:
    record(
        "bulk.progressed",
        organization_id=job.organization_id,
        object_type="bulk",
        object_id=job.pk,
        payload=lambda: {"job": bulk_record(job)},
    )


# --- The actions ----------------------------------------------------------------------------------

_EDITS: dict[str, tuple[str, ...]] = {
    "assign": ("assignee_id", "team_id"),
    "status": ("status",),
    "tags": ("tags_add", "tags_remove"),
    "priority": ("priority",),
    "snooze": ("snoozed_until", "wakes_on", "wakes_order_id"),
    "read": ("is_unread",),
}


def _check_edit(name: str) -> Callable[[User, Params], Params]:
    allowed = _EDITS[name]

    def check(user: User, params: Params) -> Params:
        given = {key: value for key, value in params.items() if key in allowed}
        wrong = sorted(set(params) - set(allowed))
        if wrong or not given:
            path = f"params.{wrong[0] if wrong else allowed[0]}"
            raise InvalidInput.field(path, f"Give {' or '.join(allowed)}.")
        return given

    return check


def _edit(job: BulkJob, ticket: Ticket, user: User) -> None:
    edit_ticket(ticket.pk, _typed(job.params), user=user, client_id=job.client_id)


def _typed(params: Params) -> Params:
    """The parameters as the actions want them: JSON knows no ids and no times."""
    typed = dict(params)
    for name in ("assignee_id", "team_id", "wakes_order_id"):
        if typed.get(name):
            typed[name] = uuid.UUID(typed[name])
    if typed.get("snoozed_until"):
        typed["snoozed_until"] = datetime.fromisoformat(typed["snoozed_until"])
    return typed


def _check_merge(user: User, params: Params) -> Params:
    try:
        target_id = uuid.UUID(str(params.get("target_id")))
    except ValueError as error:
        raise InvalidInput.field("params.target_id", "Choose a ticket.") from error
    if not tickets_visible_to(user).filter(pk=target_id).exists():
        raise InvalidInput.field("params.target_id", "This ticket doesn't exist.")
    return {"target_id": str(target_id)}


def _merge(job: BulkJob, ticket: Ticket, user: User) -> None:
    target_id = uuid.UUID(job.params["target_id"])
    if ticket.pk == target_id:
        return
    merge_id = uuid.uuid5(job.pk, str(ticket.pk))
    merge(ticket.pk, target_id, user=user, choice=Choice(), merge_id=merge_id)


for _name in _EDITS:
    register(BulkAction(_name, _check_edit(_name), _edit))
register(BulkAction("merge", _check_merge, _merge, chunk=1))
