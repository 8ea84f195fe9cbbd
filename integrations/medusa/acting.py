"""Changing orders in Medusa, each step once.

Medusa takes no idempotency key, so what we make bears the intent's key where it can be read again:
a refund in its note, an edit in its internal note, a return and a new order in their metadata, a
discount code in its own name. Before anything is tried again, it is looked for.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import UncertainOutcome
from integrations.commerce.acting import (
    ActionKind,
    ActionRefused,
    BeforeStep,
    Intent,
    Outcome,
    StepDone,
)
from integrations.commerce.models import Store
from integrations.commerce.money import decimal_of
from integrations.medusa import finding, shelf
from integrations.medusa.client import MedusaClient, Refusal, read_order
from integrations.medusa.finding import discount_code, mark, reread
from integrations.medusa.orders import FIELDS, Json

LONGEST_NOTE = 200


def act(store: Store, order_id: str, intent: Intent, before_step: BeforeStep) -> Outcome:
    """Carry the intent out. What an earlier try did is found again and not done twice."""
    client = MedusaClient(store)
    step = finding.STEPS[intent.kind]
    if step in intent.done:
        done = tuple(StepDone(name, "done", told) for name, told in intent.done.items())
        return Outcome(done, reread(store, client, order_id))
    if intent.began:
        known = finding.look_up(store, order_id, intent)
        if known is None:
            raise UncertainOutcome("It cannot be told yet whether the shop took it.")
        if known.state == "done":
            return known
    raw = read_order(client, order_id, FIELDS)
    try:
        steps = _KINDS[intent.kind](client, raw, intent, before_step)
    except Refusal as no:
        raise refusal(no) from no
    return Outcome(tuple(steps), reread(store, client, order_id))


def refusal(no: Refusal) -> ActionRefused:
    """Medusa's words as one of our reasons."""
    for words, reason, instead in _REASONS:
        if words in no.words.lower():
            return ActionRefused(no.message, reason_code=reason, instead=instead)
    return ActionRefused(no.message)


_REASONS: tuple[tuple[str, str, tuple[ActionKind, ...]], ...] = (
    (
        "fulfillments must be canceled",
        "already_shipped",
        (ActionKind.RETURN_LABEL, ActionKind.REFUND),
    ),
    ("has been canceled", "already_cancelled", ()),
    ("completed order", "closed", (ActionKind.RETURN_LABEL, ActionKind.REFUND)),
    ("more than the captured", "too_much", ()),
    ("order change", "closed", ()),
)


