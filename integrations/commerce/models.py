"""Orders in their normal form: what every store connector fills and everybody else reads.

Money is whole numbers in the currency's minor unit (cents; for JPY yen). Nothing here is ever
edited by hand: the store is the truth and ``as_of`` says how fresh our copy is.
"""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models.functions import Reverse, Upper

from helpdesk.kept_calls import KeptCall
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from tickets.models.channel import new_hook_token


class Store(models.Model):
    """A shop whose orders we know; ``secrets`` is an encrypted token (helpdesk.lib.secrets)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    slug = models.SlugField(max_length=60)
    kind = models.CharField(max_length=30)
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="EUR")
    address = models.CharField(max_length=300, blank=True, default="")
    """The account: a shop domain, a store hash, the address of its API."""
    hook_token = models.CharField(max_length=64, default=new_hook_token, editable=False)
    config = models.JSONField(default=dict, blank=True)
    secrets = models.TextField(blank=True, default="")
    time_zone = models.CharField(max_length=60, blank=True, default="")
    number_pattern = models.CharField(max_length=120, blank=True, default="")
    """How the store writes its order numbers where it differs from ``#1042`` (RE2)."""
    is_active = models.BooleanField(default=True)
    disconnected_at = models.DateTimeField(null=True, blank=True)
    """Its orders stay, as they were then."""
    synced_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=now, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "slug"], name="store_slug_unique"),
            models.UniqueConstraint(fields=["hook_token"], name="store_hook_token_unique"),
        ]


class StoreConnection(models.Model):
    """How a store's line to its platform is: what was asked when, and how that went.

    ``lease_until`` lets one worker at a time ask. With ``needs_attention`` nobody asks any more:
    a person must renew the access first.
    """

    store = models.OneToOneField(Store, models.CASCADE, primary_key=True, related_name="connection")
    sync_due_at = models.DateTimeField(null=True, blank=True)
    sync_began_at = models.DateTimeField(null=True, blank=True)
    sync_cursor = models.TextField(blank=True, default="")
    """Where the pass that began then goes on."""
    check_due_at = models.DateTimeField(null=True, blank=True)
    ask_next_at = models.DateTimeField(null=True, blank=True)
    """The platform wants to be left alone until then."""
    lease_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveIntegerField(default=0)
    failing_since = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True, default="")
    needs_attention = models.BooleanField(default=False)
    last_event_at = models.DateTimeField(null=True, blank=True)
    last_hook_at = models.DateTimeField(null=True, blank=True)
    last_sync_at = models.DateTimeField(null=True, blank=True)
    last_check_at = models.DateTimeField(null=True, blank=True)
    lag_seconds = models.FloatField(null=True, blank=True)
    """How old the newest change was when we had it."""
    refused = models.PositiveIntegerField(default=0)
    last_refused_at = models.DateTimeField(null=True, blank=True)
    problems = models.JSONField(default=list, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["sync_due_at"], name="store_to_sync"),
            models.Index(fields=["check_due_at"], name="store_to_check"),
        ]


class StoreHookState(models.TextChoices):
    """Where a call of a platform stands."""

    RECEIVED = "received", "Received"
    PROCESSED = "processed", "Processed"
    QUARANTINED = "quarantined", "Quarantined"


class StoreHook(KeptCall):
    """A call of a platform as it came, committed before the platform is told that we have it."""

    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=StoreHookState, default=StoreHookState.RECEIVED)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "dedupe_key"], name="store_hook_stored_once"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["store", "due_at", "received_at"],
                name="store_hook_to_process",
                condition=models.Q(state="received"),
            ),
            models.Index(fields=["organization", "-received_at", "-id"], name="store_hook_log"),
        ]


class OrderToRead(models.Model):
    """An order that changed at the platform and is to be read again, however often it was said.

    ``asks`` grows with each time, so that a change during the reading is read once more.
    """

    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=120)
    asks = models.PositiveIntegerField(default=1)
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True, default="")
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "external_id"], name="order_read_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["store", "due_at"], name="order_to_read"),
        ]


