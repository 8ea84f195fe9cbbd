"""Discord's gateway as a doorbell: a server on loopback plays it, Discord's own document judges
what is asked after it rang."""

from __future__ import annotations

import json
import queue
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from helpdesk.accounts.models import Organization
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.errors import PermanentFailure
from helpdesk.lib.secrets import encrypt
from inbox import delivery, door, polling, watching
from inbox.models import Connection
from integrations.discord import gateway as ours
from integrations.discord.gateway import GatewayWatcher
from integrations.discord.messages import snowflake_at
from tests.contracts.channel_connector import poll
from tests.contracts.test_discord import GUILD, MIA, judge_of_discord
from tests.contracts.vendor import Asked, VendorServer
from tickets.actions.channels import change_channel, create_channel
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Channel, DeliveryState, Direction, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

DM, READ = "500", r"^/channels/500/messages$"
PATIENCE = 10


class Line:
    """One connection to the gateway."""

    def __init__(self, socket: ServerConnection) -> None:
        self.socket = socket
        self.path = socket.request.path if socket.request else ""
        self.told: queue.Queue[dict[str, Any]] = queue.Queue()
        self.closed_with: queue.Queue[int] = queue.Queue()
        self.acks = True
        self.seq = 0

    def say(self, op: int, data: Any = None, **more: Any) -> None:
        self.socket.send(json.dumps({"op": op, "d": data, "s": None, "t": None, **more}))

    def tell(self, name: str, **data: Any) -> None:
        """An event; returns when it was taken: a beat carries its number."""
        self.seq += 1
        self.say(0, data, t=name, s=self.seq)
        self.say(1)
        while self.next(1)["d"] != self.seq:
            pass

    def ready(self, session: str, url: str = "") -> None:
        self.tell("READY", session_id=session, resume_gateway_url=url)

    def next(self, op: int) -> dict[str, Any]:
        while True:
            told = self.told.get(timeout=PATIENCE)
            if told["op"] == op:
                return told

    def greeting(self) -> dict[str, Any]:
        """How the client came in: its first words."""
        return self.told.get(timeout=PATIENCE)


class Gateway:
    """Discord's side: greets everybody who connects, acknowledges beats, else says what it is told."""

    def __init__(self) -> None:
        self.beat_ms = 60_000
        self._lines: queue.Queue[Line] = queue.Queue()
        self._server = serve(self._hold, "127.0.0.1", 0, compression=None, ping_interval=None)
        self.url = f"ws://127.0.0.1:{self._server.socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def line(self) -> Line:
        """The next connection that was not looked at."""
        return self._lines.get(timeout=PATIENCE)

    def is_silent(self) -> bool:
        return self._lines.empty()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(PATIENCE)

    def _hold(self, socket: ServerConnection) -> None:
        line = Line(socket)
        try:
            line.say(10, {"heartbeat_interval": self.beat_ms})
            self._lines.put(line)
            while True:
                told = json.loads(socket.recv())
                if told["op"] == 1 and line.acks:
                    line.say(11)
                line.told.put(told)
        except ConnectionClosed as closed:
            line.closed_with.put(int(closed.rcvd.code) if closed.rcvd else 0)


class Board:
    """What Discord shows when it is asked for direct messages."""

    def __init__(self) -> None:
        self.base = snowflake_at(time.time() + 60)
        self.messages: list[dict[str, Any]] = []

    def write(self, number: int, text: str, **more: Any) -> str:
        """A message of Mia's; returns its id."""
        name = str(self.base + number)
        self.messages = [each for each in self.messages if each["id"] != name]
        self.messages.append(
            {
                "id": name, "channel_id": DM, "type": 0, "content": text, "author": MIA,
                "timestamp": datetime.now(UTC).isoformat(), "edited_timestamp": None,
                "attachments": [], "mentions": [], **more,
            }
        )  # fmt: skip
        return name

    def show(self, asked: Asked) -> tuple[int, Any]:
        after = int(asked.query["after"])
        found = [each for each in self.messages if int(each["id"]) > after]
        return 200, sorted(found, key=lambda each: -int(each["id"]))[-100:]


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "FIRST_RETRY_SECONDS", 0.01)
    monkeypatch.setattr(watching, "LAST_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(watching, "LOCK_RETRY_SECONDS", 0.02)
    monkeypatch.setattr(ours, "LISTEN_SECONDS", 0.02)


@pytest.fixture
def gateway(settings: Any) -> Iterator[Gateway]:
    place = Gateway()
    allowed = place.url.replace("ws", "http", 1)
    settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, f"{allowed}/"]
    yield place
    place.stop()


@pytest.fixture
def board(vendor: VendorServer) -> Board:
    place = Board()
    vendor.judged_by(judge_of_discord(), connector="discord")
    vendor.answers("GET", rf"^/guilds/{GUILD}/threads/active$", 200, {"threads": []})
    vendor.answers("GET", READ, 200, place.show)
    return place


