"""YouTube: every request judged by Google's description of the Data API v3 (OpenAPI conversion)."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox import tokens
from inbox.connector import get_connector
from inbox.models import Connection
from integrations.youtube.connector import YouTubeConnector
from tests.contracts.channel_connector import ChannelConnectorContract, poll
from tests.contracts.vendor import Asked, JudgeOf, VendorServer, Verdict, open_api_judge
from tickets.actions.channels import create_channel
from tickets.models import Channel, Message, Ticket

US, MIA = "UCus", "UCmia"
TOP = "Ugtop"


def judge_of_youtube() -> JudgeOf:
    """Google's token address is no part of the description."""
    by_contract = open_api_judge("youtube/youtube.openapi.json")

    def verdict(asked: Asked) -> Verdict:
        if asked.path == "/token":
            return "POST /token (outside the contract)", []
        return by_contract(asked)

    return verdict


def comment(comment_id: str, text: str, author: str = MIA, **more: Any) -> dict[str, Any]:
    at = iso(now())
    snippet = {
        "authorChannelId": {"value": author}, "authorDisplayName": "@mia", "textDisplay": text,
        "videoId": "vid1", "publishedAt": at, "updatedAt": at, **more,
    }  # fmt: skip
    return {"id": comment_id, "snippet": snippet}


def thread(
    top: dict[str, Any], *answers: dict[str, Any], count: int | None = None
) -> dict[str, Any]:
    total = len(answers) if count is None else count
    snippet = {"topLevelComment": top, "totalReplyCount": total, "videoId": "vid1"}
    return {"id": top["id"], "snippet": snippet, "replies": {"comments": list(answers)}}


class TestYouTube(ChannelConnectorContract):
    kind = "youtube"
    sends_to = r"^/youtube/v3/comments$"
    has_signature = False

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(judge_of_youtube(), connector="youtube")
        vendor.answers("POST", r"^/token$", 200, {"access_token": "new", "expires_in": 3600})

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="youtube", name="YouTube", handle_kind="youtube", address=US,
            config={"api_url": vendor.url, "client_id": "cid", "pace_per_second": 1000},
            secrets=encrypt({"client_secret": "cs", "refresh_token": "rt"}),
        )  # fmt: skip

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        """Mia's comments are all answers in one thread that a stranger's video-fan began."""
        first = comment(TOP, "First!", author=US)
        for key, text in messages:
            self.said = {**getattr(self, "said", {}), key: comment(f"{TOP}.{key}", text)}
        rows = thread(first, *self.said.values())
        vendor.answers("GET", r"/commentThreads$", 200, {"items": [rows]})
        if not Connection.objects.filter(channel=channel, last_poll_at__isnull=False).exists():
            poll(channel)
        poll(channel)
        self.settle(channel)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"id": f"{TOP}.out"})
        return f"{TOP}.out"

    def unauthorized(self) -> Any:
        return {"error": {"code": 401, "message": "Invalid Credentials"}}

    def refused(self) -> Any:
        reason = {"reason": "commentTextTooLong"}
        return {"error": {"code": 400, "message": "Too long", "errors": [reason]}}


@pytest.fixture
def kit() -> TestYouTube:
    return TestYouTube()


@pytest.fixture
def channel(kit: TestYouTube, organization: Organization, vendor: VendorServer) -> Channel:
    kit.judge(vendor)
    channel = kit.make_channel(organization, vendor)
    tokens.keep_fresh(channel)
    return channel


def connector() -> YouTubeConnector:
    found = get_connector("youtube")
    assert isinstance(found, YouTubeConnector)
    return found


@pytest.mark.django_db
def test_comments_answers_and_edits_arrive_and_our_own_do_not(
    kit: TestYouTube, channel: Channel, vendor: VendorServer
) -> None:
    poll(channel)
    top, own = comment(TOP, "Is it linen?"), comment("Ug.1", "Yes!", author=US)
    vendor.answers("GET", r"/commentThreads$", 200, {"items": [thread(top, own)]})
    poll(channel)
    kit.settle(channel)
    message = Message.objects.select_related("body", "ticket").get()
    assert message.details["permalink"] == f"https://www.youtube.com/watch?v=vid1&lc={TOP}"
    handle = message.ticket.customer.handles.get()
    assert (handle.value, handle.label) == (MIA, "@mia")
    later = {**top, "snippet": {**top["snippet"], "textDisplay": "Is it pure linen?"}}
    later["snippet"]["updatedAt"] = "2999-01-01T00:00:00Z"
    back = comment("Ug.2", "And washable?")
    found = thread(later, own, count=7)
    vendor.answers("GET", r"/commentThreads$", 200, {"items": [found]})
    vendor.answers("GET", r"/comments$", 200, {"items": [back, own]})
    poll(channel)
    kit.settle(channel)
    assert kit.texts(channel) == ["Is it pure linen?", "And washable?"]
    assert vendor.last("GET", r"/comments$").query["parentId"] == TOP
    assert Ticket.objects.count() == 1


@pytest.mark.django_db
def test_a_used_up_quota_delays_and_lost_rights_are_told(
    kit: TestYouTube, channel: Channel, vendor: VendorServer
) -> None:
    poll(channel)
    said = {"error": {"message": "Quota exceeded", "errors": [{"reason": "quotaExceeded"}]}}
    vendor.answers("GET", r"/commentThreads$", 403, said)
    poll(channel)
    link = Connection.objects.get(channel=channel)
    assert link.poll_due_at is not None
    assert (link.poll_due_at - now()).total_seconds() > 3000
    rights = {"error": {"message": "No", "errors": [{"reason": "insufficientPermissions"}]}}
    vendor.answers("GET", r"/channels$", 403, rights)
    with pytest.raises(NeedsReauthorization):
        connector().connect(channel, "")


@pytest.mark.django_db
def test_connecting_names_the_channel_and_moderating_sets_its_status(
    channel: Channel, vendor: VendorServer
) -> None:
    mine = {"id": US, "snippet": {"title": "Linden & Loom", "customUrl": "@lindenloom"}}
    vendor.answers("GET", r"/channels$", 200, {"items": [mine]})
    account = connector().connect(channel, "")
    assert (account.label, account.address) == ("Linden & Loom (@lindenloom)", US)
    assert connector().check(channel, "") == []
    vendor.answers("POST", r"/setModerationStatus$", 204)
    for action in ("hide", "unhide", "delete"):
        connector().moderate(channel, TOP, action, {})
    asked = vendor.all("POST", r"/setModerationStatus$")
    assert [each.query["moderationStatus"] for each in asked] == [
        "heldForReview", "published", "rejected",
    ]  # fmt: skip
    with pytest.raises(PermanentFailure):
        connector().moderate(channel, TOP, "like", {})


@pytest.mark.django_db
def test_a_refresh_token_that_ended_asks_for_a_person(
    channel: Channel, vendor: VendorServer
) -> None:
    tokens.note_refused(channel)
    vendor.answers("POST", r"^/token$", 400, {"error": "invalid_grant"})
    with pytest.raises(NeedsReauthorization, match="Sign in again"):
        tokens.keep_fresh(channel)
