"""Every write to channels: setting them up, changing them, and how they fare."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError, Q
from django.utils.text import slugify

from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, NotFound
from helpdesk.lib.ids import new_id
from tickets.models import Channel
from tickets.records import channel_record

EDITABLE = (
    "name", "address", "aliases", "signature", "config", "secrets", "is_active",
)  # fmt: skip


def create_channel(
    organization: Organization, *, kind: str, name: str, slug: str = "", **fields: Any
) -> Channel:
    """A new channel; its slug is made from the name and unique in the organization."""
    with unit_of_work():
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        channel = Channel.objects.create(
            organization=organization,
            kind=kind,
            name=name[:120],
            slug=_free_slug(organization, slug or slugify(name) or kind),
            **fields,
        )
        record_channel(channel)
    return channel


def change_channel(channel_id: uuid.UUID, **fields: Any) -> Channel:
    """Change settings and announce it; unknown names raise KeyError. A change clears a failure."""
    with unit_of_work():
        channel = _lock(channel_id)
        for name, value in fields.items():
            if name not in EDITABLE:
                raise KeyError(name)
            setattr(channel, name, value)
        channel.failing_since, channel.failure = None, ""
        channel.save(update_fields=[*fields, "failing_since", "failure"])
        record_channel(channel)
    return channel


def remove_channel(channel_id: uuid.UUID) -> None:
    """Take away a channel that nothing came through; raises Conflict where a ticket points to it."""
    with unit_of_work():
        channel = _lock(channel_id)
        try:
            with transaction.atomic():
                channel.delete()
        except ProtectedError as error:
            raise Conflict(
                "Tickets came through this channel: they keep it. Pause it instead.",
                code="in_use",
            ) from error
        channel.pk = channel_id
        record_channel(channel, is_deleted=True)


def keep_secrets(channel_id: uuid.UUID, secrets: str) -> None:
    """Tokens that a vendor renewed; nobody is told, as nobody may see them."""
    Channel.objects.filter(pk=channel_id).update(secrets=secrets)


def note_success(channel_id: uuid.UUID) -> None:
    """The channel works; announced only where it did not before."""
    is_known = Channel.objects.filter(
        pk=channel_id, failing_since=None, last_success_at__isnull=False
    ).update(last_success_at=now())
    if is_known:
        return
    with unit_of_work():
        changed = Channel.objects.filter(
            Q(last_success_at=None) | Q(failing_since__isnull=False), pk=channel_id
        ).update(last_success_at=now(), failing_since=None, failure="")
        if changed:
            record_channel(_lock(channel_id))


def note_failure(channel_id: uuid.UUID, reason: str) -> None:
    """The channel does not work, and why; announced when that is news."""
    with unit_of_work():
        channel = _lock(channel_id)
        if channel.failing_since is not None and channel.failure == reason:
            return
        channel.failing_since = channel.failing_since or now()
        channel.failure = reason
        channel.save(update_fields=["failing_since", "failure"])
        record_channel(channel)


def record_channel(channel: Channel, *, is_deleted: bool = False) -> None:
    """Announce the channel as it is now, or that it is gone."""
    gone = {"is_deleted": True} if is_deleted else {}
    record(
        "channel.updated",
        organization_id=channel.organization_id,
        object_type="channel",
        object_id=channel.pk,
        payload=lambda: {"channel": channel_record(channel), **gone},
    )


def _lock(channel_id: uuid.UUID) -> Channel:
    channel = Channel.objects.select_for_update(no_key=True).filter(pk=channel_id).first()
    if channel is None:
        raise NotFound("This channel does not exist any more.")
    return channel


def _free_slug(organization: Organization, wanted: str) -> str:
    slug = wanted[:50]
    if Channel.objects.filter(organization=organization, slug=slug).exists():
        slug = f"{slug}-{new_id().hex[-6:]}"
    return slug
