"""Reports by mail: once per period and person, to those who may see them, with the right figures."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from automation.reports import automatic, overview, promises, revenue, satisfaction, workloads
from automation.reports.catalog import REPORTS
from automation.reports.mails.schedules import leave_schedule, save_schedule, send_now
from automation.reports.mails.sending import plan, send_due
from automation.reports.mails.words import words_of
from automation.reports.models import ReportMail, ReportSchedule
from automation.reports.rebuild import rebuild
from helpdesk.accounts.people import change_person
from helpdesk.lib.errors import InvalidInput
from inbox.staff_mail import MailState
from integrations.email.channels import add_email_channel
from tests.factories import make_customer, receive_mail
from tests.services.smtp_sink import HANG_UP
from tickets.actions.reply import OutgoingMessage, reply
from tickets.actions.status import close
from tickets.models import Channel

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock(organization):
    organization.time_zone = "UTC"
    organization.language = "en"
    organization.save()
    with time_machine.travel(MONDAY - timedelta(days=3), tick=False) as traveller:
        yield traveller


@pytest.fixture
def sent(organization, smtp_sink):
    add_email_channel(
        organization, name="Linden & Loom", address="help@shop.example", smtp_url=smtp_sink.url
    )
    return smtp_sink.mails


def make(person, **more):
    return save_schedule(person, {"name": "overview", "rhythm": "weekly", "hour": 8, **more})


def two_weeks_of_tickets(organization, agent, clock):
    """Three tickets in the week before the last, five in the last; then it is Friday again."""
    channel = Channel.objects.get()
    for days_ago in (10, 9, 8, 6, 5, 4, 3, 2):
        clock.move_to(MONDAY - timedelta(days=days_ago))
        ticket = receive_mail(channel, customer=make_customer(organization)).ticket
        clock.shift(timedelta(minutes=90))
        reply(ticket.pk, OutgoingMessage(text="It is on its way."), user=agent)
        close(ticket.pk)
    clock.move_to(MONDAY - timedelta(days=1))
    rebuild(organization.pk)


def test_a_week_comes_on_monday_once_with_its_figures(organization, ada, bo, clock, sent):
    two_weeks_of_tickets(organization, bo, clock)
    schedule = make(ada, recipient_ids=[ada.pk, bo.pk], filters={"channel": "email"})
    assert (schedule.next_at, send_due()) == (MONDAY, 0)

    clock.move_to(MONDAY)
    assert send_due() == 2
    assert send_due() == 0
    plan(schedule.pk)
    assert send_due() == 0
    assert sorted(each.recipients[0] for each in sent) == sorted([ada.email, bo.email])

    mail = next(each for each in sent if each.recipients == [ada.email]).message
    assert mail["Subject"] == "Overview, 16–22 Nov 2026"
    text = mail.get_body(("plain",)).get_content()
    assert text.splitlines()[1:3] == ["compared with 9–15 Nov 2026", "Channel: E-mail"]
    assert "Tickets created: 5 (▲ 2, before: 3)" in text
    assert "First response: 1h 30m (before: 1h 30m)" in text
    address = "/reports/overview?from=2026-11-16&to=2026-11-22&channel=email"
    page = mail.get_body(("html",)).get_content()
    assert address in text
    assert address.replace("&", "&amp;") in page
    assert f"/reports/overview?mails={schedule.pk}" in page
    assert "every Monday at 08:00 (UTC), as Ada Kern set it up" in text
    files = list(mail.iter_attachments())
    assert [each.get_filename() for each in files] == ["overview-days-2026-11-16-2026-11-22.csv"]
    rows = list(csv.DictReader(io.StringIO(files[0].get_content().decode())))
    assert [row["created"] for row in rows] == ["0", "1", "1", "1", "1", "1", "0"]

    schedule.refresh_from_db()
    assert schedule.last_sent_at == MONDAY
    assert schedule.next_at == MONDAY + timedelta(days=7)


def test_after_a_downtime_one_report_comes_and_then_the_rhythm_goes_on(
    organization, ada, clock, sent
):
    rebuild(organization.pk)
    make(ada, rhythm="daily")
    clock.move_to(MONDAY + timedelta(days=9, hours=5))
    assert (send_due(), send_due()) == (1, 0)
    clock.move_to(MONDAY + timedelta(days=10))
    assert (send_due(), send_due()) == (1, 0)
    assert [each.message["Subject"] for each in sent] == [
        "Overview, Tuesday, 1 December 2026",
        "Overview, Wednesday, 2 December 2026",
    ]


def test_what_waited_too_long_gives_way_to_the_newer_one(organization, ada, clock, sent):
    rebuild(organization.pk)
    schedule = make(ada, rhythm="daily")
    for days in (1, 2):
        clock.move_to(MONDAY + timedelta(days=days))
        plan(schedule.pk)
    assert send_due() == 1
    assert list(ReportMail.objects.order_by("first").values_list("state", flat=True)) == [
        MailState.NOT_NEEDED,
        MailState.SENT,
    ]
    assert len(sent) == 1


def test_a_mail_that_may_have_left_is_not_sent_again_one_that_did_not_is(
    organization, ada, bo, clock, sent, smtp_sink
):
    rebuild(organization.pk)
    make(ada, recipient_ids=[ada.pk])
    smtp_sink.script("data", HANG_UP)
    clock.move_to(MONDAY)
    assert send_due() == 0
    assert ReportMail.objects.get().state == MailState.UNCERTAIN
    clock.shift(timedelta(hours=1))
    assert send_due() == 0
    assert len(sent) == 1

    make(bo)
    clock.move_to(MONDAY + timedelta(days=7))
    smtp_sink.script("mail", "451 Later")
    send_due()
    clock.shift(timedelta(minutes=11))
    send_due()
    assert [each.recipients[0] for each in sent[1:]].count(ada.email) == 1
    assert [each.recipients[0] for each in sent[1:]].count(bo.email) == 1


def test_nothing_is_sent_while_figures_are_being_rebuilt_nor_to_whom_may_not_see(
    organization, ada, bo, cy, clock, sent
):
    receive_mail(Channel.objects.get(), customer=make_customer(organization))
    make(ada, recipient_ids=[ada.pk, bo.pk, cy.pk])
    change_person(bo.pk, {"is_active": False}, by=ada)
    clock.move_to(MONDAY)
    assert send_due() == 0
    assert not ReportMail.objects.exists()
    rebuild(organization.pk)
    schedule = ReportSchedule.objects.get()
    leave_schedule(cy, schedule)
    leave_schedule(cy, schedule)
    assert send_due() == 1
    assert [each.recipients for each in sent] == [[ada.email]]
    leave_schedule(ada, schedule)
    leave_schedule(bo, ReportSchedule.objects.get())
    assert not ReportSchedule.objects.exists()


def test_one_asked_for_comes_at_once_once_and_leaves_the_rhythm_alone(
    organization, ada, clock, sent
):
    rebuild(organization.pk)
    schedule, mail_id = make(ada), uuid.uuid4()
    send_now(ada, schedule, mail_id)
    send_now(ada, schedule, mail_id)
    assert (send_due(), send_due()) == (1, 0)
    assert "You asked for this report" in sent[0].message.get_body(("plain",)).get_content()
    clock.move_to(MONDAY)
    assert send_due() == 1


def test_schedules_over_http(ada, bo, cy, api_as, clock):
    admin, agent, other = api_as(ada), api_as(bo), api_as(cy)
    path, wanted = "/api/v1/reports/schedules", {"name": "csat", "id": str(uuid.uuid4())}
    made = agent.post(path, wanted, format="json")
    assert made.status_code == 201
    assert agent.post(path, wanted, format="json").json() == made.json()
    record = made.json()
    assert (record["rhythm"], record["hour"], record["recipient_ids"]) == (
        "weekly",
        8,
        [str(bo.pk)],
    )
    assert record["next_at"].startswith("2026-11-23T08:00")
    assert [each["id"] for each in admin.get(path).json()["results"]] == [record["id"]]
    assert other.get(path).json()["results"] == []
    mine = f"{path}/{record['id']}"
    assert other.patch(mine, {"hour": 9}, format="json").status_code == 404
    both = {"recipient_ids": [str(bo.pk), str(cy.pk)], "rhythm": "monthly", "hour": 6}
    assert agent.patch(mine, both, format="json").status_code == 422
    changed = admin.patch(mine, both, format="json").json()
    assert changed["next_at"].startswith("2026-12-01T06:00")
    assert other.patch(mine, {"hour": 9}, format="json").status_code == 403
    assert other.delete(mine).status_code == 403
    assert agent.post(f"{mine}/send", {"id": str(uuid.uuid4())}, format="json").status_code == 202
    assert ReportMail.objects.get().user == bo
    assert other.delete(f"{mine}/me").status_code == 204
    assert other.get(path).json()["results"] == []
    assert agent.delete(mine).status_code == 204
    assert agent.get(path).json()["results"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "weather"}, "name"),
        ({"rhythm": "hourly"}, "rhythm"),
        ({"hour": 24}, "hour"),
        ({"recipient_ids": []}, "recipient_ids"),
        ({"recipient_ids": [uuid.UUID(int=7)]}, "recipient_ids"),
        ({"filters": []}, "filters"),
        ({"filters": {"colour": "red"}}, "filters.colour"),
        ({"filters": {"team": "x"}}, "filters.team"),
        ({"filters": {"hours": "never"}}, "filters.hours"),
    ],
)
def test_what_cannot_be_sent_is_refused_by_its_field(ada, wrong, field):
    with pytest.raises(InvalidInput) as refused:
        make(ada, **wrong)
    assert refused.value.errors[0].path == field
    assert not ReportSchedule.objects.exists()


def test_a_colleagues_figures_are_mailed_to_nobody_who_may_not_see_them(ada, bo, cy):
    with pytest.raises(InvalidInput, match="Bo Larsen may not see it"):
        make(ada, recipient_ids=[ada.pk, bo.pk], filters={"agent": str(cy.pk)})


def test_the_hour_is_the_shops(organization, ada, clock):
    organization.time_zone = "Asia/Tokyo"
    organization.save()
    assert make(ada).next_at == datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_mail_calls_every_figure_as_the_app_does(language):
    words = words_of(language)
    text = (Path(__file__).parents[2] / f"frontend/shared/ui/src/words/{language}.ts").read_text()
    app = dict(re.findall(r"'((?:figure|report)\.[\w.]+)':\s*'([^']*)'", text))
    said = {key: app[f"figure.{key}"] for key in words.figures}
    assert words.figures == said
    assert words.reports == {name: app[f"report.{name}"] for name in REPORTS}
    tiles = (overview.TILES, satisfaction.CSAT_TILES, satisfaction.NPS_TILES, promises.TILES,
             automatic.TILES, revenue.TILES)  # fmt: skip
    columns = (workloads.COLUMNS, satisfaction.AGENTS, promises.COLUMNS, automatic.RULES,
               automatic.MACROS, revenue.ROWS)  # fmt: skip
    known = {key.rpartition(".")[2] for key in words.figures}
    assert {key for kinds in (*tiles, *columns) for key in kinds} <= known
    assert words.sentences.keys() == words_of("en").sentences.keys()


def test_a_report_without_days_draws_its_bars_and_every_report_makes_a_mail(
    organization, bo, ada, clock, sent
):
    """One day of each report, in German: the chart is of bars, nothing breaks for want of figures."""
    two_weeks_of_tickets(organization, bo, clock)
    clock.move_to(MONDAY - timedelta(days=1))
    organization.language = "de"
    organization.save()
    for name in REPORTS:
        send_now(ada, make(ada, name=name, rhythm="daily"), uuid.uuid4())
    assert send_due() == len(REPORTS)
    pages = {each.message["Subject"]: each.message for each in sent}
    assert len(pages) == len(REPORTS)
    channels = pages["Kanäle, Samstag, 21. November 2026"]
    assert "Geschlossene Tickets: 1 (davor: 1)" in channels.get_body(("plain",)).get_content()
    page = channels.get_body(("html",)).get_content()
    assert 'width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="bar"' in page
    assert "E-mail" in page
