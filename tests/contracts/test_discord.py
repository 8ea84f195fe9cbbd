"""Discord by the contract of every connector, each call judged by Discord's own description.

Messages are read by asking; what Discord calls us with is proven and answered, and carries none.
"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox import delivery, files
from inbox.connector import OutboundMessage, get_connector
from integrations.discord.messages import snowflake_at
from tests.contracts.channel_connector import Call, ChannelConnectorContract, poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.vendor import Asked, JudgeOf, VendorServer, Verdict, open_api_judge
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
GUILD, FORUM, TEXT, THREAD = "100", "200", "300", "400"
MIA = {"id": "4711", "username": "mia", "global_name": "Mia Laurent"}


def judge_of_discord() -> JudgeOf:
    """A form with files carries the message as ``payload_json``, which the document leaves out:
    that part is judged as the JSON it is, and the files must be those it names."""
    by_document = open_api_judge("discord/openapi.json.gz")

    def verdict(asked: Asked) -> Verdict:
        if asked.path.startswith("/cdn/"):
            return "GET cdn", []
        kind = asked.headers.get("content-type", "")
        if "multipart" not in kind:
            return by_document(asked)
        head = b"Content-Type: " + kind.encode() + b"\r\n\r\n"
        parts: dict[str, Any] = {}
        names = {}
        for part in BytesParser(policy=HTTP).parsebytes(head + asked.body).iter_parts():
            name = str(part.get_param("name", header="content-disposition"))
            parts[name] = part.get_payload(decode=True)
            names[name] = part.get_filename()
        told = json.loads(parts.pop("payload_json"))
        wanted = {f"files[{each['id']}]": each["filename"] for each in told.get("attachments", [])}
        wrong = [] if wanted == {name: names[name] for name in parts} else ["files: not as named"]
        as_json = {**asked.headers, "content-type": "application/json"}
        operation, more = by_document(
            Asked(asked.method, asked.target, as_json, json.dumps(told).encode())
        )
        return f"{operation} (multipart)", [*wrong, *more]

    return verdict


class TestDiscord(ChannelConnectorContract):
    kind = "discord"
    sends_to = rf"^/channels/{THREAD}/messages$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(judge_of_discord(), connector="discord")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        key = KEY.public_key().public_bytes_raw().hex()
        self.base = snowflake_at(time.time() + 60)
        self.board: dict[str, list[dict[str, Any]]] = {THREAD: [], TEXT: []}
        vendor.answers("GET", rf"^/guilds/{GUILD}/threads/active$", 200, self.threads)
        vendor.answers("GET", r"^/channels/\d+/messages$", 200, self.messages)
        return create_channel(
            organization, kind="discord", name="Discord", handle_kind="discord", address=GUILD,
            config={
                "api_url": vendor.url, "public_key": key, "guild_id": GUILD, "pace_per_second": 1000,
                "channels": [FORUM, TEXT], "text_channels": [TEXT],
            },
            secrets=encrypt({"token": "bot-token"}),
        )  # fmt: skip

    # Discord as far as it is asked

    def threads(self, asked: Asked) -> tuple[int, Any]:
        newest = max([int(each["id"]) for each in self.board[THREAD]], default=int(THREAD))
        thread = {"id": THREAD, "parent_id": FORUM, "name": "Torn seam"}
        other = {"id": "9", "parent_id": "8", "name": "x", "last_message_id": str(self.base + 99)}
        return 200, {"threads": [{**thread, "last_message_id": str(newest)}, other]}

    def messages(self, asked: Asked) -> tuple[int, Any]:
        place = asked.path.split("/")[2]
        after = int(asked.query["after"])
        found = [each for each in self.board[place] if int(each["id"]) > after]
        return 200, sorted(found, key=lambda each: -int(each["id"]))[-100:]

    def write(self, number: int, text: str, place: str = THREAD, **more: Any) -> dict[str, Any]:
        message = {
            "id": str(self.base + number), "channel_id": place, "type": 0, "content": text,
            "author": MIA, "timestamp": datetime.now(UTC).isoformat(), "edited_timestamp": None,
            "attachments": [], "mentions": [], **more,
        }  # fmt: skip
        self.board[place] = [each for each in self.board[place] if each["id"] != message["id"]]
        self.board[place].append(message)
        return message

    def look(self, channel: Channel) -> None:
        poll(channel)
        self.settle(channel)

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        for key, text in messages:
            self.write(int(key[1:]), text)
        self.look(channel)

    def signed(self, told: Any) -> Call:
        body, stamp = json.dumps(told).encode(), str(int(time.time()))
        signature = KEY.sign(stamp.encode() + body).hex()
        return Call(body, {"X-Signature-Ed25519": signature, "X-Signature-Timestamp": stamp})

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        """A command: the only words Discord calls us with."""
        return self.signed({"id": key, "type": 2, "data": {"name": "ask", "options": [text]}})

    def unknown_call(self, channel: Channel) -> Call:
        return self.signed({"version": 1, "type": 1, "event": {"type": "ENTITLEMENT_CREATE"}})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"id": "77", "channel_id": THREAD})
        return f"{THREAD}:77"

    def rate_limited(self) -> Any:
        return {"message": "You are being rate limited.", "retry_after": 6.5, "global": False}

    def judge_uncertain(self, channel: Channel, vendor: VendorServer) -> None:
        """Discord is asked once more at once: by the nonce it answers with the first message."""
        message = self.answered(channel, vendor)
        assert message.delivery_state == DeliveryState.SENT
        first, second = vendor.all("POST", self.sends_to)
        assert first.json == second.json
        assert first.json["enforce_nonce"] is True
        assert 0 < len(first.json["nonce"]) <= 25

    def test_two_answers_that_never_came_leave_it_to_a_person(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("POST", self.sends_to, 500, {"message": "Oops"})
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.UNCERTAIN
        delivery.deliver_due()
        assert vendor_of.asked("POST", self.sends_to) == 2

    # What comes in, beyond words

    def test_a_ping_is_answered_and_nothing_is_kept(self, channel: Channel) -> None:
        call = self.signed({"id": "1", "type": 1})
        headers: Any = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()
        }
        said = Client().generic(
            "POST", f"/hooks/discord/{channel.hook_token}", call.body,
            content_type="application/json", **headers,
        )  # fmt: skip
        assert said.json() == {"type": 1}

    def test_a_forum_post_is_a_ticket_with_its_title_and_the_answer_goes_into_it(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.write(1, "The <:seam:12> is torn, <@9>", mentions=[{"id": "9", "username": "shop"}])
        self.write(2, "Mine too", author={"id": "4712", "username": "ben"})
        self.look(channel)
        [ticket] = Ticket.objects.all()
        assert ticket.subject == "Torn seam"
        assert self.texts(channel) == ["The :seam: is torn, @shop", "Mine too"]
        first = ticket.messages.order_by("position").first()
        assert first is not None
        assert first.details == {
            "is_public": True,
            "permalink": f"https://discord.com/channels/{GUILD}/{THREAD}/{self.base + 1}",
        }
        reply(ticket.pk, OutgoingMessage(text="We send a new one"))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        sent = vendor_of.last("POST", self.sends_to).json
        assert sent["content"] == "We send a new one"
        assert sent["allowed_mentions"] == {"parse": [], "replied_user": True}
        assert "message_reference" not in sent

    def test_in_a_text_channel_each_person_is_a_conversation_and_is_answered_by_name(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("POST", rf"^/channels/{TEXT}/messages$", 200, {"id": "78"})
        self.write(1, "Mia here", TEXT)
        self.write(2, "Ben here", TEXT, author={"id": "4712", "username": "ben"})
        self.look(channel)
        assert Ticket.objects.count() == 2
        reply(Ticket.objects.get(subject="Mia here").pk, OutgoingMessage(text="Hello Mia"))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        sent = vendor_of.last("POST", rf"^/channels/{TEXT}/messages$").json
        assert sent["message_reference"] == {
            "message_id": str(self.base + 1), "fail_if_not_exists": False,
        }  # fmt: skip

    def test_bots_webhooks_notices_and_what_was_before_us_open_no_ticket(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.write(1, "Ours", author={**MIA, "bot": True})
        self.write(2, "Hook", webhook_id="5")
        self.write(3, "", type=18)
        self.write(-(self.base - snowflake_at(time.time() - 3600)), "Long ago")
        self.look(channel)
        assert Ticket.objects.count() == 0

    def test_an_edit_and_a_deletion_are_seen_when_the_place_is_read_again(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.write(1, "Order 1041")
        self.write(2, "Please delete me")
        self.write(3, "Thanks")
        self.look(channel)
        self.write(1, "Order 1042", edited_timestamp="2026-11-22T06:00:00+00:00")
        del self.board[THREAD][0]
        assert [each["content"] for each in self.board[THREAD]] == ["Thanks", "Order 1042"]
        self.look(channel)
        first, second, third = Message.objects.order_by("position").select_related("body")
        assert (first.body.text, first.details["previous_texts"]) == ("Order 1042", ["Order 1041"])
        assert second.details["is_deleted"]
        assert "is_deleted" not in third.details

    def test_many_messages_come_page_by_page(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for number in range(1, 251):
            self.write(number, f"line {number}")
        self.look(channel)
        assert self.texts(channel) == [f"line {number}" for number in range(1, 251)]

    def test_a_file_whose_address_has_ended_is_asked_for_anew(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        old = {"id": "5", "filename": "scan.3mf", "url": f"{vendor_of.url}/cdn/old"}
        told = self.write(1, "See the picture", attachments=[old])
        self.look(channel)
        assert self.texts(channel) == ["See the picture"]
        fresh = {**told, "attachments": [{**old, "url": f"{vendor_of.url}/cdn/new"}]}
        vendor_of.answers("GET", r"^/channels/\d+/messages/\d+$", 200, fresh)
        vendor_of.answers("GET", "^/cdn/old$", 404, {"message": "gone"})
        vendor_of.answers("GET", "^/cdn/new$", 200, b"3D bytes")
        [file] = Attachment.objects.all()
        assert files.fetch_file(file.pk)
        file.refresh_from_db()
        assert (file.name, blobs.read(file.sha256)) == ("scan.3mf", b"3D bytes")
        assert "authorization" not in vendor_of.last("GET", "^/cdn/new$").headers

    # What goes out, beyond words

    def test_words_and_files_leave_in_one_call(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        message = outbound("Look", ["a.jpg", "b.pdf"], thread={"channel_id": THREAD})
        sent = get_connector("discord").send(channel, message, lambda: None)
        assert sent.external_id == f"{THREAD}:77"
        assert vendor_of.asked("POST", self.sends_to) == 1

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            (outbound("x" * 2001, thread={"channel_id": THREAD}), "too_long"),
            (outbound("x", ["a.jpg"] * 11, thread={"channel_id": THREAD}), "too_many_files"),
            (outbound("x"), "no_conversation"),
        ],
    )
    def test_what_discord_cannot_take_is_refused_before_anything_leaves(
        self, channel: Channel, vendor_of: VendorServer, message: OutboundMessage, code: str
    ) -> None:
        with pytest.raises(PermanentFailure) as caught:
            get_connector("discord").send(channel, message, never)
        assert caught.value.reason_code == code
        assert vendor_of.requests == []

    def test_a_locked_thread_is_told_in_words(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("POST", self.sends_to, 403, {"code": 160005, "message": "locked"})
        message = self.answered(channel, vendor_of)
        assert (message.delivery_state, message.delivery_reason) == (
            DeliveryState.FAILED, "This thread is locked.",
        )  # fmt: skip

    # Setting up

    def test_connecting_learns_which_channels_are_read(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        vendor_of.answers("GET", r"^/users/@me$", 200, {"id": "1", "username": "aftercare"})
        vendor_of.answers("GET", rf"^/channels/{FORUM}$", 200, {"type": 15, "name": "help"})
        vendor_of.answers("GET", rf"^/channels/{TEXT}$", 200, {"type": 0, "name": "lounge"})
        connector: Any = get_connector("discord")
        account = connector.connect(channel, "")
        assert (account.label, account.address) == ("aftercare (#help, #lounge)", GUILD)
        assert account.config == {"bot_user_id": "1", "text_channels": [TEXT]}
        assert connector.check(channel, "") == []
        refused = {"code": 50001, "message": "Missing Access"}
        vendor_of.answers("GET", rf"^/channels/{TEXT}$", 403, refused)
        with pytest.raises(InvalidInput) as caught:
            connector.connect(channel, "")
        assert [each.path for each in caught.value.errors] == ["channels"]
        vendor_of.answers("GET", r"/threads/active$", 403, refused)
        assert len(connector.check(channel, "")) == 1
