"""Trying a rule on the past: each moment it would have been asked, as things stood then.

A dry run is a row; its work is done in chunks, each a transaction that moves the row's cursor, so
that a killed worker loses nothing and progress can be shown. Nothing is written to tickets and
nothing is sent: the machine only evaluates and describes.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError

from automation.macros.models import Macro
from automation.rules.conditions import CANNOT_EVALUATE, evaluate
from automation.rules.definition import clean_definition, definition_of, digest_of
from automation.rules.fields import labels_in
from automation.rules.models import Definition, DryRun, DryRunState, Rule
from automation.rules.past import (
    Moment,
    count_moments,
    has_past,
    imagined,
    moment_now,
    newest_moment,
    read_moments,
    start_of,
)
from automation.rules.trace import trace_records
from automation.rules.would import Scene, macros_of, told_actions
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NotFound
from integrations.commerce.models import Order
from integrations.commerce.selectors import get_order
from tickets.models import Message, MessageKind, Ticket
from tickets.selectors import get_ticket, tickets_visible_to

CHUNK = 800
MAX_ROWS = 400
"""Moments that are kept to be shown; all are counted. Of so many last ones replies are written."""
KEPT_DAYS = 7
_GIVEN_UP_AFTER = timedelta(minutes=30)

log = structlog.get_logger()


@dataclass(frozen=True)
class Tried:
    """What a definition would have made of one moment. ``held_back`` says why not, if not."""

    is_match: bool
    branch: str | None
    steps: Any
    held_back: str


@dataclass(frozen=True)
class _Look:
    """What the rows of a chunk are written with."""

    organization: Organization
    labels: Mapping[str, str]
    macros: Mapping[str, Macro]


def begin(user: User, definition: Any, over: dict[str, Any], *, rule: Rule | None) -> DryRun:
    """Queue a dry run of this definition; raises InvalidInput naming what is wrong with it.

    ``over``: {"last": n}, {"days": 30 or 90}, {"ticket_id": …} or {"message": {"text": …}}.
    """
    cleaned = clean_definition(user.organization_id, definition, is_complete=False)
    if not cleaned["triggers"]:
        raise InvalidInput.field("triggers", "Choose when the rule runs.", code="required")
    checked = _checked_over(user, over)
    with transaction.atomic():
        run = DryRun.objects.create(
            organization_id=user.organization_id,
            rule=rule,
            live_version=rule.live_version if rule else 0,
            definition=cleaned,
            digest=digest_of(cleaned),
            over=checked,
            result={"cursor": _start(user, cleaned, checked)},
            total=_total(user, cleaned, checked),
            user=user,
        )
        transaction.on_commit(lambda: ring(run.pk), robust=True)
    return run


def cancel(run: DryRun) -> DryRun:
    """Stop a dry run that nobody waits for any more; one that ended stays as it is."""
    DryRun.objects.filter(pk=run.pk, state__in=[DryRunState.QUEUED, DryRunState.RUNNING]).update(
        state=DryRunState.CANCELLED, finished_at=now()
    )
    run.refresh_from_db()
    return run


def get_dry_run(user: User, run_id: uuid.UUID) -> DryRun:
    """The person's own dry run; raises NotFound."""
    found = DryRun.objects.filter(organization_id=user.organization_id, user=user, pk=run_id)
    run = found.select_related("rule").first()
    if run is None:
        raise NotFound("There is no such dry run.")
    return run


def go_on(run_id: uuid.UUID, *, seconds: float = 20) -> bool:
    """Work on the dry run for at most so long; whether something is left to do.

    Safe to run twice and beside itself: a chunk belongs to whoever has locked the row.
    """
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        if not _chunk(run_id):
            return False
    return True


