"""Calls of Slack that were lost: what they would have brought is read afterwards, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib.clock import now
from inbox import door
from inbox.models import Connection
from integrations.slack import gaps
from tests.contracts import test_slack
from tests.contracts.channel_connector import poll
from tests.contracts.test_slack import message_event, signed
from tests.contracts.vendor import Asked, VendorServer
from tickets.models import Channel, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

MINUTE = 60


class Workspace:
    """Slack's memory: answers history and replies as Slack does, newest first, in pages."""

    def __init__(self, vendor: VendorServer) -> None:
        self.rooms: list[dict[str, Any]] = [{"id": "C1", "name": "with-mia", "is_ext_shared": True}]
        self.said: dict[str, list[dict[str, Any]]] = {}
        vendor.answers("GET", r"/users\.conversations$", 200, self._rooms)
        vendor.answers("GET", r"/conversations\.history$", 200, self._history)
        vendor.answers("GET", r"/conversations\.replies$", 200, self._replies)
        vendor.answers("GET", r"/users\.info$", 200, {"ok": False, "error": "user_not_found"})
        vendor.answers("GET", r"/auth\.test$", 200, {"ok": True})

    def say(self, at: float, text: str, room: str = "C1", **more: Any) -> dict[str, Any]:
        event = message_event(f"{at:.6f}", text, channel=room, **more)
        self.said.setdefault(room, []).append(event)
        return event

    def _rooms(self, asked: Asked) -> tuple[int, Any]:
        return 200, {"ok": True, "channels": self.rooms}

    def _history(self, asked: Asked) -> tuple[int, Any]:
        query = asked.query
        if query["channel"] == "CGONE":
            return 200, {"ok": False, "error": "not_in_channel"}
        tops = [each for each in self.said.get(query["channel"], []) if "thread_ts" not in each]
        found = [each for each in tops if self._is_within(each, query)]
        start = int(query.get("cursor") or 0)
        size = int(query["limit"])
        page = [self._as_told(each) for each in sorted(found, key=_at, reverse=True)]
        has_more = len(page) > start + size
        after = {"next_cursor": str(start + size)} if has_more else {"next_cursor": ""}
        return 200, {
            "ok": True, "messages": page[start : start + size], "has_more": has_more,
            "response_metadata": after,
        }  # fmt: skip

    def _replies(self, asked: Asked) -> tuple[int, Any]:
        query = asked.query
        room = self.said[query["channel"]]
        [top] = [each for each in room if each["ts"] == query["ts"]]
        below = [each for each in room if each.get("thread_ts") == query["ts"]]
        found = [each for each in below if _at(each) > float(query["oldest"])]
        return 200, {"ok": True, "messages": [self._as_told(each) for each in [top, *found]]}

    def _as_told(self, event: dict[str, Any]) -> dict[str, Any]:
        """A message of history does not say where it is, but which answers it has."""
        told = {name: value for name, value in event.items() if not name.startswith("channel")}
        below = [_at(each) for room in self.said.values() for each in room
                 if each.get("thread_ts") == event["ts"]]  # fmt: skip
        return {**told, "latest_reply": f"{max(below):.6f}"} if below else told

    def _is_within(self, event: dict[str, Any], query: dict[str, str]) -> bool:
        return float(query["oldest"]) < _at(event) <= float(query["latest"])


def _at(event: dict[str, Any]) -> float:
    return float(event["ts"])


@pytest.fixture
def workspace(slack: Channel, slack_says: VendorServer) -> Workspace:
    place = Workspace(slack_says)
    poll(slack)  # the first round only remembers where the rooms are
    return place


