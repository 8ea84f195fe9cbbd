"""Setting up channels of every kind: what the manifest asks for is checked, kept, tried, taken back.

Secrets go in and are never shown again; those we make up ourselves stand in the steps that an
admin follows at the vendor. A channel may be a draft (not active) while they gather what it needs.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.errors import Conflict, ConnectorFailure, FieldError, HelpdeskError, InvalidInput
from helpdesk.lib.filling_in import (
    ADDRESS,
    Filled,
    Trial,
    missing_in,
    named,
    read_filled,
    refuse_missing,
    start_of,
    steps_with,
)
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import tokens
from inbox.connector import (
    ChannelConnector,
    Connects,
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
    settings = _read(connector, start_of(manifest), filled)
    if is_active:
        refuse_missing(manifest, settings)
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
            refuse_missing(connector.manifest, after)
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
        wrong = tuple(named(connector.manifest, each) for each in error.errors)
        return _failed(error.message, errors=wrong)
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
    return missing_in(_connector_of(channel.kind).manifest, settings_of(channel))


def settings_of(channel: Channel) -> Settings:
    """What is stored of the channel."""
    return Settings(channel.address, dict(channel.config), decrypt(channel.secrets))


def steps_of(channel: Channel) -> list[dict[str, str]]:
    """The manifest's steps with what to paste filled in; for admins only."""
    manifest = _connector_of(channel.kind).manifest
    return steps_with(manifest, settings_of(channel).secrets, hook_url(channel))


def _connector_of(kind: str) -> ChannelConnector:
    connector = find_connector(kind)
    if connector is None:
        raise InvalidInput.field("kind", f"There is no connector for “{kind}”.")
    return connector


def _read(connector: ChannelConnector, before: Settings, filled: Filled) -> Settings:
    """What is there with what was filled in; raises InvalidInput naming every wrong field."""
    manifest = connector.manifest
    settings = read_filled(manifest, before, filled)
    if not isinstance(connector, ReadsSettings):
        return settings
    try:
        return connector.read_settings(settings)
    except InvalidInput as error:
        wrong = [named(manifest, each) for each in error.errors]
        raise InvalidInput(error.message, errors=wrong) from error


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
