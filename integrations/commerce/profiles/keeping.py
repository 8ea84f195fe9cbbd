"""Every write about profiles: asking for one to be read, keeping what was said, forgetting it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id
from integrations.commerce import doorbell
from integrations.commerce.connector import KnowsShoppers, find_store_connector
from integrations.commerce.models import Store
from integrations.commerce.profiles.models import Profile, Tiding
from integrations.commerce.profiles.selectors import find_owner
from integrations.commerce.profiles.shape import (
    MAX_LISTS,
    TOLD,
    ProfileData,
    check_profile,
    clean_email,
)
from tickets.models import Handle, HandleKind

NOTHING = ProfileData(is_member=False)


def services_of(organization_id: uuid.UUID) -> list[Store]:
    """The services that know people, and may be asked."""
    stores = Store.objects.filter(organization_id=organization_id, is_active=True)
    return [
        each
        for each in stores.exclude(connection__needs_attention=True)
        if isinstance(find_store_connector(each.kind), KnowsShoppers)
    ]


def ask_to_read(
    organization_id: uuid.UUID,
    emails: Iterable[str],
    *,
    fresh_for: timedelta,
    store: Store | None = None,
    in_seconds: float = 0,
) -> int:
    """Let the services be asked for these people in the background, where what we know is older.

    Returns how many profiles are to be read. However often it is said, each is read once.
    """
    wanted = list(dict.fromkeys(clean_email(each) for each in emails if each.strip()))
    services = services_of(organization_id) if wanted and store is None else [store]
    asked = 0
    for service in (each for each in services if each is not None):
        rows: list[list[Any]] = [
            [new_id(), organization_id, service.pk, each, now() + timedelta(seconds=in_seconds),
             now() - fresh_for]
            for each in wanted
        ]  # fmt: skip
        with connection.cursor() as cursor:
            cursor.executemany(_ASK, rows)
            count = max(cursor.rowcount, 0)
        if count and not in_seconds:
            ring = partial(doorbell.ring_store, service.pk)
            transaction.on_commit(ring, robust=True)
        asked += count
    return asked


_TEXTS = "external_id, tier, next_tier, referral_url, email_consent, sms_consent, profile_url"
_ASK = f"""
INSERT INTO commerce_profile
  (id, organization_id, store_id, email, due_at, asks, attempts, reason, is_known, is_member,
   is_blocked, lists, {_TEXTS})
VALUES (%s, %s, %s, %s, %s, 1, 0, '', false, false, false, '[]', '', '', '', '', '', '', '')
ON CONFLICT (store_id, email) DO UPDATE
  SET due_at = least(commerce_profile.due_at, excluded.due_at),
      asks = commerce_profile.asks + 1, attempts = 0
  WHERE commerce_profile.as_of IS NULL OR commerce_profile.as_of <= %s
"""  # noqa: S608 (our own columns)


def keep_profile(
    store: Store, email: str, data: ProfileData | None, *, as_of: datetime | None = None
) -> bool:
    """Keep what the service said of the address; None: it does not know it. False: old news.

    May come twice and in any order. Records ``profile.updated``. Raises InvalidInput.
    """
    check_profile(data or NOTHING)
    as_of = as_of or now()
    with unit_of_work():
        profile = _locked(store, clean_email(email))
        if profile.as_of is not None and profile.as_of > as_of:
            return False
        before = _standing(profile) if profile.as_of is not None else None
        _fill(profile, data)
        profile.as_of, profile.attempts, profile.reason = as_of, 0, ""
        profile.save()
        _announce(profile, _change(before, _standing(profile)))
    return True


WATCHED = ("is_member", "tier", "points", "email_consent", "sms_consent")
"""What ``profile.updated`` says before and after, where it is different."""


def _standing(profile: Profile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in WATCHED}


def _change(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, list[Any]]:
    """What is different now; nothing where the service had not spoken of the person before."""
    if before is None:
        return {}
    return {name: [before[name], after[name]] for name in WATCHED if before[name] != after[name]}


def _fill(profile: Profile, data: ProfileData | None) -> None:
    profile.is_known = data is not None
    for name in TOLD:
        value: Any = getattr(data or NOTHING, name)
        most = getattr(Profile._meta.get_field(name), "max_length", None)
        if name == "lists":
            value = [str(each)[:120] for each in value[:MAX_LISTS]]
        setattr(profile, name, value[:most] if most and isinstance(value, str) else value)


def _locked(store: Store, email: str) -> Profile:
    empty = Profile(organization_id=store.organization_id, store=store, email=email)
    Profile.objects.bulk_create([empty], ignore_conflicts=True)
    return Profile.objects.select_for_update(no_key=True).get(store=store, email=email)


def _announce(profile: Profile, change: dict[str, list[Any]]) -> None:
    owner = find_owner(profile.organization_id, profile.email)
    told: dict[str, Any] = {
        "profile_id": str(profile.pk),
        "customer_id": str(owner) if owner else None,
    }
    if change:
        told["change"] = change
    record(
        "profile.updated",
        organization_id=profile.organization_id,
        object_type="profile",
        object_id=profile.pk,
        payload=lambda: told,
    )


def forget_person(organization_id: uuid.UUID, *, emails: Iterable[str] = ()) -> int:
    """Delete what services said of these addresses, and what they have not been told yet."""
    gone = [clean_email(each) for each in emails if each]
    if not gone:
        return 0
    Tiding.objects.filter(store__organization_id=organization_id, email__in=gone).delete()
    mine = Profile.objects.filter(organization_id=organization_id, email__in=gone)
    return mine.delete()[0]


def forget_unowned() -> int:
    """Delete profiles of addresses that are no customer's any more; returns how many went."""
    owners = Handle.objects.filter(
        organization_id=OuterRef("organization_id"),
        kind=HandleKind.EMAIL,
        is_verified=True,
        value=OuterRef("email"),
    )
    old = Q(as_of__lt=now() - UNOWNED_FOR) | Q(as_of=None, due_at=None)
    unowned = Profile.objects.filter(old).exclude(Exists(owners))
    chosen = list(unowned.values_list("pk", flat=True)[:1000])
    return Profile.objects.filter(pk__in=chosen).delete()[0]


UNOWNED_FOR = timedelta(days=1)
