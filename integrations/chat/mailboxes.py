"""The mailbox by which a chat goes on."""

from __future__ import annotations

from integrations.chat.sites import SiteConfig
from tickets.models import Channel


def mailbox_of(channel: Channel) -> Channel | None:
    """The mailbox that goes on where the chat ends: the one chosen, else the shop's first."""
    chosen = SiteConfig.of(channel).email_channel_id
    found = Channel.objects.filter(
        organization_id=channel.organization_id, kind="email", is_active=True
    ).order_by("pk")
    return (found.filter(pk=chosen).first() if chosen else None) or found.first()
