"""The parameters of an order action, checked before any shop is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import datetime
from typing import Any

from helpdesk.lib.errors import FieldError, InvalidInput
from integrations.commerce.acting import ActionKind
from integrations.commerce.normal_form import AddressData

MAX_LINES = 250
MAX_TEXT = 5000
MAX_AMOUNT = 10**15
CANCEL_REASONS = ("customer", "fraud", "stock", "staff", "other")

Read = Callable[[str, Any], Any]


def clean_params(kind: ActionKind, params: Any) -> dict[str, Any]:
    """The parameters as connectors get them; what is null is as if it were not said.

    Raises InvalidInput naming each wrong one as ``params.<field>``.
    """
    if not isinstance(params, dict):
        raise InvalidInput.field("params", "The parameters must be an object.")
    known = _PARAMS[kind]
    cleaned: dict[str, Any] = {}
    wrong: list[FieldError] = []
    for name, value in params.items():
        read = known.get(name)
        if read is None:
            text = "There is no such parameter."
            wrong.append(FieldError(f"params.{name}", "unknown_field", text))
        elif value is not None:
            try:
                cleaned[name] = read(f"params.{name}", value)
            except InvalidInput as error:
                wrong += error.errors
    if wrong:
        raise InvalidInput(wrong[0].message, errors=wrong)
    return cleaned


def _text(most: int = 500) -> Read:
    def read(path: str, value: Any) -> str:
        if not isinstance(value, str) or len(value) > most or "\x00" in value:
            raise InvalidInput.field(path, f"Write at most {most} characters.")
        return value.strip()

    return read


def _flag(path: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidInput.field(path, "Say true or false.")
    return value


def _whole(path: str, value: Any, *, least: int = 0, most: int = MAX_AMOUNT) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise InvalidInput.field(path, f"Give a whole number from {least} on.")
    return value


def _percent(path: str, value: Any) -> int:
    return _whole(path, value, least=1, most=100)


def _choice(*words: str) -> Read:
    def read(path: str, value: Any) -> str:
        if value not in words:
            raise InvalidInput.field(path, f"Choose from: {', '.join(words)}.")
        return str(value)

    return read


def _moment(path: str, value: Any) -> str:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise InvalidInput.field(path, "Write a time in ISO 8601.") from error
    if moment.tzinfo is None:
        raise InvalidInput.field(path, "The time must say its time zone.")
    return str(value)


def _address(path: str, value: Any) -> dict[str, str]:
    known = {each.name for each in fields(AddressData)}
    if not isinstance(value, dict):
        raise InvalidInput.field(path, "Give the parts of an address.")
    unknown = sorted(set(value) - known)
    if unknown:
        raise InvalidInput.field(f"{path}.{unknown[0]}", "An address has no such part.")
    return {name: _text(300)(f"{path}.{name}", each or "") for name, each in value.items()}


def _words(path: str, value: Any) -> list[str]:
    if not isinstance(value, list) or len(value) > MAX_LINES:
        raise InvalidInput.field(path, "Give a list of words.")
    read = [_text(60)(f"{path}.{index}", each) for index, each in enumerate(value)]
    return list(dict.fromkeys(each for each in read if each))


def _rows(required: dict[str, Read], optional: dict[str, Read] | None = None) -> Read:
    """A list of objects with these parts, each object named by the first only once."""
    every = {**required, **(optional or {})}
    key = next(iter(required))

    def read(path: str, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or len(value) > MAX_LINES:
            raise InvalidInput.field(path, f"Give a list of at most {MAX_LINES} lines.")
        rows: list[dict[str, Any]] = []
        for index, each in enumerate(value):
            at = f"{path}.{index}"
            if not isinstance(each, dict) or set(each) - set(every):
                raise InvalidInput.field(at, f"A line has: {', '.join(every)}.")
            missing = [name for name in required if each.get(name) is None]
            if missing:
                raise InvalidInput.field(f"{at}.{missing[0]}", "This is missing.", code="required")
            rows.append(
                {
                    name: every[name](f"{at}.{name}", one)
                    for name, one in each.items()
                    if one is not None
                }
            )
        if len({row[key] for row in rows}) < len(rows):
            raise InvalidInput.field(path, "A line is there twice.")
        return rows

    return read


def _some(path: str, value: Any) -> int:
    return _whole(path, value, least=1, most=100_000)


def _any(path: str, value: Any) -> int:
    return _whole(path, value, most=100_000)


_NAME = _text(200)
_PARAMS: dict[ActionKind, dict[str, Read]] = {
    ActionKind.CANCEL: {
        "reason": _choice(*CANCEL_REASONS),
        "refund": _choice("full", "none"),
        "restock": _flag,
        "notify": _flag,
        "note": _text(),
    },
    ActionKind.REFUND: {
        "lines": _rows({"line": _NAME, "quantity": _some}, {"restock": _flag}),
        "shipping_minor": _whole,
        "amount_minor": _whole,
        "method": _choice("original", "store_credit"),
        "reason": _text(),
        "notify": _flag,
    },
    ActionKind.EDIT_ADDRESS: {"address": _address},
    ActionKind.EDIT_ITEMS: {
        "lines": _rows({"line": _NAME, "quantity": _any}),
        "add": _rows({"variant": _NAME, "quantity": _some}),
        "notify": _flag,
    },
    ActionKind.DUPLICATE: {
        "lines": _rows({"line": _NAME, "quantity": _some}),
        "is_free": _flag,
        "address": _address,
        "note": _text(),
    },
    ActionKind.RETURN_LABEL: {
        "lines": _rows({"line": _NAME, "quantity": _some}, {"reason": _text()}),
        "label_url": _text(1000),
        "tracking_number": _text(120),
        "tracking_url": _text(1000),
        "notify": _flag,
    },
    ActionKind.DISCOUNT_CODE: {
        "percent": _percent,
        "amount_minor": _whole,
        "expires_at": _moment,
        "code": _text(60),
    },
    ActionKind.STORE_CREDIT: {
        "amount_minor": _whole, "expires_at": _moment, "note": _text(),
    },
    ActionKind.GIFT_CARD: {"amount_minor": _whole, "expires_at": _moment, "note": _text()},
    ActionKind.NOTE: {"text": _text(MAX_TEXT)},
    ActionKind.TAGS: {"add": _words, "remove": _words},
    ActionKind.HOLD: {"reason": _text(200)},
    ActionKind.RELEASE: {"reason": _text(200)},
}  # fmt: skip
