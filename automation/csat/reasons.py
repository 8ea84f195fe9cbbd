"""Why a customer is not asked, in words for the agent: every survey that is not sent has one."""

from __future__ import annotations

import hashlib
import uuid
from datetime import timedelta

from django.db.models import Q

from automation.addressee import address_of, find_handle
from automation.csat.carrying import channel_of_survey, why_channel_cannot
from automation.csat.exclusions import find_exclusion, has_opted_out
from automation.csat.models import CsatSurvey, SurveyKind, SurveyState
from automation.csat.settings import Settings
from helpdesk.lib.clock import now
from tickets.models import (
    Channel,
    DeliveryState,
    Direction,
    Message,
    MessageKind,
    Status,
    Ticket,
)

REOPENED = "The ticket was opened again before the survey went out."
MERGED = "The ticket was merged into another one."
_NOT_LEFT = (DeliveryState.WITHDRAWN, DeliveryState.FAILED)


def why_not_asked(
    ticket: Ticket, settings: Settings, answer: Message | None, *, closed_by: str
) -> str | None:
    """Why this customer is not asked about this resolution; None if they are."""
    return (
        _why_not_at_all(ticket, settings)
        or _why_not_about(ticket, answer, closed_by)
        or why_not_there(ticket, settings)
        or why_too_soon(ticket, settings)
        or _why_not_sampled(ticket, settings)
    )


def why_not_by_hand(ticket: Ticket, settings: Settings, answer: Message | None) -> str | None:
    """The same where somebody asks for the survey: the sample does not count, the pause does."""
    if ticket.status in (Status.SPAM, Status.TRASH):
        return "The ticket is in Spam or Trash."
    return (
        _why_not_at_all(ticket, settings)
        or _why_not_about(ticket, answer, "agent")
        or why_not_there(ticket, settings)
        or why_too_soon(ticket, settings)
    )


def why_not_any_more(survey: CsatSurvey, ticket: Ticket, settings: Settings) -> str | None:
    """What may have changed between planning and sending."""
    if ticket.status != Status.CLOSED or ticket.resolution != survey.resolution:
        return REOPENED
    if not settings.is_enabled:
        return "Surveys were switched off before it went out."
    if ticket.merged_into_id is not None:
        return MERGED
    return (
        find_exclusion(ticket.pk)
        or why_not_there(ticket, settings)
        or why_too_soon(ticket, settings, besides=survey.pk)
    )


def why_not_there(ticket: Ticket, settings: Settings) -> str | None:
    """Why no survey can reach the customer where the conversation was."""
    channel = channel_of_survey(ticket)
    if not settings.is_on(channel.kind):
        return f"Surveys are switched off on {channel.name}."
    if has_opted_out(ticket.customer_id):
        return "This customer asked for no more surveys."
    return why_channel_cannot(ticket, channel) or _why_mail_cannot(ticket, channel)


def last_answer(ticket: Ticket) -> Message | None:
    """The newest answer to the customer that counts: by a person, or a macro sent by a rule."""
    return (
        Message.objects.filter(ticket=ticket, kind=MessageKind.REPLY, direction=Direction.OUT)
        .filter(Q(user__isnull=False) | Q(macro_id__isnull=False))
        .exclude(delivery_state__in=_NOT_LEFT)
        .select_related("user")
        .order_by("-position")
        .first()
    )


def why_too_soon(
    ticket: Ticket, settings: Settings, *, besides: uuid.UUID | None = None
) -> str | None:
    """Each customer is asked at most once within the pause, whatever the ticket.

    One thing lifts it: the same ticket was rated low, and a follow-up may be rated again.
    """
    asked = CsatSurvey.objects.filter(customer_id=ticket.customer_id)
    if besides is None:
        asked = asked.filter(Q(sent_at__isnull=False) | Q(state=SurveyState.PLANNED))
    else:
        asked = asked.filter(sent_at__isnull=False).exclude(pk=besides)
    for days, kinds in _pauses(settings):
        since = now() - timedelta(days=days)
        lately = asked.filter(Q(sent_at__gte=since) | Q(state=SurveyState.PLANNED), kind__in=kinds)
        if lately.exists() and not _is_follow_up(ticket, lately):
            return f"This customer was asked within the last {days} days."
    return None


def _pauses(settings: Settings) -> list[tuple[int, tuple[str, ...]]]:
    pauses: list[tuple[int, tuple[str, ...]]] = [(settings.pause_days, tuple(SurveyKind.values))]
    if settings.kind == SurveyKind.NPS:
        pauses.append((settings.pause, (SurveyKind.NPS,)))
    return pauses


def _is_follow_up(ticket: Ticket, lately: object) -> bool:
    """Whether all that was asked lately is one low rating of this very ticket."""
    rows = list(lately.values_list("ticket_id", "kind", "score")[:2])  # type: ignore[attr-defined]
    return len(rows) == 1 and _was_low_here(ticket, *rows[0])


def _was_low_here(ticket: Ticket, ticket_id: uuid.UUID, kind: str, score: int | None) -> bool:
    is_csat = kind == SurveyKind.CSAT
    return ticket_id == ticket.pk and is_csat and score is not None and score <= 2


def _why_not_at_all(ticket: Ticket, settings: Settings) -> str | None:
    if not settings.is_enabled:
        return "Surveys are switched off."
    if ticket.merged_into_id is not None:
        return MERGED
    return find_exclusion(ticket.pk)


def _why_not_about(ticket: Ticket, answer: Message | None, closed_by: str) -> str | None:
    is_asked = Message.objects.filter(
        ticket=ticket, kind=MessageKind.CUSTOMER, is_automatic=False
    ).exists()
    if not is_asked:
        return "No customer wrote on this ticket."
    if answer is None:
        return "Nobody answered the customer."
    if closed_by == "rule" or (closed_by == "system" and answer.user_id is None):
        return "The ticket was closed automatically."
    return None


def _why_mail_cannot(ticket: Ticket, channel: Channel) -> str | None:
    address = address_of(ticket)
    if not address:
        return "This customer has no e-mail address."
    handle = find_handle(ticket, address)
    if handle is not None and handle.bounced_at is not None:
        return "Mail to this customer comes back."
    return None


def _why_not_sampled(ticket: Ticket, settings: Settings) -> str | None:
    """A share of the resolutions is asked; which, is fixed by the resolution itself."""
    if settings.sample_percent >= 100:
        return None
    drawn = hashlib.sha256(f"{ticket.pk}:{ticket.resolution}".encode()).digest()
    if int.from_bytes(drawn[:4]) % 100 < settings.sample_percent:
        return None
    return f"Only {settings.sample_percent} % of the tickets are asked about, and not this one."
