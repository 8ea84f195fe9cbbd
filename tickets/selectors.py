"""Every non-trivial read of tickets, messages, views and customers; all start from the person."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from helpdesk.accounts.models import User
from helpdesk.accounts.selectors import hidden_teams_by_person, hidden_teams_of
from helpdesk.events.models import Event
from helpdesk.lib.clock import iso
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.pagination import Page, decode_cursor, encode_cursor
from tickets.counting import COUNT_LIMIT, Asked, count_each
from tickets.fields import as_query, asks_for_days
from tickets.models import (
    Attachment,
    Channel,
    Customer,
    Draft,
    Handle,
    Message,
    Scope,
    Tag,
    Ticket,
    View,
    ViewOrder,
)
from tickets.ordering import cursor_after, in_order, order_of
from tickets.search.keys import zone_of

THREAD_PAGE = 30


def tickets_visible_to(user: User) -> QuerySet[Ticket]:
    """The tickets this person may see: the organization's, without those of private teams that
    they are not in. Asks one small question first, so that the list's own query stays simple."""
    found = Ticket.objects.filter(organization_id=user.organization_id)
    hidden = hidden_teams_of(user)
    return found.exclude(team_id__in=hidden) if hidden else found


def may_see_ticket(user: User, ticket: Ticket) -> bool:
    """Whether the person may see this ticket."""
    is_ours = ticket.organization_id == user.organization_id
    return is_ours and (ticket.team_id is None or ticket.team_id not in hidden_teams_of(user))


def get_ticket(user: User, ticket_id: uuid.UUID) -> Ticket:
    """The ticket with its customer; raises NotFound, also where it may not be seen."""
    ticket = tickets_visible_to(user).select_related("customer").filter(pk=ticket_id).first()
    if ticket is None:
        raise NotFound("This ticket doesn't exist, or you can't see it.")
    return ticket


def get_ticket_by_number(user: User, number: int) -> Ticket:
    """The ticket of that number; raises NotFound."""
    ticket = tickets_visible_to(user).select_related("customer").filter(number=number).first()
    if ticket is None:
        raise NotFound(f"There is no ticket #{number}, or you can't see it.")
    return ticket


def get_message(user: User, message_id: uuid.UUID) -> Message:
    """The message if its ticket may be seen; raises NotFound."""
    message = (
        Message.objects.select_related("body", "channel", "ticket", "ticket__customer")
        .prefetch_related("attachments")
        .filter(pk=message_id, ticket__in=tickets_visible_to(user))
        .first()
    )
    if message is None:
        raise NotFound("This message doesn't exist, or you can't see it.")
    return message


def get_attachment(user: User, attachment_id: uuid.UUID) -> Attachment:
    """A file on a ticket the person may see, or one they uploaded; raises NotFound."""
    attachment = Attachment.objects.filter(
        Q(message__ticket__in=tickets_visible_to(user)) | Q(uploaded_by=user),
        pk=attachment_id,
        organization_id=user.organization_id,
    ).first()
    if attachment is None:
        raise NotFound("This file doesn't exist, or you can't see it.")
    return attachment


def views_visible_to(user: User) -> QuerySet[View]:
    """The views of everybody, of the person's teams, and the person's own."""
    teams = user.teams.values("pk")
    return View.objects.filter(organization_id=user.organization_id).filter(
        Q(scope=Scope.SHARED) | Q(owner=user) | Q(scope=Scope.TEAM, team__in=teams)
    )


def get_view(user: User, slug: str) -> View:
    """The view of that slug; raises NotFound, also where it is somebody else's own."""
    view = None if "\x00" in slug else views_visible_to(user).filter(slug=slug).first()
    if view is None:
        raise NotFound(f"There is no view “{slug}”.")
    return view


def get_view_by_id(user: User, view_id: uuid.UUID) -> View:
    """The view of that id; raises NotFound, also where it is somebody else's own."""
    view = views_visible_to(user).filter(pk=view_id).first()
    if view is None:
        raise NotFound("This view doesn't exist, or you can't see it.")
    return view


def view_order_of(user: User) -> list[uuid.UUID]:
    """Ids of views as the person arranged them; [] for who never did."""
    order = ViewOrder.objects.filter(user=user).first()
    return order.view_ids if order else []


def list_tickets(
    tickets: QuerySet[Ticket],
    *,
    after: str | None,
    limit: int,
    sort: str = "queue",
    group: str = "",
) -> Page[Ticket]:
    """One page in the order of ``tickets.ordering``; keyset, never offset."""
    order = order_of(sort, group)
    rows = list(
        in_order(tickets, order, after)
        .select_related("customer")
        .prefetch_related(Prefetch("customer__handles", Handle.objects.order_by("pk")))[: limit + 1]
    )
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, cursor_after(rows[-1], order) if more else None)


