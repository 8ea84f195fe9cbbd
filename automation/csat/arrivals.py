"""A survey answered where it was asked: the number that comes back by SMS or WhatsApp."""

from __future__ import annotations

import structlog

from automation.csat.answers import is_changeable, record_answer
from automation.csat.carrying import BY_REPLY, reminder_id_of
from automation.csat.models import CsatSurvey, SurveyState, scores_of
from automation.csat.replies import find_score
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError
from inbox.answers import Asked, reads_answers
from inbox.inbound import InboundMessage
from tickets.models import (
    Channel,
    Customer,
    DeliveryState,
    Direction,
    Message,
    MessageKind,
)

_WIDEST = range(11)
log = structlog.get_logger()


@reads_answers
def read_answer(channel: Channel, customer: Customer, message: InboundMessage) -> Asked | None:
    """The survey that this message answers: a score, and nothing of ours came after the question."""
    if channel.kind not in BY_REPLY or message.attachments:
        return None
    if find_score(message.text, _WIDEST) is None:
        return None
    survey = _find_asked(channel, customer)
    if survey is None:
        return None
    score = find_score(message.text, scores_of(survey.kind))
    if score is None:
        return None

    def keep(filed: Message) -> None:
        try:
            record_answer(survey.pk, score, "", on=channel.kind)
        except HelpdeskError as error:
            log.warning("csat.answer_not_kept", survey=str(survey.pk), code=error.code)

    return Asked(survey.ticket_id, keep)


def _find_asked(channel: Channel, customer: Customer) -> CsatSurvey | None:
    """The survey that is still open and the last thing we wrote to this customer there."""
    newest = (
        Message.objects.filter(
            ticket__customer_id=customer.pk, channel=channel, direction=Direction.OUT
        )
        .exclude(delivery_state__in=[DeliveryState.WITHDRAWN, DeliveryState.FAILED])
        .exclude(kind=MessageKind.NOTE)
        .order_by("-created_at", "-position")
        .first()
    )
    if newest is None or newest.kind != MessageKind.SURVEY:
        return None
    asked = CsatSurvey.objects.filter(
        customer_id=customer.pk, state__in=[SurveyState.SENT, SurveyState.ANSWERED]
    ).order_by("-sent_at")[:20]
    survey = next((each for each in asked if newest.pk in (each.pk, reminder_id_of(each.pk))), None)
    if survey is None or not is_changeable(survey, at=now()):
        return None
    is_over = survey.expires_at is not None and survey.expires_at < now()
    return None if is_over else survey
