"""Facebook and Instagram: every request judged by Meta's own description of the Graph API."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox import delivery
from inbox.connector import (
    FetchesFiles,
    KnowsReach,
    Place,
    get_connector,
)
from inbox.models import Delivery, Thread
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.graph import graph_judge
from tests.contracts.vendor import VendorServer
from tickets.actions.attach import keep_upload
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

SECRET, TOKEN = "app secret", "page token"
PAGE, ACCOUNT, MIA = "1001", "1784", "7007"
NODES = {
    PAGE: "Page",
    MIA: "User",
    r"\d+_\d+": "PagePost",
    r"c\d+_\d+": "Comment",
    r"t_\w+": "UnifiedThread",
}
INSTAGRAM_NODES = {
    PAGE: "Page",
    MIA: "IGUser",
    ACCOUNT: "IGUser",
    r"18\d+": "IGComment",
    r"t_\w+": "UnifiedThread",
}
LOGIN_NODES = {
    ACCOUNT: "IGUserForIGOnlyAPI",
    MIA: "IGUserForIGOnlyAPI",
    r"18\d+": "IGComment",
    r"t_\w+": "UnifiedThread",
}


def signed(told: dict[str, Any]) -> Call:
    body = json.dumps(told).encode()
    fits = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Call(body, {"X-Hub-Signature-256": f"sha256={fits}"})


def milliseconds() -> int:
    return int(now().timestamp() * 1000)


class MetaContract(ChannelConnectorContract):
    object: str
    account: str
    nodes: ClassVar[dict[str, str]]

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(graph_judge(self.nodes), connector=self.kind)

    def config(self) -> dict[str, Any]:
        return {"app_id": "55"}

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind=self.kind, name=self.kind, handle_kind=self.kind,
            address=self.account, config={"api_url": vendor.url, "pace_per_second": 1000, **self.config()},
            secrets=encrypt(
                {"access_token": TOKEN, "app_secret": SECRET, "verify_token": "open sesame"}
            ),
        )  # fmt: skip

    def event(self, **more: Any) -> dict[str, Any]:
        return {
            "sender": {"id": MIA}, "recipient": {"id": self.account}, "timestamp": milliseconds(),
            **more,
        }  # fmt: skip

    def messaging(self, *events: dict[str, Any]) -> Call:
        entry = {"id": self.account, "time": milliseconds(), "messaging": list(events)}
        return signed({"object": self.object, "entry": [entry]})

    def changes(self, field: str, value: dict[str, Any]) -> Call:
        entry = {
            "id": self.account, "time": int(now().timestamp()),
            "changes": [{"field": field, "value": value}],
        }  # fmt: skip
        return signed({"object": self.object, "entry": [entry]})

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return self.messaging(self.event(message={"mid": key, "text": text}))

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"type": "hologram", "payload": {"sparkle": True}}
        return self.messaging(self.event(message={"mid": key, "text": text, "attachments": [odd]}))

    def unknown_call(self, channel: Channel) -> Call:
        return self.messaging(self.event(some_new_thing={"x": 1}))

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"recipient_id": MIA, "message_id": "mid.out"})
        return "mid.out"

    def rate_limited(self) -> Any:
        return {
            "error": {"message": "(#613) Calls to this api have exceeded the rate", "code": 613}
        }

    def unauthorized(self) -> Any:
        return {"error": {"message": "Error validating access token", "code": 190}}

    def refused(self) -> Any:
        return {"error": {"message": "(#100) Param message must be non-empty", "code": 100}}

    def take(self, channel: Channel, call: Call) -> None:
        assert self.post(channel, call) == 200
        self.settle(channel)


class _Conversations(MetaContract):
    """What Messenger and Instagram messages have in common."""

    @pytest.fixture(autouse=True)
    def _somebody(self, bo: User) -> None:
        self.bo = bo

    def test_meta_gets_its_challenge_back_and_nothing_is_kept(self, channel: Channel) -> None:
        path = f"/hooks/{self.kind}/{channel.hook_token}"
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
        answer = Client().get(path, {**query, "hub.verify_token": "open sesame"})
        assert (answer.status_code, answer.content) == (200, b"1158201444")
        assert Client().get(path, {**query, "hub.verify_token": "open barley"}).status_code == 401
        assert Client().get(path, query).status_code == 401

    def test_our_own_words_coming_back_open_no_ticket(self, channel: Channel) -> None:
        echo = {"mid": "e1", "text": "Hello", "is_echo": True, "app_id": 55}
        own = {**self.event(message={"mid": "e2", "text": "Hi"}), "sender": {"id": self.account}}
        self.take(channel, self.messaging(self.event(message=echo), own))
        assert Ticket.objects.count() == 0

    def test_a_receipt_moves_our_message_on_and_a_reaction_changes_nothing(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        message = self.answered(channel, vendor_of)
        receipts = [
            self.event(delivery={"mids": ["mid.out"], "watermark": milliseconds()}),
            self.event(read={"mid": "mid.out"}),
            self.event(reaction={"mid": "mid.out", "action": "react", "emoji": "❤"}),
        ]
        self.take(channel, self.messaging(*receipts))
        assert Message.objects.get(pk=message.pk).delivery_state == DeliveryState.READ
        assert Ticket.objects.count() == 1

    def test_an_unsent_message_keeps_its_words_and_says_so(self, channel: Channel) -> None:
        self.take(channel, self.text_call(channel, "m1", "My card number is 4111"))
        self.take(channel, self.messaging(self.event(message={"mid": "m1", "is_deleted": True})))
        message = Message.objects.get()
        assert message.details["is_deleted"] is True
        assert message.body.text == "My card number is 4111"

    def test_an_edited_message_shows_the_new_words_and_keeps_the_old(
        self, channel: Channel
    ) -> None:
        self.take(channel, self.text_call(channel, "m1", "Size M"))
        self.take(channel, self.messaging(self.event(message_edit={"mid": "m1", "text": "Size L"})))
        message = Message.objects.select_related("body").get()
        assert (message.body.text, message.details["previous_texts"]) == ("Size L", ["Size M"])

    def test_a_pressed_button_reads_as_its_title(self, channel: Channel) -> None:
        pressed = self.event(postback={"mid": "p1", "title": "Track my order", "payload": "TRACK"})
        quick = self.event(message={"mid": "q1", "text": "Yes", "quick_reply": {"payload": "YES"}})
        self.take(channel, self.messaging(pressed, quick))
        assert sorted(self.texts(channel)) == ["Track my order", "Yes"]

    def test_a_picture_is_fetched_after_its_message_is_filed(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.judge = None
        vendor_of.answers(
            "GET", r"^/cdn/", 200, b"\x89PNG...", headers={"Content-Type": "image/png"}
        )
        picture = {"type": "image", "payload": {"url": f"{vendor_of.url}/cdn/a.png"}}
        self.take(
            channel, self.messaging(self.event(message={"mid": "m1", "attachments": [picture]}))
        )
        file = Attachment.objects.get()
        assert file.name == "a.png"
        connector = get_connector(self.kind)
        assert isinstance(connector, FetchesFiles)
        assert file.source is not None
        fetched = connector.fetch_file(channel, file.source, 1000)
        assert (fetched.content, fetched.content_type) == (b"\x89PNG...", "image/png")
        vendor_of.answers("GET", r"^/cdn/", 404)
        with pytest.raises(PermanentFailure):
            connector.fetch_file(channel, file.source, 1000)

    def test_after_a_day_only_people_with_metas_permission_can_answer(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        connector = get_connector(self.kind)
        assert isinstance(connector, KnowsReach)
        self.take(channel, self.text_call(channel, "m1", "Where is my parcel?"))
        self.age(channel, hours=25)
        place = self.place(channel)
        assert connector.reach(channel, place).reason == "window_closed"
        assert self.answer(channel).delivery_state == DeliveryState.FAILED
        assert vendor_of.asked("POST", self.sends_to) == 0
        channel.config = {**channel.config, "human_agent": True}
        channel.save(update_fields=["config"])
        assert connector.reach(channel, place).is_reachable
        assert self.answer(channel).delivery_state == DeliveryState.SENT
        body = vendor_of.last("POST", self.sends_to).json
        assert (body["messaging_type"], body["tag"]) == ("MESSAGE_TAG", "HUMAN_AGENT")
        self.age(channel, hours=24 * 7 + 1)
        assert connector.reach(channel, self.place(channel)).reason == "window_closed"

    def test_files_are_uploaded_first_and_each_leaves_as_a_message(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers("POST", r"/message_?attachments$", 200, {"attachment_id": "a9"})
        self.take(channel, self.text_call(channel, "m1", "Where is my parcel?"))
        message = self.answer(channel, files=[("slip.pdf", "application/pdf", b"%PDF")])
        assert message.delivery_state == DeliveryState.SENT
        said = [each.json["message"] for each in vendor_of.all("POST", self.sends_to)]
        payload = {"type": "file", "payload": {"attachment_id": "a9"}}
        assert said == [{"text": "It leaves today."}, {"attachment": payload}]

    def test_when_only_a_part_left_a_person_decides(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("POST", self.sends_to, 400, self.refused())
        vendor_of.answers("POST", self.sends_to, 200, {"message_id": "mid.1"}, times=1)
        vendor_of.answers("POST", r"/message_?attachments$", 200, {"attachment_id": "a9"})
        self.take(channel, self.text_call(channel, "m1", "Where is my parcel?"))
        message = self.answer(channel, files=[("slip.pdf", "application/pdf", b"%PDF")])
        assert message.delivery_state == DeliveryState.UNCERTAIN

    def test_a_text_over_the_limit_is_refused_before_anything_leaves(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.take(channel, self.text_call(channel, "m1", "Where is my parcel?"))
        message = self.answer(channel, text="ü" * 2001)
        assert message.delivery_state == DeliveryState.FAILED
        assert vendor_of.asked("POST", self.sends_to) == 0

    def test_metas_own_no_to_a_late_answer_is_told_as_such(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        said = {"message": "(#10) outside of allowed window", "code": 10, "error_subcode": 2018278}
        vendor_of.answers("POST", self.sends_to, 400, {"error": said})
        self.take(channel, self.text_call(channel, "m1", "Where is my parcel?"))
        message = self.answer(channel)
        assert Delivery.objects.get(message=message).reason_code == "window_closed"

    # Driving it

    def place(self, channel: Channel) -> Place:
        thread = Thread.objects.get(channel=channel)
        return Place(thread.address, thread.data, thread.last_inbound_at)

    def age(self, channel: Channel, *, hours: int) -> None:
        Thread.objects.update(last_inbound_at=now() - timedelta(hours=hours))

    def answer(
        self,
        channel: Channel,
        text: str = "It leaves today.",
        details: dict[str, Any] | None = None,
        files: list[tuple[str, str, bytes]] | None = None,
    ) -> Message:
        """An answer of Bo's that has gone as far as it can."""
        kept = [
            keep_upload(self.bo, name=name, content_type=kind, content=content).pk
            for name, kind, content in files or []
        ]
        outgoing = OutgoingMessage(text=text, details=details or {}, attachment_ids=kept)
        message = reply(Ticket.objects.get().pk, outgoing, user=self.bo if files else None)
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        return Message.objects.get(pk=message.pk)


