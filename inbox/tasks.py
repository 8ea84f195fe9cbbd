"""Celery tasks of mail in and out, and their share of the sweep. A second run changes nothing."""

from __future__ import annotations

import uuid

from celery import shared_task

from helpdesk.events.dispatch import organizations_behind, run_subscribers
from helpdesk.sweep import sweeps
from inbox import delivery, door, files, polling, presses, team_posts, webhooks
from tickets.actions.hand_out import hand_out_due
from tickets.actions.hand_over import hand_over_due
from tickets.actions.status import wake_due


@shared_task(name="inbox.process_raw", time_limit=120)
def process_raw_task(raw_id: str) -> None:
    """Turn one arrival into a message."""
    door.process(uuid.UUID(raw_id))


@shared_task(name="inbox.deliver", time_limit=900)
def deliver_task(delivery_id: str) -> None:
    """Try to send one message."""
    delivery.deliver(uuid.UUID(delivery_id))


@shared_task(name="inbox.process_hooks", time_limit=300)
def process_hooks_task(channel_id: str) -> None:
    """Read the calls of a channel's vendor."""
    webhooks.process_hooks(uuid.UUID(channel_id))


@shared_task(name="inbox.poll_channel", time_limit=300)
def poll_channel_task(channel_id: str) -> None:
    """Ask a channel's vendor what is new."""
    polling.poll_channel(uuid.UUID(channel_id))


@shared_task(name="inbox.fetch_file", time_limit=180)
def fetch_file_task(attachment_id: str) -> None:
    """Fetch a file that lies with a vendor."""
    files.fetch_file(uuid.UUID(attachment_id))


@shared_task(name="inbox.team_post", time_limit=120)
def team_post_task(post_id: str) -> None:
    """Tell the team, or tell it otherwise."""
    team_posts.tell(uuid.UUID(post_id))


@shared_task(name="inbox.press", time_limit=120)
def press_task(press_id: str) -> None:
    """Do what a button of a card stands for."""
    presses.process(uuid.UUID(press_id))


@sweeps("inbox.team_posts", every_seconds=2)
def tell_team_due() -> int:
    """Tell the team what nobody rang for, or what could not be told before."""
    return team_posts.tell_due()


@sweeps("inbox.presses", every_seconds=2)
def process_presses_due() -> int:
    """Do what buttons stand for that nobody rang for."""
    return presses.process_due()


@sweeps("inbox.hooks")
def process_hooks_due() -> int:
    """Read calls of vendors that nobody rang for."""
    return webhooks.process_due()


@sweeps("inbox.hooks_kept", every_seconds=3600)
def forget_old_hooks() -> int:
    """Delete calls of vendors that were read long ago."""
    return webhooks.forget_old_hooks()


@sweeps("inbox.poll", every_seconds=2)
def ring_polls() -> int:
    """Let those vendors be asked whose time has come."""
    return polling.ring_due()


@sweeps("inbox.files", every_seconds=2)
def ring_files() -> int:
    """Let files be fetched that still lie with a vendor."""
    return files.ring_due()


@sweeps("events.dispatch")
def dispatch_behind() -> int:
    """Run subscribers that a lost ring left behind."""
    return sum(run_subscribers(organization_id) for organization_id in organizations_behind())


@sweeps("inbox.process")
def process_due() -> int:
    """Process arrivals that nobody rang for."""
    return door.process_due(limit=200)


@sweeps("inbox.retry", every_seconds=5)
def retry_arrivals() -> int:
    """Read again what waited for a vendor's answer."""
    return door.retry_due()


@sweeps("inbox.recover")
def recover_claims() -> int:
    """Take back the claims of workers that died."""
    return delivery.recover_claims()


@sweeps("inbox.deliver")
def deliver_due() -> int:
    """Send what is due."""
    return delivery.deliver_due(limit=100)


@sweeps("inbox.uncertain", every_seconds=15)
def check_uncertain() -> int:
    """Ask where uncertain messages got to."""
    return delivery.check_uncertain()


@sweeps("tickets.hand_out", every_seconds=15)
def hand_out() -> int:
    """Give waiting tickets to members who are free."""
    return hand_out_due()


@sweeps("tickets.hand_over", every_seconds=15)
def hand_over() -> int:
    """Go on moving the tickets of people who left."""
    return hand_over_due()


@sweeps("tickets.wake")
def wake_snoozed() -> int:
    """Wake tickets whose time has come."""
    return wake_due()
