"""The clocks of a ticket: begun by a customer's message, ended by a person's answer.

Every event about a ticket settles its clocks to what the event says the ticket was then, so a
worker that was away for hours counts no second too many. Automatic messages change nothing: a
ticket that waits goes on waiting. A clock keeps what it has counted when the ticket falls under
another policy, and when two tickets become one the earlier clock goes on.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, Q

from automation.sla.business_hours import Calendar
from automation.sla.calendars import calendars_of
from automation.sla.models import ClockState, SlaClock, Target
from automation.sla.policies import Policy, find_policy, has_policies
from automation.sla.showing import announce, show
from helpdesk.events.models import Event
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NotFound
from tickets.actions.change import lock_ticket
from tickets.models import DeliveryState, Message, MessageKind, Status, Ticket

REPLIES = (Target.FIRST_REPLY, Target.NEXT_REPLY)
LIVE = (ClockState.RUNNING, ClockState.PAUSED)
OLD_NEWS = timedelta(days=1)
"""A breach that is found later than this is written down, but nobody is called."""
AMBER_SHARE = 0.75
_ANSWERING = ("message.queued", "ticket.merged", "ticket.unmerged", "ticket.split")
"""What may leave the customer answered."""
_OURS = {"sla_state", "sla_target", "sla_policy", "sla_due_at", "sla_amber_at", "timers"}


@subscribes(
    "ticket.updated",
    "ticket.status_changed",
    "ticket.assigned",
    "ticket.tagged",
    "ticket.priority_changed",
    "ticket.snoozed",
    "ticket.merged",
    "ticket.unmerged",
    "ticket.split",
    "message.received",
    "message.understood",
    "message.queued",
    "message.withdrawn",
    "message.delivery_changed",
    name="automation.sla",
)
def follow(event: Event) -> None:
    """Settle the ticket's clocks to what has happened."""
    if event.ticket_id is None or not has_policies(event.organization_id):
        return
    changed = set(event.payload.get("change") or ())
    if event.type == "ticket.updated" and changed and changed <= _OURS:
        return
    try:
        ticket = lock_ticket(event.ticket_id)
    except NotFound:
        return
    then = Then.of(event)
    if ticket.merged_into_id is not None:
        _hand_over(ticket, then.at)
        return
    Clocks(ticket, then).settle()
    show(ticket)


@dataclass(frozen=True)
class Then:
    """What an event says the ticket was at its moment."""

    at: datetime
    type: str
    status: str
    waiting_since: datetime | None
    message: dict[str, Any] | None

    @classmethod
    def of(cls, event: Event) -> Then:
        said = event.payload["ticket"]
        since = said.get("waiting_since")
        return cls(
            event.at,
            event.type,
            said["status"],
            datetime.fromisoformat(since) if since else None,
            event.payload.get("message"),
        )

    @property
    def is_over(self) -> bool:
        return self.status not in (Status.OPEN, Status.SNOOZED)

    @property
    def words_id(self) -> uuid.UUID | None:
        """The customer's message that this event is about."""
        said = self.message
        is_theirs = self.type == "message.received" and said is not None
        return uuid.UUID(said["id"]) if is_theirs and said and said["kind"] == "customer" else None

    @property
    def may_answer(self) -> bool:
        return self.type in _ANSWERING

    @property
    def answer(self) -> dict[str, Any] | None:
        """The reply of a person that this event sends on its way; None for anything else."""
        said = self.message
        if said is None or said["kind"] != MessageKind.REPLY or said["author"]["type"] != "agent":
            return None
        is_sent = self.type == "message.queued" or (
            self.type == "message.delivery_changed" and said["is_scheduled"]
        )
        return said if is_sent and self.waiting_since is None else None


