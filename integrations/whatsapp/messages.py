"""Reading what WhatsApp's Cloud API calls us with. Pure: no network, no database."""

from __future__ import annotations

import json
import uuid
from datetime import UTC, datetime
from typing import Any

from helpdesk.lib.errors import InvalidInput
from inbox.connector import Amended, Arrived, Ignored, Item, Reported
from inbox.inbound import (
    Details,
    InboundAttachment,
    InboundMessage,
    SenderHandle,
    content_key_of,
    first_words,
)
from integrations.whatsapp.words import in_words
from tickets.models import HandleKind

MEDIA = ("image", "video", "audio", "document", "sticker", "voice")
_STATES = {"sent": "sent", "delivered": "delivered", "read": "read", "played": "read",
           "failed": "failed"}  # fmt: skip
_QUIET = {"system", "request_welcome", "ephemeral"}
_ENDINGS = {"jpeg": "jpg", "mpeg": "mp3", "plain": "txt", "quicktime": "mov", "x-vcard": "vcf",
            "vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
            "vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx"}  # fmt: skip
MAX_ITEMS = 1000


def items_of(body: bytes) -> list[Item]:
    """What is in a call, in order. Raises InvalidInput where it is none of WhatsApp's."""
    try:
        told = json.loads(body)
    except ValueError as error:
        raise InvalidInput("This is not JSON.") from error
    if not isinstance(told, dict) or not isinstance(told.get("entry"), list):
        raise InvalidInput("This is not a call of WhatsApp.")
    if told.get("object") != "whatsapp_business_account":
        return [Ignored("not about WhatsApp")]
    found: list[Item] = []
    for entry in told["entry"]:
        for change in _dicts(_dict(entry).get("changes")):
            found += _of_change(str(change.get("field") or ""), _dict(change.get("value")))
    return (found or [Ignored("nothing in it")])[:MAX_ITEMS]


def _of_change(field: str, value: dict[str, Any]) -> list[Item]:
    if field == "smb_message_echoes":
        return [Ignored("written by us in the WhatsApp Business app")]
    if field != "messages":
        return [Ignored(f"{field[:40]} does not concern us")]
    found: list[Item] = [_of_status(each) for each in _dicts(value.get("statuses"))]
    found += [_of_message(each, value) for each in _dicts(value.get("messages"))]
    return found or [Ignored("neither message nor status")]


def _of_status(told: dict[str, Any]) -> Item:
    state = _STATES.get(str(told.get("status")))
    if state is None or not told.get("id"):
        return Ignored(f"status {str(told.get('status'))[:20]}")
    errors = _dicts(told.get("errors"))
    return Reported(
        state,  # type: ignore[arg-type]
        external_id=str(told["id"]),
        message_id=_uuid(told.get("biz_opaque_callback_data")),
        reason=in_words(errors[0]) if errors and state == "failed" else "",
        at=_time(told.get("timestamp")),
    )


def _of_message(told: dict[str, Any], value: dict[str, Any]) -> Item:
    kind = str(told.get("type") or "")
    metadata = _dict(value.get("metadata"))
    if not told.get("id") or not (told.get("from") or told.get("from_user_id")):
        return Ignored("a message without id or sender")
    if kind == "reaction":
        return _reaction(_dict(told.get("reaction")))
    if kind == "edit":
        edit = _dict(told.get("edit"))
        text = words_of(_dict(edit.get("message")))
        return Amended(str(edit.get("original_message_id") or ""), text=text)
    if kind == "revoke":
        original = _dict(told.get("revoke")).get("original_message_id")
        return Amended(str(original or ""), is_deleted=True)
    if kind in _QUIET:
        return Ignored(f"{kind}: {str(_dict(told.get('system')).get('type') or '')[:60]}")
    account = str(metadata.get("phone_number_id") or "")
    sender = {told.get("from"), told.get("from_user_id")}
    known = [
        each for each in _dicts(value.get("contacts"))
        if {each.get("wa_id"), each.get("user_id")} & sender
    ]  # fmt: skip
    payload = {"message": told, "contact": known[0] if known else {}, "number_id": account}
    return Arrived(str(told["id"]), payload, account=account, is_account_only=True)


def _reaction(told: dict[str, Any]) -> Item:
    """An empty emoji takes the reaction back."""
    emoji = str(told.get("emoji") or "")
    if not told.get("message_id"):
        return Ignored("a reaction to nothing")
    return Amended(str(told["message_id"]), details={"reactions": {emoji: 1} if emoji else {}})


def inbound_of(raw: bytes) -> InboundMessage:
    """One stored message in normal form."""
    try:
        stored = json.loads(raw)
        told, contact = _dict(stored["message"]), _dict(stored["contact"])
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidInput("This is not a message of WhatsApp.") from error
    sender = _sender(told, contact)
    text = words_of(told)
    group = str(told.get("group_id") or "")
    context = _dict(told.get("context"))
    number_id = str(stored.get("number_id") or "")
    return InboundMessage(
        sender=sender,
        external_id=str(told["id"]),
        subject=first_words(text, "WhatsApp"),
        text=text,
        attachments=_files(told),
        in_reply_to=str(context.get("id") or ""),
        sent_at=_time(told.get("timestamp")),
        is_sender_verified=True,
        content_key=content_key_of("whatsapp", told["id"]),
        thread_key=f"{number_id}:{group or sender.value}",
        thread={"group_id": group} if group else {},
        details=_details(told),
    )


