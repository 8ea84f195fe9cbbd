"""SMS by Twilio, judged by Twilio's own OpenAPI file and signed as its library signs."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from twilio.request_validator import RequestValidator

from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.vendor import VendorServer
from tickets.actions.channels import create_channel
from tickets.models import Channel

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "whispered"
OURS, THEIRS = "+15550100200", "+15550177001"
MESSAGES = rf"^/2010-04-01/Accounts/{ACCOUNT}/Messages\.json$"


def sid(key: str, kind: str = "SM") -> str:
    """A Twilio id made of a test's own key."""
    return kind + key.encode().hex().rjust(32, "0")


def signed(channel: Channel, fields: dict[str, str], query: str = "") -> Call:
    """A call as Twilio makes it."""
    url = f"{settings.PUBLIC_URL}/hooks/{channel.kind}/{channel.hook_token}"
    url = f"{url}?{query}" if query else url
    whole = {"AccountSid": ACCOUNT, **fields}
    return Call(
        urlencode(whole).encode(),
        {"X-Twilio-Signature": RequestValidator(TOKEN).compute_signature(url, whole)},
        query=query,
        content_type="application/x-www-form-urlencoded",
    )


def text_fields(key: str, text: str, **more: str) -> dict[str, str]:
    return {"MessageSid": sid(key), "From": THEIRS, "To": OURS, "Body": text, "NumMedia": "0",
            "SmsStatus": "received", **more}  # fmt: skip


def make_sms(organization: Organization, api_url: str, **config: Any) -> Channel:
    return create_channel(
        organization, kind="sms", name="Texts", handle_kind="phone", address=OURS,
        config={"api_url": api_url, "account_sid": ACCOUNT, "pace_per_second": 1000, **config},
        secrets=encrypt({"auth_token": TOKEN}),
    )  # fmt: skip


def message_json(key: str, **more: Any) -> dict[str, Any]:
    """A message as the API tells it."""
    return {"sid": sid(key), "account_sid": ACCOUNT, "from": OURS, "to": THEIRS, "status": "queued",
            "direction": "outbound-api", "body": "", "num_media": "0", "error_code": None,
            "error_message": None, **more}  # fmt: skip


class TestSms(ChannelConnectorContract):
    kind = "sms"
    sends_to = MESSAGES

    def judge(self, vendor: VendorServer) -> None:
        vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="sms")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return make_sms(organization, vendor.url)

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return signed(channel, text_fields(key, text))

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(key)}/Media/ME1"
        odd = {"NumMedia": "1", "MediaUrl0": url, "MediaContentType0": "model/3mf"}
        return signed(channel, text_fields(key, text, **odd))

    def unknown_call(self, channel: Channel) -> Call:
        return signed(channel, {"EventType": "onConversationAdded", "ConversationSid": "CH1"})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", MESSAGES, 201, message_json("out"))
        return sid("out")

    def refused(self) -> Any:
        return {"code": 21614, "message": "'To' number is not a valid mobile number", "status": 400}

    def unauthorized(self) -> Any:
        return {"code": 20003, "message": "Authenticate", "status": 401}

    def rate_limited(self) -> Any:
        return {"code": 20429, "message": "Too Many Requests", "status": 429}
