"""Merge a ticket into another one, and take that back for a day.

The source stays as a tombstone that points to the target: links, its number and mail that answers
one of its messages follow the pointer. Messages keep their ids and stand in the target by time.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound
from tickets.actions.change import apply_changes
from tickets.actions.drafts import note_drafts
from tickets.actions.moving import (
    add_link,
    facts_of,
    in_order_of_time,
    lock_pair,
    order_of,
    place,
    record_both,
    without_link,
)
from tickets.models import Draft, Merge, Message, Priority, Status, Ticket
from tickets.selectors import may_see_ticket

UNDO_WITHIN = timedelta(hours=24)
NOT_SEEN = "This ticket doesn't exist, or you can't see it."
MAX_TAGS = 50
_PEOPLE = ("follower_ids", "mentioned_ids")
_URGENCY = [Priority.LOW, Priority.NORMAL, Priority.HIGH, Priority.URGENT]
_TOMB = {
    "status": Status.CLOSED,
    "is_unread": False,
    "snoozed_until": None,
    "wakes_on": "",
    "wakes_order_id": None,
    "waiting_since": None,
}
_RESTORED = ("status", "is_unread", "snoozed_until", "wakes_on", "wakes_order_id", "closed_at")
_CHOSEN = ("subject", "assignee_id", "team_id", "priority", "status", "snoozed_until", "wakes_on",
           "wakes_order_id", "closed_at", "is_unread")  # fmt: skip


@dataclass(frozen=True)
class Choice:
    """Whose subject and whose assignee the merged ticket has: ``target`` or ``source``."""

    subject_from: str = "target"
    assignee_from: str = "target"


def merge(
    source_id: uuid.UUID,
    target_id: uuid.UUID,
    *,
    user: User | None,
    choice: Choice | None = None,
    merge_id: uuid.UUID,
    client_id: str = "",
) -> Merge:
    """Move everything of the source into the target; the same ``merge_id`` twice is one merge.

    Without a person (``user`` None) a rule does it, as whoever acts in this unit of work.
    A target that was itself merged leads to the one it went into. Raises NotFound where the
    person sees one of the two no more, InvalidInput for tickets that cannot be merged, Conflict
    (code ``merged``) when the source was merged meanwhile.
    """
    actor = Actor.of_user(user) if user else None
    with unit_of_work(actor=actor, client_id=client_id):
        known = Merge.objects.filter(pk=merge_id).first()
        if known is not None:
            return _same(known, source_id, user)
        source, target = _lock_for_merge(source_id, target_id)
        if user is not None:
            _require_sight(user, source, target)
        before = {"target": _kept(target, *_CHOSEN, "tags"), "source": _kept(source, *_RESTORED)}
        people = {
            name: [str(each) for each in getattr(source, name) if each not in getattr(target, name)]
            for name in _PEOPLE
        }
        moved = order_of(source)
        positions = place(target, in_order_of_time(target, source))
        _change_target(target, source, choice or Choice())
        links = add_link(source, target, "merged_into")
        apply_changes(source, {**_TOMB, "merged_into": target, "links": links})
        apply_changes(source, facts_of(source) | {"last_message_at": source.last_message_at})
        drafts = _move_drafts(source, target)
        note_drafts(source)
        note_drafts(target)
        row = Merge.objects.create(
            id=merge_id,
            organization_id=source.organization_id,
            source=source,
            target=target,
            user=user,
            moved=[str(pk) for pk in moved],
            before={**before, "after": _kept(target, *_CHOSEN, "tags"), "drafts": drafts, **people},
        )
        record_both("ticket.merged", target, source, positions)
    return row


def unmerge(source_id: uuid.UUID, *, user: User, client_id: str = "") -> Merge:
    """Take a merge back: every message is where it was, whatever has been written since.

    What was written since stays on the target, and so does what a colleague changed there since.
    Raises Conflict: ``too_late`` after a day, ``merged_further`` when the target went into another
    ticket, ``not_merged`` when there is nothing to take back.
    """
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        row = _find_merge(source_id)
        source, target = lock_pair(source_id, row.target_id)
        _require_sight(user, source, target)
        row = _find_merge(source_id)
        if now() - row.done_at > UNDO_WITHIN:
            raise Conflict("A merge can be taken back within 24 hours.", code="too_late")
        if target.merged_into_id is not None:
            message = f"#{target.number} was merged further: take that merge back first."
            raise Conflict(message, code="merged_further")
        wanted = [uuid.UUID(each) for each in row.moved]
        here = set(order_of(target))
        back = [pk for pk in wanted if pk in here]
        place(source, back)
        positions = place(target, [pk for pk in order_of(target) if pk not in set(back)])
        _restore_source(source, target, row)
        _restore_target(target, source, row)
        _move_drafts_back(row.before["drafts"], source, target)
        note_drafts(source)
        note_drafts(target)
        row.undone_at = now()
        row.save(update_fields=["undone_at"])
        record_both("ticket.unmerged", target, source, positions)
    return row


def preview(source: Ticket, target: Ticket) -> dict[str, Any]:
    """What merging would do, for the agent to read before: order, choices, consequences."""
    order = in_order_of_time(target, source)
    messages = Message.objects.filter(pk__in=order[-60:]).select_related("body")
    by_id = {each.pk: each for each in messages}
    shown = [by_id[pk] for pk in order if pk in by_id]
    return {
        "source_id": str(source.pk),
        "target_id": str(target.pk),
        "message_count": len(order),
        "timeline": [
            {
                "id": str(each.pk),
                "ticket_id": str(each.ticket_id),
                "kind": each.kind,
                "author_name": each.author_name,
                "at": iso(each.created_at),
                "text": " ".join(each.body.text[:400].split())[:120],
            }
            for each in shown
        ],
        "subjects": {"target": target.subject, "source": source.subject},
        "assignees": {"target": _id(target.assignee_id), "source": _id(source.assignee_id)},
        "tags": _all_tags(target, source),
        "priority": _higher(target.priority, source.priority),
        "status": target.status if not _reopens(target, source) else Status.OPEN,
        "effects": _effects(source, target),
    }


def _same(known: Merge, source_id: uuid.UUID, user: User | None) -> Merge:
    """The merge of that id, if it is the one that is asked for once more."""
    is_foreign = user is not None and user.organization_id != known.organization_id
    if is_foreign or known.source_id != source_id:
        raise Conflict("This id belongs to another merge.", code="id_taken")
    return known


def _lock_for_merge(source_id: uuid.UUID, target_id: uuid.UUID) -> tuple[Ticket, Ticket]:
    target_id = _survivor_id(target_id)
    if source_id == target_id:
        raise InvalidInput.field("target_id", "A ticket cannot be merged into itself.")
    source, target = lock_pair(source_id, target_id)
    if source.organization_id != target.organization_id:
        raise NotFound(NOT_SEEN)
    if source.merged_into_id is not None:
        raise Conflict("This ticket was merged into another one.", code="merged")
    if target.merged_into_id is not None:
        raise Conflict("The other ticket was merged meanwhile. Choose again.", code="merged")
    if target.status in (Status.SPAM, Status.TRASH):
        raise InvalidInput.field("target_id", f"#{target.number} is in {target.status}.")
    return source, target


def _require_sight(user: User, *tickets: Ticket) -> None:
    """A tombstone everybody sees may lead into a private team; both are asked for, locked."""
    if not all(may_see_ticket(user, each) for each in tickets):
        raise NotFound(NOT_SEEN)


def _survivor_id(ticket_id: uuid.UUID) -> uuid.UUID:
    seen = {ticket_id}
    while True:
        into = Ticket.objects.filter(pk=ticket_id).values_list("merged_into_id", flat=True).first()
        if into is None or into in seen:
            return ticket_id
        seen.add(into)
        ticket_id = into


def _change_target(target: Ticket, source: Ticket, choice: Choice) -> None:
    fields: dict[str, Any] = {
        "tags": _all_tags(target, source),
        "priority": _higher(target.priority, source.priority),
        "is_unread": target.is_unread or source.is_unread,
        "links": add_link(target, source, "merged_from"),
    }
    for name in _PEOPLE:
        fields[name] = list(dict.fromkeys([*getattr(target, name), *getattr(source, name)]))
    if choice.subject_from == "source" and source.subject:
        fields["subject"] = source.subject
    takes = choice.assignee_from == "source" or target.assignee_id is None
    if takes and (source.assignee_id is not None or choice.assignee_from == "source"):
        fields["assignee_id"] = source.assignee_id
    if target.team_id is None and source.team_id is not None:
        fields["team_id"] = source.team_id
    if _reopens(target, source):
        fields |= {"status": Status.OPEN, "closed_at": None, "snoozed_until": None}
        fields |= {"wakes_on": "", "wakes_order_id": None}
    apply_changes(target, fields)
    apply_changes(target, facts_of(target))


def _reopens(target: Ticket, source: Ticket) -> bool:
    """Somebody waits for an answer in the source: the merged ticket is open."""
    return source.status == Status.OPEN and target.status in (Status.CLOSED, Status.SNOOZED)


def _restore_source(source: Ticket, target: Ticket, row: Merge) -> None:
    fields = {name: _parsed(name, value) for name, value in row.before["source"].items()}
    fields |= {"merged_into": None, "links": without_link(source, target, "merged_into")}
    apply_changes(source, fields)
    apply_changes(source, facts_of(source))


def _restore_target(target: Ticket, source: Ticket, row: Merge) -> None:
    """Each field goes back unless somebody has changed it since."""
    before, after = row.before["target"], row.before["after"]
    present = _kept(target, *_CHOSEN, "tags")
    fields = {name: _parsed(name, before[name]) for name in _CHOSEN if present[name] == after[name]}
    added = set(after["tags"]) - set(before["tags"])
    fields["tags"] = [each for each in target.tags if each not in added]
    fields["links"] = without_link(target, source, "merged_from")
    for name in _PEOPLE:
        fields[name] = [each for each in getattr(target, name) if str(each) not in row.before[name]]
    if before["status"] != after["status"] and _was_written_since(target, row):
        for name in ("status", "snoozed_until", "wakes_on", "wakes_order_id", "closed_at"):
            fields.pop(name, None)
    apply_changes(target, fields)
    apply_changes(target, facts_of(target))


def _was_written_since(target: Ticket, row: Merge) -> bool:
    return Message.objects.filter(ticket=target, created_at__gt=row.done_at).exists()


def _move_drafts(source: Ticket, target: Ticket) -> list[dict[str, Any]]:
    """Drafts go along; where the same agent has one there, both texts stand in it.

    Returns what is needed to take it back.
    """
    moved: list[dict[str, Any]] = []
    there = {(each.user_id, each.mode): each for each in Draft.objects.filter(ticket=target)}
    for draft in Draft.objects.filter(ticket=source):
        other = there.get((draft.user_id, draft.mode))
        if other is None:
            Draft.objects.filter(pk=draft.pk).update(ticket=target, rev=draft.rev + 1)
            moved.append({"id": draft.pk, "had": None})
            continue
        moved.append({"id": other.pk, "had": other.content, "rev": other.rev + 1})
        both = [each.content.get("text", "") for each in (other, draft)]
        other.content = {**other.content, "text": "\n\n".join(filter(None, both)), "html": None}
        other.rev += 1
        other.save(update_fields=["content", "rev"])
    return moved


def _move_drafts_back(moved: list[dict[str, Any]], source: Ticket, target: Ticket) -> None:
    for each in moved:
        draft = Draft.objects.filter(pk=each["id"], ticket=target).first()
        if draft is None:
            continue
        if each["had"] is None:
            taken = Draft.objects.filter(ticket=source, user=draft.user_id, mode=draft.mode)
            if not taken.exists():
                Draft.objects.filter(pk=draft.pk).update(ticket=source, rev=draft.rev + 1)
        elif draft.rev == each["rev"]:
            Draft.objects.filter(pk=draft.pk).update(content=each["had"], rev=draft.rev + 1)


def _effects(source: Ticket, target: Ticket) -> list[dict[str, Any]]:
    """What else merging means, as codes with their values; the app has the words."""
    found: list[dict[str, Any]] = []

    def add(code: str, **values: Any) -> None:
        found.append({"code": code, "values": values})

    if source.customer_id != target.customer_id:
        add("other_customer", source=source.customer.name, target=target.customer.name)
    add("messages_move", n=Message.objects.filter(ticket=source).count())
    held = Message.objects.filter(
        ticket=source, delivery_state__in=["held", "queued", "sending", "delayed"]
    ).count()
    if held:
        add("still_sending", n=held)
    drafts = Draft.objects.filter(ticket=source).count()
    if drafts:
        add("drafts_move", n=drafts)
    if _reopens(target, source):
        add("reopens", number=target.number)
    if source.csat_state == "planned":
        add("survey_once")
    followers = set(source.follower_ids) - set(target.follower_ids)
    if followers:
        add("followers_move", n=len(followers))
    add("mail_follows", number=source.number)
    add("undo_for_a_day")
    return found


def _find_merge(source_id: uuid.UUID) -> Merge:
    row = Merge.objects.filter(source_id=source_id, undone_at=None).first()
    if row is None:
        raise Conflict("This ticket is not merged into another one.", code="not_merged")
    return row


def _all_tags(target: Ticket, source: Ticket) -> list[str]:
    return list(dict.fromkeys([*target.tags, *source.tags]))[:MAX_TAGS]


def _higher(first: str, second: str) -> str:
    return max(first, second, key=lambda each: _URGENCY.index(Priority(each)))


def _kept(ticket: Ticket, *names: str) -> dict[str, Any]:
    return {name: _plain(getattr(ticket, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _parsed(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name.endswith("_id"):
        return uuid.UUID(value)
    if name in ("snoozed_until", "closed_at"):
        return datetime.fromisoformat(value)
    return value


def _id(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)


def survivor_of(ticket: Ticket) -> Ticket:
    """The ticket this one went into in the end, or itself; not locked."""
    while ticket.merged_into_id is not None:
        ticket = Ticket.objects.select_related("customer").get(pk=ticket.merged_into_id)
    return ticket
