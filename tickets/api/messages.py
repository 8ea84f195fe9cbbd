"""The conversation of a ticket: reading further, replying, noting, and drafts."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.preferences import undo_seconds_of
from helpdesk.events.payloads import MessageRecord
from helpdesk.lib.api import number_from, read_body, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from tickets import selectors
from tickets.actions.drafts import discard_draft, save_draft, take_over_draft
from tickets.actions.reply import OutgoingMessage
from tickets.actions.respond import respond
from tickets.api.inputs import DraftInput, MessageInput, TakeOverInput
from tickets.api.shapes import ColleagueDraftPage, DraftRecord, MessagePage
from tickets.records import draft_record, message_record

_PAGE = {"before": "A position.", "after": "A position.", "limit": "At most 200."}
MODES = ("reply", "note")


class TicketMessages(Endpoint):
    """GET: messages before or after a position, in order. POST: a reply or a note."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "ticket.reply"}
    is_live = True

    @documented("messages", MessagePage, parameters=_PAGE)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "before", "after", "limit")
        ticket = selectors.get_ticket(self.user, ticket_id)
        limit = limit_from(request.query_params.get("limit"), default=selectors.THREAD_PAGE)
        before, after = number_from(request, "before"), number_from(request, "after")
        messages = selectors.messages_of(ticket, before=before, after=after, limit=limit)
        following: int | None = None
        if after is not None:
            is_more = bool(messages) and messages[-1].position < ticket.last_position
            following = messages[-1].position if is_more else None
        elif messages and messages[0].position > 1:
            following = messages[0].position
        records = [message_record(message) for message in messages]
        return Response({"results": records, "next": following})

    @documented("post_message", MessageRecord, body=MessageInput, status=201)
    def post(self, request: Request, ticket_id: uuid.UUID) -> Response:
        values = read_body(MessageInput, request)
        ticket = selectors.get_ticket(self.user, ticket_id)
        is_reply = values["kind"] == "reply"
        if values.get("send_at") and not is_reply:
            raise InvalidInput.field("send_at", "A note is there at once.")
        outgoing = outgoing_from(values, hold_seconds=undo_seconds_of(self.user) if is_reply else 0)
        message, is_new = respond(
            ticket.pk,
            outgoing,
            user=self.user,
            then=values.get("then"),
            snoozed_until=values.get("snoozed_until"),
            client_id=values.get("client_id", ""),
        )
        record = message_record(selectors.get_message(self.user, message.pk))
        return Response(record, status=201 if is_new else 200)


class TicketDraft(Endpoint):
    """The person's own draft on a ticket, one per mode."""

    needs: ClassVar = {"GET": "ticket.reply", "PUT": "ticket.reply", "DELETE": "ticket.reply"}

    @documented("draft", DraftRecord)
    def get(self, request: Request, ticket_id: uuid.UUID, mode: str) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        return Response(draft_record(selectors.get_draft(ticket, self.user, _mode(mode))))

    @documented("save_draft", DraftRecord, body=DraftInput)
    def put(self, request: Request, ticket_id: uuid.UUID, mode: str) -> Response:
        values = read_body(DraftInput, request)
        ticket = selectors.get_ticket(self.user, ticket_id)
        rev = values.pop("rev")
        for name in ("ticket_id", "mode", "updated_at"):
            values.pop(name, None)
        content = json.loads(json.dumps(values, default=str))
        draft = save_draft(ticket, self.user, _mode(mode), content, rev=rev)
        return Response(draft_record(draft))

    @documented("discard_draft", status=204)
    def delete(self, request: Request, ticket_id: uuid.UUID, mode: str) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        discard_draft(ticket, self.user, _mode(mode))
        return Response(status=204)


class ColleagueDrafts(Endpoint):
    """What colleagues have begun to write here, to be read and perhaps taken over."""

    needs: ClassVar = {"GET": "ticket.reply"}

    @documented("colleague_drafts", ColleagueDraftPage)
    def get(self, request: Request, ticket_id: uuid.UUID) -> Response:
        ticket = selectors.get_ticket(self.user, ticket_id)
        drafts = selectors.others_drafts_of(ticket, self.user)
        records = [{**draft_record(each), "user_id": str(each.user_id)} for each in drafts]
        return Response({"results": records, "next": None})


class TakeOverDraft(Endpoint):
    """POST: the colleague's draft becomes the caller's own."""

    needs: ClassVar = {"POST": "ticket.reply"}

    @documented("take_over_draft", DraftRecord, body=TakeOverInput)
    def post(self, request: Request, ticket_id: uuid.UUID, mode: str) -> Response:
        values = read_body(TakeOverInput, request)
        ticket = selectors.get_ticket(self.user, ticket_id)
        draft = take_over_draft(ticket, self.user, _mode(mode), from_user_id=values["user_id"])
        return Response(draft_record(draft))


def outgoing_from(values: dict[str, Any], *, hold_seconds: int) -> OutgoingMessage:
    """The message as the reply action wants it."""
    return OutgoingMessage(
        text=values["text"],
        html=values["html"] or "",
        to=[dict(each) for each in values.get("to", [])],
        cc=[dict(each) for each in values.get("cc", [])],
        bcc=[dict(each) for each in values.get("bcc", [])],
        subject=values.get("subject") or "",
        attachment_ids=values.get("attachment_ids", []),
        mention_ids=values.get("mention_ids", []),
        kind=values.get("kind", "reply"),
        message_id=values.get("id"),
        channel_id=values.get("channel_id"),
        details=json.loads(json.dumps(values.get("details") or {})),
        send_at=values.get("send_at"),
        stops_on_reply=values.get("stop_on_reply", True),
        macro_id=values.get("macro_id"),
        order_id=values.get("order_id"),
        order_basis=values.get("order_basis") or "",
        order_action=values.get("order_action") or "",
        hold_seconds=hold_seconds,
        seen_position=None if values.get("send_anyway") else values.get("last_seen_position"),
    )


def _mode(mode: str) -> str:
    if mode not in MODES:
        raise InvalidInput.field("mode", "A draft is a reply or a note.")
    return mode
