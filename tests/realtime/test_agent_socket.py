"""The socket: who gets in, what they hear, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from helpdesk.accounts.actions import change_profile, record_user
from helpdesk.accounts.models import Organization, User
from helpdesk.events.models import Event, EventCounter
from helpdesk.events.outbox import unit_of_work
from helpdesk.events.selectors import head_of
from helpdesk.realtime.hub import Hub
from tests.realtime.socket import ORIGIN, Page, in_thread, live_page, sign_in
from tickets.actions.marks import set_priority, set_subject
from tickets.models import Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def run(work: Any) -> Any:
    """Run the coroutine in an event loop of its own, with this test's database."""
    return asyncio.run(work)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None, "http://127.0.0.1:9"])
def test_a_page_of_another_origin_is_refused_before_it_is_let_in(bo: User, origin: str | None):
    """A41."""

    async def story() -> bool:
        return await Page(await in_thread(sign_in, bo), origin=origin).open()

    assert run(story()) is False


def test_our_own_page_is_let_in_under_the_address_it_was_asked_for(bo: User):
    async def story() -> bool:
        page = Page(await in_thread(sign_in, bo), origin=ORIGIN)
        is_open = await page.open()
        await page.close()
        return is_open

    assert run(story()) is True


def test_a_page_nobody_is_signed_in_on_is_closed_with_4401():
    async def story() -> int:
        page = Page(None)
        await page.open()
        return await page.hear_close()

    assert run(story()) == 4401


def test_an_event_reaches_the_page_after_the_commit(bo: User, ticket: Ticket):
    async def story() -> list[dict[str, Any]]:
        page = await live_page(bo)
        await in_thread(set_priority, ticket.pk, "high")
        await page.hear("batch")
        await page.close()
        return page.events

    events = run(story())
    assert [each["type"] for each in events] == ["ticket.priority_changed"]
    assert events[0]["payload"]["ticket"]["priority"] == "high"
    assert events[0]["payload"]["change"] == {"priority": ["normal", "high"]}


def test_another_organization_never_hears_of_it(bo: User, dee: User, ticket: Ticket):
    """A40."""

    async def story() -> tuple[bool, int]:
        ours, theirs = await live_page(bo), await live_page(dee)
        await in_thread(set_priority, ticket.pk, "high")
        await ours.hear("batch")
        heard_nothing = await theirs.hears_nothing()
        await ours.close()
        await theirs.close()
        return heard_nothing, len(theirs.events)

    assert run(story()) == (True, 0)


def test_five_hundred_changes_missed_arrive_once_and_in_order(bo: User, ticket: Ticket):
    """G9.1, F43."""
    before = head_of(bo.organization_id)
    for number in range(500):
        set_subject(ticket.pk, f"Subject {number}")

    async def story() -> Page:
        page = Page(sign_in_key)
        await page.open()
        hello = await page.hello(before.seq, before.epoch)
        await page.hear_until(hello["head"])
        await page.close()
        return page

    sign_in_key = sign_in(bo)
    page = run(story())
    assert [each["seq"] for each in page.events] == list(range(before.seq + 1, before.seq + 501))
    assert page.events[-1]["payload"]["ticket"]["subject"] == "Subject 499"


