"""Reads the demo's content files: the shop, its people, their orders and conversations.

Times in the files are relative (``-2d3h`` is two days and three hours before the shop opened),
so the demo is as fresh as its seeding.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "content"
_OFFSET = re.compile(r"([+-])(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


@dataclass(frozen=True)
class Product:
    """Something the shop sells; every colour comes in every size."""

    id: str
    title: str
    price_cents: int
    picture: str
    colours: list[str]
    sizes: list[str]


@dataclass(frozen=True)
class Shopper:
    """A customer of the shop."""

    key: str
    name: str
    email: str
    language: str
    street: str
    postcode: str
    city: str
    country_code: str
    time_zone: str
    phone: str = ""
    tags: list[str] = field(default_factory=list)
    points: int | None = None
    """What they have in the shop's programme *Loom Circle*; None for who has not joined."""
    referred: int = 0


@dataclass(frozen=True)
class ShopOrder:
    """An order as the content file tells it; ``shop.order_data`` turns it into the normal form."""

    number: str
    customer: str
    state: str
    placed: str
    lines: list[str]
    shipping_cents: int
    promised: str = ""
    pick_at: str = ""
    packed: str = ""
    cancelled: str = ""
    shipped: str = ""
    last_scan: str = ""
    delivered: str = ""
    return_requested: str = ""
    returned: str = ""
    refunded: str = ""
    carrier: str = ""
    tracking_number: str = ""
    problem: str = ""
    note: str = ""
    refund_cents: int = 0
    refund_reason: str = ""


@dataclass(frozen=True)
class AttachedFile:
    """A file of a message; ``shows`` says what ``files.make`` draws."""

    name: str
    shows: str


@dataclass(frozen=True)
class Said:
    """One message of a conversation; ``author`` is ``customer`` or the key of an agent."""

    at: str
    author: str
    text: str
    kind: str = "message"
    intent: str = ""
    has_html: bool = False
    quotes_previous: bool = False
    attachment: AttachedFile | None = None

    @property
    def is_from_customer(self) -> bool:
        return self.author == "customer"


@dataclass(frozen=True)
class Conversation:
    """One ticket of the demo; ``customer`` is empty for strangers such as spammers."""

    key: str
    subject: str
    language: str
    intent: str
    tags: list[str]
    priority: str
    status: str
    messages: list[Said]
    customer: str = ""
    sender_name: str = ""
    sender_address: str = ""
    order: str = ""
    assignee: str = ""
    csat_score: int | None = None
    nps_score: int | None = None
    survey_comment: str = ""


def moment(opened_at: datetime, offset: str) -> datetime:
    """The moment an offset such as ``-2d3h`` or ``+16m`` means; raises ValueError for others."""
    match = _OFFSET.fullmatch(offset)
    if match is None or not any(match.groups()[1:]):
        raise ValueError(f"“{offset}” is not a time offset like -2d3h or +16m")
    days, hours, minutes = (int(each or 0) for each in match.groups()[1:])
    distance = timedelta(days=days, hours=hours, minutes=minutes)
    return opened_at - distance if match[1] == "-" else opened_at + distance


@cache
def organization() -> dict[str, Any]:
    """Name, channel, store, teams, agents and tags of the demo organization."""
    return _read("organization.toml")


@cache
def products() -> dict[str, Product]:
    """The catalogue by id."""
    return {each["id"]: Product(**each) for each in _read("products.toml")["product"]}


@cache
def shoppers() -> dict[str, Shopper]:
    """The customers by key."""
    return {each["key"]: Shopper(**each) for each in _read("customers.toml")["customer"]}


@cache
def orders() -> dict[str, ShopOrder]:
    """The orders by number (``1042``), oldest first."""
    return {each["number"]: ShopOrder(**each) for each in _read("orders.toml")["order"]}


@cache
def conversations() -> list[Conversation]:
    """All conversations, the one that began first first."""
    found = [
        _conversation(each)
        for path in sorted((FOLDER / "conversations").glob("*.toml"))
        for each in _read(f"conversations/{path.name}")["ticket"]
    ]
    epoch = datetime(2000, 1, 1)  # noqa: DTZ001 (only to compare offsets)
    return sorted(found, key=lambda each: (moment(epoch, each.messages[0].at), each.key))


def _conversation(raw: dict[str, Any]) -> Conversation:
    messages = [_said(each) for each in raw["message"]]
    fields = {name: value for name, value in raw.items() if name != "message"}
    return Conversation(messages=messages, **fields)


def _said(raw: dict[str, Any]) -> Said:
    file = raw.get("attachment")
    fields = {name: value for name, value in raw.items() if name != "attachment"}
    return Said(attachment=AttachedFile(**file) if file else None, **fields)


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))
