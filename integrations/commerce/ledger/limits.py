"""Who may do how much to orders alone: kinds of action, amounts, and a day's budget."""

from __future__ import annotations

import uuid
from datetime import datetime, time
from typing import Any, TypedDict
from zoneinfo import ZoneInfo

from django.db.models import Sum

from helpdesk.accounts.models import Organization, Role, User
from helpdesk.accounts.permissions import may
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from integrations.commerce.acting import ActionKind
from integrations.commerce.ledger.models import (
    ActionState,
    ApprovalRoom,
    OrderAction,
    OrderLimit,
    OrderPolicy,
)
from tickets.models import Channel

ACTING_ROLES = [str(Role.AGENT), str(Role.ADMIN)]
_SPENT = (
    ActionState.QUEUED, ActionState.RUNNING, ActionState.PENDING, ActionState.CHECKING,
    ActionState.DONE, ActionState.PARTIAL,
)  # fmt: skip


class RoleLimit(TypedDict):
    """None is no limit."""

    currency: str
    per_action_minor: int | None
    per_day_minor: int | None


class ApprovalRoomRecord(TypedDict):
    """A room where the team is asked for approvals; ``place`` is its id at the channel's vendor."""

    channel_id: str
    place: str
    name: str


class RolePolicy(TypedDict):
    """What a role may do alone; ``kinds`` None is every kind. Without limits there are none; with
    limits, other currencies than theirs always need a second person."""

    role: str
    kinds: list[str] | None
    limits: list[RoleLimit]


def approval_needed(
    user: User, kind: str, amount_minor: int, currency: str, *, leave_out: uuid.UUID | None = None
) -> dict[str, Any]:
    """Why a second person must agree ({reason, limit_minor}), or {} where nobody must."""
    policy = OrderPolicy.objects.filter(
        organization_id=user.organization_id, role=user.role
    ).first()
    if policy is not None and policy.kinds is not None and kind not in policy.kinds:
        return {"reason": "capability", "limit_minor": None}
    if amount_minor <= 0:
        return {}
    limits = {
        each.currency: each
        for each in OrderLimit.objects.filter(organization_id=user.organization_id, role=user.role)
    }
    if not limits:
        return {}
    limit = limits.get(currency)
    if limit is None:
        return {"reason": "limit", "limit_minor": 0}
    if limit.per_action_minor is not None and amount_minor > limit.per_action_minor:
        return {"reason": "limit", "limit_minor": limit.per_action_minor}
    if limit.per_day_minor is not None:
        left = limit.per_day_minor - spent_today(user, currency, leave_out=leave_out)
        if amount_minor > left:
            return {"reason": "budget", "limit_minor": max(0, left)}
    return {}


def spent_today(user: User, currency: str, *, leave_out: uuid.UUID | None = None) -> int:
    """What the person gave away alone since midnight where the shop is."""
    since = start_of_day(user.organization)
    found = OrderAction.objects.filter(
        user=user, approver=None, currency=currency, created_at__gte=since, state__in=_SPENT
    )
    if leave_out is not None:
        found = found.exclude(pk=leave_out)
    return found.aggregate(total=Sum("amount_minor"))["total"] or 0


def start_of_day(organization: Organization) -> datetime:
    """Midnight in the organization's time zone."""
    zone = ZoneInfo(organization.time_zone)
    return datetime.combine(now().astimezone(zone).date(), time(), tzinfo=zone)


def may_approve(user: User, action: OrderAction) -> bool:
    """Whether the person may agree to this action: never to what they want themselves."""
    if not may(user, "order.approve") or action.user_id == user.pk:
        return False
    needed = approval_needed(user, action.kind, action.amount_minor, action.currency)
    return not needed


def policies_of(organization_id: uuid.UUID) -> list[RolePolicy]:
    """The policy of every role that can act."""
    kinds = {
        each.role: each.kinds
        for each in OrderPolicy.objects.filter(organization_id=organization_id)
    }
    limits: dict[str, list[RoleLimit]] = {}
    for each in OrderLimit.objects.filter(organization_id=organization_id).order_by("currency"):
        limits.setdefault(each.role, []).append(
            {
                "currency": each.currency,
                "per_action_minor": each.per_action_minor,
                "per_day_minor": each.per_day_minor,
            }
        )
    return [
        {"role": role, "kinds": kinds.get(role), "limits": limits.get(role, [])}
        for role in ACTING_ROLES
    ]


def set_policy(user: User, policy: RolePolicy) -> None:
    """Make the role's policy this one; records ``order_limits.updated``.

    Raises InvalidInput naming ``kinds`` or ``limits``.
    """
    if policy["role"] not in ACTING_ROLES:
        raise InvalidInput.field("role", "Choose agent or admin.")
    unknown = sorted(set(policy["kinds"] or ()) - set(ActionKind))
    if unknown:
        raise InvalidInput.field("kinds", f"There is no order action “{unknown[0]}”.")
    currencies = [each["currency"] for each in policy["limits"]]
    if len(set(currencies)) < len(currencies):
        raise InvalidInput.field("limits", "A currency is there twice.")
    organization = user.organization
    with unit_of_work(actor=Actor.of_user(user)):
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        before = policies_of(organization.pk)
        row, _ = OrderPolicy.objects.get_or_create(organization=organization, role=policy["role"])
        row.kinds = None if policy["kinds"] is None else sorted(set(policy["kinds"]))
        row.version += 1
        row.save()
        OrderLimit.objects.filter(organization=organization, role=policy["role"]).delete()
        OrderLimit.objects.bulk_create(
            OrderLimit(organization=organization, role=policy["role"], **each)
            for each in policy["limits"]
        )
        _record_change(organization, {"policies": (before, policies_of(organization.pk))})


def find_approval_room(organization_id: uuid.UUID) -> ApprovalRoom | None:
    """Where approvals are asked for, with its channel; None where only Aftercare itself asks."""
    return (
        ApprovalRoom.objects.select_related("channel")
        .filter(organization_id=organization_id)
        .first()
    )


def approval_room_of(organization_id: uuid.UUID) -> ApprovalRoomRecord | None:
    """The room as the API says it."""
    room = find_approval_room(organization_id)
    if room is None:
        return None
    return {"channel_id": str(room.channel_id), "place": room.place, "name": room.name}


def set_approval_room(user: User, channel: Channel, place: str, name: str) -> None:
    """Ask for approvals there from now on; records ``order_limits.updated``."""
    organization = user.organization
    with unit_of_work(actor=Actor.of_user(user)):
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        before = approval_room_of(organization.pk)
        ApprovalRoom.objects.update_or_create(
            organization=organization, defaults={"channel": channel, "place": place, "name": name}
        )
        _record_change(organization, {"approvals": (before, approval_room_of(organization.pk))})


def remove_approval_room(user: User) -> None:
    """Ask in Aftercare alone from now on; records ``order_limits.updated``."""
    organization = user.organization
    with unit_of_work(actor=Actor.of_user(user)):
        Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
        before = approval_room_of(organization.pk)
        if before is not None:
            ApprovalRoom.objects.filter(organization=organization).delete()
            _record_change(organization, {"approvals": (before, None)})


def _record_change(organization: Organization, change: dict[str, tuple[Any, Any]]) -> None:
    record(
        "order_limits.updated",
        organization_id=organization.pk,
        object_type="order_limits",
        object_id=organization.pk,
        payload=lambda: {
            "policies": policies_of(organization.pk),
            "approvals": approval_room_of(organization.pk),
        },
        change=change,
    )
