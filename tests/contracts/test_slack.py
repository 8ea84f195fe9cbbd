"""Slack by the contract of every connector; calls judged by Slack's own (old) Web API document."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib import blobs
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NeedsReauthorization
from helpdesk.lib.secrets import encrypt
from inbox import delivery, files, polling
from inbox.connector import get_connector
from inbox.models import Connection, Hook
from tests.contracts.channel_connector import Call, ChannelConnectorContract
from tests.contracts.outgoing import never, outbound
from tests.contracts.vendor import Asked, VendorServer, Verdict, open_api_judge
from tickets.actions.channels import create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Attachment, Channel, DeliveryState, Message, Ticket

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
CONFIG = {"team_id": "T1", "bot_user_id": "UBOT", "bot_id": "BBOT"}
NEWER = {
    "/files.getUploadURLExternal": {"filename", "length"},
    "/files.completeUploadExternal": {"files", "channel_id", "thread_ts", "initial_comment"},
}
"""Methods younger than Slack's document: judged by the parameters of their documentation page."""


def token_is_a_header_of_the_usual_name(document: dict[str, Any]) -> None:
    """The document calls the header ``token``; Slack means ``Authorization: Bearer``. Reads take
    the token in the header as well as in the query."""
    for item in document["paths"].values():
        for operation in item.values():
            operation["parameters"] = [
                each for each in operation.get("parameters", []) if each["name"] != "token"
            ]


def judge_of_slack() -> Any:
    by_document = open_api_judge(
        "slack/slack_web_openapi_v2_without_examples.json.gz",
        relax=token_is_a_header_of_the_usual_name,
    )

    def verdict(asked: Asked) -> Verdict:
        if asked.path.startswith(("/files-pri/", "/upload/")):
            return f"{asked.method} {asked.path.split('/')[1]}", []
        if asked.path in NEWER:
            given = asked.json if "json" in asked.headers["content-type"] else asked.form
            wrong = [f"{name}: unknown" for name in set(given) - NEWER[asked.path]]
            return f"{asked.method} {asked.path}", wrong
        return by_document(asked)

    return verdict


