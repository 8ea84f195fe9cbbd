"""Telling services what happens here: a ticket began, was solved, was rated. Never what was written.

A tiding is written down with the event it comes from, once per service; a worker tells it. Where
an answer is lost it is told again under the same key, which the service counts once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import structlog
from django.db.models import Q

from helpdesk.events.models import Event
from helpdesk.events.subscribers import subscribes
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from integrations.commerce import doorbell
from integrations.commerce.connector import HearsNews, News, find_store_connector
from integrations.commerce.models import Store
from integrations.commerce.profiles.keeping import ask_to_read
from integrations.commerce.profiles.models import Profile, Tiding, TidingState
from integrations.commerce.profiles.selectors import addresses_of
from integrations.commerce.tracking import Paces
from tickets.models import Customer, Status

OPENED, SOLVED, RATED = "Ticket opened", "Ticket solved", "Support rated"
KEPT_FOR = timedelta(days=30)
TOLD_WITHIN = timedelta(days=2)
"""What could not be told for so long is not news any more."""
MAX_TRIES = 5
log = structlog.get_logger()


@subscribes("ticket.created", "ticket.status_changed", "csat.answered", name="commerce.tidings")
def after_ticket(event: Event) -> None:
    """Write down what the services are to be told, once each."""
    name, properties = _news_in(event)
    services = _listeners(event) if name else []
    if not services:
        return
    ticket = event.payload["ticket"]
    customer = Customer.objects.filter(pk=ticket["customer_id"]).first()
    emails = addresses_of(customer) if customer else []
    if not emails:
        return
    for store in services:
        tiding = Tiding(
            store=store, key=f"{event.organization_id}:{event.seq}", name=name, email=emails[0], happened_at=event.at,
            properties={"ticket": ticket["number"], "channel": ticket["channel_kind"], **properties},
        )  # fmt: skip
        Tiding.objects.bulk_create([tiding], ignore_conflicts=True)
        ask_to_read(event.organization_id, emails[:1], store=store, fresh_for=timedelta(days=1))
        doorbell.ring_store(store.pk)


def _news_in(event: Event) -> tuple[str, dict[str, Any]]:
    """What a service would call it, and what it may know of it; "" where it is no news."""
    ticket = event.payload["ticket"]
    if event.type == "ticket.created":
        return (OPENED, {}) if ticket["status"] == Status.OPEN else ("", {})
    if event.type == "csat.answered":
        survey = event.payload["survey"]
        return ("", {}) if survey.get("kind") == "nps" else (RATED, {"score": survey["score"]})
    change = event.payload.get("change", {}).get("status", [None, None])
    return (SOLVED, {}) if change[1] == Status.CLOSED else ("", {})


def _listeners(event: Event) -> list[Store]:
    stores = Store.objects.filter(organization_id=event.organization_id, is_active=True)
    return [store for store in stores if _who(store) != "nobody"]


def _who(store: Store) -> str:
    connector = find_store_connector(store.kind)
    if not isinstance(connector, HearsNews):
        return "nobody"
    return connector.wants(store)


def tell_due(store: Store, connector: HearsNews, run: Paces) -> int:
    """Tell what is due, the oldest first; returns how much was told."""
    count = 0
    while not run.is_over:
        due = Tiding.objects.filter(store=store, state=TidingState.WAITING, due_at__lte=now())
        tiding = due.order_by("due_at", "pk").first()
        if tiding is None:
            break
        count += _tell(store, connector, run, tiding)
    return count


def _tell(store: Store, connector: HearsNews, run: Paces, tiding: Tiding) -> bool:
    who = connector.wants(store)
    if who == "nobody" or now() - tiding.happened_at > TOLD_WITHIN:
        return _end(tiding, TidingState.PASSED, "It is not told any more.")
    if who == "known":
        profile = Profile.objects.filter(store=store, email=tiding.email).first()
        if profile is None or profile.as_of is None:
            return _wait(tiding, "Whether it knows this person is not known yet.", 30)
        if not profile.is_known:
            return _end(tiding, TidingState.PASSED, "The service does not know this person.")
    news = News(tiding.key, tiding.name, tiding.email, tiding.happened_at, tiding.properties)
    try:
        run.paced(lambda: connector.tell(store, news))
    except TemporaryFailure as failure:
        _wait(tiding, failure.message, 30)
        raise
    except (InvalidInput, PermanentFailure) as failure:
        log.warning("tiding.refused", store_id=str(store.pk), attempts=tiding.attempts + 1)
        tiding.attempts += 1
        if tiding.attempts >= MAX_TRIES:
            return _end(tiding, TidingState.FAILED, failure.message)
        return _wait(tiding, failure.message, 60 * tiding.attempts)
    _end(tiding, TidingState.SENT, "")
    return True


def _wait(tiding: Tiding, reason: str, seconds: int) -> bool:
    Tiding.objects.filter(pk=tiding.pk).update(
        due_at=now() + timedelta(seconds=seconds), reason=reason[:300], attempts=tiding.attempts
    )
    return False


def _end(tiding: Tiding, state: str, reason: str) -> bool:
    """It is over; whom it was about is forgotten."""
    sent_at = now() if state == TidingState.SENT else None
    Tiding.objects.filter(pk=tiding.pk).update(
        state=state, reason=reason[:300], email="", sent_at=sent_at, attempts=tiding.attempts
    )
    return False


def forget_told() -> int:
    """Delete tidings that are over long ago; returns how many went."""
    over = Tiding.objects.filter(~Q(state=TidingState.WAITING), happened_at__lt=now() - KEPT_FOR)
    chosen = list(over.values_list("pk", flat=True)[:5000])
    return Tiding.objects.filter(pk__in=chosen).delete()[0]
