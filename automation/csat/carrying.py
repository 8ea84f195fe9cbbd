"""How a survey travels on each channel: a designed mail, the chat's card, “reply 1 to 5”, a link.

Windows are the channel's own (``inbox.reach``); where anybody could read it nobody is asked.
"""

from __future__ import annotations

import uuid

from automation.addressee import address_of
from automation.csat.links import link_of
from automation.csat.mail import survey_mail, words_for
from automation.csat.models import CsatSurvey, SurveyKind
from automation.csat.settings import Settings
from inbox.connector import get_connector
from inbox.reach import WORDS, ReplyPlace, reply_places
from tickets.actions.reply import OutgoingMessage, channel_that_answers
from tickets.models import Channel, Message, MessageKind, Ticket

MAIL, CHAT = "email", "chat"
BY_REPLY = ("sms", "whatsapp")
"""Where people answer by sending the number back."""
REMINDED = (MAIL, "sms")
"""Where a reminder may follow: no window closes there."""


def channel_of_survey(ticket: Ticket) -> Channel:
    """Where the conversation was last, or the mailbox that answers for it."""
    return channel_that_answers(ticket)


def why_channel_cannot(ticket: Ticket, channel: Channel) -> str | None:
    """Why this channel cannot carry a survey to the customer now; None if it can."""
    if not channel.is_active:
        return f"The channel {channel.name} is paused."
    try:
        capabilities = get_connector(channel.kind).manifest.capabilities
    except KeyError:
        capabilities = frozenset()
    if "sends" not in capabilities:
        return f"The channel {channel.name} cannot carry one."
    if channel.kind in (MAIL, CHAT):
        return None
    return _why_place_cannot(ticket, channel)


def survey_message(
    survey: CsatSurvey, ticket: Ticket, settings: Settings, *, is_reminder: bool = False
) -> OutgoingMessage:
    """The message that asks. Its id is the survey's own, so that none is sent twice."""
    channel = channel_of_survey(ticket)
    message_id = reminder_id_of(survey.pk) if is_reminder else survey.pk
    if channel.kind in (MAIL, CHAT):
        mail = survey_mail(survey, ticket, settings, is_reminder=is_reminder)
        text, html, subject = mail.text, mail.html, mail.subject
    else:
        text, html, subject = _short(survey, ticket, settings, channel), "", ""
    return OutgoingMessage(
        text=text,
        html=html,
        subject=subject,
        kind=MessageKind.SURVEY,
        message_id=message_id,
        channel_id=channel.pk,
        is_automatic=True,
    )


def reminder_id_of(survey_id: uuid.UUID) -> uuid.UUID:
    """The one id that the reminder of a survey can have."""
    return uuid.uuid5(survey_id, "reminder")


def _short(survey: CsatSurvey, ticket: Ticket, settings: Settings, channel: Channel) -> str:
    words = words_for(survey, ticket, settings=settings)
    is_nps = survey.kind == SurveyKind.NPS
    question = words.nps_title if is_nps else words.title
    if channel.kind in BY_REPLY:
        return f"{question}\n{words.nps_reply_hint if is_nps else words.reply_hint}"
    return f"{question}\n{link_of(survey.pk)}"


def _why_place_cannot(ticket: Ticket, channel: Channel) -> str | None:
    newest = (
        Message.objects.filter(ticket=ticket, kind=MessageKind.CUSTOMER)
        .order_by("-position")
        .values_list("details", flat=True)
        .first()
    )
    place = _place_of(ticket, channel)
    if (newest or {}).get("is_public") or (place is not None and place.is_public):
        return f"On {channel.name} everybody would read it."
    if place is None:
        return WORDS["no_address"]
    if not place.reach.is_reachable:
        return WORDS.get(place.reach.reason, "Nobody can be reached there now.")
    if place.reach.modes == ("template",):
        return WORDS["window_closed"]
    return None


def _place_of(ticket: Ticket, channel: Channel) -> ReplyPlace | None:
    address = address_of(ticket)
    here = [each for each in reply_places(ticket) if each.channel.pk == channel.pk]
    mine = [each for each in here if each.address.lower() == address]
    return next(iter(mine or here), None)
