"""X: every request judged by X's own OpenAPI file."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import delivery, tokens
from inbox.connector import Arrived, Place, WebhookRequest, get_connector
from inbox.models import Connection, Delivery, Hook, Thread
from integrations.x.asking import id_at
from integrations.x.connector import XConnector
from integrations.x.messages import parse
from tests.contracts.channel_connector import Call, ChannelConnectorContract, poll
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.attach import keep_upload
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

SECRET = "consumer secret"
US, MIA = "900", "77"


def signed(told: dict[str, Any]) -> Call:
    body = json.dumps(told).encode()
    digest = hmac.new(SECRET.encode(), body, hashlib.sha256).digest()
    return Call(
        body, {"X-Twitter-Webhooks-Signature": f"sha256={base64.b64encode(digest).decode()}"}
    )


def number(key: str) -> str:
    """A numeric id for a key of the kit: ``m7`` → 1000007."""
    return str(1_000_000 + int("".join(each for each in key if each.isdigit()) or 0))


def direct(key: str, text: str, sender: str = MIA, **data: Any) -> dict[str, Any]:
    return {
        "type": "message_create", "id": number(key),
        "created_timestamp": str(int(now().timestamp() * 1000)),
        "message_create": {
            "target": {"recipient_id": US}, "sender_id": sender,
            "message_data": {"text": text, "entities": {}, **data},
        },
    }  # fmt: skip


def post(post_id: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "id_str": post_id, "text": text, "created_at": now().strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "user": {"id_str": MIA, "name": "Mia Laurent", "screen_name": "mialaurent"},
        "entities": {"urls": [], "user_mentions": [{"id_str": US}]}, **more,
    }  # fmt: skip


class TestX(ChannelConnectorContract):
    kind = "x"
    sends_to = rf"^/2/dm_conversations/with/{MIA}/messages$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.obeys("x/openapi.json.gz", connector="x")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="x", name="X", handle_kind="x", address=US,
            config={"api_url": vendor.url, "username": "lindenloom", "pace_per_second": 1000},
            secrets=encrypt({"access_token": "user", "consumer_secret": SECRET}),
        )  # fmt: skip

    def call(self, **events: Any) -> Call:
        users = {MIA: {"id": MIA, "name": "Mia Laurent", "screen_name": "mialaurent"}}
        return signed({"for_user_id": US, "users": users, **events})

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return self.call(direct_message_events=[direct(key, text)])

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"type": "media", "media": {"type": "hologram", "media_url_https": 7}}
        return self.call(direct_message_events=[direct(key, text, attachment=odd)])

    def unknown_call(self, channel: Channel) -> Call:
        return self.call(**{"chat.received": [{"ciphertext": "…"}]})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        said = {"data": {"dm_event_id": "5005", "dm_conversation_id": f"{MIA}-{US}"}}
        vendor.answers("POST", self.sends_to, 201, said)
        return "5005"

    def take(self, channel: Channel, call: Call) -> None:
        assert self.post(channel, call) == 200
        self.settle(channel)

    def test_the_challenge_is_answered_but_never_signs_what_could_be_a_body(
        self, channel: Channel
    ) -> None:
        path = f"/hooks/x/{channel.hook_token}"
        answer = Client().get(path, {"crc_token": "abc-123"})
        digest = hmac.new(SECRET.encode(), b"abc-123", hashlib.sha256).digest()
        token = f"sha256={base64.b64encode(digest).decode()}"
        assert (answer.status_code, answer.json()) == (200, {"response_token": token})
        assert Client().get(path, {"crc_token": '{"for_user_id":"900"}'}).status_code == 401
        assert Client().get(path).status_code == 401
        assert Hook.objects.count() == 0


# --- In public ------------------------------------------------------------------------------------


@pytest.fixture
def kit() -> TestX:
    return TestX()


@pytest.fixture
def channel(kit: TestX, organization: Organization, vendor: VendorServer) -> Channel:
    kit.judge(vendor)
    return kit.make_channel(organization, vendor)


def answered(channel: Channel, text: str = "On its way.", **details: Any) -> Message:
    message = reply(Ticket.objects.get().pk, OutgoingMessage(text=text, details=details))
    run_subscribers(channel.organization_id)
    delivery.deliver_due()
    return Message.objects.get(pk=message.pk)


def connector_of(channel: Channel) -> XConnector:
    connector = get_connector(channel.kind)
    assert isinstance(connector, XConnector)
    return connector


@pytest.mark.django_db
def test_a_post_is_answered_under_it_and_its_author_by_direct_message(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("POST", r"^/2/tweets$", 201, {"data": {"id": "42", "text": "On its way."}})
    kit.vendor_accepts(vendor)
    link = {"url": "https://t.co/a", "expanded_url": "https://shop.example/scarf"}
    asked = post(
        "2001", "@lindenloom in stock? https://t.co/a &amp; when", entities={"urls": [link]}
    )
    kit.take(channel, kit.call(tweet_create_events=[asked]))
    message = Message.objects.select_related("body").get()
    assert message.body.text == "@lindenloom in stock? https://shop.example/scarf & when"
    assert message.details["permalink"] == "https://x.com/mialaurent/status/2001"
    assert message.ticket.kind == "request"
    handle = message.ticket.customer.handles.get()
    assert (handle.value, handle.label, handle.is_verified) == (MIA, "@mialaurent", True)
    thread = Thread.objects.get()
    place = Place(thread.address, thread.data, thread.last_inbound_at)
    can = connector_of(channel).reach(channel, place)
    assert (can.modes, can.max_public_chars) == (("public", "private"), 280)
    assert answered(channel).external_id == "42"
    assert vendor.last("POST", r"^/2/tweets$").json["reply"] == {"in_reply_to_tweet_id": "2001"}
    assert answered(channel, mode="private").external_id == "5005"


@pytest.mark.django_db
def test_own_posts_and_reposts_open_nothing_and_other_mentions_are_mentions(
    kit: TestX, channel: Channel
) -> None:
    own = post("1", "Hello", user={"id_str": US, "screen_name": "lindenloom"})
    repost = post("2", "RT @lindenloom", retweeted_status={"id_str": "1"})
    kit.take(channel, kit.call(tweet_create_events=[own, repost]))
    kit.take(channel, kit.call(direct_message_events=[direct("m1", "Ours", sender=US)]))
    assert Ticket.objects.count() == 0
    kit.take(channel, kit.call(tweet_create_events=[post("3", "I love my @lindenloom scarf")]))
    assert Ticket.objects.get().kind == "mention"


@pytest.mark.django_db
def test_an_answer_to_our_answer_joins_its_ticket_and_a_deleted_post_says_so(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("POST", r"^/2/tweets$", 201, {"data": {"id": "42", "text": "x"}})
    kit.take(channel, kit.call(tweet_create_events=[post("2001", "@lindenloom help")]))
    answered(channel)
    back = post("2002", "@lindenloom thanks", in_reply_to_status_id_str="42",
                in_reply_to_user_id_str=US)  # fmt: skip
    kit.take(channel, kit.call(tweet_create_events=[back]))
    assert Ticket.objects.get().messages.count() == 3
    gone = {"status": {"id": "2002", "user_id": MIA}, "timestamp_ms": "1"}
    kit.take(channel, kit.call(tweet_delete_events=[gone]))
    assert Message.objects.get(external_id="2002").details["is_deleted"] is True


@pytest.mark.django_db
def test_a_post_that_weighs_too_much_is_refused_before_it_leaves(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    kit.take(channel, kit.call(tweet_create_events=[post("2001", "@lindenloom help")]))
    message = answered(channel, text="包" * 141)
    assert Delivery.objects.get(message=message).reason_code == "too_long"
    assert vendor.requests == []


@pytest.mark.django_db
def test_a_text_that_x_takes_only_once_fails_in_words(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    said = {"detail": "You are not allowed to create a Tweet with duplicate content.",
            "title": "Forbidden", "type": "about:blank", "status": 403}  # fmt: skip
    vendor.answers("POST", r"^/2/tweets$", 403, said)
    kit.take(channel, kit.call(tweet_create_events=[post("2001", "@lindenloom help")]))
    message = answered(channel)
    assert message.delivery_state == DeliveryState.FAILED
    assert Delivery.objects.get(message=message).reason_code == "duplicate"


@pytest.mark.django_db
def test_pictures_are_uploaded_and_other_files_refused(
    kit: TestX, channel: Channel, vendor: VendorServer, bo: User
) -> None:
    vendor.answers("POST", r"^/2/media/upload$", 200, {"data": {"id": "808"}})
    vendor.answers("POST", r"^/2/tweets$", 201, {"data": {"id": "42", "text": "x"}})
    kit.take(channel, kit.call(tweet_create_events=[post("2001", "@lindenloom help")]))
    for name, kind, state in (
        ("a.png", "image/png", DeliveryState.SENT),
        ("a.pdf", "application/pdf", DeliveryState.FAILED),
    ):
        kept = keep_upload(bo, name=name, content_type=kind, content=b"\x89PNG\r\n\x1a\n")
        outgoing = OutgoingMessage(text=f"See {name}", attachment_ids=[kept.pk])
        message = reply(Ticket.objects.get().pk, outgoing, user=bo)
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        assert Message.objects.get(pk=message.pk).delivery_state == state
    assert vendor.last("POST", r"^/2/tweets$").json["media"] == {"media_ids": ["808"]}
    assert b'name="media_category"\r\n\r\ntweet_image' in vendor.requests[0].body


@pytest.mark.django_db
def test_moderating(channel: Channel, vendor: VendorServer) -> None:
    for method in ("PUT", "POST", "DELETE"):
        vendor.answers(method, r"", 200, {"data": {}})
    for action in ("hide", "unhide", "like", "unlike", "delete"):
        connector_of(channel).moderate(channel, "2001", action, {})
    asked = [(each.method, each.path) for each in vendor.requests]
    assert asked == [
        ("PUT", "/2/tweets/2001/hidden"), ("PUT", "/2/tweets/2001/hidden"),
        ("POST", "/2/users/900/likes"), ("DELETE", "/2/users/900/likes/2001"),
        ("DELETE", "/2/tweets/2001"),
    ]  # fmt: skip
    assert [each.json["hidden"] for each in vendor.requests[:2]] == [True, False]
    with pytest.raises(PermanentFailure):
        connector_of(channel).moderate(channel, "../users", "hide", {})


# --- Asking ---------------------------------------------------------------------------------------


def page(*rows: dict[str, Any]) -> dict[str, Any]:
    users = [{"id": MIA, "name": "Mia Laurent", "username": "mialaurent"}]
    return {"data": list(rows), "includes": {"users": users}, "meta": {"result_count": len(rows)}}


@pytest.mark.django_db
def test_asking_begins_now_and_then_brings_each_thing_once(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    channel.config = {**channel.config, "searches": ['"Linden Loom" -is:retweet']}
    channel.save(update_fields=["config"])
    poll(channel)
    assert vendor.requests == []
    newer = int(id_at(now())) + 5
    mention = {"id": str(newer), "text": "@lindenloom hello", "author_id": MIA,
               "conversation_id": str(newer), "created_at": iso(now())}  # fmt: skip
    own = {**mention, "id": str(newer + 1), "author_id": US}
    event = {"id": str(newer + 2), "event_type": "MessageCreate", "text": "In private",
             "sender_id": MIA, "created_at": iso(now())}  # fmt: skip
    old = {**event, "id": "12"}
    heard = {**mention, "id": str(newer + 3), "conversation_id": str(newer + 3),
             "text": "Linden Loom never answers"}  # fmt: skip
    vendor.answers("GET", rf"^/2/users/{US}/mentions$", 200, page(own, mention))
    vendor.answers("GET", r"^/2/dm_events$", 200, page(event, old))
    vendor.answers("GET", r"^/2/tweets/search/recent$", 200, page(heard, mention))
    webhook = post(str(newer), "@lindenloom hello")
    kit.take(channel, kit.call(tweet_create_events=[webhook]))
    for _ in range(2):
        poll(channel)
        kit.settle(channel)
    assert sorted(kit.texts(channel)) == [
        "@lindenloom hello", "In private", "Linden Loom never answers",
    ]  # fmt: skip
    kinds = {each.messages.get().body.text: each.kind for each in Ticket.objects.all()}
    assert kinds["Linden Loom never answers"] == "mention"
    cursor = Connection.objects.get(channel=channel).cursor
    assert cursor["mentions"] == str(newer)
    assert vendor.last("GET", "mentions$").query["since_id"] == str(newer)


@pytest.mark.django_db
def test_a_plan_without_direct_messages_still_brings_mentions(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    poll(channel)
    newer = int(id_at(now())) + 5
    mention = {"id": str(newer), "text": "@lindenloom hello", "author_id": MIA}
    vendor.answers("GET", rf"^/2/users/{US}/mentions$", 200, page(mention))
    vendor.answers("GET", r"^/2/dm_events$", 403, {"title": "Forbidden", "detail": "Not permitted"})
    poll(channel)
    kit.settle(channel)
    assert kit.texts(channel) == ["@lindenloom hello"]


@pytest.mark.django_db
def test_a_rate_limit_waits_as_long_as_x_says(channel: Channel, vendor: VendorServer) -> None:
    poll(channel)
    reset = {"x-rate-limit-reset": str(int(now().timestamp()) + 880)}
    vendor.answers("GET", r"^/2/", 429, {"title": "Too Many Requests"}, headers=reset)
    poll(channel)
    link = Connection.objects.get(channel=channel)
    assert link.failures == 1
    assert link.poll_due_at is not None
    assert 800 < (link.poll_due_at - now()).total_seconds() < 900


# --- Setting up and tokens ------------------------------------------------------------------------


@pytest.mark.django_db
def test_connecting_registers_the_webhook_once_and_subscribes_the_account(
    channel: Channel, vendor: VendorServer
) -> None:
    hook = "https://desk.example/hooks/x/abc"
    channel.secrets = encrypt({**decrypt(channel.secrets), "bearer_token": "app"})
    vendor.answers(
        "GET", r"^/2/users/me$", 200, {"data": {"id": US, "name": "L", "username": "ll"}}
    )
    vendor.answers("GET", r"^/2/webhooks$", 200, {"data": []})
    vendor.answers(
        "POST", r"^/2/webhooks$", 200, {"data": {"id": "55", "url": hook, "valid": True}}
    )
    vendor.answers("POST", r"/subscriptions/all$", 200, {"data": {"subscribed": True}})
    told = connector_of(channel).connect(channel, hook)
    assert (told.address, told.label, told.config["webhook_id"]) == (US, "L (@ll)", "55")
    vendor.answers(
        "GET", r"^/2/webhooks$", 200, {"data": [{"id": "55", "url": hook, "valid": True}]}
    )
    connector_of(channel).connect(channel, hook)
    assert vendor.asked("POST", r"^/2/webhooks$") == 1
    assert connector_of(channel).check(channel, hook) == []
    vendor.answers(
        "GET", r"^/2/webhooks$", 200, {"data": [{"id": "55", "url": hook, "valid": False}]}
    )
    vendor.answers("PUT", r"^/2/webhooks/55$", 200, {"data": {"valid": True}})
    assert "switched our webhook off" in connector_of(channel).check(channel, hook)[0]
    channel.config = {**channel.config, **told.config}
    vendor.answers("DELETE", r"/subscriptions/900/all$", 200, {"data": {"subscribed": False}})
    connector_of(channel).disconnect(channel)
    assert vendor.asked("DELETE", r"/subscriptions/900/all$") == 1


@pytest.mark.django_db
def test_tokens_are_renewed_and_the_new_refresh_token_is_kept(
    channel: Channel, vendor: VendorServer
) -> None:
    """The token address is outside X's contract file, so nothing judges it."""
    vendor.judge = None
    channel.config = {**channel.config, "client_id": "cid"}
    channel.secrets = encrypt(
        {**decrypt(channel.secrets), "refresh_token": "old", "client_secret": "cs"}
    )
    channel.save(update_fields=["config", "secrets"])
    fresh = {"access_token": "new", "refresh_token": "next", "expires_in": 7200}
    vendor.answers("POST", r"^/2/oauth2/token$", 200, fresh)
    tokens.keep_fresh(channel)
    tokens.keep_fresh(channel)
    assert vendor.asked("POST", r"^/2/oauth2/token$") == 1
    assert vendor.requests[0].form == {
        "grant_type": "refresh_token", "refresh_token": "old", "client_id": "cid",
    }  # fmt: skip
    kept = decrypt(Channel.objects.get(pk=channel.pk).secrets)
    assert (kept["access_token"], kept["refresh_token"]) == ("new", "next")
    tokens.note_refused(channel)
    vendor.answers("POST", r"^/2/oauth2/token$", 400, {"error": "invalid_request"})
    with pytest.raises(NeedsReauthorization, match="Sign in"):
        tokens.keep_fresh(channel)


