"""What the killed workers of the webhook torture do, and how they may be broken on purpose."""

from __future__ import annotations

import uuid

import inbox.connector
from helpdesk.lib.clock import now
from helpdesk.lib.failpoints import failpoint
from inbox import door, webhooks
from inbox.connector import get_connector
from inbox.models import Hook, HookState
from tests.contracts.parcelbox import ParcelboxConnector


def read_and_file() -> None:
    """Read the calls that wait and file what they bring, until nothing is left."""
    inbox.connector.register(ParcelboxConnector())
    door.MAX_CLAIMS = 30_000  # here it is the worker that is ill, not the message
    while webhooks.process_due() + door.process_due(limit=50):
        continue


def mark_first() -> None:
    """Mutant: call it read, then read it."""

    def process_hooks(channel_id: uuid.UUID, *, limit: int = 500) -> int:
        hooks = Hook.objects.filter(channel_id=channel_id, state=HookState.RECEIVED)
        hook = hooks.select_related("channel", "channel__organization").first()
        if hook is None:
            return 0
        Hook.objects.filter(pk=hook.pk).update(state=HookState.PROCESSED)
        failpoint("hook.marked")
        connector = get_connector("parcelbox")
        assert isinstance(connector, inbox.connector.TakesWebhooks)
        call = inbox.connector.WebhookRequest("POST", hook.url, {}, hook.headers, bytes(hook.body))
        from helpdesk.events.outbox import unit_of_work

        with unit_of_work():
            webhooks.take_in(hook.channel, connector.split(hook.channel, call), at=now())
        return 1

    webhooks.process_hooks = process_hooks
