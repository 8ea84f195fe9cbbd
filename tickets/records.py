"""Records of tickets, messages and customers: the one shape for lists, details and events."""

from __future__ import annotations

from typing import Any, cast

from django.db.models import prefetch_related_objects

from helpdesk.events.payloads import (
    AttachmentRecord,
    ChannelRecord,
    CustomerNoteRecord,
    CustomerRecord,
    CustomFieldRecord,
    MessageRecord,
    TagRecord,
    TicketRecord,
    ViewRecord,
)
from helpdesk.lib.clock import iso
from tickets.models import (
    Attachment,
    Channel,
    Customer,
    CustomerNote,
    CustomField,
    Direction,
    Draft,
    Message,
    MessageKind,
    Tag,
    Ticket,
    View,
)
from tickets.views import is_shipped

TEXT_LIMIT = 64 * 1024


def ticket_record(ticket: Ticket) -> TicketRecord:
    """The whole ticket; needs no further query."""
    return cast(
        TicketRecord,
        {
            "id": str(ticket.pk),
            "number": ticket.number,
            "subject": ticket.subject,
            "status": ticket.status,
            "priority": ticket.priority,
            "is_unread": ticket.is_unread,
            "assignee_id": _id(ticket.assignee_id),
            "team_id": _id(ticket.team_id),
            "customer_id": str(ticket.customer_id),
            "channel_id": str(ticket.channel_id),
            "channel_kind": ticket.channel_kind,
            "kind": ticket.kind,
            "language": ticket.language or None,
            "intent": ticket.intent or None,
            "sentiment": ticket.sentiment or None,
            "tags": list(ticket.tags),
            "snippet": ticket.snippet,
            "last_message_direction": ticket.last_message_direction or None,
            "last_message_at": iso(ticket.last_message_at),
            "waiting_since": iso(ticket.waiting_since),
            "snoozed_until": iso(ticket.snoozed_until),
            "wakes_on": ticket.wakes_on or None,
            "wakes_order_id": _id(ticket.wakes_order_id),
            "order_id": _id(ticket.order_id),
            "message_count": ticket.message_count,
            "last_position": ticket.last_position,
            "has_attachments": ticket.has_attachments,
            "follower_ids": [str(each) for each in ticket.follower_ids],
            "mentioned_ids": [str(each) for each in ticket.mentioned_ids],
            "csat_state": ticket.csat_state or None,
            "csat_score": ticket.csat_score,
            "csat_reason": ticket.csat_reason or None,
            "created_at": iso(ticket.created_at),
            "updated_at": iso(ticket.updated_at),
            "closed_at": iso(ticket.closed_at),
            "fields": dict(ticket.fields),
            "timers": list(ticket.timers),
            "sla": _sla(ticket),
            "merged_into_id": _id(ticket.merged_into_id),
            "links": list(ticket.links),
            "draft_user_ids": [str(each) for each in ticket.draft_user_ids],
            "version": ticket.version,
        },
    )


def customer_record(customer: Customer) -> CustomerRecord:
    """The customer with all handles; prefetch ``handles`` for lists."""
    if "handles" not in getattr(customer, "_prefetched_objects_cache", {}):
        prefetch_related_objects([customer], "handles")
    return {
        "id": str(customer.pk),
        "name": customer.name,
        "language": customer.language or None,
        "time_zone": customer.time_zone or None,
        "city": customer.city or None,
        "country": customer.country or None,
        "is_vip": customer.is_vip,
        "note": customer.note,
        "handles": [
            {
                "id": str(handle.pk),
                "kind": handle.kind,
                "value": handle.value,
                "is_verified": handle.is_verified,
                "label": handle.label,
                "bounced_at": iso(handle.bounced_at),
                "bounce_reason": handle.bounce_reason,
                "opted_out": handle.opted_out,
            }
            for handle in sorted(customer.handles.all(), key=lambda each: each.pk)
        ],
        "fields": dict(customer.fields),
        "merged_into_id": _id(customer.merged_into_id),
        "created_at": cast(str, iso(customer.created_at)),
        "version": customer.version,
    }


def note_record(note: CustomerNote) -> CustomerNoteRecord:
    """The note with who wrote it."""
    return {
        "id": str(note.pk),
        "customer_id": str(note.customer_id),
        "author_id": _id(note.author_id),
        "author_name": note.author_name,
        "text": note.text,
        "created_at": cast(str, iso(note.created_at)),
        "edited_at": iso(note.edited_at),
        "version": note.version,
    }


def custom_field_record(field: CustomField) -> CustomFieldRecord:
    """The definition of a custom field."""
    return cast(
        CustomFieldRecord,
        {
            "id": str(field.pk),
            "owner": field.owner,
            "slug": field.slug,
            "name": field.name,
            "type": field.type,
            "choices": list(field.choices),
            "position": field.position,
            "is_archived": field.is_archived,
        },
    )


