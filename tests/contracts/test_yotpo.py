"""Yotpo: every request judged by an UNOFFICIAL description of its API.

That file leaves out what answering and following reviews needs. It is added below as the vendor's
own Ruby client (YotpoLtd/yotpo-ruby: review.rb, comment.rb and its recorded answers) does it.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import tokens
from inbox.connector import Account, Place, get_connector
from inbox.models import Connection, RawInbound
from integrations.yotpo.connector import YotpoConnector
from tests.contracts.channel_connector import Call, poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.reviews import ReviewsContract
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.channels import create_channel
from tickets.models import Channel, HandleKind, Message, Ticket, TicketKind

STORE, MIA = "StoreKey1", 7
LIST = rf"^/v1/apps/{STORE}/reviews$"
CONTRACT = "yotpo/UNOFFICIAL-yotpo-openapi.yml"


def add_what_the_ruby_client_does(document: dict[str, Any]) -> None:
    paths = document["paths"]
    paths["/v1/apps/{app_key}/reviews"]["get"]["parameters"] += [
        _query("since_updated_at"), _query("deleted"),
    ]  # fmt: skip
    review_id = {**_query("review_id"), "in": "path", "required": True}
    paths["/reviews/{review_id}"] = {"get": _operation([review_id, _query("utoken")])}
    paths["/reviews/{review_id}/comments"] = {"post": _operation([review_id], _body("app_key"))}
    comment_id = {**review_id, "name": "comment_id"}
    paths["/reviews/{review_id}/comments/{comment_id}"] = {
        "put": _operation([review_id, comment_id], _body())
    }


def _query(name: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": {"type": "string"}}


def _operation(parameters: list[Any], body: dict[str, Any] | None = None) -> dict[str, Any]:
    operation = {"parameters": parameters, "responses": {"200": {"description": "OK"}}}
    return operation if body is None else {**operation, "requestBody": body}


def _body(*more: str) -> dict[str, Any]:
    names = ["content", "public"]
    comment = {
        "type": "object", "required": names, "additionalProperties": False,
        "properties": {"content": {"type": "string"}, "public": {"type": "boolean"}},
    }  # fmt: skip
    text = {"type": "string"}
    schema = {
        "type": "object", "required": ["utoken", "comment"], "additionalProperties": False,
        "properties": {"utoken": text, "comment": comment, **dict.fromkeys(more, text)},
    }  # fmt: skip
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def row(review_id: int, text: str, **more: Any) -> dict[str, Any]:
    at = iso(now())
    return {
        "id": review_id, "score": 1, "title": "", "content": text, "created_at": at,
        "updated_at": at, "sku": "shirt-1", "name": "Mia L.", "email": "mia@posteo.example",
        "deleted": False, "archived": False, **more,
    }  # fmt: skip


def whole(review_id: int, **more: Any) -> dict[str, Any]:
    product = {"id": 8, "name": "Linen shirt", "product_url": "https://shop.example/shirt"}
    review = {
        "id": review_id, "user": {"id": MIA, "display_name": "Mia L."}, "user_type": "User",
        "products": [{"Product": product}], **more,
    }  # fmt: skip
    return {"status": {"code": 200}, "response": {"review": review}}


def hook(event: str, review_id: Any, **more: Any) -> Call:
    data = {"id": str(review_id), "app_key": STORE, "title": "", "score": "5", **more}
    return Call(json.dumps({"event": event, "data": data}).encode())


def listing(vendor: VendorServer, *rows: dict[str, Any]) -> None:
    vendor.answers("GET", LIST, 200, {"status": {}, "response": {"reviews": list(rows)}})


class TestYotpo(ReviewsContract):
    kind = "yotpo"
    sends_to = r"^/reviews/\d+/comments$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.obeys(CONTRACT, connector="yotpo", relax=add_what_the_ruby_client_does)
        vendor.answers("POST", r"^/oauth/token$", 200, {"access_token": "new"})

        def one(asked: Asked) -> tuple[int, Any]:
            return 200, whole(int(asked.path.rpartition("/")[2]))

        vendor.answers("GET", r"^/reviews/\d+$", 200, one)
        self.said: dict[str, dict[str, Any]] = {}

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="yotpo", name="Yotpo", handle_kind=HandleKind.REVIEWER,
            address=STORE, secrets=encrypt({"secret_key": "sk"}),
            config={"api_url": vendor.url, "pace_per_second": 1000},
        )  # fmt: skip

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        for key, text in messages:
            self.said.setdefault(key, row(int(key[1:]), text))
        listing(vendor, *self.said.values())
        begin(channel)
        poll(channel)
        self.settle(channel)

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        return hook("review_create", int(key[1:]), content=text)

    def unknown_call(self, channel: Channel) -> Call:
        return hook("question_create", 1)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"response": {"comment": {"id": 5}}})
        return "comment:5"


def begin(channel: Channel) -> None:
    """The first poll says from when on reviews are of interest."""
    if not Connection.objects.filter(channel=channel, last_poll_at__isnull=False).exists():
        poll(channel)


@pytest.fixture
def kit() -> TestYotpo:
    return TestYotpo()


@pytest.fixture
def channel(kit: TestYotpo, organization: Organization, vendor: VendorServer) -> Channel:
    kit.judge(vendor)
    channel = kit.make_channel(organization, vendor)
    tokens.keep_fresh(channel)
    begin(channel)
    return channel


def connector() -> YotpoConnector:
    found = get_connector("yotpo")
    assert isinstance(found, YotpoConnector)
    return found


@pytest.mark.django_db
def test_a_review_is_a_public_ticket_about_its_product_and_its_mail_address_is_a_claim(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    listing(vendor, row(1, "It&#39;s too small.", title="Not for me", score="2"))
    poll(channel)
    kit.settle(channel)
    ticket = Ticket.objects.get()
    message = Message.objects.select_related("body").get()
    assert (ticket.kind, ticket.subject) == (TicketKind.REVIEW, "Not for me")
    assert message.body.text == "Not for me\n\nIt's too small."
    assert message.details == {
        "is_public": True, "rating": 2, "permalink": "https://shop.example/shirt",
        "post": {"id": "shirt-1", "title": "Linen shirt", "url": "https://shop.example/shirt"},
        "claims": {"email": "mia@posteo.example"},
    }  # fmt: skip
    handle = ticket.customer.handles.get()
    assert (handle.kind, handle.value) == ("reviewer", "yotpo:user:7")
    assert (handle.label, handle.is_verified) == ("Mia L.", False)
    assert vendor.last("GET", LIST).query["deleted"] == "true"


@pytest.mark.django_db
def test_a_new_review_is_told_by_a_call_and_asked_for_and_nothing_of_the_call_is_believed(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    told = row(31, "Too small.", score=2)
    vendor.answers("GET", r"^/reviews/31$", 200, whole(31, **{**told, "email": None}))
    for number_or_text in (31, "31"):
        call = hook("review_create", number_or_text, content="Buy at evil.example", score=5)
        assert kit.post(channel, call) == 200
    kit.settle(channel)
    listing(vendor, told)
    poll(channel)
    kit.settle(channel)
    message = Message.objects.select_related("body").get()
    assert (message.body.text, message.details["rating"]) == ("Too small.", 2)
    assert message.ticket.kind == TicketKind.REVIEW


@pytest.mark.django_db
def test_a_call_about_another_store_or_a_review_that_is_not_there_opens_no_ticket(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("GET", r"^/reviews/404$", 404, {"status": {"code": 404}})
    vendor.answers("GET", r"^/reviews/405$", 200, whole(405, app_key="Another"))
    calls = [
        hook("review_create", 9, app_key="Another"), hook("review_create", 404),
        hook("review_create", 405), hook("review_create", "../oauth"),
    ]  # fmt: skip
    for call in calls:
        assert kit.post(channel, call) == 200
    kit.settle(channel)
    assert Ticket.objects.count() == 0
    assert RawInbound.objects.filter(state="quarantined", retry_at=None).count() == 2
    assert vendor.asked("GET", r"^/reviews/9$") == 0


@pytest.mark.django_db
def test_a_changed_review_is_asked_for_at_once_unless_yotpo_fails(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    later = now() + timedelta(minutes=4)
    for failures, is_due in ((0, True), (3, False)):
        Connection.objects.filter(channel=channel).update(poll_due_at=later, failures=failures)
        assert kit.post(channel, hook("review_updated", 1, score=failures)) == 200
        kit.settle(channel)
        link = Connection.objects.get(channel=channel)
        assert (link.poll_due_at is not None and link.poll_due_at <= now()) is is_due


@pytest.mark.django_db
def test_while_yotpo_does_not_answer_a_told_review_waits(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("GET", r"^/reviews/31$", 503, {})
    kit.post(channel, hook("review_create", 31))
    kit.settle(channel)
    waiting = RawInbound.objects.get()
    assert (waiting.state, waiting.retry_at is not None) == ("quarantined", True)


@pytest.mark.django_db
def test_people_who_did_not_sign_in_are_never_taken_for_one_another(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    for number in (1, 2):
        nobody = whole(number, user_type="AnonymousUser")
        vendor.answers("GET", rf"^/reviews/{number}$", 200, nobody)
    listing(vendor, row(1, "Good"), row(2, "Bad"))
    poll(channel)
    kit.settle(channel)
    values = Ticket.objects.values_list("customer__handles__value", flat=True)
    assert sorted(values) == ["yotpo:review:1", "yotpo:review:2"]


@pytest.mark.django_db
def test_edits_keep_the_earlier_words_and_what_was_taken_from_the_page_says_so(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    first = row(1, "Awful.")
    listing(vendor, first)
    poll(channel)
    kit.settle(channel)
    edited = {**first, "content": "Fine after all.", "score": 4}
    listing(vendor, edited)
    poll(channel)
    message = Message.objects.select_related("body").get()
    assert message.body.text == "Fine after all."
    assert message.details["previous_texts"] == ["Awful."]
    assert message.details["rating"] == 4
    for name, value in (("archived", "true"), ("archived", False), ("deleted", True)):
        listing(vendor, {**edited, name: value})
        poll(channel)
        told = Message.objects.get().details["is_deleted"]
        assert told is bool(value)
    listing(vendor, {**edited, "deleted": True}, row(2, "Deleted before we saw it", deleted=True))
    poll(channel)
    kit.settle(channel)
    assert Ticket.objects.count() == 1
    assert vendor.asked("GET", r"^/reviews/1$") == 1


@pytest.mark.django_db
def test_reviews_from_before_the_connection_open_no_tickets(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    listing(vendor, row(1, "Old", created_at="2020-02-20 14:12:13 UTC"))
    poll(channel)
    kit.settle(channel)
    assert Ticket.objects.count() == 0


@pytest.mark.django_db
def test_an_answer_changes_our_comment_where_one_stands(
    kit: TestYotpo, channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("GET", r"^/reviews/1$", 200, whole(1, comment={"id": 5, "content": "Hi"}))
    vendor.answers("PUT", r"^/reviews/1/comments/5$", 200, {})
    message = outbound("We are sorry.", thread={"review_id": "1"})
    sent = connector().send(channel, message, lambda: None)
    assert sent.external_id == "comment:5"
    said = vendor.last("PUT", r"/comments/5$").json
    assert said == {"utoken": "new", "comment": {"content": "We are sorry.", "public": True}}
    assert vendor.asked("POST", kit.sends_to) == 0
    assert connector().find_outgoing(channel, message, now()) == []
    again = whole(1, comment={"id": 5, "content": "We are sorry."})
    vendor.answers("GET", r"^/reviews/1$", 200, again)
    assert connector().find_outgoing(channel, message, now()) == ["comment:5"]


@pytest.mark.django_db
def test_connecting_and_checking_read_a_review_and_a_wrong_key_asks_for_a_person(
    channel: Channel, vendor: VendorServer
) -> None:
    listing(vendor)
    assert connector().connect(channel, "") == Account(f"Yotpo store {STORE}", STORE)
    assert connector().check(channel, "") == []
    assert decrypt(channel.secrets)["utoken"] == "new"
    vendor.answers("POST", r"^/oauth/token$", 401, {"error": "invalid_client"})
    tokens.note_refused(channel)
    with pytest.raises(NeedsReauthorization, match="secret key"):
        tokens.keep_fresh(channel)
    vendor.answers("GET", LIST, 401, {"status": {"message": "Unauthorized"}})
    with pytest.raises(NeedsReauthorization):
        connector().check(channel, "")


@pytest.mark.django_db
def test_what_a_comment_cannot_be_is_said_before_anything_leaves(
    channel: Channel, vendor: VendorServer
) -> None:
    thread = {"review_id": "1"}
    vendor.answers("GET", r"^/reviews/404$", 404, {"status": {"message": "Not found"}})
    for message, code in (
        (outbound("Hello"), "no_conversation"),
        (outbound("See", ["a.pdf"], thread=thread), "unsupported_files"),
        (outbound("x" * 4001, thread=thread), "too_long"),
        (outbound("Hello", thread={"review_id": "404"}), "gone"),
    ):
        with pytest.raises(PermanentFailure) as refused:
            connector().send(channel, message, never)
        assert refused.value.reason_code == code
    assert connector().reach(channel, Place("x", thread)).modes == ("public",)
    assert connector().reach(channel, Place("x")).reason == "no_conversation"
