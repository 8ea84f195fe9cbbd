"""Surveys: once per resolution, with the reason when there is none; only POST records."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connections
from django.test import Client

from automation.csat.answers import record_answer
from automation.csat.links import find_survey_id, link_of, token_of
from automation.csat.models import CsatOptOut, CsatSurvey, SurveyState
from automation.csat.surveys import send_due_surveys, skip_survey
from automation.csat.words import LANGUAGES, words_of
from automation.rules.edit import create_rule
from helpdesk.events.models import Event
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound
from tests.factories import make_customer, receive_mail
from tickets.actions.customers import note_bounce
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close, reopen, set_status
from tickets.models import Message, MessageKind, Status, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_limits_from_other_tests():
    cache.clear()


@pytest.fixture
def shopper():
    """Somebody with a browser, a mail scanner, or nothing but curl: no session, no CSRF cookie."""
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def solved(channel, mia, bo, catch_up):
    """A ticket that Bo answered and closed."""

    def solve(**mail) -> Ticket:
        message = receive_mail(channel, "My shirt is too small.", **mail)
        reply(message.ticket_id, OutgoingMessage(text="A new one is on its way."), user=bo)
        from helpdesk.events.actor import Actor
        from helpdesk.events.outbox import unit_of_work

        with unit_of_work(actor=Actor.of_user(bo)):
            close(message.ticket_id)
        catch_up()
        return Ticket.objects.get(pk=message.ticket_id)

    return solve


@pytest.fixture
def asked(solved, catch_up):
    """A ticket whose survey went out."""

    def ask(**mail) -> CsatSurvey:
        ticket = solved(**mail)
        send_later(ticket)
        catch_up()
        return CsatSurvey.objects.get(ticket=ticket)

    return ask


def send_later(ticket: Ticket) -> int:
    delay = ticket.organization.csat_delay_seconds
    with time_machine.travel(now() + timedelta(seconds=delay + 1), tick=True):
        return send_due_surveys()


def survey_mails(ticket):
    return Message.objects.filter(ticket=ticket, kind=MessageKind.SURVEY)


def test_a_resolved_ticket_is_surveyed_after_the_delay_and_not_before(solved):
    ticket = solved()
    survey = CsatSurvey.objects.get(ticket=ticket)

    assert ticket.csat_state == "planned"
    assert survey.send_at - survey.planned_at >= timedelta(hours=1, minutes=59)
    assert send_due_surveys() == 0
    assert not survey_mails(ticket).exists()

    assert send_later(ticket) == 1
    assert send_later(ticket) == 0

    ticket.refresh_from_db()
    mail = survey_mails(ticket).get()
    assert ticket.csat_state == "sent"
    assert ticket.status == Status.CLOSED
    assert mail.is_automatic
    assert mail.subject == "How was Bo’s help?"
    assert mail.to == [{"name": "Mia Laurent", "address": "mia@posteo.example"}]
    for score in range(1, 6):
        assert link_of(survey.pk, score) in mail.body.text
        assert link_of(survey.pk, score).replace("&", "&amp;") in mail.body.html
    assert "{" not in mail.body.text
    assert list(Event.objects.filter(type__startswith="csat.").values_list("type", flat=True)) == [
        "csat.planned",
        "csat.sent",
    ]


def test_each_resolution_has_one_survey_and_a_second_one_its_own(solved, bo, catch_up):
    """G8.1"""
    ticket = solved()
    send_later(ticket)
    ticket.organization.csat_pause_days = 0
    ticket.organization.save()
    with time_machine.travel(now() + timedelta(hours=3), tick=True):
        reopen(ticket.pk)
        close(ticket.pk)
        close(ticket.pk)
        catch_up()
        catch_up()

    resolutions = CsatSurvey.objects.filter(ticket=ticket).order_by("resolution")
    assert [(each.resolution, each.state) for each in resolutions] == [
        (1, "sent"),
        (2, "planned"),
    ]


def test_a_ticket_opened_again_in_time_is_not_surveyed_and_says_so(solved, channel, catch_up):
    """G8.1"""
    ticket = solved()
    receive_mail(channel, "It still does not fit.", ticket=ticket)
    catch_up()

    assert send_later(ticket) == 0
    ticket.refresh_from_db()
    assert (ticket.csat_state, ticket.csat_reason) == (
        "not_sent",
        "The ticket was opened again before the survey went out.",
    )
    assert CsatSurvey.objects.get(ticket=ticket).state == SurveyState.CANCELLED
    assert not survey_mails(ticket).exists()


def test_a_customer_is_not_asked_twice_within_the_pause(solved, asked):
    """G8.1"""
    asked()
    second = solved()

    assert (second.csat_state, second.csat_reason) == (
        "not_sent",
        "This customer was asked within the last 14 days.",
    )


def test_two_tickets_of_one_customer_closed_together_make_one_survey(solved):
    """G8.1"""
    first, second = solved(), solved()

    assert (first.csat_state, second.csat_state) == ("planned", "not_sent")


def test_spam_is_not_surveyed(channel, mia, catch_up):
    """G8.1"""
    message = receive_mail(channel)
    set_status(message.ticket_id, Status.SPAM)
    catch_up()

    assert not CsatSurvey.objects.exists()


def test_a_ticket_that_nobody_answered_is_not_surveyed(channel, mia, catch_up):
    """G8.1"""
    message = receive_mail(channel)
    close(message.ticket_id)
    catch_up()

    assert Ticket.objects.get(pk=message.ticket_id).csat_reason == "Nobody answered the customer."


def test_only_automatic_mail_makes_no_survey(channel, mia, bo, catch_up):
    """G6.2, G8.1"""
    message = receive_mail(channel, kind=MessageKind.AUTO_REPLY)
    reopen(message.ticket_id)
    reply(message.ticket_id, OutgoingMessage(text="Hello?"), user=bo)
    close(message.ticket_id)
    catch_up()

    ticket = Ticket.objects.get(pk=message.ticket_id)
    assert ticket.csat_reason == "No customer wrote on this ticket."


def test_an_address_that_bounces_is_not_surveyed_even_if_it_bounced_later(solved, mia):
    """G8.1"""
    ticket = solved()
    note_bounce(ticket.organization_id, "mia@posteo.example", "unknown user")

    assert send_later(ticket) == 0
    ticket.refresh_from_db()
    assert ticket.csat_reason == "Mail to this customer comes back."
    assert not survey_mails(ticket).exists()


def test_a_paused_channel_carries_no_survey(solved, channel):
    """G8.4"""
    ticket = solved()
    channel.is_active = False
    channel.save()

    assert send_later(ticket) == 0
    ticket.refresh_from_db()
    assert ticket.csat_reason == "The channel Linden & Loom is paused."


def test_an_agent_can_skip_the_survey(solved, bo):
    """G8.1"""
    ticket = solved()
    skip_survey(ticket.pk, user=bo)

    assert send_later(ticket) == 0
    ticket.refresh_from_db()
    assert (ticket.csat_state, ticket.csat_reason) == ("not_sent", "Switched off by Bo Larsen.")


def test_a_shop_can_switch_surveys_off(organization, solved):
    organization.csat_is_enabled = False
    organization.save()

    assert solved().csat_reason == "Surveys are switched off."


def test_sweeps_side_by_side_send_each_survey_once(solved):
    ticket = solved()
    CsatSurvey.objects.update(send_at=now() - timedelta(seconds=1))
    sent: list[int] = []

    def sweep() -> None:
        try:
            sent.append(send_due_surveys())
        finally:
            connections.close_all()

    threads = [threading.Thread(target=sweep) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(sent) == 1
    assert survey_mails(ticket).count() == 1


def test_links_opened_by_a_scanner_record_nothing(asked, shopper):
    """G8.2, A63"""
    survey = asked()
    before = Event.objects.count()
    for score in (1, 2, 3, 4, 5) * 10:
        assert shopper.get(f"/csat/{token_of(survey.pk)}?score={score}").status_code == 200
        assert shopper.head(f"/csat/{token_of(survey.pk)}?score={score}").status_code == 200

    survey.refresh_from_db()
    assert (survey.state, survey.score) == ("sent", None)
    assert Ticket.objects.get(pk=survey.ticket_id).csat_score is None
    assert Event.objects.count() == before


def test_the_link_preselects_and_the_button_records(asked, shopper, catch_up):
    survey = asked()
    address = f"/csat/{token_of(survey.pk)}"

    page = shopper.get(f"{address}?score=4")
    assert page.status_code == 200
    assert page["Cache-Control"] == "no-store"
    assert page["Referrer-Policy"] == "no-referrer"
    assert 'value="4" required checked' in page.content.decode()
    assert page.content.decode().count(" checked") == 1

    answer = shopper.post(address, {"score": "5", "comment": "Quick and kind."}, follow=True)
    catch_up()

    assert "Thank you. Bo will read this." in answer.content.decode()
    survey.refresh_from_db()
    ticket = Ticket.objects.get(pk=survey.ticket_id)
    assert (survey.score, survey.comment, survey.state) == (5, "Quick and kind.", "answered")
    assert (ticket.csat_score, ticket.csat_state, ticket.status) == (5, "answered", "closed")
    event = Event.objects.get(type="csat.answered")
    assert event.payload["survey"]["score"] == 5
    assert event.payload["ticket"]["csat_score"] == 5
    assert event.actor["type"] == "customer"


def test_an_answer_can_be_changed_for_a_day_and_not_longer(asked):
    """A63"""
    survey = asked()
    record_answer(survey.pk, 2, "Slow")
    record_answer(survey.pk, 4, "Better now")
    with time_machine.travel(now() + timedelta(hours=25)), pytest.raises(Conflict):
        record_answer(survey.pk, 1, "Too late")

    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (4, "Better now")
    assert Ticket.objects.get(pk=survey.ticket_id).csat_score == 4


def test_a_survey_expires_after_thirty_days(asked, shopper):
    """G8.3"""
    survey = asked()
    with time_machine.travel(now() + timedelta(days=31)):
        assert shopper.get(f"/csat/{token_of(survey.pk)}").status_code == 404
        with pytest.raises(NotFound):
            record_answer(survey.pk, 5, "")


@pytest.mark.parametrize("score", [0, 6, -1, True, 3.5])
def test_a_score_outside_one_to_five_is_refused(score, asked):
    survey = asked()
    with pytest.raises(InvalidInput) as caught:
        record_answer(survey.pk, score, "")
    assert caught.value.errors[0].path == "score"


@pytest.mark.parametrize("score", ["", "0", "6", "5.0", "five", "٥"])
def test_a_form_without_a_valid_score_keeps_the_comment_and_says_what_to_do(score, asked, shopper):
    survey = asked()
    page = shopper.post(
        f"/csat/{token_of(survey.pk)}", {"score": score, "comment": "My long words"}
    )

    assert page.status_code == 422
    assert "Choose one of the five first." in page.content.decode()
    assert "My long words" in page.content.decode()
    survey.refresh_from_db()
    assert survey.score is None


def test_a_script_in_a_comment_is_shown_as_text(asked, shopper):
    """A64"""
    survey = asked()
    address = f"/csat/{token_of(survey.pk)}"
    comment = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    page = shopper.post(address, {"score": "1", "comment": comment}, follow=True).content.decode()

    assert "<script>" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_nobody_can_guess_or_bend_a_token(asked, solved, shopper, organization):
    """G8.3, A64"""
    survey = asked()
    token = token_of(survey.pk)
    unsent = CsatSurvey.objects.create(
        organization=organization,
        ticket=solved(),
        resolution=9,
        customer=survey.customer,
        state=SurveyState.PLANNED,
    )
    bad = [
        str(survey.ticket_id),
        survey.pk.hex,
        token[:-1] + ("a" if token[-1] != "a" else "b"),
        token[:32] + "a" * 26,
        unsent.pk.hex + token[32:],
        token.upper(),
        token + "x",
        token_of(unsent.pk),
    ]
    bodies = set()
    for each in bad:
        page = shopper.post(f"/csat/{each}", {"score": "5"})
        assert page.status_code == 404, each
        bodies.add(page.content)
    assert len(bodies) == 1
    assert find_survey_id(token) == survey.pk
    assert not CsatSurvey.objects.filter(score__isnull=False).exists()


def test_trying_many_tokens_is_slowed_down(shopper):
    """A64"""
    answers = [
        shopper.post(f"/csat/{number:032x}" + "a" * 26, {"score": 1}).status_code
        for number in range(30)
    ]

    assert answers[:20] == [404] * 20
    assert set(answers[21:]) == {429}


def test_a_customer_can_ask_for_no_more_surveys(asked, solved, shopper):
    survey = asked()
    address = f"/csat/{token_of(survey.pk)}/stop"

    assert shopper.get(address).status_code == 200
    assert not CsatOptOut.objects.exists()
    assert "Done." in shopper.post(address).content.decode()
    assert CsatOptOut.objects.get().customer_id == survey.customer_id
    with time_machine.travel(now() + timedelta(days=20), tick=True):
        assert solved().csat_reason == "This customer asked for no more surveys."


@pytest.mark.parametrize("language", LANGUAGES)
def test_mail_and_page_speak_the_customers_language(language, asked, shopper):
    survey = asked()
    CsatSurvey.objects.filter(pk=survey.pk).update(language=language)
    page = shopper.get(f"/csat/{token_of(survey.pk)}").content.decode()
    words = words_of(language)

    assert f'<html lang="{language}"' in page
    assert words.button in page
    for label in words.scores:
        assert label in page
    assert "{name}" not in page
    assert "{subject}" not in page


def test_nine_languages_have_every_sentence():
    assert set(LANGUAGES) == {"en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th"}
    for language in LANGUAGES:
        words = words_of(language)
        assert len(words.scores) == 5
        assert all(str(each).strip() for each in vars(words).values())


def test_a_name_that_looks_like_a_place_stays_a_name():
    words = words_of("en").about(name="{subject}", shop="S", subject="{name} secret")

    assert words.intro == "You wrote to {subject} about “{name} secret”."


def test_the_score_of_a_survey_in_another_language_than_ours_is_kept(
    organization, channel, bo, catch_up, shopper, solved
):
    customer = make_customer(organization, "x@mail.example", "X", is_verified=True)
    ticket = solved(customer=customer)
    CsatSurvey.objects.filter(ticket=ticket).update(language="th")
    send_later(ticket)
    survey = CsatSurvey.objects.get(ticket=ticket)
    shopper.post(f"/csat/{token_of(survey.pk)}", {"score": "3", "lang": "th"})

    survey.refresh_from_db()
    assert survey.score == 3


def test_a_rule_can_bring_back_a_ticket_with_a_low_score(organization, asked, catch_up):
    create_rule(
        organization,
        {
            "name": "Low score",
            "triggers": ["csat.answered"],
            "conditions": {"field": "ticket.csat_score", "operator": "less_than", "value": 3},
            "actions": [
                {"type": "set_status", "params": {"status": "open"}},
                {"type": "add_tags", "params": {"tags": ["low-score"]}},
            ],
        },
    )
    survey = asked()
    record_answer(survey.pk, 1, "Still broken")
    catch_up()

    ticket = Ticket.objects.get(pk=survey.ticket_id)
    assert (ticket.status, ticket.tags, ticket.csat_score) == ("open", ["low-score"], 1)
