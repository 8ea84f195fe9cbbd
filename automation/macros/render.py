"""Fill a macro for one ticket; say exactly what is missing instead of printing a blank."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.utils.html import escape
from liquid.exceptions import LiquidError

from automation.addressee import address_of
from automation.macros.acting import claims_to_come
from automation.macros.gate import Obstacle, basis_of, obstacles_to, raise_for
from automation.macros.liquid import (
    DROP,
    INDEX_END,
    MISSING_START,
    VALUE_END,
    VALUE_START,
    PrintedValues,
    roots_of,
    template_of,
)
from automation.macros.models import Macro
from automation.macros.values import MARKS, TAINT, Asked, MissingValue, methods_of, values_for
from automation.orders import RECENT, OrderMeant, own_order
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, InvalidInput, MissingValues
from integrations.commerce.models import Order
from integrations.commerce.selectors import orders_of_customer
from tickets.models import Message, MessageKind, Ticket

_MARK = re.compile(f"([{VALUE_START}{MISSING_START}])(\\d+){INDEX_END}|({VALUE_END})|({DROP})")
_TAINTED = re.compile(f"{TAINT}([^{TAINT}]*){TAINT}?")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
_URL = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


@dataclass(frozen=True)
class MissingPlace:
    """A value the text needs and we do not have, with the sentence it stands in.

    ``choices`` are what it may be, where we know some.
    """

    path: str
    reason: str
    sentence: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Span:
    """Where an inserted value stands in ``text`` (positions in code points)."""

    start: int
    end: int
    path: str
    value: str


@dataclass(frozen=True)
class Rendered:
    """A filled macro. While ``missing`` is not empty it must not be sent; the text then shows
    ``⟦order.tracking_url⟧`` in those places. ``obstacles`` block it, too. ``basis`` is the
    fingerprint of the order that it speaks of (gate.basis_of)."""

    text: str
    html: str
    subject: str | None
    language: str
    missing: list[MissingPlace] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    order: Order | None = None
    orders: list[Order] = field(default_factory=list)
    obstacles: list[Obstacle] = field(default_factory=list)
    languages: tuple[str, ...] = ()
    basis: str = ""

    def check(self) -> None:
        """Raises MissingValues naming every value that is missing, else UnsafeToSend."""
        if self.missing:
            errors = [FieldError(each.path, "missing", each.reason) for each in self.missing]
            raise MissingValues(
                f"{len(errors)} value{'s are' if len(errors) > 1 else ' is'} missing: "
                + ", ".join(each.path for each in self.missing),
                errors=errors,
            )
        raise_for(self.obstacles)


def render(
    macro: Macro,
    ticket: Ticket,
    *,
    user: User | None,
    order: Order | None = None,
    orders: list[Order] | None = None,
    language: str = "",
    will_act: bool = False,
    at: datetime | None = None,
) -> Rendered:
    """Fill the macro for the ticket's customer, in their language where there is a variant.

    ``order`` must be the customer's own (:func:`own_order`), ``orders`` are all of them where they
    are at hand. With ``will_act`` a person confirms the macro's order action before the text
    leaves, so that it may say what will be so then. ``at`` is an earlier moment to write it for. Raises
    InvalidInput when the template goes beyond its limits.
    """
    organization = ticket.organization
    variant = variant_for(macro, language, ticket, organization)
    body, subject_body = variant["body"].strip("\n"), variant.get("subject") or ""
    wanted = _roots_in(body) | (_roots_in(subject_body) if subject_body else frozenset())
    if orders is None:
        needs = {"orders", "customer"} & wanted
        orders = orders_of_customer(ticket.customer, limit=RECENT) if needs else []
    values = values_for(
        ticket,
        organization,
        user=user,
        order=order,
        orders=orders,
        email=Asked(lambda: address_of(ticket)),
        language=variant["language"],
        wanted=wanted,
        at=at,
    )
    text, spans, missing = fill(body, values)
    subject: str | None = None
    subject_missing: list[MissingPlace] = []
    if subject_body:
        subject, _, subject_missing = fill(subject_body, values)
    return Rendered(
        text=text,
        html=html_of(text),
        subject=" ".join(subject.split()) if subject else None,
        language=variant["language"],
        missing=[_with_choices(each, order) for each in [*missing, *subject_missing]],
        spans=spans,
        order=order,
        orders=orders,
        obstacles=obstacles_to(
            macro,
            text,
            order,
            organization,
            body=body,
            to_come=claims_to_come(macro) if will_act else frozenset(),
        ),
        languages=tuple(each["language"] for each in macro.variants),
        basis=basis_of(order) if order else "",
    )


def render_for_agent(
    macro: Macro,
    ticket: Ticket,
    *,
    user: User,
    order_id: uuid.UUID | None = None,
    language: str = "",
) -> Rendered:
    """As :func:`render`, with the order that is meant chosen among the customer's own.

    Raises NotFound if ``order_id`` is not an order of this customer.
    """
    meant = OrderMeant(ticket.customer, text_of_customer(ticket), now(), ticket.order_id)
    order = meant.order
    if order_id is not None:
        order = own_order(meant.orders, order_id)
    rendered = render(
        macro,
        ticket,
        user=user,
        order=order,
        orders=meant.orders,
        language=language,
        will_act=True,
    )
    return replace(rendered, orders=meant.orders)


def _roots_in(body: str) -> frozenset[str]:
    try:
        return roots_of(body)
    except (LiquidError, RecursionError) as error:
        raise InvalidInput.field("body", f"This macro cannot be filled: {error}.") from error


def _with_choices(place: MissingPlace, order: Order | None) -> MissingPlace:
    """Where the money goes back to is one of the ways it came."""
    if order is None or place.path not in ("order.refund.method", "order.payment_method"):
        return place
    return replace(place, choices=tuple(methods_of(order)))


def text_of_customer(ticket: Ticket) -> str:
    """The newest words of the customer on this ticket, newest first."""
    texts = Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER).order_by("-position")
    return "\n".join(
        f"{subject}\n{text}" for subject, text in texts.values_list("subject", "body__text")[:5]
    )


def variant_for(
    macro: Macro, language: str, ticket: Ticket, organization: Organization
) -> dict[str, Any]:
    """The text in the language asked for, else of the ticket, the customer, the shop, English."""
    by_language = {each["language"]: each for each in macro.variants}
    wishes = (language, ticket.language, ticket.customer.language, organization.language, "en")
    for wish in wishes:
        found = by_language.get(wish) or by_language.get(wish.split("-")[0])
        if found:
            return dict(found)
    return dict(macro.variants[0])


def html_of(text: str) -> str:
    """The text as simple HTML: paragraphs, line breaks, links; everything escaped."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    return "\n".join(f"<p>{_line_breaks(each)}</p>" for each in paragraphs)


