"""Decide, plan and send surveys: at most one per resolution, with the reason when there is none."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog

from automation.csat.carrying import (
    REMINDED,
    channel_of_survey,
    survey_message,
)
from automation.csat.exclusions import exclude_ticket, has_opted_out
from automation.csat.models import CsatSurvey, SurveyState
from automation.csat.reasons import (
    MERGED,
    REOPENED,
    last_answer,
    why_not_any_more,
    why_not_asked,
    why_not_by_hand,
    why_not_there,
)
from automation.csat.records import survey_payload
from automation.csat.settings import Settings, find_store_of, settings_of
from automation.csat.words import LANGUAGES
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from tickets.actions.change import lock_ticket
from tickets.actions.marks import set_csat
from tickets.actions.reply import reply
from tickets.models import CsatState, Status, Ticket

log = structlog.get_logger()


@subscribes("ticket.status_changed", name="automation.csat")
def after_status_change(event: Event) -> None:
    """Plan the survey of a new resolution, or cancel the one that was planned."""
    before, after = event.payload.get("change", {}).get("status", (None, None))
    if event.ticket_id is None or before == after:
        return
    if after == Status.CLOSED:
        plan_survey(event.ticket_id, closed_by=event.actor["type"])
    elif before == Status.CLOSED:
        cancel_planned(event.ticket_id, REOPENED)


@subscribes("ticket.merged", name="automation.csat_merged")
def after_merge(event: Event) -> None:
    """What was planned for a ticket that is another now is taken back: it would hold up that one's."""
    gone = event.ticket_id
    if gone is not None and Ticket.objects.filter(pk=gone, merged_into__isnull=False).exists():
        cancel_planned(gone, MERGED)


def plan_survey(ticket_id: uuid.UUID, *, closed_by: str = "agent") -> CsatSurvey | None:
    """Decide about the survey of the present resolution, once; None if the ticket is not closed.

    The survey is either planned for later or stored as not sent with its reason; both are shown
    on the ticket. A second call for the same resolution changes nothing.
    """
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        known = CsatSurvey.objects.filter(ticket=ticket, resolution=ticket.resolution).first()
        if ticket.status != Status.CLOSED or known is not None:
            _show_sent(ticket, known)
            return known
        survey, settings = _begin(ticket, ticket.resolution)
        answer = last_answer(ticket)
        reason = why_not_asked(ticket, settings, answer, closed_by=closed_by)
        survey.user = answer.user if answer else None
        survey.state = SurveyState.NOT_SENT if reason else SurveyState.PLANNED
        survey.reason = (reason or "")[:200]
        survey.send_at = None if reason else now() + _delay_of(ticket, settings)
        survey.save(force_insert=True)
        state = CsatState.NOT_SENT if reason else CsatState.PLANNED
        set_csat(ticket.pk, state=state, reason=survey.reason)
        if not reason:
            record_survey("csat.planned", survey, ticket)
    return survey


def send_now(ticket_id: uuid.UUID) -> CsatSurvey | None:
    """Ask about this ticket at once, whatever the delay and the sample say; None if it cannot be.

    The reason then stands on the ticket. Still at most one per resolution: an open ticket's counts
    for the resolution that is to come, and one that went out already is given back as it is.
    """
    try:
        with unit_of_work():
            return _send_now(lock_ticket(ticket_id))
    except HelpdeskError as error:
        log.warning("csat.not_sent", ticket=str(ticket_id), code=error.code)
        with unit_of_work():
            set_csat(ticket_id, state=CsatState.NOT_SENT, reason=error.message[:200])
    return None


def exclude(ticket_id: uuid.UUID, reason: str) -> None:
    """No survey for this ticket from now on, and a planned one is taken back; shown on it."""
    with unit_of_work():
        exclude_ticket(ticket_id, reason)
        cancel_planned(ticket_id, reason)


