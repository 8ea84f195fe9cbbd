"""Telegram by the contract of every connector, each call judged by the Bot API's description."""

from __future__ import annotations

import json
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox import delivery, door, files
from inbox.connector import OutboundMessage, get_connector
from inbox.polling import poll_channel
from integrations.telegram.connector import hook_secret
from tests.contracts import telegram_judge
from tests.contracts.channel_connector import Call, ChannelConnectorContract, poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

TOKEN = "700:AAtest-token"
MIA = {"id": 4711, "is_bot": False, "first_name": "Mia", "last_name": "Laurent", "username": "mia"}


def message_of(number: int, text: str = "", **more: Any) -> dict[str, Any]:
    said = {"text": text} if text else {}
    chat = {"id": 4711, "type": "private", "first_name": "Mia"}
    return {"message_id": number, "from": MIA, "chat": chat, "date": 1795651200, **said, **more}


def make(organization: Organization, vendor: VendorServer, **config: Any) -> Channel:
    return create_channel(
        organization, kind="telegram", name="Bot", handle_kind="telegram", address="@shopbot",
        config={
            "api_url": vendor.url, "receives_by": "webhook", "pace_per_second": 1000, **config,
        },
        secrets=encrypt({"token": TOKEN}),
    )  # fmt: skip


def called(channel: Channel, update: Any) -> Call:
    return Call(
        json.dumps(update).encode(), {"X-Telegram-Bot-Api-Secret-Token": hook_secret(channel)}
    )


