"""What the widget asks and is told. Each call begins with the visitor and shows only their lines."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.avatars import CONTENT_TYPE as AVATAR_TYPE
from helpdesk.accounts.models import User
from helpdesk.lib import blobs
from helpdesk.lib.api import StrictSerializer, number_from, read_body, refuse_unknown_parameters
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NotFound
from integrations.chat import selectors
from integrations.chat.api.endpoint import WidgetEndpoint, address_of
from integrations.chat.files import keep_upload, open_file
from integrations.chat.help import find_answers, first_answers, get_answer
from integrations.chat.leaving import send_transcript
from integrations.chat.models import Site
from integrations.chat.orders import look_up, orders_of
from integrations.chat.posting import MAX_TEXT_CHARS, Post, get_conversation, post_message
from integrations.chat.ratings import rate
from integrations.chat.records import file_record, visitor_record
from integrations.chat.reply_time import expected_minutes
from integrations.chat.seeing import note_delivered, note_seen
from integrations.chat.signs import say_typing
from integrations.chat.sites import MAX_FILE_BYTES, SiteConfig, boot_record, secrets_of
from integrations.chat.tokens import (
    MAX_IDENTITY_CHARS,
    find_hinted,
    hint_of,
    read_identity,
    token_of,
)
from integrations.chat.visitors import begin_session, claim_email, find_visitor
from tickets.api.attachments import disposition

MULTIPART_BYTES = 64 * 1024
UNREAD_SECONDS = 30


class SessionInput(StrictSerializer):
    visitor_token = serializers.CharField(max_length=200, required=False, allow_blank=True)
    token = serializers.CharField(max_length=MAX_IDENTITY_CHARS, required=False, allow_blank=True)
    locale = serializers.CharField(max_length=12, required=False, allow_blank=True)
    page = serializers.DictField(required=False, allow_null=True)
    context: Any = serializers.DictField(required=False, allow_null=True)
    traits = serializers.DictField(required=False, allow_null=True)


class MessageInput(StrictSerializer):
    id = serializers.UUIDField()
    conversation_id = serializers.UUIDField(allow_null=True, default=None)
    text = serializers.CharField(
        max_length=MAX_TEXT_CHARS, allow_blank=True, default="", trim_whitespace=False
    )
    attachment_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=5, required=False
    )
    page = serializers.DictField(required=False, allow_null=True)
    context: Any = serializers.DictField(required=False, allow_null=True)


class SeenInput(StrictSerializer):
    position = serializers.IntegerField(min_value=0, max_value=2**31 - 1)


class TypingInput(StrictSerializer):
    is_typing = serializers.BooleanField()


class EmailInput(StrictSerializer):
    email = serializers.CharField(max_length=254)


class CsatInput(StrictSerializer):
    score = serializers.IntegerField(min_value=0, max_value=10)
    comment = serializers.CharField(max_length=2000, allow_blank=True, default="")


class NothingInput(StrictSerializer):
    """An empty object."""


class LookupInput(StrictSerializer):
    number = serializers.CharField(max_length=60)
    contact = serializers.CharField(max_length=254)


class Boot(WidgetEndpoint):
    """What the frame needs to draw itself; nothing about anybody."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def get(self, request: Request, site: str) -> Response:
        refuse_unknown_parameters(request, "locale")
        return Response(boot_of(self.site, request.query_params.get("locale", ""), now()))


def boot_of(site: Site, locale: str, at: datetime) -> dict[str, Any]:
    """The site as the frame draws it, with who answers and how soon."""
    channel = site.channel
    record = boot_record(channel, SiteConfig.of(channel), locale, at)
    record["team"] = [
        {
            "name": each["name"],
            "avatar_url": (
                f"/widget/v1/{site.pk}/avatars/{each['avatar_sha256'][:32]}"
                if each["avatar_sha256"]
                else None
            ),
        }
        for each in selectors.team_of(channel.organization_id)
    ]
    record["reply_minutes"] = expected_minutes(channel)
    record["answers"] = first_answers(channel, locale)
    return record


