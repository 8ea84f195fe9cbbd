"""Where a customer can be answered now: which channels, until when, and why others are not.

One list per ticket, best first: the place the customer last wrote from and that is still
reachable, then the others. ``check`` is asked again when a person sends.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db.models import Count, F, Q

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from inbox.connector import KnowsReach, Manifest, Place, Reach, get_connector
from inbox.models import Thread
from tickets.models import Channel, DeliveryState, Direction, Handle, HandleKind, Message, Ticket

WORDS = {
    "window_closed": "The time to answer here is over.",
    "no_conversation": "This customer has not written here yet.",
    "opted_out": "This customer asked not to be written to here.",
    "limit_reached": "No more messages can be sent here before the customer answers.",
    "left": "The shopper left the chat.",
    "left_unknown": "The shopper left the chat and gave no address.",
    "paused": "This channel is paused.",
    "not_verified": "This address is not proven to be the customer's.",
    "no_address": "This customer has no address on this channel.",
    "bounced": "Mail to this address came back.",
}


@dataclass(frozen=True)
class ReplyPlace:
    """One way to answer: a channel and the customer's address there."""

    channel: Channel
    manifest: Manifest
    address: str
    label: str
    reach: Reach
    is_public: bool = False
    is_default: bool = False
    place: Place | None = None


def reply_places(ticket: Ticket) -> list[ReplyPlace]:
    """All places for this ticket, the default first; a constant number of queries."""
    handles = list(ticket.customer.handles.order_by("pk"))
    threads = _threads(ticket)
    channels = Channel.objects.filter(organization_id=ticket.organization_id).order_by("pk")
    found: list[ReplyPlace] = []
    for channel in channels:
        if _takes(channel, "sends"):
            found += _places_on(ticket, channel, handles, threads)
    return _in_order(_without_strangers(ticket, found), _newest_channel(ticket))


def check(
    ticket: Ticket, channel: Channel, to: list[dict[str, str]], details: dict[str, Any]
) -> None:
    """Raises InvalidInput naming ``channel_id`` when what a person sends cannot go there now."""
    if details.get("quick_replies") and not _takes(channel, "choices"):
        raise InvalidInput.field(
            "details.quick_replies", "Choices to tap can be offered in the chat only.",
            code="no_choices_here",
        )  # fmt: skip
    if not _takes(channel, "sends") or channel.handle_kind == HandleKind.EMAIL:
        return
    address = to[0]["address"] if to else ""
    handles = [each for each in ticket.customer.handles.all() if each.value == address]
    places = _places_on(
        ticket, channel, handles or list(ticket.customer.handles.all()), _threads(ticket)
    )
    chosen = next((each for each in places if each.address == address), None) or (
        places[0] if places else None
    )
    if chosen is None:
        return
    mode = str(details.get("mode") or "")
    if not chosen.reach.is_reachable:
        raise InvalidInput.field(
            "channel_id", WORDS.get(chosen.reach.reason, "Nobody can be reached here now."),
            code=chosen.reach.reason or "not_reachable",
        )  # fmt: skip
    if mode and chosen.reach.modes and mode not in chosen.reach.modes:
        raise InvalidInput.field(
            "details.mode", "This is not possible here now.", code="wrong_mode"
        )
    if not mode and chosen.reach.modes == ("template",):
        raise InvalidInput.field("details.mode", WORDS["window_closed"], code="window_closed")


def _takes(channel: Channel, capability: str) -> bool:
    try:
        return capability in get_connector(channel.kind).manifest.capabilities
    except KeyError:
        return False


def _places_on(
    ticket: Ticket, channel: Channel, handles: Iterable[Handle], threads: list[Thread]
) -> list[ReplyPlace]:
    connector = get_connector(channel.kind)
    manifest = connector.manifest
    here = {each.address: each for each in threads if each.channel_id == channel.pk}
    # Who is known otherwise may have written here too: a signed-in shopper by their e-mail address.
    mine = [each for each in handles if each.kind == channel.handle_kind or each.value in here]
    places = []
    for handle in mine:
        thread = here.get(handle.value)
        place = _place(ticket, channel, handle.value, thread)
        reach = _reach(channel, connector, manifest, place, handle)
        places.append(
            ReplyPlace(
                channel,
                manifest,
                handle.value,
                handle.label or handle.value,
                reach,
                is_public=bool(thread and thread.data.get("is_public")),
                place=place,
            )
        )
    return places