def cancel_planned(ticket_id: uuid.UUID, reason: str) -> None:
    """Take back the survey that has not gone out yet; does nothing if there is none."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        planned = CsatSurvey.objects.filter(ticket=ticket, state=SurveyState.PLANNED)
        if planned.update(state=SurveyState.CANCELLED, reason=reason[:200]):
            set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason[:200])


def skip_survey(ticket_id: uuid.UUID, *, user: User) -> None:
    """The agent wants no survey on this ticket: none is planned, a planned one is taken back."""
    with unit_of_work(actor=Actor.of_user(user)):
        exclude(ticket_id, f"Switched off by {user.name}.")


def send_due_surveys(limit: int = 100) -> int:
    """Send every survey whose time has come; returns how many went out. Part of the sweep.

    A second run, also beside this one, sends none of them twice: each is decided under its
    ticket's lock, and its message carries the survey's own id.
    """
    due = CsatSurvey.objects.filter(state=SurveyState.PLANNED, send_at__lte=now())
    ids = due.order_by("send_at").values_list("pk", "ticket_id")[:limit]
    return sum(_send_one(survey_id, ticket_id) for survey_id, ticket_id in list(ids))


def send_due_reminders(limit: int = 100) -> int:
    """Remind once of every survey that waits for its answer long enough. Part of the sweep."""
    due = CsatSurvey.objects.filter(
        state=SurveyState.SENT, reminded_at=None, remind_at__lte=now()
    ).order_by("remind_at")
    ids = list(due.values_list("pk", "ticket_id")[:limit])
    return sum(_remind_one(survey_id, ticket_id) for survey_id, ticket_id in ids)


def record_survey(type_: str, survey: CsatSurvey, ticket: Ticket) -> None:
    """Announce something about a survey."""
    record(
        type_,
        organization_id=survey.organization_id,
        object_type="survey",
        object_id=survey.pk,
        ticket_id=ticket.pk,
        payload=lambda: survey_payload(survey, ticket),
    )


def _begin(ticket: Ticket, resolution: int) -> tuple[CsatSurvey, Settings]:
    """A survey of this resolution, not yet stored, and what holds for it."""
    organization = Organization.objects.get(pk=ticket.organization_id)
    store_id = find_store_of(ticket)
    settings = settings_of(organization, store_id)
    survey = CsatSurvey(
        organization=organization,
        ticket=ticket,
        resolution=resolution,
        customer=ticket.customer,
        kind=settings.kind,
        store_id=store_id,
        state=SurveyState.NOT_SENT,
        language=_language_of(ticket, organization),
        channel_kind=channel_of_survey(ticket).kind,
    )
    return survey, settings


def _send_now(ticket: Ticket) -> CsatSurvey | None:
    is_closed = ticket.status == Status.CLOSED
    resolution = ticket.resolution if is_closed else ticket.resolution + 1
    known = CsatSurvey.objects.filter(ticket=ticket, resolution=resolution).first()
    if known is not None and known.state in (SurveyState.SENT, SurveyState.ANSWERED):
        return known
    fresh, settings = _begin(ticket, resolution)
    if known is not None:
        CsatSurvey.objects.filter(pk=known.pk).delete()
    answer = last_answer(ticket)
    reason = why_not_by_hand(ticket, settings, answer)
    if reason is None:
        fresh.user = answer.user if answer else None
        fresh.state, fresh.send_at = SurveyState.PLANNED, now()
        fresh.save(force_insert=True)
        _send(fresh, ticket, settings)
        return fresh
    if is_closed:
        fresh.reason = reason[:200]
        fresh.save(force_insert=True)
    set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason[:200])
    return None


def _send_one(survey_id: uuid.UUID, ticket_id: uuid.UUID) -> bool:
    try:
        with unit_of_work():
            ticket = lock_ticket(ticket_id)
            survey = CsatSurvey.objects.select_related("user", "organization").get(pk=survey_id)
            if survey.state != SurveyState.PLANNED:
                return False
            settings = settings_of(survey.organization, survey.store_id)
            reason = why_not_any_more(survey, ticket, settings)
            if reason:
                survey.state, survey.reason = SurveyState.NOT_SENT, reason[:200]
                survey.save(update_fields=["state", "reason"])
                set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason[:200])
                return False
            _send(survey, ticket, settings)
    except HelpdeskError as error:
        log.warning("csat.not_sent", survey=str(survey_id), code=error.code)
        _give_up(survey_id, ticket_id, error.message)
        return False
    return True


def _send(survey: CsatSurvey, ticket: Ticket, settings: Settings) -> None:
    """What it asks stays what was planned, whatever is chosen for later ones."""
    message = reply(ticket.pk, survey_message(survey, ticket, settings))
    survey.state, survey.sent_at = SurveyState.SENT, now()
    survey.expires_at = survey.sent_at + timedelta(days=settings.expires_days)
    survey.channel_kind = message.channel_kind
    if settings.reminder_days and message.channel_kind in REMINDED:
        survey.remind_at = survey.sent_at + timedelta(days=settings.reminder_days)
    survey.save(update_fields=["state", "sent_at", "expires_at", "channel_kind", "remind_at"])
    set_csat(ticket.pk, state=CsatState.SENT)
    record_survey("csat.sent", survey, ticket)


def _remind_one(survey_id: uuid.UUID, ticket_id: uuid.UUID) -> bool:
    try:
        with unit_of_work():
            ticket = lock_ticket(ticket_id)
            survey = CsatSurvey.objects.select_related("user", "organization").get(pk=survey_id)
            if survey.state != SurveyState.SENT or survey.reminded_at is not None:
                return False
            survey.reminded_at = now()
            survey.save(update_fields=["reminded_at"])
            if not _is_remindable(survey, ticket):
                return False
            settings = settings_of(survey.organization, survey.store_id)
            reply(ticket.pk, survey_message(survey, ticket, settings, is_reminder=True))
    except HelpdeskError as error:
        log.warning("csat.not_reminded", survey=str(survey_id), code=error.code)
        CsatSurvey.objects.filter(pk=survey_id).update(reminded_at=now())
        return False
    return True


def _is_remindable(survey: CsatSurvey, ticket: Ticket) -> bool:
    """Still closed, still open for an answer, and the customer can still be reached there."""
    settings = settings_of(survey.organization, survey.store_id)
    is_over = survey.expires_at is not None and survey.expires_at <= now()
    is_same = ticket.status == Status.CLOSED and ticket.resolution == survey.resolution
    is_there = channel_of_survey(ticket).kind == survey.channel_kind
    may = (
        settings.is_enabled and settings.reminder_days > 0 and not has_opted_out(survey.customer_id)
    )
    return may and is_same and is_there and not is_over and why_not_there(ticket, settings) is None


def _give_up(survey_id: uuid.UUID, ticket_id: uuid.UUID, reason: str) -> None:
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        CsatSurvey.objects.filter(pk=survey_id, state=SurveyState.PLANNED).update(
            state=SurveyState.NOT_SENT, reason=reason[:200]
        )
        set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason[:200])


def _show_sent(ticket: Ticket, known: CsatSurvey | None) -> None:
    """Closing forgets what stood on the ticket; a survey sent while it was open still counts."""
    if ticket.status != Status.CLOSED or known is None or ticket.csat_state:
        return
    if known.state in (SurveyState.SENT, SurveyState.ANSWERED):
        set_csat(ticket.pk, state=known.state)


def _delay_of(ticket: Ticket, settings: Settings) -> timedelta:
    """How long after closing it is asked; where people talk live, the channel has its own time."""
    own = ticket.channel.config.get("survey_delay_seconds")
    return timedelta(seconds=settings.delay_seconds if own is None else own)


def _language_of(ticket: Ticket, organization: Organization) -> str:
    """The first of ticket, customer and shop whose language surveys speak; else English."""
    for wish in (ticket.language, ticket.customer.language, organization.language):
        base = wish.split("-")[0].lower()
        if base in LANGUAGES:
            return base
    return "en"