def tickets_in(view: View, user: User) -> Q:
    """What the view asks of tickets when this person looks."""
    return as_query(view.conditions, me=user.pk, zone=zone_of(user))


def bounded_count(found: QuerySet[Any], limit: int = COUNT_LIMIT) -> tuple[int, bool]:
    """How many there are, and whether that is exact: nobody counts further than ``limit``."""
    counted = found.order_by().values("pk")[: limit + 1].count()
    return min(counted, limit), counted <= limit


def view_counts(user: User, views: Iterable[View]) -> dict[str, int]:
    """How many tickets each view holds for this person; at most two queries."""
    asked = {view.slug: Asked(view.conditions, tickets_in(view, user)) for view in views}
    return count_each(tickets_visible_to(user).filter(merged_into=None), asked)


def counts_for_people(
    organization_id: uuid.UUID, user_ids: list[uuid.UUID]
) -> dict[uuid.UUID, dict[str, int]]:
    """The counts of all views for each of these people: two queries for all who see the same."""
    people = User.objects.filter(organization_id=organization_id, pk__in=user_ids)
    alike: dict[frozenset[uuid.UUID], list[uuid.UUID]] = {}
    for user_id, hidden in hidden_teams_by_person(organization_id, people).items():
        alike.setdefault(hidden, []).append(user_id)
    counts: dict[uuid.UUID, dict[str, int]] = {}
    for hidden, some in alike.items():
        counts |= _counts_for_alike(organization_id, some, hidden)
    return counts


def _counts_for_alike(
    organization_id: uuid.UUID, user_ids: list[uuid.UUID], hidden: frozenset[uuid.UUID]
) -> dict[uuid.UUID, dict[str, int]]:
    """Each person's views; what several people see alike is counted once."""
    views, teams = list(View.objects.filter(organization_id=organization_id)), _teams_of(user_ids)
    zones = {each.pk: zone_of(each) for each in _with_organization(user_ids)}
    wanted: dict[str, Asked] = {}
    names: dict[uuid.UUID, dict[str, str]] = {user_id: {} for user_id in user_ids}
    for index, view in enumerate(views):
        says_me = is_personal(view.conditions) or asks_for_days(view.conditions)
        for number, user_id in enumerate(user_ids):
            if not _is_seen_by(view, user_id, teams[user_id]):
                continue
            name = f"v{index}_{number}" if says_me else f"v{index}"
            names[user_id][view.slug] = name
            if name not in wanted:
                condition = as_query(view.conditions, me=user_id, zone=zones.get(user_id))
                wanted[name] = Asked(view.conditions, condition)
    tickets = Ticket.objects.filter(organization_id=organization_id, merged_into=None)
    row = count_each(tickets.exclude(team_id__in=hidden) if hidden else tickets, wanted)
    return {
        user_id: {slug: row[name] for slug, name in named.items()}
        for user_id, named in names.items()
    }


def _is_seen_by(view: View, user_id: uuid.UUID, team_ids: set[uuid.UUID]) -> bool:
    """The same as :func:`views_visible_to`, of a view at hand."""
    if view.scope == Scope.SHARED or view.owner_id == user_id:
        return True
    return view.scope == Scope.TEAM and view.team_id in team_ids


def _with_organization(user_ids: list[uuid.UUID]) -> QuerySet[User]:
    return User.objects.filter(pk__in=user_ids).select_related("organization")


def _teams_of(user_ids: list[uuid.UUID]) -> dict[uuid.UUID, set[uuid.UUID]]:
    teams: dict[uuid.UUID, set[uuid.UUID]] = {user_id: set() for user_id in user_ids}
    rows = User.teams.through.objects.filter(user_id__in=user_ids).values_list("user_id", "team_id")
    for user_id, team_id in rows:
        teams[user_id].add(team_id)
    return teams


def is_personal(conditions: Any) -> bool:
    """Whether the conditions speak of ``me``, so that each person sees other tickets."""
    if isinstance(conditions, dict):
        return any(is_personal(each) for each in conditions.values())
    if isinstance(conditions, list):
        return any(is_personal(each) for each in conditions)
    return bool(conditions == "me")


def messages_of(
    ticket: Ticket,
    *,
    before: int | None = None,
    after: int | None = None,
    limit: int = THREAD_PAGE,
) -> list[Message]:
    """Messages of the ticket in order: the newest ``limit`` (before/after a position)."""
    found = (
        Message.objects.filter(ticket=ticket)
        .select_related("body")
        .prefetch_related(Prefetch("attachments", Attachment.objects.order_by("pk")))
    )
    if after is not None:
        return list(found.filter(position__gt=after).order_by("position")[:limit])
    if before is not None:
        found = found.filter(position__lt=before)
    return list(found.order_by("-position")[:limit])[::-1]