def _sender(told: dict[str, Any], contact: dict[str, Any]) -> SenderHandle:
    """A phone number, or the opaque id of somebody who hides it."""
    name = str(_dict(contact.get("profile")).get("name") or "")
    phone = str(told.get("from") or "")
    if phone.isdigit():
        return SenderHandle(HandleKind.PHONE, f"+{phone}", name, is_verified=True)
    opaque = str(told.get("from_user_id") or phone)
    label = str(_dict(contact.get("profile")).get("username") or "")
    return SenderHandle(HandleKind.EXTERNAL, f"whatsapp:{opaque}", name, is_verified=True,
                        label=f"@{label}" if label else name)  # fmt: skip


def words_of(told: dict[str, Any]) -> str:
    """What a message says, in words, whatever its type is."""
    kind = str(told.get("type") or "")
    if kind == "text":
        return str(_dict(told.get("text")).get("body") or "")
    if kind in MEDIA:
        return str(_dict(told.get(kind)).get("caption") or "")
    if kind == "location":
        return _location_words(_dict(told.get("location")))
    if kind == "contacts":
        return "\n".join(_contact_words(each) for each in _dicts(told.get("contacts")))
    if kind == "button":
        button = _dict(told.get("button"))
        return str(button.get("text") or button.get("payload") or "")
    if kind == "order":
        return _order_words(_dict(told.get("order")))
    if kind == "interactive" and told.get("interactive"):
        return _choice_words(_dict(told["interactive"]))
    what = _dict(told.get("unsupported")).get("type") or kind or "unknown"
    return f"[They sent something that WhatsApp does not pass on to us ({str(what)[:40]}).]"


def _location_words(told: dict[str, Any]) -> str:
    place = ", ".join(str(told[each]) for each in ("name", "address") if told.get(each))
    point = f"{told.get('latitude')}, {told.get('longitude')}"
    return f"Location: {place} ({point})" if place else f"Location: {point}"


def _contact_words(told: dict[str, Any]) -> str:
    name = str(_dict(told.get("name")).get("formatted_name") or "").strip()
    numbers = [str(each["phone"]) for each in _dicts(told.get("phones")) if each.get("phone")]
    mails = [str(each["email"]) for each in _dicts(told.get("emails")) if each.get("email")]
    return f"Contact: {', '.join([name or 'without a name', *numbers, *mails])}"


def _order_words(told: dict[str, Any]) -> str:
    lines = [
        f"{each.get('quantity', 1)} × {each.get('product_retailer_id', '?')}"
        f" ({each.get('item_price', '?')} {each.get('currency', '')})"
        for each in _dicts(told.get("product_items"))
    ]
    return "\n".join(
        filter(None, [str(told.get("text") or ""), "Order from the catalogue:", *lines])
    )


def _choice_words(told: dict[str, Any]) -> str:
    for name in ("button_reply", "list_reply"):
        chosen = _dict(told.get(name))
        if chosen:
            words = [str(chosen[each]) for each in ("title", "description") if chosen.get(each)]
            return ": ".join(words)
    form = _form(told)
    if form:
        return "\n".join([f"{name}: {value}" for name, value in form.items()])
    return str(_dict(told.get("nfm_reply")).get("body") or "Chose something.")


def _form(interactive: dict[str, Any]) -> dict[str, str]:
    """What was filled into a form of WhatsApp's (a flow), without its own token."""
    try:
        filled = json.loads(str(_dict(interactive.get("nfm_reply")).get("response_json") or "{}"))
    except ValueError:
        return {}
    return {
        str(name)[:80]: str(value)[:500]
        for name, value in _dict(filled).items()
        if name != "flow_token"
    }


def _details(told: dict[str, Any]) -> Details:
    details = Details()
    kind = told.get("type")
    if kind == "location":
        details["location"] = {
            each: told["location"].get(each)
            for each in ("latitude", "longitude", "name", "address", "url")
            if _dict(told.get("location")).get(each) is not None
        }
    if kind == "contacts":
        details["contacts"] = [
            {"name": _dict(each.get("name")).get("formatted_name", ""),
             "phones": [phone.get("phone", "") for phone in _dicts(each.get("phones"))]}
            for each in _dicts(told.get("contacts"))
        ]  # fmt: skip
    choice = _choice(told)
    if choice:
        details["choice"] = choice
    form = _form(_dict(told.get("interactive")))
    if form:
        details["form"] = form
    if _dict(told.get("context")).get("forwarded") or _dict(told.get("context")).get("frequently_forwarded"):  # fmt: skip
        details["forwarded"] = True
    advert = _dict(told.get("referral"))
    if advert:
        details["post"] = {
            "title": str(advert.get("headline") or ""), "text": str(advert.get("body") or ""),
            "url": str(advert.get("source_url") or ""),
        }  # fmt: skip
    return details


def _choice(told: dict[str, Any]) -> dict[str, str]:
    """Which button or line of ours they chose."""
    button = _dict(told.get("button"))
    if button:
        return {"id": str(button.get("payload") or ""), "title": str(button.get("text") or "")}
    interactive = _dict(told.get("interactive"))
    chosen = _dict(interactive.get("button_reply")) or _dict(interactive.get("list_reply"))
    if not chosen:
        return {}
    return {"id": str(chosen.get("id") or ""), "title": str(chosen.get("title") or "")}


def _files(told: dict[str, Any]) -> list[InboundAttachment]:
    kind = str(told.get("type") or "")
    media = _dict(told.get(kind)) if kind in MEDIA else {}
    if not media.get("id"):
        return []
    content_type = str(media.get("mime_type") or "").split(";")[0].strip().lower()
    subtype = content_type.rpartition("/")[2]
    name = str(media.get("filename") or f"{kind}.{_ENDINGS.get(subtype, subtype[:12])}".rstrip("."))
    return [InboundAttachment(name, content_type, source={"media_id": str(media["id"])})]


def _time(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def _uuid(text: Any) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(text)) if text else None
    except ValueError:
        return None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
