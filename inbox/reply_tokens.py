"""Signed marks by which an answer finds its ticket: in plus-addresses and in our Message-IDs.

A mark names a ticket and carries a signature bound to it; one that was altered or invented is no
mark at all. Lower-case letters and digits only, because mail servers may fold the case.
"""

from __future__ import annotations

import base64
import re
import uuid

from helpdesk.lib.secrets import is_signed, sign

_ID_CHARS = 26
_SIGNATURE_CHARS = 16
_MARK = re.compile(
    rf"(?<![a-z0-9])([a-z2-7]{{{_ID_CHARS}}})([a-z2-7]{{{_SIGNATURE_CHARS}}})(?![a-z0-9])"
)

_NOTICE = re.compile(rf"notice-([0-9a-f]{{32}})-([a-z2-7]{{{_SIGNATURE_CHARS}}})@")


def token_of(ticket_id: uuid.UUID) -> str:
    """The ticket's mark: 42 characters."""
    name = base64.b32encode(ticket_id.bytes).decode().rstrip("=").lower()
    return name + sign("reply", name)


def find_ticket_id(text: str) -> uuid.UUID | None:
    """The ticket of the first genuine mark in an address or Message-ID, or None."""
    for name, signature in _MARK.findall(text.lower()):
        if is_signed(signature, "reply", name):
            return uuid.UUID(bytes=base64.b32decode(name.upper() + "======"))
    return None


def reply_address(address: str, ticket_id: uuid.UUID) -> str:
    """``help@shop.example`` as ``help+r-<mark>@shop.example``."""
    local, _, domain = address.partition("@")
    return f"{local}+r-{token_of(ticket_id)}@{domain}"


def base_address(address: str) -> str:
    """An address without its plus part, lower case."""
    local, at, domain = address.lower().partition("@")
    return local.partition("+")[0] + at + domain


def outgoing_message_id(message_id: uuid.UUID, ticket_id: uuid.UUID, domain: str) -> str:
    """The Message-ID of one of our mails, without angle brackets; the same for every try."""
    return f"{message_id.hex}.{token_of(ticket_id)}@{domain}"


def find_message_id(external_id: str) -> uuid.UUID | None:
    """Our own message behind a Message-ID of ours with a genuine mark, or None."""
    head, _, _ = external_id.partition(".")
    if len(head) == 32 and find_ticket_id(external_id) is not None:
        try:
            return uuid.UUID(hex=head)
        except ValueError:
            return None
    return None


def notice_message_id(mail_id: uuid.UUID, domain: str) -> str:
    """The Message-ID of a mail to one of our own people; it belongs to no ticket."""
    return f"notice-{mail_id.hex}-{sign('notice', mail_id.hex)}@{domain}"


def find_notice_id(external_id: str) -> uuid.UUID | None:
    """The mail to one of our people behind a genuine Message-ID of that kind, or None."""
    found = _NOTICE.match(external_id.lower())
    if found is None or not is_signed(found[2], "notice", found[1]):
        return None
    return uuid.UUID(hex=found[1])