class Clocks:
    """The clocks of one locked ticket at one moment."""

    def __init__(self, ticket: Ticket, then: Then) -> None:
        self.ticket, self.then = ticket, then
        self.calendars = calendars_of(ticket.organization)
        self.policy = None if then.is_over else find_policy(ticket, then.at)
        rows = SlaClock.objects.filter(ticket=ticket).filter(
            Q(state__in=LIVE)
            | Q(target=Target.RESOLUTION)
            | Q(answer_id__isnull=False)
            | Q(stopped_at=then.at)
        )
        self.rows = list(rows.order_by("started_at", "pk"))

    @property
    def live(self) -> list[SlaClock]:
        return [each for each in self.rows if each.is_live]

    def settle(self) -> None:
        """End, begin, aim and pace them as the moment asks."""
        self._end()
        if not self.then.is_over and self.policy is not None:
            self._begin_reply(self.policy)
            self._begin_resolution(self.policy)
        for clock in self.live:
            self._aim(clock)
        for clock in self.live:
            self._pace(clock)

    def _end(self) -> None:
        then = self.then
        if then.type == "message.withdrawn" and then.message is not None:
            self._revive_unanswered(then.message["id"])
        if then.answer is not None:
            self._note_answer(then.answer)
        for clock in self.live:
            if then.status in (Status.SPAM, Status.TRASH):
                self._stop(clock, ClockState.DROPPED)
            elif clock.target == Target.RESOLUTION:
                if then.is_over:
                    self._stop(clock, ClockState.DONE)
            elif then.answer is not None:
                self._stop(clock, ClockState.DONE)
            elif then.is_over or (then.waiting_since is None and then.may_answer):
                self._stop(clock, ClockState.DONE if self._is_late(clock) else ClockState.DROPPED)

    def _note_answer(self, answer: dict[str, Any]) -> None:
        """Who answered. What this very change ended before we heard of the answer, it ended."""
        for clock in self.rows:
            is_meant = clock.is_live or clock.stopped_at == self.then.at
            if clock.target not in REPLIES or not is_meant or clock.answer_id is not None:
                continue
            clock.answer_id = uuid.UUID(answer["id"])
            clock.user_id = uuid.UUID(answer["author"]["id"])
            if not clock.is_live:
                clock.state, clock.taken_seconds = ClockState.DONE, clock.spent_seconds
                clock.save()

    def _revive_unanswered(self, message_id: str) -> None:
        """The answer was never sent: its clock goes on as if it had not been stopped."""
        for clock in self.rows:
            if str(clock.answer_id) == message_id and clock.state == ClockState.DONE:
                clock.state, clock.resumed_at = ClockState.RUNNING, clock.stopped_at
                clock.answer_id = clock.user_id = clock.stopped_at = clock.taken_seconds = None
                self._run(clock)

    def _begin_reply(self, policy: Policy) -> None:
        since = self.then.waiting_since
        known = next((each for each in self.live if each.target in REPLIES), None)
        if known is not None and known.message_id is None and self.then.words_id is not None:
            known.message_id = self.then.words_id
            known.save(update_fields=["message_id"])
        if since is None or known is not None:
            return
        answers = Message.objects.filter(
            ticket=self.ticket, kind=MessageKind.REPLY, is_automatic=False, created_at__lt=since
        ).exclude(delivery_state=DeliveryState.WITHDRAWN)
        target = Target.NEXT_REPLY if answers.exists() else Target.FIRST_REPLY
        if target in policy.goals:
            self._begin(policy, target, since)

    def _begin_resolution(self, policy: Policy) -> None:
        """One for the ticket's whole life: opened again, it goes on where it stopped."""
        goal = policy.goals.get(Target.RESOLUTION)
        known = [each for each in self.rows if each.target == Target.RESOLUTION]
        if goal is None or any(each.is_live for each in known):
            return
        if known:
            clock = known[-1]
            clock.state, clock.resumed_at = ClockState.PAUSED, None
            clock.stopped_at = clock.taken_seconds = None
            return
        words = Message.objects.filter(ticket=self.ticket, kind=MessageKind.CUSTOMER)
        first = words.filter(is_automatic=False).order_by("position").values_list("created_at")
        began = first.first()
        if began is not None:
            self._begin(policy, Target.RESOLUTION, min(began[0], self.then.at))

    def _begin(self, policy: Policy, target: Target, since: datetime) -> None:
        self.rows.append(
            SlaClock(
                organization_id=self.ticket.organization_id,
                ticket=self.ticket,
                target=target,
                policy_id=policy.id,
                policy_name=policy.name,
                policy_version=policy.version,
                calendar_id=policy.calendar_for(self.ticket, self.calendars),
                goal_seconds=policy.goals[target],
                state=ClockState.RUNNING,
                started_at=since,
                resumed_at=since,
                message_id=self.then.words_id,
            )
        )

    def _aim(self, clock: SlaClock) -> None:
        """Let it count for the policy that holds now; without one it counts no more."""
        policy = self.policy
        if policy is None or clock.target not in policy.goals:
            self._stop(clock, ClockState.DONE if self._is_late(clock) else ClockState.DROPPED)
            return
        aims = (policy.id, policy.version, policy.calendar_for(self.ticket, self.calendars))
        if aims == (clock.policy_id, clock.policy_version, clock.calendar_id):
            return
        self._count(clock)
        clock.policy_id, clock.policy_version, clock.calendar_id = aims
        clock.policy_name, clock.goal_seconds = policy.name, policy.goals[clock.target]
        clock.warned = sum(
            each <= clock.spent_seconds for each in policy.warns_at(clock.goal_seconds)
        )
        if clock.spent_seconds < clock.goal_seconds:
            clock.breached_at = None
        clock.due_at = None

    def _pace(self, clock: SlaClock) -> None:
        """Run or stand still, and know when it is due."""
        policy, then = self.policy, self.then
        if policy is None:
            return
        is_answered = then.waiting_since is None and clock.target == Target.RESOLUTION
        stands = (policy.pauses_while_waiting and is_answered) or (
            policy.pauses_while_snoozed and then.status == Status.SNOOZED
        )
        if stands and clock.state == ClockState.PAUSED and not clock._state.adding:
            clock.save()
            return
        if stands:
            self._count(clock)
            clock.state, clock.resumed_at = ClockState.PAUSED, None
            clock.due_at = clock.amber_at = clock.next_at = None
            clock.save()
            return
        if clock.state == ClockState.RUNNING and clock.due_at is not None:
            return
        clock.state, clock.resumed_at = ClockState.RUNNING, clock.resumed_at or then.at
        self._run(clock)

    def _run(self, clock: SlaClock) -> None:
        calendar = self.calendars.get(clock.calendar_id)
        clock.due_at = _moment(clock, calendar, clock.goal_seconds)
        clock.amber_at = _moment(clock, calendar, clock.goal_seconds * AMBER_SHARE)
        clock.next_at = next_at(clock, calendar, self.policy)
        clock.save()

    def _stop(self, clock: SlaClock, state: ClockState) -> None:
        if self._is_late(clock) and clock.breached_at is None:
            clock.breached_at = clock.due_at
            if state == ClockState.DONE and now() - self.then.at < OLD_NEWS:
                announce("sla.breached", self.ticket, clock)
        self._count(clock)
        clock.state, clock.stopped_at, clock.resumed_at = state, self.then.at, None
        clock.taken_seconds = clock.spent_seconds if state == ClockState.DONE else None
        clock.next_at = None
        clock.save()

    def _is_late(self, clock: SlaClock) -> bool:
        is_due = clock.due_at is not None and clock.due_at <= self.then.at
        return clock.breached_at is not None or is_due

    def _count(self, clock: SlaClock) -> None:
        """Add what has gone by since it last began to run."""
        if clock.resumed_at is None:
            return
        calendar = self.calendars.get(clock.calendar_id)
        clock.spent_seconds += calendar.between(clock.resumed_at, self.then.at)
        clock.resumed_at = max(self.then.at, clock.resumed_at)