class BackfillState(models.TextChoices):
    """How far the reading of a store's history is."""

    RUNNING = "running", "Running"
    PAUSED = "paused", "Paused"
    DONE = "done", "Done"
    FAILED = "failed", "Failed"


class Backfill(models.Model):
    """Reading the orders a store had before it was connected; the cursor moves with each page.

    ``busy_seconds`` is the time spent on it, without what was waited for the platform's limits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, models.CASCADE, related_name="backfills")
    state = models.CharField(max_length=10, choices=BackfillState, default=BackfillState.RUNNING)
    since = models.DateTimeField(null=True, blank=True)
    cursor = models.TextField(blank=True, default="")
    total = models.PositiveIntegerField(null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    """Orders that the platform told in a form that cannot be stored."""
    busy_seconds = models.FloatField(default=0)
    failures = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True, default="")
    due_at = models.DateTimeField(default=now)
    lease_until = models.DateTimeField(null=True, blank=True)
    began_at = models.DateTimeField(default=now)
    moved_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store"],
                name="one_open_backfill",
                condition=models.Q(state__in=["running", "paused"]),
            ),
        ]


class Erasure(models.Model):
    """A platform asked to erase a buyer, or a whole shop; kept as proof that it was done."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    store = models.ForeignKey(Store, models.CASCADE, related_name="+")
    hook = models.OneToOneField(StoreHook, models.SET_NULL, null=True, related_name="+")
    external_id = models.CharField(max_length=120, blank=True, default="")
    email = models.CharField(max_length=320, blank=True, default="")
    """Forgotten once it is done."""
    is_whole_shop = models.BooleanField(default=False)
    asked_at = models.DateTimeField(default=now)
    due_at = models.DateTimeField(default=now)
    done_at = models.DateTimeField(null=True, blank=True)
    orders = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="erasure_due", condition=models.Q(done_at=None)),
        ]


