"""A loyalty programme and newsletter in one that answers what a test says."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from helpdesk.accounts.models import Organization
from helpdesk.lib.connecting import Account
from helpdesk.lib.errors import NotFound
from integrations.commerce.acting import ActionKind
from integrations.commerce.actions import create_store
from integrations.commerce.connections import connection_of
from integrations.commerce.connector import (
    News,
    OrderPage,
    StoreCapabilities,
    StoreManifest,
    register_store,
)
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.commerce.profiles.shape import ProfileData

MANIFEST = StoreManifest(
    kind="fond",
    label="Fond",
    capabilities=StoreCapabilities(missing=dict.fromkeys(ActionKind, "It has no orders.")),
    group="loyalty",
)


@dataclass
class Fond:
    """Knows ``people`` by address; an exception is raised instead of being told."""

    people: dict[str, ProfileData | Exception | None] = field(default_factory=dict)
    listens_to: Literal["nobody", "known", "everybody"] = "nobody"
    refuses: Exception | None = None
    asked: list[str] = field(default_factory=list)
    told: list[News] = field(default_factory=list)
    manifest: StoreManifest = MANIFEST

    def list_orders(self, store: Store, *, since: datetime | None, cursor: str) -> OrderPage:
        return OrderPage(())

    def get_order(self, store: Store, external_id: str) -> OrderData:
        raise NotFound("It has none.")

    def find_shopper(self, store: Store, email: str) -> ProfileData | None:
        self.asked.append(email)
        said = self.people.get(email)
        if isinstance(said, Exception):
            raise said
        return said

    def wants(self, store: Store) -> Literal["nobody", "known", "everybody"]:
        return self.listens_to

    def tell(self, store: Store, news: News) -> None:
        if self.refuses is not None:
            raise self.refuses
        self.told.append(news)

    def connect(self, store: Store, hook_url: str) -> Account:
        return Account("Fond")

    def disconnect(self, store: Store) -> None: ...

    def check(self, store: Store, hook_url: str) -> list[str]:
        return []


def open_fond(organization: Organization, slug: str = "fond") -> tuple[Fond, Store]:
    """The service, connected."""
    fond = Fond()
    register_store(fond)
    store = create_store(organization, kind="fond", slug=slug, name="Loom Circle")
    connection_of(store)
    return fond, store


GOLD = ProfileData(
    external_id="7", points=1240, pending_points=60, tier="Gold", next_tier="Platinum",
    points_to_next=260, referral_url="https://shop.example/r/mia", referred_count=3,
)  # fmt: skip
SUBSCRIBED = ProfileData(
    external_id="k1", email_consent="subscribed", sms_consent="never_subscribed",
    lists=("Newsletter",), predicted_value=310.5, churn_percent=12.0,
)  # fmt: skip
