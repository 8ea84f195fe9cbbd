"""The order action ``return_label`` where the platform makes no labels: bought at a shipping service.

The same guardrails as for any action: the quote says what the label costs, that counts against
limits and budgets, and a purchase whose answer was lost is looked up and never repeated.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    NeedsReauthorization,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from integrations.commerce import params as read
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Effect,
    Intent,
    Outcome,
    Quote,
    RefundableLine,
    StepDone,
)
from integrations.commerce.actions import note_return
from integrations.commerce.connector import StoreConnector
from integrations.commerce.labels import (
    LabelAsked,
    LabelMade,
    MakesLabels,
    find_label_service,
    label_maker,
)
from integrations.commerce.ledger.models import OrderAction
from integrations.commerce.models import FulfillmentStatus, Order, ReturnState, Store
from integrations.commerce.money import format_money
from integrations.commerce.normal_form import LineQuantity, OrderData
from integrations.commerce.returns import ReturnTrackData

CERTAIN_AFTER = timedelta(minutes=2)
"""A purchase that is not to be found so long after it was asked for did not happen."""


class LabelDesk:
    """Makes return labels for the orders of a platform that has none. It offers nothing else."""

    def __init__(self, platform: StoreConnector, service: Store, maker: MakesLabels) -> None:
        self._platform, self._service, self._maker = platform, service, maker

    def quote(self, store: Store, order: Order, kind: ActionKind, params: dict[str, Any]) -> Quote:
        """What comes back, and what its label costs now."""
        try:
            told = self._platform.get_order(store, order.external_id)
        except NotFound as error:
            raise ActionRefused("The shop does not know this order any more.") from error
        left = _left(told)
        chosen = read.chosen_of(params, left) if params.get("lines") else left
        if not chosen:
            raise ActionRefused("There is nothing left to send back.", reason_code="nothing_left")
        address = told.shipping_address
        if not (address.street and address.city and address.country_code):
            raise ActionRefused("The order has no address that a parcel could come from.")
        offer = self._maker.offer_label(self._service, LabelAsked(address, told.email, told.number))
        return Quote(
            ActionKind.RETURN_LABEL,
            {"lines": _with_reasons(chosen, params), "notify": False},
            told,
            (_effect(told, chosen, f"{offer.carrier} {offer.service}".strip(), offer),),
            amount_minor=offer.amount_minor,
            currency=offer.currency,
            refundable_lines=tuple(
                RefundableLine(each.external_id, left[each.external_id], each.price_minor)
                for each in told.lines
                if each.external_id in left
            ),
            context={"offer": offer.context, "service": str(self._service.pk)},
        )

    def act(self, store: Store, order: Order, intent: Intent, before_step: BeforeStep) -> Outcome:
        """Buy the label, unless an earlier try is found to have bought it."""
        if "label" in intent.done:
            return Outcome((StepDone("label", "done", intent.done["label"]),))
        offer = intent.context["offer"]
        if intent.began or intent.again:
            found = self._maker.find_label(self._service, offer)
            if found is not None:
                return self._done(found)
        before_step("label")
        try:
            return self._done(self._maker.buy_label(self._service, offer))
        except UncertainOutcome:
            raise
        except (PermanentFailure, TemporaryFailure, NeedsReauthorization) as refusal:
            raise ActionRefused(refusal.message) from refusal

    def look_up(self, store: Store, order: Order, intent: Intent) -> Outcome | None:
        """Whether the label was bought, from the service alone."""
        found = self._maker.find_label(self._service, intent.context["offer"])
        if found is not None:
            return self._done(found)
        if intent.began_at is None or now() - intent.began_at < CERTAIN_AFTER:
            return None
        words = f"{self._service.name} sold no label."
        return Outcome((StepDone("label", "failed", reason=words, can_retry=True),))

    def _done(self, made: LabelMade) -> Outcome:
        detail = {
            "url": made.url, "number": made.tracking_number, "carrier": made.carrier,
            "tracking_number": made.tracking_number, "tracking_url": made.tracking_url,
            "service": self._service.kind,
        }  # fmt: skip
        return Outcome((StepDone("label", "done", made.reference, detail=detail),))


def find_label_desk(platform: StoreConnector, store: Store, kind: ActionKind) -> LabelDesk | None:
    """Who makes return labels for this store, or None: its platform itself, or nobody."""
    if kind != ActionKind.RETURN_LABEL or kind in platform.manifest.capabilities.actions:
        return None
    service = find_label_service(store.organization_id)
    maker = label_maker(service.kind) if service is not None else None
    return LabelDesk(platform, service, maker) if service is not None and maker else None


def remember_label(action: OrderAction) -> None:
    """Show the return that a bought label stands for at its order; in the caller's unit of work.

    May be called again: the label is the same return, which has moved on meanwhile or not.
    """
    for step in action.steps:
        detail = step.get("detail") or {}
        if step["name"] != "label" or step["state"] != "done" or not detail.get("service"):
            continue
        titles = {each.external_id: each.title for each in action.order.lines.all()}
        data = ReturnTrackData(
            external_id=step["reference"], source=detail["service"], state=ReturnState.APPROVED,
            updated_at=action.created_at, store_id=action.store_id,
            order_ref=action.order.external_id, order_number=action.order.number,
            number=detail["tracking_number"], requested_at=action.created_at,
            label_url=detail["url"], carrier=detail["carrier"],
            tracking_number=detail["tracking_number"],
            lines=tuple(
                LineQuantity(each["line"], each["quantity"], each.get("reason", ""),
                             titles.get(each["line"], ""))
                for each in action.params.get("lines") or []
            ),
        )  # fmt: skip
        note_return(action.organization_id, data, as_of=action.created_at)


def _left(order: OrderData) -> dict[str, int]:
    if order.fulfillment_status == FulfillmentStatus.UNFULFILLED or order.cancelled_at is not None:
        raise ActionRefused(
            "Nothing of it has left yet.",
            reason_code="not_shipped",
            instead=() if order.cancelled_at else (ActionKind.CANCEL,),
        )
    left = {each.external_id: each.quantity - each.refunded_quantity for each in order.lines}
    return {line: many for line, many in left.items() if line and many > 0}


def _with_reasons(chosen: dict[str, int], params: dict[str, Any]) -> list[dict[str, Any]]:
    reasons = {each["line"]: each.get("reason", "") for each in params.get("lines") or []}
    return [
        {"line": line, "quantity": many, "reason": reasons.get(line, "")}
        for line, many in chosen.items()
        if many
    ]


def _effect(order: OrderData, chosen: dict[str, int], by: str, offer: Any) -> Effect:
    titles = {each.external_id: each.title for each in order.lines}
    what = ", ".join(f"{many} × {titles[line]}" for line, many in chosen.items() if many)
    cost = format_money(offer.amount_minor, offer.currency)
    quantity = sum(chosen.values())
    return Effect("label", offer.amount_minor, quantity, detail=f"{by}, {cost}: {what}"[:300])