class TestTelegram(ChannelConnectorContract):
    kind = "telegram"
    sends_to = r"/sendMessage$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(telegram_judge.judge, connector="telegram")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return make(organization, vendor)

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        number = int(key[1:])
        return called(channel, {"update_id": 900 + number, "message": message_of(number, text)})

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"file_id": "f1", "file_unique_id": "u1", "mime_type": "model/3mf"}
        said = message_of(1, document=odd, caption=text)
        return called(channel, {"update_id": 901, "message": said})

    def unknown_call(self, channel: Channel) -> Call:
        return called(channel, {"update_id": 77, "poll_answer": {"poll_id": "1"}})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        sent = {"message_id": 31, "chat": {"id": 4711}, "date": 1795651300}
        vendor.answers("POST", self.sends_to, 200, {"ok": True, "result": sent})
        return "700:4711:31"

    def rate_limited(self) -> Any:
        return {"ok": False, "error_code": 429, "parameters": {"retry_after": 7}}

    def refused(self) -> Any:
        return {"ok": False, "description": "Bad Request: message text is empty"}

    @pytest.mark.skip(reason="Telegram proves itself by a secret header; it signs no body")
    def test_a_tampered_body_is_refused(self) -> None:  # type: ignore[override]
        """Not for this vendor."""

    def update(self, channel: Channel, **update: Any) -> None:
        assert self.post(channel, called(channel, {"update_id": 5, **update})) == 200
        self.settle(channel)

    # What comes in, beyond words

    def test_a_photo_comes_with_its_caption_and_is_fetched_afterwards(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        sizes = [
            {"file_id": "small", "file_unique_id": "s", "width": 90, "height": 90, "file_size": 9},
            {"file_id": "large", "file_unique_id": "l", "width": 900, "height": 9, "file_size": 99},
        ]
        self.update(channel, message=message_of(1, photo=sizes, caption="It is torn"))
        found = {"file_id": "large", "file_unique_id": "l", "file_path": "photos/1.jpg"}
        vendor_of.answers("POST", r"/getFile$", 200, {"ok": True, "result": found})
        vendor_of.answers("GET", r"/file/bot.*/photos/1\.jpg$", 200, b"JPEG bytes")
        [file] = Attachment.objects.all()
        assert files.fetch_file(file.pk)
        file.refresh_from_db()
        assert vendor_of.last("POST", "/getFile").json == {"file_id": "large"}
        assert (file.name, blobs.read(file.sha256)) == ("photo.jpg", b"JPEG bytes")
        assert self.texts(channel) == ["It is torn"]

    def test_a_file_that_telegram_withholds_is_told(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        voice = {"file_id": "v", "file_unique_id": "v", "duration": 9, "file_size": 30_000_000}
        self.update(channel, message=message_of(1, voice=voice))
        said = {"ok": False, "error_code": 400, "description": "Bad Request: file is too big"}
        vendor_of.answers("POST", r"/getFile$", 400, said)
        [file] = Attachment.objects.all()
        assert not files.fetch_file(file.pk)
        file.refresh_from_db()
        assert (file.state, file.detail) == (
            "failed", "The file is larger than Telegram allows.",
        )  # fmt: skip

    def test_an_edit_changes_the_message_and_keeps_what_it_was(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.update(channel, message=message_of(1, "Order 1041"))
        self.update(channel, edited_message=message_of(1, "Order 1042", edit_date=1795651300))
        [message] = Message.objects.select_related("body")
        assert message.body.text == "Order 1042"
        assert message.details["previous_texts"] == ["Order 1041"]

    def test_what_is_no_customers_message_opens_no_ticket(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        bot = {"id": 700, "is_bot": True, "first_name": "Shop"}
        self.update(channel, message=message_of(1, "/start"))
        self.update(channel, message={**message_of(2, "Hello"), "from": bot})
        self.update(channel, message=message_of(3, new_chat_title="Other"))
        self.update(channel, channel_post=message_of(4, "News"))
        self.update(channel, my_chat_member={"chat": {"id": 4711}})
        assert Ticket.objects.count() == 0

    def test_topics_and_people_of_groups_are_conversations_of_their_own(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        group = {"id": -100, "type": "supergroup", "title": "Weavers", "is_forum": True}
        plain = {"id": -200, "type": "group", "title": "Friends"}
        in_topic = {"chat": group, "is_topic_message": True, "message_thread_id": 8}
        ben = {**MIA, "id": 4712, "first_name": "Ben", "username": "ben"}
        self.update(channel, message={**message_of(1, "In the topic"), **in_topic})
        self.update(channel, message={**message_of(2, "Me too"), **in_topic, "from": ben})
        self.update(channel, message={**message_of(3, "Mia in the group"), "chat": plain})
        self.update(channel, message={**message_of(4, "Ben too"), "chat": plain, "from": ben})
        threads = [
            sorted(each.messages.values_list("body__text", flat=True))
            for each in Ticket.objects.order_by("number")
        ]
        assert threads == [["In the topic", "Me too"], ["Mia in the group"], ["Ben too"]]
        sent = {"message_id": 9, "chat": {"id": -100}}
        vendor_of.answers("POST", self.sends_to, 200, {"ok": True, "result": sent})
        first = Ticket.objects.order_by("number").first()
        assert first is not None
        self.reply(channel, first, "We see it")
        assert vendor_of.last("POST", self.sends_to).json == {
            "chat_id": -100, "message_thread_id": 8, "text": "We see it",
            "reply_parameters": {"message_id": 2, "allow_sending_without_reply": True},
        }  # fmt: skip

    # What goes out, beyond words

    def reply(self, channel: Channel, ticket: Ticket, text: str) -> Message:
        message = reply(ticket.pk, OutgoingMessage(text=text))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        return Message.objects.get(pk=message.pk)

    def test_a_customer_who_blocked_the_bot_is_told_at_once(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        said = {"ok": False, "description": "Forbidden: bot was blocked by the user"}
        vendor_of.answers("POST", self.sends_to, 403, said)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.FAILED
        assert "blocked the bot" in message.delivery_reason

    def test_a_group_that_got_another_id_is_followed(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        moved = {
            "ok": False,
            "parameters": {"migrate_to_chat_id": -1009},
            "description": "upgraded",
        }
        vendor_of.answers("POST", self.sends_to, 400, moved, times=1)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.SENT
        assert [each.json["chat_id"] for each in vendor_of.all("POST", self.sends_to)] == [
            4711, -1009,
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("names", "method"),
        [
            (["a.jpg"], "sendPhoto"),
            (["a.pdf"], "sendDocument"),
            (["a.jpg", "b.png"], "sendMediaGroup"),
            (["a.jpg", "b.pdf"], "sendMediaGroup"),
        ],
    )
    def test_words_and_files_leave_in_one_call(
        self, channel: Channel, vendor_of: VendorServer, names: list[str], method: str
    ) -> None:
        sent = {"message_id": 31, "chat": {"id": 4711}}
        result = [sent, sent] if method == "sendMediaGroup" else sent
        vendor_of.answers("POST", rf"/{method}$", 200, {"ok": True, "result": result})
        begun: list[bool] = []
        outgoing = outbound("Look", names, to="4711")
        done = get_connector("telegram").send(channel, outgoing, lambda: begun.append(True))
        assert (done.external_id, begun) == ("700:4711:31", [True])
        assert len(vendor_of.requests) == 1
        assert b"Look" in vendor_of.requests[0].body

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            (outbound("x" * 4097, to="4711"), "too_long"),
            (outbound("x" * 1025, ["a.jpg"], to="4711"), "too_long"),
            (outbound("x", ["a.jpg"] * 11, to="4711"), "too_many_files"),
            (outbound("x"), "no_conversation"),
        ],
    )
    def test_what_telegram_cannot_take_is_refused_before_anything_leaves(
        self, channel: Channel, vendor_of: VendorServer, message: OutboundMessage, code: str
    ) -> None:
        with pytest.raises(PermanentFailure) as caught:
            get_connector("telegram").send(channel, message, never)
        assert caught.value.reason_code == code
        assert vendor_of.requests == []

    # Setting up

    def test_connecting_tells_telegram_where_to_call(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        bot = {"id": 700, "is_bot": True, "first_name": "Shop", "username": "shopbot"}
        vendor_of.answers("POST", r"/getMe$", 200, {"ok": True, "result": bot})
        vendor_of.answers("POST", r"/(set|delete)Webhook$", 200, {"ok": True, "result": True})
        connector: Any = get_connector("telegram")
        account = connector.connect(channel, "https://help.example.com/hooks/telegram/x")
        assert (account.label, account.address) == ("Shop (@shopbot)", "@shopbot")
        assert account.config == {"receives_by": "webhook"}
        told = vendor_of.last("POST", "/setWebhook").json
        assert told["url"] == "https://help.example.com/hooks/telegram/x"
        assert told["secret_token"] == hook_secret(channel)
        local = connector.connect(channel, "http://127.0.0.1:8000/hooks/telegram/x")
        assert local.config == {"receives_by": "polling"}
        connector.disconnect(channel)
        assert vendor_of.asked("POST", "/deleteWebhook") == 2

    def test_a_wrong_token_is_named(self, channel: Channel, vendor_of: VendorServer) -> None:
        vendor_of.answers("POST", r"/getMe$", 401, {"ok": False, "description": "Unauthorized"})
        connector: Any = get_connector("telegram")
        with pytest.raises(InvalidInput) as caught:
            connector.connect(channel, "https://help.example.com/hooks/telegram/x")
        assert [each.path for each in caught.value.errors] == ["token"]

    def test_a_webhook_that_fails_or_was_taken_over_is_told(
        self, channel: Channel, vendor_of: VendorServer, settings: Any
    ) -> None:
        def knows(asked: Asked) -> tuple[int, Any]:
            error = {"last_error_date": 4_000_000_000, "last_error_message": "Read timeout expired"}
            known = {"url": "https://other.example", "pending_update_count": 60, **error}
            return 200, {"ok": True, "result": {"has_custom_certificate": False, **known}}

        vendor_of.answers("POST", r"/getWebhookInfo$", 200, knows)
        connector: Any = get_connector("telegram")
        assert connector.check(channel, "https://help.example.com/hooks/telegram/x") == [
            "Telegram does not call this address any more. Connect it again here.",
            "Telegram could not reach us: Read timeout expired",
            "60 messages wait at Telegram to be delivered.",
        ]


@pytest.fixture
def asked_bot(organization: Organization, vendor: VendorServer) -> Channel:
    """A bot of a server without a public address."""
    vendor.judged_by(telegram_judge.judge, connector="telegram")
    return make(organization, vendor, receives_by="polling")


@pytest.mark.django_db(transaction=True)
def test_without_a_public_address_telegram_is_asked_and_an_edit_in_the_same_page_holds(
    asked_bot: Channel, vendor: VendorServer
) -> None:
    updates = [
        {"update_id": 11, "message": message_of(1, "Order 1041")},
        {"update_id": 12, "edited_message": message_of(1, "Order 1042")},
        {"update_id": 13, "message": message_of(2, "Are you there?")},
    ]

    def told(asked: Asked) -> tuple[int, Any]:
        offset = asked.json.get("offset", 0)
        return 200, {"ok": True, "result": [x for x in updates if x["update_id"] >= offset]}

    vendor.answers("POST", r"/getUpdates$", 200, told)
    for _ in range(2):
        poll(asked_bot)
        door.process_channel(asked_bot.pk)
    messages = Message.objects.order_by("position").values_list("body__text", flat=True)
    assert list(messages) == ["Order 1042", "Are you there?"]
    assert vendor.last("POST", "/getUpdates").json["offset"] == 14


@pytest.mark.django_db(transaction=True)
def test_where_telegram_calls_us_it_is_not_asked(
    organization: Organization, vendor: VendorServer
) -> None:
    channel = make(organization, vendor)
    poll(channel)
    assert vendor.requests == []
    assert poll_channel(channel.pk) == 0
