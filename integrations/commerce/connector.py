"""The contract of store connectors, and the registry they are found in.

A connector SHALL hand over whole orders in normal form, SHALL verify authenticity before it
parses, and SHALL NOT touch orders, customers or the event log: ``integrations.commerce`` does.
It SHALL NOT sleep or retry. What else it can do it shows by having the methods of
``TakesStoreWebhooks``, ``ConnectsStore`` or ``integrations.commerce.acting.ActsOnOrders``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from helpdesk.lib.clock import now
from helpdesk.lib.connecting import Account, ConfigField, Step, WebhookAnswer, WebhookRequest
from helpdesk.lib.errors import NotFound
from integrations.commerce.acting import ActionKind
from integrations.commerce.actions import mark_synced, upsert_order
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.parcels import TrackData
from integrations.commerce.profiles.shape import ProfileData
from integrations.commerce.returns import ReturnTrackData


@dataclass(frozen=True)
class StoreCapabilities:
    """What a connector can do; what is not named here is not offered anywhere.

    ``missing`` says in a few words why an action that others have is not there ("WooCommerce has
    no holds").
    """

    lists_orders: bool = False
    gets_order: bool = False
    webhooks: bool = False
    actions: frozenset[ActionKind] = frozenset()
    missing: dict[ActionKind, str] = field(default_factory=dict)


@dataclass(frozen=True)
class StoreManifest:
    """A kind of store: what it is called, what it can do, what an admin fills in.

    The field named ``address`` is the account (shop domain, store hash), kept in ``Store.address``;
    secret ones in ``Store.secrets``, the rest in ``Store.config``. ``poll_seconds`` is how often
    changed orders are asked for beside the webhooks (at most 900).
    """

    kind: str
    label: str
    capabilities: StoreCapabilities
    config: tuple[ConfigField, ...] = ()
    steps: tuple[Step, ...] = ()
    summary: str = ""
    docs_url: str = ""
    icon: str = "shopping-bag"
    group: Literal["shop", "shipping", "returns", "loyalty", "marketing"] = "shop"
    """Services around the shop are set up, called and watched like shops; they have no orders."""
    poll_seconds: int = 900
    pace_per_second: float | None = None
    max_webhook_bytes: int = 2 * 1024 * 1024
    is_official: bool = True


@dataclass(frozen=True)
class OrderPage:
    """Orders, oldest change first, and where to go on: an empty cursor is the end.

    ``total`` is how many there are in all, where the platform says so. Pages are small (<= 250
    orders): memory stays flat however many orders a shop has.
    ``wait_seconds`` says how long to leave the shop alone before ``cursor`` is asked for: its
    budget is used up, or it is still preparing an export (then the page is empty).
    """

    orders: tuple[OrderData, ...]
    cursor: str = ""
    total: int | None = None
    wait_seconds: int = 0


class StoreConnector(Protocol):
    """Code for one kind of store. May raise TemporaryFailure, PermanentFailure and
    NeedsReauthorization, and nothing else."""

    @property
    def manifest(self) -> StoreManifest: ...

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        """A page of the orders that changed at or after ``since`` (all if None).

        ``cursor`` is empty for the first page, else what the page before said: it is enough to go
        on from, also after a restart.
        """
        ...

    def get_order(self, store: Store, external_id: str) -> OrderData:
        """The order as it is now; raises NotFound."""
        ...


@dataclass(frozen=True)
class OrderChanged:
    """Something happened to this order: it is read again. Thin payloads are never believed."""

    external_id: str
    topic: str = ""


@dataclass(frozen=True)
class OrderTold:
    """A payload that holds the whole order, as new as ``order.updated_at`` says."""

    order: OrderData
    topic: str = ""


@dataclass(frozen=True)
class AccessEnded:
    """The app was uninstalled or its token taken back."""

    reason: str


@dataclass(frozen=True)
class PersonForgotten:
    """The platform asks to erase a buyer's data (``customers/redact``) or a whole shop's."""

    external_id: str = ""
    email: str = ""
    is_whole_shop: bool = False


@dataclass(frozen=True)
class Passed:
    """Nothing to do, and why."""

    reason: str


@dataclass(frozen=True)
class ParcelTold:
    """A tracking service says where a parcel is."""

    track: TrackData


@dataclass(frozen=True)
class ReturnTold:
    """A returns service tells a whole return, as new as ``updated_at`` says."""

    back: ReturnTrackData


@dataclass(frozen=True)
class ReturnChanged:
    """Something happened to this return of the service: it is read again."""

    external_id: str
    topic: str = ""


@dataclass(frozen=True)
class ShopperChanged:
    """A service knows something new of a person: they are read again, if they are a customer."""

    email: str
    topic: str = ""


StoreItem = (
    OrderChanged
    | OrderTold
    | AccessEnded
    | PersonForgotten
    | ParcelTold
    | ReturnTold
    | ReturnChanged
    | ShopperChanged
    | Passed
)


@dataclass(frozen=True)
class ReturnPage:
    """Returns and where to go on, like :class:`OrderPage`."""

    returns: tuple[ReturnTrackData, ...]
    cursor: str = ""
    wait_seconds: int = 0


@runtime_checkable
class KnowsReturns(Protocol):
    """A service that knows what comes back. Changed returns are asked for beside its webhooks."""

    def list_returns(self, store: Store, *, since: datetime | None, cursor: str) -> ReturnPage:
        """A page of the returns that changed at or after ``since``; of the last year if None."""
        ...

    def get_return(self, store: Store, external_id: str) -> ReturnTrackData:
        """The return as it is now; raises NotFound."""
        ...


@dataclass(frozen=True)
class ParcelAsked:
    """A parcel that somebody waits for. ``carrier`` is as the platform writes it, or empty."""

    number: str
    carrier: str
    order_number: str
    country_code: str = ""
    promised_at: datetime | None = None


@runtime_checkable
class TracksParcels(Protocol):
    """A service that knows where parcels are. Open parcels are asked for in turn."""

    def track(self, store: Store, parcel: ParcelAsked) -> TrackData | None:
        """Where it is; a service that must be told to follow a parcel is told so. None where
        nothing is known yet. Raises TemporaryFailure, PermanentFailure (this number is none) or
        NeedsReauthorization."""


@runtime_checkable
class KnowsShoppers(Protocol):
    """A service that knows people: their points and tier, or what they want to be sent."""

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        """Who has exactly this address there, or None. Raises TemporaryFailure, PermanentFailure
        (this address is none) or NeedsReauthorization."""


@dataclass(frozen=True)
class Sellable:
    """One variant as the shop sells it; ``variant`` is what ``params.add`` takes.

    ``price_minor`` is None where it depends on the buyer; ``is_available`` None where unknown.
    """

    variant: str
    title: str
    detail: str = ""
    sku: str = ""
    price_minor: int | None = None
    currency: str = ""
    picture: str = ""
    is_available: bool | None = None


@runtime_checkable
class FindsProducts(Protocol):
    """A platform whose products can be looked up and added to an order."""

    def find_products(self, store: Store, text: str, currency: str) -> list[Sellable]:
        """The best first, priced in ``currency`` where the shop has several. Raises TemporaryFailure, PermanentFailure or NeedsReauthorization."""


@dataclass(frozen=True)
class News:
    """Something that happened here. ``key`` is the same however often it is told."""

    key: str
    name: str
    email: str
    happened_at: datetime
    properties: dict[str, str | int | float | bool]


@runtime_checkable
class HearsNews(Protocol):
    """A service that is told what happens here, and takes the same key as the same news."""

    def wants(self, store: Store) -> Literal["nobody", "known", "everybody"]:
        """Whose news it is told: ``known`` are people whom it knows already."""

    def tell(self, store: Store, news: News) -> None:
        """Tell it; raises TemporaryFailure, PermanentFailure or NeedsReauthorization."""


@runtime_checkable
class TakesStoreWebhooks(Protocol):
    """The platform calls ``/hooks/stores/<kind>/<store.hook_token>``; the body is kept, then read."""

    def verify(self, store: Store, call: WebhookRequest) -> None:
        """Raises ``helpdesk.lib.connecting.Refused`` unless the call is proven to be theirs."""

    def answer(self, store: Store, call: WebhookRequest) -> WebhookAnswer | None:
        """What the platform wants to hear; None is an empty 200. Quick, no network."""

    def call_key(self, store: Store, call: WebhookRequest) -> str:
        """Equal for two deliveries of one call: the vendor's delivery id, else the body."""

    def split(self, store: Store, call: WebhookRequest) -> list[StoreItem]:
        """What is in it. Pure: no network. Raises InvalidInput where it is not what it should be."""


@runtime_checkable
class ConnectsStore(Protocol):
    """Trying the credentials, telling the platform where to call, seeing that it goes on calling."""

    def connect(self, store: Store, hook_url: str) -> Account:
        """Sign in, read the shop's name and currency (``config["currency"]``), subscribe webhooks
        (each once, however often this runs); raises connector failures in words for an admin,
        InvalidInput naming a field."""

    def disconnect(self, store: Store) -> None:
        """Take the webhooks back; raises connector failures."""

    def check(self, store: Store, hook_url: str) -> list[str]:
        """What was wrong at the platform, in words for an admin; what can be mended is mended
        (a webhook that was silently switched off is switched on again). [] if nothing."""


_connectors: dict[str, StoreConnector] = {}


def register_store(connector: StoreConnector) -> None:
    """Make a kind of store known; registering the same kind again replaces it."""
    _connectors[connector.manifest.kind] = connector


def get_store_connector(kind: str) -> StoreConnector:
    """The connector of that kind; raises NotFound naming the kinds there are."""
    try:
        return _connectors[kind]
    except KeyError as error:
        known = ", ".join(sorted(_connectors)) or "none"
        raise NotFound(f"There is no store connector “{kind}” (known: {known}).") from error


def find_manifest(kind: str) -> StoreManifest | None:
    """What that kind of store can do, or None for a kind that is not installed."""
    connector = _connectors.get(kind)
    return connector.manifest if connector else None


def find_store_connector(kind: str) -> StoreConnector | None:
    """The connector of that kind, or None."""
    return _connectors.get(kind)


def store_manifests() -> list[StoreManifest]:
    """Every known kind of store, by label."""
    return sorted((each.manifest for each in _connectors.values()), key=lambda each: each.label)


def synchronize(store: Store) -> int:
    """Bring our copies of the store's orders up to date; returns how many were looked at.

    May run twice and be interrupted: each order is its own transaction, old news changes nothing.
    """
    began_at = now()
    connector = get_store_connector(store.kind)
    count, cursor = 0, ""
    while True:
        page = connector.list_orders(store, since=store.synced_at, cursor=cursor)
        for data in page.orders:
            upsert_order(store, data, as_of=began_at)
        count, cursor = count + len(page.orders), page.cursor
        if not cursor:
            break
    mark_synced(store, began_at)
    return count
