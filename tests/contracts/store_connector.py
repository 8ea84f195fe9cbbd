"""What every store connector must do, whoever the platform is. Subclass it in tests/contracts/.

    class TestShopfront(StoreConnectorContract):
        kind = "shopfront"
        lists_at = r"/orders$"
        acts = {ActionKind.CANCEL: Acting(writes=r"/cancel$"), ...}
        ...

What a platform does not have is switched off by a class attribute, with the reason beside it. The
smallest whole example is tests/contracts/test_shelf.py, on a platform that does not exist.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib import rate_limit
from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    NeedsReauthorization,
    NotFound,
    TemporaryFailure,
    UncertainOutcome,
)
from integrations.commerce import backfill, syncing, webhooks
from integrations.commerce.acting import (
    STEP_NAMES,
    ActionKind,
    ActionRefused,
    ActsOnOrders,
    Intent,
    Quote,
)
from integrations.commerce.actions import upsert_order
from integrations.commerce.connector import (
    ConnectsStore,
    OrderPage,
    StoreConnector,
    TakesStoreWebhooks,
    get_store_connector,
)
from integrations.commerce.models import (
    Erasure,
    Order,
    OrderToRead,
    Store,
    StoreConnection,
    StoreHook,
    StoreHookState,
)
from integrations.commerce.normal_form import OrderData, check_order
from tests.contracts.channel_connector import Call, _other
from tests.contracts.vendor import HANG_UP, Asked, VendorServer

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """An order as the kit speaks of it; the platform's test writes it in the platform's words.

    Two linen shirts at €29.50 and €4.90 for shipping: €63.90. ``is_shipped`` means one parcel of
    all lines by DHL with the tracking number ``JD01460{number}``. ``refunded_minor`` was paid back
    (part of it, or all: 6390).
    """

    number: str = "1042"
    email: str = "mia@posteo.example"
    name: str = "Mia Laurent"
    placed_at: datetime = NOON
    updated_at: datetime = NOON + timedelta(hours=1)
    is_paid: bool = True
    is_shipped: bool = False
    is_cancelled: bool = False
    refunded_minor: int = 0

    @property
    def tracking_number(self) -> str:
        return f"JD01460{self.number}"


TITLE, QUANTITY, UNIT_MINOR, SHIPPING_MINOR, TOTAL_MINOR = "Linen shirt", 2, 2950, 490, 6390


@dataclass(frozen=True)
class Acting:
    """How one kind of action is tried.

    ``writes`` is a pattern of the paths (or, with ``writes_in_body``, of the bodies: GraphQL) of
    calls that change something at the platform, sent by ``methods``; ``count`` is how many of them
    doing it takes. With ``carries_key`` False the platform takes no idempotency key: say why in
    ``because``. ``told`` is the order it is done to, ``params`` what is asked for.
    """

    writes: str
    params: dict[str, Any] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    methods: tuple[str, ...] = ("POST", "PUT", "PATCH", "DELETE")
    count: int = 1
    carries_key: bool = True
    writes_in_body: bool = False
    because: str = ""


@pytest.mark.django_db
class StoreConnectorContract:
    """Set ``kind``, ``lists_at`` and ``acts``, and write the methods that raise."""

    kind: str
    lists_at = r""
    """A pattern of the path by which orders are listed."""
    list_method = "GET"
    acts: ClassVar[dict[ActionKind, Acting]] = {}
    per_page = 2
    """How many orders the platform of the test puts on a page."""
    knows_since = True
    """Whether the platform can be asked for what changed since; False with the reason beside it."""
    has_signature = True
    has_delivery_ids = True
    """Whether calls have ids, so that one with another id and the same body is another call."""

    # What the platform's test must say

    def make_store(self, organization: Organization, vendor: VendorServer) -> Store:
        """A store with credentials whose API address is ``vendor.url``."""
        raise NotImplementedError

    def judge(self, vendor: VendorServer) -> None:
        """Say by which contract ``vendor`` judges: ``vendor.obeys(...)``."""
        raise NotImplementedError

    def tell(self, vendor: VendorServer, *told: Told) -> None:
        """Let the platform have exactly these orders from now on (newest plan wins).

        Its list gives them oldest change first, ``per_page`` at a time, and only what changed
        since then if asked so; each can be read by its id; another id is not found.
        """
        raise NotImplementedError

    def external_id(self, told: Told) -> str:
        """The platform's id of the order."""
        raise NotImplementedError

    def order_call(self, store: Store, told: Told, key: str) -> Call:
        """A signed call “this order changed”; ``key`` names the delivery."""
        raise NotImplementedError

    def unknown_call(self, store: Store) -> Call:
        """A signed call about something that does not concern us."""
        raise NotImplementedError

    def ended_call(self, store: Store) -> Call | None:
        """A signed call “the app was taken away”; None if the platform has none."""
        return None

    def forget_call(self, store: Store, told: Told) -> Call | None:
        """A signed call “erase this buyer”; None if the platform has none."""
        return None

    def takes(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        """Plan the platform's answers so that quoting and doing it work."""
        raise NotImplementedError

    def refuses(self, vendor: VendorServer, kind: ActionKind, acting: Acting) -> None:
        """Plan, after ``takes``, that the platform refuses to do it, in its own words."""
        raise NotImplementedError

    def took(self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent) -> None:
        """Plan what the platform says of the order when it was done, though no answer came."""
        raise NotImplementedError

    def took_not(
        self, vendor: VendorServer, kind: ActionKind, acting: Acting, intent: Intent
    ) -> None:
        """Plan what the platform says of the order when it was not done."""
        self.tell(vendor, acting.told)

    def keys_of(self, asked: Asked) -> str:
        """Where the idempotency key of a call is looked for."""
        return f"{asked.target} {asked.headers} {asked.body.decode()}"

    def rate_limited(self) -> tuple[int, Any, dict[str, str]]:
        """What the platform says when we are too fast: status, body, headers."""
        return 429, {"message": "Too many requests"}, {"Retry-After": "7"}

    def unauthorized(self) -> tuple[int, Any, dict[str, str]]:
        """What the platform says when our token is not good any more."""
        return 401, {"message": "Unauthorized"}, {}

    def turn_away(self, store: Store) -> None:
        """Let the platform's API be at an address where nobody listens."""
        store.config = {**store.config, "api_url": "http://127.0.0.1:9"}
        store.save(update_fields=["config"])

    # How it is driven

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Each test that asks for ``action`` runs once per kind in ``acts``."""
        if "action" in metafunc.fixturenames:
            metafunc.parametrize("action", list(self.acts), ids=str)

    @pytest.fixture(autouse=True)
    def _nobody_listens_here(self, settings: Any) -> None:
        settings.HTTP_ALLOWED_PREFIXES = [*settings.HTTP_ALLOWED_PREFIXES, "http://127.0.0.1:9/"]
        rate_limit._buckets.clear()

    @pytest.fixture
    def vendor_of(self, vendor: VendorServer) -> VendorServer:
        self.judge(vendor)
        return vendor

    @pytest.fixture
    def store(self, organization: Organization, vendor_of: VendorServer) -> Store:
        store = self.make_store(organization, vendor_of)
        assert store.kind == self.kind
        return store

    @property
    def connector(self) -> StoreConnector:
        return get_store_connector(self.kind)

    @property
    def actor(self) -> ActsOnOrders:
        connector = self.connector
        assert isinstance(connector, ActsOnOrders)
        return connector

    def pages(self, store: Store, since: datetime | None = None) -> list[OrderPage]:
        """All pages of a list, each asked with what the page before said."""
        found, cursor = [], ""
        for _ in range(50):
            found.append(self.connector.list_orders(store, since=since, cursor=cursor))
            cursor = found[-1].cursor
            if not cursor:
                return found
        raise AssertionError("the list has no end")

    def post(self, store: Store, call: Call, token: str | None = None) -> int:
        """Send the webhook; returns the status of our answer."""
        path = f"/hooks/stores/{store.kind}/{store.hook_token if token is None else token}"
        target = f"{path}?{call.query}" if call.query else path
        headers: Any = {
            f"HTTP_{name.upper().replace('-', '_')}": value for name, value in call.headers.items()
        }
        answer = Client().generic(
            call.method, target, call.body, content_type=call.content_type, **headers
        )
        return answer.status_code

    def settle(self, store: Store) -> None:
        """Do what the workers would do now."""
        webhooks.process_hooks(store.pk)
        StoreConnection.objects.update_or_create(
            store=store, defaults={"sync_due_at": None, "lease_until": None, "ask_next_at": None}
        )
        syncing.ask_store(store.pk)

    def known(self, store: Store, told: Told) -> Order:
        """Our copy of the order, as the platform tells it."""
        data = self.connector.get_order(store, self.external_id(told))
        return upsert_order(store, data, as_of=now())

    def skip_unless_webhooks(self) -> None:
        if not isinstance(self.connector, TakesStoreWebhooks):
            pytest.skip("this platform has no webhooks: it is asked")

    # The contract: reading

    def test_an_order_is_told_whole_in_normal_form(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        told = Told()
        self.tell(vendor_of, told)
        listed = [each for page in self.pages(store) for each in page.orders]
        assert len(listed) == 1
        for data in (listed[0], self.connector.get_order(store, self.external_id(told))):
            self.judge_order(data, told)
            assert data.fulfillment_status == "unfulfilled"
            assert data.fulfillments == ()
            assert data.financial_status == "paid"

    def judge_order(self, data: OrderData, told: Told) -> None:
        check_order(data)
        assert data.external_id == self.external_id(told)
        assert data.number.strip("#") == told.number
        assert data.email.lower() == told.email
        assert (data.currency, data.total_minor) == ("EUR", TOTAL_MINOR)
        assert data.shipping_minor == SHIPPING_MINOR
        assert data.placed_at == told.placed_at
        assert data.updated_at == told.updated_at
        [line] = data.lines
        assert (line.title, line.quantity, line.price_minor) == (TITLE, QUANTITY, UNIT_MINOR)
        assert line.external_id
        names = {data.shipping_address.name, data.customer.name if data.customer else ""}
        assert told.name in names

    def test_a_shipped_order_says_by_whom_and_under_which_number(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        told = Told(is_shipped=True)
        self.tell(vendor_of, told)
        data = self.connector.get_order(store, self.external_id(told))
        self.judge_order(data, told)
        assert data.fulfillment_status == "fulfilled"
        [parcel] = data.fulfillments
        assert parcel.tracking_number == told.tracking_number
        assert "dhl" in parcel.carrier.lower()

    def test_money_that_went_back_is_told(self, store: Store, vendor_of: VendorServer) -> None:
        part, whole = Told("1", refunded_minor=1000), Told("2", refunded_minor=TOTAL_MINOR)
        self.tell(vendor_of, part, whole)
        data = self.connector.get_order(store, self.external_id(part))
        assert sum(each.amount_minor for each in data.refunds) == 1000
        assert data.financial_status == "partially_refunded"
        data = self.connector.get_order(store, self.external_id(whole))
        assert sum(each.amount_minor for each in data.refunds) == TOTAL_MINOR
        assert data.financial_status == "refunded"

    def test_a_cancelled_order_says_since_when(self, store: Store, vendor_of: VendorServer) -> None:
        told = Told(is_cancelled=True)
        self.tell(vendor_of, told)
        data = self.connector.get_order(store, self.external_id(told))
        assert data.cancelled_at is not None

    def test_an_unpaid_order_is_pending(self, store: Store, vendor_of: VendorServer) -> None:
        told = Told(is_paid=False)
        self.tell(vendor_of, told)
        data = self.connector.get_order(store, self.external_id(told))
        assert data.financial_status in ("pending", "authorized")

    def test_the_same_order_is_told_in_the_same_words(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        told = Told(is_shipped=True)
        self.tell(vendor_of, told)
        one = self.connector.get_order(store, self.external_id(told))
        [two] = [each for page in self.pages(store) for each in page.orders]
        assert one.digest() == two.digest()

    def test_an_order_that_is_not_there_is_not_found(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.tell(vendor_of, Told())
        with pytest.raises(NotFound):
            self.connector.get_order(store, self.external_id(Told("9999")))

    def test_pages_hold_every_order_once_and_go_on_from_their_cursor(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        told = [
            Told(f"10{n}", updated_at=NOON + timedelta(minutes=n))
            for n in range(10, 10 + 2 * self.per_page + 1)
        ]
        self.tell(vendor_of, *told)
        pages = self.pages(store)
        assert len(pages) >= 3
        numbers = [each.external_id for page in pages for each in page.orders]
        assert numbers == [self.external_id(each) for each in told]
        again = self.connector.list_orders(store, since=None, cursor=pages[0].cursor)
        assert [each.external_id for each in again.orders] == [
            each.external_id for each in pages[1].orders
        ]

    def test_only_what_changed_since_is_asked_for(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        if not self.knows_since:
            pytest.skip("this platform cannot be asked for what changed since")
        old = Told("1001", updated_at=NOON)
        new = Told("1002", updated_at=NOON + timedelta(days=2))
        self.tell(vendor_of, old, new)
        pages = self.pages(store, since=NOON + timedelta(days=1))
        found = [each.external_id for page in pages for each in page.orders]
        assert found == [self.external_id(new)]

    def test_a_rate_limit_says_when_to_come_again(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.tell(vendor_of, Told())
        status, body, headers = self.rate_limited()
        vendor_of.answers(self.list_method, self.lists_at, status, body, headers=headers)
        with pytest.raises(TemporaryFailure) as failure:
            self.connector.list_orders(store, since=None, cursor="")
        assert failure.value.retry_after_seconds
        assert vendor_of.asked(self.list_method, self.lists_at) == 1

    def test_a_token_that_ended_needs_a_person(self, store: Store, vendor_of: VendorServer) -> None:
        self.tell(vendor_of, Told())
        status, body, headers = self.unauthorized()
        vendor_of.answers(self.list_method, self.lists_at, status, body, headers=headers)
        with pytest.raises(NeedsReauthorization):
            self.connector.list_orders(store, since=None, cursor="")

    @pytest.mark.parametrize("trouble", ["down", "slow", "server error", "hang up", "nonsense"])
    def test_trouble_at_the_platform_is_for_later(
        self,
        store: Store,
        vendor_of: VendorServer,
        monkeypatch: pytest.MonkeyPatch,
        trouble: str,
    ) -> None:
        self.tell(vendor_of, Told())
        self.make_trouble(store, vendor_of, monkeypatch, trouble)
        wanted = ConnectorFailure if trouble == "nonsense" else TemporaryFailure
        with pytest.raises(wanted):
            self.connector.list_orders(store, since=None, cursor="")

    def make_trouble(
        self, store: Store, vendor: VendorServer, monkeypatch: pytest.MonkeyPatch, trouble: str
    ) -> None:
        plan: dict[str, tuple[int, Any, float]] = {
            "slow": (200, {}, 3.0),
            "server error": (500, {"message": "Oops"}, 0.0),
            "hang up": (200, HANG_UP, 0.0),
            "nonsense": (200, b"<html>maintenance</html>", 0.0),
        }
        if trouble == "slow":
            vendor.is_given_up_on(monkeypatch)
        if trouble == "down":
            self.turn_away(store)
            return
        status, data, seconds = plan[trouble]
        vendor.answers(self.list_method, self.lists_at, status, data, seconds=seconds)

    def test_a_backfill_brings_every_order_once(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        told = [
            Told(f"10{n}", updated_at=NOON + timedelta(minutes=n))
            for n in range(10, 11 + 2 * self.per_page)
        ]
        self.tell(vendor_of, *told)
        run = backfill.start(store)
        backfill.go_on(store.pk)
        run.refresh_from_db()
        assert (run.state, run.done, run.skipped) == ("done", len(told), 0)
        assert Order.objects.filter(store=store).count() == len(told)

    # The contract: being called

    def test_a_call_about_an_order_makes_it_known_with_what_the_platform_says_now(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        told = Told()
        self.tell(vendor_of, told)
        assert self.post(store, self.order_call(store, told, "k1")) < 300
        assert vendor_of.requests == []
        self.settle(store)
        order = Order.objects.get(store=store)
        assert (order.external_id, order.total_minor) == (self.external_id(told), TOTAL_MINOR)
        assert order.number.strip("#") == told.number
        assert StoreHook.objects.get().state == StoreHookState.PROCESSED
        assert OrderToRead.objects.count() == 0

    def test_a_call_delivered_three_times_is_one_call(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        told = Told()
        self.tell(vendor_of, told)
        for _ in range(3):
            assert self.post(store, self.order_call(store, told, "k1")) < 300
        assert StoreHook.objects.count() == 1
        self.settle(store)
        assert Order.objects.get(store=store).version == 1

    def test_calls_in_the_wrong_order_end_the_same(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        before = Told()
        after = Told(is_shipped=True, updated_at=before.updated_at + timedelta(hours=1))
        self.tell(vendor_of, after)
        assert self.post(store, self.order_call(store, after, "k2")) < 300
        self.settle(store)
        assert self.post(store, self.order_call(store, before, "k1")) < 300
        self.settle(store)
        order = Order.objects.get(store=store)
        assert order.fulfillment_status == "fulfilled"
        assert order.source_updated_at == after.updated_at

    def test_a_burst_of_calls_about_one_order_reads_it_once(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        told = Told()
        self.tell(vendor_of, told)
        for n in range(5):
            later = replace(told, updated_at=told.updated_at + timedelta(seconds=n))
            assert self.post(store, self.order_call(store, later, f"k{n}")) < 300
        self.settle(store)
        assert Order.objects.filter(store=store).count() == 1
        assert len(vendor_of.requests) <= self.requests_per_read

    requests_per_read = 6
    """How many requests reading one order may take."""

    def test_a_forged_call_is_refused_and_nothing_is_kept(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        if not self.has_signature:
            pytest.skip("this platform does not sign: its address is the secret")
        call = self.order_call(store, Told(), "k1")
        forged = {name: _other(value) for name, value in call.headers.items()}
        assert self.post(store, replace(call, headers=forged)) in (401, 403)
        assert self.post(store, replace(call, headers={})) in (401, 403)
        assert StoreHook.objects.count() == 0

    def test_a_tampered_call_is_refused(self, store: Store, vendor_of: VendorServer) -> None:
        self.skip_unless_webhooks()
        if not self.has_signature:
            pytest.skip("this platform does not sign: its address is the secret")
        call = self.order_call(store, Told(), "k1")
        assert self.post(store, replace(call, body=call.body + b" ")) in (401, 403)
        assert StoreHook.objects.count() == 0

    def test_another_address_does_not_take_the_call(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        assert self.post(store, self.order_call(store, Told(), "k1"), token="nobody") == 404
        assert StoreHook.objects.count() == 0

    def test_an_oversized_call_is_refused(self, store: Store, vendor_of: VendorServer) -> None:
        self.skip_unless_webhooks()
        call = self.order_call(store, Told(), "k1")
        limit = self.connector.manifest.max_webhook_bytes
        assert self.post(store, replace(call, body=b"x" * (limit + 1))) == 413
        assert StoreHook.objects.count() == 0

    def test_an_unknown_call_is_answered_and_changes_nothing(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        assert self.post(store, self.unknown_call(store)) < 300
        self.settle(store)
        assert Order.objects.count() == 0
        assert not StoreHook.objects.filter(state=StoreHookState.QUARANTINED).exists()

    def test_nonsense_never_stops_what_comes_after_it(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        whole = self.order_call(store, Told(), "k0")
        for body in (whole.body[: len(whole.body) // 2], b"", b"\xff\xfe\x00", b"[]", b"null"):
            assert self.post(store, self.resigned(store, replace(whole, body=body))) < 500
        self.tell(vendor_of, Told())
        self.settle(store)
        assert self.post(store, self.order_call(store, Told(), "k1")) < 300
        self.settle(store)
        assert Order.objects.filter(store=store).count() == 1
        assert not StoreHook.objects.filter(state=StoreHookState.RECEIVED).exists()

    def resigned(self, store: Store, call: Call) -> Call:
        """The call with a signature that fits its body; override it, or such calls are refused."""
        return call

    def test_access_that_ended_needs_a_person_and_nothing_is_asked_any_more(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        call = self.ended_call(store)
        if call is None:
            pytest.skip("this platform does not tell that its access ended")
        assert self.post(store, call) < 300
        self.settle(store)
        line = StoreConnection.objects.get(store=store)
        assert line.needs_attention
        assert line.failure
        assert vendor_of.requests == []

    def test_a_buyer_to_be_forgotten_is_put_down_for_erasure(
        self, store: Store, vendor_of: VendorServer
    ) -> None:
        self.skip_unless_webhooks()
        call = self.forget_call(store, Told())
        if call is None:
            pytest.skip("this platform does not ask to erase people")
        assert self.post(store, call) < 300
        assert self.post(store, call) < 300
        webhooks.process_hooks(store.pk)
        erasure = Erasure.objects.get(store=store)
        assert erasure.external_id or erasure.email or erasure.is_whole_shop

    # The contract: what it says of itself

    def test_what_it_says_it_can_is_what_it_can(self) -> None:
        connector, can = self.connector, self.connector.manifest.capabilities
        assert can.webhooks == isinstance(connector, TakesStoreWebhooks)
        assert bool(can.actions) == isinstance(connector, ActsOnOrders)
        assert set(self.acts) == set(can.actions)
        assert set(can.missing) == set(ActionKind) - set(can.actions)
        assert all(can.missing.values())

    def test_connecting_twice_subscribes_once(self, store: Store, vendor_of: VendorServer) -> None:
        connector = self.connector
        if not isinstance(connector, ConnectsStore):
            pytest.skip("there is nothing to sign in to")
        subscribed = self.platform_signs_in(vendor_of)
        url = webhooks.hook_url(store)
        account = connector.connect(store, url)
        assert account.label
        assert account.config.get("currency") == "EUR"
        made = subscribed()
        connector.connect(store, url)
        assert subscribed() == made

    def platform_signs_in(self, vendor: VendorServer) -> Any:
        """Plan a platform that remembers its webhooks; returns a function that lists them.

        The shop's currency is EUR.
        """
        raise NotImplementedError

    # The contract: acting

    def prepared(
        self, store: Store, vendor: VendorServer, kind: ActionKind
    ) -> tuple[Order, Acting, Quote, Intent]:
        """An order that is known, and a confirmed quote to act on."""
        acting = self.acts[kind]
        self.tell(vendor, acting.told)
        order = self.known(store, acting.told)
        self.takes(vendor, kind, acting)
        quote = self.actor.quote(store, order, kind, acting.params)
        intent = Intent(
            key=uuid.UUID("0198f0f0-0000-7000-8000-000000000042"),
            kind=kind,
            params=quote.params,
            amount_minor=quote.amount_minor,
            currency=quote.currency or order.currency,
            context=quote.context,
        )
        return order, acting, quote, intent

    def writes(self, vendor: VendorServer, acting: Acting) -> list[Asked]:
        """The calls that changed something, oldest first."""
        pattern = re.compile(acting.writes)
        return [
            each
            for each in vendor.requests
            if each.method in acting.methods
            and pattern.search(each.body.decode() if acting.writes_in_body else each.path)
        ]

    def test_a_quote_says_what_would_happen_and_changes_nothing(
        self, store: Store, vendor_of: VendorServer, action: ActionKind
    ) -> None:
        order, acting, quote, _ = self.prepared(store, vendor_of, action)
        assert quote.kind == action
        assert quote.effects
        assert {each.name for each in quote.effects} <= set(STEP_NAMES)
        assert quote.order.external_id == order.external_id
        assert quote.amount_minor >= 0
        assert self.actor.quote(store, order, action, acting.params).basis() == quote.basis()
        assert self.actor.quote(store, order, action, quote.params).basis() == quote.basis()
        assert self.writes(vendor_of, acting) == []

    def test_acting_does_each_step_once_and_says_how_it_ended(
        self, store: Store, vendor_of: VendorServer, action: ActionKind
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        began: list[tuple[str, int]] = []
        outcome = self.actor.act(
            store,
            order,
            intent,
            lambda step: began.append((step, len(self.writes(vendor_of, acting)))),
        )
        assert outcome.state in ("done", "pending")
        assert {each.name for each in outcome.steps} <= set(STEP_NAMES)
        sent = self.writes(vendor_of, acting)
        assert len(sent) == acting.count
        assert began, "before_step is called before the first irreversible call"
        assert began[0][1] == 0
        assert len({step for step, _ in began}) == len(began)
        assert {step for step, _ in began} <= {each.name for each in outcome.steps}
        if acting.carries_key:
            assert all(str(intent.key) in self.keys_of(each) for each in sent)
        else:
            assert acting.because

    def test_steps_that_are_done_are_not_done_again(
        self, store: Store, vendor_of: VendorServer, action: ActionKind
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        outcome = self.actor.act(store, order, intent, lambda _: None)
        count = len(self.writes(vendor_of, acting))
        done = {each.name: each.reference for each in outcome.steps}
        again = self.actor.act(store, order, replace(intent, done=done), lambda _: None)
        assert len(self.writes(vendor_of, acting)) == count
        assert again.state in ("done", "pending")

    def test_what_the_platform_refuses_is_refused_in_words(
        self, store: Store, vendor_of: VendorServer, action: ActionKind
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        self.refuses(vendor_of, action, acting)
        with pytest.raises(ActionRefused) as refusal:
            self.actor.act(store, order, intent, lambda _: None)
        assert refusal.value.message
        assert refusal.value.reason_code

    @pytest.mark.parametrize("trouble", ["hang up", "server error"])
    def test_an_answer_that_never_came_is_uncertain_and_never_repeated(
        self,
        store: Store,
        vendor_of: VendorServer,
        monkeypatch: pytest.MonkeyPatch,
        action: ActionKind,
        trouble: str,
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        self.lose_answer(vendor_of, monkeypatch, acting, trouble)
        with pytest.raises(UncertainOutcome):
            self.actor.act(store, order, intent, lambda _: None)
        assert len(self.writes(vendor_of, acting)) == 1

    def test_an_answer_that_took_too_long_is_uncertain_and_never_repeated(
        self, store: Store, vendor_of: VendorServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One kind of action is enough: the clock is our HTTP client's."""
        if not self.acts:
            pytest.skip("this platform acts on nothing")
        action = next(iter(self.acts))
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        self.lose_answer(vendor_of, monkeypatch, acting, "slow")
        with pytest.raises(UncertainOutcome):
            self.actor.act(store, order, intent, lambda _: None)
        assert len(self.writes(vendor_of, acting)) == 1

    def lose_answer(
        self,
        vendor: VendorServer,
        monkeypatch: pytest.MonkeyPatch,
        acting: Acting,
        trouble: str = "hang up",
    ) -> None:
        """The first call that changes something is taken, and its answer is lost."""
        if trouble == "slow":
            vendor.is_given_up_on(monkeypatch)
        status, data, seconds = {
            "hang up": (200, HANG_UP, 0.0),
            "server error": (500, {"message": "Oops"}, 0.0),
            "slow": (200, {}, 3.0),
        }[trouble]
        for method in acting.methods:
            if acting.writes_in_body:
                vendor.answers(
                    method, r".", status, data, seconds=seconds, body_pattern=acting.writes
                )
            else:
                vendor.answers(method, acting.writes, status, data, seconds=seconds)

    def test_what_became_of_a_lost_answer_is_looked_up(
        self,
        store: Store,
        vendor_of: VendorServer,
        monkeypatch: pytest.MonkeyPatch,
        action: ActionKind,
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        began: list[str] = []
        self.lose_answer(vendor_of, monkeypatch, acting)
        with pytest.raises(UncertainOutcome):
            self.actor.act(store, order, intent, began.append)
        count = len(self.writes(vendor_of, acting))
        asked = replace(intent, began=tuple(began))

        self.took_not(vendor_of, action, acting, asked)
        missed = self.actor.look_up(store, order, asked)
        assert missed is None or missed.state == "failed"
        if missed is not None:
            assert any(each.can_retry for each in missed.steps)

        self.took(vendor_of, action, acting, asked)
        outcome = self.actor.look_up(store, order, asked)
        assert outcome is not None
        assert outcome.state in ("done", "pending")
        assert len(self.writes(vendor_of, acting)) == count

    def test_a_platform_that_is_down_has_done_nothing(
        self, store: Store, vendor_of: VendorServer, action: ActionKind
    ) -> None:
        order, acting, _, intent = self.prepared(store, vendor_of, action)
        self.turn_away(store)
        with pytest.raises(TemporaryFailure):
            self.actor.quote(store, order, action, acting.params)
        with pytest.raises(TemporaryFailure):
            self.actor.act(store, order, intent, lambda _: None)
        assert self.writes(vendor_of, acting) == []
