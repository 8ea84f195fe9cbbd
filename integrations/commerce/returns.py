"""What comes back: what returns services and our own labels say, laid over what platforms say.

A shop that uses a returns service hears of a return there first, and only there of its label, its
exchange and its credit. That word stands among the order's own returns (``OrderReturn``), so that
lists, macros, rules and the panel all say the same, and stays when the platform tells the order anew.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q

from helpdesk.lib.errors import InvalidInput
from integrations.commerce.models import (
    Order,
    OrderReturn,
    ReturnState,
    ReturnStatus,
    ReturnTrack,
    ShipmentStatus,
)
from integrations.commerce.normal_form import LineQuantity, clean_email, number_key
from integrations.commerce.parcels import clean_number, tracks_of

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
OPEN = (ReturnState.REQUESTED, ReturnState.APPROVED, ReturnState.IN_TRANSIT)
DONE = (ReturnState.RECEIVED, ReturnState.CLOSED)
OUTCOMES = ("", "refund", "exchange", "store_credit")
_LAID = (
    "state", "outcome", "requested_at", "refund_minor", "label_url", "carrier", "tracking_number",
    "currency", "credit_minor", "exchange_number", "status_url",
)  # fmt: skip
"""What a service says of a return; what it does not say stays as the platform said it."""


@dataclass(frozen=True)
class ReturnTrackData:
    """A return as a service tells it at ``updated_at``; never a patch.

    ``order_ref`` is the platform's id of the order. A service that knows the shop names it by
    ``store_id``; else number and e-mail of the order must fit, too, before anything is shown there.
    """

    external_id: str
    state: str
    updated_at: datetime
    source: str
    order_ref: str = ""
    order_number: str = ""
    email: str = ""
    store_id: uuid.UUID | None = None
    number: str = ""
    outcome: str = ""
    requested_at: datetime | None = None
    currency: str = ""
    refund_minor: int | None = None
    credit_minor: int | None = None
    exchange_number: str = ""
    label_url: str = ""
    status_url: str = ""
    carrier: str = ""
    tracking_number: str = ""
    lines: tuple[LineQuantity, ...] = ()

    def digest(self) -> str:
        """A fingerprint of everything said."""
        return hashlib.sha256(json.dumps(asdict(self), default=str).encode()).hexdigest()


def check_return(data: ReturnTrackData) -> None:
    """Raises InvalidInput naming what cannot be stored."""
    if not data.external_id or len(data.external_id) > 120:
        raise InvalidInput.field("external_id", "A return needs an id of 1 to 120 characters.")
    if data.state not in ReturnState.values:
        raise InvalidInput.field("state", f"“{data.state}” is not one of our words.")
    if data.outcome not in OUTCOMES:
        raise InvalidInput.field("outcome", f"“{data.outcome}” is not one of our words.")
    if data.updated_at.tzinfo is None:
        raise InvalidInput.field("updated_at", "The time must say its time zone.")
    if not data.order_ref and not data.order_number:
        raise InvalidInput.field("order_ref", "A return is of an order.")
    if "\\u0000" in json.dumps(asdict(data), default=str):
        raise InvalidInput("The return holds a NUL character, which cannot be stored.")


def keep_return(
    organization_id: uuid.UUID, data: ReturnTrackData, *, as_of: datetime
) -> ReturnTrack | None:
    """Keep what was said at ``as_of``, in the caller's unit of work; None where it is old news.

    May come twice and in any order: the newest word stays; of two of one time the later read.
    """
    check_return(data)
    track = _locked(organization_id, data)
    digest = data.digest()
    if track.source_digest == digest:
        ReturnTrack.objects.filter(pk=track.pk, as_of__lt=as_of).update(as_of=as_of)
        return None
    if (data.updated_at, as_of) < (track.source_updated_at, track.as_of):
        return None
    fields = {
        name: value
        for name, value in asdict(data).items()
        if name not in ("updated_at", "order_number", "lines", "source", "external_id")
    }
    fields["number_key"] = number_key(data.order_number) if data.order_number else ""
    fields["email"] = clean_email(data.email)
    fields["tracking_number"] = clean_number(data.tracking_number)
    fields["lines"] = [asdict(each) for each in data.lines]
    parcel = tracks_of(organization_id, [data.tracking_number]).get(fields["tracking_number"])
    if parcel is not None:
        fields["state"] = state_by_parcel(data.state, parcel.status)
    for name, value in fields.items():
        setattr(track, name, _cut(track, name, value))
    track.source_updated_at, track.source_digest, track.as_of = data.updated_at, digest, as_of
    track.save()
    return track


def _locked(organization_id: uuid.UUID, data: ReturnTrackData) -> ReturnTrack:
    found = ReturnTrack.objects.select_for_update(no_key=True).filter(
        organization_id=organization_id, source=data.source, external_id=data.external_id
    )
    track = found.first()
    if track is None:
        empty = ReturnTrack(
            organization_id=organization_id, source=data.source, external_id=data.external_id,
            state=data.state, source_updated_at=_NEVER, as_of=_NEVER,
        )  # fmt: skip
        ReturnTrack.objects.bulk_create([empty], ignore_conflicts=True)
        track = found.get()
    return track


def _cut(track: ReturnTrack, name: str, value: Any) -> Any:
    most = getattr(track._meta.get_field(name), "max_length", None)
    return value[:most] if most and isinstance(value, str) else value


# --- Whose it is ----------------------------------------------------------------------------------


def is_return_of(track: ReturnTrack, order: Order) -> bool:
    """Whether the return is of this order, and certainly of no other."""
    if track.store_id is not None:
        return track.store_id == order.store_id and track.order_ref == order.external_id
    fits_number = bool(track.number_key) and track.number_key == order.number_key
    fits_email = bool(track.email) and track.email == order.email
    if track.order_ref and track.order_ref == order.external_id:
        return fits_number or fits_email
    return not track.order_ref and fits_number and fits_email


def orders_of(track: ReturnTrack) -> list[Order]:
    """The orders that the return is of, locked until commit: one, or none yet."""
    named = Q(pk=None)
    if track.order_ref:
        named |= Q(external_id=track.order_ref)
    if track.number_key:
        named |= Q(number_key=track.number_key)
    found = Order.objects.filter(named, organization_id=track.organization_id)
    mine = [each.pk for each in found if is_return_of(track, each)]
    return list(Order.objects.select_for_update(no_key=True).filter(pk__in=mine).order_by("pk"))


def returns_known_of(orders: Iterable[Order]) -> dict[uuid.UUID, list[ReturnTrack]]:
    """What services say of the returns of these orders of one organization; one query at most."""
    mine = list(orders)
    if not mine:
        return {}
    found = ReturnTrack.objects.filter(
        Q(order_ref__in={each.external_id for each in mine})
        | Q(number_key__in={each.number_key for each in mine} - {""}),
        organization_id=mine[0].organization_id,
    ).exclude(source_digest="")
    tracks = sorted(found, key=lambda each: (each.source_updated_at, each.pk))
    if not tracks:
        return {}
    return {each.pk: [one for one in tracks if is_return_of(one, each)] for each in mine}


def returns_in_parcel(organization_id: uuid.UUID, number: str) -> list[ReturnTrack]:
    """The returns that travel under this tracking number, locked until commit."""
    found = ReturnTrack.objects.select_for_update(no_key=True).filter(
        organization_id=organization_id, tracking_number=clean_number(number)
    )
    return list(found.order_by("pk"))


# --- Laying over ----------------------------------------------------------------------------------


def lay_return_over(returns: list[OrderReturn], track: ReturnTrack, order: Order) -> OrderReturn:
    """Let the order's returns say what the service says: the one that it is about, or a new one."""
    row = _same(returns, track)
    if row is None:
        row = OrderReturn(order=order, external_id=f"{track.source}:{track.external_id}"[:120])
        row.number = track.number
        returns.append(row)
    row.source, row.source_id = track.source, track.external_id
    for name in _LAID:
        said = getattr(track, name)
        if said or name == "state":
            setattr(row, name, said)
    if track.currency == order.currency:
        row.currency = ""
    if track.lines:
        row.lines = track.lines
    return row


