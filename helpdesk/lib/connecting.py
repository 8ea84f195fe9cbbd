"""What every kind of connector, of channels and of stores, says and hears in the same words:
what an admin fills in, the account behind it, and a call of the vendor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from helpdesk.lib.errors import NotAllowed


@dataclass(frozen=True)
class ConfigField:
    """One thing an admin fills in; secrets are stored encrypted and never shown again.

    ``type`` is text, list (of texts), number, flag, choice (of ``choices``), url, phone, mailbox
    (the id of an e-mail channel) or webhook_key (made by us, in the form of Standard Webhooks).
    The field named ``address`` is stored as the address of the channel or store: the account it is.
    With ``is_made`` we make the value up ourselves when the channel is set up, keep it among the
    secrets, and show it in the steps alone, to be pasted at the vendor.
    """

    name: str
    label: str
    type: str = "text"
    is_secret: bool = False
    is_required: bool = True
    help: str = ""
    choices: tuple[str, ...] = ()
    default: Any = None
    is_made: bool = False


@dataclass(frozen=True)
class Step:
    """What to do at the vendor, in order. ``copy`` is a value to paste there.

    ``copy`` may hold {hook_url}, {public_url}, {verify_token} and any other field that we make up
    (``ConfigField.is_made``). Where {verify_token} is used it need not be among the fields: it is
    made anyway and lies in the channel's secrets.
    """

    text: str
    copy: str = ""
    link: str = ""


@dataclass(frozen=True)
class Account:
    """Who the credentials belong to, in words for the admin, and what to remember of it."""

    label: str
    address: str = ""
    config: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """What is to be stored of a channel or store: its account, plain settings, and secrets."""

    address: str
    config: dict[str, Any]
    secrets: dict[str, str]


@runtime_checkable
class ReadsSettings(Protocol):
    """Settings that say more than their fields' types: the address of a mail server, for one."""

    def read_settings(self, settings: Settings) -> Settings:
        """What to store of what was filled in; raises InvalidInput naming the fields."""


class Refused(NotAllowed):
    """The webhook is not from whom it says: nothing of it is kept."""

    code = "not_authentic"


@dataclass(frozen=True)
class WebhookRequest:
    """One call of the vendor. ``url`` is the public address with its query, as the vendor knows it.

    Header names are lower case. ``body`` is the raw bytes. ``key`` tells it from any other call;
    it is known to ``split`` alone.
    """

    method: str
    url: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""
    key: str = ""


@dataclass(frozen=True)
class WebhookAnswer:
    """What to answer the vendor. With ``is_final`` the call was a handshake: nothing is stored."""

    content: bytes = b""
    content_type: str = "text/plain"
    status: int = 200
    is_final: bool = False
    headers: dict[str, str] = field(default_factory=dict)
