"""E-mail channels: their servers, credentials and how to set them up.

A channel keeps ``imap`` and ``smtp`` addresses without password in ``config`` and the passwords,
encrypted, in ``secrets``.
"""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.secrets import decrypt, encrypt
from inbox.connector import Settings
from inbox.models import Connection
from integrations.email.smtp import SmtpServer
from integrations.email.smtp import connect as connect_smtp
from tickets.actions.channels import create_channel
from tickets.models import Channel

PROVIDER_NAMES = {
    "mailgun": "Mailgun", "postmark": "Postmark", "sendgrid": "SendGrid", "ses": "Amazon SES",
}  # fmt: skip
_PORTS = {"imap": 143, "imaps": 993}


@dataclass(frozen=True)
class ImapServer:
    """Where to fetch from: ``imaps://`` (TLS at once) or ``imap://`` (STARTTLS where offered)."""

    host: str
    port: int
    user: str
    password: str
    is_tls: bool
    folder: str = "INBOX"
    ca_file: str = ""

    @classmethod
    def from_url(cls, url: str, *, folder: str = "INBOX", ca_file: str = "") -> ImapServer:
        """Reads ``imap[s]://user:password@host:port``; raises InvalidInput naming ``imap``."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError as error:
            raise InvalidInput.field("imap", "This is not an address of a server.") from error
        if parts.scheme not in _PORTS or not parts.hostname or not parts.username:
            raise InvalidInput.field("imap", "Write imaps://user:password@host:port.")
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            user=unquote(parts.username),
            password=unquote(parts.password or ""),
            is_tls=parts.scheme == "imaps",
            folder=folder or "INBOX",
            ca_file=ca_file,
        )


def add_email_channel(
    organization: Organization,
    *,
    name: str,
    address: str,
    imap_url: str = "",
    smtp_url: str = "",
    folder: str = "INBOX",
    imap_password_env: str = "",
    smtp_password_env: str = "",
    authserv_ids: list[str] | None = None,
    ca_file: str = "",
    config: dict[str, Any] | None = None,
) -> Channel:
    """A new e-mail channel; passwords come from the URL or from the environment variable named.

    Raises InvalidInput naming the field. Nothing is connected to: see :func:`test_connection`.
    """
    _check_address(address)
    imap = _with_password(imap_url, imap_password_env, "imap_password_env")
    smtp = _with_password(smtp_url, smtp_password_env, "smtp_password_env")
    settings: dict[str, Any] = {
        "folder": folder or "INBOX",
        "authserv_ids": authserv_ids or [],
        "ca_file": ca_file,
        **(config or {}),
    }
    secrets: dict[str, str] = {}
    if imap:
        ImapServer.from_url(imap)
        settings["imap"], secrets["imap_password"] = without_password(imap)
    if smtp:
        SmtpServer.from_url(smtp)
        settings["smtp"], secrets["smtp_password"] = without_password(smtp)
    return create_channel(
        organization,
        kind="email",
        name=name,
        address=address.strip().lower(),
        config=settings,
        secrets=encrypt(secrets) if secrets else "",
    )


def read_settings(settings: Settings) -> Settings:
    """What to store of what an admin filled in: a password in a server's address is a secret.

    An address without a password keeps the password there is. Raises InvalidInput naming the field.
    """
    if settings.address:
        _check_address(settings.address)
    config, secrets = dict(settings.config), dict(settings.secrets)
    for name, server in (("imap", ImapServer), ("smtp", SmtpServer)):
        url = str(config.get(name) or "")
        if not url:
            secrets.pop(f"{name}_password", None)
            continue
        server.from_url(url)
        config[name], password = without_password(url)
        if password:
            secrets[f"{name}_password"] = password
    return Settings(settings.address.strip().lower(), config, secrets)


def imap_server_of(channel: Channel) -> ImapServer | None:
    """Where this channel's mail is fetched, or None if it is not fetched at all."""
    url = str(channel.config.get("imap") or "")
    if not url:
        return None
    return ImapServer.from_url(
        _joined(url, decrypt(channel.secrets).get("imap_password", "")),
        folder=str(channel.config.get("folder") or "INBOX"),
        ca_file=str(channel.config.get("ca_file") or ""),
    )


