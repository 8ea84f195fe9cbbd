"""A macro that acts on an order: looked at and confirmed by a person before the reply leaves (UX 26, 31)."""

from __future__ import annotations

import uuid

import pytest

from automation.macros.edit import create_macro
from automation.macros.render import render_for_agent
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.ledger.models import OrderAction
from tests.orders.conftest import calls, work
from tickets.actions import bulk
from tickets.actions.delivery import set_delivery_state
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
ACT = {"type": "order_action", "params": {"kind": "cancel", "params": {"reason": "customer"}}}
TEXT = "Your order {{ order.number }} is cancelled."


@pytest.fixture
def macro(organization):
    variants = [{"language": "en", "body": TEXT}]
    return create_macro(organization, {"name": "Cancel", "variants": variants, "actions": [ACT]})


@pytest.fixture
def send(desk_of, bo, mia, macro, order_of, api_as):
    """Send the filled macro as the app does; ``order_action`` says what became of its action."""
    order = order_of("1042")
    filled = api_as(bo).post(
        f"/api/v1/macros/{macro.pk}/render", {"ticket_id": str(mia.pk), "order_id": str(order.pk)}
    )
    assert filled.json()["obstacles"] == []  # the action will make true what the text says

    def sent(order_action: str | None = None):
        body = {
            "id": str(uuid.uuid4()),
            "text": filled.json()["text"],
            "macro_id": str(macro.pk),
            "order_id": str(order.pk),
            "order_basis": filled.json()["order_basis"],
            "order_action": order_action,
        }
        return api_as(bo).post(f"/api/v1/tickets/{mia.pk}/messages", body)

    return sent


def refusals(answer) -> list[tuple[str, str]]:
    assert answer.status_code == 422, answer.content
    return [(each["path"], each["code"]) for each in answer.json()["errors"]]


def test_the_reply_waits_for_a_person_to_confirm_and_sending_begins_nothing(
    send, desk_of, bo, mia, order_of, organization
):
    assert ("macro.confirm_order_action", "order_action") in refusals(send())
    assert ("macro.confirm_order_action", "order_action") in refusals(send(str(uuid.uuid4())))
    action = desk_of(bo).confirm(order_of("1042"), "cancel", mia, reason="customer")
    assert refusals(send(action["id"])) == [("macro.wait", "order_action")]
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
    work()

    answer = send(action["id"])
    assert answer.status_code in (200, 201), answer.content
    assert answer.json()["details"]["order_action"] == action["id"]
    set_delivery_state(uuid.UUID(answer.json()["id"]), "sent")
    run_subscribers(organization.pk)
    work()
    assert (calls("cancel"), OrderAction.objects.count()) == (1, 1)


def test_an_action_that_failed_is_no_confirmation(send, desk_of, bo, mia, order_of):
    action = desk_of(bo).confirm(order_of("1042"), "cancel", mia)
    OrderAction.objects.update(state="failed", reason="The shop has packed it.")

    answer = send(action["id"])

    assert ("macro.confirm_order_action", "order_action") in refusals(answer)
    assert "did not happen: The shop has packed it." in answer.json()["detail"]


def test_another_tickets_action_is_no_confirmation(send, desk_of, bo, order_of):
    action = desk_of(bo).confirm(order_of("1042"), "cancel")
    work()
    assert ("macro.confirm_order_action", "order_action") in refusals(send(action["id"]))


def test_without_it_the_text_must_be_true_all_the_same(send, organization, macro):
    assert refusals(send("without")) == [("macro.choose_order", "conflict")]
    assert OrderAction.objects.count() == 0


def test_sent_without_it_nothing_is_proposed(organization, mia, bo, order_of, api_as):
    order_of("1042")
    variants = [{"language": "en", "body": "We will look at {{ order.number }}."}]
    macro = create_macro(organization, {"name": "L", "variants": variants, "actions": [ACT]})
    filled = render_for_agent(macro, mia, user=bo)
    body = {"id": str(uuid.uuid4()), "text": filled.text, "macro_id": str(macro.pk)}
    for decision, proposals in (("without", 0), ("propose", 1)):
        answer = api_as(bo).post(
            f"/api/v1/tickets/{mia.pk}/messages",
            {**body, "id": str(uuid.uuid4()), "order_action": decision},
        )
        assert answer.status_code in (200, 201), answer.content
        set_delivery_state(uuid.UUID(answer.json()["id"]), "sent")
        run_subscribers(organization.pk)
        states = list(OrderAction.objects.values_list("state", flat=True))
        assert states == ["proposed"] * proposals
    assert calls("cancel") == 0


def test_in_bulk_it_is_only_proposed(organization, mia, bo, order_of):
    order = order_of("1042")
    variants = [{"language": "en", "body": "We will look at {{ order.number }}."}]
    macro = create_macro(organization, {"name": "L", "variants": variants, "actions": [ACT]})
    job = bulk.start_bulk(
        bo,
        job_id=uuid.uuid4(),
        action="macro",
        params={"macro_id": str(macro.pk)},
        tickets=Ticket.objects.filter(pk=mia.pk),
    )
    bulk.run_bulk(job.pk)
    left = Message.objects.get(kind=MessageKind.REPLY)
    set_delivery_state(left.pk, "sent")
    run_subscribers(organization.pk)
    work()

    proposed = OrderAction.objects.get()
    assert (proposed.state, proposed.order_id, calls("cancel")) == ("proposed", order.pk, 0)


def test_a_macro_acts_once_and_the_app_knows_that_it_does(organization, macro, api_as, bo):
    with pytest.raises(InvalidInput) as twice:
        create_macro(
            organization,
            {"name": "T", "variants": [{"language": "en", "body": "x"}], "actions": [ACT, ACT]},
        )
    assert [(each.path, each.code) for each in twice.value.errors] == [("actions.1.type", "twice")]
    known = api_as(bo).get("/api/v1/bootstrap").json()["macros"]
    assert [each["acts_on_order"] for each in known] == [
        {"kind": "cancel", "params": {"reason": "customer"}}
    ]
