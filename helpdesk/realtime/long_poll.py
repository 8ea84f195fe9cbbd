"""For pages whose WebSocket is blocked: the same frames over HTTP.

``GET /api/v1/events/wait?since=&epoch=`` answers as soon as there is something to tell, and after
25 s in any case; ``POST /api/v1/presence`` says where the page is. Both run in the event loop:
a page that waits occupies no thread and no database connection.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import time
import uuid
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import structlog

from helpdesk.accounts.models import User
from helpdesk.problems import CONTENT_TYPE, problem
from helpdesk.realtime.agent_line import AgentLine, presence_from
from helpdesk.realtime.agent_socket import MAX_FRAME_CHARS, person_of
from helpdesk.realtime.hub import Hub
from helpdesk.realtime.origin import is_own_origin

WAIT_PATH = "/api/v1/events/wait"
PRESENCE_PATH = "/api/v1/presence"
LONGEST_WAIT_SECONDS = 25.0
SETTLE_SECONDS = 0.02
"""What belongs together travels together."""
SEAT_SECONDS = 5.0
"""A page that has been answered comes back; so long its feed is kept ready."""

log = structlog.get_logger()
Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Answer = tuple[int, str]


class PollLine(AgentLine):
    """Collects frames until there is something that the page does not know yet."""

    def __init__(self) -> None:
        super().__init__()
        self.frames: list[str] = []
        self.presence: dict[str, str] = {}
        self.is_signed_out = False
        self.news = asyncio.Event()

    async def carry(self, text: str) -> None:
        frame = json.loads(text)
        if frame["type"] == "presence":
            self.presence[frame["ticket_id"]] = text
        else:
            self.frames.append(text)
        if frame["type"] not in ("hello", "ping"):
            self.news.set()

    async def hang_up(self) -> None:
        self.is_signed_out = True
        self.news.set()

    def told(self) -> str:
        """A mark of who is where, so that the page is not told the same again."""
        places = [each for each in sorted(self.presence.values()) if '"users": []' not in each]
        return hashlib.sha256("".join(places).encode()).hexdigest()[:12]


async def long_poll(scope: Scope, receive: Receive, send: Send) -> None:
    """The ASGI application behind both addresses."""
    began, request_id = time.perf_counter(), uuid.uuid4().hex[:16]
    status, text = await _answer(scope, receive)
    if status >= 400:
        text = json.dumps({**json.loads(text), "instance": request_id})
    kind = CONTENT_TYPE if status >= 400 else "application/json"
    headers = [
        (b"content-type", kind.encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
        (b"x-request-id", request_id.encode()),
    ]
    with contextlib.suppress(RuntimeError, OSError):  # the page has gone
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": text.encode()})
    took = round((time.perf_counter() - began) * 1000, 1)
    log.info(
        "request", request_id=request_id, method=scope["method"], route=scope["path"].strip("/"),
        status=status, milliseconds=took,
    )  # fmt: skip


async def _answer(scope: Scope, receive: Receive) -> Answer:
    user, method = person_of(scope), scope["method"]
    if user is None:
        return _refuse(401, "not_authenticated", "Sign in first.")
    if scope["path"] == WAIT_PATH and method == "GET":
        return await _wait(user, scope, receive)
    if scope["path"] == PRESENCE_PATH and method == "POST":
        return await _place(user, scope, receive)
    return _refuse(405, "method_not_allowed", "This address does not do that.")


def _refuse(status: int, code: str, detail: str) -> Answer:
    return status, json.dumps(problem(status, code, detail))


async def _wait(user: User, scope: Scope, receive: Receive) -> Answer:
    asked = {
        key: values[-1]
        for key, values in parse_qs(scope["query_string"].decode(errors="replace")).items()
    }
    since = asked.get("since", "")
    if not (since.isascii() and since.isdigit() and len(since) < 19):
        return _refuse(422, "invalid_input", "“since” must be the number of the last known event.")
    line = PollLine()
    await line.join(user, scope["session"].session_key or "")
    try:
        await line.hello({**asked, "cursor": int(since)})
        if "recount" in asked:
            line.hub.counts.touch(user.organization_id)
        if line.told() == asked.get("told", ""):
            await _until_news_or_gone(line, receive)
        await asyncio.sleep(SETTLE_SECONDS)
        if line.is_signed_out:
            return _refuse(401, "not_authenticated", "Sign in first.")
        frames = [*line.frames, *line.presence.values()]
        told = line.told()
        return 200, f'{{"told":"{told}","frames":[{",".join(frames)}]}}'
    finally:
        line.is_greeted = False
        asyncio.get_running_loop().call_later(SEAT_SECONDS, line.leave)


async def _until_news_or_gone(line: PollLine, receive: Receive) -> None:
    """Wait; whoever hangs up is not waited for."""
    if any('"type":"reset"' in each for each in line.frames):
        return
    if not _has_batch(line):
        line.news.clear()
    news = asyncio.ensure_future(line.news.wait())
    gone = asyncio.ensure_future(_until_gone(receive))
    await asyncio.wait(
        {news, gone}, timeout=LONGEST_WAIT_SECONDS, return_when=asyncio.FIRST_COMPLETED
    )
    for each in (news, gone):
        each.cancel()


def _has_batch(line: PollLine) -> bool:
    return any(each.startswith('{"type":"batch"') for each in line.frames)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _place(user: User, scope: Scope, receive: Receive) -> Answer:
    """Where a page is, for half a minute; it says so again while it is there."""
    if not is_own_origin(scope):
        return _refuse(403, "not_allowed", "Only our own pages may say this.")
    body = await _read_body(receive)
    try:
        frame = json.loads(body)
    except (ValueError, RecursionError):
        frame = None
    if not isinstance(frame, dict) or not frame.get("page"):
        return _refuse(422, "invalid_input", "Name the page, the ticket and the state.")
    found = await presence_from(user, frame)
    if found is not None:
        await Hub.here().presence.place_for_a_while(user, found)
    return 200, "{}"


async def _read_body(receive: Receive) -> bytes:
    body, has_more = b"", True
    while has_more and len(body) <= MAX_FRAME_CHARS:
        message = await receive()
        body += message.get("body", b"")
        has_more = bool(message.get("more_body"))
    return body[: MAX_FRAME_CHARS + 1]
