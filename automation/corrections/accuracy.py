"""How often messages were understood rightly, as far as people said so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncDate

from automation.corrections.models import IntentCorrection
from automation.corrections.training import MIN_CORRECTIONS
from automation.intents.model import get_heads, get_shipped_heads
from automation.reports.period import Period
from helpdesk.accounts.models import User
from helpdesk.lib.clock import iso
from tickets.models import Message, MessageKind
from tickets.selectors import tickets_visible_to

MAX_MISTAKES = 20
MAX_EXAMPLES = 5
"""How many tickets stand beside what was taken for something else."""
_LOOKED_AT = 500
_RIGHT = Q(intent=F("was_intent"))
_UNSURE = Q(was_intent="")


def accuracy_report(user: User, period: Period) -> dict[str, Any]:
    """GET /reports/intents: day by day, by intent, by weights and by what was taken for what.

    A message nobody spoke about counts as understood, not as right: `reviewed` are those a person
    confirmed or corrected, `accuracy` is the share of those where we had claimed an intent and it
    was the right one, `kept` the share of all we had claimed that nobody had to correct. Where we
    were unsure counts apart, also when a person has said since what was meant.
    """
    organization = user.organization
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
        "total": _claims(
            {name: sum(row[name] for row in messages.values()) for name in ("all", "unsure")},
            said.aggregate(**_counts()),
        ),
        "days": [
            {
                "day": each.isoformat(),
                **_claims(messages.get(each, {}), reviews.get(each, {})),
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
        "mistaken": _mistaken(said.exclude(_RIGHT), user),
        "learning": _learning(user),
        "newest": iso(
            said.order_by("-corrected_at").values_list("corrected_at", flat=True).first()
        ),
    }


def _counts() -> dict[str, Count]:
    return {
        "reviewed": Count("pk"),
        "right": Count("pk", filter=_RIGHT & ~_UNSURE),
        "wrong": Count("pk", filter=~_RIGHT & ~_UNSURE),
        "cleared": Count("pk", filter=~_UNSURE & Q(intent="")),
        "named": Count("pk", filter=_UNSURE & ~Q(intent="")),
    }


def _claims(messages: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What was understood when it came, before anybody corrected it."""
    understood = messages.get("all", 0)
    unsure = messages.get("unsure", 0) - said.get("cleared", 0) + said.get("named", 0)
    claimed, review = understood - unsure, _review(said)
    kept = round((claimed - review["wrong"]) / claimed, 4) if claimed else None
    return {
        "understood": understood,
        "unsure": unsure,
        "claimed": claimed,
        "kept": kept,
        **review,
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


def _mistaken(wrong: QuerySet[IntentCorrection], user: User) -> list[dict[str, Any]]:
    """The commonest first, each with the newest tickets of it that this person may see."""
    counts = Counter(wrong.values_list("was_intent", "intent"))
    visible = wrong.filter(message__ticket__in=tickets_visible_to(user)).order_by("-said_at", "-pk")
    seen: dict[tuple[str, str], dict[int, None]] = {}
    rows = visible.values_list("was_intent", "intent", "message__ticket__number")
    for was, meant, number in rows[:_LOOKED_AT]:
        seen.setdefault((was, meant), {})[number] = None
    return [
        {
            "understood": was,
            "meant": meant,
            "count": count,
            "tickets": list(seen.get((was, meant), {}))[:MAX_EXAMPLES],
        }
        for (was, meant), count in counts.most_common(MAX_MISTAKES)
    ]


def _learning(user: User) -> dict[str, Any]:
    """Which weights are in use, and how far it is to the next lesson."""
    return {
        "version": get_heads().version,
        "shipped": get_shipped_heads().version,
        "corrections": IntentCorrection.objects.filter(organization=user.organization).count(),
        "needed": MIN_CORRECTIONS,
    }