def go_on_with_waiting(*, seconds: float = 3) -> int:
    """Go on with dry runs that nobody rang for; returns how many. Part of the sweep."""
    waiting = DryRun.objects.filter(state__in=[DryRunState.QUEUED, DryRunState.RUNNING])
    ids = list(waiting.order_by("moved_at").values_list("pk", flat=True)[:5])
    for run_id in ids:
        go_on(run_id, seconds=seconds / len(ids))
    return len(ids)


def forget_old(limit: int = 500) -> int:
    """Delete dry runs older than KEPT_DAYS; returns how many. Part of the sweep."""
    old = DryRun.objects.filter(created_at__lt=now() - timedelta(days=KEPT_DAYS))
    ids = list(old.order_by("created_at").values_list("pk", flat=True)[:limit])
    return DryRun.objects.filter(pk__in=ids).delete()[0]


def ring(run_id: uuid.UUID) -> None:
    """Wake a worker for the dry run; a lost ring costs one sweep."""
    from automation.tasks import dry_run_task

    try:
        dry_run_task.apply_async((str(run_id),), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)


def dry_run_details(run: DryRun) -> dict[str, Any]:
    """The dry run as the API tells it: figures, and the rows newest first."""
    rows = sorted(run.rows, key=lambda row: str(row["at"]), reverse=True)
    return {
        "id": str(run.pk),
        "rule_id": str(run.rule_id) if run.rule_id else None,
        "live_version": run.live_version,
        "over": run.over,
        "state": run.state,
        "reason": run.reason,
        "total": run.total,
        "seen": run.seen,
        "matched": run.matched,
        "live_matched": run.live_matched if run.live_version else None,
        "plus": [row["ticket_number"] for row in rows if _differs(row) and row["is_match"]],
        "minus": [row["ticket_number"] for row in rows if _differs(row) and not row["is_match"]],
        "tags": run.result.get("tags"),
        "is_as_now": not has_past(run.definition["triggers"]),
        "rows": rows,
        "created_at": iso(run.created_at),
        "finished_at": iso(run.finished_at),
    }


# What it is tried on


def _checked_over(user: User, over: dict[str, Any]) -> dict[str, Any]:
    if len(over) != 1:
        raise InvalidInput.field("over", "Choose one of last, days, ticket_id and message.")
    ((name, value),) = over.items()
    if name == "ticket_id":
        return {"ticket_id": str(get_ticket(user, value).pk)}
    if name == "message":
        order = _pasted_order(user, value)
        return {"message": {**value, "order_id": str(order.pk) if order else None}}
    return {name: value}


def _pasted_order(user: User, said: dict[str, Any]) -> Order | None:
    """The order that the imagined customer has; raises NotFound where the shop has none like it."""
    order_id = said.get("order_id")
    return get_order(user.organization_id, uuid.UUID(str(order_id))) if order_id else None


def _start(user: User, definition: Definition, over: dict[str, Any]) -> int:
    triggers = definition["triggers"]
    if "last" in over and has_past(triggers):
        return start_of(user, triggers, last=over["last"])
    return 0


def _total(user: User, definition: Definition, over: dict[str, Any]) -> int:
    """How much there is to do, as far as it is known ahead; other people's tickets count too."""
    if "last" in over:
        return int(over["last"])
    if "days" not in over:
        return 1
    since = now() - timedelta(days=over["days"])
    if not has_past(definition["triggers"]):
        return tickets_visible_to(user).filter(last_message_at__gte=since).count()
    return count_moments(user, definition["triggers"], since=since)


def _next_moments(run: DryRun, user: User) -> tuple[list[Moment], int | None]:
    triggers = run.definition["triggers"]
    if "message" in run.over:
        said = run.over["message"]
        moment = imagined(
            user.organization_id,
            said.get("subject", ""), said["text"], said.get("channel_kind", "email"),
            order=_pasted_order(user, said),
        )  # fmt: skip
        return [moment], None
    if "ticket_id" in run.over:
        ticket = get_ticket(user, uuid.UUID(run.over["ticket_id"]))
        newest = newest_moment(ticket, triggers)
        return [newest] if newest is not None else _as_now([ticket]), None
    days = run.over.get("days")
    since = run.created_at - timedelta(days=days) if days else None
    after = run.result["cursor"]
    if has_past(triggers):
        return read_moments(user, triggers, after=after, since=since, limit=CHUNK)
    return _tickets_as_now(user, after=after, since=since, last=run.over.get("last"))


