"""What became of an intent, read from the shop: by its key, or by what it was to change."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from integrations.commerce.acting import ActionKind, Intent, Outcome, StepDone
from integrations.commerce.models import Store
from integrations.commerce.normal_form import OrderData
from integrations.medusa import shelf
from integrations.medusa.client import MedusaClient, read_order
from integrations.medusa.orders import (
    FIELDS,
    Json,
    moment,
    order_of,
    payments_of,
    refunded_minor,
    return_labels,
)

STEPS = {
    ActionKind.CANCEL: "cancel",
    ActionKind.REFUND: "refund",
    ActionKind.EDIT_ADDRESS: "address",
    ActionKind.EDIT_ITEMS: "items",
    ActionKind.DUPLICATE: "duplicate",
    ActionKind.RETURN_LABEL: "return",
    ActionKind.DISCOUNT_CODE: "discount_code",
    ActionKind.NOTE: "note",
    ActionKind.TAGS: "tags",
}
"""The step of each kind that cannot be taken back: Medusa does each in one call."""


CLOCKS_DIFFER = timedelta(seconds=30)
UNDER_WAY = timedelta(seconds=60)
"""How long Medusa may still be working at a call whose answer never came."""


def mark(intent: Intent) -> str:
    """How what we make in the shop is recognised as this intent's."""
    return f"aftercare:{intent.key}"


def look_up(store: Store, order_id: str, intent: Intent) -> Outcome | None:
    """What became of it. What is not there long after did not happen and may be tried again.

    Not there yet is None: a call whose answer we did not wait for may still be under way.
    """
    client = MedusaClient(store)
    raw = read_order(client, order_id, FIELDS)
    steps = _KINDS[intent.kind](client, raw, intent)
    if not steps:
        if intent.began_at is not None and now() - intent.began_at < UNDER_WAY:
            return None
        name = STEPS[intent.kind]
        steps = [StepDone(name, "failed", reason="It never reached the shop.", can_retry=True)]
    return Outcome(tuple(steps), _order(store, client, raw))


def reread(store: Store, client: MedusaClient, order_id: str) -> OrderData:
    """The order after we acted on it."""
    return _order(store, client, read_order(client, order_id, FIELDS))


def _order(store: Store, client: MedusaClient, raw: Json) -> OrderData:
    admin = str(store.config.get("admin_url") or f"{client.address}/app").rstrip("/")
    return order_of(raw, admin_url=admin)


# Kind by kind: the steps that are done, or none


def cancelled(raw: Json, intent: Intent) -> list[StepDone]:
    """Cancelling, giving back and letting go are one call to Medusa: all of it happened or none."""
    if raw["status"] != "canceled":
        return []
    steps = [StepDone("cancel", "done", str(raw["id"]))]
    if intent.amount_minor:
        references = [str(each["id"]) for each in _refunds(payments_of(raw))]
        is_back = refunded_minor(raw) >= intent.amount_minor
        steps.append(
            StepDone(
                "refund",
                "done" if is_back else "failed",
                references[-1] if references else "",
                reason="" if is_back else "The money has not gone back.",
                amount_minor=intent.amount_minor,
            )
        )
    return steps


def refund_ids(raw: Json) -> set[str]:
    """The refunds that there are."""
    return {str(each["id"]) for each in _refunds(payments_of(raw))}


def half_cancelled(
    raw: Json, intent: Intent, began_with: set[str], *, reason: str
) -> list[StepDone]:
    """Medusa gave the money back and then did not cancel; [] where it gave nothing back."""
    made = [each for each in _refunds(payments_of(raw)) if str(each["id"]) not in began_with]
    made = [each for each in made if not each.get("note")]
    if raw["status"] == "canceled" or not made:
        return []
    return [
        StepDone("cancel", "failed", reason=reason, can_retry=True),
        StepDone("refund", "done", str(made[-1]["id"]), amount_minor=intent.amount_minor),
    ]


def refund_in(payments: Iterable[Json], intent: Intent) -> Json | None:
    """The refund that bears the intent's key."""
    for each in _refunds(payments):
        if str(each.get("note") or "").split(" ")[0] == mark(intent):
            return each
    return None