def test_a_lost_ring_is_made_good_by_the_timer(
    bo: User, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("helpdesk.events.doorbell.ring", lambda organization_id: None)

    async def story() -> int:
        page = await live_page(bo)
        await in_thread(set_priority, ticket.pk, "high")
        await page.hear("batch")
        await page.close()
        return len(page.events)

    assert run(story()) == 1


def test_another_epoch_means_reset(bo: User, organization: Organization):
    async def story() -> str:
        page = Page(key)
        await page.open()
        await page.hello(0, str(uuid.uuid4()))
        reason: str = (await page.hear("reset"))["reason"]
        await page.close()
        return reason

    key = sign_in(bo)
    assert run(story()) == "epoch"


def test_an_epoch_that_changes_while_connected_means_reset(bo: User, ticket: Ticket):
    """Restored from a backup: the numbers went back."""

    def restore() -> None:
        EventCounter.objects.filter(pk=bo.organization_id).update(epoch=uuid.uuid4(), last_seq=1)

    async def story() -> str:
        page = await live_page(bo)
        await in_thread(restore)
        reason: str = (await page.hear("reset"))["reason"]
        await page.close()
        return reason

    assert run(story()) == "epoch"


def test_a_cursor_older_than_what_is_kept_means_reset(bo: User, ticket: Ticket):
    set_priority(ticket.pk, "high")
    head = head_of(bo.organization_id)
    Event.objects.filter(organization_id=bo.organization_id, seq__lt=head.seq).delete()

    async def story() -> str:
        page = Page(key)
        await page.open()
        await page.hello(0, head.epoch)
        reason: str = (await page.hear("reset"))["reason"]
        await page.close()
        return reason

    key = sign_in(bo)
    assert run(story()) == "expired"


def test_a_pull_gets_the_same_events_again(bo: User, ticket: Ticket):
    async def story() -> tuple[list[int], list[int]]:
        page = await live_page(bo)
        begin = page.cursor
        await in_thread(set_priority, ticket.pk, "high")
        await page.hear("batch")
        first = [each["seq"] for each in page.events]
        page.events, page.cursor = [], begin
        await page.say({"type": "pull", "cursor": begin})
        await page.hear("batch")
        await page.close()
        return first, [each["seq"] for each in page.events]

    first, again = run(story())
    assert first == again
    assert len(first) == 1


def test_a_pull_at_the_head_is_answered_with_a_ping(bo: User):
    async def story() -> int:
        page = await live_page(bo)
        await page.say({"type": "pull", "cursor": page.cursor})
        ping = await page.hear("ping")
        await page.close()
        return int(ping["head"]) - page.cursor

    assert run(story()) == 0


@pytest.mark.parametrize("text", ["no json", "[]", "{}", '{"type": 5}', "x" * 5000])
def test_a_frame_that_is_not_understood_ends_the_socket(bo: User, text: str):
    async def story() -> int:
        page = await live_page(bo)
        await page._wire.send_to(text_data=text)
        return await page.hear_close()

    assert run(story()) == 4400


def test_a_session_that_ended_closes_the_socket_with_4401(bo: User):
    """A42."""

    async def story() -> int:
        page = await live_page(bo)
        await in_thread(Session.objects.all().delete)
        await Hub.here().check_sessions()
        return await page.hear_close()

    assert run(story()) == 4401


def test_signing_out_closes_the_socket_at_once(bo: User, api_as: Callable[..., Any], settings: Any):
    """A42: within a second, without waiting for the check each minute."""
    client = api_as(bo)

    async def story() -> tuple[int, int]:
        page = Page(client.session.session_key)
        await page.open()
        head = await in_thread(head_of, bo.organization_id)
        await page.hello(head.seq, head.epoch)
        answer = await in_thread(client.delete, "/_allauth/browser/v1/auth/session")
        return answer.status_code, await page.hear_close()

    client.session  # noqa: B018 (made before the loop runs)
    assert run(story()) == (401, 4401)


def test_a_deactivated_person_is_closed_out_at_once(bo: User, ada: User):
    """A42."""

    def deactivate() -> None:
        with unit_of_work():
            User.objects.filter(pk=bo.pk).update(is_active=False)
            record_user(User.objects.get(pk=bo.pk))

    async def story() -> int:
        page = await live_page(bo)
        await in_thread(deactivate)
        return await page.hear_close()

    assert run(story()) == 4401


def test_a_new_role_means_reset(bo: User):
    """A40: what a person may see is decided at delivery."""

    async def story() -> str:
        page = await live_page(bo)
        await in_thread(lambda: change_profile(bo, role="viewer"))
        reason: str = (await page.hear("reset"))["reason"]
        await page.close()
        return reason

    assert run(story()) == "permissions"


def test_a_viewer_does_not_hear_of_rules_but_the_cursor_moves(viewer: User, ticket: Ticket):
    def run_rule() -> None:
        from helpdesk.events.outbox import record

        with unit_of_work():
            record(
                "rule.updated",
                organization_id=viewer.organization_id,
                object_type="rule",
                object_id=uuid.uuid4(),
                payload=lambda: {"id": "x", "name": "secret", "is_deleted": False},
            )

    async def story() -> tuple[int, int]:
        page = await live_page(viewer)
        begin = page.cursor
        await in_thread(run_rule)
        await page.hear("batch")
        await page.close()
        return len(page.events), page.cursor - begin

    assert run(story()) == (0, 1)


def test_presence_is_seen_by_colleagues_and_ends_with_the_socket(
    bo: User, cy: User, dee: User, ticket: Ticket
):
    async def story() -> tuple[list[Any], list[Any], bool]:
        bos, cys, dees = await live_page(bo), await live_page(cy), await live_page(dee)
        await asyncio.sleep(0.05)
        await bos.say({"type": "presence", "ticket_id": str(ticket.pk), "state": "replying"})
        seen = (await cys.hear("presence"))["users"]
        await bos.close()
        gone = (await cys.hear("presence"))["users"]
        nothing = await dees.hears_nothing()
        await cys.close()
        await dees.close()
        return seen, gone, nothing

    seen, gone, nothing = run(story())
    assert seen == [{"id": str(bo.pk), "state": "replying"}]
    assert gone == []
    assert nothing is True


def test_presence_on_a_foreign_ticket_is_not_told(bo: User, cy: User, foreign_ticket: Ticket):
    async def story() -> bool:
        bos, cys = await live_page(bo), await live_page(cy)
        await bos.say({"type": "presence", "ticket_id": str(foreign_ticket.pk), "state": "viewing"})
        nothing = await cys.hears_nothing()
        await bos.close()
        await cys.close()
        return nothing

    assert run(story()) is True


def test_counts_follow_a_change(bo: User, ticket: Ticket):
    from tickets.views import ensure_default_views

    ensure_default_views(bo.organization)

    async def story() -> dict[str, int]:
        page = await live_page(bo)
        await in_thread(set_priority, ticket.pk, "urgent")
        counts: dict[str, int] = (await page.hear("counts"))["counts"]
        await page.close()
        return counts

    counts = run(story())
    assert counts["urgent"] == 1
    assert counts["mine"] == 0
    assert counts["unassigned"] == 1


def test_tabs_that_share_a_socket_are_each_present(bo: User, cy: User, ticket: Ticket):
    """UX 16: one socket per browser, and still each tab's ticket is told."""

    def say(page: str, state: str | None) -> dict[str, Any]:
        where = str(ticket.pk) if state else None
        return {"type": "presence", "page": page, "ticket_id": where, "state": state or "viewing"}

    async def story() -> list[Any]:
        bos, cys = await live_page(bo), await live_page(cy)
        await asyncio.sleep(0.05)
        heard = []
        for page, state in [("a", "viewing"), ("b", "replying"), ("b", None), ("a", None)]:
            await bos.say(say(page, state))
            heard.append([each["state"] for each in (await cys.hear("presence"))["users"]])
        await bos.say(say("a", "viewing"))
        await cys.hear("presence")
        await bos.close()
        heard.append((await cys.hear("presence"))["users"])
        await cys.close()
        return heard

    assert run(story()) == [["viewing"], ["replying"], ["viewing"], [], []]


def test_rights_that_changed_while_the_page_was_closed_mean_reset(bo: User):
    """A page that kept its data comes back with the mark of what it may see."""
    from helpdesk.realtime.visibility import rights_of

    async def story() -> tuple[str, str]:
        known = await in_thread(rights_of, bo)
        await in_thread(lambda: change_profile(bo, role="viewer"))
        page, head = (
            Page(await in_thread(sign_in, bo)),
            await in_thread(head_of, bo.organization_id),
        )
        assert await page.open()
        await page.say({"type": "hello", "cursor": head.seq, "epoch": head.epoch, "rights": known})
        hello, reset = await page.hear("hello"), await page.hear("reset")
        await page.close()
        return reset["reason"], hello["catalog"]

    assert run(story()) == ("permissions", 1)


def test_a_personal_view_is_told_to_its_owner_and_to_nobody_else(bo: User, cy: User):
    """UX §1.3: the socket of a colleague moves past the event without its content."""
    from tickets.actions.views import order_views, save_view

    async def story() -> tuple[list[str], list[str], int, int]:
        bos, cys = await live_page(bo), await live_page(cy)
        view, _ = await in_thread(save_view, bo, {"name": "Mine alone"})
        await in_thread(order_views, bo, [view.pk])
        head = (await in_thread(head_of, bo.organization_id)).seq
        await bos.hear_until(head)
        await cys.hear_until(head)
        heard = [each["type"] for each in bos.events], [each["type"] for each in cys.events]
        cursors = bos.cursor, cys.cursor
        await bos.close()
        await cys.close()
        return (*heard, *cursors)

    bos, cys, bos_cursor, cys_cursor = run(story())
    assert [each for each in bos if each.startswith("view.")] == ["view.updated", "view.ordered"]
    assert [each for each in cys if each.startswith("view.")] == []
    assert bos_cursor == cys_cursor