def settle_now(ticket_id: uuid.UUID) -> None:
    """Settle the ticket's clocks to what holds now; for when the policies have changed."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        then = Then(now(), "sla.changed", ticket.status, ticket.waiting_since, None)
        Clocks(ticket, then).settle()
        show(ticket)


def settle_changed(limit: int = 100) -> int:
    """Aim the clocks whose policy is another now, or gone; part of the sweep."""
    live = SlaClock.objects.filter(state__in=LIVE)
    stale = Q(policy=None) | Q(policy__is_active=False) | ~Q(policy_version=F("policy__version"))
    found = live.filter(stale).order_by("ticket_id").values_list("ticket_id", flat=True).distinct()
    ticket_ids = list(found[:limit])
    for ticket_id in ticket_ids:
        settle_now(ticket_id)
    return len(ticket_ids)


def _hand_over(tomb: Ticket, at: datetime) -> None:
    """The clocks of a ticket that was merged go on there, unless that one waits for longer."""
    moving = list(SlaClock.objects.filter(ticket=tomb, state__in=LIVE))
    if tomb.merged_into_id is None or not moving:
        return
    target = lock_ticket(tomb.merged_into_id)
    theirs = list(SlaClock.objects.filter(ticket=target, state__in=LIVE))
    for clock in moving:
        is_reply = clock.target in REPLIES
        rival = next((each for each in theirs if (each.target in REPLIES) == is_reply), None)
        loser = None if rival is None else max(clock, rival, key=lambda each: each.started_at)
        if loser is not None:
            loser.state, loser.stopped_at, loser.next_at = ClockState.DROPPED, at, None
            loser.save()
        if loser is not clock:
            clock.ticket = target
            clock.save(update_fields=["ticket"])
    show(tomb)
    show(target)


def _moment(clock: SlaClock, calendar: Calendar, spent: float) -> datetime | None:
    """When so many seconds will have been counted."""
    if clock.resumed_at is None:
        return None
    return calendar.add(clock.resumed_at, spent - clock.spent_seconds)


def next_at(clock: SlaClock, calendar: Calendar, policy: Policy | None) -> datetime | None:
    """When the next warning is due, or else the breach; None when all is said."""
    if clock.breached_at is not None:
        return None
    warnings = policy.warns_at(clock.goal_seconds) if policy else []
    if clock.warned < len(warnings):
        return _moment(clock, calendar, warnings[clock.warned])
    return clock.due_at
