"""Slack's Web API: calls, uploads, downloads, and what its error words mean."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, ask, call, failure_of, post_once
from tickets.models import Channel

API = "https://slack.com/api"
FILE_HOSTS = (".slack.com", ".slack-edge.com", ".slack-files.com")

_CREDENTIALS = {
    "invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive",
    "no_permission", "org_login_required", "ekm_access_denied",
}  # fmt: skip
_LATER = {"ratelimited", "rate_limited", "service_unavailable", "accesslimited"}
_UNKNOWN = {"fatal_error", "internal_error", "request_timeout"}
"""Slack says of these that part of the work may have been done."""
_REASONS = {
    "channel_not_found": ("left", "The bot is not in this Slack channel any more."),
    "not_in_channel": ("left", "The bot is not in this Slack channel any more."),
    "is_archived": ("left", "This Slack channel is archived."),
    "thread_not_found": ("no_conversation", "This thread was deleted in Slack."),
    "cannot_reply_to_message": ("no_conversation", "This message cannot be answered in Slack."),
    "msg_too_long": ("too_long", "The message is longer than Slack allows."),
    "restricted_action": ("refused", "The workspace does not let the bot write here."),
    "user_disabled": ("blocked", "This person's Slack account is switched off."),
    "cannot_dm_bot": ("blocked", "This is a bot's account."),
}


class SlackClient:
    """One workspace's bot."""

    def __init__(self, channel: Channel) -> None:
        self._api = str(channel.config.get("api_url") or API).rstrip("/")
        self._token = str(decrypt(channel.secrets).get("token", "")).strip()

    def get(self, method: str, **query: str) -> dict[str, Any]:
        """A read; returns what Slack said."""
        return _said(call("GET", f"{self._api}/{method}", query=query, headers=self._headers()))

    def post(self, method: str, **form: str) -> dict[str, Any]:
        """A call with a form that may be repeated."""
        return _said(call("POST", f"{self._api}/{method}", form=form, headers=self._headers()))

    def send(self, method: str, body: dict[str, Any]) -> dict[str, Any]:
        """A call that must not happen twice."""
        headers = {**self._headers(), "Content-Type": "application/json; charset=utf-8"}
        answer = post_once("POST", f"{self._api}/{method}", body=body, headers=headers)
        if not isinstance(answer.data, dict):
            raise UncertainOutcome("Slack gave an answer that cannot be read.")
        return _said(answer, is_sending=True)

    def send_form(self, method: str, form: dict[str, str]) -> dict[str, Any]:
        """The same as a form: blocks are a text of JSON in it."""
        answer = post_once("POST", f"{self._api}/{method}", form=form, headers=self._headers())
        if not isinstance(answer.data, dict):
            raise UncertainOutcome("Slack gave an answer that cannot be read.")
        return _said(answer, is_sending=True)

    def upload(self, url: str, content: bytes) -> None:
        """The bytes to where ``files.getUploadURLExternal`` said; nobody sees them yet."""
        self._check_host(url)
        call("POST", url, content=content, headers={"Content-Type": "application/octet-stream"})

    def download(self, url: str, max_bytes: int) -> VendorAnswer:
        """A private file; the token goes to Slack alone."""
        self._check_host(url)
        answer = ask("GET", url, max_bytes=max_bytes, headers={**self._headers(), "Accept": "*/*"})
        if not answer.is_ok:
            raise failure_of(answer)
        if answer.headers.get("content-type", "").startswith("text/html"):
            raise PermanentFailure(
                "Slack shows a sign-in page instead of the file: the app needs files:read.",
                reason_code="refused",
            )
        return answer

    def _check_host(self, url: str) -> None:
        host = urlsplit(url).hostname or ""
        is_slack = url.startswith("https://") and f".{host}".endswith(FILE_HOSTS)
        if not is_slack and host != urlsplit(self._api).hostname:
            raise PermanentFailure("This file is not at Slack.", reason_code="forbidden_address")

    def _headers(self) -> dict[str, str]:
        if not self._token:
            raise NeedsReauthorization("The bot token is missing.")
        return {"Authorization": f"Bearer {self._token}"}


def _said(answer: VendorAnswer, *, is_sending: bool = False) -> dict[str, Any]:
    """Slack's words; raises what an ``error`` in a 200 means."""
    said: dict[str, Any] = answer.data if isinstance(answer.data, dict) else {}
    if said.get("ok"):
        return said
    if said.get("error") == "missing_scope":
        raise NeedsReauthorization(
            f"The Slack app may not do this yet: add the scope {str(said.get('needed', ''))[:60]} "
            "to it and install it again."
        )
    raise meaning_of(str(said.get("error", "no_answer")), is_sending=is_sending)


def meaning_of(error: str, *, is_sending: bool) -> ConnectorFailure:
    """The failure that one of Slack's error words is."""
    if error in _CREDENTIALS:
        return NeedsReauthorization(f"Slack does not accept the bot token ({error}).")
    if error in _UNKNOWN or error == "no_answer":
        words = f"Slack failed while taking it ({error})."
        return UncertainOutcome(words) if is_sending else TemporaryFailure(words)
    if error in _LATER:
        return TemporaryFailure(f"Slack cannot take it now ({error}).")
    code, words = _REASONS.get(error, ("refused", f"Slack refused it ({error[:60]})."))
    return PermanentFailure(words, reason_code=code)
