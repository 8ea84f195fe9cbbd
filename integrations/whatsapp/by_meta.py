"""WhatsApp by Meta's Cloud API."""

from __future__ import annotations

from collections.abc import Callable
from hmac import compare_digest
from typing import Any

from helpdesk.lib.errors import InvalidInput, PermanentFailure
from helpdesk.lib.images import raster_type_of
from helpdesk.lib.secrets import decrypt
from helpdesk.lib.signatures import fits_hex
from inbox.connector import (
    Account,
    FetchedFile,
    Item,
    OutboundFile,
    OutboundMessage,
    Polled,
    Refused,
    Sent,
    Template,
    WebhookAnswer,
    WebhookRequest,
)
from inbox.inbound import InboundMessage
from integrations.whatsapp.cloud import Cloud
from integrations.whatsapp.manifest import MAX_CAPTION_CHARS, MAX_TEXT_CHARS
from integrations.whatsapp.messages import inbound_of, items_of
from integrations.whatsapp.templates import components_of, template_of
from integrations.whatsapp.window import is_template
from tickets.models import Channel

_LIMITS = {"image": 5, "video": 16, "audio": 16, "document": 100}
"""Megabytes."""
_IMAGES = ("image/jpeg", "image/png")
_VIDEOS = ("video/mp4", "video/3gpp")
_AUDIO = ("audio/aac", "audio/mp4", "audio/mpeg", "audio/amr", "audio/ogg")


def verify(channel: Channel, request: WebhookRequest) -> None:
    """The handshake has the token we gave, every other call a signature over its exact bytes."""
    secrets = decrypt(channel.secrets)
    if request.method == "GET":
        wanted = str(secrets.get("verify_token") or "")
        given = request.query.get("hub.verify_token", "")
        if not wanted or request.query.get("hub.mode") != "subscribe":
            raise Refused("This is not Meta's handshake.")
        if not compare_digest(given.encode("utf-8", "replace"), wanted.encode()):
            raise Refused("The verify token is not the one of this channel.")
        return
    signature = request.headers.get("x-hub-signature-256", "")
    if not fits_hex(
        str(secrets.get("app_secret") or ""), request.body, signature, prefix="sha256="
    ):
        raise Refused("The signature does not fit.")


def answer(channel: Channel, request: WebhookRequest) -> WebhookAnswer | None:
    """Meta's challenge back to it; anything else is simply taken."""
    if request.method != "GET":
        return None
    return WebhookAnswer(request.query.get("hub.challenge", "")[:200].encode(), is_final=True)


def split(channel: Channel, request: WebhookRequest) -> list[Item]:
    return items_of(request.body)


def parse(raw: bytes) -> InboundMessage:
    return inbound_of(raw)


def send(
    channel: Channel, message: OutboundMessage, before_irreversible: Callable[[], None]
) -> Sent:
    """One message; a file is given to WhatsApp before, where nobody sees it yet."""
    cloud = Cloud.of(channel)
    body = _body(cloud, message)
    before_irreversible()
    return Sent(external_id=cloud.send(body))


def _body(cloud: Cloud, message: OutboundMessage) -> dict[str, Any]:
    group = str(message.thread.get("group_id") or "")
    address = message.to[0]["address"]
    if not group and not address.lstrip("+").isdigit():
        raise PermanentFailure(
            "This person hides their number: WhatsApp lets us answer in its own app only.",
            reason_code="no_number",
        )
    head: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "group" if group else "individual",
        "to": group or address.lstrip("+"),
        "biz_opaque_callback_data": str(message.id),
    }
    if is_template(message):
        return {**head, "type": "template", "template": _template(message.details["template"])}
    if message.files:
        return {**head, **_media(cloud, message)}
    if len(message.text) > MAX_TEXT_CHARS:
        raise PermanentFailure(
            f"A WhatsApp message may have {MAX_TEXT_CHARS} characters.", reason_code="too_long"
        )
    return {**head, "type": "text", "text": {"body": message.text, "preview_url": True}}


