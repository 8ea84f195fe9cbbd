"""What the set-up pages show: kinds of channels, and a channel with its settings and its health."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, TypedDict

from django.db.models import Count, Min, Q
from django.db.models.functions import TruncDate

from helpdesk.events.payloads import ChannelRecord, Iso
from helpdesk.lib.clock import iso, now
from helpdesk.lib.filling_in import ADDRESS, made_up_by_us
from inbox import refusals
from inbox.connector import Manifest, Polls, TakesWebhooks, find_connector
from inbox.models import Connection, Delivery, DeliveryPhase, Hook, HookState, RawInbound, RawState
from inbox.set_up import missing_of, settings_of, steps_of
from inbox.webhooks import hook_url
from tickets.models import Channel
from tickets.records import channel_record

ACTIVITY_DAYS = 14


class ConfigFieldRecord(TypedDict):
    name: str
    label: str
    type: Literal[
        "text", "list", "number", "flag", "choice", "url", "phone", "mailbox", "webhook_key"
    ]
    is_secret: bool
    is_required: bool
    is_made: bool
    help: str
    choices: list[str]
    default: Any


class StepRecord(TypedDict):
    text: str
    copy: str
    link: str


class ConnectorLimits(TypedDict):
    max_text_chars: int | None
    max_attachment_bytes: int | None
    max_files: int | None
    reply_window_hours: int | None


class ConnectorRecord(TypedDict):
    """A kind of channel that can be connected; ``can_test`` is whether there is somebody to ask."""

    kind: str
    label: str
    group: Literal["mail", "chat", "phone", "social", "community", "other"]
    icon: str
    summary: str
    capabilities: list[str]
    limits: ConnectorLimits
    config: list[ConfigFieldRecord]
    steps: list[StepRecord]
    is_official: bool
    can_test: bool
    docs_url: str


class ConnectorPage(TypedDict):
    results: list[ConnectorRecord]
    next: str | None


class ChannelPage(TypedDict):
    results: list[ChannelRecord]
    next: str | None


class ChannelTestError(TypedDict):
    path: str
    code: str
    message: str


class ChannelTest(TypedDict):
    """``account`` is who the credentials belong to; ``errors`` name fields."""

    is_ok: bool
    detail: str
    account: str
    notes: list[str]
    errors: list[ChannelTestError]


class ConnectionRecord(TypedDict):
    """How the line to the vendor is. ``lag_seconds``: how old the newest event was when it came."""

    last_event_at: Iso | None
    last_hook_at: Iso | None
    last_poll_at: Iso | None
    last_check_at: Iso | None
    next_poll_at: Iso | None
    lag_seconds: float | None
    failures: int
    refused: int
    last_refused_at: Iso | None
    token_expires_at: Iso | None
    problems: list[str]
    is_called: bool
    is_polled: bool
    hooks_waiting: int
    hooks_quarantined: int
    oldest_waiting_at: Iso | None
    mails_quarantined: int


class ActivityDay(TypedDict):
    """What came on a day (UTC), and what of it, or of what was to leave, did not work."""

    day: str
    events: int
    failures: int


class ChannelSettings(ChannelRecord):
    """``secrets`` says which are set, never what they are; ``missing`` names what is needed yet."""

    signature: str
    aliases: list[str]
    config: dict[str, Any]
    secrets: dict[str, bool]
    missing: list[str]
    hook_url: str
    steps: list[StepRecord]
    connection: ConnectionRecord
    activity: list[ActivityDay]
    created_at: Iso


class ChannelDisconnected(TypedDict):
    channel: ChannelSettings
    left_over: str


def connector_record(manifest: Manifest) -> dict[str, Any]:
    """The kind of channel as the gallery shows it."""
    return {
        "kind": manifest.kind,
        "label": manifest.label,
        "group": manifest.group,
        "icon": manifest.icon or manifest.kind,
        "summary": manifest.summary,
        "capabilities": sorted(manifest.capabilities),
        "limits": {
            "max_text_chars": manifest.max_text_chars,
            "max_attachment_bytes": manifest.max_attachment_bytes,
            "max_files": manifest.max_files,
            "reply_window_hours": manifest.reply_window_hours,
        },
        "config": [
            {
                "name": each.name,
                "label": each.label,
                "type": each.type,
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
        "can_test": hasattr(find_connector(manifest.kind), "connect"),
        "docs_url": manifest.docs_url,
    }


def settings_record(channel: Channel) -> dict[str, Any]:
    """The channel as an admin sets it up; secrets stay where they are."""
    connector = find_connector(channel.kind)
    fields = connector.manifest.config if connector else ()
    stored = settings_of(channel)
    hidden = {each.name for each in fields if each.is_secret}
    if connector is not None:
        hidden |= set(made_up_by_us(connector.manifest))
    is_called = isinstance(connector, TakesWebhooks)
    return {
        **channel_record(channel),
        "signature": channel.signature,
        "aliases": list(channel.aliases),
        "config": {
            each.name: stored.config[each.name]
            for each in fields
            if each.name in stored.config and each.name != ADDRESS and each.name not in hidden
        },
        "secrets": {name: bool(stored.secrets.get(name)) for name in sorted(hidden)},
        "missing": [each.path for each in missing_of(channel)] if connector else [],
        "hook_url": hook_url(channel) if is_called else "",
        "steps": steps_of(channel) if connector else [],
        "connection": _connection(channel, is_called=is_called),
        "activity": _activity(channel),
        "created_at": iso(channel.created_at),
    }


def _connection(channel: Channel, *, is_called: bool) -> dict[str, Any]:
    refusals.write_down()
    connector = find_connector(channel.kind)
    known = Connection.objects.filter(channel=channel).first()
    row = Connection(channel=channel) if known is None else known
    hooks = Hook.objects.filter(channel=channel).exclude(state=HookState.PROCESSED)
    is_waiting = Q(state__in=[HookState.RECEIVED, HookState.WAITING])
    counts = hooks.aggregate(
        waiting=Count("pk", filter=is_waiting),
        quarantined=Count("pk", filter=Q(state=HookState.QUARANTINED)),
        oldest=Min("received_at", filter=is_waiting),
    )
    arrivals = RawInbound.objects.filter(channel=channel)
    newest = arrivals.filter(organization_id=channel.organization_id).order_by(
        "-received_at", "-pk"
    )
    last_arrival = newest.values_list("received_at", flat=True).first()
    events = [each for each in (row.last_event_at, last_arrival) if each is not None]
    return {
        "last_event_at": iso(max(events, default=None)),
        "last_hook_at": iso(row.last_hook_at),
        "last_poll_at": iso(row.last_poll_at),
        "last_check_at": iso(row.last_check_at),
        "next_poll_at": iso(row.poll_due_at),
        "lag_seconds": row.lag_seconds,
        "failures": row.failures,
        "refused": row.refused,
        "last_refused_at": iso(row.last_refused_at),
        "token_expires_at": iso(row.token_expires_at),
        "problems": list(row.problems),
        "is_called": is_called,
        "is_polled": isinstance(connector, Polls),
        "hooks_waiting": counts["waiting"],
        "hooks_quarantined": counts["quarantined"],
        "oldest_waiting_at": iso(counts["oldest"]),
        "mails_quarantined": arrivals.filter(state=RawState.QUARANTINED).count(),
    }


def _activity(channel: Channel) -> list[dict[str, Any]]:
    """The last days, oldest first, every day once."""
    today = now().date()
    days = [today - timedelta(days=back) for back in range(ACTIVITY_DAYS - 1, -1, -1)]
    begin = now() - timedelta(days=ACTIVITY_DAYS)
    mine = {"organization_id": channel.organization_id, "channel": channel}
    came = dict(
        RawInbound.objects.filter(received_at__gte=begin, **mine)
        .values_list(TruncDate("received_at"))
        .annotate(n=Count("pk"))
    )
    broken: dict[Any, int] = {}
    for rows, at in (
        (RawInbound.objects.filter(state=RawState.QUARANTINED, **mine), "received_at"),
        (Hook.objects.filter(state=HookState.QUARANTINED, **mine), "received_at"),
        (Delivery.objects.filter(phase=DeliveryPhase.PERM_FAILED, **mine), "created_at"),
    ):
        found = rows.filter(**{f"{at}__gte": begin}).values_list(TruncDate(at))
        for day, count in found.annotate(n=Count("pk")):
            broken[day] = broken.get(day, 0) + count
    return [
        {"day": day.isoformat(), "events": came.get(day, 0), "failures": broken.get(day, 0)}
        for day in days
    ]
