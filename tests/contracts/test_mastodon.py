"""Mastodon by the contract of every connector, each call judged by the description made from
Mastodon's documentation (4.7)."""

from __future__ import annotations

import html
import time
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, PermanentFailure, UncertainOutcome
from helpdesk.lib.ids import new_id
from helpdesk.lib.secrets import encrypt
from inbox import delivery, files
from inbox.connector import OutboundMessage, get_connector
from tests.contracts.channel_connector import ChannelConnectorContract, poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.vendor import Asked, VendorServer, Verdict, open_api_judge
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

HOST = "weavers.example"
OWN = {"id": "1", "acct": "shop", "username": "shop", "display_name": "Linden"}
MIA = {"id": "11", "acct": "mia@posteo.example", "username": "mia", "display_name": "Mia Laurent"}
PLACE = {"status_id": "900", "acct": "mia@posteo.example", "visibility": "public"}


def a_post_may_have_words_and_pictures(document: dict[str, Any]) -> None:
    """The document says ``oneOf`` a text and a media post, and a post with both fits both."""
    body = document["paths"]["/api/v1/statuses"]["post"]["requestBody"]["content"]
    schema = body["application/json"]["schema"]
    schema["anyOf"] = schema.pop("oneOf")


class TestMastodon(ChannelConnectorContract):
    kind = "mastodon"
    sends_to = r"^/api/v1/statuses$"
    is_idempotent = True

    def judge(self, vendor: VendorServer) -> None:
        by_document = open_api_judge(
            "mastodon/schema.json.gz", relax=a_post_may_have_words_and_pictures
        )

        def verdict(asked: Asked) -> Verdict:
            if asked.path.startswith("/files/"):
                return "GET media file", []
            return by_document(asked)

        vendor.judged_by(verdict, connector="mastodon")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        self.board: list[dict[str, Any]] = []
        self.tagged: list[dict[str, Any]] = []
        vendor.answers("GET", r"^/api/v1/notifications$", 200, self.notifications)
        vendor.answers("GET", r"^/api/v1/timelines/tag/linen$", 200, self.timeline)
        vendor.answers("GET", r"^/api/v1/statuses$", 200, self.statuses)
        vendor.answers("GET", r"^/api/v1/statuses/\d+/context$", 200, self.context)
        return create_channel(
            organization, kind="mastodon", name="Mastodon", handle_kind="mastodon",
            address=f"@shop@{HOST}", secrets=encrypt({"token": "t"}),
            config={
                "api_url": vendor.url, "instance": f"https://{HOST}", "account_id": "1",
                "pace_per_second": 1000,
            },
        )  # fmt: skip

    # The server as far as it is asked

    def notifications(self, asked: Asked) -> tuple[int, Any]:
        after = int(asked.query.get("min_id", 0))
        made = [
            {"id": each["id"], "type": "mention", "created_at": each["created_at"],
             "account": each["account"], "status": each}
            for each in self.board
        ]  # fmt: skip
        found = sorted((x for x in made if int(x["id"]) > after), key=lambda x: int(x["id"]))
        return 200, found[:40][::-1]

    def timeline(self, asked: Asked) -> tuple[int, Any]:
        after = int(asked.query.get("min_id", 0))
        return 200, [each for each in self.tagged if int(each["id"]) > after]

    def statuses(self, asked: Asked) -> tuple[int, Any]:
        return 200, [each for each in [*self.board, *self.tagged] if each["id"] in asked.target]

    def context(self, asked: Asked) -> tuple[int, Any]:
        return 200, {"ancestors": [{"id": "900"}, {"id": "950"}], "descendants": []}

    def write(self, number: int, text: str, **more: Any) -> dict[str, Any]:
        status = {
            "id": str(1000 + number), "created_at": datetime.now(UTC).isoformat(),
            "content": f"<p>{html.escape(text)}</p>", "visibility": "public", "account": MIA,
            "url": f"https://posteo.example/@mia/{1000 + number}", "mentions": [OWN],
            "in_reply_to_id": None if number == 1 else "950", "spoiler_text": "", **more,
        }  # fmt: skip
        self.board = [each for each in self.board if each["id"] != status["id"]]
        self.board.append(status)
        return status

    def look(self, channel: Channel) -> None:
        poll(channel)
        self.settle(channel)

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        for key, text in messages:
            self.write(int(key[1:]), text, in_reply_to_id="950")
        self.look(channel)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"id": "2000"})
        return f"{HOST}:2000"

    # What comes in, beyond words

    def test_a_public_mention_says_so_and_its_answer_is_as_public_and_names_them(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        said = (
            '<p><span class="h-card"><a href="https://weavers.example/@shop" class="u-url mention">'
            '@<span>shop</span></a></span> see <a href="https://shop.example/order/1042">'
            '<span class="invisible">https://</span><span class="ellipsis">shop.example/or</span>'
            "</a><br>&amp; thanks</p><p>Mia</p>"
        )
        self.write(1, "", content=said, visibility="unlisted", spoiler_text="A torn seam")
        self.look(channel)
        [message] = Message.objects.select_related("body", "ticket")
        assert message.body.text == (
            "A torn seam\n\nsee https://shop.example/order/1042\n& thanks\n\nMia"
        )
        assert message.details == {
            "is_public": True, "permalink": "https://posteo.example/@mia/1001",
        }  # fmt: skip
        assert message.ticket.kind == "request"
        handle = message.ticket.customer.handles.get()
        assert (handle.value, handle.is_verified) == ("mia@posteo.example", True)
        reply(message.ticket_id, OutgoingMessage(text="We send a new one"))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        sent = vendor_of.last("POST", self.sends_to)
        assert sent.json == {
            "status": "@mia@posteo.example We send a new one", "in_reply_to_id": "1001",
            "visibility": "unlisted", "spoiler_text": "A torn seam",
        }  # fmt: skip
        out = Message.objects.get(direction="out")
        assert sent.headers["idempotency-key"] == str(out.pk)

    def test_a_direct_post_is_private_and_never_answered_in_public(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.write(1, "Only for you", visibility="direct")
        self.look(channel)
        [message] = Message.objects.all()
        assert message.details["is_public"] is False
        reply(message.ticket_id, OutgoingMessage(text="Sure", details={"mode": "public"}))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        assert vendor_of.last("POST", self.sends_to).json["visibility"] == "direct"

    def test_two_people_in_one_thread_are_two_conversations(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        ben = {"id": "12", "acct": "ben", "display_name": "Ben"}
        self.write(2, "@shop mine is torn")
        self.write(3, "@shop mine too", account=ben)
        self.write(4, "@shop and the other one")
        self.look(channel)
        assert Ticket.objects.count() == 2
        assert sorted(Ticket.objects.values_list("message_count", flat=True)) == [1, 2]
        [values] = {
            tuple(sorted(each.customer.handles.values_list("value", flat=True)))
            for each in Ticket.objects.filter(message_count=1)
        }
        assert values == (f"ben@{HOST}",)

    def test_a_mention_in_passing_and_a_hashtag_are_mentions_and_ours_are_echoes(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        channel.config = {**channel.config, "hashtags": ["#linen"]}
        channel.save(update_fields=["config"])
        self.write(1, "I bought this at @shop and like it")
        self.write(5, "We say", account=OWN)
        passing = self.board[0]
        heard = {**passing, "id": "1009", "content": "<p>All #linen is good</p>", "mentions": []}
        self.tagged = [heard, {**heard, "id": "1010", "account": OWN}, passing]
        self.look(channel)
        kinds = sorted(Ticket.objects.values_list("kind", "subject"))
        assert kinds == [
            ("mention", "All #linen is good"), ("mention", "I bought this at @shop and like it"),
        ]  # fmt: skip

    def test_an_edit_and_a_deletion_are_seen(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.write(1, "Order 1041")
        self.write(2, "Forget this")
        self.look(channel)
        self.write(1, "Order 1042", edited_at="2026-11-22T06:00:00.000Z")
        self.board = [each for each in self.board if each["id"] != "1002"]
        self.look(channel)
        edited = Message.objects.get(external_id=f"{HOST}:1001")
        deleted = Message.objects.get(external_id=f"{HOST}:1002")
        assert (edited.body.text, edited.details["previous_texts"]) == (
            "Order 1042", ["Order 1041"],
        )  # fmt: skip
        assert deleted.details["is_deleted"]

    def test_many_mentions_come_page_by_page(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.write(1, "line 1")
        self.look(channel)
        for number in range(2, 90):
            self.write(number, f"line {number}")
        self.look(channel)
        assert sorted(self.texts(channel)) == sorted(f"line {n}" for n in range(1, 90))

    def test_what_was_written_long_before_we_came_is_left_alone(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        old = datetime.fromtimestamp(time.time() - 7200, UTC).isoformat()
        self.write(1, "Long ago", created_at=old)
        self.look(channel)
        self.write(2, "Now")
        self.look(channel)
        assert self.texts(channel) == ["Now"]

    def test_a_picture_is_fetched_without_our_token(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        picture = {"id": "5", "type": "image", "url": f"{vendor_of.url}/files/torn.png"}
        self.write(1, "See the picture", media_attachments=[picture])
        self.look(channel)
        vendor_of.answers("GET", "^/files/torn.png$", 200, b"PNG bytes")
        [file] = Attachment.objects.all()
        assert files.fetch_file(file.pk)
        file.refresh_from_db()
        assert (file.name, file.content_type, blobs.read(file.sha256)) == (
            "torn.png", "image/png", b"PNG bytes",
        )  # fmt: skip
        assert "authorization" not in vendor_of.last("GET", "^/files/").headers

    # What goes out, beyond words

    def test_pictures_are_uploaded_first_and_shown_by_the_post(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers("POST", r"^/api/v2/media$", 200, {"id": "77"})
        begun: list[int] = []
        get_connector("mastodon").send(
            channel, outbound("Look", ["a.jpg", "b.png"], thread=PLACE),
            lambda: begun.append(vendor_of.asked("POST", r"^/api/v2/media$")),
        )  # fmt: skip
        assert begun == [2]
        assert vendor_of.last("POST", self.sends_to).json["media_ids"] == ["77", "77"]

    def test_after_an_hour_the_key_is_forgotten_and_a_person_decides(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("POST", self.sends_to, 500, {"error": "Oops"})
        old = uuid.UUID(int=new_id().int - (3600_000 << 80))
        with pytest.raises(UncertainOutcome):
            get_connector("mastodon").send(
                channel, outbound("Hello", thread=PLACE, id=old), lambda: None
            )

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            (outbound("x" * 490, thread=PLACE), None),
            (outbound("https://shop.example/" + "x" * 600, thread=PLACE), None),
            (outbound("x" * 500, thread=PLACE), "too_long"),
            (outbound("x", ["a.jpg"] * 5, thread=PLACE), "too_many_files"),
            (outbound("x"), "no_conversation"),
        ],
    )
    def test_length_counts_as_mastodon_counts(
        self,
        channel: Channel,
        vendor_of: VendorServer,
        message: OutboundMessage,
        code: str | None,
    ) -> None:
        self.vendor_accepts(vendor_of)
        if code is None:
            get_connector("mastodon").send(channel, message, lambda: None)
            return
        with pytest.raises(PermanentFailure) as caught:
            get_connector("mastodon").send(channel, message, never)
        assert caught.value.reason_code == code

    def test_a_post_that_is_gone_is_told(self, channel: Channel, vendor_of: VendorServer) -> None:
        vendor_of.answers("POST", self.sends_to, 404, {"error": "Record not found"})
        message = self.answered(channel, vendor_of)
        assert (message.delivery_state, message.delivery_reason) == (
            DeliveryState.FAILED, "The post that is answered is not there any more.",
        )  # fmt: skip

    # Setting up

    def test_connecting_learns_the_account_and_the_servers_limit(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("GET", r"/verify_credentials$", 200, OWN)
        limits = {"max_characters": 5000, "characters_reserved_per_url": 23}
        told = {"configuration": {"statuses": limits}}
        vendor_of.answers("GET", r"^/api/v2/instance$", 200, told)
        connector: Any = get_connector("mastodon")
        account = connector.connect(channel, "")
        assert (account.label, account.address) == (f"Linden (@shop@{HOST})", f"@shop@{HOST}")
        assert account.config == {"account_id": "1", "max_chars": 5000, "url_chars": 23}
        assert connector.check(channel, "") == []
        vendor_of.answers("GET", r"/verify_credentials$", 401, {"error": "revoked"})
        with pytest.raises(InvalidInput) as caught:
            connector.connect(channel, "")
        assert [each.path for each in caught.value.errors] == ["token"]
        vendor_of.answers("GET", r"/verify_credentials$", 404, b"<html>")
        with pytest.raises(InvalidInput) as caught:
            connector.connect(channel, "")
        assert [each.path for each in caught.value.errors] == ["instance"]
