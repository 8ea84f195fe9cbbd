"""Decide, plan and send surveys: at most one per resolution, with the reason when there is none."""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog
from django.db.models import Q

from automation.addressee import address_of, find_handle
from automation.csat.exclusions import exclude_ticket, find_exclusion, has_opted_out
from automation.csat.mail import survey_mail
from automation.csat.models import CsatSurvey, SurveyState
from automation.csat.records import survey_payload
from automation.csat.words import LANGUAGES
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.models import Event
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from inbox.connector import get_connector
from tickets.actions.change import lock_ticket
from tickets.actions.marks import set_csat
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import (
    CsatState,
    DeliveryState,
    Direction,
    Message,
    MessageKind,
    Status,
    Ticket,
)

EXPIRES_AFTER = timedelta(days=30)
REOPENED = "The ticket was opened again before the survey went out."
_NOT_LEFT = (DeliveryState.WITHDRAWN, DeliveryState.FAILED)

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


def plan_survey(ticket_id: uuid.UUID, *, closed_by: str = "agent") -> CsatSurvey | None:
    """Decide about the survey of the present resolution, once; None if the ticket is not closed.

    The survey is either planned for later or stored as not sent with its reason; both are shown
    on the ticket. A second call for the same resolution changes nothing.
    """
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        known = CsatSurvey.objects.filter(ticket=ticket, resolution=ticket.resolution).first()
        if ticket.status != Status.CLOSED or known is not None:
            return known
        organization = Organization.objects.get(pk=ticket.organization_id)
        answer = _last_answer(ticket)
        reason = why_not_asked(ticket, organization, answer, closed_by=closed_by)
        survey = CsatSurvey.objects.create(
            organization=organization,
            ticket=ticket,
            resolution=ticket.resolution,
            customer=ticket.customer,
            user=answer.user if answer else None,
            state=SurveyState.NOT_SENT if reason else SurveyState.PLANNED,
            reason=reason or "",
            language=_language_of(ticket, organization),
            send_at=None if reason else now() + _delay_of(ticket, organization),
        )
        state = CsatState.NOT_SENT if reason else CsatState.PLANNED
        set_csat(ticket.pk, state=state, reason=reason or "")
        if not reason:
            record_survey("csat.planned", survey, ticket)
    return survey


def cancel_planned(ticket_id: uuid.UUID, reason: str) -> None:
    """Take back the survey that has not gone out yet; does nothing if there is none."""
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        planned = CsatSurvey.objects.filter(ticket=ticket, state=SurveyState.PLANNED)
        if planned.update(state=SurveyState.CANCELLED, reason=reason[:200]):
            set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason)


def skip_survey(ticket_id: uuid.UUID, *, user: User) -> None:
    """The agent wants no survey on this ticket: none is planned, a planned one is taken back."""
    with unit_of_work(actor=Actor.of_user(user)):
        reason = f"Switched off by {user.name}."
        exclude_ticket(ticket_id, reason)
        cancel_planned(ticket_id, reason)


def send_due_surveys(limit: int = 100) -> int:
    """Send every survey whose time has come; returns how many went out. Part of the sweep.

    A second run, also beside this one, sends none of them twice: each is decided under its
    ticket's lock, and its message carries the survey's own id.
    """
    due = CsatSurvey.objects.filter(state=SurveyState.PLANNED, send_at__lte=now())
    ids = due.order_by("send_at").values_list("pk", "ticket_id")[:limit]
    return sum(_send_one(survey_id, ticket_id) for survey_id, ticket_id in list(ids))


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


def why_not_asked(
    ticket: Ticket, organization: Organization, answer: Message | None, *, closed_by: str
) -> str | None:
    """Why this customer is not asked about this resolution, in words for the agent; or None."""
    if not organization.csat_is_enabled:
        return "Surveys are switched off."
    if ticket.merged_into_id is not None:
        return "The ticket was merged into another one."
    excluded = find_exclusion(ticket.pk)
    if excluded:
        return excluded
    if not _has_customer_message(ticket):
        return "No customer wrote on this ticket."
    if answer is None:
        return "Nobody answered the customer."
    if closed_by in ("rule", "system") and answer.user_id is None:
        return "The ticket was closed automatically."
    return (
        _why_channel_cannot(ticket)
        or _why_not_reachable(ticket)
        or _why_too_soon(ticket, organization)
    )


def _send_one(survey_id: uuid.UUID, ticket_id: uuid.UUID) -> bool:
    try:
        with unit_of_work():
            ticket = lock_ticket(ticket_id)
            survey = CsatSurvey.objects.select_related("user", "organization").get(pk=survey_id)
            if survey.state != SurveyState.PLANNED:
                return False
            reason = _why_not_any_more(survey, ticket)
            if reason:
                survey.state, survey.reason = SurveyState.NOT_SENT, reason
                survey.save(update_fields=["state", "reason"])
                set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason)
                return False
            _send(survey, ticket)
    except HelpdeskError as error:
        log.warning("csat.not_sent", survey=str(survey_id), code=error.code)
        _give_up(survey_id, ticket_id, error.message)
        return False
    return True


