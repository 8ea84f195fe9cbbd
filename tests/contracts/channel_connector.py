"""What every connector must do, whoever the vendor is. Subclass it in tests/contracts/test_x.py.

    class TestTelegram(ChannelConnectorContract):
        kind = "telegram"
        ...

A connector that polls overrides :meth:`bring`; what a vendor does not have is switched off by a
class attribute, with the reason beside it.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.clock import now
from inbox import delivery, door, polling, webhooks
from inbox.connector import Polls, TakesWebhooks, get_connector
from inbox.models import Connection, Hook, RawInbound, RawState
from tests.contracts.vendor import HANG_UP, VendorServer
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, DeliveryState, Direction, Message, Ticket


@dataclass(frozen=True)
class Call:
    """A webhook as the vendor would send it, signed."""

    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "POST"
    content_type: str = "application/json"


@pytest.mark.django_db
class ChannelConnectorContract:
    """Set ``kind`` and write the methods that raise NotImplementedError."""

    kind: str
    sends_to = r""
    """A pattern of the path by which a message leaves."""
    send_method = "POST"
    is_idempotent = False
    """Whether the vendor takes an idempotency key, so that an unknown outcome is tried again."""
    has_signature = True
    knows_unknown_events = True

    # What the vendor's test must say

    def make_channel(self, organization: Organization, vendor: VendorServer) -> Channel:
        """A channel with credentials whose API address is ``vendor.url``."""
        raise NotImplementedError

    def text_call(self, channel: Channel, key: str, text: str) -> Call:
        """A signed webhook: the customer (always the same) wrote ``text``; ``key`` names it."""
        raise NotImplementedError

    def odd_file_call(self, channel: Channel, key: str, text: str) -> Call | None:
        """A message with ``text`` and a file of a kind nobody foresaw; None if there is no such."""
        return None

    def unknown_call(self, channel: Channel) -> Call:
        """A signed webhook about something that does not concern us."""
        raise NotImplementedError

    def vendor_accepts(self, vendor: VendorServer) -> str:
        """Plan the vendor's answers to a message; returns the id it will have there."""
        raise NotImplementedError

    # How it is driven

    @pytest.fixture
    def vendor_of(self, vendor: VendorServer) -> VendorServer:
        self.judge(vendor)
        return vendor

    def judge(self, vendor: VendorServer) -> None:
        """Say by which contract ``vendor`` judges: ``vendor.obeys(...)``."""
        raise NotImplementedError

    @pytest.fixture
    def channel(self, organization: Organization, vendor_of: VendorServer) -> Channel:
        channel = self.make_channel(organization, vendor_of)
        connector = get_connector(self.kind)
        assert channel.kind == self.kind
        assert channel.handle_kind == connector.manifest.handle_kind
        return channel

    def post(self, channel: Channel, call: Call) -> int:
        """Send the webhook; returns the status of our answer."""
        path = f"/hooks/{channel.kind}/{channel.hook_token}"
        target = f"{path}?{call.query}" if call.query else path
        headers: Any = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()
        }
        answer = Client().generic(
            call.method, target, call.body, content_type=call.content_type, **headers
        )
        return answer.status_code

    def bring(self, channel: Channel, vendor: VendorServer, *messages: tuple[str, str]) -> None:
        """Let these messages (key, text) arrive in this order, by whatever way there is."""
        for key, text in messages:
            assert self.post(channel, self.text_call(channel, key, text)) < 300
        self.settle(channel)

    def settle(self, channel: Channel) -> None:
        """Do what the workers would do now."""
        webhooks.process_hooks(channel.pk)
        door.process_channel(channel.pk)

    def texts(self, channel: Channel) -> list[str]:
        """What customers wrote on the channel, in the order of the ticket."""
        found = Message.objects.filter(channel=channel, direction=Direction.IN)
        return [each.body.text for each in found.select_related("body").order_by("position")]

    def answered(self, channel: Channel, vendor: VendorServer) -> Message:
        """A reply of ours to the customer's first message, tried once."""
        self.bring(channel, vendor, ("m1", "Where is my parcel?"))
        ticket = Ticket.objects.get(channel=channel)
        message = reply(ticket.pk, OutgoingMessage(text="It arrives on Tuesday."))
        run_subscribers(channel.organization_id)
        delivery.deliver_due()
        return Message.objects.get(pk=message.pk)

    def skip_unless_webhooks(self) -> None:
        if not isinstance(get_connector(self.kind), TakesWebhooks):
            pytest.skip("this vendor has no webhooks: it is asked")

    # The contract: what comes in

    def test_a_message_opens_a_ticket_with_its_words(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.bring(channel, vendor_of, ("m1", "Where is my parcel? 包裹在哪里"))
        [ticket] = Ticket.objects.filter(organization_id=channel.organization_id)
        message = ticket.messages.get()
        assert message.body.text == "Where is my parcel? 包裹在哪里"
        assert (ticket.channel_id, ticket.channel_kind) == (channel.pk, self.kind)
        assert message.external_id
        handle = ticket.customer.handles.get()
        assert handle.kind == channel.handle_kind

    def test_the_same_message_delivered_three_times_is_one_message(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        for _ in range(3):
            self.bring(channel, vendor_of, ("m1", "Where is my parcel?"))
        assert self.texts(channel) == ["Where is my parcel?"]
        assert Ticket.objects.count() == 1

    def test_messages_of_one_conversation_are_on_one_ticket_in_any_order(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.bring(channel, vendor_of, ("m2", "It is order 1042"), ("m1", "Hello"))
        self.bring(channel, vendor_of, ("m1", "Hello"), ("m2", "It is order 1042"))
        assert sorted(self.texts(channel)) == ["Hello", "It is order 1042"]
        assert Ticket.objects.count() == 1

    def test_a_shuffled_and_repeated_delivery_loses_and_doubles_nothing(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        wrote = [(f"m{n}", f"line {n}") for n in range(1, 8)]
        again = [*wrote, *random.Random(3).sample(wrote, 5)]
        random.Random(4).shuffle(again)
        self.bring(channel, vendor_of, *again)
        assert sorted(self.texts(channel)) == sorted(text for _, text in wrote)

    def test_a_wrong_signature_is_refused_and_nothing_is_kept(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        if not self.has_signature:
            pytest.skip("this vendor does not sign: its address is the secret")
        call = self.text_call(channel, "m1", "Where is my parcel?")
        forged = replace(
            call, headers={name: _other(value) for name, value in call.headers.items()}
        )
        assert self.post(channel, forged) in (401, 403)
        assert self.post(channel, replace(call, headers={})) in (401, 403)
        assert Hook.objects.count() == RawInbound.objects.count() == 0

    def test_a_tampered_body_is_refused(self, channel: Channel, vendor_of: VendorServer) -> None:
        self.skip_unless_webhooks()
        if not self.has_signature:
            pytest.skip("this vendor does not sign: its address is the secret")
        call = self.text_call(channel, "m1", "Where is my parcel?")
        tampered = replace(call, body=call.body.replace(b"parcel", b"refund"))
        assert tampered.body != call.body
        assert self.post(channel, tampered) in (401, 403)
        assert Hook.objects.count() == 0

    def test_another_channels_address_does_not_take_it(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        call = self.text_call(channel, "m1", "Where is my parcel?")
        answer = Client().generic(
            call.method, f"/hooks/{self.kind}/nobody", call.body, content_type=call.content_type
        )
        assert answer.status_code == 404

    def test_an_unknown_event_is_answered_and_opens_no_ticket(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        if not self.knows_unknown_events:
            pytest.skip("this vendor sends one kind of event only")
        assert self.post(channel, self.unknown_call(channel)) < 300
        self.settle(channel)
        assert Ticket.objects.count() == 0
        assert not Hook.objects.filter(state="quarantined").exists()

    def test_nonsense_never_stops_what_comes_after_it(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        whole = self.text_call(channel, "m0", "cut off")
        for body in (whole.body[: len(whole.body) // 2], b"", b"\xff\xfe\x00", b"[]", b"null"):
            assert self.post(channel, replace(whole, body=body)) < 500
        self.settle(channel)
        self.bring(channel, vendor_of, ("m1", "Where is my parcel?"))
        assert "Where is my parcel?" in self.texts(channel)
        assert not RawInbound.objects.filter(state=RawState.RECEIVED).exists()

    def test_an_oversized_call_is_refused(self, channel: Channel, vendor_of: VendorServer) -> None:
        self.skip_unless_webhooks()
        limit = get_connector(self.kind).manifest.max_webhook_bytes
        call = self.text_call(channel, "m1", "x")
        assert self.post(channel, replace(call, body=b"x" * (limit + 1))) == 413
        assert Hook.objects.count() == 0

    def test_a_file_of_an_unknown_kind_does_not_cost_the_words(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        call = self.odd_file_call(channel, "m1", "See the picture")
        if call is None:
            pytest.skip("this vendor has no files that could be of an unknown kind")
        assert self.post(channel, call) < 300
        self.settle(channel)
        assert "See the picture" in " ".join(self.texts(channel))

    # The contract: what goes out

    def test_a_reply_leaves_once_with_the_vendors_id(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        external_id = self.vendor_accepts(vendor_of)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.SENT
        assert message.external_id == external_id
        delivery.deliver_due()
        assert vendor_of.asked(self.send_method, self.sends_to) == 1

    def test_a_rate_limit_delays_and_the_message_leaves_later(
        self, channel: Channel, vendor_of: VendorServer, bo: User
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers(
            self.send_method, self.sends_to, 429, self.rate_limited(),
            headers={"Retry-After": "7"}, times=1,
        )  # fmt: skip
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.DELAYED
        delivery.retry(message.pk, bo)
        delivery.deliver_due()
        assert Message.objects.get(pk=message.pk).delivery_state == DeliveryState.SENT

    def rate_limited(self) -> Any:
        """What the vendor says when we are too fast."""
        return {"message": "Too many requests"}

    def test_a_token_that_ended_is_told_in_words(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers(self.send_method, self.sends_to, 401, self.unauthorized())
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.DELAYED
        assert message.delivery_reason

    def unauthorized(self) -> Any:
        """What the vendor says when the token is not good any more."""
        return {"message": "Unauthorized"}

    def test_a_refused_message_fails_at_once_with_the_vendors_reason(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers(self.send_method, self.sends_to, 400, self.refused())
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.FAILED
        assert message.delivery_reason

    def refused(self) -> Any:
        """What the vendor says to a message that it will never take."""
        return {"message": "This cannot be sent"}

    def test_a_vendor_that_is_down_delays(self, channel: Channel, vendor_of: VendorServer) -> None:
        self.vendor_accepts(vendor_of)
        self.bring(channel, vendor_of, ("m1", "Where is my parcel?"))
        self.turn_away(channel)
        message = self.answered(channel, vendor_of)
        assert message.delivery_state == DeliveryState.DELAYED
        assert vendor_of.asked(self.send_method, self.sends_to) == 0

    def turn_away(self, channel: Channel) -> None:
        """Let the vendor's API be at an address where nobody listens."""
        channel.config = {**channel.config, "api_url": "http://127.0.0.1:9"}
        channel.save(update_fields=["config"])

    @pytest.fixture(autouse=True)
    def _nobody_listens_here(self, settings: Any) -> None:
        settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, "http://127.0.0.1:9/"]

    def test_an_answer_that_never_came_is_never_repeated_blindly(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers(self.send_method, self.sends_to, 200, HANG_UP, times=1)
        self.judge_uncertain(channel, vendor_of)

    def test_a_vendor_too_slow_to_answer_is_never_asked_again_blindly(
        self, channel: Channel, vendor_of: VendorServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        vendor_of.is_given_up_on(monkeypatch)
        self.vendor_accepts(vendor_of)
        vendor_of.answers(self.send_method, self.sends_to, 200, {}, seconds=3, times=1)
        self.judge_uncertain(channel, vendor_of)

    def test_a_server_error_of_the_vendor_is_never_repeated_blindly(
        self, channel: Channel, vendor_of: VendorServer
    ) -> None:
        self.vendor_accepts(vendor_of)
        vendor_of.answers(self.send_method, self.sends_to, 500, {"message": "Oops"}, times=1)
        self.judge_uncertain(channel, vendor_of)

    def judge_uncertain(self, channel: Channel, vendor: VendorServer) -> None:
        """Nobody knows whether it left: a person decides, or the vendor's key makes it safe."""
        message = self.answered(channel, vendor)
        wanted = DeliveryState.DELAYED if self.is_idempotent else DeliveryState.UNCERTAIN
        assert message.delivery_state == wanted
        delivery.deliver_due()
        assert vendor.asked(self.send_method, self.sends_to) == 1


def poll(channel: Channel) -> None:
    """Ask the vendor as if its time had come; for connectors that poll, in ``bring``."""
    assert isinstance(get_connector(channel.kind), Polls)
    Connection.objects.get_or_create(channel=channel)
    Connection.objects.filter(channel=channel).update(poll_due_at=now(), lease_until=None)
    polling.poll_channel(channel.pk)


def _other(value: str) -> str:
    """The same header with another value: one character of the end is turned."""
    if not value:
        return "x"
    middle = len(value) // 2
    turned = "0" if value[middle] != "0" else "1"
    return value[:middle] + turned + value[middle + 1 :]
