"""Bluesky by the contract of every connector, each call judged by the vendor's own lexicons."""

from __future__ import annotations

import base64
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import regex  # type: ignore[import-untyped]

from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.ids import new_id
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import delivery, files
from inbox.connector import OutboundMessage, get_connector
from inbox.models import Connection
from integrations.bluesky.text import facets_of, graphemes, key_of
from tests.contracts import lexicon_judge
from tests.contracts.channel_connector import ChannelConnectorContract, poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.vendor import HANG_UP, Asked, VendorServer
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

OWN, MIA = "did:plc:shop", "did:plc:mia"
CID = "bafyreiaepzhlaf2hd4exhx5o74orvhtqloog4xwaptcrzsuyfkzr43va4e"
ROOT = {"uri": f"at://{OWN}/app.bsky.feed.post/3kroot", "cid": CID}
PLACE = {"root": ROOT, "parent": {"uri": f"at://{MIA}/app.bsky.feed.post/3kmia", "cid": CID}}
PROFILE = {"did": MIA, "handle": "mia.example", "displayName": "Mia Laurent"}


def token(number: int, scope: str = "com.atproto.appPassPrivileged", seconds: int = 7200) -> str:
    claims = {"exp": int(time.time()) + seconds, "scope": scope, "n": number}
    return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"


