"""Discord's gateway, held open as a doorbell: it alone tells that somebody wrote to the bot.

Nothing of what it tells is believed beyond ids. They are kept (``inbox.polling.hear``), and the
words are read by asking, without gaps (``reading``). A line that breaks is resumed; a session is
taken up again also after a restart of ours, for as long as Discord keeps it.
"""

from __future__ import annotations

import json
import random
import time
import uuid
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
)
from helpdesk.lib.secrets import decrypt
from inbox import polling
from inbox.models import Connection
from inbox.watching import Supervisor, Watcher
from tickets.models import Channel

Record = dict[str, Any]

GATEWAY = "wss://gateway.discord.gg"
VERSION = "?v=10&encoding=json"
DIRECT_MESSAGES = 1 << 12
DISPATCH, HEARTBEAT, IDENTIFY, RESUME, RECONNECT, INVALID_SESSION, HELLO, ACK = (
    0, 1, 2, 6, 7, 9, 10, 11,
)  # fmt: skip
OPEN_SECONDS = 20
CLOSE_SECONDS = 2
LISTEN_SECONDS = 0.5
STEADY_SECONDS = 60
MAX_BYTES = 4 * 1024 * 1024
KEEPS_SESSION = 4000
"""Closed with another code than 1000 and 1001, the session can be resumed."""
SESSION_ENDED = (4007, 4009)
TOKEN_REFUSED = 4004
_REFUSED = {
    4010: "Discord's gateway refuses how we connect.",
    4011: "This bot is on so many servers that Discord wants several connections for it.",
    4012: "Discord does not offer this version of its gateway any more.",
    4013: "Discord's gateway does not know what we ask for.",
    4014: (
        "Discord does not let this bot hear direct messages: in its developer portal, under Bot, "
        "switch on the Privileged Gateway Intents."
    ),
}


class GatewayWatcher(Watcher):
    """Hears who writes to one channel's bot."""

    line = "discord"
    failures_before_alarm = 5

    def __init__(self, channel_id: uuid.UUID) -> None:
        super().__init__(channel_id)
        self._session: Record | None = None
        """``id``, ``url`` and ``seq``, by which it is resumed; {} for a new one; None: not read."""

    def watch(self, lock: psycopg.Connection) -> None:
        """Listen until stopped; raises ConnectorFailure when the line breaks."""
        channel = Channel.objects.filter(pk=self.channel_id, is_active=True).first()
        if channel is None:
            raise NotFound("This channel is not watched any more.")
        if self._session is None:
            self._session = _kept_session(channel)
        connection.close()
        try:
            with connect(
                _address(channel, self._session), open_timeout=OPEN_SECONDS,
                close_timeout=CLOSE_SECONDS, ping_interval=None, compression=None, proxy=None,
                max_size=MAX_BYTES,
            ) as socket:  # fmt: skip
                try:
                    self._listen(socket, _token(channel), lock)
                finally:
                    socket.close(KEEPS_SESSION)
        except ConnectionClosed as closed:
            raise self._meaning_of(closed) from closed
        except (OSError, WebSocketException) as error:
            self._session.pop("url", None)
            raise TemporaryFailure("Discord's gateway does not answer.") from error

    def is_alarming(self, failure: ConnectorFailure) -> bool:
        """A refusal is for a person, too."""
        return isinstance(failure, PermanentFailure) or super().is_alarming(failure)

    def tell(self, words: str) -> None:
        """Say on the channel what is wrong, until the gateway lets us in."""
        polling.cannot_hear(self.channel_id, words)
        super().tell(words)

    def _listen(self, socket: ClientConnection, token: str, lock: psycopg.Connection) -> None:
        every = _beat_seconds(_told(socket, OPEN_SECONDS))
        socket.send(json.dumps(self._greeting(token)))
        began = time.monotonic()
        next_beat = began + every * random.random()  # noqa: S311 (not a secret)
        is_answered = True
        while not self.stopping.is_set():
            if time.monotonic() >= next_beat:
                if not is_answered:
                    raise TemporaryFailure("Discord's gateway fell silent.")
                lock.execute("SELECT 1")
                self._beat(socket)
                next_beat, is_answered = time.monotonic() + every, False
            patience = max(0.0, min(LISTEN_SECONDS, next_beat - time.monotonic()))
            told = _told(socket, patience)
            if told is None:
                continue
            if told.get("op") == ACK:
                is_answered = True
                if time.monotonic() - began > STEADY_SECONDS:
                    self.failures = 0
            else:
                self._take(socket, told)

    def _take(self, socket: ClientConnection, told: Record) -> None:
        op = told.get("op")
        if op == HEARTBEAT:
            self._beat(socket)
        elif op == RECONNECT:
            raise TemporaryFailure("Discord's gateway asks us to connect again.")
        elif op == INVALID_SESSION:
            if told.get("d") is not True:
                self._session = {}
            raise TemporaryFailure("Discord's gateway does not know our session any more.")
        elif op == DISPATCH and isinstance(told.get("d"), dict):
            self._hear(told.get("t"), told["d"], told.get("s"))

    def _hear(self, name: object, data: Record, seq: object) -> None:
        """Keep what an event tells before its number: what was not kept is told again."""
        session = {**(self._session or {}), "seq": seq}
        newest: dict[str, int] = {}
        if name == "READY":
            url = str(data.get("resume_gateway_url") or "")
            session = {"id": str(data.get("session_id") or ""), "url": url, "seq": seq}
        elif name == "MESSAGE_CREATE" and not data.get("guild_id"):
            newest = _ids(data)
        if newest or name in ("READY", "RESUMED"):
            polling.hear(self.channel_id, newest, session)
            connection.close()
        self._session = session

    def _greeting(self, token: str) -> Record:
        session = self._session or {}
        if session.get("id") and isinstance(session.get("seq"), int):
            resumed = {"token": token, "session_id": session["id"], "seq": session["seq"]}
            return {"op": RESUME, "d": resumed}
        who = {"os": "linux", "browser": "aftercare", "device": "aftercare"}
        return {
            "op": IDENTIFY, "d": {"token": token, "intents": DIRECT_MESSAGES, "properties": who},
        }  # fmt: skip

    def _beat(self, socket: ClientConnection) -> None:
        socket.send(json.dumps({"op": HEARTBEAT, "d": (self._session or {}).get("seq")}))

    def _meaning_of(self, closed: ConnectionClosed) -> ConnectorFailure:
        code = int(closed.rcvd.code) if closed.rcvd else 0
        if code in SESSION_ENDED:
            self._session = {}
        if code == TOKEN_REFUSED:
            return NeedsReauthorization("Discord does not know this bot token any more.")
        if code in _REFUSED:
            return PermanentFailure(_REFUSED[code], reason_code="refused")
        return TemporaryFailure("Discord's gateway broke off.")


