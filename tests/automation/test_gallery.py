"""Every template of the gallery: what it meets, what it leaves alone, what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from automation.rules.conditions import evaluate
from automation.rules.definition import clean_definition
from automation.rules.gallery.installing import TEMPLATES, install_template, templates_of
from automation.rules.lint import lint
from automation.rules.models import Rule
from helpdesk.accounts.models import Organization, User

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)
MAIL: dict[str, Any] = {
    "message.direction": "in", "message.kind": "customer", "message.is_sender_verified": True,
    "message.is_public": False, "message.is_first": True, "message.is_automatic": False,
    "message.channel_kind": "email", "message.sentiment": "neutral", "message.intent": "",
    "message.language": "en", "message.has_attachments": False, "message.rating": None,
    "ticket.status": "open", "ticket.tags": [], "ticket.kind": "conversation",
    "ticket.channel_kind": "email", "customer.is_vip": False, "ticket.csat_score": None,
    "hours.is_open": True, "hours.is_holiday": False, "queue.waiting": 3,
    "loyalty.is_member": False,
}  # fmt: skip
ORDER: dict[str, Any] = {
    "order.placed_at": AT - timedelta(hours=3), "order.is_fulfilled": False,
    "order.is_cancelled": False, "order.is_delivered": False, "order.is_late": False,
    "order.is_stalled": False, "order.has_tracking": False, "order.state": "picking",
    "order.conflict": "", "order.days_since_delivery": None, "order.total_minor": 9000,
    "order.refunded_minor": 0,
}  # fmt: skip
SENT = {"order.is_fulfilled": True, "order.has_tracking": True, "order.state": "in_transit"}
CSAT = {"survey.kind": "csat", "survey.score": 5, "survey.nps_group": None}
NPS = {"survey.kind": "nps", "survey.score": 3, "survey.nps_group": "detractor"}

# key: a moment it is meant for, and what is different where it must keep still
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "urgent-cancellation": (
        {**ORDER, "message.intent": "cancel_order"},
        {"order.is_fulfilled": True, "order.placed_at": AT - timedelta(days=2)},
    ),
    "wismo-tracking": (
        {**ORDER, **SENT, "message.intent": "order_status"},
        {"order.is_stalled": True},
    ),
    "wismo-prepared": ({**ORDER, "message.intent": "order_status"}, {"order.is_fulfilled": True}),
    "wismo-not-shipped": (
        {**ORDER, "message.intent": "order_status", "order.placed_at": AT - timedelta(days=6)},
        {"order.placed_at": AT - timedelta(days=4)},
    ),
    "address-change": ({**ORDER, "message.intent": "change_address"}, {"order.is_fulfilled": True}),
    "damaged": ({"message.intent": "damaged_item"}, {"message.has_attachments": True}),
    "return-request": (
        {**ORDER, **SENT, "message.intent": "return_exchange", "order.is_delivered": True,
         "order.days_since_delivery": 5},
        {"order.days_since_delivery": 40},
    ),
    "refund-status": (
        {**ORDER, "message.intent": "refund_status", "order.refunded_minor": 4500},
        {"order.refunded_minor": 0},
    ),
    "refund-waiting": ({"message.intent": "refund_status"}, {"order.refunded_minor": 4500}),
    "delayed-shipment": ({**ORDER, **SENT, "order.is_late": True}, {"order.is_delivered": True}),
    "parcel-trouble": ({}, {"ticket.status": "closed"}),
    "out-of-hours-mail": ({"hours.is_open": False}, {"hours.is_open": True}),
    "out-of-hours-messages": (
        {"hours.is_open": False, "message.channel_kind": "whatsapp"},
        {"message.channel_kind": "email"},
    ),
    "holiday": ({"hours.is_holiday": True, "hours.is_open": False}, {"hours.is_holiday": False}),
    "peak-hours": ({"queue.waiting": 80}, {"queue.waiting": 40}),
    "vip": ({"customer.is_vip": True}, {"customer.is_vip": False}),
    "chargeback": (
        {"message.intent": "complaint", "message.sentiment": "negative"},
        {"message.sentiment": "neutral"},
    ),
    "bad-review": (
        {"ticket.kind": "review", "message.is_public": True, "message.rating": 1},
        {"message.rating": 5},
    ),
    "spam": (
        {"message.intent": "spam", "message.is_sender_verified": False},
        {"message.is_sender_verified": True},
    ),
    "language-routing": ({"message.language": "de"}, {"message.language": "en"}),
    "csat-recovery": ({**CSAT, "ticket.csat_score": 1}, {"ticket.csat_score": 4}),
    "csat-review": ({**CSAT, "loyalty.is_member": True}, {"survey.score": 3}),
    "csat-loyalty": (CSAT, {"loyalty.is_member": True}),
    "nps-detractor": (NPS, {"survey.nps_group": "promoter"}),
    "pre-sale": (
        {"message.intent": "product_question", "ticket.channel_kind": "chat"},
        {"ticket.channel_kind": "email"},
    ),
    "stale-close": ({}, {"ticket.status": "closed"}),
    "unanswered": ({}, {"ticket.status": "snoozed"}),
    "thanks": (
        {"message.intent": "thanks", "message.is_first": False},
        {"message.sentiment": "negative"},
    ),
}  # fmt: skip


def test_every_template_has_a_case():
    assert set(CASES) == {each.key for each in TEMPLATES}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda each: each.key)
def test_a_template_meets_what_it_is_for_and_nothing_beside_it(template):
    meant, other = CASES[template.key]
    tree = template.definition(dict.fromkeys(template.macros, "1"))["conditions"]

    def holds(moment: dict[str, Any]) -> bool:
        return evaluate(tree, moment, {}, at=AT).is_match

    assert holds({**MAIL, **meant})
    assert not holds({**MAIL, **meant, **other})
    assert holds(MAIL) is (template.key in ("parcel-trouble", "stale-close", "unanswered"))
    assert not holds({**MAIL, **meant, "message.direction": "out"}) or "message" not in str(tree)


@pytest.mark.django_db
def test_every_template_installs_whole_and_lints_clean(organization: Organization, ada: User):
    for template in TEMPLATES:
        rule = install_template(organization, template.key, user=ada)
        definition = clean_definition(organization.pk, rule.draft)
        answers = [each for each in definition["actions"] if each["type"] == "reply_with_macro"]
        assert len(answers) == len(template.macros), template.key
        Rule.objects.filter(pk=rule.pk).update(
            conditions=definition["conditions"], triggers=definition["triggers"],
            actions=definition["actions"], mode="on", live_version=1,
        )  # fmt: skip
    assert [each for each in lint(organization.pk) if each["code"] == "deleted_reference"] == []
    assert all(need["is_met"] for each in templates_of(organization) for need in each["needs"]
               if need["kind"] == "macro")  # fmt: skip