class StoreCustomer(models.Model):
    """A buyer as one store knows them. Not a ``tickets.Customer``: those are joined on reading,
    by verified handle (``selectors.orders_of_customer``)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, models.CASCADE, related_name="customers")
    external_id = models.CharField(max_length=120)
    name = models.CharField(max_length=200, blank=True, default="")
    language = models.CharField(max_length=12, blank=True, default="")
    source_updated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["store", "external_id"], name="store_customer_known_once"
            ),
        ]
        indexes: ClassVar = [
            GinIndex(SearchVector("name", config="simple"), name="store_customer_words"),
        ]


class ContactKind(models.TextChoices):
    """The same words as ``tickets.HandleKind``, so that the two can be compared."""

    EMAIL = "email", "E-mail"
    PHONE = "phone", "Phone"


class StoreContact(models.Model):
    """One address or phone of a buyer, in the form handles are compared in."""

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    customer = models.ForeignKey(StoreCustomer, models.CASCADE, related_name="contacts")
    kind = models.CharField(max_length=10, choices=ContactKind)
    value = models.CharField(max_length=320)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "kind", "value"], name="store_contact_listed_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                "organization",
                "kind",
                OpClass("value", name="varchar_pattern_ops"),
                name="store_contact_begins",
            ),
        ]


class FinancialStatus(models.TextChoices):
    """What happened to the money."""

    PENDING = "pending", "Payment pending"
    AUTHORIZED = "authorized", "Authorized"
    PARTIALLY_PAID = "partially_paid", "Partially paid"
    PAID = "paid", "Paid"
    PARTIALLY_REFUNDED = "partially_refunded", "Partially refunded"
    REFUNDED = "refunded", "Refunded"
    VOIDED = "voided", "Voided"


class FulfillmentStatus(models.TextChoices):
    """What happened to the goods."""

    UNFULFILLED = "unfulfilled", "Unfulfilled"
    PARTIAL = "partial", "Partially fulfilled"
    FULFILLED = "fulfilled", "Fulfilled"


class ReturnStatus(models.TextChoices):
    """Whether something comes back."""

    NONE = "", "No return"
    REQUESTED = "requested", "Return requested"
    RETURNED = "returned", "Returned"


class Order(models.Model):
    """One order of one store. Only ``actions.upsert_order`` writes here."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    store = models.ForeignKey(Store, models.CASCADE, related_name="orders")
    external_id = models.CharField(max_length=120)
    number = models.CharField(max_length=60)
    number_key = models.CharField(max_length=60)
    customer = models.ForeignKey(
        StoreCustomer, models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    email = models.CharField(max_length=320, blank=True, default="")
    phone = models.CharField(max_length=60, blank=True, default="")
    placed_at = models.DateTimeField()
    currency = models.CharField(max_length=3)
    subtotal_minor = models.BigIntegerField(default=0)
    shipping_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    total_minor = models.BigIntegerField(default=0)
    financial_status = models.CharField(max_length=20, choices=FinancialStatus)
    fulfillment_status = models.CharField(max_length=20, choices=FulfillmentStatus)
    return_status = models.CharField(
        max_length=20, choices=ReturnStatus, blank=True, default=ReturnStatus.NONE
    )
    told_return_status = models.CharField(max_length=20, blank=True, default="")
    """What the platform itself says of returns; services know of others (``ReturnTrack``)."""
    payment_method = models.CharField(max_length=60, blank=True, default="")
    captured_minor = models.BigIntegerField(null=True, blank=True)
    """Money taken in; None where the platform does not say (then a paid order took its total)."""
    store_currency = models.CharField(max_length=3, blank=True, default="")
    store_total_minor = models.BigIntegerField(null=True, blank=True)
    """The total in the store's own currency, where the customer paid in another."""
    is_on_hold = models.BooleanField(default=False)
    hold_reason = models.CharField(max_length=200, blank=True, default="")
    can_cancel = models.BooleanField(null=True, blank=True)
    cannot_cancel_reason = models.CharField(max_length=60, blank=True, default="")
    can_edit_address = models.BooleanField(null=True, blank=True)
    refundable_minor = models.BigIntegerField(null=True, blank=True)
    discount_codes = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    admin_url = models.CharField(max_length=1000, blank=True, default="")
    pick_at = models.DateTimeField(null=True, blank=True)
    packed_at = models.DateTimeField(null=True, blank=True)
    promised_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_reason = models.CharField(max_length=120, blank=True, default="")
    shipping_address = models.JSONField(default=dict, blank=True)
    billing_address = models.JSONField(default=dict, blank=True)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    note = models.TextField(blank=True, default="")
    source_updated_at = models.DateTimeField()
    source_digest = models.CharField(max_length=64, blank=True, default="")
    as_of = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["store", "external_id"], name="order_known_once"),
            models.CheckConstraint(condition=models.Q(total_minor__gte=0), name="order_total_sane"),
        ]
        indexes: ClassVar = [
            models.Index(
                "organization",
                OpClass("number_key", name="varchar_pattern_ops"),
                name="order_number_begins",
            ),
            models.Index(fields=["organization", "-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["customer", "-placed_at"], name="order_of_store_customer"),
            models.Index(
                "organization",
                OpClass("email", name="varchar_pattern_ops"),
                name="order_email_begins",
                condition=~models.Q(email=""),
            ),
            models.Index(
                fields=["organization", "phone"],
                name="order_phone",
                condition=~models.Q(phone=""),
            ),
            models.Index(
                "organization",
                OpClass(Reverse("phone"), name="text_pattern_ops"),
                name="order_phone_ends",
                condition=~models.Q(phone=""),
            ),
            GinIndex(fields=["tags"], name="order_tags"),
        ]


class OrderLine(models.Model):
    """What was bought. ``picture`` names a drawn thumbnail, ``image_url`` a photo of the store."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=120, blank=True, default="")
    product_id = models.CharField(max_length=120, blank=True, default="")
    title = models.CharField(max_length=300)
    variant = models.CharField(max_length=200, blank=True, default="")
    sku = models.CharField(max_length=120, blank=True, default="")
    quantity = models.PositiveIntegerField(default=1)
    fulfilled_quantity = models.PositiveIntegerField(default=0)
    refunded_quantity = models.PositiveIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    added_at = models.DateTimeField(null=True, blank=True)
    """When it was added after the purchase (a post-purchase upsell); None for the usual lines."""
    added_by = models.CharField(max_length=60, blank=True, default="")
    """The app that added it (AfterSell), where the platform says so."""
    price_minor = models.BigIntegerField(default=0)
    picture = models.CharField(max_length=40, blank=True, default="")
    image_url = models.URLField(max_length=1000, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="order_line_position"),
        ]


class ShipmentStatus(models.TextChoices):
    """Where a parcel is; one vocabulary for all carriers."""

    PENDING = "pending", "Being prepared"
    INFO_RECEIVED = "info_received", "Label made"
    IN_TRANSIT = "in_transit", "On its way"
    OUT_FOR_DELIVERY = "out_for_delivery", "Out for delivery"
    READY_FOR_PICKUP = "ready_for_pickup", "Ready for pickup"
    DELIVERED = "delivered", "Delivered"
    ATTEMPT_FAILED = "attempt_failed", "Delivery attempt failed"
    EXCEPTION = "exception", "Problem"
    RETURNED = "returned", "Returned to the store"


class Fulfillment(models.Model):
    """One parcel. ``events`` are the carrier's scans, oldest first: {at, status, text, place}."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="fulfillments")
    position = models.PositiveSmallIntegerField()
    external_id = models.CharField(max_length=120, blank=True, default="")
    carrier = models.CharField(max_length=80, blank=True, default="")
    tracking_number = models.CharField(max_length=120, blank=True, default="")
    tracking_url = models.CharField(max_length=1000, blank=True, default="")
    status = models.CharField(max_length=20, choices=ShipmentStatus)
    problem = models.CharField(max_length=200, blank=True, default="")
    shipped_at = models.DateTimeField(null=True, blank=True)
    estimated_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    last_scan_at = models.DateTimeField(null=True, blank=True)
    events = models.JSONField(default=list, blank=True)
    lines = models.JSONField(default=list, blank=True)
    """What is in the parcel: [{line: external id of the order line, quantity}]; [] where unknown."""

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "position"], name="fulfillment_position"),
        ]
        indexes: ClassVar = [
            models.Index(
                Upper("tracking_number"),
                name="fulfillment_tracking_upper",
                condition=~models.Q(tracking_number=""),
            ),
        ]