def _line_breaks(paragraph: str) -> str:
    parts: list[str] = []
    last = 0
    for found in _URL.finditer(paragraph):
        parts.append(escape(paragraph[last : found.start()]))
        url = escape(found.group())
        parts.append(f'<a href="{url}">{url}</a>')
        last = found.end()
    parts.append(escape(paragraph[last:]))
    return "".join(parts).replace("\n", "<br>\n")


def fill(body: str, values: dict[str, Any]) -> tuple[str, list[Span], list[MissingPlace]]:
    """The text with these values, where they stand in it, and what is missing.

    Raises InvalidInput when the template goes beyond its limits.
    """
    printed = PrintedValues()
    try:
        marked = template_of(body).render(**values, __printed__=printed)
    except (LiquidError, RecursionError) as error:
        raise InvalidInput.field("body", f"This macro cannot be filled: {error}.") from error
    marked = _TAINTED.sub(lambda found: _mark_tainted(found.group(1), printed), marked)
    text, spans, places = _without_dropped(*_unmarked(marked, printed))
    missing = [
        MissingPlace(printed.paths[index], printed.reasons[index], _sentence_at(text, place))
        for index, place in places
    ]
    return text, spans, list(dict.fromkeys(missing))


def _mark_tainted(path: str, printed: PrintedValues) -> str:
    """A missing value that went through a filter, which may have changed its case."""
    return printed.mark("", MissingValue(path.lower(), "A value of this text is missing."))


