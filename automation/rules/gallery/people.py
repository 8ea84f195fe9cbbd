"""Templates about who writes, in which mood and language, and what is no customer at all."""

from __future__ import annotations

from typing import Any

from automation.rules import shipped
from automation.rules.gallery.parts import FIRST, INBOUND, Macros, Template, priority, tagged, wants
from automation.rules.shipped import action, leaf


def _vip(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *INBOUND,
                {
                    "any": [
                        leaf("customer.is_vip", "is", value=True),
                        leaf("order.total_minor", "more_than", 50_000),
                    ]
                },
            ]
        },
        "actions": [tagged("vip"), priority("high")],
        "once_per_ticket_hours": 24,
    }


def _chargeback(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("payment_issue", "complaint", "refund_request", "human_agent"),
                leaf("message.sentiment", "is", "negative"),
            ]
        },
        "actions": [tagged("at-risk"), priority("urgent")],
        "once_per_ticket_hours": 24,
    }


def _bad_review(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                leaf("ticket.kind", "is_any_of", ["review", "mention"]),
                leaf("message.direction", "is", "in"),
                {
                    "any": [
                        leaf("message.rating", "less_than", 3),
                        leaf("message.sentiment", "is", "negative"),
                    ]
                },
            ]
        },
        "actions": [tagged("review"), priority("urgent")],
    }


def _spam(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *INBOUND,
                FIRST,
                {
                    "any": [
                        leaf("message.intent", "is", "spam"),
                        leaf("message.is_automatic", "is", value=True),
                    ]
                },
                leaf("message.is_sender_verified", "is", value=False),
            ]
        },
        "actions": [tagged("machine"), priority("low"), action("turn_survey_off")],
        "runs_on_automatic": True,
    }


def _language(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {"all": [*INBOUND, FIRST, leaf("message.language", "is_any_of", ["de"])]},
        "actions": [tagged("german")],
    }


def _presale(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("product_question", "discount_code", "delivery_info"),
                leaf("ticket.channel_kind", "is", "chat"),
            ]
        },
        "actions": [tagged("pre-sale"), priority("high")],
    }


def _thanks(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *wants("thanks"),
                leaf("message.is_first", "is", value=False),
                leaf("message.sentiment", "is_none_of", ["negative"]),
            ]
        },
        "actions": [tagged("thanks"), action("set_status", status="closed")],
    }


TEMPLATES = (
    Template(
        "vip",
        "VIP or high value",
        "A VIP, or an order above 500: lifted.",
        _vip,
    ),
    Template(
        "chargeback",
        "Angry about money",
        "A complaint about payment or a refund in an angry tone, before it is a chargeback.",
        _chargeback,
    ),
    Template(
        "bad-review",
        "Bad review or mention",
        "One or two stars, or angry words in public: on top of everyone’s queue.",
        _bad_review,
        shipped=shipped.BAD_REVIEW,
    ),
    Template(
        "spam",
        "Spam and machines",
        "Unproven senders that sell something or are machines: low, and no survey.",
        _spam,
    ),
    Template(
        "language-routing",
        "By language",
        "First messages in one language get a tag of their own; add the team that speaks it.",
        _language,
    ),
    Template(
        "pre-sale",
        "Question before buying",
        "Questions about products, codes or delivery in the chat: answered first.",
        _presale,
    ),
    Template(
        "thanks",
        "Only thanks",
        "A later message that only says thank you: closed.",
        _thanks,
    ),
)
