"""Facebook and Instagram in public: comments, mentions, recommendations, moderating, setting up."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt
from inbox import delivery, door, names, tokens
from inbox.connector import (
    Amended,
    Arrived,
    Ignored,
    Place,
    Reported,
    WebhookRequest,
    get_connector,
)
from inbox.models import Delivery, RawInbound, Thread
from inbox.reach import reply_places
from integrations.meta.connector import MetaConnector
from integrations.meta.manifest import FACEBOOK, INSTAGRAM
from tests.contracts.channel_connector import poll
from tests.contracts.test_meta import ACCOUNT, MIA, NODES, PAGE, MetaContract
from tests.contracts.vendor import VendorServer
from tickets.actions.attach import keep_upload
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, DeliveryState, Message, Ticket

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG"
POST, COMMENT, REPLY = "1001_500", "c500_1", "c500_2"
IG_NODES = {
    PAGE: "Page", MIA: "IGUser", ACCOUNT: "IGUser", r"18\d+": "IGComment", r"17\d+": "IGMedia",
    r"t_\w+": "UnifiedThread",
}  # fmt: skip


class Page(MetaContract):
    """A Facebook page."""

    kind, object, account, nodes = "facebook", "page", PAGE, NODES
    sends_to = r"/1001/messages$"

    def comment(self, **more: Any) -> dict[str, Any]:
        return {
            "item": "comment", "verb": "add", "comment_id": COMMENT, "post_id": POST,
            "parent_id": POST, "from": {"id": MIA, "name": "Mia Laurent"},
            "message": "Where is my parcel?", "created_time": int(now().timestamp()),
            "post": {"permalink_url": "https://www.facebook.com/1001/posts/500"}, **more,
        }  # fmt: skip


class Account(MetaContract):
    """An Instagram account, by its page."""

    kind, object, account, nodes = "instagram", "instagram", ACCOUNT, IG_NODES
    sends_to = r"/1001/messages$"

    def config(self) -> dict[str, Any]:
        return {"app_id": "55", "login": "page", "page_id": PAGE}

    def comment(self, **more: Any) -> dict[str, Any]:
        return {
            "id": "1801", "text": "Is this in stock?", "media": {"id": "1755"},
            "from": {"id": MIA, "username": "mia.laurent"}, **more,
        }  # fmt: skip


@pytest.fixture
def page() -> Page:
    return Page()


@pytest.fixture
def account() -> Account:
    return Account()


def connected(kit: MetaContract, organization: Organization, vendor: VendorServer) -> Channel:
    kit.judge(vendor)
    return kit.make_channel(organization, vendor)


def answered(channel: Channel, text: str = "On its way.", **details: Any) -> Message:
    message = reply(Ticket.objects.get().pk, OutgoingMessage(text=text, details=details))
    run_subscribers(channel.organization_id)
    delivery.deliver_due()
    return Message.objects.get(pk=message.pk)


def connector_of(channel: Channel) -> MetaConnector:
    connector = get_connector(channel.kind)
    assert isinstance(connector, MetaConnector)
    return connector


# --- Comments -------------------------------------------------------------------------------------


def test_a_comment_is_answered_in_public_where_it_stands(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("POST", rf"/{COMMENT}/comments$", 200, {"id": "c500_9"})
    page.take(channel, page.changes("feed", page.comment()))
    arrived = Message.objects.get()
    assert arrived.details["is_public"] is True
    assert arrived.details["permalink"] == f"https://www.facebook.com/{COMMENT}"
    assert arrived.ticket.kind == "request"
    handle = arrived.ticket.customer.handles.get()
    assert (handle.kind, handle.value, handle.is_verified) == ("facebook", f"{PAGE}:{MIA}", True)
    message = answered(channel)
    assert (message.delivery_state, message.external_id) == (DeliveryState.SENT, "c500_9")
    assert vendor.last("POST", "comments$").json["message"] == "On its way."
    assert vendor.asked("POST", "messages$") == 0


def test_a_comment_is_answered_in_private_within_seven_days(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    page.vendor_accepts(vendor)
    page.take(channel, page.changes("feed", page.comment()))
    thread = Thread.objects.get()
    place = Place(thread.address, thread.data, thread.last_inbound_at)
    assert connector_of(channel).reach(channel, place).modes == ("public", "private")
    assert answered(channel, mode="private").delivery_state == DeliveryState.SENT
    sent = vendor.last("POST", "messages$").json
    assert sent["recipient"] == {"comment_id": COMMENT}
    [place_now] = reply_places(Ticket.objects.get())
    assert place_now.reach.modes == ("public",)
    assert vendor.asked("POST", "comments$") == 0
    late = Place(thread.address, thread.data, now() - timedelta(days=7, minutes=1))
    assert connector_of(channel).reach(channel, late).modes == ("public",)
    Thread.objects.update(last_inbound_at=late.last_inbound_at)
    message = answered(channel, mode="private")
    assert message.delivery_state == DeliveryState.FAILED
    assert Delivery.objects.get(message=message).reason_code == "window_closed"
    assert vendor.asked("POST", "messages$") == 1


def test_what_the_author_answers_in_private_comes_to_the_comments_ticket(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    page.vendor_accepts(vendor)
    vendor.answers("POST", rf"/{COMMENT}/comments$", 200, {"id": "c500_9"})
    page.take(channel, page.changes("feed", page.comment()))
    answered(channel, mode="private")
    assert answered(channel, "It is on its way.").external_id == "c500_9"
    page.take(channel, page.text_call(channel, "m9", "Thanks! It is order 1042"))
    ticket = Ticket.objects.get()
    assert ticket.messages.count() == 4
    answered(channel, "Found it.")
    assert vendor.last("POST", "messages$").json["recipient"] == {"id": MIA}


def test_a_second_private_answer_is_refused_in_words(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    said = {"message": "(#10900) Activity already replied to", "code": 10900}
    vendor.answers("POST", r"/1001/messages$", 400, {"error": said})
    page.take(channel, page.changes("feed", page.comment()))
    message = answered(channel, mode="private")
    assert Delivery.objects.get(message=message).reason_code == "limit_reached"


def test_the_pages_own_comments_and_posts_open_nothing(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    own = {"from": {"id": PAGE, "name": "Linden & Loom"}}
    page.take(channel, page.changes("feed", page.comment(**own)))
    page.take(channel, page.changes("feed", {**page.comment(**own), "item": "status"}))
    page.take(channel, page.changes("feed", {**page.comment(), "item": "reaction"}))
    assert Ticket.objects.count() == 0


def test_a_comment_that_is_edited_or_removed_says_so(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    page.take(channel, page.changes("feed", page.comment()))
    edited = page.comment(verb="edited", message="Where is parcel 1042?")
    page.take(channel, page.changes("feed", edited))
    page.take(channel, page.changes("feed", page.comment(verb="remove", message="")))
    message = Message.objects.select_related("body").get()
    assert message.body.text == "Where is parcel 1042?"
    assert message.details["previous_texts"] == ["Where is my parcel?"]
    assert message.details["is_deleted"] is True


def test_people_under_one_comment_have_conversations_of_their_own(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    """A private answer can then never reach somebody else than the ticket's customer."""
    channel = connected(page, organization, vendor)
    page.take(channel, page.changes("feed", page.comment()))
    other = {"id": "8008", "name": "Jon"}
    under = page.comment(comment_id=REPLY, parent_id=COMMENT, message="Same here!")
    page.take(channel, page.changes("feed", {**under, "from": other}))
    mine = page.comment(comment_id="c500_3", parent_id=COMMENT, message="It is order 1042")
    page.take(channel, page.changes("feed", mine))
    texts = {
        each.customer.name: [m.body.text for m in each.messages.order_by("position")]
        for each in Ticket.objects.all()
    }
    assert texts == {
        "Mia Laurent": ["Where is my parcel?", "It is order 1042"], "Jon": ["Same here!"],
    }  # fmt: skip


