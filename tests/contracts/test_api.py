"""The API channel keeps the connectors' contract; its own is Standard Webhooks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt, encrypt
from helpdesk.lib.signatures import fits_standard_webhook
from inbox.models import Hook
from integrations.custom.connector import ApiConnector
from integrations.custom.messages import item_of
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.vendor import Asked, VendorServer, contract_file
from tickets.actions.channels import create_channel
from tickets.models import Attachment, Channel, Message

SECRET = "whsec_" + base64.b64encode(b"a secret of twenty-four!").decode()


def signed(*events: dict[str, Any], at: str = "") -> Call:
    body = json.dumps({"events": events} if len(events) != 1 else events[0]).encode()
    timestamp = at or str(int(now().timestamp()))
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, f"call-1.{timestamp}.".encode() + body, hashlib.sha256).digest()
    head = {
        "webhook-id": "call-1",
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    return Call(body, head)


def message(key: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "message", "id": key, "conversation": "c1", "text": text,
        "from": {"id": "u1", "name": "Mia", "label": "@mia"}, **more,
    }  # fmt: skip


class TestApi(ChannelConnectorContract):
    kind = "api"
    sends_to = r"^/answers$"
    is_idempotent = True

    def judge(self, vendor: VendorServer) -> None:
        def verdict(asked: Asked) -> tuple[str, list[str]]:
            fits = fits_standard_webhook(
                SECRET, asked.headers.get("webhook-id", ""),
                asked.headers.get("webhook-timestamp", ""), asked.body,
                asked.headers.get("webhook-signature", ""),
            )  # fmt: skip
            return f"{asked.method} {asked.path}", [] if fits else ["the signature does not fit"]

        vendor.judged_by(verdict, connector="api")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="api", name="Our app", handle_kind="external",
            config={"url": f"{vendor.url}/answers"}, secrets=encrypt({"signing_secret": SECRET}),
        )  # fmt: skip

    def turn_away(self, channel: Channel) -> None:
        channel.config = {"url": "http://127.0.0.1:9/answers"}
        channel.save(update_fields=["config"])

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return signed(message(key, text))

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"name": "scan.3mf", "content_type": "model/3mf", "content": "AAECAw=="}
        return signed(message(key, text, attachments=[odd]))

    def unknown_call(self, channel: Channel) -> Call:
        return signed({"type": "typing", "id": "t1"})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"id": "out-1"})
        return "out-1"

    def test_an_answer_says_all_that_the_other_side_needs(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        sent = self.answered(channel, vendor_of)
        told = vendor_of.last("POST", self.sends_to)
        assert told.headers["webhook-id"] == str(sent.pk)
        assert told.json["conversation"] == "c1"
        assert told.json["in_reply_to"] == "m1"
        assert (told.json["to"], told.json["text"]) == ("u1", "It arrives on Tuesday.")

    def test_states_edits_and_deletions_come_by_the_same_road(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        sent = self.answered(channel, vendor_of)
        events = (
            {"type": "status", "message_id": str(sent.pk), "state": "read"},
            {"type": "edited", "id": "m1", "text": "Where is my blue parcel?"},
            {"type": "deleted", "id": "m1"},
        )
        assert self.post(channel, signed(*events)) == 202
        self.settle(channel)
        came = Message.objects.select_related("body").get(external_id="m1")
        assert Message.objects.get(pk=sent.pk).delivery_state == "read"
        assert came.body.text == "Where is my blue parcel?"
        assert came.details["previous_texts"] == ["Where is my parcel?"]
        assert came.details["is_deleted"] is True

    def test_a_file_and_its_bytes_are_kept(self, channel: Channel, vendor_of: VendorServer) -> None:
        self.post(channel, self.odd_file_call(channel, "m1", "See the scan"))
        self.settle(channel)
        file = Attachment.objects.get()
        assert (file.name, file.size_bytes, file.state) == ("scan.3mf", 4, "ready")

    def test_what_does_not_fit_is_refused_by_its_field_before_anything_is_kept(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        call = signed({**message("m1", "Hello"), "rating": 9})
        assert self.post(channel, call) == 422
        assert Hook.objects.count() == 0

    def test_an_old_call_is_refused(self, channel: Channel, vendor_of: VendorServer) -> None:
        old = str(int(now().timestamp()) - 900)
        assert self.post(channel, signed(message("m1", "Hello"), at=old)) == 401

    def test_the_secret_is_the_one_that_signs_both_ways(self, channel: Channel) -> None:
        assert decrypt(channel.secrets)["signing_secret"] == SECRET
        assert ApiConnector().manifest.kind == "api"


@pytest.mark.parametrize(
    ("event", "path"),
    [
        ({"type": "message"}, "from"),
        ({**message("m1", ""), "text": ""}, "text"),
        ({**message("m1", "x"), "from": {"id": ""}}, "from.id"),
        ({**message("m1", "x"), "conversation": None}, "conversation"),
        ({**message("m1", "x"), "kind": "shout"}, "kind"),
        ({**message("m1", "x"), "sent_at": "yesterday"}, "sent_at"),
        ({**message("m1", "x"), "attachments": [{"content": "§"}]}, "attachments.0.content"),
        ({"type": "status", "id": "1", "state": "eaten"}, "state"),
        ({"type": "status", "message_id": "x", "state": "sent"}, "message_id"),
    ],
)
def test_every_wrong_field_is_named(event: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidInput) as raised:
        item_of(event)
    assert [each.path for each in raised.value.errors] == [path]


def test_the_official_vector_of_standard_webhooks_verifies_and_a_tampered_one_does_not() -> None:
    told = json.loads(contract_file("standard-webhooks/vector.json").read_text())

    def fits(body: str) -> bool:
        return fits_standard_webhook(
            told["secret"], told["msg_id"], told["timestamp"], body.encode(), told["signature"]
        )

    assert fits(told["payload"])
    assert not fits(told["payload"].replace("2432", "2433"))
