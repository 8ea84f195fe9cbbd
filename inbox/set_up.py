"""Setting up channels of every kind: what the manifest asks for is checked, kept, tried, taken back.

Secrets go in and are never shown again; those we make up ourselves stand in the steps that an
admin follows at the vendor. A channel may be a draft (not active) while they gather what it needs.
"""

from __future__ import annotations

import base64
import re
import secrets as chance
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as installation

from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import Conflict, ConnectorFailure, FieldError, HelpdeskError, InvalidInput
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import tokens
from inbox.connector import (
    ChannelConnector,
    ConfigField,
    Connects,
    Manifest,
    ReadsSettings,
    SetsUp,
    Settings,
    find_connector,
)
from inbox.models import Hook, HookState, RawInbound
from inbox.webhooks import hook_url
from tickets.actions.channels import (
    change_channel,
    create_channel,
    note_failure,
    note_success,
    remove_channel,
)
from tickets.models import Channel, Ticket

MAX_TEXT_CHARS = 2000
MAX_SECRET_CHARS = 8000
MAX_LIST = 50
ADDRESS = "address"
WEBHOOK_KEY = "webhook_key"
VERIFY_TOKEN = "verify_token"  # noqa: S105 (a name)
_PHONE = re.compile(r"\+[1-9]\d{5,14}")
_SPACING = re.compile(r"[\s().\-/]")
_PLACE = re.compile(r"\{(\w+)\}")


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


def add_channel(
    organization: Organization,
    *,
    kind: str,
    name: str,
    filled: Filled,
    is_active: bool = True,
    **fields: Any,
) -> Channel:
    """A new channel of that kind; with ``is_active`` False it may lack what it needs.

    Raises InvalidInput naming ``kind``, ``address``, ``config.<field>`` or ``secrets.<field>``.
    """
    connector = _connector_of(kind)
    manifest = connector.manifest
    start = Settings("", _defaults(manifest), _made_up(manifest))
    settings = _read(connector, start, filled)
    if is_active:
        _refuse_missing(manifest, settings)
    return create_channel(
        organization,
        kind=kind,
        name=name,
        handle_kind=manifest.handle_kind,
        address=settings.address,
        config=settings.config,
        secrets=encrypt(settings.secrets) if settings.secrets else "",
        is_active=is_active,
        **fields,
    )


def change_settings(channel_id: uuid.UUID, filled: Filled, **fields: Any) -> Channel:
    """Change what was filled in, and other fields of the channel with it.

    Raises InvalidInput naming the field, also where an active channel would lack something.
    """
    with unit_of_work():
        channel = Channel.objects.select_for_update(no_key=True).get(pk=channel_id)
        connector = _connector_of(channel.kind)
        before = settings_of(channel)
        after = _read(connector, before, filled)
        if after.address != before.address:
            _refuse_new_address(channel)
        if fields.get("is_active", channel.is_active):
            _refuse_missing(connector.manifest, after)
        changed = dict(fields)
        if after.address != channel.address:
            changed["address"] = after.address
        if after.config != channel.config:
            changed["config"] = after.config
        if after.secrets != before.secrets:
            changed["secrets"] = encrypt(after.secrets) if after.secrets else ""
        return change_channel(channel_id, **changed) if changed else channel


def try_out(channel: Channel) -> Trial:
    """Sign in at the vendor with what is there, and tell it where to call; safe to repeat.

    What is wrong is told on the channel, too.
    """
    connector = _connector_of(channel.kind)
    missing = missing_of(channel)
    if missing:
        return _failed(missing[0].message, errors=tuple(missing))
    if not isinstance(connector, Connects):
        return Trial(
            is_ok=True, detail="There is nothing to sign in to. Write a first message to try it."
        )
    try:
        account = tokens.with_fresh(channel, lambda: connector.connect(channel, hook_url(channel)))
    except InvalidInput as error:
        named = tuple(_named(connector.manifest, each) for each in error.errors)
        return _failed(error.message, errors=named)
    except ConnectorFailure as error:
        if channel.is_active:
            note_failure(channel.pk, error.message)
        return _failed(error.message)
    _remember(channel, address=account.address, config=account.config)
    note_success(channel.pk)
    return Trial(is_ok=True, detail="", account=account.label, notes=account.notes)


def _failed(detail: str, errors: tuple[FieldError, ...] = ()) -> Trial:
    return Trial(is_ok=False, detail=detail, errors=errors)


def disconnect(channel: Channel) -> str:
    """Take the webhook back and pause; returns what could not be done at the vendor, or nothing."""
    connector = _connector_of(channel.kind)
    left_over = ""
    if isinstance(connector, SetsUp):
        try:
            connector.disconnect(channel)
        except HelpdeskError as failure:
            left_over = failure.message
    change_channel(channel.pk, is_active=False)
    return left_over


