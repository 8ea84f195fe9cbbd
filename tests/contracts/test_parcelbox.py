"""The kit itself, on the smallest connector: if this is red, look at the kit first."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator
from typing import Any

import pytest

import inbox.connector
from helpdesk.accounts.models import Organization
from helpdesk.lib.secrets import encrypt
from inbox import files, webhooks
from inbox.models import Hook
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.parcelbox import ParcelboxConnector
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.channels import create_channel
from tickets.models import Attachment, Channel, Message

SECRET = "whispered"


def signed(*events: dict[str, Any]) -> Call:
    body = json.dumps({"events": events}).encode()
    fits = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Call(body, {"X-Parcelbox-Signature": fits})


def text_event(key: str, text: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": key, "text": text, "from": {"id": "p7", "name": "Mia"}, **more}


class TestParcelbox(ChannelConnectorContract):
    kind = "parcelbox"
    sends_to = r"^/v1/messages$"

    @pytest.fixture(autouse=True)
    def _known(self) -> Iterator[None]:
        inbox.connector.register(ParcelboxConnector())
        yield
        inbox.connector._registry.pop("parcelbox")

    def judge(self, vendor: VendorServer) -> None:
        def verdict(asked: Asked) -> tuple[str, list[str]]:
            is_known = asked.method == "POST" and set(asked.json) == {"to", "text"}
            return f"{asked.method} {asked.path}", [] if is_known else ["not in the contract"]

        vendor.judged_by(verdict, connector="parcelbox")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="parcelbox", name="Parcelbox", handle_kind="external",
            config={"api_url": vendor.url},
            secrets=encrypt({"token": "t", "signing_secret": SECRET}),
        )  # fmt: skip

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return signed(text_event(key, text))

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"name": "scan.3mf", "type": "model/3mf", "url": "https://files.example/1"}
        return signed(text_event(key, text, files=[odd]))

    def unknown_call(self, channel: Channel) -> Call:
        return signed({"type": "typing", "id": "t1"})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 201, {"id": "out-1"})
        return "out-1"

    def test_a_file_of_an_unfetchable_kind_says_so_on_the_message(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.post(channel, self.odd_file_call(channel, "m1", "See the picture"))
        self.settle(channel)
        attachment = Attachment.objects.get()
        assert attachment.state == "waiting"
        files.fetch_file(attachment.pk)
        attachment.refresh_from_db()
        assert (attachment.state, attachment.detail) == (
            "failed", "This kind of channel cannot fetch files.",
        )  # fmt: skip

    def test_a_report_faster_than_our_own_note_waits_for_it(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        report = signed({"type": "delivered", "id": "out-1"})
        assert self.post(channel, report) == 200
        webhooks.process_hooks(channel.pk)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == "sent"
        Hook.objects.filter(state="waiting").update(due_at=message.created_at)
        webhooks.process_due()
        assert Message.objects.get(pk=message.pk).delivery_state == "delivered"
