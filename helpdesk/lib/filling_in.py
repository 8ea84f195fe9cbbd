"""What an admin fills in, as a manifest asks for it: checked, kept apart, and put into steps.

Channels and stores are set up alike: plain settings, secrets that are never shown again, and
values we make up ourselves, which stand in the steps alone.
"""

from __future__ import annotations

import base64
import re
import secrets as chance
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

from django.conf import settings as installation

from helpdesk.lib.connecting import ConfigField, Settings, Step
from helpdesk.lib.errors import FieldError, InvalidInput

MAX_TEXT_CHARS = 2000
MAX_SECRET_CHARS = 8000
MAX_LIST = 50
ADDRESS = "address"
WEBHOOK_KEY = "webhook_key"
VERIFY_TOKEN = "verify_token"  # noqa: S105 (a name)
_PHONE = re.compile(r"\+[1-9]\d{5,14}")
_SPACING = re.compile(r"[\s().\-/]")
_PLACE = re.compile(r"\{(\w+)\}")


class Asks(Protocol):
    """A manifest, of a channel or of a store."""

    @property
    def config(self) -> tuple[ConfigField, ...]: ...

    @property
    def steps(self) -> tuple[Step, ...]: ...


@dataclass(frozen=True)
class Filled:
    """What a person filled in; None takes a value away, or makes up a new one where it is ours."""

    address: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Trial:
    """How trying it went, in words for an admin."""

    is_ok: bool
    detail: str
    account: str = ""
    notes: tuple[str, ...] = ()
    errors: tuple[FieldError, ...] = ()


def made_up_by_us(manifest: Asks) -> list[str]:
    """The fields whose values we make up: those that say so, and what the steps paste."""
    names = [each.name for each in manifest.config if each.is_made]
    if VERIFY_TOKEN not in names and any(f"{{{VERIFY_TOKEN}}}" in s.copy for s in manifest.steps):
        names.append(VERIFY_TOKEN)
    return names


def steps_with(manifest: Asks, secrets: Mapping[str, str], hook_url: str) -> list[dict[str, str]]:
    """The manifest's steps with what to paste filled in; for admins only."""
    values = {"hook_url": hook_url, "public_url": installation.PUBLIC_URL}
    values |= {name: secrets.get(name, "") for name in made_up_by_us(manifest)}
    return [
        {
            "text": _filled_in(each.text, values),
            "copy": _filled_in(each.copy, values),
            "link": _filled_in(each.link, values),
        }
        for each in manifest.steps
    ]


def _filled_in(text: str, values: Mapping[str, str]) -> str:
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def start_of(manifest: Asks) -> Settings:
    """What there is before anybody filled in anything: defaults, and what we make up."""
    return Settings("", _defaults(manifest), _made_up(manifest))


def read_filled(manifest: Asks, before: Settings, filled: Filled) -> Settings:
    """What is there with what was filled in; raises InvalidInput naming every wrong field."""
    wrong: list[FieldError] = []
    address, config = _read_plain(manifest, before, filled, wrong)
    settings = Settings(address, config, _read_secrets(manifest, before, filled, wrong))
    if wrong:
        raise InvalidInput(wrong[0].message, errors=wrong)
    return settings


def _defaults(manifest: Asks) -> dict[str, Any]:
    return {
        each.name: each.default
        for each in manifest.config
        if each.default is not None and not each.is_secret and each.name != ADDRESS
    }


def _made_up(manifest: Asks) -> dict[str, str]:
    keys = {each.name for each in manifest.config if each.is_made and each.type == WEBHOOK_KEY}
    return {
        name: _new_webhook_key() if name in keys else chance.token_urlsafe(24)
        for name in made_up_by_us(manifest)
    }


def _new_webhook_key() -> str:
    """A secret in the form of Standard Webhooks: its libraries take it as it is."""
    return "whsec_" + base64.b64encode(chance.token_bytes(24)).decode()


def _read_plain(
    manifest: Asks, before: Settings, filled: Filled, wrong: list[FieldError]
) -> tuple[str, dict[str, Any]]:
    """The address and the plain settings; what is wrong is added to the list."""
    address, config = before.address, dict(before.config)
    plain = {each.name: each for each in manifest.config if not each.is_secret and not each.is_made}
    given = dict(filled.config)
    if filled.address is not None:
        given[ADDRESS] = filled.address
    for name, value in given.items():
        each = plain.get(name)
        if name == ADDRESS:
            address = str(_checked(each, value, ADDRESS, wrong)) if value else ""
        elif each is None:
            wrong.append(_unknown(manifest, "config", name))
        elif value is None or value == "":
            config.pop(name, None)
        else:
            config[name] = _checked(each, value, f"config.{name}", wrong)
    return address, config


