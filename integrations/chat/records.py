"""The shapes that the widget gets: a message, a conversation, an order. Nothing internal fits in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict, cast

from automation.csat.card import CardWords, Chosen, card_words
from automation.csat.models import CsatSurvey, SurveyState
from helpdesk.lib.clock import iso
from helpdesk.lib.html import sanitise
from integrations.chat.files import file_url
from integrations.chat.models import Conversation, Line, LineKind, Visitor
from tickets.models import Attachment


class FileRecord(TypedDict):
    id: str
    name: str
    content_type: str
    size_bytes: int
    url: str


class MessageRecord(TypedDict):
    id: str
    position: int
    author: Literal["visitor", "agent", "system"]
    name: str
    avatar_url: str | None
    text: str
    html: str
    attachments: list[FileRecord]
    at: str
    quick_replies: list[str]
    system: NotRequired[str]


class LastRecord(TypedDict):
    text: str
    at: str
    author: str


class CsatRecord(CardWords):
    state: Literal["asked", "answered"]
    kind: Literal["csat", "nps"]
    score: int | None
    comment: str


class ConversationRecord(TypedDict):
    id: str
    subject: str
    status: Literal["open", "closed"]
    last_message: LastRecord | None
    unread: int
    last_position: int
    seen_by_agent_position: int
    csat: CsatRecord | None
    continued_by: str


_AUTHORS = {LineKind.VISITOR: "visitor", LineKind.AGENT: "agent"}


def line_record(line: Line, site: str, visitor: Visitor) -> MessageRecord:
    """A line as the visitor sees it; needs ``message__body``, its attachments and ``user``."""
    message = line.message
    is_words = message is not None and line.kind in (LineKind.VISITOR, LineKind.AGENT)
    record = {
        "id": str(
            line.post_id or line.message_id or uuid.uuid5(line.conversation_id, str(line.position))
        ),
        "position": line.position,
        "author": _AUTHORS.get(LineKind(line.kind), "system"),
        "name": visitor.name if line.kind == LineKind.VISITOR else line.name,
        "avatar_url": avatar_url(site, line),
        "text": message.body.text if message is not None and is_words else line.text,
        "html": _html(line, site, visitor) if is_words else "",
        "attachments": _files(line, site, visitor) if is_words else [],
        "at": iso(line.at),
        "quick_replies": _quick_replies(line),
    }
    if record["author"] == "system":
        record["system"] = line.kind
    return cast(MessageRecord, record)


def conversation_record(
    conversation: Conversation, last: Line | None, unread: int, csat: CsatRecord | None
) -> ConversationRecord:
    """A conversation in the visitor's list."""
    return {
        "id": str(conversation.pk),
        "subject": conversation.subject,
        "status": "closed" if conversation.is_closed else "open",
        "last_message": _last(last),
        "unread": unread,
        "last_position": conversation.last_position,
        "seen_by_agent_position": conversation.agent_seen_position,
        "csat": csat,
        "continued_by": conversation.continued_by,
    }


def csat_record(survey: CsatSurvey, chosen: Chosen) -> CsatRecord:
    """A survey as its card; needs its organization, ticket and user, and what was chosen."""
    record = {
        "state": "answered" if survey.state == SurveyState.ANSWERED else "asked",
        "kind": survey.kind,
        "score": survey.score,
        "comment": survey.comment,
        **card_words(survey, chosen),
    }
    return cast(CsatRecord, record)


def visitor_record(visitor: Visitor) -> dict[str, Any]:
    """Who the widget is talking for."""
    return {
        "id": str(visitor.pk),
        "name": visitor.name or None,
        "email": visitor.email or None,
        "is_verified": visitor.is_verified,
    }


def file_record(upload: Any, site: str, visitor: Visitor) -> FileRecord:
    """A file as the visitor sees it: an upload, or an attachment of a message."""
    return {
        "id": str(upload.pk),
        "name": upload.name,
        "content_type": upload.content_type,
        "size_bytes": upload.size_bytes,
        "url": file_url(site, visitor, upload.pk),
    }


def avatar_url(site: str, line: Line) -> str | None:
    """The picture of whoever answered, if they have one."""
    if line.user is None or not line.user.avatar_sha256:
        return None
    return f"/widget/v1/{site}/avatars/{line.user.avatar_sha256[:32]}"


def _last(line: Line | None) -> LastRecord | None:
    if line is None or line.message is None:
        return None
    text = line.message.body.text or ", ".join(
        each.name for each in line.message.attachments.all()[:3]
    )
    return {
        "text": " ".join(text[:600].split())[:140],
        "at": cast(str, iso(line.at)),
        "author": _AUTHORS.get(LineKind(line.kind), "system"),
    }


def _html(line: Line, site: str, visitor: Visitor) -> str:
    """An agent's formatting, made harmless; images that it shows are the message's own files."""
    message = line.message
    if message is None or line.kind != LineKind.AGENT or not message.body.html:
        return ""
    shown = {each.content_id: each for each in message.attachments.all() if each.content_id}

    def address(source: str) -> str | None:
        file = shown.get(source.removeprefix("cid:"))
        return file_url(site, visitor, file.pk) if file is not None else None

    return sanitise(message.body.html, image_address=address)


def _files(line: Line, site: str, visitor: Visitor) -> list[FileRecord]:
    if line.message is None:
        return []
    files: Iterable[Attachment] = line.message.attachments.all()
    return [file_record(each, site, visitor) for each in files if not each.is_inline]


def _quick_replies(line: Line) -> list[str]:
    if line.kind != LineKind.AGENT or line.message is None:
        return []
    listed = line.message.details.get("quick_replies") or []
    return [str(each)[:80] for each in listed[:6]]


def opening_record(is_open: bool, opens_at: datetime | None) -> dict[str, Any]:
    """Whether somebody answers now."""
    return {"is_open": is_open, "opens_at": iso(opens_at) if opens_at else None}