def _same(returns: list[OrderReturn], track: ReturnTrack) -> OrderReturn | None:
    """The return that the service speaks of: told before, with the same parcel, or of the same
    items where the platform knows no more of it."""
    for row in returns:
        if row.source and (row.source, row.source_id) == (track.source, track.external_id):
            return row
    free = [row for row in returns if not row.source]
    for row in free:
        if track.tracking_number and clean_number(row.tracking_number) == track.tracking_number:
            return row
    wanted = _counted(track.lines)
    return next((row for row in free if wanted and _counted(row.lines) == wanted), None)


def _counted(lines: list[dict[str, Any]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for each in lines:
        if each.get("line"):
            counts[str(each["line"])] += int(each.get("quantity") or 0)
    return counts


def return_status_with(order: Order, returns: Iterable[OrderReturn]) -> str:
    """Whether something of the order comes back, by the platform's word and the services'."""
    states = {each.state for each in returns if each.source}
    if states & set(OPEN):
        return ReturnStatus.REQUESTED
    if order.told_return_status == ReturnStatus.RETURNED or states & set(DONE):
        return ReturnStatus.RETURNED
    return order.told_return_status


def state_by_parcel(state: str, shipment: str) -> str:
    """How far an open return is when its parcel is there: scans tell before the service does."""
    if state not in OPEN:
        return state
    if shipment == ShipmentStatus.DELIVERED:
        return ReturnState.RECEIVED
    on_its_way = (
        ShipmentStatus.IN_TRANSIT, ShipmentStatus.OUT_FOR_DELIVERY,
        ShipmentStatus.READY_FOR_PICKUP, ShipmentStatus.ATTEMPT_FAILED, ShipmentStatus.EXCEPTION,
    )  # fmt: skip
    return ReturnState.IN_TRANSIT if shipment in on_its_way else state