class ParcelTrack(models.Model):
    """What a tracking service says of a parcel. It is laid over what the platform says of it.

    ``number`` is in capitals without spaces. ``scans`` are like ``Fulfillment.events``.
    """

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    number = models.CharField(max_length=120)
    source = models.CharField(max_length=30)
    external_id = models.CharField(max_length=120, blank=True, default="")
    carrier = models.CharField(max_length=80, blank=True, default="")
    tracking_url = models.CharField(max_length=1000, blank=True, default="")
    status = models.CharField(max_length=20, choices=ShipmentStatus)
    problem = models.CharField(max_length=200, blank=True, default="")
    shipped_at = models.DateTimeField(null=True, blank=True)
    estimated_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(max_length=120, blank=True, default="")
    scans = models.JSONField(default=list, blank=True)
    source_updated_at = models.DateTimeField()
    source_digest = models.CharField(max_length=64, blank=True, default="")
    as_of = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "number"], name="parcel_track_known_once"
            ),
        ]


class ReturnState(models.TextChoices):
    """How far a return is."""

    REQUESTED = "requested", "Requested"
    APPROVED = "approved", "Approved"
    IN_TRANSIT = "in_transit", "On its way back"
    RECEIVED = "received", "Received"
    CLOSED = "closed", "Closed"
    DECLINED = "declined", "Declined"
    CANCELLED = "cancelled", "Cancelled"
    EXPIRED = "expired", "Expired"


