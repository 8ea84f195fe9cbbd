"""Acting on an order, in words that are the same for every platform. Frozen values, no database.

An action is *quoted* first: the platform is read now, and the quote says what would happen, with
amounts. What a person confirms becomes an *intent* (``integrations.commerce.ledger``), which a
worker carries out once: :class:`ActsOnOrders` is what a store connector offers for that.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal, Protocol, runtime_checkable

from helpdesk.lib.errors import Conflict
from integrations.commerce.models import Order, Store
from integrations.commerce.normal_form import OrderData


class ActionKind(StrEnum):
    """What can be done to an order. The parameters of each (all amounts in minor units):

    - cancel: ``reason`` (customer, fraud, stock, staff, other), ``refund`` (full, none),
      ``restock`` (bool), ``notify`` (bool: the platform writes to the customer), ``note``
    - refund: ``lines`` [{line, quantity, restock}], ``shipping_minor``, ``amount_minor`` (the sum,
      or another sum for goodwill), ``method`` (original, store_credit), ``reason``, ``notify``
    - edit_address: ``address`` (the fields of ``AddressData``)
    - edit_items: ``lines`` [{line, quantity}] (0 removes), ``add`` [{variant, quantity}], ``notify``
    - duplicate: ``lines`` [{line, quantity}], ``is_free`` (a replacement), ``address``, ``note``
    - return_label: ``lines`` [{line, quantity, reason}], ``notify``; ``label_url``,
      ``tracking_number``, ``tracking_url`` where a label was made elsewhere
    - discount_code: ``percent`` or ``amount_minor``, ``expires_at``, ``code`` (optional)
    - store_credit, gift_card: ``amount_minor``, ``expires_at``, ``note``
    - note: ``text`` (replaces the order's note)
    - tags: ``add``, ``remove``
    - hold, release: ``reason``
    """

    CANCEL = "cancel"
    REFUND = "refund"
    EDIT_ADDRESS = "edit_address"
    EDIT_ITEMS = "edit_items"
    DUPLICATE = "duplicate"
    RETURN_LABEL = "return_label"
    DISCOUNT_CODE = "discount_code"
    STORE_CREDIT = "store_credit"
    GIFT_CARD = "gift_card"
    NOTE = "note"
    TAGS = "tags"
    HOLD = "hold"
    RELEASE = "release"


MONEY_KINDS = frozenset(
    {
        ActionKind.CANCEL,
        ActionKind.REFUND,
        ActionKind.DUPLICATE,
        ActionKind.DISCOUNT_CODE,
        ActionKind.STORE_CREDIT,
        ActionKind.GIFT_CARD,
        ActionKind.RETURN_LABEL,
    }
)
"""What counts against amount limits and daily budgets, where it costs anything."""


class ActionRefused(Conflict):
    """The platform will not do this, or it makes no sense now; nothing was changed.

    ``reason_code`` is one of: already_cancelled, already_shipped, already_refunded, not_paid,
    payment_pending, return_open, nothing_left, too_much, too_late, not_offered, guest_customer,
    closed, or ``refused`` with the platform's own words in the message. ``instead`` names kinds
    of action that would help: a return, a refund alone.
    """

    code = "action_refused"

    def __init__(
        self, message: str, *, reason_code: str = "refused", instead: tuple[ActionKind, ...] = ()
    ) -> None:
        super().__init__(message, extra={"reason_code": reason_code, "instead": list(instead)})
        self.reason_code = reason_code
        self.instead = instead


@dataclass(frozen=True)
class Effect:
    """One thing that will happen, in order: ``name`` is a step (``StepName``), amounts minor."""

    name: str
    amount_minor: int | None = None
    quantity: int | None = None
    detail: str = ""
    """What it is about, in the platform's or the customer's words: “Visa •4242”, an address."""


STEP_NAMES = (
    "hold", "release", "cancel", "refund", "void", "restock", "notify", "address", "items",
    "duplicate", "return", "label", "discount_code", "store_credit", "gift_card", "note", "tags",
)  # fmt: skip


@dataclass(frozen=True)
class RefundableLine:
    """How much of a line can go back still; ``unit_minor`` is what one costs with its tax."""

    line: str
    quantity: int
    unit_minor: int
    can_restock: bool = True


@dataclass(frozen=True)
class Warned:
    """What a person should know before they confirm. ``code``: picking_soon (``at``), label_printed,
    partly_shipped, already_refunded (``amount_minor``), upsell_pending, not_restocked,
    customer_not_told, address_unchecked, other (``text``)."""

    code: str
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Quote:
    """What would happen if it were done now. ``order`` was read from the platform just now.

    ``params`` are the parameters with everything filled in that was left open; ``amount_minor`` is
    what it costs the store (0 where nothing). ``refund_to`` names where money goes. ``context`` is
    what the connector wants back when it acts (a calculated order, exact transactions): JSON.
    """

    kind: ActionKind
    params: dict[str, Any]
    order: OrderData
    effects: tuple[Effect, ...]
    amount_minor: int = 0
    currency: str = ""
    refund_to: str = ""
    refundable_minor: int | None = None
    refundable_lines: tuple[RefundableLine, ...] = ()
    refundable_shipping_minor: int = 0
    methods: tuple[str, ...] = ("original",)
    warnings: tuple[Warned, ...] = ()
    is_final: bool = True
    """Cannot be undone."""
    context: dict[str, Any] = field(default_factory=dict)

    def basis(self) -> str:
        """A fingerprint of all that a person relies on when they confirm this quote."""
        told = {
            "params": self.params,
            "effects": [[e.name, e.amount_minor, e.quantity, e.detail] for e in self.effects],
            "amount": [self.amount_minor, self.currency, self.refund_to],
            "order": [
                self.order.financial_status,
                self.order.fulfillment_status,
                self.order.total_minor,
                self.order.cancelled_at is not None,
                [each.amount_minor for each in self.order.refunds],
            ],
        }
        return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True)
class Intent:
    """What was confirmed, to be carried out exactly once.

    ``key`` is the idempotency key for the vendor, the same for every try; one with steps that the
    vendor takes apart uses ``f"{key}:{step}"``. ``done`` holds the steps that an earlier try is
    known to have finished ({name: reference}); they are not done again.
    """

    key: uuid.UUID
    kind: ActionKind
    params: dict[str, Any]
    amount_minor: int
    currency: str
    context: dict[str, Any] = field(default_factory=dict)
    done: dict[str, str] = field(default_factory=dict)
    began: tuple[str, ...] = ()
    """Steps whose irreversible call was begun by an earlier try, and whose end is not known."""
    pending: dict[str, str] = field(default_factory=dict)
    """Steps that are known to be under way, with the platform's name for them (a job to ask for)."""
    began_at: datetime | None = None
    """When the last of ``began`` was begun: what is not to be found long after never happened."""
    again: int = 0
    """How often a person asked once more for steps that are known to have failed. A vendor that
    keeps its answer (also a refusal) by key is asked with a key that names it."""


@dataclass(frozen=True)
class StepDone:
    """How one step ended. ``reference`` is the platform's id (a refund, a job, a draft order)."""

    name: str
    state: Literal["done", "pending", "failed"]
    reference: str = ""
    reason: str = ""
    amount_minor: int | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    """What a person wants to use afterwards: {"code": "SORRY-10"}, {"url": "https://…label.pdf"},
    {"number": "#1043"}."""
    can_retry: bool = False


@dataclass(frozen=True)
class Outcome:
    """How an intent ended: done when all steps are done, pending when one is and none failed,
    partial when some are done and some failed, failed when nothing was changed.
    ``order`` is the order re-read afterwards, where the connector has it."""

    steps: tuple[StepDone, ...]
    order: OrderData | None = None

    @property
    def state(self) -> Literal["done", "pending", "partial", "failed"]:
        states = {each.state for each in self.steps}
        if states == {"failed"}:
            return "failed"
        if "failed" in states:
            return "partial"
        return "pending" if "pending" in states else "done"


BeforeStep = Callable[[str], None]
"""Called with a step's name right before its irreversible byte goes out; commits that it began."""


@runtime_checkable
class ActsOnOrders(Protocol):
    """A store connector that can change orders; ``manifest.capabilities.actions`` says which.

    It SHALL NOT repeat a call that may have been taken, sleep, or touch our database.
    """

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What would happen, read from the platform now. Changes nothing there.

        Empty ``params`` are answered with the sensible default (everything, original payment).
        Raises ActionRefused, InvalidInput naming ``params.<field>``, or a connector failure.
        """

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Carry it out, each step once, skipping those in ``intent.done``.

        Raises ActionRefused where nothing was changed, UncertainOutcome where an answer to a begun
        step never came, TemporaryFailure and NeedsReauthorization where nothing was begun.
        A step that the platform refused after others were done is a ``failed`` StepDone.
        """

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """What became of the intent, read from the platform: for pending steps and lost answers.

        None where it cannot be told yet. Steps found not to have happened are ``failed`` with
        ``can_retry``. Never repeats anything.
        """
