"""Discord's REST API: reads, posts, and what its refusals mean."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import Upload, VendorAnswer, ask, call, failure_of, post_once
from tickets.models import Channel

API = "https://discord.com/api/v10"

_REASONS = {
    10003: ("no_conversation", "This thread or channel was deleted in Discord."),
    10008: ("no_conversation", "The message that is answered was deleted in Discord."),
    50001: ("left", "The bot cannot see this channel any more."),
    50007: ("blocked", "This person takes no direct messages from the bot."),
    50013: ("left", "The bot may not write in this channel."),
    40005: ("too_large", "The file is larger than Discord allows."),
    160005: ("left", "This thread is locked."),
}


class DiscordClient:
    """One bot."""

    def __init__(self, channel: Channel) -> None:
        self._api = str(channel.config.get("api_url") or API).rstrip("/")
        self._token = str(decrypt(channel.secrets).get("token", "")).strip()

    def get(self, path: str, **query: Any) -> Any:
        """A read; returns Discord's JSON."""
        return call(
            "GET", f"{self._api}{path}", query=query or None, headers=self._headers(),
            failure=meaning_of,
        ).data  # fmt: skip

    def post_message(
        self, channel_id: str, body: dict[str, Any], uploads: Sequence[Upload] = ()
    ) -> dict[str, Any]:
        """A message with an enforced nonce: asked a second time, Discord answers with the first.

        So where the first answer never came it is asked for once more, at once: Discord remembers
        a nonce for some minutes only. Raises UncertainOutcome where that is not answered either.
        """
        try:
            return self._post(channel_id, body, uploads)
        except UncertainOutcome:
            try:
                return self._post(channel_id, body, uploads)
            except TemporaryFailure as failure:
                raise UncertainOutcome(failure.message) from failure

    def download(self, url: str, max_bytes: int) -> VendorAnswer:
        """A file from Discord's public file server, which gets no token of ours."""
        return ask("GET", url, max_bytes=max_bytes, headers={"Accept": "*/*"})

    def _post(
        self, channel_id: str, body: dict[str, Any], uploads: Sequence[Upload]
    ) -> dict[str, Any]:
        request: dict[str, Any] = {"body": body}
        if uploads:
            request = {"form": {"payload_json": json.dumps(body)}, "uploads": list(uploads)}
        answer = post_once(
            "POST", f"{self._api}/channels/{channel_id}/messages", headers=self._headers(),
            failure=meaning_of, **request,
        )  # fmt: skip
        if not isinstance(answer.data, dict) or "id" not in answer.data:
            raise UncertainOutcome("Discord gave an answer that cannot be read.")
        return answer.data

    def _headers(self) -> dict[str, str]:
        if not self._token:
            raise NeedsReauthorization("The bot token is missing.")
        return {"Authorization": f"Bot {self._token}"}


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """Discord's codes in our words; a wait is told in the body more exactly than in a header."""
    said = answer.data if isinstance(answer.data, dict) else {}
    if answer.status == 429:
        known = failure_of(answer)
        seconds = said.get("retry_after")
        return TemporaryFailure(
            "Discord asks us to slow down.",
            retry_after_seconds=int(seconds) + 1
            if isinstance(seconds, int | float)
            else getattr(known, "retry_after_seconds", None),
        )
    if answer.status == 401:
        return NeedsReauthorization("Discord does not know this bot token any more.")
    code = said.get("code")
    if isinstance(code, int) and code in _REASONS:
        reason, words = _REASONS[code]
        return PermanentFailure(words, reason_code=reason)
    if answer.status == 403:
        return PermanentFailure("The bot may not do this in Discord.", reason_code="left")
    return failure_of(answer)
