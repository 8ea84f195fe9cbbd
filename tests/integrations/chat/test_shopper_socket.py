"""The widget's socket: who gets in, what it hears, and that nothing is lost or doubled."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from helpdesk.realtime.shopper_hub import ShopperHub
from integrations.chat.models import Conversation, Visitor
from tests.integrations.chat.conftest import Shopper, settle
from tests.integrations.chat.widget import Widget, eventually
from tests.realtime.socket import in_thread, live_page
from tickets.actions.channels import change_channel
from tickets.actions.marks import set_unread
from tickets.actions.reply import OutgoingMessage, add_note, reply
from tickets.models import Channel, DeliveryState, Message, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


def run(work: Any) -> Any:
    return asyncio.run(work)


def answer(organization: Organization, user: User, text: str) -> None:
    """An agent answers on the shop's one ticket, and it leaves."""
    ticket = Ticket.objects.get(organization=organization)
    reply(ticket.pk, OutgoingMessage(text=text), user=user)
    settle(organization)


@pytest.mark.parametrize("origin", ["https://evil.example", "https://shop.example", "null", None])
def test_a_page_that_is_not_our_frame_is_refused(shopper: Shopper, origin: str | None):
    async def story() -> bool:
        return await Widget(shopper.token, origin=origin).open()

    assert run(story()) is False


@pytest.mark.parametrize("token", ["", "v1.x", "v1." + "0" * 32 + ".1.9999999999." + "a" * 26])
def test_a_token_that_is_not_ours_is_closed_with_4401(chat: Channel, token: str):
    async def story() -> int:
        widget = Widget(token)
        await widget.open()
        return await widget.hear_close()

    assert run(story()) == 4401


def test_an_answer_comes_over_the_socket_and_a_note_never_does(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]

    async def story() -> list[dict[str, Any]]:
        widget = Widget(shopper.token)
        await widget.open()
        await widget.hello({conversation_id: 1})
        await widget.hear("conversation")
        ticket = await in_thread(Ticket.objects.get)
        await in_thread(lambda: add_note(ticket.pk, "Careful, she is a journalist", user=bo))
        await in_thread(answer, organization, bo, "Hi Mia")
        lines = await widget.hear_upto(3)
        await widget.close()
        return lines

    lines = run(story())
    assert [(each["position"], each["author"], each["text"]) for each in lines] == [
        (2, "system", ""),
        (3, "agent", "Hi Mia"),
    ]
    assert "journalist" not in str(lines)
    assert Message.objects.get(kind="reply").delivery_state == DeliveryState.DELIVERED


def test_coming_back_brings_what_was_missed_once_and_in_order(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    for number in range(60):
        answer(organization, bo, f"Line {number}")

    async def story() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        first = Widget(shopper.token)
        await first.open()
        await first.hello({conversation_id: 1})
        await first.hear_upto(30)
        await first.close()
        second = Widget(shopper.token)
        await second.open()
        await second.hello({conversation_id: first.lines[-1]["position"]})
        await in_thread(answer, organization, bo, "The last one")
        await second.hear_upto(63)
        await second.close()
        return first.lines, second.lines

    first, second = run(story())
    positions = [each["position"] for each in [*first, *second]]
    assert positions == list(range(2, 64))


def test_what_the_shopper_has_seen_is_said_on_the_agents_message(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    answer(organization, bo, "Hi Mia")

    async def story() -> None:
        widget = Widget(shopper.token)
        await widget.open()
        await widget.hello({conversation_id: 1})
        await widget.hear_upto(3)
        await widget.say(type="seen", conversation_id=conversation_id, position=3)
        await eventually(is_read)
        await widget.close()

    async def is_read() -> bool:
        found = await in_thread(Message.objects.get, kind="reply")
        return bool(found.delivery_state == DeliveryState.READ)

    run(story())
    assert Conversation.objects.get().unseen_since is None


def test_the_shopper_sees_that_the_team_has_read_it(shopper: Shopper, organization: Organization):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    ticket = Ticket.objects.get()

    async def story() -> dict[str, Any]:
        widget = Widget(shopper.token)
        await widget.open()
        await widget.hello({conversation_id: 1})
        await widget.hear("conversation")
        await in_thread(lambda: set_unread(ticket.pk, is_unread=False))
        await in_thread(settle, organization)
        seen = await widget.hear("seen")
        await widget.close()
        return seen

    assert run(story()) == {"type": "seen", "conversation_id": conversation_id, "position": 1}


def test_typing_goes_both_ways_and_is_not_stored(
    shopper: Shopper, organization: Organization, bo: User
):
    conversation_id = shopper.say("Hello?").json()["conversation_id"]
    ticket = Ticket.objects.get()

    async def story() -> tuple[list[str], dict[str, Any], dict[str, Any]]:
        page = await live_page(bo)
        widget = Widget(shopper.token)
        await widget.open()
        await widget.hello({conversation_id: 1})
        await widget.hear("conversation")
        states = [(await page.hear("shopper"))["state"]]
        await widget.say(type="typing", conversation_id=conversation_id, is_typing=True)
        states.append((await page.hear("shopper"))["state"])
        await page.say({"type": "presence", "page": "a", "ticket_id": str(ticket.pk),
                        "state": "replying"})  # fmt: skip
        began = await widget.hear("typing")
        await page.say({"type": "presence", "page": "a", "ticket_id": str(ticket.pk),
                        "state": "viewing"})  # fmt: skip
        ended = await widget.hear("typing")
        await widget.close()
        states.append((await page.hear("shopper"))["state"])
        await page.close()
        return states, began, ended

    states, began, ended = run(story())
    assert states == ["here", "typing", "left"]
    assert (began["name"], began["is_typing"]) == ("Bo", True)
    assert ended["is_typing"] is False
    assert Message.objects.count() == 1
    visitor = Visitor.objects.get()
    assert visitor.is_here is False


def test_another_visitor_hears_nothing(shopper: Shopper, organization: Organization, bo: User):
    shopper.say("Hello?")
    stranger = Shopper()
    stranger.begin()
    conversation_id = str(Conversation.objects.get().pk)

    async def story() -> bool:
        widget = Widget(stranger.token)
        await widget.open()
        await widget.hello({conversation_id: 0})
        await in_thread(answer, organization, bo, "For Mia alone")
        await widget.say(type="seen", conversation_id=conversation_id, position=3)
        nothing = await widget.hears_nothing()
        await widget.close()
        return nothing

    assert run(story()) is True
    assert Conversation.objects.get().seen_position == 1
    assert Message.objects.get(kind="reply").delivery_state == DeliveryState.SENT


def test_a_site_that_is_switched_off_closes_its_sockets(shopper: Shopper, chat: Channel):
    async def is_served() -> bool:
        return bool(ShopperHub.here().sockets)

    async def story() -> int:
        widget = Widget(shopper.token)
        await widget.open()
        await widget.hello()
        await in_thread(lambda: change_channel(chat.pk, is_active=False))
        hub = ShopperHub.here()
        await eventually(is_served)
        await hub.close_ended()
        return await widget.hear_close()

    assert run(story()) == 4401
    assert shopper.say("Anybody?").status_code == 404
    assert shopper.begin().status_code == 404
