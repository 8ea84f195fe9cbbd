"""A message changed after it came: its author edited or deleted it, or one of its files arrived."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any

from helpdesk.events.outbox import unit_of_work
from tickets.actions.attach import clean_name, clean_type
from tickets.actions.change import record_message
from tickets.actions.delivery import lock_message, save_message
from tickets.actions.receive import StoredFile, attachment_of
from tickets.models import Attachment, FileState, Message, MessageBody

MAX_KEPT = 20
GROWING = ("call",)


def amend(
    message_id: uuid.UUID,
    *,
    text: str | None = None,
    is_deleted: bool = False,
    details: dict[str, Any] | None = None,
    files: Sequence[StoredFile] = (),
    tell: Callable[[dict[str, Any]], str] | None = None,
) -> Message:
    """Write what its author made of it. Nothing is lost: earlier words stay in ``details``.

    A deleted message keeps its words, which we have answered perhaps; it only says so. What is
    known of a ``call`` grows. With ``tell`` the text is what the details say by now, which is no
    edit. A file of a name that the message has is there already.
    """
    with unit_of_work():
        message, ticket = lock_message(message_id)
        body = message.body
        told = _grown(message.details, details or {})
        change: dict[str, tuple[Any, Any]] = {}
        if text is not None and text != body.text:
            told["previous_texts"] = [*told.get("previous_texts", []), body.text][-MAX_KEPT:]
            told["is_edited"] = True
        elif tell is not None:
            text = tell(told)
        if text is not None and text != body.text:
            change["text"] = (None, None)
            body.text = text
            MessageBody.objects.filter(pk=message.pk).update(text=text)
        if is_deleted:
            told["is_deleted"] = True
        is_grown = _add_files(message, files)
        if told == message.details and not change and not is_grown:
            return message
        message.details = told
        save_message(message, "details")
        record_message("message.changed", message, ticket, change)
    return message


def _grown(known: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    told = {**known, **news}
    for name in GROWING:
        if isinstance(known.get(name), dict) and isinstance(news.get(name), dict):
            told[name] = {**known[name], **news[name]}
    return told


def _add_files(message: Message, files: Sequence[StoredFile]) -> bool:
    """Whether any of them was new."""
    here = set(message.attachments.values_list("name", flat=True)) if files else set()
    missing = [each for each in files if clean_name(each.name) not in here]
    for each in missing:
        attachment_of(message, each).save(force_insert=True)
    if missing:
        getattr(message, "_prefetched_objects_cache", {}).pop("attachments", None)
    return bool(missing)


def name_author(message_id: uuid.UUID, name: str) -> None:
    """The author was known by an id alone when it came; a second call changes nothing."""
    with unit_of_work():
        message, ticket = lock_message(message_id)
        if message.author_name == name[:200]:
            return
        message.author_name = name[:200]
        save_message(message, "author_name")
        record_message("message.changed", message, ticket)


def fill_file(
    attachment_id: uuid.UUID,
    *,
    sha256: str,
    size_bytes: int,
    content_type: str = "",
    name: str = "",
) -> None:
    """The bytes of a waiting file are in the blob store; a second call changes nothing."""
    values: dict[str, Any] = {
        "state": FileState.READY, "sha256": sha256, "size_bytes": size_bytes, "detail": "",
        "source": None, "due_at": None,
    }  # fmt: skip
    if content_type:
        values["content_type"] = clean_type(content_type)
    if name:
        values["name"] = clean_name(name)
    _change_file(attachment_id, values)


def give_up_file(attachment_id: uuid.UUID, reason: str) -> None:
    """The file cannot be had; the message says why."""
    _change_file(attachment_id, {"state": FileState.FAILED, "detail": reason[:200], "due_at": None})


def _change_file(attachment_id: uuid.UUID, values: dict[str, Any]) -> None:
    file = Attachment.objects.filter(pk=attachment_id).first()
    if file is None or file.message_id is None:
        return
    with unit_of_work():
        message, ticket = lock_message(file.message_id)
        waiting = Attachment.objects.filter(pk=attachment_id, state=FileState.WAITING)
        if not waiting.update(**values):
            return
        getattr(message, "_prefetched_objects_cache", {}).pop("attachments", None)
        save_message(message)
        record_message("message.changed", message, ticket)
