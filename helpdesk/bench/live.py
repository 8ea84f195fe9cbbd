"""How long from a committed event to its frame on each of 100 sockets; baseline: one socket."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
import uuid
from datetime import datetime
from typing import Any

from helpdesk.bench.sockets import masked, open_socket, read_frame
from helpdesk.commands.environment import migrate_if_needed, prepare

SOCKETS = 100
CHANGES = 150
PAUSE_SECONDS = 0.03


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
    cookie = session_cookie(User.objects.get(email="ana@lindenloom.example"))
    tickets = [str(each) for each in Ticket.objects.values_list("pk", flat=True)[:50]]
    with served("serve") as (port, _):
        alone = asyncio.run(_measure(port, cookie, token, tickets, sockets=1))
        crowd = asyncio.run(_measure(port, cookie, token, tickets, sockets=SOCKETS))
    compared("event_p95_ms", percentile(crowd, 0.95), "ms", percentile(alone, 0.95)).print()


def session_cookie(user: Any) -> str:
    """What a browser of this person shows."""
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
    start = head_of_log(port, token)
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


def head_of_log(port: int, token: str) -> dict[str, Any]:
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
    reader, writer = await open_socket(port, "/ws/agent", cookie=cookie)
    hello = {"type": "hello", "client_id": str(uuid.uuid4()), **start}
    writer.write(masked(json.dumps(hello).encode()))
    while True:
        frame = json.loads(await read_frame(reader, writer))
        if frame["type"] == "reset":
            raise RuntimeError(f"the server asked for a reset: {frame}")
        if frame["type"] == "hello":
            ready.release()
        for event in frame.get("events", []):
            if event["type"] == "ticket.tagged":
                committed = datetime.fromisoformat(event["at"])
                delays.append((time.time() - committed.timestamp()) * 1000)


if __name__ == "__main__":
    main()