def remove(channel: Channel) -> None:
    """Take away a channel that nothing came through yet; raises Conflict (``in_use``)."""
    is_waiting = Hook.objects.filter(channel=channel).exclude(state=HookState.PROCESSED).exists()
    if is_waiting or RawInbound.objects.filter(channel=channel).exists():
        raise Conflict(
            "Messages came through this channel: they stay. Pause it instead.", code="in_use"
        )
    disconnect(channel)
    remove_channel(channel.pk)


def missing_of(channel: Channel) -> list[FieldError]:
    """What the channel still needs before it can work, by field."""
    return _missing(_connector_of(channel.kind).manifest, settings_of(channel))


def settings_of(channel: Channel) -> Settings:
    """What is stored of the channel."""
    return Settings(channel.address, dict(channel.config), decrypt(channel.secrets))


def made_up_by_us(manifest: Manifest) -> list[str]:
    """The fields whose values we make up: those that say so, and what the steps paste."""
    names = [each.name for each in manifest.config if each.is_made]
    if VERIFY_TOKEN not in names and any(f"{{{VERIFY_TOKEN}}}" in s.copy for s in manifest.steps):
        names.append(VERIFY_TOKEN)
    return names


def steps_of(channel: Channel) -> list[dict[str, str]]:
    """The manifest's steps with what to paste filled in; for admins only."""
    manifest = _connector_of(channel.kind).manifest
    settings = settings_of(channel)
    values = {"hook_url": hook_url(channel), "public_url": installation.PUBLIC_URL}
    values |= {name: settings.secrets.get(name, "") for name in made_up_by_us(manifest)}
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


def _connector_of(kind: str) -> ChannelConnector:
    connector = find_connector(kind)
    if connector is None:
        raise InvalidInput.field("kind", f"There is no connector for “{kind}”.")
    return connector


def _defaults(manifest: Manifest) -> dict[str, Any]:
    return {
        each.name: each.default
        for each in manifest.config
        if each.default is not None and not each.is_secret and each.name != ADDRESS
    }


def _made_up(manifest: Manifest) -> dict[str, str]:
    keys = {each.name for each in manifest.config if each.is_made and each.type == WEBHOOK_KEY}
    return {
        name: _new_webhook_key() if name in keys else chance.token_urlsafe(24)
        for name in made_up_by_us(manifest)
    }


def _new_webhook_key() -> str:
    """A secret in the form of Standard Webhooks: its libraries take it as it is."""
    return "whsec_" + base64.b64encode(chance.token_bytes(24)).decode()


def _read(connector: ChannelConnector, before: Settings, filled: Filled) -> Settings:
    """What is there with what was filled in; raises InvalidInput naming every wrong field."""
    manifest = connector.manifest
    wrong: list[FieldError] = []
    address, config = _read_plain(manifest, before, filled, wrong)
    settings = Settings(address, config, _read_secrets(manifest, before, filled, wrong))
    if wrong:
        raise InvalidInput(wrong[0].message, errors=wrong)
    if not isinstance(connector, ReadsSettings):
        return settings
    try:
        return connector.read_settings(settings)
    except InvalidInput as error:
        named = [_named(manifest, each) for each in error.errors]
        raise InvalidInput(error.message, errors=named) from error


def _read_plain(
    manifest: Manifest, before: Settings, filled: Filled, wrong: list[FieldError]
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
    manifest: Manifest, before: Settings, filled: Filled, wrong: list[FieldError]
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


def _unknown(manifest: Manifest, place: str, name: str) -> FieldError:
    other = {"config": "secrets", "secrets": "config"}[place]
    if any(each.name == name for each in manifest.config):
        return FieldError(f"{place}.{name}", "invalid", f"Send this one in “{other}”.")
    return FieldError(f"{place}.{name}", "unknown_field", "There is no such field.")


def _named(manifest: Manifest, error: FieldError) -> FieldError:
    """A connector may name its field alone; the API names the place, too."""
    if error.path.startswith(("config.", "secrets.")) or error.path == ADDRESS:
        return error
    for each in manifest.config:
        if each.name == error.path:
            place = "secrets" if each.is_secret else "config"
            return FieldError(f"{place}.{each.name}", error.code, error.message)
    return error


def _missing(manifest: Manifest, settings: Settings) -> list[FieldError]:
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


def _refuse_missing(manifest: Manifest, settings: Settings) -> None:
    missing = _missing(manifest, settings)
    if missing:
        raise InvalidInput(missing[0].message, errors=missing)


def _refuse_new_address(channel: Channel) -> None:
    if channel.address and Ticket.objects.filter(channel=channel).exists():
        raise InvalidInput.field(
            ADDRESS, "Tickets came through this address: it stays. Connect another channel."
        )


def _remember(channel: Channel, *, address: str, config: Mapping[str, Any]) -> None:
    """Keep what the vendor told of the account, in what is stored now."""
    with unit_of_work():
        fresh = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
        changed: dict[str, Any] = {}
        if address and address != fresh.address:
            changed["address"] = address[:254]
        if any(fresh.config.get(name) != value for name, value in config.items()):
            changed["config"] = {**fresh.config, **config}
        if changed:
            change_channel(channel.pk, **changed)
