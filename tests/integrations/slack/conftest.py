"""A workspace whose every call is judged by Slack's own document, and a rule that alerts there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from automation.models import Rule
from automation.rules.edit import create_rule
from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.secrets import encrypt
from tests.contracts.test_slack import CONFIG, SECRET, judge_of_slack
from tests.contracts.vendor import VendorServer
from tests.factories import make_channel, receive_mail
from tickets.actions.channels import create_channel
from tickets.models import Channel, Ticket

ROOM = {"id": "C9ALERTS", "name": "alerts", "is_member": True}
POSTED = {"ok": True, "channel": "C9ALERTS", "ts": "1795651300.000100"}


@pytest.fixture
def slack_says(vendor: VendorServer) -> VendorServer:
    vendor.judged_by(judge_of_slack(), connector="slack")
    vendor.answers("GET", r"/conversations\.info$", 200, {"ok": True, "channel": ROOM})
    vendor.answers("POST", r"/chat\.postMessage$", 200, POSTED)
    vendor.answers("POST", r"/chat\.update$", 200, POSTED)
    vendor.answers("POST", r"/chat\.postEphemeral$", 200, {"ok": True, "message_ts": "1.1"})
    return vendor


@pytest.fixture
def slack(organization: Organization, slack_says: VendorServer) -> Channel:
    return create_channel(
        organization, kind="slack", name="Slack", handle_kind="slack", address="T1",
        config={"api_url": slack_says.url, **CONFIG},
        secrets=encrypt({"token": "xoxb-1", "signing_secret": SECRET}),
    )  # fmt: skip


@pytest.fixture
def alert_rule(organization: Organization, slack: Channel) -> Rule:
    params = {"channel_id": str(slack.pk), "place": "C9ALERTS", "name": "#alerts"}
    conditions = {"field": "ticket.status", "operator": "is", "value": "open"}
    return create_rule(
        organization,
        {
            "name": "Tell us", "triggers": ["message.received"], "conditions": conditions,
            "actions": [{"type": "post_to_slack", "params": params}],
        },
    )  # fmt: skip


@pytest.fixture
def write(organization: Organization) -> Callable[..., Ticket]:
    """A customer writes a mail; every subscriber hears of it."""
    channel = make_channel(organization)

    def write(text: str = "Where is <my> parcel?", **more: Any) -> Ticket:
        message = receive_mail(channel, text, **more)
        run_subscribers(organization.pk)
        return Ticket.objects.get(pk=message.ticket_id)

    return write