class TestBluesky(ChannelConnectorContract):
    kind = "bluesky"
    sends_to = r"^/xrpc/com\.atproto\.repo\.createRecord$"
    is_idempotent = True

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(lexicon_judge.judge, connector="bluesky")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        self.board: list[dict[str, Any]] = []
        self.gone: set[str] = set()
        self.direct: list[dict[str, Any]] = []
        self.sessions = 0
        self.records: set[str] = set()
        self.begun = datetime.now(UTC) - timedelta(minutes=5)
        here = r"^/xrpc/app\.bsky"
        vendor.answers("GET", rf"{here}\.notification\.listNotifications$", 200, self.told)
        vendor.answers("GET", rf"{here}\.feed\.getPosts$", 200, self.posts)
        vendor.answers("GET", r"^/xrpc/chat\.bsky\.convo\.listConvos$", 200, self.convos)
        vendor.answers("GET", r"^/xrpc/chat\.bsky\.convo\.getMessages$", 200, self.messages)
        vendor.answers("POST", r"^/xrpc/com\.atproto\.server\.", 200, self.session)
        vendor.answers("GET", r"^/xrpc/com\.atproto\.repo\.getRecord$", 400, self.record)
        return create_channel(
            organization, kind="bluesky", name="Bluesky", handle_kind="bluesky",
            address="@shop.example", secrets=encrypt({"app_password": "abcd-efgh"}),
            config={
                "api_url": vendor.url, "handle": "shop.example", "did": OWN,
                "pace_per_second": 1000,
            },
        )  # fmt: skip

    # The service as far as it is asked

    def session(self, asked: Asked) -> tuple[int, Any]:
        self.sessions += 1
        return 200, {
            "accessJwt": token(self.sessions), "refreshJwt": f"r{self.sessions}", "did": OWN,
            "handle": "shop.example",
        }  # fmt: skip

    def told(self, asked: Asked) -> tuple[int, Any]:
        start, limit = int(asked.query.get("cursor", 0)), int(asked.query["limit"])
        found = sorted(self.board, key=lambda each: each["indexedAt"], reverse=True)
        page: dict[str, Any] = {"notifications": found[start : start + limit]}
        if start + limit < len(found):
            page["cursor"] = str(start + limit)
        return 200, page

    def posts(self, asked: Asked) -> tuple[int, Any]:
        uris = [value for name, value in _pairs(asked) if name == "uris"]
        assert 0 < len(uris) <= 25
        shown = [
            each for each in self.board if each["uri"] in uris and each["uri"] not in self.gone
        ]
        return 200, {"posts": [{"uri": each["uri"], **each.get("view", {})} for each in shown]}

    def convos(self, asked: Asked) -> tuple[int, Any]:
        if not self.direct:
            return 200, {"convos": []}
        rev = max(each["rev"] for each in self.direct)
        return 200, {"convos": [{"id": "c1", "rev": rev, "members": [PROFILE, {"did": OWN}]}]}

    def messages(self, asked: Asked) -> tuple[int, Any]:
        return 200, {"messages": sorted(self.direct, key=lambda each: each["rev"], reverse=True)}

    def record(self, asked: Asked) -> tuple[int, Any]:
        rkey = asked.query["rkey"]
        if rkey not in self.records:
            return 400, {"error": "RecordNotFound", "message": "Could not locate record"}
        return 200, {"uri": f"at://{OWN}/app.bsky.feed.post/{rkey}", "value": {}}

    def write(self, number: int, text: str, **more: Any) -> dict[str, Any]:
        uri = f"at://{MIA}/app.bsky.feed.post/3km{number}"
        at = (self.begun + timedelta(milliseconds=number)).isoformat().replace("+00:00", "Z")
        record = {"$type": "app.bsky.feed.post", "text": text, "createdAt": at}
        told = {
            "uri": uri, "cid": CID, "author": PROFILE, "reason": "reply", "indexedAt": at,
            "record": {**record, "reply": {"root": ROOT, "parent": ROOT}}, **more,
        }  # fmt: skip
        self.board = [each for each in self.board if each["uri"] != uri]
        self.board.append(told)
        return told

    def whisper(self, number: int, text: str, did: str = MIA) -> None:
        at = (self.begun + timedelta(milliseconds=number)).isoformat()
        told = {"id": f"d{number}", "rev": f"22{number:04d}", "text": text, "sentAt": at}
        self.direct.append({**told, "sender": {"did": did}})

    def look(self, channel: Channel) -> None:
        poll(channel)
        self.settle(channel)

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        for key, text in messages:
            self.write(int(key[1:]), text)
        self.look(channel)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        uri = f"at://{OWN}/app.bsky.feed.post/3kours"
        vendor.answers("POST", self.sends_to, 200, {"uri": uri, "cid": CID})
        return uri

    def refused(self) -> Any:
        return {"error": "InvalidRequest", "message": "Invalid app.bsky.feed.post record"}

    def unauthorized(self) -> Any:
        return {"error": "ExpiredToken", "message": "Token has expired"}

    # What comes in, beyond words

    def test_a_reply_is_a_public_request_and_is_answered_below_it_with_links_that_work(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.write(1, "My seam is torn")
        self.look(channel)
        [message] = Message.objects.select_related("ticket")
        assert message.details == {
            "is_public": True, "permalink": f"https://bsky.app/profile/{MIA}/post/3km1",
        }  # fmt: skip
        handle = message.ticket.customer.handles.get()
        assert (handle.value, handle.label) == (MIA, "@mia.example")
        assert (message.ticket.kind, message.author_name) == ("request", "Mia Laurent")
        text = "Grüße 🧵: see https://shop.example/a?b=1, #linen"
        reply(message.ticket_id, OutgoingMessage(text=text))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        sent = vendor_of.last("POST", self.sends_to).json
        out = Message.objects.get(direction="out")
        assert sent["rkey"] == key_of(out.pk)
        assert sent["record"]["reply"] == {
            "root": ROOT, "parent": {"uri": message.external_id, "cid": CID},
        }  # fmt: skip
        raw = text.encode()
        marked = [
            raw[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode()
            for each in sent["record"]["facets"]
        ]
        assert marked == ["https://shop.example/a?b=1", "#linen"]

    def test_a_quote_and_a_mention_in_passing_are_mentions_and_ours_are_echoes(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for number, (reason, text) in enumerate(
            [("quote", "Look at this"), ("mention", "I like @shop.example"),
             ("mention", "@shop.example where is it?"), ("like", "no")], 1,
        ):  # fmt: skip
            told = self.write(number, text, reason=reason)
            del told["record"]["reply"]
        self.write(9, "Ours", author={"did": OWN, "handle": "shop.example"})
        self.look(channel)
        assert sorted(Ticket.objects.values_list("subject", "kind")) == [
            ("@shop.example where is it?", "request"),
            ("I like @shop.example", "mention"),
            ("Look at this", "mention"),
        ]

    def test_a_short_link_gets_its_address_back_and_pictures_come_along(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        told = self.write(1, "Größe: shop.example/or… see")
        start = len("Größe: ".encode())
        told["record"]["facets"] = [{
            "index": {"byteStart": start, "byteEnd": start + len("shop.example/or…".encode())},
            "features": [{"$type": "x#link", "uri": "https://shop.example/order/1042"}],
        }]  # fmt: skip
        told["view"] = {"embed": {"images": [{"fullsize": f"{vendor_of.url}/pictures/1"}]}}
        self.look(channel)
        assert self.texts(channel) == ["Größe: https://shop.example/order/1042 see"]
        vendor_of.answers(
            "GET", "^/pictures/1$", 200, b"JPEG", headers={"Content-Type": "image/jpeg"}
        )
        [file] = Attachment.objects.all()
        assert files.fetch_file(file.pk)
        file.refresh_from_db()
        assert blobs.read(file.sha256) == b"JPEG"
        assert "authorization" not in vendor_of.last("GET", "^/pictures/").headers

    def test_a_post_that_is_gone_says_so(self, channel: Channel, vendor_of: VendorServer) -> None:
        told = self.write(1, "Forget this")
        self.write(2, "Not this")
        self.look(channel)
        self.gone = {told["uri"]}
        self.look(channel)
        self.look(channel)
        deleted = [each.details.get("is_deleted") for each in Message.objects.order_by("position")]
        assert deleted == [True, None]

    def test_many_notifications_come_page_by_page_and_a_walk_cut_short_goes_on(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for number in range(1, 91):
            self.write(number, f"line {number}")
        vendor_of.answers("GET", r"\.getPosts$", 500, {"error": "InternalServerError"}, times=1)
        self.look(channel)
        self.look(channel)
        assert sorted(self.texts(channel)) == sorted(f"line {n}" for n in range(1, 91))

    def test_direct_messages_are_a_conversation_of_their_own_and_stay_private(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.whisper(1, "Only for you")
        self.whisper(2, "Ours", did=OWN)
        self.look(channel)
        self.whisper(3, "Are you there?")
        self.look(channel)
        self.look(channel)
        assert self.texts(channel) == ["Only for you", "Are you there?"]
        [ticket] = Ticket.objects.all()
        sends = r"^/xrpc/chat\.bsky\.convo\.sendMessage$"
        vendor_of.answers("POST", sends, 200, {"id": "d9"})
        message = reply(ticket.pk, OutgoingMessage(text="Yes: https://shop.example"))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        sent = vendor_of.last("POST", sends).json
        assert (sent["convoId"], sent["message"]["text"]) == ("c1", "Yes: https://shop.example")
        assert Message.objects.get(pk=message.pk).external_id == "c1:d9"
        assert vendor_of.asked("POST", self.sends_to) == 0

    # Sessions

    def test_one_session_serves_until_it_ends_and_is_refreshed_then(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for _ in range(3):
            self.look(channel)
        assert [each.path for each in vendor_of.all("POST", r"\.server\.")] == [
            "/xrpc/com.atproto.server.createSession"
        ]
        soon = datetime.now(UTC) + timedelta(seconds=30)
        Connection.objects.filter(channel=channel).update(token_expires_at=soon)
        self.look(channel)
        last = vendor_of.last("POST", r"\.server\.")
        assert last.path == "/xrpc/com.atproto.server.refreshSession"
        assert last.headers["authorization"] == "Bearer r1"
        channel.refresh_from_db()
        assert decrypt(channel.secrets)["refresh"] == "r2"
        assert decrypt(channel.secrets)["app_password"] == "abcd-efgh"

    def test_a_refresh_that_is_refused_signs_in_anew(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.look(channel)
        vendor_of.answers("POST", r"refreshSession$", 400, self.unauthorized())
        Connection.objects.filter(channel=channel).update(token_expires_at=datetime.now(UTC))
        self.look(channel)
        assert vendor_of.asked("POST", r"createSession$") == 2

    # What goes out, beyond words

    def test_a_post_whose_answer_got_lost_is_found_and_not_made_again(
        self, channel: Channel, vendor_of: VendorServer, bo: User
    ) -> None:
        def takes_and_hangs_up(asked: Asked) -> tuple[int, Any]:
            self.records.add(asked.json["rkey"])
            return 200, HANG_UP

        vendor_of.answers("POST", self.sends_to, 200, takes_and_hangs_up)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.SENT
        assert message.external_id == f"at://{OWN}/app.bsky.feed.post/{key_of(message.pk)}"
        assert vendor_of.asked("POST", self.sends_to) == 1

    def test_pictures_are_uploaded_and_shown_by_the_post(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.look(channel)
        channel.refresh_from_db()
        blob = {"$type": "blob", "ref": {"$link": CID}, "mimeType": "image/png", "size": 5}
        vendor_of.answers("POST", r"\.uploadBlob$", 200, {"blob": blob})
        message = outbound("Look", ["a.jpg", "b.png"], thread=PLACE)
        get_connector("bluesky").send(channel, message, lambda: None)
        sent = vendor_of.last("POST", self.sends_to).json["record"]["embed"]
        assert sent == {
            "$type": "app.bsky.embed.images",
            "images": [{"image": blob, "alt": ""}, {"image": blob, "alt": ""}],
        }

    @pytest.mark.parametrize(
        ("message", "code"),
        [
            (outbound("é" * 301, thread=PLACE), "too_long"),
            (outbound("x" * 1001, thread={"convo_id": "c1"}), "too_long"),
            (outbound("x", ["a.jpg"], thread={"convo_id": "c1"}), "unsupported_file"),
            (outbound("x", ["a.pdf"], thread=PLACE), "unsupported_file"),
            (outbound("x", ["a.jpg"] * 5, thread=PLACE), "too_many_files"),
            (outbound("x", ["a.jpg"], thread=PLACE, content=b"x" * 2_000_001), "too_large"),
            (outbound("x"), "no_conversation"),
        ],
    )
    def test_what_bluesky_cannot_take_is_refused_before_anything_leaves(
        self, channel: Channel, vendor_of: VendorServer, message: OutboundMessage, code: str
    ) -> None:
        with pytest.raises(PermanentFailure) as caught:
            get_connector("bluesky").send(channel, message, never)
        assert caught.value.reason_code == code

    # Setting up

    def test_connecting_learns_who_we_are_and_whether_direct_messages_are_open(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        connector: Any = get_connector("bluesky")
        account = connector.connect(channel, "")
        assert (account.label, account.config) == (
            "@shop.example", {"did": OWN, "direct_messages": True},
        )  # fmt: skip
        plain = {"accessJwt": token(1, "com.atproto.appPass"), "did": OWN, "handle": "shop.example"}
        vendor_of.answers("POST", "createSession$", 200, plain)
        account = connector.connect(channel, "")
        assert account.config["direct_messages"] is False
        assert "direct messages" in account.notes[0]
        wrong = {"error": "AuthenticationRequired", "message": "Invalid identifier or password"}
        vendor_of.answers("POST", "createSession$", 401, wrong)
        with pytest.raises(InvalidInput) as caught:
            connector.connect(channel, "")
        assert [each.path for each in caught.value.errors] == ["app_password"]


def _pairs(asked: Asked) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(asked.target).query)


@pytest.mark.parametrize(
    "text",
    ["", "abc", "é́e\u0301", "👩‍👩‍👧‍👦x", "👍🏽👍", "🇩🇪🇫🇷🇩", "नमस्ते", "한국어", "a\u200db", "❤️"],
)
def test_graphemes_are_never_fewer_than_a_reader_sees(text: str) -> None:
    assert graphemes(text) >= len(regex.findall(r"\X", text))
    assert graphemes(text) <= len(text)


def test_keys_are_the_same_for_every_try_and_different_for_every_message() -> None:
    first = new_id().int
    ids = [uuid.UUID(int=first + (number << 80)) for number in range(500)]  # a millisecond apart
    keys = [key_of(each) for each in ids]
    assert keys == [key_of(each) for each in ids]
    assert len(set(keys)) == len(keys)
    assert all(len(each) == 13 for each in keys)


def test_a_hash_in_a_link_is_no_hashtag() -> None:
    told = facets_of("https://shop.example/#size and #2026 and #größe.")
    assert [each["features"][0].get("tag") for each in told] == [None, "größe"]
