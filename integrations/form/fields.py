"""What was filled in: form-encoded, multipart with files, or JSON, all to one shape."""

from __future__ import annotations

import base64
import io
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from django.core.exceptions import ValidationError
from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.core.validators import validate_email
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from helpdesk.lib.errors import FieldError, InvalidInput
from inbox.connector import WebhookRequest

MAX_FIELDS = 40
MAX_NAME_CHARS = 60
MAX_VALUE_CHARS = 1000
MAX_MESSAGE_CHARS = 50_000
MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
KNOWN = ("name", "email", "subject", "message", "order", "submission", "website")
TRAP = "website"
"""Shown to nobody: who fills it in is a program."""

File = tuple[str, str, bytes]


@dataclass(frozen=True)
class Filled:
    """The form as somebody sent it. ``others`` are the shop's own fields, as they were named."""

    email: str
    message: str
    name: str = ""
    subject: str = ""
    order: str = ""
    submission: str = ""
    others: dict[str, str] = field(default_factory=dict)
    files: list[File] = field(default_factory=list)
    is_trapped: bool = False


def read_form(request: WebhookRequest) -> Filled:
    """What was filled in; raises InvalidInput naming every field that is wrong."""
    values, files = values_of(request)
    said = {name: values.get(name, "").strip() for name in KNOWN}
    wrong = _wrong(said, files)
    if wrong:
        raise InvalidInput(wrong[0].message, errors=wrong)
    others = {
        name[:MAX_NAME_CHARS]: value.strip()[:MAX_VALUE_CHARS]
        for name, value in values.items()
        if name not in KNOWN and not name.startswith("_") and value.strip()
    }
    return Filled(
        email=said["email"].lower(),
        message=said["message"],
        name=said["name"][:200],
        subject=said["subject"][:300],
        order=said["order"][:60],
        submission=said["submission"][:64],
        others=dict(list(others.items())[:MAX_FIELDS]),
        files=files,
        is_trapped=bool(said[TRAP]),
    )


def values_of(request: WebhookRequest) -> tuple[dict[str, str], list[File]]:
    """Every field as it was sent, and the files; raises InvalidInput for what is no form."""
    kind = request.headers.get("content-type", "").split(";", 1)[0].strip().lower()
    if kind == "application/json":
        return _from_json(request.body), []
    if kind == "multipart/form-data":
        return _from_parts(request)
    text = request.body.decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MAX_FIELDS + len(KNOWN))
    except ValueError as error:
        raise InvalidInput(f"A form may have {MAX_FIELDS} fields.") from error
    return _clean(dict(pairs)), []


def as_payload(filled: Filled, key: str) -> dict[str, Any]:
    """What goes through the door."""
    return {
        "key": key,
        "email": filled.email,
        "name": filled.name,
        "subject": filled.subject,
        "message": filled.message,
        "order": filled.order,
        "others": filled.others,
        "files": [
            {"name": name, "type": kind, "content": base64.b64encode(content).decode()}
            for name, kind, content in filled.files
        ],
    }


def _wrong(said: dict[str, str], files: list[File]) -> list[FieldError]:
    wrong = []
    try:
        validate_email(said["email"])
    except ValidationError:
        wrong.append(FieldError("email", "invalid", "Write an e-mail address to answer to."))
    if not said["message"]:
        wrong.append(FieldError("message", "required", "Write what it is about."))
    elif len(said["message"]) > MAX_MESSAGE_CHARS:
        wrong.append(FieldError("message", "too_long", "This is too long for a form."))
    if len(files) > MAX_FILES:
        wrong.append(FieldError("files", "too_many", f"At most {MAX_FILES} files."))
    if any(len(content) > MAX_FILE_BYTES for _, _, content in files):
        wrong.append(FieldError("files", "too_large", "A file may have 10 MB."))
    return wrong


def _from_json(body: bytes) -> dict[str, str]:
    try:
        told = json.loads(body)
    except ValueError as error:
        raise InvalidInput("This is not JSON.") from error
    if not isinstance(told, dict):
        raise InvalidInput("A form is a JSON object.")
    plain = {str(name): value for name, value in told.items() if isinstance(value, str | int)}
    return _clean({name: str(value) for name, value in plain.items()})


def _from_parts(request: WebhookRequest) -> tuple[dict[str, str], list[File]]:
    """Multipart by Django's own parser; files stay in memory, the whole call is limited."""
    head = {
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
    }
    handler = MemoryFileUploadHandler()
    try:
        parser = MultiPartParser(head, io.BytesIO(request.body), [handler])
        handler.activated = True
        fields, uploads = parser.parse()
    except (MultiPartParserError, ValueError) as error:
        raise InvalidInput("This form is cut off or not a form.") from error
    files = [
        (each.name or "file", each.content_type or "", each.read())
        for name in uploads
        for each in uploads.getlist(name)
        if each.size
    ]
    named = list(fields)[: MAX_FIELDS + len(KNOWN)]
    return _clean({name: str(fields[name]) for name in named}), files


def _clean(values: dict[str, str]) -> dict[str, str]:
    return {name: value.replace("\x00", "") for name, value in values.items()}
