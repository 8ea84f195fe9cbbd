"""What the API says of reports."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from helpdesk.events.payloads import CustomerRecord, TicketRecord


class ReportTile(TypedDict):
    key: str
    value: float | None
    unit: str
    n: int
    previous: float | None
    good: str | None
    drill: bool
    currency: NotRequired[str]
    hidden: NotRequired[bool]


class ReportPoint(TypedDict):
    day: str
    value: float | None
    n: int
    low: NotRequired[float | None]
    high: NotRequired[float | None]


class ReportSeries(TypedDict):
    key: str
    group: str | None
    unit: str
    drill: bool
    points: list[ReportPoint]
    previous: list[ReportPoint]


class ReportBar(TypedDict):
    key: str
    label: str
    value: float | None
    n: int
    share: float | None
    hidden: bool


class ReportBars(TypedDict):
    key: str
    unit: str
    drill: bool
    rows: list[ReportBar]


class ReportHeat(TypedDict):
    key: str
    unit: str
    cells: list[list[int]]


class ReportColumn(TypedDict):
    key: str
    unit: str
    drill: bool


class ReportRow(TypedDict):
    key: str
    label: str
    values: dict[str, Any]
    hidden: list[str]


class ReportTable(TypedDict):
    key: str
    columns: list[ReportColumn]
    rows: list[ReportRow]


class ReportComment(TypedDict):
    score: int
    comment: str
    ticket_id: str
    number: int
    customer_name: str
    user_name: str
    at: str
    recovered: NotRequired[bool]
    intent: str


class RebuildProgress(TypedDict):
    """Until it is over, the figures of a report are not all there."""

    counted: int
    total: int


ReportDetails = TypedDict(
    "ReportDetails",
    {
        "name": str,
        "from": str,
        "to": str,
        "previous_from": str | None,
        "previous_to": str | None,
        "zone": str,
        "hours": str,
        "updated_at": str,
        "can_see_all": bool,
        "rebuilding": RebuildProgress | None,
        "tiles": list[ReportTile],
        "series": list[ReportSeries],
        "bars": list[ReportBars],
        "heat": list[ReportHeat],
        "tables": list[ReportTable],
        "comments": list[ReportComment],
    },
)


class ReportTicketPage(TypedDict):
    tickets: list[TicketRecord]
    customers: list[CustomerRecord]
    next: str | None


class LiveTile(TypedDict):
    key: str
    value: float | None
    unit: str


class LiveHour(TypedDict):
    hour: int
    arrived: int
    closed: int


class LiveChannel(TypedDict):
    key: str
    label: str
    open: int
    waiting: int


class LiveAgent(TypedDict):
    user_id: str
    name: str
    is_online: bool
    is_available: bool
    open: int


class LiveDetails(TypedDict):
    updated_at: str
    tiles: list[LiveTile]
    hours: list[LiveHour]
    channels: list[LiveChannel]
    agents: list[LiveAgent]
