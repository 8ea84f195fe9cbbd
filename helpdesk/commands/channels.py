"""``channels``: add and list the ways in and out."""

from __future__ import annotations

import argparse

from helpdesk.accounts.models import Organization
from helpdesk.commands.people import first_organization
from integrations.email.channels import add_email_channel
from tickets.models import Channel


def add_email(arguments: argparse.Namespace) -> str:
    """Add an e-mail channel to the organization, which is made if there is none yet."""
    organization = Organization.objects.order_by("created_at").first() or first_organization()
    channel = add_email_channel(
        organization,
        name=arguments.name,
        address=arguments.address,
        imap_url=arguments.imap or "",
        smtp_url=arguments.smtp or "",
        folder=arguments.folder,
        imap_password_env=arguments.imap_password_env or "",
        smtp_password_env=arguments.smtp_password_env or "",
        authserv_ids=arguments.authserv_id,
        ca_file=arguments.ca_file,
        config={"listen": True} if arguments.listen else None,
    )
    return f"{channel.slug}: {channel.address}"


def listing() -> str:
    """A line per channel: slug, kind, address, whether it is active."""
    lines = [
        f"{each.slug:20} {each.kind:8} {each.address:40} {'' if each.is_active else 'paused'}"
        for each in Channel.objects.order_by("slug")
    ]
    return "\n".join(lines) if lines else "No channels yet."
