"""The stand-in for a blocked WebSocket: same frames, nothing lost, nobody let in by mistake."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.contrib.sessions.models import Session

from helpdesk.accounts.actions import change_profile
from helpdesk.accounts.models import User
from helpdesk.asgi import application
from helpdesk.events.selectors import head_of
from helpdesk.realtime.visibility import rights_of
from tests.realtime.socket import ORIGIN, in_thread, live_page, sign_in
from tickets.actions.marks import set_priority, set_subject
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


class Poller:
    """A page without a socket: asks, applies what it hears, asks again."""

    def __init__(self, session_key: str | None, cursor: int = 0, epoch: str = "") -> None:
        self.session_key, self.cursor, self.epoch = session_key, cursor, epoch
        self.told, self.rights, self.origin = "", "", ORIGIN
        self.events: list[dict[str, Any]] = []
        self.frames: list[dict[str, Any]] = []

    async def ask(self) -> int:
        query = f"since={self.cursor}&epoch={self.epoch}&told={self.told}&rights={self.rights}"
        status, body = await self.call("GET", "/api/v1/events/wait", query + "&recount=1")
        if status == 200:
            self.told, self.frames = body["told"], body["frames"]
            for frame in self.frames:
                if frame["type"] == "batch":
                    assert frame["from"] <= self.cursor
                    self.events += [e for e in frame["events"] if e["seq"] > self.cursor]
                    self.cursor = max(self.cursor, frame["upto"])
        return status

    async def hear(self, type_: str) -> dict[str, Any]:
        for _ in range(20):
            assert await self.ask() == 200
            for frame in self.frames:
                if frame["type"] == type_:
                    return frame
        raise AssertionError(f"no {type_}")

    async def hear_until(self, seq: int) -> list[dict[str, Any]]:
        while self.cursor < seq:
            assert await self.ask() == 200
        return self.events

    async def say(self, page: str, ticket_id: str | None, state: str = "viewing") -> int:
        said = {"page": page, "ticket_id": ticket_id, "state": state}
        return (await self.call("POST", "/api/v1/presence", "", said))[0]

    async def call(
        self, method: str, path: str, query: str, body: Any = None
    ) -> tuple[int, dict[str, Any]]:
        headers = [(b"host", b"127.0.0.1:8000"), (b"origin", self.origin.encode())]
        if self.session_key:
            cookie = f"{settings.SESSION_COOKIE_NAME}={self.session_key}"
            headers.append((b"cookie", cookie.encode()))
        scope = {"type": "http", "method": method, "path": path, "headers": headers,
                 "query_string": query.encode()}  # fmt: skip
        wire = ApplicationCommunicator(application, scope)
        await wire.send_input({"type": "http.request", "body": json.dumps(body).encode()})
        start = await wire.receive_output(timeout=5)
        answer = await wire.receive_output(timeout=5)
        return start["status"], json.loads(answer["body"])


async def poller_of(user: User) -> Poller:
    head = await in_thread(head_of, user.organization_id)
    poller = Poller(await in_thread(sign_in, user), head.seq, head.epoch)
    assert await poller.ask() == 200
    return poller


def test_a_waiting_page_is_answered_when_something_happens(bo: User, ticket: Ticket):
    """G9.4."""

    async def story() -> tuple[list[str], float]:
        page = await poller_of(bo)
        asked = asyncio.ensure_future(page.ask())
        await asyncio.sleep(0.3)
        assert not asked.done()
        began = time.monotonic()
        await in_thread(set_subject, ticket.pk, "Hello")
        assert await asked == 200
        return [each["type"] for each in page.events], time.monotonic() - began

    types, took = asyncio.run(story())
    assert types == ["ticket.updated"]
    assert took < 1.0


def test_five_hundred_changes_are_polled_once_and_in_order(bo: User, ticket: Ticket):
    """G9.1, G9.4."""

    def change(count: int) -> None:
        for number in range(count):
            set_subject(ticket.pk, f"Subject {number}")

    async def story() -> tuple[list[int], int]:
        page = await poller_of(bo)
        begin = page.cursor
        await in_thread(change, 250)
        await page.hear_until(begin + 250)
        await in_thread(change, 250)
        return [each["seq"] for each in await page.hear_until(begin + 500)], begin

    seqs, begin = asyncio.run(story())
    assert seqs == list(range(begin + 1, begin + 501))


def test_nobody_polls_without_a_session_and_an_ended_one_is_told(bo: User):
    async def story() -> tuple[int, int]:
        nobody = await Poller(None).ask()
        page = await poller_of(bo)
        await in_thread(Session.objects.filter(pk=page.session_key).delete)
        return nobody, await page.ask()

    assert asyncio.run(story()) == (401, 401)


def test_other_rights_than_the_page_had_mean_reset(bo: User, ticket: Ticket):
    """F44, A40: also when they changed while the page was closed."""

    async def story() -> tuple[str, str]:
        page = await poller_of(bo)
        page.rights = await in_thread(rights_of, bo)
        asked = asyncio.ensure_future(page.hear("reset"))
        await asyncio.sleep(0.1)
        await in_thread(lambda: change_profile(bo, role="viewer"))
        live = (await asked)["reason"]
        return live, (await page.hear("reset"))["reason"]

    assert asyncio.run(story()) == ("permissions", "permissions")


def test_another_organization_is_never_polled(bo: User, dee: User, ticket: Ticket):
    async def story() -> bool:
        page = await poller_of(dee)
        asked = asyncio.ensure_future(page.ask())
        await in_thread(set_subject, ticket.pk, "Private")
        done, _ = await asyncio.wait({asked}, timeout=0.6)
        asked.cancel()
        return bool(done)

    assert asyncio.run(story()) is False


def test_a_viewer_polls_past_what_viewers_may_not_see(viewer: User, bo: User):
    from helpdesk.events.outbox import record, unit_of_work

    def rule_changes() -> None:
        with unit_of_work():
            record("rule.updated", organization_id=bo.organization_id, object_type="rule",
                   object_id=uuid.uuid4(),
                   payload=lambda: {"id": "x", "name": "secret", "is_deleted": False})  # fmt: skip

    async def story() -> list[Any]:
        page = await poller_of(viewer)
        begin = page.cursor
        await in_thread(rule_changes)
        return await page.hear_until(begin + 1)

    assert asyncio.run(story()) == []


def test_presence_by_post_reaches_sockets_and_the_other_way_round(
    bo: User, cy: User, ticket: Ticket
):
    async def story() -> tuple[Any, Any]:
        polls, cys = await poller_of(bo), await live_page(cy)
        await asyncio.sleep(0.05)
        assert await polls.say("tab1", str(ticket.pk), "replying") == 200
        seen = (await cys.hear("presence"))["users"]
        assert await polls.say("tab1", None) == 200
        await cys.hear("presence")
        await cys.say({"type": "presence", "ticket_id": str(ticket.pk), "state": "viewing"})
        heard = (await polls.hear("presence"))["users"]
        await cys.close()
        return seen, heard

    seen, heard = asyncio.run(story())
    assert seen == [{"id": str(bo.pk), "state": "replying"}]
    assert heard == [{"id": str(cy.pk), "state": "viewing"}]


def test_presence_of_another_page_is_refused(bo: User, ticket: Ticket):
    async def story() -> int:
        page = await poller_of(bo)
        page.origin = "https://evil.example"
        return await page.say("tab1", str(ticket.pk))

    assert asyncio.run(story()) == 403


def test_counts_follow_a_change_by_poll(bo: User, ticket: Ticket):
    from tickets.views import ensure_default_views

    ensure_default_views(bo.organization)

    async def story() -> dict[str, int]:
        page = await poller_of(bo)
        await in_thread(set_priority, ticket.pk, "urgent")
        counts: dict[str, int] = (await page.hear("counts"))["counts"]
        return counts

    assert asyncio.run(story())["urgent"] == 1


def test_a_page_that_waits_holds_no_database_connection(
    bo: User, open_connections: Callable[[], int]
):
    async def story() -> int:
        pages = [await poller_of(bo) for _ in range(12)]
        asked = [asyncio.ensure_future(page.ask()) for page in pages]
        await asyncio.sleep(1.0)
        used = open_connections()
        for each in asked:
            each.cancel()
        return used

    assert asyncio.run(story()) <= 2


@pytest.fixture
def open_connections() -> Callable[[], int]:
    """How many connections of the pool are taken at this moment."""
    from django.db import connection

    def count() -> int:
        pool: Any = connection.pool  # type: ignore[attr-defined]
        stats = pool.get_stats()
        return int(stats["pool_size"] - stats["pool_available"])

    return count
