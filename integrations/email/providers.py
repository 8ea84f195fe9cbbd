"""Inbound mail that a provider posts: Mailgun, Postmark, SendGrid, Amazon SES (by SNS).

Where the provider gives the raw mail, those bytes go on untouched; where it took the mail apart,
django-anymail puts it together again. Either way it is read like any other mail afterwards.
Mailgun signs its calls. The others do not: there the address is the secret, and a user name and
password where they were put into it.
"""

from __future__ import annotations

import base64
import hmac
import io
import json
import re
import warnings
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict
from django.utils.datastructures import MultiValueDict

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
from inbox.connector import ArrivedRaw, Confirm, Ignored, Item, Refused, WebhookRequest
from tickets.models import Channel

RAW_FIELDS = {"mailgun": "body-mime", "sendgrid": "email"}
_SNS_HOST = re.compile(r"sns\.[a-z0-9-]{1,40}\.amazonaws\.com(\.cn)?")


def verify(channel: Channel, request: WebhookRequest) -> None:
    """Raises Refused unless the call is the provider's, as far as that can be known."""
    provider = str(channel.config.get("provider") or "")
    secret = str(decrypt(channel.secrets).get("provider_secret") or "")
    if not provider:
        raise Refused("This mailbox takes no mail from a provider.")
    if provider == "mailgun":
        _verify_mailgun(secret, request)
    elif secret:
        _verify_basic(secret, request)


def mails_in(channel: Channel, request: WebhookRequest) -> list[Item]:
    """The mails; raises InvalidInput for what is not a call of the channel's provider."""
    provider = str(channel.config.get("provider") or "")
    try:
        if provider == "ses":
            return _from_sns(request)
        return [_mail(provider, request)]
    except InvalidInput:
        raise
    except Exception as error:
        # anymail raises what its reading of a broken call happens to run into.
        raise InvalidInput(f"This is not a mail as {provider or 'a provider'} posts it.") from error


def _verify_mailgun(secret: str, request: WebhookRequest) -> None:
    """HMAC-SHA256 over timestamp and token (Mailgun, Securing Webhooks)."""
    fields = dict(_fields(request))
    told = [fields.get(name, b"") for name in ("timestamp", "token", "signature")]
    timestamp, token, signature = (each.decode("utf-8", "replace") for each in told)
    if not fits_hex(secret, f"{timestamp}{token}".encode(), signature):
        raise Refused("The signature is not Mailgun's.")


def _verify_basic(secret: str, request: WebhookRequest) -> None:
    expected = "Basic " + base64.b64encode(secret.encode()).decode()
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Refused("User name and password are not those of the channel.")


def _mail(provider: str, request: WebhookRequest) -> ArrivedRaw:
    if provider == "postmark":
        return _from_postmark(request)
    fields = _fields(request)
    envelope = _envelope(provider, dict(fields))
    raw = next((value for name, value in fields if name == RAW_FIELDS[provider]), b"")
    if raw:
        return ArrivedRaw(_name_of(raw), _with_newlines(raw), envelope)
    event = _parsed(provider, request)
    return _put_together(event.message, envelope)


def _from_postmark(request: WebhookRequest) -> ArrivedRaw:
    told = json.loads(request.body)
    envelope: dict[str, Any] = {}
    if told.get("OriginalRecipient"):
        envelope["rcpt_to"] = [str(told["OriginalRecipient"])]
    if told.get("RawEmail"):
        raw = str(told["RawEmail"]).encode("utf-8", "surrogateescape")
        return ArrivedRaw(str(told.get("MessageID", "")), _with_newlines(raw), envelope)
    if not isinstance(told.get("FromFull"), dict):
        raise InvalidInput("This is not an inbound mail of Postmark.")
    return _put_together(_parsed("postmark", request).message, envelope)


def _from_sns(request: WebhookRequest) -> list[Item]:
    """A notification of Amazon SNS: the mail itself, or the question whether we want them."""
    told = json.loads(request.body)
    kind = told.get("Type")
    if kind == "SubscriptionConfirmation":
        address = urlsplit(str(told.get("SubscribeURL", "")))
        if address.scheme != "https" or not _SNS_HOST.fullmatch(address.hostname or ""):
            raise InvalidInput("The address to confirm is not Amazon's.")
        return [Confirm(address.geturl())]
    if kind != "Notification":
        return [Ignored(f"SNS sent {str(kind)[:40]!r}")]
    event = json.loads(told["Message"])
    if event.get("notificationType") != "Received":
        return [Ignored("a notification about mail that left")]
    content = event.get("content")
    if not content:
        raise InvalidInput(
            "Let the SES rule publish the mail itself to SNS: it is not in the call."
        )
    is_base64 = event.get("receipt", {}).get("action", {}).get("encoding") == "BASE64"
    raw = (
        base64.b64decode(content) if is_base64 else str(content).encode("utf-8", "surrogateescape")
    )
    envelope = {
        "mail_from": str(event.get("mail", {}).get("source") or ""),
        "rcpt_to": [str(each) for each in event.get("receipt", {}).get("recipients", [])],
    }
    return [
        ArrivedRaw(str(event.get("mail", {}).get("messageId", "")), _with_newlines(raw), envelope)
    ]


