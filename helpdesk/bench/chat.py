"""A shopper's message to the agent's screen and back, with 500 shoppers connected to one process.

Baseline of ``chat_p95_ms``: the same with one shopper connected. ``socket_rss_kb`` is what a
connected shopper costs the server in memory.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from helpdesk.bench.sockets import masked, open_socket, read_frame
from helpdesk.commands.environment import migrate_if_needed, prepare

SHOPPERS = int(os.environ.get("AFTERCARE_BENCH_SHOPPERS") or 500)
TALKS = 100
TALKS_ALONE = 30
"""One visitor may write 40 messages a minute."""
PAUSE_SECONDS = 0.05
SITE = "ste_bench"
BUDGET_KB = 60
PATIENCE_SECONDS = 30


@dataclass
class Shopper:
    """A visitor with a conversation, as the bench knows it."""

    token: str
    conversation_id: str
    ticket_id: str
    heard: asyncio.Queue[str] = field(default_factory=asyncio.Queue)


@dataclass
class Delays:
    """Milliseconds to the agent's screen, and back."""

    there: list[float] = field(default_factory=list)
    back: list[float] = field(default_factory=list)


def main() -> None:
    """Print ``chat_p95_ms`` and ``socket_rss_kb``."""
    prepare()
    migrate_if_needed()
    from helpdesk.accounts.models import User
    from helpdesk.bench.big_shop import make_big_shop
    from helpdesk.bench.figure import Figure, compared, percentile
    from helpdesk.bench.live import session_cookie
    from helpdesk.bench.server import served

    token = make_big_shop(200)
    user = User.objects.get(email="ana@lindenloom.example")
    cookie = session_cookie(user)
    people = _make_shoppers(user.organization)
    with served("serve") as (port, pid):
        bench = Bench(port, pid, cookie, token, people)
        alone, crowd, kilobytes = asyncio.run(bench.run())
    worst = max(percentile(crowd.there, 0.95), percentile(crowd.back, 0.95))
    first = max(percentile(alone.there, 0.95), percentile(alone.back, 0.95))
    compared("chat_p95_ms", worst, "ms", first).print()
    for name, delays in (("chat_there_p95_ms", crowd.there), ("chat_back_p95_ms", crowd.back)):
        Figure(name, round(percentile(delays, 0.95), 1), "ms").print()
    ratio = round(kilobytes / BUDGET_KB, 2)
    Figure("socket_rss_kb", round(kilobytes, 1), "KB", BUDGET_KB, ratio).print()


def _make_shoppers(organization: Any) -> list[Shopper]:
    from integrations.chat.models import Site, Visitor
    from integrations.chat.posting import Post, post_message
    from integrations.chat.sites import add_site
    from integrations.chat.tokens import token_of

    add_site(organization, name="Bench", site_id=SITE)
    site = Site.objects.select_related("channel", "channel__organization").get(pk=SITE)
    made = []
    for number in range(SHOPPERS):
        visitor = Visitor.objects.create(organization=organization, channel=site.channel)
        line = post_message(site, visitor, Post(id=uuid.uuid4(), text=f"Hello, I am {number}"))
        ticket_id = str(line.message.ticket_id) if line.message else ""
        made.append(Shopper(token_of(visitor), str(line.conversation_id), ticket_id))
    _forget_backlog(organization)
    return made


def _forget_backlog(organization: Any) -> None:
    """What was just made is history: the server shall not spend the measured time on it."""
    from helpdesk.events.models import EventCounter, SubscriberCursor

    head = EventCounter.objects.get(pk=organization.pk).last_seq
    SubscriberCursor.objects.filter(organization=organization).update(seq=head)