def _unmarked(
    marked: str, printed: PrintedValues
) -> tuple[str, list[Span], list[tuple[int, int]], list[int]]:
    """The text without marks, where values stand, (index, position) of missing ones, and where
    a sentence must go."""
    parts: list[str] = []
    open_values: list[tuple[int, int]] = []
    spans: list[Span] = []
    places: list[tuple[int, int]] = []
    drops: list[int] = []
    length = last = 0

    def add(piece: str) -> None:
        nonlocal length
        parts.append(piece)
        length += len(piece)

    for found in _MARK.finditer(marked):
        add(marked[last : found.start()])
        last = found.end()
        if found.group(4):
            drops.append(length)
            continue
        if found.group(3):
            if open_values:
                index, start = open_values.pop()
                value = "".join(parts)[start:]
                if index >= 0:
                    spans.append(Span(start, length, printed.paths[index], value))
            continue
        index = int(found.group(2))
        if found.group(1) == MISSING_START:
            places.append((index, length))
            open_values.append((-1, length))
            add(f"⟦{printed.paths[index]}⟧")
        else:
            open_values.append((index, length))
    add(MARKS.sub("", marked[last:]))
    return "".join(parts), sorted(spans, key=lambda span: span.start), places, drops


def _without_dropped(
    text: str, spans: list[Span], places: list[tuple[int, int]], drops: list[int]
) -> tuple[str, list[Span], list[tuple[int, int]]]:
    """The text without the sentences that a missing value takes with it."""
    for at in sorted(drops, reverse=True):
        start, end = _sentence_bounds(text, at, spans)
        removed = end - start
        text = text[:start] + text[end:]
        spans = [
            replace(each, start=each.start - removed, end=each.end - removed)
            if each.start >= end
            else each
            for each in spans
            if each.end <= start or each.start >= end
        ]
        places = [
            (index, place - removed if place >= end else place)
            for index, place in places
            if not start <= place < end
        ]
    if not drops:
        return text, spans, places
    return _without_gaps(text, spans, places)


def _without_gaps(
    text: str, spans: list[Span], places: list[tuple[int, int]]
) -> tuple[str, list[Span], list[tuple[int, int]]]:
    """One empty line where a whole paragraph went."""
    gap = _BLANK_LINES.search(text)
    while gap is not None:
        removed = len(gap.group()) - 2
        text = text[: gap.start()] + "\n\n" + text[gap.end() :]
        at = gap.end()
        spans = [
            replace(each, start=each.start - removed, end=each.end - removed)
            if each.start >= at
            else each
            for each in spans
        ]
        places = [(index, place - removed if place >= at else place) for index, place in places]
        gap = _BLANK_LINES.search(text, gap.start() + 1)
    return text, spans, places


def _sentence_bounds(text: str, at: int, spans: list[Span]) -> tuple[int, int]:
    """Where the sentence around a position begins and ends, with the space behind it."""
    ends = [
        found.end()
        for found in _SENTENCE_END.finditer(text)
        if not any(each.start < found.start() < each.end for each in spans)
    ]
    start = max((end for end in ends if end <= at), default=0)
    end = min((end for end in ends if end > at), default=len(text))
    is_whole_line = (start == 0 or text[start - 1] == "\n") and text[end - 1 : end] == "\n"
    if text[end - 1 : end] == "\n" and not is_whole_line:
        end -= 1
    return start, end


def _sentence_at(text: str, position: int) -> str:
    """The sentence around a position."""
    start = 0
    for end in [*(found.end() for found in _SENTENCE_END.finditer(text)), len(text)]:
        if start <= position < end:
            return text[start:end].strip()
        start = end
    return text[start:].strip()
