"""TikTok: every request judged by the files of TikTok's own SDK, which know ad comments alone."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import now
from helpdesk.lib.errors import NeedsReauthorization, PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox.connector import get_connector
from inbox.models import Connection
from integrations.tiktok.connector import TikTokConnector
from tests.contracts.channel_connector import ChannelConnectorContract, poll
from tests.contracts.vendor import Asked, JudgeOf, VendorServer, Verdict, open_api_judge
from tickets.actions.channels import create_channel
from tickets.models import Channel

FILES = {"list": "list", "post": "post", "status": "status_update"}
BASE = "/open_api/v1.3"


def _token_in_header(document: dict[str, Any]) -> None:
    """The files say that the token is in the query; the SDK made of them sends a header."""
    for item in document["paths"].values():
        for operation in item.values():
            for each in operation["parameters"]:
                if each["name"] == "Access-Token":
                    each["in"] = "header"


def judge_of_tiktok() -> JudgeOf:
    """One file per operation."""
    judges = {
        name: open_api_judge(f"tiktok/comment_{file}.yml", relax=_token_in_header)
        for name, file in FILES.items()
    }

    def verdict(asked: Asked) -> Verdict:
        name = asked.path.split("/")[2] if asked.path.startswith("/comment/") else ""
        if name not in judges:
            return f"{asked.method} {asked.path}", ["not in the contract"]
        return judges[name](asked)

    return verdict


class TestTikTok(ChannelConnectorContract):
    kind = "tiktok"
    sends_to = r"/comment/post/$"
    has_signature = False

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(judge_of_tiktok(), connector="tiktok", prefix=BASE)

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="tiktok", name="TikTok", handle_kind="tiktok", address="7001",
            config={
                "api_url": vendor.url, "pace_per_second": 1000, "ad_groups": ["31"],
                "identity_type": "TT_USER", "identity_id": "us",
            },
            secrets=encrypt({"access_token": "t"}),
        )  # fmt: skip

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        """All of Mia's comments answer one comment of the shop."""
        for key, text in messages:
            row = {
                "comment_id": key, "content": text, "user_id": "mia", "user_name": "Mia",
                "create_time": f"{now():%Y-%m-%d %H:%M:%S}", "original_comment_id": "c0",
                "ad_id": "41", "tiktok_item_id": "51",
            }  # fmt: skip
            self.said = {**getattr(self, "said", {}), key: row}
        rows = list(reversed(self.said.values()))
        own = {**rows[0], "comment_id": "c9", "user_id": "us"}
        found = {"code": 0, "message": "OK", "data": {"comments": [own, *rows]}}
        vendor.answers("GET", r"/comment/list/$", 200, found)
        if not Connection.objects.filter(channel=channel, last_poll_at__isnull=False).exists():
            poll(channel)
        poll(channel)
        self.settle(channel)

    def vendor_accepts(self, vendor: VendorServer) -> str:
        vendor.answers("POST", self.sends_to, 200, {"code": 0, "data": {"comment_id": "c77"}})
        return "c77"

    def test_what_tiktok_says_with_status_200_is_heard(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        connector = get_connector("tiktok")
        assert isinstance(connector, TikTokConnector)
        vendor_of.answers("POST", r"/comment/status/update/$", 200, {"code": 0, "data": {}})
        connector.moderate(channel, "c1", "hide", {})
        assert vendor_of.requests[0].json["operation"] == "HIDDEN"
        with pytest.raises(PermanentFailure):
            connector.moderate(channel, "c1", "delete", {})
        said = {"code": 40105, "message": "Access token is incorrect or has been revoked."}
        vendor_of.answers("GET", r"/comment/list/$", 200, said)
        with pytest.raises(NeedsReauthorization):
            connector.check(channel, "")