def _template(chosen: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": str(chosen.get("name") or ""),
        "language": {"policy": "deterministic", "code": str(chosen.get("language") or "")},
    }
    components = components_of(chosen)
    return {**told, "components": components} if components else told


def _media(cloud: Cloud, message: OutboundMessage) -> dict[str, Any]:
    if len(message.files) > 1:
        raise PermanentFailure("WhatsApp takes one file a message.", reason_code="too_many_files")
    if len(message.text) > MAX_CAPTION_CHARS:
        raise PermanentFailure(
            f"Beside a file a text may have {MAX_CAPTION_CHARS} characters.", reason_code="too_long"
        )
    file = message.files[0]
    content = file.read()
    kind = _kind_of(file, has_text=bool(message.text))
    if len(content) > _LIMITS[kind] * 1024 * 1024:
        raise PermanentFailure(
            f"WhatsApp takes files of this kind up to {_LIMITS[kind]} MB.", reason_code="too_large"
        )
    told: dict[str, Any] = {"id": cloud.upload(file.name, file.content_type, content)}
    if message.text:
        told["caption"] = message.text
    if kind == "document":
        told["filename"] = file.name
    return {"type": kind, kind: told}


def _kind_of(file: OutboundFile, *, has_text: bool) -> str:
    """A sound has no room for words: with words it goes as a document."""
    if file.content_type in _IMAGES:
        return "image"
    if file.content_type in _VIDEOS:
        return "video"
    return "audio" if file.content_type in _AUDIO and not has_text else "document"


def fetch_file(channel: Channel, source: dict[str, Any], max_bytes: int) -> FetchedFile:
    found = Cloud.of(channel).fetch_media(str(source.get("media_id") or ""), max_bytes)
    claimed = found.headers.get("content-type", "").split(";")[0].strip().lower()
    is_image = claimed.startswith("image/")
    judged = raster_type_of(found.content) or ("application/octet-stream" if is_image else claimed)
    return FetchedFile(found.content, judged)


def poll(channel: Channel, cursor: dict[str, Any]) -> Polled:
    """Meta keeps no list of messages: it repeats lost calls itself for up to seven days."""
    return Polled([], cursor, wait_seconds=24 * 3600)


def templates(channel: Channel) -> list[Template]:
    account = str(channel.config.get("business_account_id") or "")
    if not account:
        return []
    found = (template_of(each) for each in Cloud.of(channel).templates(account))
    return [each for each in found if each is not None]


def connect(channel: Channel, hook_url: str) -> Account:
    cloud = Cloud.of(channel)
    number = cloud.number()
    secrets = decrypt(channel.secrets)
    if not secrets.get("app_secret"):
        raise InvalidInput.field("app_secret", "Needed to prove that calls are Meta's.")
    account = str(channel.config.get("business_account_id") or "")
    notes: list[str] = []
    token = str(secrets.get("verify_token") or "")
    if account and token:
        cloud.subscribe(account, hook_url, token)
    else:
        notes.append("Without the Business Account ID you set the callback at Meta yourself.")
    label = f"{number.get('verified_name') or 'WhatsApp'} {number.get('display_phone_number', '')}"
    return Account(
        label.strip(), channel.address,
        {"display_phone_number": str(number.get("display_phone_number") or "")}, tuple(notes),
    )  # fmt: skip


def disconnect(channel: Channel) -> None:
    account = str(channel.config.get("business_account_id") or "")
    if account:
        Cloud.of(channel).unsubscribe(account)


def check(channel: Channel, hook_url: str) -> list[str]:
    cloud = Cloud.of(channel)
    number = cloud.number()
    problems = []
    if number.get("quality_rating") == "RED":
        problems.append("WhatsApp rates this number's quality as low; it may be limited.")
    account = str(channel.config.get("business_account_id") or "")
    if account and not cloud.subscriptions(account):
        problems.append("Meta sends us no events of this account any more. Connect it again.")
    return problems