def _send(survey: CsatSurvey, ticket: Ticket) -> None:
    mail = survey_mail(survey, ticket)
    reply(
        ticket.pk,
        OutgoingMessage(
            text=mail.text,
            html=mail.html,
            subject=mail.subject,
            kind=MessageKind.SURVEY,
            message_id=survey.pk,
            is_automatic=True,
        ),
    )
    survey.state, survey.sent_at = SurveyState.SENT, now()
    survey.expires_at = survey.sent_at + EXPIRES_AFTER
    survey.save(update_fields=["state", "sent_at", "expires_at"])
    set_csat(ticket.pk, state=CsatState.SENT)
    record_survey("csat.sent", survey, ticket)


def _give_up(survey_id: uuid.UUID, ticket_id: uuid.UUID, reason: str) -> None:
    with unit_of_work():
        ticket = lock_ticket(ticket_id)
        CsatSurvey.objects.filter(pk=survey_id, state=SurveyState.PLANNED).update(
            state=SurveyState.NOT_SENT, reason=reason[:200]
        )
        set_csat(ticket.pk, state=CsatState.NOT_SENT, reason=reason[:200])


def _why_not_any_more(survey: CsatSurvey, ticket: Ticket) -> str | None:
    """What may have changed between planning and sending."""
    if ticket.status != Status.CLOSED or ticket.resolution != survey.resolution:
        return REOPENED
    if not survey.organization.csat_is_enabled:
        return "Surveys were switched off before it went out."
    if ticket.merged_into_id is not None:
        return "The ticket was merged into another one."
    return (
        find_exclusion(ticket.pk)
        or _why_channel_cannot(ticket)
        or _why_not_reachable(ticket)
        or _why_too_soon(ticket, survey.organization, besides=survey.pk)
    )


def _delay_of(ticket: Ticket, organization: Organization) -> timedelta:
    """How long after closing it is asked; where people talk live, the channel has its own time."""
    own = ticket.channel.config.get("survey_delay_seconds")
    return timedelta(seconds=organization.csat_delay_seconds if own is None else own)


def _last_answer(ticket: Ticket) -> Message | None:
    """The newest answer to the customer that counts: by a person, or a macro sent by a rule."""
    return (
        Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY, direction=Direction.OUT)
        .filter(Q(user__isnull=False) | Q(macro_id__isnull=False))
        .exclude(delivery_state__in=_NOT_LEFT)
        .select_related("user")
        .order_by("-position")
        .first()
    )


def _has_customer_message(ticket: Ticket) -> bool:
    return Message.objects.filter(
        ticket=ticket, kind=MessageKind.CUSTOMER, is_automatic=False
    ).exists()


def _why_channel_cannot(ticket: Ticket) -> str | None:
    channel = ticket.channel
    if not channel.is_active:
        return f"The channel {channel.name} is paused."
    try:
        capabilities = get_connector(channel.kind).manifest.capabilities
    except KeyError:
        capabilities = frozenset()
    return None if "sends" in capabilities else f"The channel {channel.name} cannot carry one."


def _why_not_reachable(ticket: Ticket) -> str | None:
    if has_opted_out(ticket.customer_id):
        return "This customer asked for no more surveys."
    address = address_of(ticket)
    if not address:
        return "This customer has no e-mail address."
    handle = find_handle(ticket, address)
    if handle is not None and handle.bounced_at is not None:
        return "Mail to this customer comes back."
    return None


def _why_too_soon(
    ticket: Ticket, organization: Organization, *, besides: uuid.UUID | None = None
) -> str | None:
    """Each customer is asked at most once within the pause, whatever the ticket."""
    days = organization.csat_pause_days
    since = now() - timedelta(days=days)
    asked = Q(sent_at__gte=since)
    lately = CsatSurvey.objects.filter(customer_id=ticket.customer_id)
    if besides is None:
        lately = lately.filter(asked | Q(state=SurveyState.PLANNED))
    else:
        lately = lately.filter(asked).exclude(pk=besides)
    return f"This customer was asked within the last {days} days." if lately.exists() else None


def _language_of(ticket: Ticket, organization: Organization) -> str:
    """The first of ticket, customer and shop whose language surveys speak; else English."""
    for wish in (ticket.language, ticket.customer.language, organization.language):
        base = wish.split("-")[0].lower()
        if base in LANGUAGES:
            return base
    return "en"