def _tickets_as_now(
    user: User, *, after: int, since: datetime | None, last: int | None
) -> tuple[list[Moment], int | None]:
    """For rules that wait or run by the clock: tickets as they are now, oldest first."""
    tickets = tickets_visible_to(user).select_related("customer").filter(number__gt=after)
    if since is not None:
        tickets = tickets.filter(last_message_at__gte=since)
    if last is not None:
        return _as_now(list(tickets.order_by("-number")[:last])), None
    found = list(tickets.order_by("number")[:CHUNK])
    return _as_now(found), found[-1].number if len(found) == CHUNK else None


def _as_now(tickets: list[Ticket]) -> list[Moment]:
    newest = (
        Message.objects.filter(ticket__in=tickets, kind=MessageKind.CUSTOMER)
        .order_by("ticket_id", "-position")
        .distinct("ticket_id")
        .select_related("body")
        .prefetch_related("attachments")
    )
    messages = {each.ticket_id: each for each in newest}
    return [moment_now(ticket, messages.get(ticket.pk)) for ticket in tickets]


# One chunk


def _chunk(run_id: uuid.UUID) -> bool:
    """The next moments; False when nothing is left, or somebody else is at it."""
    with transaction.atomic():
        rows = DryRun.objects.select_for_update(of=("self",), skip_locked=True)
        run = rows.select_related("user__organization", "rule").filter(pk=run_id).first()
        if run is None or run.state not in (DryRunState.QUEUED, DryRunState.RUNNING):
            return False
        if run.user is None or now() - run.created_at > _GIVEN_UP_AFTER:
            _end(run, DryRunState.FAILED, "It took too long. Try fewer days.")
            return False
        run.state = DryRunState.RUNNING
        moments, cursor = _next_moments(run, run.user)
        _judge(run, moments)
        run.result["cursor"] = cursor
        run.moved_at = now()
        if cursor is None:
            _end(run, DryRunState.DONE)
        else:
            run.total = max(run.total, run.seen)
            run.save()
    return cursor is not None


def _end(run: DryRun, state: DryRunState, reason: str = "") -> None:
    run.state, run.reason, run.finished_at = state, reason, now()
    if state == DryRunState.DONE:
        run.total = run.seen
    run.save()


def _judge(run: DryRun, moments: list[Moment]) -> None:
    """Try the draft, and the live version where there is one, on the same moments."""
    live = definition_of(run.rule) if run.rule is not None and run.rule.live_version else None
    look = _Look(
        run.user.organization if run.user else run.organization,
        labels_in(run.definition["conditions"], run.organization_id),
        macros_of([*run.definition["actions"], *run.definition["else_actions"]]),
    )
    wanted = _tags_added(run.definition)
    tags_now = _tags_now(moments) if wanted else {}
    for left, moment in zip(range(len(moments) - 1, -1, -1), moments, strict=True):
        tried = try_moment(run.definition, moment, run.result.setdefault("ran", {}))
        was = try_moment(live, moment, run.result.setdefault("live_ran", {})) if live else None
        run.seen += 1
        run.matched += tried.is_match
        run.live_matched += was is not None and was.is_match
        if wanted:
            has = bool(set(wanted) & set(tags_now.get(moment.ticket.pk, ())))
            _count_tags(run.result, is_match=tried.is_match, has_tag=has)
        is_dull = not tried.is_match and (was is None or not was.is_match)
        if is_dull and left >= MAX_ROWS:
            continue  # so many newer ones of this chunk will push it out
        _keep(run.rows, _row(run, moment, tried, was, look))