def signed(call: Any, *, at: float | None = None, content_type: str = "application/json") -> Call:
    body = call if isinstance(call, bytes) else json.dumps(call).encode()
    stamp = str(int(at or time.time()))
    digest = hmac.new(SECRET.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    headers = {"X-Slack-Signature": f"v0={digest}", "X-Slack-Request-Timestamp": stamp}
    return Call(body, headers, content_type=content_type)


def told(event: dict[str, Any], **more: Any) -> Call:
    return signed({"type": "event_callback", "team_id": "T1", "event": event, **more})


def message_event(ts: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "message", "channel": "C1", "channel_type": "channel", "user": "UMIA",
        "team": "T2", "text": text, "ts": ts, **more,
    }  # fmt: skip


class TestSlack(ChannelConnectorContract):
    kind = "slack"
    sends_to = r"^/chat\.postMessage$"

    def judge(self, vendor: VendorServer) -> None:
        vendor.judged_by(judge_of_slack(), connector="slack")

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        return create_channel(
            organization, kind="slack", name="Slack", handle_kind="slack", address="T1",
            config={"api_url": vendor.url, "pace_per_second": 1000, **CONFIG},
            secrets=encrypt({"token": "xoxb-1", "signing_secret": SECRET}),
        )  # fmt: skip

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        """All of them in the thread that the first one began."""
        number = int(key[1:])
        event = message_event(f"1795651200.00000{number}", text)
        if number > 1:
            event["thread_ts"] = "1795651200.000001"
        return told(event)

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call:
        odd = {"id": "F1", "name": "scan.3mf", "mimetype": "model/3mf", "mode": "hosted"}
        return told(message_event("1795651200.000001", text, subtype="file_share", files=[odd]))

    def unknown_call(self, channel: Channel) -> Call:
        return told({"type": "reaction_added", "user": "UMIA", "reaction": "eyes"})

    def vendor_accepts(self, vendor: VendorServer) -> str:
        said = {"ok": True, "channel": "C1", "ts": "1795651300.000100"}
        vendor.answers("POST", self.sends_to, 200, said)
        return "C1:1795651300.000100"

    def tell(self, channel: Channel, event: dict[str, Any], **more: Any) -> None:
        assert self.post(channel, told(event, **more)) == 200
        self.settle(channel)

    # What comes in, beyond words

    def test_slack_is_answered_its_challenge_and_nothing_is_kept(self, channel: Channel) -> None:
        call = signed({"type": "url_verification", "challenge": "3eZb", "token": "x"})
        headers: Any = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()
        }
        said = Client().generic(
            "POST", f"/hooks/slack/{channel.hook_token}", call.body,
            content_type="application/json", **headers,
        )  # fmt: skip
        assert (said.status_code, said.content) == (200, b"3eZb")
        assert Hook.objects.count() == 0

    def test_an_old_signature_is_refused(self, channel: Channel) -> None:
        call = signed({"event": message_event("1.1", "Late")}, at=time.time() - 600)
        assert self.post(channel, call) == 401

    def test_a_retry_of_slack_is_the_same_message(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for _ in range(2):
            self.tell(channel, message_event("1795651200.000001", "Hello"), event_id="Ev1")
        self.tell(channel, message_event("1795651200.000001", "Hello"), event_id="Ev2")
        assert self.texts(channel) == ["Hello"]

    def test_each_thread_is_a_ticket_and_the_answer_stays_in_it(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        self.tell(channel, message_event("1795651201.000001", "First"))
        self.tell(channel, message_event("1795651202.000001", "Second"))
        second = Ticket.objects.get(subject="Second")
        reply(second.pk, OutgoingMessage(text="We <see> it"))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        assert vendor_of.last("POST", self.sends_to).json == {
            "channel": "C1", "thread_ts": "1795651202.000001", "text": "We &lt;see&gt; it",
            "mrkdwn": False,
        }  # fmt: skip
        assert Ticket.objects.count() == 2

    def test_a_direct_message_is_one_conversation_without_threads(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        place = {"channel": "D1", "channel_type": "im"}
        self.tell(channel, message_event("1795651201.000001", "Hi", **place))
        self.tell(channel, message_event("1795651202.000001", "Still me", **place))
        assert Ticket.objects.count() == 1
        assert self.texts(channel) == ["Hi", "Still me"]

    def test_slacks_markup_becomes_plain_words(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        said = "<@UBOT|help> see <https://shop.example/1|order 1> &amp; <mailto:a@b.example|a@b.example>"
        self.tell(channel, message_event("1795651201.000001", said))
        assert self.texts(channel) == ["@help see order 1 (https://shop.example/1) & a@b.example"]

    def test_an_edit_and_a_deletion_change_the_message(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        first = message_event("1795651201.000001", "Order 1041")
        self.tell(channel, first)
        changed = {"type": "message", "subtype": "message_changed", "channel": "C1"}
        self.tell(channel, {**changed, "message": {**first, "text": "Order 1042"}})
        gone = {"type": "message", "subtype": "message_deleted", "channel": "C1"}
        self.tell(channel, {**gone, "deleted_ts": "1795651201.000001"})
        [message] = Message.objects.select_related("body")
        assert message.body.text == "Order 1042"
        assert message.details["previous_texts"] == ["Order 1041"]
        assert message.details["is_deleted"]

    def test_our_own_posts_and_notices_open_no_ticket(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.tell(channel, message_event("1.1", "Ours", bot_id="BBOT"))
        self.tell(channel, message_event("1.2", "Ours", user="UBOT"))
        self.tell(channel, message_event("1.3", "x", subtype="channel_join"))
        self.tell(
            channel, message_event("1.4", "Good morning", user_team="T1"),
            is_ext_shared_channel=True,
        )  # fmt: skip
        form = b"payload=" + b"%7B%22type%22%3A%22view_closed%22%7D"
        press = signed(form, content_type="application/x-www-form-urlencoded")
        assert self.post(channel, press) == 200
        self.settle(channel)
        assert Ticket.objects.count() == 0
        assert not Hook.objects.filter(state="quarantined").exists()

    def test_only_chosen_channels_make_tickets(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        channel.config = {**channel.config, "channels": ["C9"]}
        channel.save(update_fields=["config"])
        self.tell(channel, message_event("1.1", "Elsewhere"))
        self.tell(channel, message_event("1.2", "Here", channel="C9"))
        assert self.texts(channel) == ["Here"]

    def test_a_file_of_a_shared_channel_is_looked_up_and_fetched_with_the_token(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        file = {"id": "F1", "mode": "file_access", "file_access": "check_file_info"}
        self.tell(
            channel, message_event("1795651201.000001", "", subtype="file_share", files=[file])
        )
        known = {
            "name": "torn.jpg", "mimetype": "image/jpeg",
            "url_private_download": f"{vendor_of.url}/files-pri/T2-F1/torn.jpg",
        }  # fmt: skip
        vendor_of.answers("GET", r"/files\.info$", 200, {"ok": True, "file": known})
        vendor_of.answers(
            "GET", "/files-pri/", 200, b"JPEG bytes", headers={"Content-Type": "image/jpeg"}
        )
        [waiting] = Attachment.objects.all()
        assert files.fetch_file(waiting.pk)
        waiting.refresh_from_db()
        assert (waiting.name, blobs.read(waiting.sha256)) == ("torn.jpg", b"JPEG bytes")
        assert vendor_of.last("GET", "/files-pri/").headers["authorization"] == "Bearer xoxb-1"

    def test_the_token_goes_to_nobody_but_slack(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        bad = {"id": "F1", "name": "x", "url_private": "https://evil.example/slack.com/x"}
        event = message_event("1795651201.000001", "", subtype="file_share", files=[bad])
        self.tell(channel, event)
        [waiting] = Attachment.objects.all()
        assert not files.fetch_file(waiting.pk)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.detail) == ("failed", "This file is not at Slack.")

    def test_who_is_known_by_id_alone_gets_a_name_from_slack_once(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.tell(channel, message_event("1795651201.000001", "Hello"))
        self.tell(channel, message_event("1795651202.000001", "I, too", user="UBEN"))
        people = {"UMIA": {"name": "mia", "profile": {"real_name": "Mia Laurent"}}}

        def info(asked: Asked) -> tuple[int, Any]:
            user = people.get(asked.query["user"])
            return 200, {"ok": True, "user": user} if user else {"ok": False, "error": "x"}

        vendor_of.answers("GET", r"/users\.info$", 200, info)
        vendor_of.answers("GET", r"/users\.conversations$", 200, {"ok": True, "channels": []})
        vendor_of.answers("GET", r"/auth\.test$", 200, {"ok": True})
        Connection.objects.get_or_create(channel=channel)
        for _ in range(2):
            Connection.objects.filter(channel=channel).update(poll_due_at=now(), lease_until=None)
            polling.poll_channel(channel.pk)
        mia, ben = Message.objects.order_by("created_at").select_related("customer")
        assert mia.customer is not None
        assert ben.customer is not None
        assert (mia.author_name, mia.customer.name) == ("Mia Laurent", "Mia Laurent")
        assert mia.customer.handles.get().label == "@mia"
        assert (ben.author_name, ben.customer.name) == ("UBEN", "")
        assert vendor_of.asked("GET", r"/users\.info$") == 2

    # What goes out, beyond words

    @pytest.mark.parametrize(
        ("error", "state"),
        [
            ("is_archived", DeliveryState.FAILED),
            ("token_revoked", DeliveryState.DELAYED),
            ("ratelimited", DeliveryState.DELAYED),
            ("fatal_error", DeliveryState.UNCERTAIN),
        ],
    )
    def test_an_error_in_a_friendly_answer_is_an_error(
        self, channel: Channel, vendor_of: VendorServer, error: str, state: str
    ) -> None:
        vendor_of.answers("POST", self.sends_to, 200, {"ok": False, "error": error})
        message = self.answered(channel, vendor_of)
        assert (message.delivery_state, bool(message.delivery_reason)) == (state, True)

    def test_files_are_uploaded_unseen_and_shown_by_one_call(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        place = {"ok": True, "file_id": "F7", "upload_url": f"{vendor_of.url}/upload/F7"}
        vendor_of.answers("POST", r"/files\.getUploadURLExternal$", 200, place)
        vendor_of.answers("POST", "/upload/", 200, b"OK")
        vendor_of.answers("POST", r"/files\.completeUploadExternal$", 200, {"ok": True})
        begun: list[int] = []
        get_connector("slack").send(
            channel,
            outbound("Look <here>", ["a.pdf"], thread={"channel": "C1", "thread_ts": "1.1"}),
            lambda: begun.append(vendor_of.asked("POST", "/upload/")),
        )
        assert begun == [1]
        assert vendor_of.last("POST", r"/files\.completeUploadExternal$").json == {
            "files": [{"id": "F7", "title": "a.pdf"}], "channel_id": "C1", "thread_ts": "1.1",
            "initial_comment": "Look &lt;here&gt;",
        }  # fmt: skip

    def test_without_a_conversation_nothing_leaves(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        with pytest.raises(Exception, match="Nobody has written in Slack"):
            get_connector("slack").send(channel, outbound("Hello"), never)

    # Setting up

    def test_connecting_learns_who_the_bot_is(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        said = {"ok": True, "team": "Linden", "user": "aftercare", "team_id": "T1"}
        more = {"user_id": "UBOT", "bot_id": "BBOT"}
        vendor_of.answers("GET", r"/auth\.test$", 200, {**said, **more})
        connector: Any = get_connector("slack")
        account = connector.connect(channel, "https://help.example.com/hooks/slack/x")
        assert (account.label, account.address, account.config) == (
            "Linden (@aftercare)", "T1", CONFIG,
        )  # fmt: skip
        assert connector.check(channel, "") == []
        vendor_of.answers("GET", r"/auth\.test$", 200, {"ok": False, "error": "invalid_auth"})
        with pytest.raises(InvalidInput):
            connector.connect(channel, "")
        with pytest.raises(NeedsReauthorization):
            connector.check(channel, "")
