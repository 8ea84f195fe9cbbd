"""Customers, reports, automations and settings."""

from __future__ import annotations

from playwright.sync_api import Page

from scripts.screens.opening import Screen, first_link, open_page


def screens() -> list[Screen]:
    """In the order in which somebody comes to them."""
    return [
        Screen("customers", lambda page: open_page(page, "/customers")),
        Screen("customer", _customer),
        Screen("report", lambda page: open_page(page, "/reports/csat")),
        Screen("overview", lambda page: open_page(page, "/reports/overview")),
        Screen("live-wall", lambda page: open_page(page, "/reports/live")),
        Screen("sla", lambda page: open_page(page, "/automations/sla")),
        Screen("automation-text", lambda page: open_page(page, "/automations/exchange")),
        Screen("hours", lambda page: open_page(page, "/automations/hours")),
        Screen("surveys", lambda page: open_page(page, "/settings/surveys")),
        Screen("macros", lambda page: open_page(page, "/automations/macros")),
        Screen("macro", lambda page: first_link(page, "/automations/macros")),
        Screen("rules", lambda page: open_page(page, "/automations/rules")),
        Screen("rule", lambda page: first_link(page, "/automations/rules")),
        Screen("channels", lambda page: open_page(page, "/settings/channels")),
        Screen("channel", lambda page: first_link(page, "/settings/channels")),
        Screen("inbound", lambda page: open_page(page, "/settings/inbound")),
        Screen("tokens", lambda page: open_page(page, "/settings/tokens")),
        Screen("profile", lambda page: open_page(page, "/me")),
        Screen("api-docs", lambda page: open_page(page, "/api/docs/")),
    ]


def _customer(page: Page) -> None:
    from tickets.models import Customer

    customer = Customer.objects.filter(handles__is_verified=True).order_by("name").first()
    assert customer is not None  # noqa: S101 (the demo has many)
    open_page(page, f"/customers/{customer.pk}")