class Bench:
    """One server, one agent's page, many widgets."""

    def __init__(self, port: int, pid: int, cookie: str, token: str, people: list[Shopper]) -> None:
        self.port, self.pid, self.cookie, self.token = port, pid, cookie, token
        self.people = people
        self.agent: asyncio.Task[None] | None = None
        self.agent_hears: asyncio.Queue[str] = asyncio.Queue()

    async def run(self) -> tuple[Delays, Delays, float]:
        """Delays with one shopper, with all of them, and kilobytes of memory for each."""
        agent = self.agent = asyncio.create_task(self._be_agent())
        readers = [asyncio.create_task(self._be_shopper(self.people[0]))]
        await self._heard(self.people[0].heard, "conversation")
        alone = await self._talk(self.people[:1], TALKS_ALONE)
        before = _resident_kb(self.pid)
        for shopper in self.people[1:]:
            readers.append(asyncio.create_task(self._be_shopper(shopper)))
            if len(readers) % 50 == 0:
                await asyncio.sleep(0.2)
        for shopper in self.people[1:]:
            await self._heard(shopper.heard, "conversation")
        await asyncio.sleep(3)
        kilobytes = (_resident_kb(self.pid) - before) / max(1, len(self.people) - 1)
        crowd = await self._talk(self.people, TALKS)
        for task in [agent, *readers]:
            task.cancel()
        await asyncio.gather(agent, *readers, return_exceptions=True)
        return alone, crowd, kilobytes

    async def _talk(self, people: list[Shopper], talks: int) -> Delays:
        delays = Delays()
        for number in range(talks):
            if self.agent is not None and self.agent.done():
                self.agent.result()
            shopper = people[number * 7 % len(people)]
            asked, answered = f"asks {uuid.uuid4()}", f"answers {uuid.uuid4()}"
            began = time.perf_counter()
            sending = asyncio.to_thread(self._post_as_shopper, shopper, asked)
            await asyncio.gather(sending, self._heard(self.agent_hears, asked, delays.there, began))
            began = time.perf_counter()
            sending = asyncio.to_thread(self._post_as_agent, shopper, answered)
            await asyncio.gather(sending, self._heard(shopper.heard, answered, delays.back, began))
            await asyncio.sleep(PAUSE_SECONDS)
        return delays

    async def _heard(
        self,
        queue: asyncio.Queue[str],
        what: str,
        delays: list[float] | None = None,
        began: float = 0.0,
    ) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while what not in await queue.get():
                pass
        if delays is not None:
            delays.append((time.perf_counter() - began) * 1000)

    async def _be_agent(self) -> None:
        from helpdesk.bench.live import head_of_log

        start = await asyncio.to_thread(head_of_log, self.port, self.token)
        reader, writer = await open_socket(self.port, "/ws/agent", cookie=self.cookie)
        hello = {"type": "hello", "client_id": str(uuid.uuid4()), **start}
        writer.write(masked(json.dumps(hello).encode()))
        while True:
            frame = json.loads(await read_frame(reader, writer))
            if frame["type"] == "reset":
                raise RuntimeError(f"the server asked the agent for a reset: {frame}")
            for event in frame.get("events", []):
                if event["type"] == "message.received":
                    self.agent_hears.put_nowait(event["payload"]["message"]["text"])

    async def _be_shopper(self, shopper: Shopper) -> None:
        path = f"/ws/widget/{SITE}?token={shopper.token}"
        reader, writer = await open_socket(self.port, path)
        hello = {"type": "hello", "after": {shopper.conversation_id: 1}}
        writer.write(masked(json.dumps(hello).encode()))
        while True:
            frame = json.loads(await read_frame(reader, writer))
            if frame["type"] == "message":
                shopper.heard.put_nowait(frame["message"]["text"])
            elif frame["type"] == "conversation":
                shopper.heard.put_nowait("conversation")

    def _post_as_shopper(self, shopper: Shopper, text: str) -> None:
        body = {"id": str(uuid.uuid4()), "conversation_id": shopper.conversation_id, "text": text}
        self._post(f"/widget/v1/{SITE}/messages", body, f"Visitor {shopper.token}")

    def _post_as_agent(self, shopper: Shopper, text: str) -> None:
        body = {"id": str(uuid.uuid4()), "text": text, "send_anyway": True}
        path = f"/api/v1/tickets/{shopper.ticket_id}/messages"
        self._post(path, body, f"Bearer {self.token}")

    def _post(self, path: str, body: dict[str, Any], authorization: str) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_SECONDS)
        headers = {"Authorization": authorization, "Content-Type": "application/json"}
        connection.request("POST", path, body=json.dumps(body), headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        if answer.status not in (200, 201):
            raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")


def _resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(each for each in status.splitlines() if each.startswith("VmRSS:"))
    return int(line.split()[1])


if __name__ == "__main__":
    main()
