"""Telegram's Bot API: one method each, and what its refusals mean."""

from __future__ import annotations

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

API = "https://api.telegram.org"


class Moved(PermanentFailure):
    """The group became a supergroup: nothing was sent, and this is its new id."""

    def __init__(self, chat_id: int) -> None:
        super().__init__("The group has another id now.", reason_code="moved")
        self.chat_id = chat_id


class TelegramClient:
    """One bot."""

    def __init__(self, channel: Channel) -> None:
        self._api = str(channel.config.get("api_url") or API).rstrip("/")
        self._token = str(decrypt(channel.secrets).get("token", "")).strip()

    @property
    def bot_id(self) -> str:
        """The bot's user id: the part of its token before the colon."""
        return self._token.partition(":")[0]

    def ask(self, method: str, **parameters: Any) -> Any:
        """Call a method that may be repeated; returns its ``result``."""
        answer = call("POST", self._url(method), body=parameters, failure=meaning_of)
        if not isinstance(answer.data, dict):
            raise TemporaryFailure("Telegram gave an answer that cannot be read.")
        return answer.data.get("result")

    def send(self, method: str, parameters: dict[str, Any], uploads: Sequence[Upload] = ()) -> Any:
        """Call a method that sends; ``parameters`` are a form where files go along."""
        if uploads:
            request: dict[str, Any] = {"form": parameters, "uploads": list(uploads)}
        else:
            request = {"body": parameters}
        answer = post_once("POST", self._url(method), failure=meaning_of, **request)
        if not isinstance(answer.data, dict) or not answer.data.get("result"):
            raise UncertainOutcome("Telegram gave an answer that cannot be read.")
        return answer.data["result"]

    def download(self, path: str, max_bytes: int) -> VendorAnswer:
        """The bytes of a file that ``getFile`` named."""
        answer = ask(
            "GET", f"{self._api}/file/bot{self._token}/{path}",
            max_bytes=max_bytes, headers={"Accept": "*/*"},
        )  # fmt: skip
        if not answer.is_ok:
            raise failure_of(answer)
        return answer

    def _url(self, method: str) -> str:
        if ":" not in self._token:
            raise NeedsReauthorization("The bot token is missing or incomplete.")
        return f"{self._api}/bot{self._token}/{method}"


def meaning_of(answer: VendorAnswer) -> ConnectorFailure:
    """Telegram's error_code and description in our words."""
    said = answer.data if isinstance(answer.data, dict) else {}
    words = str(said.get("description", ""))[:200]
    more = said.get("parameters") or {}
    if answer.status == 429:
        seconds = more.get("retry_after")
        known = failure_of(answer)
        return TemporaryFailure(
            "Telegram asks us to slow down.",
            retry_after_seconds=int(seconds)
            if isinstance(seconds, int)
            else getattr(known, "retry_after_seconds", None),
        )
    if answer.status in (401, 404):
        return NeedsReauthorization(
            "Telegram does not know this bot token any more. Ask @BotFather for the current one."
        )
    if isinstance(more.get("migrate_to_chat_id"), int):
        return Moved(more["migrate_to_chat_id"])
    if answer.status == 403:
        return _forbidden(words)
    if answer.status == 413 or "too big" in words:
        return PermanentFailure("The file is larger than Telegram allows.", reason_code="too_large")
    if "chat not found" in words:
        return PermanentFailure(
            "This person has not written to the bot yet; bots cannot write first.",
            reason_code="no_conversation",
        )
    return failure_of(answer)


def _forbidden(words: str) -> PermanentFailure:
    if "initiate" in words:
        return PermanentFailure(
            "This person has not written to the bot yet; bots cannot write first.",
            reason_code="no_conversation",
        )
    if "kicked" in words or "not a member" in words:
        return PermanentFailure("The bot is not in this group any more.", reason_code="left")
    return PermanentFailure(
        f"The customer has blocked the bot or left Telegram. {words}".strip(),
        reason_code="blocked",
    )
