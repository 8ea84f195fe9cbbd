"""How long from a committed event to its frame on each of 100 sockets; baseline: one socket."""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import os
import struct
import time
import uuid
from datetime import datetime
from typing import Any

from helpdesk.commands.environment import migrate_if_needed, prepare

SOCKETS = 100
CHANGES = 150
PAUSE_SECONDS = 0.03
MAX_FRAME_BYTES = 10_000_000


def main() -> None:
    """Print ``event_p95_ms``."""
    prepare()
    migrate_if_needed()
    from helpdesk.accounts.models import User
    from helpdesk.bench.big_shop import make_big_shop
    from helpdesk.bench.figure import compared, percentile
    from helpdesk.bench.server import served
    from tickets.models import Ticket

    token = make_big_shop(200)
    cookie = _session_cookie(User.objects.get(email="ana@lindenloom.example"))
    tickets = [str(each) for each in Ticket.objects.values_list("pk", flat=True)[:50]]
    with served("serve") as (port, _):
        alone = asyncio.run(_measure(port, cookie, token, tickets, sockets=1))
        crowd = asyncio.run(_measure(port, cookie, token, tickets, sockets=SOCKETS))
    compared("event_p95_ms", percentile(crowd, 0.95), "ms", percentile(alone, 0.95)).print()


def _session_cookie(user: Any) -> str:
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


async def _measure(
    port: int, cookie: str, token: str, tickets: list[str], *, sockets: int
) -> list[float]:
    """Milliseconds from each event's commit to each frame, over all sockets."""
    delays: list[float] = []
    ready = asyncio.Semaphore(0)
    start = _head(port, token)
    readers = [
        asyncio.create_task(_read(port, cookie, start, ready, delays)) for _ in range(sockets)
    ]
    for _ in range(sockets):
        await asyncio.wait_for(ready.acquire(), 60)
    await asyncio.to_thread(_change, port, token, tickets, f"{sockets}-sockets")
    await asyncio.sleep(2)
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    if len(delays) < sockets * CHANGES:
        raise RuntimeError(f"{len(delays)} of {sockets * CHANGES} frames arrived")
    return delays


def _change(port: int, token: str, tickets: list[str], run: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for number in range(CHANGES):
        body = json.dumps({"tags_add": [f"{run} {number}"]})
        path = f"/api/v1/tickets/{tickets[number % len(tickets)]}"
        connection.request("PATCH", path, body=body, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {text[:200]!r}")
        time.sleep(PAUSE_SECONDS)


def _head(port: int, token: str) -> dict[str, Any]:
    """Cursor and epoch of the log as it stands."""
    from helpdesk.bench.server import Client

    state: dict[str, Any] = json.loads(Client(port, token).get("/api/v1/bootstrap")[1])["event"]
    return state


async def _read(
    port: int,
    cookie: str,
    start: dict[str, Any],
    ready: asyncio.Semaphore,
    delays: list[float],
) -> None:
    reader, writer = await _upgrade(port, cookie)
    hello = {"type": "hello", "client_id": str(uuid.uuid4()), **start}
    writer.write(_masked(json.dumps(hello).encode()))
    while True:
        frame = json.loads(await _frame(reader))
        if frame["type"] == "reset":
            raise RuntimeError(f"the server asked for a reset: {frame}")
        if frame["type"] == "hello":
            ready.release()
        for event in frame.get("events", []):
            if event["type"] == "ticket.tagged":
                committed = datetime.fromisoformat(event["at"])
                delays.append((time.time() - committed.timestamp()) * 1000)


async def _upgrade(port: int, cookie: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=MAX_FRAME_BYTES)
    key = base64.b64encode(os.urandom(16)).decode()
    writer.write(
        (
            f"GET /ws/agent HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            f"Origin: http://127.0.0.1:{port}\r\nCookie: {cookie}\r\n\r\n"
        ).encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    if b" 101 " not in head.split(b"\r\n")[0]:
        raise RuntimeError(head.decode(errors="replace").splitlines()[0])
    return reader, writer


def _masked(payload: bytes) -> bytes:
    """A text frame as a client must send it (RFC 6455 5.2)."""
    mask = os.urandom(4)
    size = len(payload)
    head = bytes([0x81, 0x80 | size]) if size < 126 else struct.pack("!BBH", 0x81, 0xFE, size)
    return head + mask + bytes(each ^ mask[i % 4] for i, each in enumerate(payload))


async def _frame(reader: asyncio.StreamReader) -> bytes:
    """The next text frame of the server; pings are passed over."""
    while True:
        first, second = await reader.readexactly(2)
        size = second & 0x7F
        if size == 126:
            (size,) = struct.unpack("!H", await reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await reader.readexactly(8))
        payload = await reader.readexactly(size)
        if first & 0x0F == 1:
            return payload
        if first & 0x0F == 8:
            raise RuntimeError("the server closed the socket")


if __name__ == "__main__":
    main()
