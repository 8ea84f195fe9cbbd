"""Rules and macros propose order actions; automatic ones stay within caps and identity (G16.5)."""

from __future__ import annotations

import pytest

from automation.rules.dry_run import dry_run
from automation.rules.edit import change_rule, create_rule
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.ledger.models import OrderAction
from tests.factories import make_channel, make_customer, receive_mail
from tests.orders.conftest import calls, set_shop, work

pytestmark = pytest.mark.django_db(transaction=True)
CAPS = {"per_action_minor": 20_000, "per_day_minor": 30_000, "per_day": 2}


def a_rule(organization, mode="propose", caps=None, kind="cancel"):
    params = {"kind": kind, "params": {}, "mode": mode, "caps": caps or {}}
    return create_rule(
        organization,
        {
            "name": "Cancel in time",
            "triggers": ["message.received"],
            "conditions": {
                "all": [{"field": "order.is_fulfilled", "operator": "is", "value": False}]
            },
            "actions": [{"type": "order_action", "params": params}],
        },
    )


@pytest.fixture
def write(organization, order_of):
    """Mia, whose order #1042 is, writes."""
    order_of("1042")
    channel = make_channel(organization)
    customer = make_customer(
        organization, "mia.laurent@posteo.example", "Mia Laurent", is_verified=True
    )

    def send(text="Please cancel #1042", *, is_proven=True):
        message = receive_mail(channel, text, customer=customer, is_sender_verified=is_proven)
        run_subscribers(organization.pk)
        return message

    return send


def test_a_rule_proposes_and_a_person_confirms_with_one_click(
    organization, write, desk_of, bo, order_of
):
    a_rule(organization)
    ticket = write().ticket
    work()
    assert (calls("cancel"), OrderAction.objects.count()) == (0, 1)
    desk = desk_of(bo)
    waiting = desk.client.get(f"/api/v1/order-actions?ticket={ticket.pk}").json()["results"][0]
    assert (waiting["state"], waiting["amount"], waiting["actor"]) == (
        "proposed", None, {"id": None, "name": "Cancel in time"},
    )  # fmt: skip

    shown = desk.client.get(f"/api/v1/order-actions/{waiting['id']}/preview").json()
    confirmed = desk.tell(waiting, "confirm", preview_token=shown["preview_token"])
    work()

    assert (confirmed.status_code, confirmed.json()["actor"]["name"]) == (202, "Bo Larsen")
    assert desk.look(waiting)["state"] == "done"
    assert (calls("cancel"), calls("refund")) == (1, 1)


def test_an_automatic_rule_acts_on_the_own_order_of_a_proven_sender_once(
    organization, write, order_of, bo, desk_of
):
    a_rule(organization, "automatic", CAPS)
    write()
    run_subscribers(organization.pk)
    work()

    action = OrderAction.objects.get()
    assert (action.state, action.is_automatic, action.user_id) == ("done", True, None)
    assert (calls("cancel"), calls("refund")) == (1, 1)
    assert order_of("1042").cancelled_at is not None


@pytest.mark.parametrize(
    ("text", "is_proven", "caps"),
    [
        ("Please cancel #1042", False, CAPS),
        ("Please cancel #1042", None, CAPS),
        ("Please cancel #1042", True, {**CAPS, "per_action_minor": 100}),
        ("Please cancel #1042", True, {**CAPS, "per_day": 0}),
        ("Please cancel #1042", True, {**CAPS, "per_day_minor": 100}),
    ],
)
def test_what_is_unproven_or_above_the_caps_is_only_proposed(
    organization, write, text, is_proven, caps
):
    """G16.5: a spoofed sender moves nothing."""
    a_rule(organization, "automatic", caps)
    write(text, is_proven=is_proven)
    work()

    assert OrderAction.objects.get().state == "proposed"
    assert (calls("cancel"), calls("refund"), calls("hold")) == (0, 0, 0)


def test_a_rule_that_was_switched_off_meanwhile_does_not_act(organization, write, shop):
    rule = a_rule(organization, "automatic", CAPS)
    write()
    change_rule(rule, {"is_active": False})
    work()

    action = OrderAction.objects.get()
    assert (action.state, calls("cancel")) == ("proposed", 0)
    assert "switched off" in action.reason


def test_trying_a_rule_shows_the_quote_and_changes_nothing(organization, write, shop):
    ticket = write().ticket
    rule = a_rule(organization, "automatic", CAPS)

    told = dry_run(rule, ticket).actions[0]["outcome"]
    set_shop(shop, trouble="away")
    away = dry_run(rule, ticket).actions[0]["outcome"]

    assert told.startswith("would be done on #1042: cancel, refund €")
    assert away.startswith("would not be done on #1042")
    assert OrderAction.objects.count() == 0


def test_nothing_acts_by_itself_without_an_end_and_macros_only_propose(organization, db):
    with pytest.raises(InvalidInput) as wrong:
        a_rule(organization, "automatic", {"per_day": 3})
    assert [each.path for each in wrong.value.errors] == [
        "actions.0.params.caps.per_action_minor",
        "actions.0.params.caps.per_day_minor",
    ]
    from automation.rules.actions import clean_actions

    automatic = {"kind": "note", "mode": "automatic", "caps": {"per_day": 1}}
    with pytest.raises(InvalidInput) as refused:
        clean_actions(
            organization.pk, [{"type": "order_action", "params": automatic}], for_macro=True
        )
    assert refused.value.errors[0].path == "actions.0.params.mode"