@pytest.fixture
def later(slack: Channel, monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Some minutes pass, and a round is read."""
    passed = timedelta()

    def later(minutes: float) -> None:
        nonlocal passed
        passed += timedelta(minutes=minutes)
        monkeypatch.setattr(gaps, "now", lambda: now() + passed)
        for _ in range(3):
            poll(slack)
        door.process_channel(slack.pk)

    return later


def texts() -> list[str]:
    found = Message.objects.select_related("body").order_by("created_at")
    return [each.body.text for each in found]


def test_a_message_whose_call_was_lost_comes_by_reading_again_once(
    slack, workspace, later, slack_says
):
    at = now().timestamp()
    workspace.say(at - 10 * 24 * 3600, "Long before we were connected")
    workspace.say(at + 1 * MINUTE, "Lost on the way")
    workspace.say(at + 2 * MINUTE, "By ourselves", bot_id="BBOT")
    workspace.say(at + 2 * MINUTE, "By a colleague", team="T1")

    later(5)
    later(5)

    assert texts() == ["Lost on the way"]
    assert Message.objects.get().author_name == "UMIA"
    asked = slack_says.asked("GET", r"/conversations\.history$")
    for _ in range(3):
        poll(slack)
    assert slack_says.asked("GET", r"/conversations\.history$") == asked


def test_what_slack_called_for_is_not_read_twice(slack, workspace, later):
    at = now().timestamp()
    event = workspace.say(at + MINUTE, "Hello")
    call = signed({"type": "event_callback", "team_id": "T1", "event": event})
    assert test_slack.TestSlack().post(slack, call) == 200
    later(5)
    test_slack.TestSlack().settle(slack)

    assert texts() == ["Hello"]
    assert Ticket.objects.count() == 1


def test_a_lost_answer_in_an_older_thread_joins_its_ticket(slack, workspace, later):
    at = now().timestamp()
    top = workspace.say(at + MINUTE, "Order 1042?")
    later(5)
    workspace.say(at + 10 * MINUTE, "Still there?", thread_ts=top["ts"])
    workspace.say(at + 11 * MINUTE, "It is on its way", thread_ts=top["ts"], bot_id="BBOT")
    later(15)

    assert texts() == ["Order 1042?", "Still there?"]
    assert Ticket.objects.count() == 1


def test_a_long_gap_is_read_page_by_page_over_several_turns(slack, workspace, later):
    at = now().timestamp()
    for number in range(70):
        workspace.say(at + MINUTE + number, f"line {number}")

    later(10)

    assert sorted(texts()) == sorted(f"line {number}" for number in range(70))


def test_the_last_minute_is_left_to_the_calls(slack, workspace, later):
    workspace.say(now().timestamp() + 4.5 * MINUTE, "Just now")
    later(5)
    assert texts() == []
    later(5)
    assert texts() == ["Just now"]


def test_a_direct_message_in_a_room_that_is_new_is_not_lost(slack, workspace, later):
    at = now().timestamp()
    later(5)
    workspace.rooms += [{"id": "D7", "is_im": True}, {"id": "CGONE"}]
    workspace.say(at + 5 * MINUTE, "First words", room="D7")
    later(5)

    assert texts() == ["First words"]
    assert Message.objects.get().external_id.startswith("D7:")


def test_rooms_of_the_team_and_rooms_not_chosen_are_not_read(slack, workspace, later, slack_says):
    slack.config = {**slack.config, "channels": ["C5"], "team_places": ["C6"]}
    slack.save()
    workspace.rooms = [{"id": "C1"}, {"id": "C5"}, {"id": "C6"}, {"id": "D1", "is_im": True}]
    later(5)
    read = {each.query["channel"] for each in slack_says.all("GET", r"/conversations\.history$")}
    assert read == {"C5", "D1"}


def test_a_slack_that_wants_us_to_wait_is_asked_again_and_nothing_is_skipped(
    slack, workspace, later, slack_says
):
    workspace.say(now().timestamp() + MINUTE, "Lost")
    slack_says.answers(
        "GET", r"/conversations\.history$", 429, {"ok": False, "error": "ratelimited"},
        headers={"Retry-After": "30"}, times=1,
    )  # fmt: skip
    later(5)

    assert texts() == ["Lost"]
    assert Connection.objects.get(channel=slack).failures == 0