def _keep(rows: list[dict[str, Any]], row: dict[str, Any]) -> None:
    """Among MAX_ROWS the newest, those that tell more before those that do not match."""
    rows.append(row)
    if len(rows) > MAX_ROWS:
        dull = (at for at, each in enumerate(rows) if not each["is_match"] and not _differs(each))
        del rows[next(dull, 0)]


def _differs(row: dict[str, Any]) -> bool:
    return row["live_is_match"] not in (None, row["is_match"])


def try_moment(definition: Definition, moment: Moment, ran: dict[str, str]) -> Tried:
    """Judge one moment; moments come oldest first. ``ran``: when it last ran on each ticket."""
    try:
        verdict = evaluate(definition["conditions"], moment.snapshot, moment.change, at=moment.at)
    except CANNOT_EVALUATE as error:
        reason = f"It cannot be evaluated: {type(error).__name__}: {error}"
        return Tried(is_match=False, branch=None, steps=[], held_back=reason[:300])
    automatic = moment.message is not None and moment.message.is_automatic
    if automatic and not definition["runs_on_automatic"]:
        return Tried(
            is_match=False, branch=None, steps=verdict.trace, held_back="The message is automatic."
        )
    has_other = bool(definition["else_actions"]) and verdict.is_known
    branch = "then" if verdict.is_match else "else" if has_other else None
    hours = definition["once_per_ticket_hours"]
    if branch is None or not hours:
        return Tried(verdict.is_match, branch, verdict.trace, "")
    ticket, before = str(moment.ticket.pk), ran.get(str(moment.ticket.pk))
    if before and moment.at - datetime.fromisoformat(before) < timedelta(hours=hours):
        reason = f"It ran on this ticket less than {hours} hours before."
        return Tried(verdict.is_match, None, verdict.trace, reason)
    ran[ticket] = moment.at.isoformat()
    return Tried(verdict.is_match, branch, verdict.trace, "")


def _row(
    run: DryRun, moment: Moment, tried: Tried, was: Tried | None, look: _Look
) -> dict[str, Any]:
    definition = run.definition
    chosen = definition["else_actions"] if tried.branch == "else" else definition["actions"]
    is_shown = run.total - run.seen <= MAX_ROWS
    moment.ticket.organization = look.organization
    scene = Scene(
        moment.ticket,
        moment.message,
        moment.snapshot.order_meant,
        moment.at,
        look.macros if is_shown else {},
        definition["triggers"],
    )
    return {
        "ticket_id": str(moment.ticket.pk),
        "ticket_number": moment.ticket.number,
        "ticket_subject": moment.ticket.subject,
        "message_id": str(moment.message.pk) if moment.message else None,
        "at": iso(moment.at),
        "is_match": tried.is_match,
        "branch": tried.branch,
        "live_is_match": None if was is None else was.is_match,
        "reason": tried.held_back,
        "trace": trace_records(tried.steps, look.labels),
        "actions": told_actions(chosen, scene if tried.branch else None),
    }


# How well it fits what people did


def _tags_added(definition: Definition) -> list[str]:
    return [
        tag
        for each in definition["actions"]
        if each["type"] == "add_tags"
        for tag in each["params"]["tags"]
    ]


def _count_tags(result: dict[str, Any], *, is_match: bool, has_tag: bool) -> None:
    """How often a match has the tag today, and how often the tag is there without a match."""
    if not is_match and not has_tag:
        return
    counts = result.setdefault("tags", {"both": 0, "only_match": 0, "only_tag": 0})
    counts["both" if is_match and has_tag else "only_match" if is_match else "only_tag"] += 1


def _tags_now(moments: list[Moment]) -> dict[uuid.UUID, list[str]]:
    ids = {moment.ticket.pk for moment in moments}
    return dict(Ticket.objects.filter(pk__in=ids).values_list("pk", "tags"))