def _place(ticket: Ticket, channel: Channel, address: str, thread: Thread | None) -> Place:
    if thread is None:
        return Place(address)
    return Place(
        address, thread.data, thread.last_inbound_at, getattr(thread, "answers", 0),
        was_answered_privately=bool(getattr(thread, "private_answers", 0)),
    )  # fmt: skip


def _reach(
    channel: Channel, connector: object, manifest: Manifest, place: Place, handle: Handle
) -> Reach:
    if not channel.is_active:
        return Reach(is_reachable=False, reason="paused")
    if channel.handle_kind == HandleKind.EMAIL and handle.bounced_at is not None:
        return Reach(is_reachable=True, reason="bounced")
    if channel.kind in handle.opted_out:
        return Reach(is_reachable=False, reason="opted_out")
    if isinstance(connector, KnowsReach):
        return connector.reach(channel, place)
    if place.last_inbound_at is None:
        if channel.handle_kind == HandleKind.EMAIL or "starts" in manifest.capabilities:
            return Reach(is_reachable=True)
        return Reach(is_reachable=False, reason="no_conversation")
    if manifest.reply_window_hours is None:
        return Reach(is_reachable=True)
    closes_at = place.last_inbound_at + timedelta(hours=manifest.reply_window_hours)
    if closes_at <= now():
        return Reach(is_reachable=False, reason="window_closed", closes_at=closes_at)
    return Reach(is_reachable=True, closes_at=closes_at)


def _threads(ticket: Ticket) -> list[Thread]:
    """The ticket's conversations, each with how many of ours left since the customer's newest."""
    ours = Q(
        ticket__messages__direction=Direction.OUT,
        ticket__messages__channel_id=F("channel_id"),
        ticket__messages__created_at__gt=F("last_inbound_at"),
    )
    private = (
        ours
        & Q(ticket__messages__details__mode="private")
        & ~Q(ticket__messages__delivery_state__in=[DeliveryState.FAILED, DeliveryState.WITHDRAWN])
    )
    rows = Thread.objects.filter(ticket=ticket).annotate(
        answers=Count("ticket__messages", filter=ours),
        private_answers=Count("ticket__messages", filter=private),
    )
    return list(rows.order_by("last_inbound_at"))


def _newest_channel(ticket: Ticket) -> tuple[Any, str]:
    newest = (
        Message.objects.filter(ticket=ticket, direction=Direction.IN, channel__isnull=False)
        .order_by("-position")
        .values_list("channel_id", "from_address")
        .first()
    )
    if newest is None:
        return ticket.channel_id, ""
    channel_id, sender = newest
    return channel_id, (sender or {}).get("address", "")


def _without_strangers(ticket: Ticket, places: list[ReplyPlace]) -> list[ReplyPlace]:
    """Of several channels of one kind where the customer never wrote, one is enough."""
    seen: set[tuple[str, str]] = set()
    kept = []
    ranked = sorted(
        places,
        key=lambda each: (
            each.channel.pk != ticket.channel_id,
            each.place is None or each.place.last_inbound_at is None,
        ),
    )
    for each in ranked:
        is_known = each.place is not None and each.place.last_inbound_at is not None
        name = (each.channel.kind, each.address)
        if is_known or name not in seen:
            kept.append(each)
        seen.add(name)
    return kept


def _in_order(places: list[ReplyPlace], newest: tuple[Any, str]) -> list[ReplyPlace]:
    channel_id, address = newest

    def rank(each: ReplyPlace) -> tuple[bool, bool, bool, float]:
        heard = each.place.last_inbound_at if each.place else None
        return (
            not each.reach.is_reachable,
            each.channel.pk != channel_id,
            bool(address) and each.address != address,
            -(heard.timestamp() if heard else 0.0),
        )

    ordered = sorted(places, key=rank)
    if ordered and ordered[0].reach.is_reachable:
        ordered[0] = replace(ordered[0], is_default=True)
    return ordered