def _put_together(message: Message, envelope: dict[str, Any]) -> ArrivedRaw:
    if not message["From"] and not message["Message-Id"]:
        raise InvalidInput("There is no mail in this call.")
    raw = message.as_bytes()
    return ArrivedRaw(_name_of(raw), raw, envelope)


def _parsed(provider: str, request: WebhookRequest) -> Any:
    """What django-anymail makes of the call."""
    from anymail.webhooks import mailgun, postmark, sendgrid  # type: ignore[import-untyped]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        view: Any = {
            "mailgun": lambda: mailgun.MailgunInboundWebhookView(webhook_signing_key="unused"),
            "postmark": postmark.PostmarkInboundWebhookView,
            "sendgrid": sendgrid.SendGridInboundWebhookView,
        }[provider]()
        [event] = view.parse_events(_as_django(request))
    return event


def _as_django(request: WebhookRequest) -> WSGIRequest:
    """The call as anymail's views want it, its fields read by us: mails are larger than forms."""
    kind = request.headers.get("content-type", "")
    made = WSGIRequest(
        {
            "REQUEST_METHOD": "POST", "PATH_INFO": "/", "SERVER_NAME": "hooks", "SERVER_PORT": "443",
            "CONTENT_TYPE": kind, "CONTENT_LENGTH": str(len(request.body)),
            "wsgi.input": io.BytesIO(request.body),
        }
    )  # fmt: skip
    made._body = request.body
    if "json" not in kind:
        fields = QueryDict(mutable=True)
        for name, value in _fields(request):
            fields.appendlist(name, value.decode("utf-8", "replace"))
        made.__dict__.update(_post=fields, _files=_files(request))
    return made


def _fields(request: WebhookRequest) -> list[tuple[str, bytes]]:
    """The plain fields of a form, in order, as bytes."""
    if not _is_multipart(request):
        text = request.body.decode("latin-1")
        pairs = parse_qsl(text, keep_blank_values=True, encoding="latin-1", max_num_fields=500)
        return [(name, value.encode("latin-1")) for name, value in pairs]
    return [
        (str(part.get_param("name", header="content-disposition") or ""), _payload(part))
        for part in _parts(request)
        if part.get_filename() is None
    ]


def _files(request: WebhookRequest) -> MultiValueDict[str, SimpleUploadedFile]:
    files: MultiValueDict[str, SimpleUploadedFile] = MultiValueDict()
    for part in _parts(request) if _is_multipart(request) else []:
        name = part.get_filename()
        if name is not None:
            field = str(part.get_param("name", header="content-disposition") or "")
            content = SimpleUploadedFile(name or "file", _payload(part), part.get_content_type())
            files.appendlist(field, content)
    return files


def _parts(request: WebhookRequest) -> list[Message]:
    head = f"Content-Type: {request.headers.get('content-type', '')}\r\n\r\n".encode()
    whole = BytesParser(policy=HTTP).parsebytes(head + request.body)
    parts = whole.get_payload()
    return [each for each in parts if isinstance(each, Message)] if isinstance(parts, list) else []


def _payload(part: Message) -> bytes:
    if part.is_multipart():  # a mail as a file: its own bytes again
        return b"".join(each.as_bytes() for each in part.get_payload() if isinstance(each, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _is_multipart(request: WebhookRequest) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")


def _envelope(provider: str, fields: dict[str, bytes]) -> dict[str, Any]:
    """Who the mail was handed over by and for, as the provider says."""
    if provider == "mailgun":
        named = {"mail_from": "sender", "rcpt_to": "recipient"}
        said = {
            ours: fields.get(theirs, b"").decode("utf-8", "replace")
            for ours, theirs in named.items()
        }
        return {
            "mail_from": said["mail_from"],
            "rcpt_to": [said["rcpt_to"]] if said["rcpt_to"] else [],
        }
    try:
        told = json.loads(fields.get("envelope", b"{}"))
        return {"mail_from": str(told["from"]), "rcpt_to": [str(each) for each in told["to"]]}
    except (ValueError, KeyError, TypeError):
        return {}


def _with_newlines(raw: bytes) -> bytes:
    """Lines end as in a mail (CRLF), however the provider wrote them."""
    return re.sub(rb"\r\n|\r|\n", b"\r\n", raw)


def _name_of(raw: bytes) -> str:
    found = re.search(rb"(?im)^message-id:\s*<?([^>\s]{1,200})", raw[:65536])
    return found.group(1).decode("ascii", "replace") if found else ""
