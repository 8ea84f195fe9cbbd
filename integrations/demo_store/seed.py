"""Fills an empty installation with the demo organization *Linden & Loom*.

Everything goes through the same actions as in real life, dated back, in one transaction: it is
there whole or not at all, and a second call finds it and changes nothing. What was seeded is
history, so no background subscriber hears of it: no rule runs, no mail leaves. Only the figures of
reports are counted at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError

from automation.reports.rebuild import rebuild as rebuild_reports
from helpdesk.accounts.actions import create_organization, create_team, create_user
from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import create_cursors
from helpdesk.events.models import EventCounter, SubscriberCursor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from integrations.commerce.actions import create_store
from integrations.commerce.connector import synchronize
from integrations.commerce.models import Store
from integrations.demo_store import circle, content
from integrations.demo_store.connector import register
from integrations.demo_store.manifest import MANIFEST
from integrations.demo_store.seed_promises import ring_clocks, seed_policies
from integrations.demo_store.seed_teamwork import seed_teamwork
from integrations.demo_store.seed_tickets import seed_customers, seed_tickets
from tickets.models import Channel, Tag

DEMO_EMAIL = "ana@lindenloom.example"
DEMO_PASSWORD = "linen-in-the-rain"  # noqa: S105 (printed at every start: the demo's is no secret)


@dataclass(frozen=True)
class Demo:
    """The demo organization; ``is_new`` if this call made it."""

    organization: Organization
    is_new: bool
    email: str = DEMO_EMAIL
    password: str = DEMO_PASSWORD


def seed_demo(*, opened_at: datetime | None = None) -> Demo:
    """The demo organization, made if it is not there yet; idempotent and all or nothing.

    ``opened_at`` is the moment the content's relative times are counted from, by default now.
    """
    found = find_demo()
    if found is not None:
        return Demo(found, is_new=False)
    register()
    try:
        organization = _seed(opened_at or now())
    except IntegrityError:
        found = find_demo()  # somebody else was faster
        if found is None:
            raise
        return Demo(found, is_new=False)
    last_seq = EventCounter.objects.get(pk=organization.pk).last_seq
    create_cursors(organization.pk, seq=last_seq)
    rebuild_reports(organization.pk)
    return Demo(organization, is_new=True)


def find_demo() -> Organization | None:
    """The demo organization, or None."""
    return Organization.objects.filter(slug=content.organization()["slug"]).first()


def _seed(opened_at: datetime) -> Organization:
    told = content.organization()
    with unit_of_work(at=opened_at) as unit:
        organization = create_organization(
            told["name"],
            slug=told["slug"],
            language=told["language"],
            time_zone=told["time_zone"],
        )
        # Without cursors nobody reads this log until seed_demo puts them at its end.
        SubscriberCursor.objects.filter(organization=organization).delete()
        agents = _create_people(organization, told)
        channel = _create_channel(organization, told["channel"])
        _create_tags(organization, told["tag"])
        store = _open_store(organization, told["store"], opened_at)
        synchronize(store)
        customers = seed_customers(organization)
        circle.seed_members(store)
        seed_policies(organization, opened_at)
        seed_tickets(channel, agents, customers, opened_at)
        seed_teamwork(organization, agents, customers, opened_at)
        ring_clocks(unit, until=opened_at)
    return organization


def _create_people(organization: Organization, told: dict[str, Any]) -> dict[str, User]:
    teams = {each["name"]: create_team(organization, each["name"]) for each in told["team"]}
    return {
        each["key"]: create_user(
            organization,
            email=each["email"],
            password=DEMO_PASSWORD,
            name=each["name"],
            role=each["role"],
            teams=[teams[team["name"]] for team in told["team"] if each["key"] in team["members"]],
        )
        for each in told["agent"]
    }


def _create_channel(organization: Organization, told: dict[str, str]) -> Channel:
    return Channel.objects.create(
        organization=organization,
        slug=told["slug"],
        kind="email",
        name=told["name"],
        address=told["address"],
        signature=told["signature"],
    )


def _create_tags(organization: Organization, told: list[dict[str, str]]) -> None:
    Tag.objects.bulk_create(
        Tag(organization=organization, name=each["name"], description=each.get("title", ""))
        for each in told
    )


def _open_store(organization: Organization, told: dict[str, str], opened_at: datetime) -> Store:
    store = create_store(
        organization, kind=MANIFEST.kind, slug=told["slug"], name=told["name"], currency="EUR"
    )
    store.config = {"opened_at": opened_at.isoformat(), "program": circle.PROGRAM}
    store.save(update_fields=["config"])
    return store