def message_record(message: Message) -> MessageRecord:
    """The whole message; needs ``body`` and prefetched ``attachments``.

    HTML only of what our own people wrote, which is clean and small (tickets.rich_text).
    """
    body = message.body
    text, cut = _cut(body.text)
    quoted, quoted_cut = _cut(body.quoted_text)
    return cast(
        MessageRecord,
        {
            "id": str(message.pk),
            "ticket_id": str(message.ticket_id),
            "position": message.position,
            "kind": message.kind,
            "direction": message.direction,
            "author": {
                "type": message.author_type,
                "id": _id(message.user_id or message.customer_id),
                "name": message.author_name,
            },
            "channel_id": _id(message.channel_id),
            "channel_kind": message.channel_kind or None,
            "from_address": message.from_address,
            "to": message.to,
            "cc": message.cc,
            "bcc": message.bcc,
            "subject": message.subject,
            "text": text,
            "html": _own_html(message),
            "quoted_text": quoted,
            "signature_text": body.signature_text,
            "has_html": message.has_html,
            "is_truncated": message.is_truncated or cut or quoted_cut,
            "language": message.language or None,
            "intent": message.intent or None,
            "intent_confidence": message.intent_confidence,
            "sentiment": message.sentiment or None,
            "is_sender_verified": message.is_sender_verified,
            "attachments": [attachment_record(each) for each in message.attachments.all()],
            "delivery_state": message.delivery_state or None,
            "delivery_reason": message.delivery_reason or None,
            "send_after": iso(message.send_after),
            "is_scheduled": message.is_scheduled,
            "stops_on_reply": message.stops_on_reply,
            "sent_at": iso(message.sent_at),
            "created_at": iso(message.created_at),
            "macro_id": _id(message.macro_id),
            "rule_run_id": _id(message.rule_run_id),
            "mentions": list(message.mentions),
            "details": message.details,
            "version": message.version,
        },
    )


def attachment_record(attachment: Attachment) -> AttachmentRecord:
    """The file's facts and where to fetch it."""
    return cast(
        AttachmentRecord,
        {
            "id": str(attachment.pk),
            "name": attachment.name,
            "content_type": attachment.content_type,
            "size_bytes": attachment.size_bytes,
            "is_inline": attachment.is_inline,
            "content_id": attachment.content_id,
            "url": f"/api/v1/attachments/{attachment.pk}",
            "state": attachment.state,
            "detail": attachment.detail,
        },
    )


def channel_record(channel: Channel) -> ChannelRecord:
    """The channel without its settings and secrets, with its health."""
    if not channel.is_active:
        state, detail = "paused", "Paused by an admin."
    elif channel.failing_since is not None:
        state, detail = "failing", channel.failure
    else:
        state, detail = ("ok" if channel.last_success_at else "unknown"), ""
    return cast(
        ChannelRecord,
        {
            "id": str(channel.pk),
            "slug": channel.slug,
            "kind": channel.kind,
            "handle_kind": channel.handle_kind,
            "name": channel.name,
            "address": channel.address,
            "is_active": channel.is_active,
            "health": {
                "state": state,
                "last_success_at": iso(channel.last_success_at),
                "detail": detail,
            },
        },
    )


def tag_record(tag: Tag) -> TagRecord:
    """The tag by name."""
    return {"id": str(tag.pk), "name": tag.name, "description": tag.description}


def view_record(view: View) -> ViewRecord:
    """The view without its count."""
    return cast(
        ViewRecord,
        {
            "id": str(view.pk),
            "slug": view.slug,
            "name": view.name,
            "icon": view.icon,
            "section": view.section,
            "scope": view.scope,
            "owner_id": _id(view.owner_id),
            "team_id": _id(view.team_id),
            "conditions": view.conditions,
            "sort": view.sort,
            "group": view.group,
            "columns": list(view.columns),
            "position": view.position,
            "is_shipped": is_shipped(view),
        },
    )


def draft_record(draft: Draft) -> dict[str, Any]:
    """The draft as its author sees it on every device, with the files that wait for it."""
    files = Attachment.objects.filter(
        pk__in=draft.content.get("attachment_ids") or [], uploaded_by=draft.user_id, message=None
    )
    empty: dict[str, Any] = {
        "id": None,
        "text": "",
        "html": None,
        "to": [],
        "cc": [],
        "bcc": [],
        "subject": None,
        "channel_id": None,
        "order_id": None,
        "order_basis": None,
        "order_action": None,
        "spans": [],
        "missing": [],
        "earlier": None,
        "attachment_ids": [],
        "macro_id": None,
    }
    return {
        **empty,
        **draft.content,
        "files": [attachment_record(each) for each in files],
        "ticket_id": str(draft.ticket_id),
        "mode": draft.mode,
        "rev": draft.rev,
        "updated_at": iso(draft.updated_at),
    }


def _own_html(message: Message) -> str | None:
    is_own = message.direction != Direction.IN and message.kind != MessageKind.SURVEY
    html = message.body.html if is_own and message.user_id else ""
    return html if html and len(html) <= TEXT_LIMIT else None


def ticket_payload(ticket: Ticket) -> dict[str, Any]:
    """Payload of every ``ticket.*`` event."""
    return {"ticket": ticket_record(ticket), "customer": customer_record(ticket.customer)}


def message_payload(message: Message, ticket: Ticket) -> dict[str, Any]:
    """Payload of every ``message.*`` event."""
    return {"message": message_record(message), **ticket_payload(ticket)}


def _sla(ticket: Ticket) -> dict[str, Any] | None:
    if not ticket.sla_state:
        return None
    return {
        "policy": ticket.sla_policy,
        "target": ticket.sla_target,
        "state": ticket.sla_state,
        "due_at": iso(ticket.sla_due_at),
        "amber_at": iso(ticket.sla_amber_at),
    }


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _cut(text: str) -> tuple[str, bool]:
    return (text[:TEXT_LIMIT], True) if len(text) > TEXT_LIMIT else (text, False)
