"""Setting up stores of every kind: what the manifest asks for is checked, kept, tried, taken back.

Secrets go in and are never shown again. A store may be a draft (not active) while an admin gathers
what it needs; when it becomes active its past orders are read in the background.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.text import slugify

from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.connecting import ReadsSettings, Settings
from helpdesk.lib.errors import (
    Conflict,
    ConnectorFailure,
    FieldError,
    HelpdeskError,
    InvalidInput,
    NeedsReauthorization,
    NotFound,
)
from helpdesk.lib.filling_in import (
    ADDRESS,
    Filled,
    Trial,
    made_up_by_us,
    missing_in,
    named,
    read_filled,
    refuse_missing,
    start_of,
    steps_with,
)
from helpdesk.lib.ids import new_id
from helpdesk.lib.secrets import decrypt, encrypt
from integrations.commerce import backfill, connections, doorbell
from integrations.commerce.connector import (
    ConnectsStore,
    StoreConnector,
    StoreManifest,
    TakesStoreWebhooks,
    find_store_connector,
)
from integrations.commerce.models import Backfill, Order, Store, StoreConnection
from integrations.commerce.store_records import (
    StoreConnectorRecord,
    StoreSettings,
    activity_of,
    connected_store_record,
    count_orders,
    line_record,
    missing_actions,
)
from integrations.commerce.syncing import begin_asking
from integrations.commerce.webhooks import hook_url, refused_calls

EDITABLE = ("name", "is_active", "number_pattern", "time_zone")


def add_store(
    organization: Organization, *, kind: str, name: str, filled: Filled, is_active: bool = False
) -> Store:
    """A new store of that kind; as a draft (not active) it may lack what it needs.

    Raises InvalidInput naming ``kind``, ``address``, ``config.<field>`` or ``secrets.<field>``.
    """
    connector = _connector_of(kind)
    settings = _read(connector, start_of(connector.manifest), filled)
    if is_active:
        refuse_missing(connector.manifest, settings)
    with unit_of_work():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        store = Store.objects.create(
            organization=organization,
            slug=_free_slug(organization, slugify(name) or kind),
            kind=kind,
            name=name[:120],
            address=settings.address[:300],
            config=settings.config,
            secrets=encrypt(settings.secrets) if settings.secrets else "",
            is_active=is_active,
        )
        connections.connection_of(store)
        if is_active:
            _begin(store)
        connections.record_store(store)
    return store


def change_store(store_id: uuid.UUID, filled: Filled, **fields: Any) -> Store:
    """Change what was filled in, and other fields of the store with it; clears a failure.

    Raises InvalidInput naming the field, also where an active store would lack something.
    """
    with unit_of_work():
        store = _lock(store_id)
        connector = _connector_of(store.kind)
        before = settings_of(store)
        after = _read(connector, before, filled)
        if after.address != before.address and _has_orders(store):
            raise InvalidInput.field(
                ADDRESS, "Orders came from this address: it stays. Connect another store."
            )
        if fields.get("is_active", store.is_active):
            refuse_missing(connector.manifest, after)
        was_active = store.is_active
        for name in EDITABLE:
            setattr(store, name, fields.get(name, getattr(store, name)))
        store.address, store.config = after.address[:300], after.config
        if after.secrets != before.secrets:
            store.secrets = encrypt(after.secrets) if after.secrets else ""
        store.save()
        _forgive(store)
        if store.is_active and not was_active:
            _begin(store)
        connections.record_store(store)
    return store


def try_out(store: Store) -> Trial:
    """Sign in at the platform with what is there, and tell it where to call; safe to repeat."""
    connector = _connector_of(store.kind)
    missing = tuple(missing_of(store))
    if missing:
        return _failed(missing[0].message, missing)
    if not isinstance(connector, ConnectsStore):
        return Trial(is_ok=True, detail="There is nothing to sign in to.")
    try:
        account = connector.connect(store, hook_url(store))
    except InvalidInput as error:
        wrong = tuple(named(connector.manifest, each) for each in error.errors)
        return _failed(error.message, wrong)
    except ConnectorFailure as error:
        if store.is_active and isinstance(error, NeedsReauthorization):
            connections.note_failure(store, error)
        return _failed(error.message)
    _remember(store, account.address, account.config)
    return Trial(is_ok=True, detail="", account=account.label, notes=account.notes)


def disconnect(store: Store) -> str:
    """Take the webhooks back and stop asking; orders stay, marked. Returns what was left over."""
    connector = _connector_of(store.kind)
    left_over = ""
    if isinstance(connector, ConnectsStore):
        try:
            connector.disconnect(store)
        except HelpdeskError as failure:
            left_over = failure.message
    backfill.pause(store)
    with unit_of_work():
        Store.objects.filter(pk=store.pk).update(is_active=False, disconnected_at=now())
        connections.record_store(store)
    return left_over


def remove(store: Store) -> None:
    """Take away a store that no order came from; raises Conflict (``in_use``)."""
    if _has_orders(store):
        raise Conflict("Orders came from this store: they stay. Disconnect it.", code="in_use")
    disconnect(store)
    with unit_of_work():
        fresh = _lock(store.pk)
        if _has_orders(fresh):
            raise Conflict("Orders came from this store: they stay.", code="in_use")
        connections.record_store(fresh, is_deleted=True)
        fresh.delete()


def settings_of(store: Store) -> Settings:
    """What is stored of the store."""
    return Settings(store.address, dict(store.config), decrypt(store.secrets))


def missing_of(store: Store) -> list[FieldError]:
    """What the store still needs before it can work, by field."""
    return missing_in(_connector_of(store.kind).manifest, settings_of(store))


def connector_record(manifest: StoreManifest) -> StoreConnectorRecord:
    """The platform as the gallery shows it."""
    connector = find_store_connector(manifest.kind)
    return {
        "kind": manifest.kind,
        "label": manifest.label,
        "group": manifest.group,
        "icon": manifest.icon,
        "summary": manifest.summary,
        "actions": sorted(each.value for each in manifest.capabilities.actions),
        "missing": missing_actions(manifest.capabilities.missing),
        "has_webhooks": isinstance(connector, TakesStoreWebhooks),
        "config": [
            {
                "name": each.name,
                "label": each.label,
                "type": each.type,  # type: ignore[typeddict-item]  # as in ConfigField
                "is_secret": each.is_secret,
                "is_required": each.is_required,
                "is_made": each.is_made,
                "help": each.help,
                "choices": list(each.choices),
                "default": each.default,
            }
            for each in manifest.config
        ],
        "steps": [{"text": e.text, "copy": e.copy, "link": e.link} for e in manifest.steps],
        "is_official": manifest.is_official,
        "can_test": isinstance(connector, ConnectsStore),
        "docs_url": manifest.docs_url,
    }


def settings_record(store: Store) -> StoreSettings:
    """The store as an admin sets it up; secrets stay where they are."""
    connector = find_store_connector(store.kind)
    manifest = connector.manifest if connector else None
    stored = settings_of(store)
    fields = manifest.config if manifest else ()
    hidden = {each.name for each in fields if each.is_secret}
    hidden |= set(made_up_by_us(manifest)) if manifest else set()
    is_called = isinstance(connector, TakesStoreWebhooks)
    refused_calls.write_down()
    steps: Any = steps_with(manifest, stored.secrets, hook_url(store)) if manifest else []
    return {
        **connected_store_record(store),
        "time_zone": store.time_zone,
        "number_pattern": store.number_pattern,
        "config": {
            each.name: stored.config[each.name]
            for each in fields
            if each.name in stored.config and each.name != ADDRESS and each.name not in hidden
        },
        "secrets": {name: bool(stored.secrets.get(name)) for name in sorted(hidden)},
        "missing": [each.path for each in missing_of(store)] if connector else [],
        "hook_url": hook_url(store) if is_called else "",
        "steps": steps,
        "connection": line_record(store, is_called=is_called),
        "activity": activity_of(store),
        "order_count": count_orders(store),
        "created_at": store.created_at.isoformat(),
    }


def _connector_of(kind: str) -> StoreConnector:
    connector = find_store_connector(kind)
    if connector is None:
        raise InvalidInput.field("kind", f"There is no connector for “{kind}”.")
    return connector


def _read(connector: StoreConnector, before: Settings, filled: Filled) -> Settings:
    settings = read_filled(connector.manifest, before, filled)
    if not isinstance(connector, ReadsSettings):
        return settings
    try:
        return connector.read_settings(settings)
    except InvalidInput as error:
        wrong = [named(connector.manifest, each) for each in error.errors]
        raise InvalidInput(error.message, errors=wrong) from error


def _begin(store: Store) -> None:
    """From now on changes are asked for, and what was before is read in the background."""
    store.disconnected_at = None
    store.synced_at = store.synced_at or now()
    store.save(update_fields=["disconnected_at", "synced_at"])
    begin_asking(store)
    StoreConnection.objects.filter(store=store).update(sync_due_at=now())
    if not Backfill.objects.filter(store=store).exists():
        if _connector_of(store.kind).manifest.capabilities.lists_orders:
            backfill.start(store)
    else:
        backfill.resume(store)


def _forgive(store: Store) -> None:
    """A person changed something: it is asked again at once."""
    connections.connection_of(store)
    StoreConnection.objects.filter(store=store).update(
        failures=0, failing_since=None, failure="", needs_attention=False, ask_next_at=None
    )
    transaction.on_commit(lambda: doorbell.ring_store(store.pk), robust=True)


def _failed(detail: str, errors: tuple[FieldError, ...] = ()) -> Trial:
    return Trial(is_ok=False, detail=detail, errors=errors)


def _remember(store: Store, address: str, config: Mapping[str, Any]) -> None:
    """Keep what the platform told of the shop, in what is stored now; it works."""
    with unit_of_work():
        fresh = _lock(store.pk)
        said = dict(config)
        fresh.currency = str(said.pop("currency", fresh.currency))[:3] or fresh.currency
        fresh.time_zone = str(said.pop("time_zone", fresh.time_zone))[:60]
        fresh.config = {**fresh.config, **said}
        if address:
            fresh.address = address[:300]
        fresh.save(update_fields=["currency", "time_zone", "config", "address"])
        _forgive(fresh)
        connections.record_store(fresh)


def _has_orders(store: Store) -> bool:
    return Order.objects.filter(store=store).exists()


def _lock(store_id: uuid.UUID) -> Store:
    store = Store.objects.select_for_update(no_key=True).filter(pk=store_id).first()
    if store is None:
        raise NotFound("This store does not exist any more.")
    return store


def _free_slug(organization: Organization, wanted: str) -> str:
    slug = wanted[:50]
    if Store.objects.filter(organization=organization, slug=slug).exists():
        slug = f"{slug}-{new_id().hex[-6:]}"
    return slug