@pytest.fixture
def channel(
    organization: Organization, vendor: VendorServer, board: Board, gateway: Gateway
) -> Channel:
    return create_channel(
        organization, kind="discord", name="Discord", handle_kind="discord", address=GUILD,
        config={
            "api_url": vendor.url, "gateway_url": gateway.url, "guild_id": GUILD,
            "pace_per_second": 1000, "bot_user_id": "1",
        },
        secrets=encrypt({"token": "bot-token"}),
    )  # fmt: skip


@pytest.fixture
def watcher(channel: Channel) -> Iterator[GatewayWatcher]:
    watcher = GatewayWatcher(channel.pk)
    watcher.start()
    yield watcher
    stop(watcher)


def stop(watcher: GatewayWatcher) -> None:
    watcher.ask_to_stop()
    watcher.join()
    assert not watcher.is_alive()


def look(channel: Channel) -> list[str]:
    """Ask Discord, file what came; what customers wrote so far."""
    poll(channel)
    door.process_channel(channel.pk)
    found = Message.objects.filter(channel=channel, direction=Direction.IN)
    return [each.body.text for each in found.select_related("body").order_by("position")]


def heard(channel: Channel) -> dict[str, Any]:
    return dict(Connection.objects.get(channel=channel).heard)


def test_a_direct_message_told_three_times_is_one_ticket_answered_in_private(
    watcher, channel, gateway, board, vendor
):
    vendor.answers("POST", READ, 200, {"id": "77", "channel_id": DM})
    line = gateway.line()
    assert line.path == "/?v=10&encoding=json"
    identified = line.greeting()
    assert identified["op"] == 2
    assert (identified["d"]["token"], identified["d"]["intents"]) == ("bot-token", 1 << 12)
    line.ready("s1")
    name = board.write(1, "Where is my parcel?")
    for _ in range(3):
        line.tell("MESSAGE_CREATE", id=name, channel_id=DM, content="Believe me")
    line.tell("MESSAGE_CREATE", id=name, channel_id="600", guild_id=GUILD, content="On a server")
    line.tell("MESSAGE_CREATE", id="../7", channel_id="601", content="No id")
    line.tell("TYPING_START", channel_id="602")
    assert heard(channel)["places"] == {DM: name}

    assert look(channel) == ["Where is my parcel?"]
    asked = vendor.asked("GET", READ)
    assert look(channel) == ["Where is my parcel?"]
    assert vendor.asked("GET", READ) == asked + 1  # for edits alone

    ticket = Ticket.objects.get()
    first = ticket.messages.get()
    assert (ticket.subject, first.details) == ("Where is my parcel?", {})
    answer = reply(ticket.pk, OutgoingMessage(text="It arrives on Tuesday."))
    run_subscribers(channel.organization_id)
    delivery.deliver_due()
    answer.refresh_from_db()
    assert answer.delivery_state == DeliveryState.SENT
    sent = vendor.last("POST", READ).json
    assert sent["content"] == "It arrives on Tuesday."
    assert "message_reference" not in sent


def test_what_was_written_before_the_first_poll_and_many_at_once_come_all_and_changes_follow(
    channel, board
):
    first = board.write(-300_000_000_000, "Before you asked")
    polling.hear(channel.pk, {DM: int(first)}, {"id": "s1"})
    assert look(channel) == ["Before you asked"]
    names = [board.write(number, f"line {number}") for number in range(1, 151)]
    polling.hear(channel.pk, {DM: int(names[-1])}, {"id": "s1"})
    assert look(channel)[1:] == [f"line {number}" for number in range(1, 151)]
    assert Ticket.objects.count() == 1

    board.write(149, "line 149, corrected", edited_timestamp="2026-11-22T06:00:00+00:00")
    board.messages = [each for each in board.messages if each["id"] != names[139]]
    look(channel)
    changed = {
        each.body.text: each.details for each in Message.objects.select_related("body")
        if each.details
    }  # fmt: skip
    assert changed["line 149, corrected"]["previous_texts"] == ["line 149"]
    assert [each for each in changed.values() if each.get("is_deleted")] != []
    assert len(changed) == 2


def test_only_the_newest_thousand_conversations_are_kept(channel):
    polling.hear(channel.pk, {str(number): number for number in range(1, 1002)}, {"id": "s1"})
    polling.hear(channel.pk, {"5": 3}, {"id": "s2"})
    places = heard(channel)["places"]
    assert len(places) == 1000
    assert "1" not in places
    assert places["5"] == "5"
    assert heard(channel)["line"] == {"id": "s2"}


def test_a_vendor_that_fails_is_not_asked_sooner_because_the_bell_rings(channel):
    later = datetime(2100, 1, 1, tzinfo=UTC)
    Connection.objects.create(channel=channel, poll_due_at=later, failures=2)
    polling.hear(channel.pk, {DM: 7}, {"id": "s1"})
    assert Connection.objects.get().poll_due_at == later
    Connection.objects.update(failures=0)
    polling.hear(channel.pk, {DM: 8}, {"id": "s1"})
    assert Connection.objects.get().poll_due_at < later


