"""Trustpilot: every request judged by the vendor's own collection of example requests (Bruno)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import decrypt, encrypt
from inbox import door, tokens
from inbox.connector import Account, Place, get_connector
from inbox.models import Connection
from integrations.trustpilot.connector import TrustpilotConnector
from tests.contracts.bruno_judge import judge
from tests.contracts.channel_connector import poll
from tests.contracts.outgoing import never, outbound
from tests.contracts.reviews import ReviewsContract
from tests.contracts.vendor import Asked, VendorServer, Verdict
from tickets.actions.channels import create_channel
from tickets.models import Channel, HandleKind, Message, Ticket, TicketKind

UNIT, MIA, US = "5" * 24, "a" * 24, "b" * 24
LIST = rf"^/v1/private/business-units/{UNIT}/reviews$"
TOKENS = r"/oauth-business-users-for-applications/"


def but_for_beginning(asked: Asked) -> Verdict:
    """The collection gives beginning a conversation the body of an invitation, with a whole product
    in it: only method, path and signing in are judged there."""
    name, wrong = judge(asked)
    if asked.path.endswith("/create-conversation"):
        wrong = [each for each in wrong if not each.startswith("body")]
    return name, wrong


def review(review_id: str, text: str, author: str = MIA, **more: Any) -> dict[str, Any]:
    unit = {"id": UNIT, "displayName": "Linden & Loom", "identifyingName": "lindenloom.example"}
    return {
        "id": review_id, "consumer": {"id": author, "displayName": "Mia L."}, "stars": 2,
        "title": f"{text[:9]}…", "text": text, "createdAt": f"{now():%Y-%m-%dT%H:%M:%S}",
        "businessUnit": unit, "status": "active", **more,
    }  # fmt: skip


def listing(vendor: VendorServer, *reviews: dict[str, Any]) -> None:
    vendor.answers("GET", LIST, 200, {"reviews": list(reversed(reviews)), "links": []})


class TestTrustpilot(ReviewsContract):
    kind = "trustpilot"
    sends_to = r"^/v1/private/reviews/[^/]+/reply$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(but_for_beginning, connector="trustpilot")
        said = {"access_token": "new", "refresh_token": "once", "expires_in": "3600"}
        vendor.answers("POST", TOKENS, 200, said)
        self.said: dict[str, dict[str, Any]] = {}

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="trustpilot", name="Trustpilot", handle_kind=HandleKind.REVIEWER,
            address=UNIT, secrets=encrypt({"api_secret": "as", "password": "pw"}),
            config={
                "api_url": vendor.url, "api_key": "ak", "username": "us@shop.example",
                "business_user_id": US, "pace_per_second": 1000,
            },
        )  # fmt: skip

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        for key, text in messages:
            self.said.setdefault(key, review(key, text))
        listing(vendor, *self.said.values())
        begin(channel)
        poll(channel)
        self.settle(channel)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 201)
        return "m1:reply"


def begin(channel: Channel) -> None:
    """The first poll says from when on reviews are of interest."""
    if not Connection.objects.filter(channel=channel, last_poll_at__isnull=False).exists():
        poll(channel)


@pytest.fixture
def kit() -> TestTrustpilot:
    return TestTrustpilot()


@pytest.fixture
def channel(kit: TestTrustpilot, organization: Organization, vendor: VendorServer) -> Channel:
    kit.judge(vendor)
    channel = kit.make_channel(organization, vendor)
    tokens.keep_fresh(channel)
    begin(channel)
    return channel


def connector() -> TrustpilotConnector:
    found = get_connector("trustpilot")
    assert isinstance(found, TrustpilotConnector)
    return found


@pytest.mark.django_db
def test_a_review_is_a_public_ticket_with_stars_and_what_is_claimed_of_its_author_stays_a_claim(
    kit: TestTrustpilot, channel: Channel, vendor: VendorServer
) -> None:
    told = review(
        "r1", "The seam opened after a day.", title="Not again", referralEmail="mia@posteo.example",
        referenceId="1042",
    )  # fmt: skip
    listing(vendor, told)
    poll(channel)
    kit.settle(channel)
    ticket = Ticket.objects.get()
    message = Message.objects.select_related("body").get()
    assert (ticket.kind, ticket.subject) == (TicketKind.REVIEW, "Not again")
    assert message.body.text == "Not again\n\nThe seam opened after a day."
    assert message.details == {
        "is_public": True, "permalink": "https://www.trustpilot.com/reviews/r1", "rating": 2,
        "post": {
            "id": UNIT, "title": "Linden & Loom",
            "url": "https://www.trustpilot.com/review/lindenloom.example",
        },
        "claims": {"email": "mia@posteo.example", "order": "1042"},
    }  # fmt: skip
    handle = ticket.customer.handles.get()
    assert (handle.kind, handle.value) == ("reviewer", f"trustpilot:{MIA}")
    assert (handle.label, handle.is_verified) == ("Mia L.", False)
    assert message.is_sender_verified is None


@pytest.mark.django_db
def test_edits_keep_the_earlier_words_and_hidden_or_deleted_reviews_say_so(
    kit: TestTrustpilot, channel: Channel, vendor: VendorServer
) -> None:
    first, other = review("r1", "Awful."), review("r2", "Lovely.", author="c" * 24, stars=5)
    listing(vendor, first, other)
    poll(channel)
    kit.settle(channel)
    edited = {**first, "text": "Awful. But they helped.", "stars": 4}
    listing(vendor, edited, other)
    poll(channel)
    message = Message.objects.select_related("body").get(external_id="r1")
    assert message.body.text == "Awful. But they helped."
    assert message.details["previous_texts"] == ["Awful."]
    assert message.details["rating"] == 4
    listing(vendor, {**edited, "reportData": {"reviewVisibility": "hidden"}}, other)
    poll(channel)
    assert Message.objects.get(external_id="r1").details["is_deleted"] is True
    listing(vendor, edited, other)
    poll(channel)
    assert Message.objects.get(external_id="r1").details["is_deleted"] is False
    vendor.answers("GET", r"^/v1/private/reviews/r1$", 404, {"message": "Not found"})
    listing(vendor, other)
    poll(channel)
    assert Message.objects.get(external_id="r1").details["is_deleted"] is True
    assert "is_deleted" not in Message.objects.get(external_id="r2").details
    poll(channel)
    assert vendor.asked("GET", r"^/v1/private/reviews/r1$") == 1
    assert Ticket.objects.count() == 2


@pytest.mark.django_db
def test_a_review_that_only_left_the_list_is_not_called_deleted(
    kit: TestTrustpilot, channel: Channel, vendor: VendorServer
) -> None:
    told = review("r1", "Fine.")
    listing(vendor, told)
    poll(channel)
    kit.settle(channel)
    vendor.answers("GET", r"^/v1/private/reviews/r1$", 200, told)
    listing(vendor)
    poll(channel)
    assert "is_deleted" not in Message.objects.get().details


@pytest.mark.django_db
def test_all_pages_are_read_after_an_outage_and_old_reviews_open_no_tickets(
    kit: TestTrustpilot, channel: Channel, vendor: VendorServer
) -> None:
    fresh = [review(f"r{n}", f"Number {n}", author=f"{n:024}") for n in range(150)]
    long_ago = f"{now() - timedelta(days=9):%Y-%m-%dT%H:%M:%S}"
    old = [review(f"o{n}", "Old", createdAt=long_ago) for n in range(50)]
    rows = [*fresh, *old]

    def page(asked: Asked) -> tuple[int, Any]:
        number, size = int(asked.query["page"]), int(asked.query["perPage"])
        return 200, {"reviews": rows[(number - 1) * size : number * size]}

    vendor.answers("GET", LIST, 200, page)
    poll(channel)
    door.process_channel(channel.pk)
    assert Ticket.objects.count() == 150


@pytest.mark.django_db
def test_connecting_finds_the_business_by_its_domain(
    channel: Channel, vendor: VendorServer
) -> None:
    channel.address = "https://www.lindenloom.example/"
    units = [
        {"id": "9" * 24, "name": {"identifying": "lindenloom.example.org"}},
        {"id": UNIT, "name": {"identifying": "www.lindenloom.example"}},
    ]
    vendor.answers("GET", r"^/v1/business-units/search$", 200, {"businessUnits": units})
    listing(vendor, review("r1", "Fine."))
    assert connector().connect(channel, "") == Account("Linden & Loom", UNIT)
    assert vendor.last("GET", r"/search$").query == {"query": "lindenloom.example"}
    channel.address = "nobody.example"
    with pytest.raises(PermanentFailure, match="no business called"):
        connector().connect(channel, "")


@pytest.mark.django_db
def test_a_refresh_token_is_used_once_and_a_refused_one_leads_back_to_the_password(
    channel: Channel, vendor: VendorServer
) -> None:
    asked = vendor.all("POST", TOKENS)
    assert [each.form["grant_type"] for each in asked] == ["password"]
    vendor.answers("POST", r"/refresh$", 400, {"error": "invalid_grant"}, times=1)
    tokens.note_refused(channel)
    tokens.keep_fresh(channel)
    asked = vendor.all("POST", TOKENS)[1:]
    assert [each.form["grant_type"] for each in asked] == ["refresh_token", "password"]
    assert asked[0].form["refresh_token"] == "once"
    assert decrypt(channel.secrets)["access_token"] == "new"
    vendor.answers("POST", TOKENS, 401, {"error": "invalid_client"})
    tokens.note_refused(channel)
    with pytest.raises(NeedsReauthorization, match="business user"):
        tokens.keep_fresh(channel)


@pytest.mark.django_db
def test_checking_tells_of_rights_that_ended(channel: Channel, vendor: VendorServer) -> None:
    listing(vendor)
    assert connector().check(channel, "") == []
    vendor.answers("GET", LIST, 403, {"message": "Forbidden"})
    with pytest.raises(NeedsReauthorization):
        connector().check(channel, "")


@pytest.mark.django_db
def test_an_uncertain_reply_is_looked_for_under_the_review(
    channel: Channel, vendor: VendorServer
) -> None:
    message = outbound("We are sorry.", thread={"review_id": "r1"})
    one = r"^/v1/private/reviews/r1$"
    vendor.answers("GET", one, 200, review("r1", "Awful."))
    assert connector().find_outgoing(channel, message, now()) == []
    told = {"text": "We are sorry.\n", "createdAt": "2026-11-22T06:00:00"}
    vendor.answers("GET", one, 200, review("r1", "Awful.", companyReply=told))
    assert connector().find_outgoing(channel, message, now()) == ["r1:reply@2026-11-22T06:00:00"]


@pytest.mark.django_db
def test_what_a_reply_cannot_be_is_said_before_anything_leaves(channel: Channel) -> None:
    thread = {"review_id": "r1"}
    for message, code in (
        (outbound("Hello"), "no_conversation"),
        (outbound("See", ["a.pdf"], thread=thread), "unsupported_files"),
        (outbound("x" * 4001, thread=thread), "too_long"),
    ):
        with pytest.raises(PermanentFailure) as refused:
            connector().send(channel, message, never)
        assert refused.value.reason_code == code
    assert connector().reach(channel, Place("x", thread)).modes == ("public",)
    assert connector().reach(channel, Place("x")).reason == "no_conversation"


def test_the_judge_refuses_what_is_not_like_the_example() -> None:
    bearer = {"authorization": "Bearer t", "content-type": "application/json"}
    path = "/v1/private/reviews/r1/reply"
    good = Asked("POST", path, bearer, b'{"authorBusinessUserId": "b", "message": "Hi"}')
    assert judge(good) == ("POST /private/reviews/:reviewId/reply", [])
    other = b'{"message": "Hi", "text": "Hi"}'
    assert set(judge(Asked("POST", path, bearer, other))[1]) == {
        "body text: not in the example", "body authorBusinessUserId: missing",
    }  # fmt: skip
    bare = Asked("GET", f"{LIST[1:-1]}?order=1", {}, b"")
    assert judge(bare)[1] == [
        "authorization: bearer is wanted", "query order: not in the example",
    ]  # fmt: skip
    assert judge(Asked("PATCH", path, bearer, b""))[1] == ["not in the collection"]


# --- Reviews of products --------------------------------------------------------------------------

PRODUCTS = rf"^/v1/private/product-reviews/business-units/{UNIT}/reviews$"
ABOUT = r"^/v1/private/product-reviews/p1$"


def product_review(review_id: str, text: str, **more: Any) -> dict[str, Any]:
    product = {"id": "8", "name": "Linen shirt", "sku": "shirt-1",
               "productUrl": "https://shop.example/shirt"}  # fmt: skip
    return {
        "id": review_id, "createdAt": f"{now():%Y-%m-%dT%H:%M:%S}", "stars": 2, "content": text,
        "consumer": {"id": MIA, "name": "Mia L.", "email": "mia@posteo.example"},
        "product": product, "referenceId": "1042", **more,
    }  # fmt: skip


@pytest.fixture
def both(channel: Channel, vendor: VendorServer) -> Channel:
    """A channel that wants reviews of products, too, and has polled once."""
    channel.config = {**channel.config, "product_reviews": True}
    channel.save(update_fields=["config"])
    listing(vendor)
    vendor.answers("GET", PRODUCTS, 200, {"productReviews": []})
    poll(channel)
    return channel


@pytest.mark.django_db
def test_a_review_of_a_product_is_a_ticket_of_its_own_and_an_edit_keeps_the_earlier_words(
    kit: TestTrustpilot, both: Channel, vendor: VendorServer
) -> None:
    old = product_review("p0", "Long ago", createdAt="2020-01-01T00:00:00")
    first = product_review("p1", "The seam opened.")
    vendor.answers("GET", PRODUCTS, 200, {"productReviews": [first, old]})
    for _ in range(2):
        poll(both)
        kit.settle(both)
    message = Message.objects.select_related("body", "ticket").get()
    assert (message.external_id, message.body.text) == ("product:p1", "The seam opened.")
    assert message.ticket.kind == TicketKind.REVIEW
    assert message.details == {
        "is_public": True, "rating": 2, "claims": {"email": "mia@posteo.example", "order": "1042"},
        "post": {"id": "shirt-1", "title": "Linen shirt", "url": "https://shop.example/shirt"},
    }  # fmt: skip
    edited = {**first, "content": "The seam opened. They sent a new one.", "stars": 5}
    vendor.answers("GET", PRODUCTS, 200, {"productReviews": [edited, old]})
    poll(both)
    message = Message.objects.select_related("body").get()
    assert message.body.text == "The seam opened. They sent a new one."
    assert message.details["previous_texts"] == ["The seam opened."]
    assert message.details["rating"] == 5


@pytest.mark.django_db
def test_products_are_not_asked_for_unless_wanted(channel: Channel, vendor: VendorServer) -> None:
    listing(vendor)
    poll(channel)
    assert vendor.asked("GET", PRODUCTS) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("has_begun", [True, False])
def test_a_review_of_a_product_is_answered_by_a_comment(
    channel: Channel, vendor: VendorServer, has_begun: bool
) -> None:
    begun = [has_begun]

    def begin_it(asked: Asked) -> tuple[int, Any]:
        begun[0] = True
        return 201, {}

    def about(asked: Asked) -> tuple[int, Any]:
        return 200, {"id": "p1", **({"conversationId": "k1"} if begun[0] else {})}

    vendor.answers("GET", ABOUT, 200, about)
    vendor.answers("POST", r"/p1/create-conversation$", 201, begin_it)
    comments = r"^/v1/private/conversations/k1/comments$"
    vendor.answers("POST", comments, 201, {"id": "c9", "content": "Sorry!"})
    told = {"comments": [{"id": "c9", "content": "Sorry!"}, {"id": "c8", "content": "Hi"}]}
    vendor.answers("GET", r"^/v1/private/conversations/k1$", 200, told)
    message = outbound("Sorry!", thread={"form": "product_review", "review_id": "p1"})
    asked_when_begun: list[int] = []
    sent = connector().send(
        channel, message, lambda: asked_when_begun.append(vendor.asked("POST", comments))
    )
    assert (sent.external_id, asked_when_begun) == ("comment:c9", [0])
    assert vendor.asked("POST", r"/create-conversation$") == (0 if has_begun else 1)
    assert vendor.last("POST", comments).json == {
        "content": "Sorry!", "integrationId": str(message.id),
    }  # fmt: skip
    assert connector().find_outgoing(channel, message, now()) == ["comment:c9"]


@pytest.mark.django_db
def test_a_review_of_a_product_that_nobody_may_answer_is_left_alone(
    channel: Channel, vendor: VendorServer
) -> None:
    vendor.answers("GET", ABOUT, 200, {"id": "p1"})
    vendor.answers("POST", r"/create-conversation$", 201, {})
    message = outbound("Sorry!", thread={"form": "product_review", "review_id": "p1"})
    with pytest.raises(PermanentFailure, match="lets nobody answer"):
        connector().send(channel, message, never)
