"""A person corrects what was understood: at once on the ticket, kept for training, counted."""

from __future__ import annotations

import pytest

from automation.corrections.accuracy import accuracy_report
from automation.corrections.correct import correct
from automation.corrections.models import IntentCorrection
from automation.corrections.training import corrected_examples, train
from automation.corrections.words import told
from automation.reports.period import period_of
from helpdesk.accounts.actions import create_user
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from tests.factories import receive_mail
from tickets.actions.marks import set_understanding
from tickets.models import Message, Ticket

V1 = "/api/v1"

pytestmark = pytest.mark.django_db(transaction=True)

TEXT = "The lid of the pot is nowhere to be seen."


@pytest.fixture
def agent(organization):
    return create_user(
        organization, email="ana@lindenloom.example", password="linen-in-the-rain", name="Ana"
    )


@pytest.fixture
def message(channel):
    received = receive_mail(channel, TEXT)
    return understood(received, "order_status")


def understood(message, intent, confidence=0.6):
    wishes = [{"name": intent, "gorgias": "", "confidence": confidence}] if intent else []
    set_understanding(
        message.pk,
        language="en",
        intent=intent,
        confidence=confidence,
        sentiment="neutral",
        details={"intents": wishes, "intent_weights": "2"},
    )
    return Message.objects.get(pk=message.pk)


def today(user):
    day = str(now().date())
    return accuracy_report(user, period_of(day, day, user.organization))


def test_a_correction_changes_message_and_ticket_at_once_and_says_so_in_one_event(agent, message):
    correct(message, "missing_item", user=agent)

    message.refresh_from_db()
    ticket = Ticket.objects.get(pk=message.ticket_id)
    assert (message.intent, message.intent_confidence) == ("missing_item", 1.0)
    assert message.details["intents"] == [
        {"name": "missing_item", "gorgias": "order/wrong", "confidence": 1.0}
    ]
    assert message.details["intent_by"] == str(agent.pk)
    assert ticket.intent == "missing_item"
    event = Event.objects.get(type="message.intent_corrected")
    assert event.payload["message"]["intent"] == "missing_item"
    assert event.payload["ticket"]["intent"] == "missing_item"


def test_a_finer_name_counts_as_its_wider_intent_for_rules_and_filters(agent, message):
    correct(message, "exchange_status", user=agent)

    message.refresh_from_db()
    assert message.intent == "return_exchange"
    assert message.details["intents"][0]["gorgias"] == "exchange/status"


def test_an_older_message_does_not_change_what_the_ticket_is_about(agent, channel, message):
    ticket = Ticket.objects.get(pk=message.ticket_id)
    newer = understood(receive_mail(channel, "Refund please.", ticket=ticket), "refund_request")

    correct(message, "missing_item", user=agent)

    ticket.refresh_from_db()
    newer.refresh_from_db()
    assert (ticket.intent, newer.intent) == ("refund_request", "refund_request")


def test_saying_it_twice_is_saying_it_once_and_the_first_guess_stays_what_is_judged(agent, message):
    correct(message, "missing_item", user=agent)
    correct(message, "missing_item", user=agent)
    correct(message, "reship", user=agent)

    kept = IntentCorrection.objects.get()
    assert (kept.was_intent, kept.intent, kept.was_confidence) == ("order_status", "reship", 0.6)
    assert Event.objects.filter(type="message.intent_corrected").count() == 2


def test_an_unknown_intent_is_refused_by_name_and_nothing_changes(agent, message):
    with pytest.raises(InvalidInput) as refused:
        correct(message, "buy_boat", user=agent)

    assert [each.path for each in refused.value.errors] == ["intent"]
    assert IntentCorrection.objects.count() == 0
    assert Message.objects.get(pk=message.pk).intent == "order_status"


def test_the_words_stay_on_the_message_and_training_reads_them_there(agent, message):
    correct(message, "missing_item", user=agent)

    assert [(each.intent, TEXT in each.text) for each in corrected_examples()] == [
        ("missing_item", True)
    ]
    stored = {field.name for field in IntentCorrection._meta.get_fields()}
    assert not stored & {"text", "subject", "body"}


def test_words_that_were_erased_or_changed_since_are_not_learned_from(agent, message):
    correct(message, "missing_item", user=agent)
    message.refresh_from_db()
    message.body.text = ""
    message.body.save(update_fields=["text"])

    assert corrected_examples() == []


def test_a_message_that_is_deleted_takes_its_correction_with_it(agent, message):
    correct(message, "missing_item", user=agent)

    Ticket.objects.get(pk=message.ticket_id).delete()

    assert IntentCorrection.objects.count() == 0


def test_accuracy_counts_what_people_confirmed_and_corrected_and_leaves_the_unsure_apart(
    agent, channel, message
):
    right = understood(receive_mail(channel, "Cancel it."), "cancel_order", 0.9)
    unsure = understood(receive_mail(channel, "Hm."), "", 0.2)
    understood(receive_mail(channel, "Where is it?"), "order_status", 0.9)
    correct(message, "missing_item", user=agent)
    correct(right, "cancel_order", user=agent)
    correct(unsure, "thanks", user=agent)

    report = today(agent)

    assert report["total"] == {
        "understood": 4,
        "unsure": 1,
        "claimed": 3,
        "kept": 0.6667,
        "reviewed": 3,
        "right": 1,
        "wrong": 1,
        "accuracy": 0.5,
    }
    assert {row["intent"]: row["accuracy"] for row in report["intents"]} == {
        "cancel_order": 1.0,
        "order_status": 0.0,
    }
    assert report["mistaken"][0]["count"] == 1
    assert [row["version"] for row in report["weights"]] == ["2"]
    assert len(report["days"]) == 1


def test_the_api_corrects_and_answers_with_the_message_and_lists_the_intents(api_as, ada, message):
    client = api_as(ada)
    answer = client.put(f"{V1}/messages/{message.pk}/intent", {"intent": "missing_item"})
    refused = client.put(f"{V1}/messages/{message.pk}/intent", {"intent": "buy_boat"})
    names = {row["name"]: row["gorgias"] for row in client.get(f"{V1}/intents").json()["results"]}
    report = client.get(f"{V1}/reports/intents").json()

    assert (answer.status_code, answer.json()["intent"]) == (200, "missing_item")
    assert (refused.status_code, refused.json()["errors"][0]["path"]) == (422, "intent")
    assert names["return_status"] == "return/status"
    assert report["total"]["wrong"] == 1


def test_training_on_too_few_corrections_changes_nothing_and_says_so(agent, message):
    correct(message, "missing_item", user=agent)

    training = train()

    assert (training.corrections, training.is_kept) == (1, False)
    assert told(training).splitlines()[-1] == (
        "Nothing changed: too few corrections: 1 of at least 20."
    )