@pytest.mark.django_db
def test_the_picture_of_a_direct_message_is_fetched_as_the_account(
    kit: TestX, channel: Channel, vendor: VendorServer
) -> None:
    def picture(asked: Asked) -> tuple[int, Any]:
        return 200, b"\x89PNG"

    vendor.answers("GET", r"^/2/dm_conversations/media/", data=picture)
    url = "https://ton.twitter.com/1.1/ton/data/dm/11/22/abc.png"
    held = {"type": "media", "media": {"type": "photo", "media_url_https": url}}
    kit.take(channel, kit.call(direct_message_events=[direct("m1", "Look", attachment=held)]))
    source = Attachment.objects.get().source
    assert source is not None
    assert connector_of(channel).fetch_file(channel, source, 1000).content == b"\x89PNG"
    assert vendor.requests[0].path == "/2/dm_conversations/media/11/22/abc.png"


# --- Payloads of others ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_answers_that_others_recorded_are_read_or_left_out(
    channel: Channel, vendor: VendorServer, corpora: Path
) -> None:
    """They lack authors, which X gives only to who asks: nothing is filed without one."""
    poll(channel)
    files = sorted((corpora / "payloads" / "x-twitter").glob("*.json"))
    assert len(files) == 11
    for path in files:
        told = json.loads(path.read_text())
        vendor.answers("GET", r"^/2/dm_events$", 200, {**told, "meta": {}})
        rows = told["data"] if isinstance(told["data"], list) else [told["data"]]
        vendor.answers("GET", r"mentions$", 200, {"data": rows, "meta": {}})
        assert connector_of(channel).poll(channel, {"mentions": "1", "dms": "1"}).items == []
        with_author = [{**each, "author_id": MIA} for each in rows]
        vendor.answers("GET", r"mentions$", 200, {"data": with_author, "meta": {}})
        vendor.answers("GET", r"^/2/dm_events$", 200, {"data": [], "meta": {}})
        found = connector_of(channel).poll(channel, {"mentions": "1", "dms": "1"}).items
        assert len(found) == len({each["id"] for each in rows})
        for item in found:
            assert isinstance(item, Arrived)
            read = parse(channel, json.dumps(item.payload).encode())
            assert read.external_id
            assert read.text
            assert read.content_key
        call = WebhookRequest("POST", "", {}, {}, path.read_bytes())
        assert {type(each).__name__ for each in connector_of(channel).split(channel, call)} == {
            "Ignored"
        }


@pytest.mark.parametrize(
    "told",
    [
        {"tweet_create_events": [{"id_str": 5, "user": "x"}, 7, {"id_str": "1", "user": {
            "id_str": "2"}, "entities": [], "text": None, "extended_tweet": "x"}]},
        {"direct_message_events": [{"type": "message_create", "id": "1", "message_create": {
            "sender_id": "2", "message_data": {"attachment": {"media": {"url": 1}}}}}], "users": []},
        {"tweet_delete_events": [{"status": "x"}], "for_user_id": None},
    ],
)  # fmt: skip
@pytest.mark.django_db
def test_odd_calls_are_read_ignored_or_refused_but_never_crash(
    channel: Channel, told: dict[str, Any]
) -> None:
    call = WebhookRequest("POST", "", {}, {}, json.dumps(told).encode())
    for item in connector_of(channel).split(channel, call):
        if isinstance(item, Arrived):
            try:
                parse(channel, json.dumps(item.payload).encode())
            except InvalidInput:
                continue