class Help(WidgetEndpoint):
    """Answers to what a shopper typed; whoever asks needs no session and leaves no trace."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def get(self, request: Request, site: str) -> Response:
        refuse_unknown_parameters(request, "q", "locale")
        asked = request.query_params
        found = find_answers(self.site.channel, asked.get("q", ""), asked.get("locale", ""))
        return Response({"results": found})


class Answer(WidgetEndpoint):
    """One answer to read."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def get(self, request: Request, site: str, answer_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "locale")
        locale = request.query_params.get("locale", "")
        return Response(get_answer(self.site.channel, answer_id, locale))


class Sessions(WidgetEndpoint):
    """POST: begin, or go on with what the widget kept."""

    needs_visitor = False
    allowance: ClassVar = {"POST": "session"}

    def post(self, request: Request, site: str) -> Response:
        values = read_body(SessionInput, request)
        identity = None
        if values.get("token"):
            identity = read_identity(
                values["token"], secrets=secrets_of(self.site.channel), audience=site
            )
        known = find_visitor(self.site, values.get("visitor_token", ""))
        visitor = begin_session(self.site, known, identity, values)
        conversations = selectors.conversations_of(visitor)
        return Response(
            {
                "visitor_token": token_of(visitor),
                "hint": hint_of(visitor),
                "visitor": visitor_record(visitor),
                "conversations": conversations,
                "orders": orders_of(visitor),
                "unread": sum(each["unread"] for each in conversations),
            }
        )


class Conversations(WidgetEndpoint):
    """The visitor's own, newest first."""

    def get(self, request: Request, site: str) -> Response:
        return Response(selectors.conversations_of(self.visitor))


class Messages(WidgetEndpoint):
    """The lines of one conversation behind or before a position."""

    def get(self, request: Request, site: str, conversation_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "after", "before", "limit")
        conversation = get_conversation(self.visitor, conversation_id)
        limit = number_from(request, "limit", default=selectors.PAGE) or selectors.PAGE
        lines, has_more = selectors.lines_of(
            conversation,
            after=number_from(request, "after"),
            before=number_from(request, "before"),
            limit=min(limit, 100),
        )
        if lines:
            note_delivered(conversation.pk, lines[-1].position)
        records = selectors.line_records(lines, site, self.visitor)
        return Response({"messages": records, "has_more": has_more})


class Posting(WidgetEndpoint):
    """POST: the visitor writes. The same id twice is the same message and the same answer."""

    allowance: ClassVar = {"POST": "message"}

    def post(self, request: Request, site: str) -> Response:
        values = read_body(MessageInput, request)
        line = post_message(
            self.site,
            self.visitor,
            Post(
                id=values["id"],
                text=values["text"],
                conversation_id=values["conversation_id"],
                attachment_ids=tuple(values.get("attachment_ids") or ()),
                page=values.get("page"),
                context=values.get("context"),
            ),
        )
        (record,) = selectors.line_records([selectors.get_line(line.pk)], site, self.visitor)
        return Response({"conversation_id": str(line.conversation_id), "message": record})


class Files(WidgetEndpoint):
    """POST one file as multipart field ``file``; its id goes into the message."""

    parser_classes = [MultiPartParser]
    allowance: ClassVar = {"POST": "upload"}
    max_body_bytes = MAX_FILE_BYTES + MULTIPART_BYTES

    def post(self, request: Request, site: str) -> Response:
        try:
            file = request.FILES.get("file")
        except RequestDataTooBig as error:
            raise InvalidInput.field("file", "Send one file and nothing else.") from error
        if file is None:
            raise InvalidInput.field("file", "Send a file in the field “file”.", code="required")
        upload = keep_upload(self.visitor, name=file.name or "file", content=file.read())
        return Response(file_record(upload, site, self.visitor), status=201)