def test_it_beats_and_a_gateway_that_falls_silent_is_left_and_resumed(channel, gateway):
    gateway.beat_ms = 500
    watcher = GatewayWatcher(channel.pk)
    watcher.start()
    line = gateway.line()
    line.ready("s1")
    assert line.next(1)["d"] == 1
    line.acks = False
    assert line.closed_with.get(timeout=PATIENCE) == 4000
    again = gateway.line()
    assert again.greeting()["op"] == 6
    again.say(7)
    assert gateway.line().greeting()["op"] == 6
    stop(watcher)


def test_after_a_break_it_resumes_where_it_is_told_and_only_at_discord(
    watcher, channel, gateway, board
):
    line = gateway.line()
    line.ready("s1", f"{gateway.url}/again")
    name = board.write(1, "Hello")
    line.socket.close(1012)
    again = gateway.line()
    assert again.path == "/again/?v=10&encoding=json"
    assert again.greeting() == {
        "op": 6, "d": {"token": "bot-token", "session_id": "s1", "seq": 1},
    }  # fmt: skip
    again.seq = 1
    again.tell("MESSAGE_CREATE", id=name, channel_id=DM)
    again.tell("RESUMED")
    assert look(channel) == ["Hello"]
    again.ready("s2", "ws://discord.example")
    again.socket.close(4000)
    home = gateway.line()
    assert home.path == "/?v=10&encoding=json"
    assert home.greeting()["d"]["session_id"] == "s2"


def test_a_restart_of_ours_takes_the_session_up_again(channel, gateway):
    first = GatewayWatcher(channel.pk)
    first.start()
    line = gateway.line()
    line.ready("s1")
    line.tell("MESSAGE_CREATE", id="7", channel_id=DM)
    stop(first)
    assert line.closed_with.get(timeout=PATIENCE) == 4000

    second = GatewayWatcher(channel.pk)
    second.start()
    resumed = gateway.line().greeting()
    assert (resumed["op"], resumed["d"]["session_id"], resumed["d"]["seq"]) == (6, "s1", 2)
    stop(second)


def test_a_forgotten_session_begins_anew_and_known_conversations_are_asked(
    watcher, channel, gateway, board
):
    line = gateway.line()
    line.ready("s1")
    line.tell("MESSAGE_CREATE", id=board.write(1, "Hello"), channel_id=DM)
    assert look(channel) == ["Hello"]
    line.say(9, data=True)
    kept = gateway.line()
    assert kept.greeting()["op"] == 6
    board.write(2, "Nobody told you of this")
    kept.say(9, data=False)
    fresh = gateway.line()
    assert fresh.greeting()["op"] == 2
    assert look(channel) == ["Hello"]
    fresh.ready("s2")
    assert look(channel) == ["Hello", "Nobody told you of this"]
    fresh.socket.close(4009)
    assert gateway.line().greeting()["op"] == 2


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (4004, "Discord does not know this bot token any more."),
        (4014, "Discord does not let this bot hear direct messages"),
    ],
)
def test_a_refusal_stands_on_the_channel_until_the_gateway_lets_us_in(
    watcher, channel, gateway, code, words
):
    gateway.line().socket.close(code)
    line = gateway.line()
    channel.refresh_from_db()
    assert channel.failure.startswith(words)
    look(channel)
    channel.refresh_from_db()
    assert channel.failure.startswith(words)
    line.ready("s1")
    look(channel)
    channel.refresh_from_db()
    assert (channel.failure, channel.failing_since) == ("", None)


def test_each_bot_is_listened_to_once_while_its_channel_is_active(
    channel, gateway, organization, monkeypatch
):
    monkeypatch.setattr(watching, "SUPERVISE_SECONDS", 0.02)
    create_channel(
        organization, kind="discord", name="Another server", handle_kind="discord", address="101",
        config=channel.config, secrets=channel.secrets,
    )  # fmt: skip
    ours.start_watchers()
    try:
        line = gateway.line()
        line.ready("s1")
        assert heard(channel)["line"]["id"] == "s1"
        Channel.objects.exclude(pk=channel.pk).update(is_active=False)
        change_channel(channel.pk, is_active=False)
        assert line.closed_with.get(timeout=PATIENCE) == 4000
    finally:
        ours.stop_watchers()
    assert gateway.is_silent()


@pytest.mark.parametrize(
    ("resume", "place"),
    [
        ("wss://gateway-us-east1-b.discord.gg", "wss://gateway-us-east1-b.discord.gg"),
        ("wss://discord.gg.example", "wss://gateway.discord.gg"),
        ("ws://gateway-us-east1-b.discord.gg", "wss://gateway.discord.gg"),
        ("wss://me@gateway-us-east1-b.discord.gg", "wss://gateway.discord.gg"),
        ("wss://gateway-us-east1-b.discord.gg:99", "wss://gateway.discord.gg"),
        ("", "wss://gateway.discord.gg"),
    ],
)
def test_the_token_goes_nowhere_but_to_discord(resume, place):
    assert ours._address(Channel(config={}), {"url": resume}) == f"{place}/?v=10&encoding=json"


def test_another_gateway_is_reached_only_where_the_installation_allows_it():
    with pytest.raises(PermanentFailure):
        ours._address(Channel(config={"gateway_url": "ws://127.0.0.1:9"}), {})