def smtp_server_of(channel: Channel) -> SmtpServer:
    """Where this channel's mail is sent; raises InvalidInput if no server is set."""
    url = str(channel.config.get("smtp") or "")
    if not url:
        raise InvalidInput.field("smtp", "This channel has no server for outgoing mail.")
    return SmtpServer.from_url(
        _joined(url, decrypt(channel.secrets).get("smtp_password", "")),
        ca_file=str(channel.config.get("ca_file") or ""),
    )


def test_connection(channel: Channel) -> None:
    """Sign in to both servers and select the folder.

    Raises TemporaryFailure, PermanentFailure or NeedsReauthorization in words for an admin, and
    InvalidInput naming what a provider needs.
    """
    from integrations.email.imap import open_mailbox

    if channel.config.get("provider") == "mailgun" and not _provider_secret(channel):
        message = "Mailgun signs its calls: fill in its HTTP webhook signing key."
        raise InvalidInput.field("provider_secret", message, code="required")
    if not any(channel.config.get(each) for each in ("imap", "smtp", "provider")):
        raise PermanentFailure(
            "This mailbox has neither a server nor a provider, so there is nothing to check. "
            "Fill in where its mail comes from."
        )

    server = imap_server_of(channel)
    if server is not None:
        with open_mailbox(server):
            pass
    if channel.config.get("smtp"):
        connect_smtp(smtp_server_of(channel)).close()


def provider_notes(channel: Channel) -> tuple[str, ...]:
    """Whether the provider calls: it cannot be asked, only seen."""
    provider = str(channel.config.get("provider") or "")
    if not provider:
        return ()
    name = PROVIDER_NAMES.get(provider, provider)
    called_at = (
        Connection.objects.filter(channel=channel).values_list("last_hook_at", flat=True).first()
    )
    if called_at is None:
        return (
            f"{name} has not posted any mail here yet: send one to {channel.address} and check "
            "again.",
        )
    return (f"{name} last posted mail here on {called_at:%Y-%m-%d at %H:%M} UTC.",)


def _provider_secret(channel: Channel) -> str:
    return str(decrypt(channel.secrets).get("provider_secret") or "")


def get_channel(organization_id: uuid.UUID, slug: str) -> Channel:
    """The channel of that slug; raises InvalidInput naming ``channel``."""
    channel = (
        Channel.objects.select_related("organization")
        .filter(organization_id=organization_id, slug=slug)
        .first()
    )
    if channel is None:
        raise InvalidInput.field("channel", f"There is no channel called “{slug}”.")
    return channel


def without_password(url: str) -> tuple[str, str]:
    """The URL without its password, and the password."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or ""
    place = host + (f":{parts.port}" if parts.port else "")
    if parts.username:
        place = f"{parts.username}@{place}"
    plain = urlunsplit((parts.scheme, place, parts.path, "", ""))
    return plain, unquote(parts.password or "")


def _joined(url: str, password: str) -> str:
    if not password:
        return url
    head, at, tail = url.rpartition("@")
    return f"{head}:{quote(password, safe='')}{at}{tail}" if at else url


def _with_password(url: str, variable: str, field: str) -> str:
    if not url or not variable:
        return url
    password = os.environ.get(variable)
    if not password:
        raise InvalidInput.field(field, f"The environment variable {variable} is empty.")
    return _joined(without_password(url)[0], password)


def _check_address(address: str) -> None:
    try:
        validate_email(address.strip())
    except ValidationError as error:
        raise InvalidInput.field("address", f"“{address}” is not an e-mail address.") from error
