"""A visitor writes: kept raw, then through the one door, exactly once however often it is posted."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass, replace
from typing import Any

from helpdesk.lib.errors import InvalidInput, NotFound, TemporaryFailure
from inbox import door
from inbox.models import RawInbound, RawState
from inbox.raw import store
from integrations.chat.connector import subject_of
from integrations.chat.conversations import begin_conversation, show_message
from integrations.chat.files import uploads_of
from integrations.chat.models import Conversation, Line, Site, Visitor
from integrations.chat.seeing import note_seen
from integrations.chat.visitors import limited, link_customer, name_customer
from tickets.models import Message

MAX_TEXT_CHARS = 8000
WAIT_SECONDS = 8.0
_STEP_SECONDS = 0.02


@dataclass(frozen=True)
class Post:
    """What the widget posts; ``id`` is made by it, and the same id is the same message."""

    id: uuid.UUID
    text: str
    conversation_id: uuid.UUID | None = None
    attachment_ids: tuple[uuid.UUID, ...] = ()
    page: dict[str, Any] | None = None
    context: dict[str, Any] | None = None


def post_message(site: Site, visitor: Visitor, post: Post) -> Line:
    """The visitor's message with its line. Posted again, also at the same moment: the same line.

    Raises NotFound for a conversation that is not the visitor's, InvalidInput naming the field.
    """
    text = post.text.replace("\x00", "").strip()
    if len(text) > MAX_TEXT_CHARS:
        raise InvalidInput.field("text", f"At most {MAX_TEXT_CHARS} characters.", code="too_long")
    if not text and not post.attachment_ids:
        raise InvalidInput.field("text", "Write something first.", code="required")
    page, context = limited("page", post.page or {}), limited("context", post.context or {})
    post = replace(post, page=page, context=context)
    known = _find_posted(visitor, post)
    if known is not None:
        return known
    files = uploads_of(visitor, list(post.attachment_ids))
    begins = post.conversation_id is None
    if post.conversation_id is None:
        conversation = begin_conversation(visitor, post.id, subject_of(text))
    else:
        conversation = get_conversation(visitor, post.conversation_id)
    link_customer(visitor)
    name_customer(visitor)
    raw = _written_down(visitor, conversation, post, text, files, begins=begins)
    message = _through_the_door(site, raw)
    line = show_message(conversation.pk, message)
    note_seen(conversation.pk, line.position)
    return line


def get_conversation(visitor: Visitor, conversation_id: uuid.UUID) -> Conversation:
    """One of the visitor's own; raises NotFound."""
    found = Conversation.objects.filter(pk=conversation_id, visitor=visitor).first()
    if found is None:
        raise NotFound("This conversation is not here.")
    return found


def _find_posted(visitor: Visitor, post: Post) -> Line | None:
    return Line.objects.filter(post_id=post.id, conversation__visitor=visitor).first()


def _written_down(
    visitor: Visitor,
    conversation: Conversation,
    post: Post,
    text: str,
    files: list[Any],
    *,
    begins: bool,
) -> bytes:
    """The post as it is kept, the same bytes for the same post."""
    told = {
        "id": str(post.id),
        "conversation_id": str(conversation.pk),
        "begins": begins,
        "visitor_id": str(visitor.pk),
        "name": visitor.name or visitor.label,
        "label": visitor.name or visitor.email or visitor.label,
        "is_verified": visitor.is_verified,
        "email": visitor.email,
        "is_email_proven": visitor.is_email_proven,
        "text": text,
        "files": [
            {
                "name": each.name,
                "content_type": each.content_type,
                "size_bytes": each.size_bytes,
                "sha256": each.sha256,
            }
            for each in files
        ],
        "page": post.page,
        "context": post.context,
        "locale": visitor.locale,
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True).encode("utf-8", "replace")


def _through_the_door(site: Site, raw: bytes) -> Message:
    row, is_new = store(site.channel, raw, source="widget", is_claimed=True)
    if is_new:
        row = door.process_claimed(row)
    row = _finished(row)
    message = None
    if row.message_id is not None:
        message = (
            Message.objects.select_related("ticket", "user", "channel")
            .filter(pk=row.message_id)
            .first()
        )
    if message is None:
        raise TemporaryFailure("Your message is kept and will be shown soon.", code="kept")
    return message


def _finished(row: RawInbound) -> RawInbound:
    """The arrival once somebody has processed it: the same post may be in work beside us."""
    deadline = time.monotonic() + WAIT_SECONDS
    while row.state == RawState.RECEIVED and time.monotonic() < deadline:
        time.sleep(_STEP_SECONDS)
        row = door.get_arrival(row.pk)
    return row
