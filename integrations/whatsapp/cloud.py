"""WhatsApp's Cloud API as far as we use it; nothing else of us is known here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import Upload, VendorAnswer, call, post_once
from integrations.whatsapp.words import failure
from tickets.models import Channel

API = "https://graph.facebook.com"
VERSION = "v23.0"
MEDIA_HOSTS = (".fbsbx.com", ".facebook.com", ".whatsapp.net", ".fbcdn.net")
MAX_PAGES = 20


@dataclass(frozen=True)
class Cloud:
    """One business number at WhatsApp."""

    base: str
    token: str
    number_id: str

    @classmethod
    def of(cls, channel: Channel) -> Cloud:
        """The channel's number; raises NeedsReauthorization if there is no token yet."""
        token = str(decrypt(channel.secrets).get("access_token") or "")
        if not token or not channel.address:
            raise NeedsReauthorization("This channel has no access token of WhatsApp yet.")
        return cls(str(channel.config.get("api_url") or API), token, channel.address)

    def send(self, body: dict[str, Any]) -> str:
        """POST messages: the byte that counts; returns the id (wamid). Raises as ``post_once``."""
        answer = post_once(
            "POST", f"{self._root}/{self.number_id}/messages", body=body, headers=self._headers,
            failure=failure,
        )  # fmt: skip
        sent = _object(answer).get("messages") or [{}]
        return str(sent[0].get("id") or "")

    def upload(self, name: str, content_type: str, content: bytes) -> str:
        """Give WhatsApp a file; returns its id there. Nobody sees it yet."""
        answer = call(
            "POST", f"{self._root}/{self.number_id}/media",
            form={"messaging_product": "whatsapp"},
            uploads=[Upload("file", name, content_type, content)],
            headers=self._headers, failure=failure,
        )  # fmt: skip
        return str(_object(answer)["id"])

    def fetch_media(self, media_id: str, max_bytes: int) -> VendorAnswer:
        """A file that came: where it is now (for five minutes), and then the bytes."""
        answer = call("GET", f"{self._root}/{media_id}", headers=self._headers, failure=failure)
        told = _object(answer)
        if str(told.get("file_size", "")).isdigit() and int(told["file_size"]) > max_bytes:
            raise PermanentFailure("The file is too large.", reason_code="too_large")
        url = str(told.get("url") or "")
        if not self._may_fetch(url):
            raise PermanentFailure("This file is not at Meta.", reason_code="forbidden_address")
        return call("GET", url, headers={**self._headers, "Accept": "*/*"}, max_bytes=max_bytes,
                    failure=failure)  # fmt: skip

    def templates(self, business_account_id: str) -> list[dict[str, Any]]:
        """Every message template of the business account."""
        found: list[dict[str, Any]] = []
        query: dict[str, str] | None = None
        for _ in range(MAX_PAGES):
            page = _object(call(
                "GET", f"{self._root}/{business_account_id}/message_templates", query=query,
                headers=self._headers, failure=failure,
            ))  # fmt: skip
            found += [each for each in page.get("data") or [] if isinstance(each, dict)]
            paging = page.get("paging") or {}
            after = (paging.get("cursors") or {}).get("after")
            if not after or not paging.get("next"):
                break
            query = {"after": str(after)}
        return found

    def number(self) -> dict[str, Any]:
        """Our number: ``display_phone_number``, ``verified_name``, ``quality_rating``."""
        url = f"{self._root}/{self.number_id}"
        return _object(call("GET", url, headers=self._headers, failure=failure))

    def subscribe(self, business_account_id: str, hook_url: str, verify_token: str) -> None:
        """Have the account's events sent to us; WhatsApp calls the address at once to prove it."""
        body = {"override_callback_uri": hook_url, "verify_token": verify_token}
        call("POST", f"{self._root}/{business_account_id}/subscribed_apps", body=body,
             headers=self._headers, failure=failure)  # fmt: skip

    def unsubscribe(self, business_account_id: str) -> None:
        """No more events."""
        call("DELETE", f"{self._root}/{business_account_id}/subscribed_apps",
             headers=self._headers, failure=failure)  # fmt: skip

    def subscriptions(self, business_account_id: str) -> list[dict[str, Any]]:
        """Which apps get the account's events."""
        answer = call(
            "GET", f"{self._root}/{business_account_id}/subscribed_apps", headers=self._headers,
            failure=failure,
        )  # fmt: skip
        return [each for each in _object(answer).get("data") or [] if isinstance(each, dict)]

    def _may_fetch(self, url: str) -> bool:
        """Our token goes to Meta alone."""
        parts = urlsplit(url)
        if url.startswith(f"{self.base}/"):
            return True
        return parts.scheme == "https" and f".{parts.hostname}".endswith(MEDIA_HOSTS)

    @property
    def _root(self) -> str:
        return f"{self.base}/{VERSION}"

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def _object(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}