def timeline_of(ticket: Ticket, *, limit: int = 200) -> list[dict[str, Any]]:
    """What happened to the ticket besides messages, oldest first, for the conversation."""
    shown = (
        "ticket.created",
        "ticket.status_changed",
        "ticket.assigned",
        "ticket.tagged",
        "ticket.priority_changed",
        "ticket.snoozed",
        "ticket.merged",
        "ticket.unmerged",
        "ticket.split",
        "ticket.linked",
        "ticket.unlinked",
        "rule.ran",
        "order_action.changed",
        "csat.sent",
        "csat.answered",
    )
    events = Event.objects.filter(
        organization_id=ticket.organization_id, ticket_id=ticket.pk, type__in=shown
    ).order_by("-seq")[:limit]
    return [timeline_record(event) for event in reversed(list(events))]


def timeline_record(event: Event) -> dict[str, Any]:
    """A system line of the conversation."""
    data: dict[str, Any] = {"change": event.payload.get("change", {})}
    if event.type == "rule.ran":
        data = {key: event.payload[key] for key in ("run_id", "rule_id", "rule_name", "actions")}
    elif event.type == "order_action.changed":
        data["order_action"] = event.payload["order_action"]
    elif "other_ticket" in event.payload:
        data = {"other_ticket": event.payload["other_ticket"]}
    elif event.type.startswith("csat."):
        data = {"survey": event.payload.get("survey", {})}
    return {
        "seq": event.seq,
        "type": event.type,
        "at": iso(event.at),
        "actor": event.actor,
        "ticket_id": str(event.ticket_id),
        "data": data,
    }


def customers_of(user: User) -> QuerySet[Customer]:
    """Customers of the organization with their handles."""
    return Customer.objects.filter(organization_id=user.organization_id).prefetch_related(
        Prefetch("handles", Handle.objects.order_by("pk"))
    )


def list_customers(user: User, *, words: str, after: str | None, limit: int) -> Page[Customer]:
    """One page of customers, newest first; ``words`` are part of a name or an address."""
    found = customers_of(user).filter(merged_into=None).order_by("-pk")
    words = words.replace("\x00", "").strip()[:200]
    if words:
        has_address = Handle.objects.filter(customer=OuterRef("pk"), value__icontains=words)
        found = found.filter(Q(name__icontains=words) | Q(Exists(has_address)))
    if after:
        found = found.filter(pk__lt=as_uuid(decode_cursor(after, 1)[0], "after"))
    rows = list(found[: limit + 1])
    cursor = encode_cursor([str(rows[limit - 1].pk)]) if len(rows) > limit else None
    return Page(rows[:limit], cursor)


def as_uuid(value: Any, field: str) -> uuid.UUID:
    """The value as an id; raises InvalidInput naming the field."""
    try:
        return uuid.UUID(str(value))
    except ValueError as error:
        raise InvalidInput.field(field, "This is not an id.") from error


def drafts_of(ticket: Ticket, user: User) -> list[Draft]:
    """The person's own drafts on the ticket."""
    return list(Draft.objects.filter(ticket=ticket, user=user).order_by("mode"))


def others_drafts_of(ticket: Ticket, user: User) -> list[Draft]:
    """What colleagues have begun to write on the ticket, newest first."""
    found = Draft.objects.filter(ticket=ticket).exclude(user=user).select_related("user")
    return list(found.order_by("-updated_at", "pk"))


def get_draft(ticket: Ticket, user: User, mode: str) -> Draft:
    """The person's own draft of that mode; raises NotFound."""
    draft = Draft.objects.filter(ticket=ticket, user=user, mode=mode).first()
    if draft is None:
        raise NotFound("There is no draft.")
    return draft


def get_customer(user: User, customer_id: uuid.UUID) -> Customer:
    """The customer; raises NotFound."""
    customer = customers_of(user).filter(pk=customer_id).first()
    if customer is None:
        raise NotFound("This customer doesn't exist, or you can't see them.")
    return customer


def tags_of(organization_id: uuid.UUID) -> list[Tag]:
    """The catalogue of tags by name."""
    return list(Tag.objects.filter(organization_id=organization_id).order_by("name"))


def channels_of(organization_id: uuid.UUID) -> list[Channel]:
    """All channels by name."""
    return list(Channel.objects.filter(organization_id=organization_id).order_by("name", "pk"))


def get_channel(user: User, channel_id: uuid.UUID) -> Channel:
    """The channel; raises NotFound."""
    channel = Channel.objects.filter(organization_id=user.organization_id, pk=channel_id).first()
    if channel is None:
        raise NotFound("There is no such channel.")
    return channel