def start_watchers() -> None:
    """Listen for all Discord channels of this installation in the background; returns at once."""
    _gateways.start()


def stop_watchers() -> None:
    """Stop what :func:`start_watchers` started; calling it twice is harmless."""
    _gateways.stop()


def _channels_to_watch() -> dict[uuid.UUID, tuple[str, str]]:
    """Active channels, each bot once: to whom of its servers a person wrote nobody could tell."""
    rows = Channel.objects.filter(kind="discord", is_active=True).order_by("pk")
    wanted: dict[uuid.UUID, tuple[str, str]] = {}
    bots: set[str] = set()
    for pk, config, secrets in rows.values_list("pk", "config", "secrets"):
        bot = str(config.get("bot_user_id") or pk)
        if secrets and bot not in bots:
            wanted[pk] = (str(config.get("gateway_url") or ""), secrets)
            bots.add(bot)
    return wanted


def _kept_session(channel: Channel) -> Record:
    heard = Connection.objects.filter(channel=channel).values_list("heard", flat=True).first()
    return dict((heard or {}).get("line") or {})


def _token(channel: Channel) -> str:
    token = str(decrypt(channel.secrets).get("token", "")).strip()
    if not token:
        raise NeedsReauthorization("The bot token is missing.")
    return token


def _address(channel: Channel, session: Record) -> str:
    """The gateway, or where it wants a session resumed, if that is a place of Discord's, too."""
    gateway = str(channel.config.get("gateway_url") or GATEWAY)
    allowed = tuple(settings.HTTP_ALLOWED_PREFIXES)
    if gateway != GATEWAY and not f"{gateway.replace('ws', 'http', 1)}/".startswith(allowed):
        raise PermanentFailure("This address cannot be reached.", reason_code="forbidden_address")
    resume = str(session.get("url") or "")
    place = resume if resume and _is_same_side(resume, gateway) else gateway
    return f"{place.rstrip('/')}/{VERSION}"


def _is_same_side(resume: str, gateway: str) -> bool:
    """The token goes there: nowhere but to Discord itself."""
    theirs, ours = urlsplit(resume), urlsplit(gateway)
    if theirs.scheme != ours.scheme or theirs.query or theirs.fragment:
        return False
    if gateway == GATEWAY:
        return theirs.netloc == theirs.hostname and theirs.netloc.endswith(".discord.gg")
    return theirs.netloc == ours.netloc


def _told(socket: ClientConnection, seconds: float) -> Record | None:
    """What came next; None if nothing came in time."""
    try:
        raw = socket.recv(timeout=seconds)
    except TimeoutError:
        return None
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise TemporaryFailure("Discord's gateway said what cannot be read.") from error
    return told if isinstance(told, dict) else {}


def _beat_seconds(hello: Record | None) -> float:
    data = (hello or {}).get("d")
    every = data.get("heartbeat_interval") if isinstance(data, dict) else None
    if hello is None or hello.get("op") != HELLO or not isinstance(every, int | float):
        raise TemporaryFailure("Discord's gateway does not greet us.")
    return max(0.01, every / 1000)


def _ids(message: Record) -> dict[str, int]:
    """The conversation and its newest message."""
    place, newest = str(message.get("channel_id")), str(message.get("id"))
    if not all(each.isascii() and each.isdigit() and len(each) <= 20 for each in (place, newest)):
        return {}
    return {place: int(newest)}


_gateways = Supervisor("discord", _channels_to_watch, GatewayWatcher)
