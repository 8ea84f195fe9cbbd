"""Twilio's REST API as far as we use it (version 2010-04-01); nothing else of us is known here."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.vendor_api import VendorAnswer, call, post_once
from integrations.twilio.words import failure
from tickets.models import Channel

API = "https://api.twilio.com"
PAGE_SIZE = 100


@dataclass(frozen=True)
class Twilio:
    """One account at Twilio."""

    base: str
    account_sid: str
    auth_token: str

    @classmethod
    def of(cls, channel: Channel) -> Twilio:
        """The channel's account; raises NeedsReauthorization if there is none yet."""
        sid = str(channel.config.get("account_sid") or "")
        token = str(decrypt(channel.secrets).get("auth_token") or "")
        if not sid or not token:
            raise NeedsReauthorization(
                "This channel has no Twilio account yet: add its SID and token."
            )
        return cls(str(channel.config.get("api_url") or API), sid, token)

    def send_message(self, form: list[tuple[str, str]]) -> dict[str, Any]:
        """Messages.json: the byte that counts. Raises as ``vendor_api.post_once``."""
        answer = post_once(
            "POST", f"{self._account}/Messages.json", form=form, headers=self._headers,
            failure=failure,
        )  # fmt: skip
        return _object(answer)

    def messages(self, **query: str) -> list[dict[str, Any]]:
        """Newest first: everything that matches, page after page, at most 10 pages."""
        return self._all("Messages.json", "messages", query)

    def calls(self, **query: str) -> list[dict[str, Any]]:
        """Newest first."""
        return self._all("Calls.json", "calls", query)

    def recordings(self, **query: str) -> list[dict[str, Any]]:
        """Newest first."""
        return self._all("Recordings.json", "recordings", query)

    def recording_url(self, sid: str) -> str:
        """Where a recording is, without the ending that chooses its form."""
        return f"{API}/2010-04-01/Accounts/{self.account_sid}/Recordings/{sid}"

    def find_number(self, number: str) -> dict[str, Any] | None:
        """Our number as Twilio has it, or None if the account does not own it."""
        found = self._all("IncomingPhoneNumbers.json", "incoming_phone_numbers",
                          {"PhoneNumber": number})  # fmt: skip
        return next((each for each in found if each.get("phone_number") == number), None)

    def change_number(self, sid: str, **form: str) -> dict[str, Any]:
        """Tell Twilio where to call; safe to repeat."""
        url = f"{self._account}/IncomingPhoneNumbers/{sid}.json"
        return _object(call("POST", url, form=form, headers=self._headers, failure=failure))

    def fetch(self, url: str, max_bytes: int) -> VendorAnswer:
        """A file that lies at Twilio: our credentials go to Twilio alone."""
        allowed = {urlsplit(self.base).netloc, urlsplit(API).netloc}
        if urlsplit(url).netloc not in allowed:
            raise PermanentFailure("This file is not at Twilio.", reason_code="forbidden_address")
        path = urlsplit(url)
        target = f"{self.base}{path.path}{'?' + path.query if path.query else ''}"
        return call("GET", target, headers={**self._headers, "Accept": "*/*"},
                    max_bytes=max_bytes, failure=failure)  # fmt: skip

    def media_url(self, message_sid: str, number: int) -> str:
        """Where the n-th file of a message is; raises PermanentFailure if there is no such."""
        found = self._all(f"Messages/{message_sid}/Media.json", "media_list", {})
        if number >= len(found):
            raise PermanentFailure("The file is gone from Twilio.", reason_code="gone")
        return f"{self._account}/Messages/{message_sid}/Media/{found[number]['sid']}"

    @property
    def _account(self) -> str:
        return f"{self.base}/2010-04-01/Accounts/{self.account_sid}"

    @property
    def _headers(self) -> dict[str, str]:
        pair = f"{self.account_sid}:{self.auth_token}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    def _all(self, path: str, name: str, query: dict[str, str]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        url = f"{self._account}/{path}"
        asked: dict[str, str] | None = {**query, "PageSize": str(PAGE_SIZE)}
        for _ in range(10):
            page = _object(call("GET", url, query=asked, headers=self._headers, failure=failure))
            found += [each for each in page.get(name) or [] if isinstance(each, dict)]
            if not page.get("next_page_uri"):
                break
            url, asked = f"{self.base}{page['next_page_uri']}", None
        return found


def moment(text: datetime) -> str:
    """A time as Twilio's filters take it."""
    return text.strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(answer: VendorAnswer) -> dict[str, Any]:
    return answer.data if isinstance(answer.data, dict) else {}
