"""A return of Loop in our words. Pure: no network, no database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import ReturnState
from integrations.commerce.money import minor_of
from integrations.commerce.normal_form import LineQuantity
from integrations.commerce.returns import ReturnTrackData

Told = dict[str, Any]
_STATE = {
    "review": ReturnState.REQUESTED,
    "needs review": ReturnState.REQUESTED,
    "flagged": ReturnState.REQUESTED,
    "closed": ReturnState.CLOSED,
    "processed": ReturnState.CLOSED,
    "cancelled": ReturnState.CANCELLED,
    "canceled": ReturnState.CANCELLED,
    "expired": ReturnState.EXPIRED,
}
_OPEN_BY_LABEL = {
    "in_transit": ReturnState.IN_TRANSIT,
    "out_for_delivery": ReturnState.IN_TRANSIT,
    "error": ReturnState.IN_TRANSIT,
    "failure": ReturnState.IN_TRANSIT,
    "delivered": ReturnState.RECEIVED,
}
"""How far an open return is; with a label that is new or not yet scanned it is approved."""
_NOTHING = {"", "n/a", "none", "null"}


def read_return(told: Any) -> ReturnTrackData:
    """The return; raises InvalidInput where it is not what the API describes."""
    try:
        return _return(told)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise InvalidInput(f"This is no return of Loop: {error!r}"[:300]) from error


def _return(told: Told) -> ReturnTrackData:
    label = _label(told)
    currency = _word(told.get("currency")).upper()
    return ReturnTrackData(
        external_id=str(int(told["id"])),
        state=_state(_word(told["state"]).lower(), label),
        updated_at=_updated_at(told, label),
        source="loop_returns",
        order_ref=_word(told.get("provider_order_id")),
        order_number=_word(told.get("order_name")),
        email=_word(told.get("customer")),
        number=str(int(told["id"])),
        outcome=_outcome(told),
        requested_at=_moment(told.get("created_at")),
        currency=currency if re.fullmatch("[A-Z]{3}", currency) else "",
        refund_minor=_amount(told.get("refund"), currency),
        credit_minor=_amount(told.get("gift_card"), currency),
        exchange_number=_exchange_number(told),
        label_url=_link(label.get("url")),
        status_url=_link(told.get("status_page_url")),
        carrier=_word(label.get("carrier")),
        tracking_number=_word(label.get("tracking_number")),
        lines=tuple(_lines(told.get("line_items") or [])),
    )


def _state(state: str, label: Told) -> str:
    if state == "open":
        return _OPEN_BY_LABEL.get(_word(label.get("status")).lower(), ReturnState.APPROVED)
    return _STATE[state]


def _label(told: Told) -> Told:
    """The newest label: of the list where there is one, else what the return says itself."""
    labels = [each for each in told.get("labels") or [] if isinstance(each, dict)]
    newest = labels[-1] if labels else {}
    return {
        "url": newest.get("url") or told.get("label_url"),
        "status": newest.get("status") or told.get("label_status"),
        "carrier": newest.get("carrier") or told.get("carrier"),
        "tracking_number": newest.get("tracking_number") or told.get("tracking_number"),
        "updated_at": newest.get("updated_at") or told.get("label_updated_at"),
    }


def _updated_at(told: Told, label: Told) -> datetime:
    """The newest change of it or of its label: scans do not touch the return itself."""
    said = (told.get("updated_at"), told.get("edited_at"), label["updated_at"])
    moments = [_moment(each) for each in (told["created_at"], *said)]
    return max(each for each in moments if each is not None)


def _outcome(told: Told) -> str:
    """What the customer gets: an exchange before money, money before credit."""
    said = set(re.split(r"[^a-z]+", _word(told.get("outcome")).lower()))
    if "exchange" in said or told.get("exchanges") or _exchange_number(told):
        return "exchange"
    currency = _word(told.get("currency")).upper()
    if "refund" in said or _amount(told.get("refund"), currency):
        return "refund"
    is_credit = said & {"credit", "giftcard", "gift"} or _amount(told.get("gift_card"), currency)
    return "store_credit" if is_credit else ""


def _exchange_number(told: Told) -> str:
    named = [_word(told.get("exchange_order_name"))]
    named += [_word(each.get("exchange_order_name")) for each in told.get("exchanges") or []]
    return next((each for each in named if each), "")


def _lines(items: list[Told]) -> Iterator[LineQuantity]:
    """Each item is one piece: those of one line and reason are counted together."""
    counts: dict[tuple[str, str, str], int] = {}
    for each in items:
        reason = _word(each.get("return_reason")) or _word(each.get("parent_return_reason"))
        comment = _word(each.get("return_comment"))
        key = (
            _word(each.get("provider_line_item_id")),
            _word(each.get("title"))[:200],
            (f"{reason}: {comment}" if reason and comment else reason or comment)[:200],
        )
        counts[key] = counts.get(key, 0) + 1
    for (line, title, reason), quantity in counts.items():
        yield LineQuantity(line, quantity, reason, title)


def _amount(said: Any, currency: str) -> int | None:
    """The amount in minor units; None where it is nothing or not said."""
    word = _word(said)
    return (minor_of(word, currency) or None) if word and currency else None


def _word(said: Any) -> str:
    if said is None or isinstance(said, dict | list | bool):
        return ""
    word = str(said).replace("\0", "").strip()
    return "" if word.lower() in _NOTHING else word


def _link(said: Any) -> str:
    word = _word(said)
    return word if word.startswith("https://") else ""


def _moment(said: Any) -> datetime | None:
    """ISO 8601; times without a zone are Loop's own and are UTC."""
    word = _word(said)
    if not word:
        return None
    moment = datetime.fromisoformat(word)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
