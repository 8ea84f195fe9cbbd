"""How often messages were understood rightly, as far as people said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

from automation.corrections.models import IntentCorrection
from automation.reports.period import Period
from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso
from tickets.models import Message, MessageKind

_RIGHT = Q(intent=F("was_intent"))
_UNSURE = Q(was_intent="")


def accuracy_report(organization: Organization, period: Period) -> dict[str, Any]:
    """GET /reports/intents: day by day, by intent, by weights and by what was taken for what.

    A message nobody spoke about counts as understood, not as right: `reviewed` are those a person
    confirmed or corrected, `accuracy` is the share of those where we had claimed an intent and it
    was the right one. Being unsure is counted apart.
    """
    said = IntentCorrection.objects.filter(
        organization=organization, said_at__gte=period.begin, said_at__lt=period.end
    )
    understood = Message.objects.filter(
        organization=organization,
        kind=MessageKind.CUSTOMER,
        intent_confidence__isnull=False,
        created_at__gte=period.begin,
        created_at__lt=period.end,
    )
    messages: dict[Any, dict[str, Any]] = {
        row["day"]: dict(row)
        for row in understood.annotate(day=TruncDate("created_at", tzinfo=period.zone))
        .values("day")
        .annotate(all=Count("pk"), unsure=Count("pk", filter=Q(intent="")))
    }
    reviews: dict[Any, dict[str, Any]] = {
        row["day"]: dict(row)
        for row in said.annotate(day=TruncDate("said_at", tzinfo=period.zone))
        .values("day")
        .annotate(**_counts())
    }
    return {
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "total": {
            "understood": sum(row["all"] for row in messages.values()),
            "unsure": sum(row["unsure"] for row in messages.values()),
            **_review(said.aggregate(**_counts())),
        },
        "days": [
            {
                "day": each.isoformat(),
                "understood": messages.get(each, {}).get("all", 0),
                "unsure": messages.get(each, {}).get("unsure", 0),
                **_review(reviews.get(each, {})),
            }
            for each in period.days
        ],
        "intents": [
            {"intent": row["was_intent"], **_review(row)}
            for row in said.exclude(_UNSURE)
            .values("was_intent")
            .annotate(**_counts())
            .order_by("was_intent")
        ],
        "weights": [
            {"version": row["weights"], **_review(row)}
            for row in said.values("weights").annotate(**_counts()).order_by("weights")
        ],
        "mistaken": _mistaken(said.exclude(_RIGHT).values_list("was_intent", "intent")),
        "newest": iso(
            said.order_by("-corrected_at").values_list("corrected_at", flat=True).first()
        ),
    }


def _counts() -> dict[str, Count]:
    return {
        "reviewed": Count("pk"),
        "right": Count("pk", filter=_RIGHT & ~_UNSURE),
        "wrong": Count("pk", filter=~_RIGHT & ~_UNSURE),
    }


def _review(row: Mapping[str, Any]) -> dict[str, Any]:
    right, wrong = row.get("right", 0), row.get("wrong", 0)
    claimed = right + wrong
    return {
        "reviewed": row.get("reviewed", 0),
        "right": right,
        "wrong": wrong,
        "accuracy": round(right / claimed, 4) if claimed else None,
    }


def _mistaken(pairs: Any) -> list[dict[str, Any]]:
    return [
        {"understood": was, "meant": meant, "count": count}
        for (was, meant), count in Counter(pairs).most_common(20)
    ]
