"""What colleagues did around the demo's tickets: mentions, notes, links, fields, views, drafts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.accounts.actions import create_team
from helpdesk.accounts.models import Organization, User
from helpdesk.accounts.teams import change_team
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.ids import new_id
from tickets.actions.custom_fields import define_field, set_ticket_fields
from tickets.actions.customer_notes import add_customer_note
from tickets.actions.customers import change_customer
from tickets.actions.drafts import save_draft
from tickets.actions.link import link
from tickets.actions.mentions import set_following
from tickets.actions.reply import add_note
from tickets.actions.views import save_view
from tickets.models import Customer, FieldOwner, Ticket

MISSING = "Says delivered but it isn't here"
STALLED = "Tracking hasn't moved for days"
MENTION = "@Ana Weber can you look at this one? The courier says delivered, and it is not there."
DRAFT = "Hello,\n\nI have asked the courier and write again as soon as they answer. "


def seed_teamwork(
    organization: Organization,
    agents: dict[str, User],
    customers: dict[str, Customer],
    opened_at: datetime,
) -> None:
    """Give every page for working together something to show."""
    ana, jonas, petra = agents["ana"], agents["jonas"], agents["petra"]
    _seed_fields(organization, customers, ana)
    missing, stalled = (_ticket(organization, subject) for subject in (MISSING, STALLED))
    private = create_team(organization, "Complaints")
    change_team(private.pk, {"is_private": True, "member_ids": [ana.pk, petra.pk]})
    add_customer_note(missing.customer, "Prefers to be called after five.", by=petra)
    add_customer_note(stalled.customer, "Has waited for a parcel before, in March.", by=jonas)
    link(missing.pk, stalled.pk, user=jonas)
    set_following(stalled.pk, ana, is_following=True)
    save_draft(stalled, jonas, "reply", {"id": str(new_id()), "text": DRAFT}, rev=0)
    set_ticket_fields(stalled.pk, {"carrier_case": "DX-20931"})
    save_view(ana, _view_of_ana())
    at = opened_at - timedelta(minutes=4)
    with unit_of_work(at=at):
        add_note(missing.pk, MENTION, user=petra, mention_ids=[ana.pk], at=at)


def _ticket(organization: Organization, subject: str) -> Ticket:
    return Ticket.objects.select_related("customer").get(organization=organization, subject=subject)


def _seed_fields(organization: Organization, customers: dict[str, Customer], by: User) -> None:
    sizes = ["XS", "S", "M", "L", "XL"]
    define_field(
        organization.pk,
        owner=FieldOwner.CUSTOMER,
        slug="size",
        name="Usual size",
        type="choice",
        choices=sizes,
        by=by,
    )
    define_field(
        organization.pk,
        owner=FieldOwner.CUSTOMER,
        slug="newsletter",
        name="Reads the newsletter",
        type="flag",
        by=by,
    )
    define_field(
        organization.pk,
        owner=FieldOwner.TICKET,
        slug="carrier_case",
        name="Carrier case number",
        type="text",
        by=by,
    )
    for customer, size in zip(customers.values(), sizes, strict=False):
        change_customer(customer, by=by, fields={"size": size, "newsletter": size != "XL"})


def _view_of_ana() -> dict[str, Any]:
    return {
        "name": "VIPs who wait",
        "icon": "star",
        "scope": "personal",
        "sort": "waiting",
        "conditions": {
            "all": [
                {"field": "ticket.status", "operator": "is", "value": "open"},
                {"field": "customer.is_vip", "operator": "is", "value": True},
            ]
        },
    }