class OrderReturn(models.Model):
    """Something that comes back. ``lines``: [{line, title, quantity, reason}].

    ``source`` and what follows is what a returns service told (``ReturnTrack``); empty where only
    the platform knows of it.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="returns")
    external_id = models.CharField(max_length=120)
    number = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=20, choices=ReturnState)
    outcome = models.CharField(max_length=20, blank=True, default="")
    """refund, exchange, store_credit, or empty where it is not decided."""
    requested_at = models.DateTimeField(null=True, blank=True)
    refund_minor = models.BigIntegerField(null=True, blank=True)
    label_url = models.CharField(max_length=1000, blank=True, default="")
    carrier = models.CharField(max_length=80, blank=True, default="")
    tracking_number = models.CharField(max_length=120, blank=True, default="")
    lines = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=30, blank=True, default="")
    source_id = models.CharField(max_length=120, blank=True, default="")
    currency = models.CharField(max_length=3, blank=True, default="")
    """Of the amounts, where it is not the order's."""
    credit_minor = models.BigIntegerField(null=True, blank=True)
    """Given as store credit or gift card."""
    exchange_number = models.CharField(max_length=60, blank=True, default="")
    """The order that the customer gets instead."""
    status_url = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        ordering: ClassVar = ["requested_at", "external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "external_id"], name="return_known_once"),
        ]


class ReturnTrack(models.Model):
    """What a returns service says of a return, or the label we bought: it is laid over the order's
    own returns and stays there when the platform tells the order anew.

    ``order_ref`` is the platform's id of the order. ``store`` is the shop, where we know it.
    """

    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    source = models.CharField(max_length=30)
    external_id = models.CharField(max_length=120)
    store = models.ForeignKey(Store, models.CASCADE, null=True, blank=True, related_name="+")
    order_ref = models.CharField(max_length=120, blank=True, default="")
    number_key = models.CharField(max_length=60, blank=True, default="")
    email = models.CharField(max_length=320, blank=True, default="")
    number = models.CharField(max_length=60, blank=True, default="")
    state = models.CharField(max_length=20, choices=ReturnState)
    outcome = models.CharField(max_length=20, blank=True, default="")
    requested_at = models.DateTimeField(null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True, default="")
    refund_minor = models.BigIntegerField(null=True, blank=True)
    credit_minor = models.BigIntegerField(null=True, blank=True)
    exchange_number = models.CharField(max_length=60, blank=True, default="")
    label_url = models.CharField(max_length=1000, blank=True, default="")
    status_url = models.CharField(max_length=1000, blank=True, default="")
    carrier = models.CharField(max_length=80, blank=True, default="")
    tracking_number = models.CharField(max_length=120, blank=True, default="")
    lines = models.JSONField(default=list, blank=True)
    source_updated_at = models.DateTimeField()
    source_digest = models.CharField(max_length=64, blank=True, default="")
    as_of = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "source", "external_id"], name="return_track_known_once"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["organization", "order_ref"], name="return_track_of_order"),
            models.Index(fields=["organization", "number_key"], name="return_track_of_number"),
            models.Index(
                fields=["organization", "tracking_number"],
                name="return_track_parcel",
                condition=~models.Q(tracking_number=""),
            ),
        ]


class Payment(models.Model):
    """Money that was asked for or taken in; refunds are ``Refund``."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="payments")
    external_id = models.CharField(max_length=120)
    state = models.CharField(max_length=12)
    """pending, authorized, captured, voided or failed."""
    amount_minor = models.BigIntegerField()
    method = models.CharField(max_length=80, blank=True, default="")
    """As people say it: “Visa •4242”, “PayPal”."""
    at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["at", "external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "external_id"], name="payment_known_once"),
        ]


class Refund(models.Model):
    """Money that went back."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="refunds")
    external_id = models.CharField(max_length=120)
    amount_minor = models.BigIntegerField()
    reason = models.CharField(max_length=200, blank=True, default="")
    method = models.CharField(max_length=80, blank=True, default="")
    refunded_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["refunded_at", "external_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "external_id"], name="refund_known_once"),
            models.CheckConstraint(
                condition=models.Q(amount_minor__gt=0), name="refund_amount_sane"
            ),
        ]


# The tables of these folders belong to this app; Django finds them here.
import integrations.commerce.ledger.models  # noqa: E402
import integrations.commerce.profiles.models  # noqa: E402, F401
