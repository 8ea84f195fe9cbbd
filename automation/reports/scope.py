"""What a report counts: whose tickets, of which days, and with which filters."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet

from automation.reports.models import ClosingFigures, MessageFigures, MessageSide, TicketFigures
from automation.reports.period import Period
from helpdesk.accounts.models import Organization, Role, User
from helpdesk.accounts.selectors import hidden_teams_of
from helpdesk.lib.errors import InvalidInput, NotAllowed, NotFound

FILTERS = ("channel", "team", "agent", "tag", "store")
HOURS = ("all", "business")


@dataclass(frozen=True)
class Filters:
    """Only tickets of this channel kind, team, agent, tag and store; None: of any."""

    channel: str | None = None
    team: uuid.UUID | None = None
    agent: uuid.UUID | None = None
    tag: str | None = None
    store: uuid.UUID | None = None

    def as_json(self) -> dict[str, str]:
        values = {name: getattr(self, name) for name in FILTERS}
        return {name: str(value) for name, value in values.items() if value is not None}


def filters_from(values: Mapping[str, Any]) -> Filters:
    """Filters as an address or a schedule names them; raises InvalidInput naming the field."""
    return Filters(
        channel=values.get("channel") or None,
        team=_uuid(values, "team"),
        agent=_uuid(values, "agent"),
        tag=values.get("tag") or None,
        store=_uuid(values, "store"),
    )


def _uuid(values: Mapping[str, Any], name: str) -> uuid.UUID | None:
    text = values.get(name)
    if not text:
        return None
    try:
        return uuid.UUID(str(text))
    except ValueError as error:
        raise InvalidInput.field(name, f"“{text}” is not an id.") from error


@dataclass(frozen=True)
class Scope:
    """Everything a report needs to know before it counts.

    ``reader`` decides what is named: agents see their own figures and everybody's average.
    """

    organization: Organization
    period: Period
    reader: User
    filters: Filters = field(default_factory=Filters)
    hours: str = "all"
    earlier: Period | None = None
    """What the period is compared with; as many days right before it where nothing is said."""

    @property
    def can_see_all(self) -> bool:
        """Whether the reader sees figures of single colleagues."""
        return self.reader.role == Role.ADMIN

    @property
    def wait(self) -> str:
        """The column that says how long a reply took, in the hours asked for."""
        return "wait_open_seconds" if self.hours == "business" else "wait_seconds"

    @property
    def took(self) -> str:
        """The column that says how long until closing, in the hours asked for."""
        return "open_seconds" if self.hours == "business" else "seconds"

    def before(self) -> Scope:
        """The same of the period that it is compared with."""
        return replace(self, period=self.earlier or self.period.before(), earlier=None)

    def tickets(self) -> QuerySet[TicketFigures]:
        """Tickets that count, of any day."""
        return TicketFigures.objects.filter(self._about(""), organization=self.organization)

    def created(self) -> QuerySet[TicketFigures]:
        """Tickets that began in the period."""
        return self.tickets().filter(
            created_at__gte=self.period.begin, created_at__lt=self.period.end
        )

    def closings(self) -> QuerySet[ClosingFigures]:
        """Closings in the period that held until its end: at most one per ticket."""
        end = self.period.end
        return self._of_closings().filter(
            Q(reopened_at=None) | Q(reopened_at__gte=end),
            closed_at__gte=self.period.begin,
            closed_at__lt=end,
        )

    def reopenings(self) -> QuerySet[ClosingFigures]:
        """Closings that ended in the period."""
        return self._of_closings().filter(
            reopened_at__gte=self.period.begin, reopened_at__lt=self.period.end
        )

    def messages(self) -> QuerySet[MessageFigures]:
        """Messages of the period. With an agent: what that agent wrote, and what customers wrote
        on tickets that are theirs."""
        found = MessageFigures.objects.filter(
            self._about("of_", agent=False),
            organization=self.organization,
            at__gte=self.period.begin,
            at__lt=self.period.end,
        )
        if self.filters.agent is None:
            return found
        theirs = Q(side=MessageSide.AGENT, user_id=self.filters.agent)
        to_them = Q(~Q(side=MessageSide.AGENT), of_agent_id=self.filters.agent)
        return found.filter(theirs | to_them)

    def backlog(self) -> QuerySet[TicketFigures]:
        """Tickets that were not closed when the period ended."""
        end = self.period.end
        closed_then = ClosingFigures.objects.filter(
            Q(reopened_at=None) | Q(reopened_at__gte=end),
            organization=self.organization,
            closed_at__lt=end,
        )
        return (
            self.tickets()
            .filter(Q(closed_at=None) | Q(closed_at__gte=end), created_at__lt=end)
            .exclude(pk__in=closed_then.filter(reopened_at__gte=end).values("figures"))
        )

    def about_ticket(self, prefix: str, *, agent: bool = True) -> Q:
        """The filters, as asked of rows that lead to a ticket by ``prefix``."""
        wanted = self.filters
        pairs: dict[str, Any] = {
            "channel_kind": wanted.channel,
            "team_id": wanted.team,
            "assignee_id": wanted.agent if agent else None,
            "tags__contains": None if wanted.tag is None else [wanted.tag],
            "pk__in": None
            if wanted.store is None
            else TicketFigures.objects.filter(store_id=wanted.store).values("pk"),
        }
        return Q(**{f"{prefix}{key}": value for key, value in pairs.items() if value is not None})

    def _of_closings(self) -> QuerySet[ClosingFigures]:
        return ClosingFigures.objects.filter(self._about("of_"), organization=self.organization)

    def _about(self, prefix: str, *, agent: bool = True) -> Q:
        wanted = self.filters
        pairs: dict[str, Any] = {
            "channel_kind": wanted.channel,
            "team_id": wanted.team,
            "agent_id": wanted.agent if agent else None,
            "store_id": wanted.store,
            "tags__contains": None if wanted.tag is None else [wanted.tag],
        }
        return Q(**{f"{prefix}{key}": value for key, value in pairs.items() if value is not None})


def check_reader(scope: Scope) -> None:
    """Raises NotAllowed for a colleague's own figures, NotFound for a team one may not see."""
    wanted = scope.filters
    if wanted.agent not in (None, scope.reader.pk) and not scope.can_see_all:
        raise NotAllowed("You see your own figures and everybody's average. Admins see each.")
    if wanted.team is not None and wanted.team in hidden_teams_of(scope.reader):
        raise NotFound("There is no such team.")
