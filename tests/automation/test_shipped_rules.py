"""The shipped rules, on real messages, orders and intents."""

from __future__ import annotations

from datetime import timedelta

import pytest

from automation.models import RuleRun
from automation.rules.shipped import ensure_shipped_rules
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from integrations.commerce.normal_form import FulfillmentData
from tests.automation.conftest import TRACKING_URL
from tests.factories import make_customer, receive_mail
from tickets.models import DeliveryState, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)

CANCEL = "Hello, I ordered this morning but I want to cancel my order. Please cancel it."
DAY = timedelta(days=1)
WISMO = "Hi, where is my order? It should have arrived by now."


@pytest.fixture(autouse=True)
def shipped_rules(organization):
    ensure_shipped_rules(organization)


def ticket_of(message):
    return Ticket.objects.get(pk=message.ticket_id)


def replies(ticket):
    return Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY)


def test_a_cancellation_of_a_fresh_unsent_order_is_urgent_and_on_top(
    channel, mia, make_order, catch_up
):
    make_order("#1042")
    message = receive_mail(channel, CANCEL)
    receive_mail(channel, "Thank you, the napkins are lovely.")

    catch_up()

    ticket = ticket_of(message)
    assert ticket.intent == "cancel_order"
    assert ticket.priority == "urgent"
    assert ticket.queue_rank == 1
    assert set(ticket.tags) == {"cancellation", "urgent"}
    first = Ticket.objects.order_by("-queue_rank", "-last_message_at").first()
    assert first.pk == ticket.pk


@pytest.mark.parametrize(
    "order",
    [
        {"age": timedelta(days=3)},
        {"is_sent": True},
        {"cancelled_at": "now"},
        None,
    ],
    ids=["older than two days", "already sent", "already cancelled", "no order at all"],
)
def test_a_cancellation_that_is_not_urgent_is_only_tagged(
    order, channel, mia, make_order, catch_up
):
    if order is not None:
        from helpdesk.lib.clock import now

        if order.get("cancelled_at"):
            order = {"cancelled_at": now()}
        make_order("#1042", **order)
    message = receive_mail(channel, CANCEL)

    catch_up()

    ticket = ticket_of(message)
    assert ticket.tags == ["cancellation"]
    assert ticket.priority == "normal"


def test_a_number_of_somebody_elses_order_counts_for_nothing(
    organization, channel, mia, make_order, catch_up
):
    """G16.3"""
    make_order("#1042")
    stranger = make_customer(organization, "eve@mail.example", "Eve", is_verified=True)
    message = receive_mail(channel, f"{CANCEL} It is order #1042.", customer=stranger)

    catch_up()

    assert ticket_of(message).tags == ["cancellation"]


def test_a_verified_customer_who_asks_where_the_parcel_is_gets_the_tracking_link_once(
    channel, mia, make_order, catch_up
):
    """G6.4"""
    make_order("#1042", is_sent=True, age=timedelta(days=2))
    message = receive_mail(channel, WISMO, is_sender_verified=True)
    catch_up()

    ticket = ticket_of(message)
    answer = replies(ticket).get()
    assert ticket.tags == ["wismo"]
    assert TRACKING_URL in answer.body.text
    assert "#1042" in answer.body.text
    assert "Hi Mia," in answer.body.text
    assert "{{" not in answer.body.text
    assert "⟦" not in answer.body.text
    assert answer.is_automatic
    assert answer.author_type == "rule"
    assert answer.to == [{"name": "Mia Laurent", "address": "mia@posteo.example"}]
    assert answer.delivery_state == DeliveryState.QUEUED
    assert ticket.waiting_since is not None

    again = receive_mail(channel, WISMO, is_sender_verified=True)
    catch_up()

    assert not replies(ticket_of(again)).exists()
    run = RuleRun.objects.get(ticket_id=again.ticket_id, rule_name__contains="tracking link")
    assert run.actions[0]["outcome"] == (
        "not sent: this customer got the same answer within 24 hours"
    )
    said = Event.objects.filter(ticket_id=again.ticket_id, type="rule.ran").values_list(
        "payload", flat=True
    )
    assert any("within 24 hours" in line for payload in said for line in payload["actions"])


@pytest.mark.parametrize(
    ("parcel", "tags"),
    [
        ({"status": "delivered", "delivered_at": DAY * 3}, ["delivered-not-received", "wismo"]),
        ({"status": "delivered", "delivered_at": DAY * 20}, ["wismo"]),
        ({"status": "exception"}, ["shipment-problem", "wismo"]),
        ({"status": "in_transit", "estimated_at": DAY * 2}, ["shipment-problem", "wismo"]),
        ({"status": "in_transit", "shipped_at": DAY * 9}, ["shipment-problem", "wismo"]),
    ],
)
def test_no_tracking_link_answers_for_a_parcel_that_a_person_must_look_at(
    channel, mia, make_order, catch_up, parcel, tags
):
    told = {name: now() - at if name != "status" else at for name, at in parcel.items()}
    shipped = FulfillmentData(
        **{
            "external_id": "p1", "tracking_number": "LL1042", "tracking_url": TRACKING_URL,
            "shipped_at": now() - DAY * 22, **told,
        }
    )  # fmt: skip
    make_order("#1042", is_sent=True, age=DAY * 23, fulfillments=(shipped,))
    message = receive_mail(channel, WISMO, is_sender_verified=True)
    catch_up()

    ticket = ticket_of(message)
    assert sorted(ticket.tags) == tags
    assert ticket.priority == ("high" if len(tags) == 2 else "normal")
    assert not replies(ticket).exists()