def returned(raw: Json, intent: Intent) -> list[StepDone]:
    """The return that bears the intent's key, once the shop expects it."""
    for each in raw.get("returns") or []:
        is_ours = (each.get("metadata") or {}).get("aftercare") == mark(intent)
        if not is_ours or each["status"] in ("open", "canceled"):
            continue
        number = f"R{each['display_id']}" if each.get("display_id") else ""
        steps = [StepDone("return", "done", str(each["id"]), detail={"number": number})]
        for label in return_labels(each)[:1]:
            url = {"url": label["label_url"]} if label.get("label_url") else {}
            tracking = str(label.get("tracking_number") or "")
            steps.append(StepDone("label", "done", tracking, detail=url))
        return steps
    return []


def copy_of(client: MedusaClient, raw: Json, intent: Intent, path: str, name: str) -> Json | None:
    """The order (or draft) that we made of this one, by the intent's key in its metadata."""
    query: dict[str, Any] = {"created_at[$gte]": raw["created_at"], "order": "-created_at"}
    if raw.get("customer_id"):
        query["customer_id"] = raw["customer_id"]
    found = client.get(path, fields="id,display_id,metadata", limit=100, **query)[name]
    return next(
        (each for each in found if (each.get("metadata") or {}).get("aftercare") == mark(intent)),
        None,
    )


def discount_code(intent: Intent) -> str:
    """The code that was wished for, or one made of the intent's key: the same at every try."""
    told = str(intent.params.get("code") or "")
    made = base64.b32encode(intent.key.bytes[-10:]).decode()[:8]
    return told or f"SORRY-{made}"


def tags_after(raw: Json, intent: Intent) -> list[str]:
    """The order's tags with the change."""
    told = order_of(raw, admin_url="").tags
    kept = [each for each in told if each not in (intent.params.get("remove") or [])]
    return kept + [each for each in intent.params.get("add") or [] if each not in kept]


def _cancel(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    if raw["status"] == "canceled" or intent.began_at is None or not intent.amount_minor:
        return cancelled(raw, intent)
    earlier = {
        str(each["id"])
        for each in _refunds(payments_of(raw))
        if moment(each["created_at"]) < intent.began_at - CLOCKS_DIFFER
    }
    reason = "Medusa gave the money back and did not cancel the order."
    return half_cancelled(raw, intent, earlier, reason=reason)


def _refund(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    made = refund_in(payments_of(raw), intent)
    if made is None:
        return []
    return [StepDone("refund", "done", str(made["id"]), amount_minor=intent.amount_minor)]


def _edit_address(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    told = intent.params["address"]
    now_is = order_of(raw, admin_url="").shipping_address
    is_there = all(
        " ".join(str(getattr(now_is, name)).split()).casefold()
        == " ".join(str(value or "").split()).casefold()
        for name, value in told.items()
    )
    return [StepDone("address", "done")] if is_there else []


def _edit_items(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    for each in shelf.changes(client, str(raw["id"])):
        if each.get("internal_note") == mark(intent) and each["status"] == "confirmed":
            return [StepDone("items", "done", str(each["id"]))]
    return []


def _duplicate(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    made = copy_of(client, raw, intent, "/orders", "orders")
    if made is None:
        return []
    number = {"number": f"#{made['display_id']}"}
    return [StepDone("duplicate", "done", str(made["id"]), detail=number)]


def _return_label(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    return returned(raw, intent)


def _discount_code(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    code = discount_code(intent)
    found = client.get("/promotions", code=code, fields="id,code,metadata")["promotions"]
    for each in found:
        if (each.get("metadata") or {}).get("aftercare") == mark(intent):
            return [StepDone("discount_code", "done", str(each["id"]), detail={"code": code})]
    return []


def _note(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    is_there = order_of(raw, admin_url="").note == intent.params["text"]
    return [StepDone("note", "done")] if is_there else []


def _tags(client: MedusaClient, raw: Json, intent: Intent) -> list[StepDone]:
    told = order_of(raw, admin_url="").tags
    is_there = list(told) == tags_after(raw, intent)
    return [StepDone("tags", "done")] if is_there else []


def _refunds(payments: Iterable[Json]) -> list[Json]:
    return [each for payment in payments for each in payment.get("refunds") or []]


Finding = Callable[[MedusaClient, Json, Intent], list[StepDone]]
_KINDS: dict[ActionKind, Finding] = {
    ActionKind.CANCEL: _cancel,
    ActionKind.REFUND: _refund,
    ActionKind.EDIT_ADDRESS: _edit_address,
    ActionKind.EDIT_ITEMS: _edit_items,
    ActionKind.DUPLICATE: _duplicate,
    ActionKind.RETURN_LABEL: _return_label,
    ActionKind.DISCOUNT_CODE: _discount_code,
    ActionKind.NOTE: _note,
    ActionKind.TAGS: _tags,
}