class TestMessenger(_Conversations):
    kind = "facebook"
    object = "page"
    account = PAGE
    nodes = NODES
    sends_to = r"/1001/messages$"


class TestInstagramLogin(_Conversations):
    kind = "instagram"
    object = "instagram"
    account = ACCOUNT
    nodes = LOGIN_NODES
    sends_to = r"/1784/messages$"

    def config(self) -> dict[str, Any]:
        return {"app_id": "55", "login": "instagram"}


class _ByPage(MetaContract):
    """An Instagram account that is reached by the Facebook page it belongs to."""

    kind = "instagram"
    object = "instagram"
    account = ACCOUNT
    nodes = INSTAGRAM_NODES
    sends_to = r"/1001/messages$"

    def config(self) -> dict[str, Any]:
        return {"app_id": "55", "login": "page", "page_id": PAGE}


@pytest.mark.django_db(transaction=True)
def test_instagram_by_page_is_answered_by_its_page(
    organization: Organization, vendor: VendorServer, bo: User
) -> None:
    kit = _ByPage()
    kit.judge(vendor)
    channel = kit.make_channel(organization, vendor)
    kit.vendor_accepts(vendor)
    vendor.answers("POST", r"/1001/message_attachments$", 200, {"attachment_id": "a9"})
    kit.take(channel, kit.text_call(channel, "m1", "Where is my parcel?"))
    kept = keep_upload(bo, name="a.png", content_type="image/png", content=b"\x89PNG")
    outgoing = OutgoingMessage(text="It leaves today.", attachment_ids=[kept.pk])
    message = reply(Ticket.objects.get().pk, outgoing, user=bo)
    run_subscribers(channel.organization_id)
    delivery.deliver_due()
    assert Message.objects.get(pk=message.pk).delivery_state == DeliveryState.SENT
    first = vendor.all("POST", r"/1001/messages$")[0].json
    assert first["recipient"] == {"id": MIA}
    assert first["messaging_type"] == "RESPONSE"