def _cancel(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    """Medusa gives the money back first: refused in between, the order lives on without it."""
    before_step("cancel")
    began_with = finding.refund_ids(raw)
    try:
        client.post_once(f"/orders/{raw['id']}/cancel")
    except Refusal as no:
        after = read_order(client, str(raw["id"]), FIELDS)
        steps = finding.half_cancelled(after, intent, began_with, reason=no.message)
        if not steps:
            raise
        return steps
    return finding.cancelled(read_order(client, str(raw["id"]), FIELDS), intent)


def _refund(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    words = " ".join(str(intent.params.get("reason") or "").split())
    note = f"{mark(intent)} {words}".strip()[:LONGEST_NOTE]
    body: dict[str, Any] = {
        "amount": float(decimal_of(intent.amount_minor, intent.currency)),
        "note": note,
    }
    before_step("refund")
    answer = client.post_once(f"/payments/{intent.context['payment']}/refund", body)
    made = finding.refund_in([answer.get("payment") or {}], intent)
    return [
        StepDone(
            "refund", "done", str(made["id"]) if made else "", amount_minor=intent.amount_minor
        )
    ]


def _edit_address(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    before_step("address")
    address = shipping_fields(intent.params["address"], raw.get("shipping_address") or {})
    client.post_once(f"/orders/{raw['id']}", {"shipping_address": address})
    return [StepDone("address", "done")]


def shipping_fields(address: Json, old: Json) -> Json:
    """The address as Medusa writes it; what did not change stays split as it was."""
    first, _, last = str(address["name"]).strip().rpartition(" ")
    had = " ".join(str(old[each]) for each in ("first_name", "last_name") if old.get(each))
    if address["name"] == had:
        first, last = str(old.get("first_name") or ""), str(old.get("last_name") or "")
    street, _, more = str(address["street"]).partition("\n")
    return {
        "first_name": first,
        "last_name": last,
        "company": address["company"],
        "address_1": street,
        "address_2": more.replace("\n", ", "),
        "postal_code": address["postcode"],
        "city": address["city"],
        "province": address["region"],
        "country_code": str(address["country_code"]).lower(),
        "phone": address["phone"],
    }


def _edit_items(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    """Nothing of an edit counts before it is confirmed; one of ours left open is taken back."""
    order_id = str(raw["id"])
    _take_back_edits(client, order_id)
    client.post("/order-edits", {"order_id": order_id, "internal_note": mark(intent)})
    try:
        for each in intent.params.get("lines") or []:
            client.post(
                f"/order-edits/{order_id}/items/item/{each['line']}",
                {"quantity": each["quantity"]},
            )
        added = [
            {"variant_id": each["variant"], "quantity": each["quantity"]}
            for each in intent.params.get("add") or []
        ]
        if added:
            client.post(f"/order-edits/{order_id}/items", {"items": added})
        before_step("items")
        client.post_once(f"/order-edits/{order_id}/confirm")
    except Refusal:
        client.delete(f"/order-edits/{order_id}")
        raise
    return [StepDone("items", "done")]


def _take_back_edits(client: MedusaClient, order_id: str) -> None:
    for each in shelf.changes(client, order_id):
        is_ours = str(each.get("internal_note") or "").startswith("aftercare:")
        if is_ours and each["status"] in shelf.UNFINISHED and each["change_type"] == "edit":
            client.delete(f"/order-edits/{order_id}")


def _duplicate(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    """A draft first, which is nobody's order; then it becomes one."""
    draft = finding.copy_of(client, raw, intent, "/draft-orders", "draft_orders")
    if draft is None:
        draft = client.post("/draft-orders", _copy(raw, intent))["draft_order"]
    before_step("duplicate")
    client.post_once(f"/draft-orders/{draft['id']}/convert-to-order")
    return [_copied(draft)]


def _copied(draft: Json) -> StepDone:
    return StepDone(
        "duplicate", "done", str(draft["id"]), detail={"number": f"#{draft['display_id']}"}
    )


def _copy(raw: Json, intent: Intent) -> Json:
    is_free = bool(intent.params.get("is_free"))
    items = {str(each["id"]): each for each in raw["items"]}
    address = _without_ids(raw.get("shipping_address") or {})
    if intent.params.get("address"):
        address = shipping_fields(intent.params["address"], raw.get("shipping_address") or {})
    lines = []
    for each in intent.params["lines"]:
        line = {"variant_id": items[each["line"]]["variant_id"], "quantity": each["quantity"]}
        lines.append({**line, "unit_price": 0} if is_free else line)
    ways = [
        {
            "name": each["name"],
            "shipping_option_id": each["shipping_option_id"],
            "amount": 0 if is_free else each["amount"],
        }
        for each in raw.get("shipping_methods") or []
        if each.get("shipping_option_id") and not (each.get("detail") or {}).get("return_id")
    ]
    return {
        "email": raw.get("email"),
        "customer_id": raw.get("customer_id"),
        "region_id": raw["region_id"],
        "sales_channel_id": raw.get("sales_channel_id"),
        "shipping_address": address,
        "billing_address": _without_ids(raw.get("billing_address") or {}) or address,
        "items": lines,
        "shipping_methods": ways[:1],
        "metadata": {
            "aftercare": mark(intent),
            "replaces": str(raw["id"]),
            **({"note": intent.params["note"]} if intent.params.get("note") else {}),
        },
    }


_ADDRESS = (
    "first_name", "last_name", "phone", "company", "address_1", "address_2", "city",
    "country_code", "province", "postal_code",
)  # fmt: skip


def _without_ids(address: Json) -> Json:
    return {name: address[name] for name in _ADDRESS if address.get(name)}


def _return_label(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    """A return counts once it is confirmed; one of ours left open is taken back."""
    order_id = str(raw["id"])
    for each in shelf.changes(client, order_id):
        is_ours = str(each.get("internal_note") or "").startswith("aftercare:")
        if is_ours and each["status"] in shelf.UNFINISHED and each.get("return_id"):
            client.delete(f"/returns/{each['return_id']}/request")
    body = {
        "order_id": order_id, "internal_note": mark(intent), "metadata": {"aftercare": mark(intent)},
        **({"location_id": intent.context["location"]} if intent.context.get("location") else {}),
    }  # fmt: skip
    return_id = client.post("/returns", body)["return"]["id"]
    try:
        client.post(f"/returns/{return_id}/request-items", {"items": _returned(intent)})
        if intent.context.get("option"):
            way = {"shipping_option_id": intent.context["option"], "custom_amount": 0}
            client.post(f"/returns/{return_id}/shipping-method", way)
        before_step("return")
        quiet = {"no_notification": not intent.params.get("notify")}
        client.post_once(f"/returns/{return_id}/request", quiet)
    except Refusal:
        client.delete(f"/returns/{return_id}/request")
        raise
    return finding.returned(read_order(client, order_id, FIELDS), intent)


def _returned(intent: Intent) -> list[Json]:
    return [
        {
            "id": each["line"], "quantity": each["quantity"],
            **({"internal_note": each["reason"]} if each.get("reason") else {}),
        }
        for each in intent.params["lines"]
    ]  # fmt: skip


def _discount_code(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    code, percent = discount_code(intent), intent.params.get("percent")
    value = percent or float(
        decimal_of(int(intent.params["amount_minor"]), intent.currency)
    )  # fmt: skip
    body: Json = {
        "code": code, "type": "standard", "status": "active", "is_automatic": False, "limit": 1,
        "metadata": {"aftercare": mark(intent)},
        "application_method": {
            "type": "percentage" if percent else "fixed", "target_type": "order",
            "allocation": "across", "value": value, "currency_code": intent.currency.lower(),
        },
    }  # fmt: skip
    if intent.params.get("expires_at"):
        began = now() - timedelta(minutes=1)
        body["campaign"] = {
            "name": code, "campaign_identifier": code, "starts_at": began.isoformat(),
            "ends_at": intent.params["expires_at"],
        }  # fmt: skip
    before_step("discount_code")
    made = client.post_once("/promotions", body).get("promotion") or {}
    return [StepDone("discount_code", "done", str(made.get("id") or ""), detail={"code": code})]


def _note(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    return _metadata(client, raw, before_step, "note", {"note": intent.params["text"]})


def _tags(
    client: MedusaClient, raw: Json, intent: Intent, before_step: BeforeStep
) -> list[StepDone]:
    tags = finding.tags_after(raw, intent)
    return _metadata(client, raw, before_step, "tags", {"tags": tags})


def _metadata(
    client: MedusaClient, raw: Json, before_step: BeforeStep, step: str, change: Json
) -> list[StepDone]:
    """Medusa's orders have no notes and tags: they are kept in what every order has."""
    before_step(step)
    client.post_once(
        f"/orders/{raw['id']}", {"metadata": {**(raw.get("metadata") or {}), **change}}
    )
    return [StepDone(step, "done")]


Doing = Callable[[MedusaClient, Json, Intent, BeforeStep], list[StepDone]]
_KINDS: dict[ActionKind, Doing] = {
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
