"""Recommendations, credit, recovery, surveys by hand and by chance: what became of each is shown."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from automation.csat.answers import record_answer
from automation.csat.credits import shares_of
from automation.csat.links import token_of
from automation.csat.models import CsatSurvey, SurveySettings
from automation.csat.surveys import exclude, send_due_surveys, send_now
from automation.rules.snapshot import Snapshot
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from tests.factories import receive_mail
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close, reopen
from tickets.models import Message, MessageKind, Ticket


@pytest.fixture
def answered(channel, mia, bo):
    """A ticket that Bo answered."""

    def answer() -> Ticket:
        cache.clear()
        ticket_id = receive_mail(channel, "My shirt is too small.").ticket_id
        reply(ticket_id, OutgoingMessage(text="A new one is on its way."), user=bo)
        return Ticket.objects.get(pk=ticket_id)

    return answer


def travelling(delta: timedelta) -> time_machine.travel:
    return time_machine.travel(now() + delta, tick=True)


def test_shares_add_up_to_one_whoever_wrote_most():
    assert shares_of(Counter()) == []
    assert shares_of(Counter(a=1, b=1, c=1)) == [
        {"user_id": "a", "share": 0.3334},
        {"user_id": "b", "share": 0.3333},
        {"user_id": "c", "share": 0.3333},
    ]
    for counts in ({"a": 7}, {"a": 1, "b": 6}, {str(n): n + 1 for n in range(23)}):
        shares = [each["share"] for each in shares_of(Counter(counts))]
        assert round(sum(shares), 9) == 1
        assert shares == sorted(shares, reverse=True)


@pytest.mark.django_db(transaction=True)
def test_a_recommendation_is_asked_from_0_to_10_and_only_its_form_records_it(answered, catch_up):
    """G8.2, G8.3: not even 0 is kept by looking; it is no CSAT score, and rules know it."""
    ticket = answered()
    SurveySettings.objects.create(
        organization=ticket.organization,
        values={"kind": "nps", "review_url": "https://reviews.example/write", "accent": "#aa2200"},
    )
    survey = send_now(ticket.pk)
    assert survey is not None
    address, browser = f"/csat/{token_of(survey.pk)}", Client(enforce_csrf_checks=True)
    mail = Message.objects.get(kind=MessageKind.SURVEY)
    assert mail.subject == "How likely are you to recommend Linden & Loom to a friend?"
    assert f"{address}?score=0" in mail.body.text
    assert f"{address}?score=10" in mail.body.html

    page = browser.get(f"{address}?score=0").content.decode()
    assert 'value="0" required checked' in page
    assert page.count('type="radio"') == 11
    survey.refresh_from_db()
    assert survey.score is None
    assert browser.post(address, {"score": "11"}).status_code == 422
    thanks = browser.post(address, {"score": "10", "comment": ""}, follow=True).content.decode()
    catch_up()

    survey.refresh_from_db()
    ticket.refresh_from_db()
    assert "https://reviews.example/write" in thanks
    assert (survey.score, survey.kind, survey.answered_on) == (10, "nps", "page")
    assert (ticket.csat_score, ticket.csat_state) == (None, "answered")
    assert Event.objects.get(type="csat.answered").payload["survey"]["kind"] == "nps"
    seen = Snapshot(ticket, None, at=now())
    assert (seen.get("survey.nps_group"), seen.get("survey.score")) == ("promoter", 10)
    assert Snapshot(ticket, None, at=now() - timedelta(hours=1)).get("survey.score") is None


@pytest.mark.django_db(transaction=True)
def test_a_low_rating_is_recovered_by_a_follow_up_that_is_rated_well(answered, bo, ada, catch_up):
    """G8.1: the follow-up of a low rating may be rated though the pause is not over."""
    ticket = answered()
    reply(ticket.pk, OutgoingMessage(text="Sent."), user=ada)
    close(ticket.pk)
    catch_up()
    with travelling(timedelta(hours=3)):
        assert send_due_surveys() == 1
        low = CsatSurvey.objects.get()
        record_answer(low.pk, 1, "You sent the wrong item again, it is broken.")
        assert [each["share"] for each in CsatSurvey.objects.get().credits] == [0.5, 0.5]
        reopen(ticket.pk)
        reply(ticket.pk, OutgoingMessage(text="I am sorry. Here is your money."), user=bo)
        close(ticket.pk)
        catch_up()
    with travelling(timedelta(hours=6)):
        assert send_due_surveys() == 1
        good = CsatSurvey.objects.get(resolution=2)
        record_answer(good.pk, 5, "")

    low.refresh_from_db()
    assert low.recovered_at is not None
    assert {each["user_id"] for each in low.credits} == {str(bo.pk), str(ada.pk)}
    assert CsatSurvey.objects.get(resolution=2).recovered_at is None
    assert Ticket.objects.get().csat_score == 5


@pytest.mark.django_db(transaction=True)
def test_sent_by_hand_it_is_sent_once_and_closing_asks_no_second_time(answered, catch_up):
    """G8.1"""
    ticket = answered()
    SurveySettings.objects.create(organization=ticket.organization, values={"sample_percent": 0})
    first, second = send_now(ticket.pk), send_now(ticket.pk)
    close(ticket.pk)
    catch_up()

    ticket.refresh_from_db()
    assert first is not None
    assert second is not None
    assert first.pk == second.pk
    assert (ticket.csat_state, ticket.status) == ("sent", "closed")
    assert Message.objects.filter(kind=MessageKind.SURVEY).count() == 1
    assert CsatSurvey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_left_out_is_told_why(answered, catch_up):
    """G8.1: by chance, by a rule, and by hand where nothing can be sent."""
    by_chance, by_rule = answered(), answered()
    SurveySettings.objects.create(organization=by_chance.organization, values={"sample_percent": 0})
    exclude(by_rule.pk, "Excluded by the rule “B2B”.")
    for each in (by_chance, by_rule):
        close(each.pk)
    catch_up()

    by_chance.refresh_from_db()
    by_rule.refresh_from_db()
    assert by_chance.csat_reason == ("Only 0 % of the tickets are asked about, and not this one.")
    assert by_rule.csat_reason == "Excluded by the rule “B2B”."
    assert send_now(by_rule.pk) is None
    assert send_due_surveys() == 0