def test_one_app_webhook_serves_several_pages(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    first = connected(page, organization, vendor)
    second = create_channel(
        organization, kind="facebook", name="Second page", handle_kind="facebook",
        address="2002", config=first.config, secrets=first.secrets,
    )  # fmt: skip
    page.account = "2002"
    call = page.text_call(second, "m1", "Hello, second page")
    assert page.post(first, call) == 200
    page.settle(first)
    page.settle(second)
    assert Ticket.objects.get().channel_id == second.pk


def test_an_instagram_comment_is_answered_under_it(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    vendor.answers("POST", r"/1801/replies$", 200, {"id": "1809"})
    account.take(channel, account.changes("comments", account.comment()))
    own = account.comment(id="1802", **{"from": {"id": ACCOUNT, "username": "lindenloom"}})
    account.take(channel, account.changes("comments", own))
    handle = Ticket.objects.get().customer.handles.get()
    assert (handle.label, handle.value) == ("@mia.laurent", f"{ACCOUNT}:{MIA}")
    assert answered(channel).external_id == "1809"


def test_an_instagram_mention_is_read_at_instagram_and_answered_there(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    words = {"id": "1801", "text": "@lindenloom any news?", "username": "mia.laurent"}
    words["timestamp"] = str(iso(now()))
    vendor.answers("GET", rf"/{ACCOUNT}$", 200, {"mentioned_comment": words, "id": ACCOUNT})
    vendor.answers("POST", rf"/{ACCOUNT}/mentions$", 200, {"id": "1810"})
    account.take(channel, account.changes("mentions", {"media_id": "1755", "comment_id": "1801"}))
    message = Message.objects.select_related("body").get()
    assert message.body.text == "@lindenloom any news?"
    assert message.ticket.kind == "mention"
    assert message.ticket.customer.handles.get().is_verified is False
    assert answered(channel).external_id == "1810"
    sent = vendor.last("POST", "mentions$").json
    assert (sent["media_id"], sent["comment_id"]) == ("1755", "1801")


def test_a_mention_waits_for_instagram_and_holds_up_nothing_behind_it(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    vendor.answers("GET", rf"/{ACCOUNT}$", 500, {"error": {"code": 2, "message": "Try later"}})
    account.take(channel, account.changes("mentions", {"media_id": "1755", "comment_id": "1801"}))
    account.take(channel, account.changes("comments", account.comment(id="1802")))
    assert [each.external_id for each in Message.objects.all()] == ["1802"]
    waiting = RawInbound.objects.get(state="quarantined")
    assert waiting.retry_at is not None
    assert waiting.reason.startswith("Tried again by itself. Meta cannot do it now.")
    assert door.retry_due() == 0

    words = {"id": "1801", "text": "@lindenloom any news?", "username": "ben"}
    vendor.answers("GET", rf"/{ACCOUNT}$", 200, {"mentioned_comment": words, "id": ACCOUNT})
    with time_machine.travel(now() + timedelta(minutes=1)):
        assert door.retry_due() == 1
        door.process_channel(channel.pk)
        assert door.retry_due() == 0
    assert sorted(each.external_id for each in Message.objects.all()) == ["1801", "1802"]
    assert RawInbound.objects.get(pk=waiting.pk).state == "processed"


def test_a_mention_that_instagram_never_tells_ends_in_quarantine(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    vendor.answers("GET", rf"/{ACCOUNT}$", 500, {"error": {"code": 2, "message": "Try later"}})
    account.take(channel, account.changes("mentions", {"media_id": "1755", "comment_id": "1801"}))
    at = now()
    for day in range(1, 10):
        with time_machine.travel(at + timedelta(days=2 * day)):
            door.retry_due()
            door.process_channel(channel.pk)
    [kept] = RawInbound.objects.all()
    assert (kept.state, kept.retry_at, kept.retries) == ("quarantined", None, 6)
    assert vendor.asked("GET", rf"/{ACCOUNT}$") == 7


def test_a_picture_goes_with_an_answer_to_a_comment(
    organization: Organization, vendor: VendorServer, page: Page, bo: User
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("POST", rf"/{PAGE}/photos$", 200, {"id": "1001_900"})
    vendor.answers("POST", rf"/{COMMENT}/comments$", 200, {"id": REPLY})
    page.take(channel, page.changes("feed", page.comment()))
    picture = keep_upload(bo, name="label.png", content_type="image/png", content=PNG)
    ticket = Ticket.objects.get()
    reply(
        ticket.pk, OutgoingMessage(text="This one?", attachment_ids=[picture.pk]), user=bo
    )  # fmt: skip
    run_subscribers(organization.pk)
    delivery.deliver_due()
    assert vendor.last("POST", "/comments$").json["attachment_id"] == "1001_900"
    assert vendor.last("POST", "/comments$").json["message"] == "This one?"
    assert PNG in vendor.last("POST", "/photos$").body


@pytest.mark.parametrize(
    ("status", "said", "name"),
    [
        (200, {"id": MIA, "name": "Mia Laurent"}, "Mia Laurent"),
        (400, {"error": {"code": 230, "message": "User consent is required"}}, ""),
        (400, {"error": {"code": 100, "message": "No profile available"}}, ""),
    ],
)
def test_who_writes_on_messenger_is_asked_for_by_name_once(
    organization: Organization, vendor: VendorServer, page: Page, status: int, said: Any, name: str
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("GET", rf"/{MIA}$", status, said)
    page.bring(channel, vendor, ("m1", "Where is my parcel?"))
    for _ in range(2):
        names.look_up(channel, MetaConnector(FACEBOOK))
    message = Message.objects.select_related("customer").get()
    assert message.customer is not None
    assert message.customer.name == name
    assert message.author_name == (name or f"{PAGE}:{MIA}")
    assert vendor.asked("GET", rf"/{MIA}$") == 1
    channel.refresh_from_db()
    assert channel.failure == ""


def test_who_writes_on_instagram_is_called_by_name_and_username(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    said = {"id": MIA, "name": "Mia", "username": "mia.laurent"}
    vendor.answers("GET", rf"/{MIA}$", 200, said)
    account.bring(channel, vendor, ("m1", "Hello"))
    names.look_up(channel, MetaConnector(INSTAGRAM))
    handle = Ticket.objects.get().customer.handles.get()
    assert (handle.customer.name, handle.label) == ("Mia", "@mia.laurent")


def test_a_mention_by_another_page_and_a_recommendation_have_their_kinds(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("GET", r"/3003_1$", 200, {"message": "We love Linden & Loom", "id": "3003_1"})
    mention = {"post_id": "3003_1", "sender_id": "3003", "sender_name": "Home blog", "item": "post",
               "verb": "add"}  # fmt: skip
    page.take(channel, page.changes("mention", mention))
    review = {"item": "rating", "verb": "add", "open_graph_story_id": "1001_77",
              "reviewer_id": MIA, "reviewer_name": "Mia Laurent",
              "recommendation_type": "NEGATIVE", "review_text": "Never arrived"}  # fmt: skip
    page.take(channel, page.changes("ratings", review))
    found = {each.kind: each.messages.get() for each in Ticket.objects.all()}
    assert found["mention"].body.text == "We love Linden & Loom"
    assert found["review"].body.text == "[Does not recommend you]\nNever arrived"
    assert found["review"].details["rating"] == 1


# --- Moderating -----------------------------------------------------------------------------------


def test_a_page_hides_likes_and_deletes_comments(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("POST", r"", 200, {"success": True})
    vendor.answers("DELETE", r"", 200, {"success": True})
    for action in ("hide", "unhide", "like", "unlike", "delete"):
        connector_of(channel).moderate(channel, COMMENT, action, {})
    asked = [(each.method, each.path.split("/", 2)[2]) for each in vendor.requests]
    assert asked == [
        ("POST", COMMENT), ("POST", COMMENT), ("POST", f"{COMMENT}/likes"),
        ("DELETE", f"{COMMENT}/likes"), ("DELETE", COMMENT),
    ]  # fmt: skip
    assert vendor.requests[0].json["is_hidden"] is True
    assert vendor.requests[1].json["is_hidden"] is False


def test_instagram_hides_and_deletes_and_says_that_it_likes_nothing(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    vendor.answers("POST", r"", 200, {"success": True})
    vendor.answers("DELETE", r"", 200, {"success": True})
    connector_of(channel).moderate(channel, "1801", "hide", {})
    connector_of(channel).moderate(channel, "1801", "delete", {})
    with pytest.raises(PermanentFailure):
        connector_of(channel).moderate(channel, "1801", "like", {})
    assert vendor.requests[0].json["hide"] is True
    assert [each.method for each in vendor.requests] == ["POST", "DELETE"]


# --- Setting up -----------------------------------------------------------------------------------


def test_connecting_a_page_names_it_and_subscribes_the_app(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    found = {"id": PAGE, "name": "Linden & Loom", "username": "lindenloom"}
    vendor.answers("GET", rf"/{PAGE}$", 200, found)
    vendor.answers("POST", r"/subscribed_apps$", 200, {"success": True})
    vendor.answers("DELETE", r"/subscribed_apps$", 200, {"success": True})
    told = connector_of(channel).connect(channel, "https://desk.example/hooks/facebook/x")
    assert told.label == "Linden & Loom (@lindenloom)"
    assert "feed" in vendor.last("POST", "subscribed_apps$").json["subscribed_fields"]
    connector_of(channel).disconnect(channel)
    assert vendor.asked("DELETE", "subscribed_apps$") == 1


def test_a_token_that_meta_refuses_is_told_as_such(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    vendor.answers("GET", rf"/{PAGE}$", 400, page.unauthorized())
    with pytest.raises(NeedsReauthorization, match="access token"):
        connector_of(channel).connect(channel, "")


def test_an_account_that_is_not_the_pages_names_the_field(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    vendor.answers("GET", rf"/{ACCOUNT}$", 200, {"id": ACCOUNT, "username": "lindenloom"})
    linked = {"id": PAGE, "instagram_business_account": {"id": "999"}}
    vendor.answers("GET", rf"/{PAGE}$", 200, linked)
    with pytest.raises(InvalidInput) as refused:
        connector_of(channel).connect(channel, "")
    assert refused.value.errors[0].path == "page_id"


def test_the_check_finds_a_lost_subscription_and_a_token_that_ends(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    connector = connector_of(channel)
    vendor.answers("POST", r"/subscribed_apps$", 200, {"success": True})
    vendor.answers("GET", rf"/{PAGE}$", 200, {"id": PAGE, "name": "L"})
    connector.connect(channel, "")
    fields = vendor.last("POST", "subscribed_apps$").json["subscribed_fields"]
    whole = {"data": [{"id": "55", "subscribed_fields": fields}]}
    vendor.answers("GET", r"/subscribed_apps$", 200, whole)
    ends = {"is_valid": True, "expires_at": int((now() + timedelta(days=30)).timestamp())}
    vendor.answers("GET", r"/debug_token$", 200, {"data": ends})
    assert connector.check(channel, "") == []
    soon = {"is_valid": True, "expires_at": int((now() + timedelta(days=6)).timestamp())}
    vendor.answers("GET", r"/debug_token$", 200, {"data": soon})
    vendor.answers("GET", r"/subscribed_apps$", 200, {"data": []})
    problems = connector.check(channel, "")
    assert len(problems) == 2
    assert "no longer sends us" in problems[0]
    assert "ends on" in problems[1]


# --- Closing gaps ---------------------------------------------------------------------------------


def test_asking_finds_what_a_lost_webhook_would_have_told_once(
    organization: Organization, vendor: VendorServer, page: Page
) -> None:
    channel = connected(page, organization, vendor)
    poll(channel)
    assert vendor.requests == []
    at = iso(now())
    vendor.answers("GET", r"/conversations$", 200, {"data": [{"id": "t_1", "updated_time": at}]})
    said = [
        {"id": "m2", "created_time": at, "from": {"id": PAGE}, "message": "We look into it"},
        {"id": "m1", "created_time": at, "from": {"id": MIA, "name": "Mia Laurent"},
         "message": "Where is my parcel?"},
    ]  # fmt: skip
    vendor.answers("GET", r"/t_1/messages$", 200, {"data": said})
    comment = {"id": COMMENT, "message": "Hello?", "from": {"id": MIA, "name": "Mia Laurent"},
               "created_time": at}  # fmt: skip
    mine = {"id": "c500_8", "message": "Hi", "from": {"id": PAGE}, "created_time": at}
    post = {"id": POST, "message": "New linen", "comments": {"data": [mine, comment]}}
    vendor.answers("GET", r"/feed$", 200, {"data": [post]})
    vendor.answers("GET", r"/tagged$", 200, {"data": []})
    page.take(channel, page.text_call(channel, "m1", "Where is my parcel?"))
    for _ in range(2):
        poll(channel)
        page.settle(channel)
    assert sorted(page.texts(channel)) == ["Hello?", "Where is my parcel?"]


def test_asking_instagram_finds_messages_comments_and_tags(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    channel = connected(account, organization, vendor)
    poll(channel)
    at = iso(now())
    vendor.answers("GET", r"/1001/conversations$", 200, {"data": []})
    reply_row = {"id": "1803", "text": "Also in green?", "timestamp": at, "username": "jon",
                 "from": {"id": "8008", "username": "jon"}}  # fmt: skip
    row = {"id": "1801", "text": "In stock?", "timestamp": at, "username": "mia",
           "from": {"id": MIA, "username": "mia"}, "replies": {"data": [reply_row]}}  # fmt: skip
    vendor.answers("GET", r"/media$", 200, {"data": [{"id": "1755", "comments": {"data": [row]}}]})
    tagged = {
        "id": "1766",
        "caption": "My new scarf @lindenloom",
        "timestamp": at,
        "username": "bo",
    }
    vendor.answers("GET", r"/tags$", 200, {"data": [tagged]})
    poll(channel)
    account.settle(channel)
    assert sorted(account.texts(channel)) == [
        "Also in green?", "In stock?", "My new scarf @lindenloom",
    ]  # fmt: skip
    assert Ticket.objects.filter(kind="mention").count() == 1


# --- Payloads of others ---------------------------------------------------------------------------

_EXPECTED = {
    "feed_comment_id.json": Arrived,
    "feed_post_add_no_message.json": Ignored,
    "feed_status_own_post.json": Ignored,
}


def test_payloads_that_others_captured_are_read(
    organization: Organization, vendor: VendorServer, page: Page, corpora: Path
) -> None:
    channel = connected(page, organization, vendor)
    connector = connector_of(channel)
    files = sorted((corpora / "payloads" / "meta-facebook-feed").glob("*.json"))
    assert {each.name for each in files} == set(_EXPECTED)
    for path in files:
        call = WebhookRequest("POST", "", {}, {}, path.read_bytes())
        [item] = connector.split(channel, call)
        assert isinstance(item, _EXPECTED[path.name]), path.name
        if isinstance(item, Arrived):
            read = connector.parse(channel, json.dumps(item.payload).encode(), {})
            assert (read.text, read.sender.name) == ("Harga berapa?", "Budi")


@pytest.mark.parametrize(
    "told",
    [
        {"object": "page", "entry": [{"messaging": [{"message": {"mid": 5, "text": ["x"]},
                                                     "sender": {"id": 9}}]}]},
        {"object": "page", "entry": [{"id": "1", "messaging": "x", "changes": {"field": 1}}]},
        {"object": "page", "entry": [{"id": "1", "changes": [{"field": "feed", "value": {
            "item": "comment", "comment_id": "c", "from": {"id": "u"}, "photos": 5,
            "post": "x", "created_time": "yesterday"}}]}]},
        {"object": "page", "entry": [{"id": "1", "messaging": [{"sender": {"id": "2"}, "message": {
            "mid": "m", "attachments": [{"type": "location", "payload": {"coordinates": {
                "lat": "north", "long": None}}}, {"type": "image", "payload": {"url": "ftp://x"}}, 7
            ]}}]}]},
    ],
)  # fmt: skip
def test_odd_calls_are_read_ignored_or_refused_but_never_crash(
    organization: Organization, vendor: VendorServer, page: Page, told: dict[str, Any]
) -> None:
    channel = connected(page, organization, vendor)
    connector = connector_of(channel)
    call = WebhookRequest("POST", "", {}, {}, json.dumps(told).encode())
    for item in connector.split(channel, call):
        assert isinstance(item, Arrived | Ignored | Amended | Reported)
        if isinstance(item, Arrived):
            try:
                connector.parse(channel, json.dumps(item.payload).encode(), {})
            except InvalidInput:
                continue


# --- Tokens ---------------------------------------------------------------------------------------


def test_an_instagram_login_is_renewed_and_a_token_too_young_is_tried_again_later(
    organization: Organization, vendor: VendorServer, account: Account
) -> None:
    """The address is outside Meta's description, so only its answer is judged here."""
    channel = connected(account, organization, vendor)
    channel.config = {**channel.config, "login": "instagram"}
    channel.save(update_fields=["config"])
    vendor.answers("GET", r"^/refresh_access_token$", 400, account.refused())
    tokens.keep_fresh(channel)
    assert decrypt(channel.secrets)["access_token"] == "page token"
    tokens.note_refused(channel)
    fresh = {"access_token": "younger", "expires_in": 5_184_000}
    vendor.answers("GET", r"^/refresh_access_token$", 200, fresh)
    tokens.keep_fresh(channel)
    kept = decrypt(Channel.objects.get(pk=channel.pk).secrets)
    assert (kept["access_token"], kept["app_secret"]) == ("younger", "app secret")