class File(WidgetEndpoint):
    """A file by its signed address; pictures are shown, everything else is saved."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def get(self, request: Request, site: str, file_id: uuid.UUID) -> HttpResponse:
        asked = request.query_params
        file = open_file(
            site,
            file_id,
            visitor=asked.get("v", ""),
            ends=asked.get("e", ""),
            signature=asked.get("s", ""),
        )
        kind = file.content_type if file.is_inline else "application/octet-stream"
        response = HttpResponse(file.content, content_type=kind)
        how = "inline" if file.is_inline else "attachment"
        response["Content-Disposition"] = disposition(how, file.name)
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "private, max-age=3600"
        return response


class Avatar(WidgetEndpoint):
    """The picture of somebody who answers."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def get(self, request: Request, site: str, picture: str) -> HttpResponse:
        person = User.objects.filter(
            organization_id=self.site.channel.organization_id,
            is_active=True,
            avatar_sha256__startswith=picture,
        ).first()
        if person is None or len(picture) != 32:
            raise NotFound("There is no such picture.")
        response = HttpResponse(blobs.read(person.avatar_sha256), content_type=AVATAR_TYPE)
        response["X-Content-Type-Options"] = "nosniff"
        response["Cache-Control"] = "public, max-age=86400"
        return response


class Seen(WidgetEndpoint):
    """POST: the visitor has seen everything up to a position."""

    def post(self, request: Request, site: str, conversation_id: uuid.UUID) -> Response:
        values = read_body(SeenInput, request)
        conversation = get_conversation(self.visitor, conversation_id)
        note_seen(conversation.pk, values["position"])
        return Response(status=204)


class Typing(WidgetEndpoint):
    """POST: the visitor is typing; told to the team, never stored."""

    def post(self, request: Request, site: str, conversation_id: uuid.UUID) -> Response:
        values = read_body(TypingInput, request)
        conversation = get_conversation(self.visitor, conversation_id)
        say_typing(conversation, is_typing=values["is_typing"])
        return Response(status=204)


class Email(WidgetEndpoint):
    """POST: where the visitor can be reached; a claim."""

    allowance: ClassVar = {"POST": "mail"}

    def post(self, request: Request, site: str) -> Response:
        values = read_body(EmailInput, request)
        visitor = claim_email(self.visitor, values["email"])
        return Response({"email": visitor.email, "is_verified": visitor.is_email_proven})


class Transcript(WidgetEndpoint):
    """POST: the conversation as a mail to the visitor's address."""

    allowance: ClassVar = {"POST": "mail"}

    def post(self, request: Request, site: str, conversation_id: uuid.UUID) -> Response:
        read_body(NothingInput, request)
        send_transcript(get_conversation(self.visitor, conversation_id))
        return Response({"email": self.visitor.email}, status=202)


class Csat(WidgetEndpoint):
    """POST: the score; for a day it can be changed."""

    def post(self, request: Request, site: str, conversation_id: uuid.UUID) -> Response:
        values = read_body(CsatInput, request)
        conversation = get_conversation(self.visitor, conversation_id)
        return Response(rate(conversation, values["score"], values["comment"]))


class OrderLookup(WidgetEndpoint):
    """POST: an order by number and the e-mail or phone on it; one neutral answer for all misses."""

    allowance: ClassVar = {"POST": "lookup"}

    def post(self, request: Request, site: str) -> Response:
        values = read_body(LookupInput, request)
        order = look_up(
            self.site,
            self.visitor,
            values["number"],
            values["contact"],
            address=address_of(request),
        )
        return Response({"order": order})


class Orders(WidgetEndpoint):
    """The orders of a shopper whom the shop has signed; nobody else has any here."""

    def get(self, request: Request, site: str) -> Response:
        return Response({"orders": orders_of(self.visitor)})


class Unread(WidgetEndpoint):
    """How much is unread, for the badge on the shop's page: by a public hint, from any page."""

    needs_visitor = False
    allowance: ClassVar = {"GET": "public", "HEAD": "public"}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        request.META.pop("HTTP_ORIGIN", None)  # any page may ask
        super().initial(request, *args, **kwargs)

    def get(self, request: Request, site: str) -> Response:
        refuse_unknown_parameters(request, "hint")
        visitor_id = find_hinted(request.query_params.get("hint", ""))
        unread = selectors.unread_of(visitor_id) if visitor_id is not None else 0
        response = Response({"unread": unread})
        response["Access-Control-Allow-Origin"] = "*"
        response["Cache-Control"] = f"private, max-age={UNREAD_SECONDS}"
        return response
