"""Return labels that a shipping service sells, for shops whose platform makes none.

What a service offers and sells is said here in words that are the same for all; who buys, and that
nothing is bought twice, is ``integrations.commerce.ledger.labels``.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from helpdesk.lib.connecting import ConfigField
from helpdesk.lib.errors import PermanentFailure
from integrations.commerce.models import Store
from integrations.commerce.normal_form import AddressData

DEFAULT_WEIGHT_GRAMS = 500
DEFAULT_SIZE_CM = (30, 20, 10)


@dataclass(frozen=True)
class LabelAsked:
    """A parcel that comes back: who sends it, and of which order."""

    sender: AddressData
    email: str
    order_number: str


@dataclass(frozen=True)
class LabelOffer:
    """What a label would cost. ``context`` is what the service wants back to sell it: JSON."""

    carrier: str
    service: str
    amount_minor: int
    currency: str
    context: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class LabelMade:
    """A label that was sold; ``reference`` is the service's name for it."""

    reference: str
    url: str
    carrier: str
    tracking_number: str
    tracking_url: str = ""


@runtime_checkable
class MakesLabels(Protocol):
    """A shipping service that sells return labels. It SHALL NOT repeat, sleep or touch our database."""

    def offer_label(self, store: Store, asked: LabelAsked) -> LabelOffer:
        """What it would cost now; sells nothing. Raises PermanentFailure in words where no carrier
        takes it, or a connector failure."""

    def buy_label(self, store: Store, offer: dict[str, Any]) -> LabelMade:
        """Buy what was offered (its ``context``), once. Raises UncertainOutcome where no answer came,
        another connector failure where nothing was bought."""

    def find_label(self, store: Store, offer: dict[str, Any]) -> LabelMade | None:
        """The label that was bought of this offer, or None where certainly none was."""


_makers: dict[str, MakesLabels] = {}


def register_label_maker(kind: str, maker: MakesLabels) -> None:
    """Make a service known that sells labels; the same kind again replaces it."""
    _makers[kind] = maker


def label_maker(kind: str) -> MakesLabels | None:
    """The service of that kind, or None."""
    return _makers.get(kind)


def find_label_service(organization_id: uuid.UUID) -> Store | None:
    """The service that labels are bought at: the first one that knows where returns go."""
    return (
        Store.objects.filter(**label_services(), organization_id=organization_id)
        .order_by("created_at", "pk")
        .first()
    )


def label_services() -> dict[str, Any]:
    """Which stores are services that can sell a label, as a filter."""
    return {
        "kind__in": sorted(_makers), "is_active": True, "config__return_street__gt": "",
        "config__return_country__gt": "",
    }  # fmt: skip


def label_fields(carriers: str) -> tuple[ConfigField, ...]:
    """What an admin fills in so that labels can be bought: where returns go, and in what."""
    return (
        ConfigField(
            "return_name", "Returns go to: name", is_required=False,
            help="Fill this in to buy return labels. Name of the person or the shop.",
        ),
        ConfigField("return_street", "Returns: street and number", is_required=False),
        ConfigField("return_postcode", "Returns: postcode", is_required=False),
        ConfigField("return_city", "Returns: city", is_required=False),
        ConfigField("return_region", "Returns: state or region", is_required=False),
        ConfigField(
            "return_country", "Returns: country", is_required=False, help="Two letters, like US."
        ),
        ConfigField("return_phone", "Returns: phone", is_required=False),
        ConfigField(
            "label_carrier", "Only this carrier", is_required=False, help=carriers,
        ),
        ConfigField(
            "parcel_grams", "Usual weight of a return, in grams", type="number",
            is_required=False, default=DEFAULT_WEIGHT_GRAMS,
        ),
    )  # fmt: skip


def return_address(store: Store) -> AddressData:
    """Where returns go; raises PermanentFailure where that is not filled in."""
    said = {name: str(store.config.get(f"return_{name}") or "").strip() for name in _PARTS}
    if not said["street"] or not said["city"] or len(said["country"]) != 2:
        raise PermanentFailure(
            f"{store.name} does not know where returns go: fill in street, city and country.",
            reason_code="no_return_address",
        )
    return AddressData(
        name=said["name"] or store.name, street=said["street"], postcode=said["postcode"],
        city=said["city"], region=said["region"], country_code=said["country"].upper(),
        phone=said["phone"],
    )  # fmt: skip


_PARTS = ("name", "street", "postcode", "city", "region", "country", "phone")


def weight_grams(store: Store) -> int:
    """How heavy a return usually is."""
    said = store.config.get("parcel_grams")
    return int(said) if isinstance(said, int | float) and said > 0 else DEFAULT_WEIGHT_GRAMS