@pytest.mark.parametrize("verdict", [None, False])
def test_no_order_data_goes_to_a_sender_who_is_not_verified(
    verdict, channel, mia, make_order, catch_up
):
    """G16.5"""
    make_order("#1042", is_sent=True, age=timedelta(days=2))
    message = receive_mail(channel, WISMO, is_sender_verified=verdict)

    catch_up()

    assert ticket_of(message).tags == ["wismo"]
    assert not replies(ticket_of(message)).exists()


def test_the_answer_is_in_the_language_of_the_mail(channel, mia, make_order, catch_up):
    make_order("#1042", is_sent=True, age=timedelta(days=2))
    message = receive_mail(
        channel,
        "Guten Tag, wo ist meine Bestellung? Ich warte schon seit Tagen auf das Paket.",
        is_sender_verified=True,
    )
    catch_up()

    assert replies(ticket_of(message)).get().body.text.startswith("Hallo Mia,")


@pytest.mark.parametrize(
    "automatic",
    [{"kind": MessageKind.AUTO_REPLY}, {"kind": MessageKind.BOUNCE}, {"is_automatic": True}],
    ids=["auto-reply", "bounce", "list mail"],
)
def test_automatic_mail_is_neither_understood_nor_answered(
    automatic, channel, mia, make_order, catch_up
):
    """G6.2"""
    make_order("#1042", is_sent=True, age=timedelta(days=2))
    message = receive_mail(channel, WISMO, is_sender_verified=True, **automatic)
    catch_up()

    message.refresh_from_db()
    assert message.intent == ""
    assert message.intent_confidence is None
    assert "wismo" not in ticket_of(message).tags
    assert not replies(ticket_of(message)).exists()


def test_words_in_a_quote_or_in_our_own_answer_run_no_rule(channel, mia, make_order, catch_up, bo):
    """G7.4"""
    from tickets.actions.reply import OutgoingMessage, reply

    make_order("#1042")
    message = receive_mail(channel, "Thank you so much!", quoted_text=f"> {CANCEL}", subject="Hi")
    reply(message.ticket_id, OutgoingMessage(text="Shall I cancel your order?"), user=bo)
    catch_up()

    ticket = ticket_of(message)
    assert ticket.tags == []
    assert ticket.priority == "normal"
    assert not RuleRun.objects.exists()


def test_running_again_over_the_same_events_changes_nothing(
    organization, channel, mia, make_order, catch_up
):
    """G7.2"""
    from helpdesk.events.models import SubscriberCursor

    make_order("#1042", is_sent=True, age=timedelta(days=2))
    message = receive_mail(channel, WISMO, is_sender_verified=True)
    catch_up()
    events, runs = Event.objects.count(), RuleRun.objects.count()

    SubscriberCursor.objects.filter(subscriber="automation.rules").update(seq=0)
    catch_up()

    assert replies(ticket_of(message)).count() == 1
    assert RuleRun.objects.count() == runs
    assert Event.objects.count() == events


def test_a_run_says_which_conditions_were_true_and_with_what(channel, mia, make_order, catch_up):
    """G7.2"""
    make_order("#1042")
    message = receive_mail(channel, CANCEL)
    catch_up()

    run = RuleRun.objects.get(ticket_id=message.ticket_id, rule_name="Urgent cancellation")
    steps = {step["path"]: step for step in run.trace}
    assert run.outcome == "acted"
    assert steps["conditions.all.2"]["text"] == "Intent is cancel order"
    assert steps["conditions.all.2"]["actual"] == "cancel_order"
    assert steps["conditions.all.4"] == {
        "path": "conditions.all.4",
        "field": "order.is_fulfilled",
        "operator": "is",
        "text": "Order is not fulfilled",
        "wanted": False,
        "actual": False,
        "is_true": True,
        "matched": None,
    }
    assert [each["description"] for each in run.actions] == [
        "Add tags cancellation, urgent",
        "Set priority to urgent",
    ]


@pytest.mark.parametrize(
    ("stars", "wanted"),
    [(1, ("urgent", ["review"])), (2, ("urgent", ["review"])), (3, ("normal", []))],
)
def test_a_bad_review_is_urgent_where_the_shop_switched_the_example_on(
    stars, wanted, organization, channel, mia, catch_up
):
    from automation.models import Rule
    from automation.rules.edit import change_rule

    told = {"ticket_kind": "review", "details": {"is_public": True, "rating": stars}}
    asleep = receive_mail(channel, "The seam opened.", **told)
    catch_up()
    assert (ticket_of(asleep).priority, ticket_of(asleep).tags) == ("normal", [])

    change_rule(Rule.objects.get(organization=organization, key="bad-review"), {"is_active": True})
    other = receive_mail(channel, "The seam opened again.", **told)
    catch_up()

    ticket = ticket_of(other)
    assert ticket.pk != asleep.ticket_id
    assert (ticket.priority, ticket.tags) == wanted


def test_shipped_rules_are_made_once_and_stay_as_the_shop_changed_them(organization):
    from automation.models import Macro, Rule

    rule = Rule.objects.get(organization=organization, key="urgent-cancellation")
    Rule.objects.filter(pk=rule.pk).update(mode="off", name="Ours")
    count = Rule.objects.count(), Macro.objects.count()

    ensure_shipped_rules(organization)

    assert (Rule.objects.count(), Macro.objects.count()) == count
    assert Rule.objects.get(pk=rule.pk).name == "Ours"
    assert Macro.objects.count() == 14