def _read_secrets(
    manifest: Asks, before: Settings, filled: Filled, wrong: list[FieldError]
) -> dict[str, str]:
    """The secrets; an empty one leaves what is there. What is wrong is added to the list."""
    secrets, made = dict(before.secrets), made_up_by_us(manifest)
    known = {each.name for each in manifest.config if each.is_secret} | set(made)
    for name, secret in filled.secrets.items():
        if name not in known:
            wrong.append(_unknown(manifest, "secrets", name))
        elif secret is None:
            secrets.pop(name, None)
        elif len(secret) > MAX_SECRET_CHARS or "\x00" in secret:
            wrong.append(FieldError(f"secrets.{name}", "invalid", "This is too long."))
        elif secret.strip():
            secrets[name] = secret.strip()
    return {**_made_up(manifest), **secrets}


def _checked(known: ConfigField | None, value: Any, path: str, wrong: list[FieldError]) -> Any:
    """The value as its field's type has it; what is wrong is added to the list."""
    check = _CHECKS[known.type if known else "text"]
    try:
        return check(value, known)
    except ValueError as error:
        wrong.append(FieldError(path, "invalid", str(error)))
        return value


def _text(value: Any, known: ConfigField | None) -> str:
    if not isinstance(value, str) or len(value) > MAX_TEXT_CHARS or "\x00" in value:
        raise ValueError(f"Write a text of at most {MAX_TEXT_CHARS} characters.")
    return value.strip()


def _list(value: Any, known: ConfigField | None) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ValueError("Write a list of texts.")
    if len(value) > MAX_LIST or any(len(each) > MAX_TEXT_CHARS for each in value):
        raise ValueError(f"Write at most {MAX_LIST} entries.")
    return [each.strip() for each in value if each.strip()]


def _number(value: Any, known: ConfigField | None) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("Write a number.")
    return value


def _flag(value: Any, known: ConfigField | None) -> bool:
    if not isinstance(value, bool):
        raise ValueError("Say true or false.")
    return value


def _choice(value: Any, known: ConfigField | None) -> str:
    choices = known.choices if known else ()
    if value not in choices:
        raise ValueError(f"Choose from: {', '.join(choices)}.")
    return str(value)


def _url(value: Any, known: ConfigField | None) -> str:
    text = _text(value, known)
    try:
        parts = urlsplit(text)
        is_address = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_address = False
    if not is_address:
        raise ValueError("Write a whole web address: https://…")
    return text


def _phone(value: Any, known: ConfigField | None) -> str:
    number = _SPACING.sub("", _text(value, known))
    if number.startswith("00"):
        number = f"+{number[2:]}"
    if not _PHONE.fullmatch(number):
        raise ValueError("Write the number with its country: +49 30 1234567.")
    return number


_CHECKS = {
    "text": _text, "list": _list, "number": _number, "flag": _flag, "choice": _choice,
    "url": _url, "phone": _phone, "mailbox": _text, WEBHOOK_KEY: _text,
}  # fmt: skip


def _unknown(manifest: Asks, place: str, name: str) -> FieldError:
    other = {"config": "secrets", "secrets": "config"}[place]
    if any(each.name == name for each in manifest.config):
        return FieldError(f"{place}.{name}", "invalid", f"Send this one in “{other}”.")
    return FieldError(f"{place}.{name}", "unknown_field", "There is no such field.")


def named(manifest: Asks, error: FieldError) -> FieldError:
    """A connector may name its field alone; the API names the place, too."""
    if error.path.startswith(("config.", "secrets.")) or error.path == ADDRESS:
        return error
    for each in manifest.config:
        if each.name == error.path:
            place = "secrets" if each.is_secret else "config"
            return FieldError(f"{place}.{each.name}", error.code, error.message)
    return error


def missing_in(manifest: Asks, settings: Settings) -> list[FieldError]:
    """What is needed still, by field."""
    found = []
    for each in manifest.config:
        if not each.is_required or each.is_made:
            continue
        place, value = f"config.{each.name}", settings.config.get(each.name)
        if each.name == ADDRESS:
            place, value = ADDRESS, settings.address
        elif each.is_secret:
            place, value = f"secrets.{each.name}", settings.secrets.get(each.name)
        if value in (None, "", []):
            found.append(FieldError(place, "required", f"“{each.label}” is needed."))
    return found


def refuse_missing(manifest: Asks, settings: Settings) -> None:
    """Raises InvalidInput naming what is needed still."""
    missing = missing_in(manifest, settings)
    if missing:
        raise InvalidInput(missing[0].message, errors=missing)
