"""Stores: the gallery, setting one up, its past orders being read, its calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from scripts.screens.opening import Screen, changed, open_page

READING = {
    "state": "running", "done": 41_200, "total": 118_400, "skipped": 3, "per_second": 212.0,
    "seconds_left": 364, "reason": "", "waits_until": None,
}  # fmt: skip
CALLED = {"is_called": True, "last_hook_at": "2026-11-22T10:02:00Z", "refused": 2,
          "last_refused_at": "2026-11-21T18:20:00Z", "hooks_quarantined": 1}  # fmt: skip
CALLS = [
    ("processed", "", [("order.updated", "5012", "to be read")]),
    ("processed", "", [("order.created", "5013", "to be read"), ("passed", "", "“product.updated” is none of ours.")]),
    ("quarantined", "The call holds no JSON.", []),
    ("received", "", []),
]  # fmt: skip


def screens() -> list[Screen]:
    """In the order in which somebody comes to them."""
    return [
        Screen("stores", _list),
        Screen("store-gallery", lambda page: open_page(page, "/settings/stores/new")),
        Screen("store-kind", lambda page: open_page(page, "/settings/stores/new?kind=shopify")),
        Screen("store-draft", _store(is_active=False, health={"state": "unknown", "detail": ""})),
        Screen("store-reading", _store(backfill=READING)),
        Screen("store-read", _store(backfill={**READING, "state": "done", "done": 118_397})),
        Screen("store-stopped", _store(**_stopped())),
        Screen("store-calls", _calls),
    ]


def _stopped() -> dict[str, Any]:
    why = "The shop no longer accepts the key. Make a new one and paste it below."
    failed = {**READING, "state": "failed", "reason": why}
    return {"backfill": failed, "health": {"state": "attention", "detail": why}}


def _like(told: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The demo's own store as one of another kind and in another state."""
    told = {**told, "backfill": None, **more}
    if more.get("backfill") and told.get("backfill"):
        told["backfill"] = {**READING, **more["backfill"]}
    if "health" in more:
        told["health"] = {"last_sync_at": "2026-11-22T09:58:00Z", **more["health"]}
    return told


def _list(page: Page) -> None:
    def several(told: dict[str, Any]) -> dict[str, Any]:
        first = told["results"][0]
        reading = _like(first, id="0190aaaa-0000-7000-8000-00000000a001", kind="woocommerce", name="Outlet",
                        address="https://outlet.lindenloom.example", backfill=READING)  # fmt: skip
        stopped = _like(first, id="0190aaaa-0000-7000-8000-00000000a002", kind="shopify", name="Linden & Loom US",
                        address="lindenloom-us.myshopify.com", **_stopped())  # fmt: skip
        return {**told, "results": [first, reading, stopped]}

    changed(page, "**/api/v1/stores", several)
    open_page(page, "/settings/stores", "Outlet")


def _store_id() -> str:
    from integrations.commerce.models import Store

    store = Store.objects.order_by("created_at").first()
    assert store is not None  # noqa: S101 (the demo has one)
    return str(store.pk)


def _store(**more: Any) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        store_id = _store_id()

        def as_woo(told: dict[str, Any]) -> dict[str, Any]:
            line = {**told["connection"], **CALLED}
            like = _like(told, kind="woocommerce", name="Outlet", connection=line, **more)
            return {**like, "address": "https://outlet.lindenloom.example"}

        changed(page, f"**/api/v1/stores/{store_id}", as_woo)
        open_page(page, f"/settings/stores/{store_id}", "Account")

    return show


def _calls(page: Page) -> None:
    rows = [
        {"id": f"0190aaaa-0000-7000-8000-00000000000{index}", "state": state, "reason": reason,
         "store_id": _store_id(), "received_at": "2026-11-22T10:02:00Z", "processed_at": None,
         "due_at": "2026-11-22T10:02:00Z", "method": "POST", "size_bytes": 4_812, "attempts": 0,
         "outcome": [{"item": a, "about": b, "became": c} for a, b, c in items]}
        for index, (state, reason, items) in enumerate(CALLS)
    ]  # fmt: skip
    page.route("**/store-hooks?*", lambda r: r.fulfill(json={"results": rows, "next": None}))
    _store(backfill={**READING, "state": "done"})(page)
    page.get_by_text("Calls of the platform").click()
    expect(page.get_by_role("table")).to_be_visible()
