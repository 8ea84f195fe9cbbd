"""WhatsApp by Meta, judged by Meta's own OpenAPI file, and by Twilio, judged by Twilio's."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.secrets import encrypt
from tests.contracts import test_twilio
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.test_twilio import ACCOUNT, OURS, THEIRS, TOKEN, sid
from tests.contracts.vendor import VendorServer
from tickets.actions.channels import create_channel
from tickets.models import Channel

CLOUD = "meta/whatsapp-business-messaging-api_v23.0.yaml.gz"
NUMBER_ID, BUSINESS_ID = "1122334455667", "102290129340398"
SECRETS = {"access_token": "EAAG", "app_secret": "whispered", "verify_token": "made-up-by-us"}
SENDS = rf"^/v23\.0/{NUMBER_ID}/messages$"


def relax(document: dict[str, Any]) -> None:
    """What Meta documents and sends back in statuses, but left out of its file."""
    common = document["components"]["schemas"]["BaseMessageProperties"]["properties"]
    common["biz_opaque_callback_data"] = {"type": "string", "maxLength": 512}


def make_whatsapp(organization: Organization, api_url: str, **config: Any) -> Channel:
    return create_channel(
        organization, kind="whatsapp", name="WhatsApp", handle_kind="phone", address=NUMBER_ID,
        config={"api_url": api_url, "provider": "meta", "business_account_id": BUSINESS_ID,
                "pace_per_second": 1000, **config},
        secrets=encrypt(SECRETS),
    )  # fmt: skip


def make_by_twilio(organization: Organization, api_url: str, **config: Any) -> Channel:
    return create_channel(
        organization, kind="whatsapp", name="WhatsApp", handle_kind="phone", address=OURS,
        config={"api_url": api_url, "provider": "twilio", "account_sid": ACCOUNT,
                "pace_per_second": 1000, **config},
        secrets=encrypt({"auth_token": TOKEN}),
    )  # fmt: skip


def signed(told: Any) -> Call:
    body = json.dumps(told).encode()
    digest = hmac.new(SECRETS["app_secret"].encode(), body, hashlib.sha256).hexdigest()
    return Call(body, {"X-Hub-Signature-256": f"sha256={digest}"})


def change(field: str = "messages", **value: Any) -> dict[str, Any]:
    metadata = {"display_phone_number": "15550100200", "phone_number_id": NUMBER_ID}
    whole = {"messaging_product": "whatsapp", "metadata": metadata, **value}
    entry = {"id": BUSINESS_ID, "changes": [{"field": field, "value": whole}]}
    return {"object": "whatsapp_business_account", "entry": [entry]}


def came(key: str, kind: str = "text", **more: Any) -> dict[str, Any]:
    message = {"from": THEIRS[1:], "id": f"wamid.{key}", "type": kind,
               "timestamp": str(int(now().timestamp())), **more}  # fmt: skip
    contact = {"profile": {"name": "Mia Laurent"}, "wa_id": THEIRS[1:]}
    return change(contacts=[contact], messages=[message])


class TestByMeta(ChannelConnectorContract):
    kind = "whatsapp"
    sends_to = SENDS

    def judge(self, vendor: VendorServer) -> None:
        vendor.obeys(CLOUD, connector="whatsapp (Meta)", relax=relax)

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return make_whatsapp(organization, vendor.url)

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return signed(came(key, text={"body": text}))

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"id": "99", "mime_type": "model/3mf", "filename": "part.3mf", "caption": text}
        return signed(came(key, "document", document=odd))

    def unknown_call(self, channel: Channel) -> Call:
        return signed(change("message_template_quality_update", new_quality_score="GREEN"))

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", SENDS, 200, {"messages": [{"id": "wamid.out"}]})
        return "wamid.out"

    def refused(self) -> Any:
        return {"error": {"message": "(#131026) Undeliverable", "code": 131026}}

    def unauthorized(self) -> Any:
        return {"error": {"message": "Session has expired", "code": 190}}

    def rate_limited(self) -> Any:
        return {"error": {"message": "Rate limit hit", "code": 130429}}


class TestByTwilio(test_twilio.TestSms):
    kind = "whatsapp"

    def judge(self, vendor: VendorServer) -> None:
        vendor.obeys("twilio/twilio_api_v2010.json.gz", connector="whatsapp (Twilio)")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return make_by_twilio(organization, vendor.url)

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        fields = test_twilio.text_fields(key, text, From=f"whatsapp:{THEIRS}", To=f"whatsapp:{OURS}",
                                         ProfileName="Mia Laurent")  # fmt: skip
        return test_twilio.signed(channel, fields)

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        url = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid(key)}/Media/ME1"
        fields = test_twilio.text_fields(key, text, From=f"whatsapp:{THEIRS}", To=f"whatsapp:{OURS}",
                                         NumMedia="1", MediaUrl0=url)  # fmt: skip
        return test_twilio.signed(channel, fields)

    def refused(self) -> Any:
        return {"code": 63003, "message": "Channel could not find To address", "status": 400}
