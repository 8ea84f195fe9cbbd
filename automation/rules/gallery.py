"""The template gallery: rules that shops want, ready to be looked at, changed and tried.

A template becomes a rule that is off, with the template as its draft; of a rule that the shop has
already, it becomes the next draft, so that no two rules do the same. Conditions ask for intents,
never for words of one language. Macros are named by key and made when a template is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from automation.macros.defaults import ensure_default_macros
from automation.macros.models import Macro
from automation.rules import shipped
from automation.rules.definition import EMPTY, safety_of, unsaved_rule
from automation.rules.drafts import create_draft, save_draft
from automation.rules.models import Definition, Rule
from automation.rules.shipped import action, customer_wants, leaf, trouble
from automation.rules.summary import summary_of
from helpdesk.accounts.models import Organization, User
from helpdesk.lib.errors import NotFound
from integrations.commerce.models import Store

Macros = dict[str, str]
"""The ids of the shop's macros by key."""


@dataclass(frozen=True)
class Template:
    """One card of the gallery; ``make`` fills in the shop's own macros."""

    key: str
    name: str
    what: str
    make: Callable[[Macros], dict[str, Any]]
    macros: tuple[str, ...] = ()
    has_orders: bool = False
    shipped: str = ""
    """The key of the rule every shop begins with, whose next version this is."""

    @property
    def rule_key(self) -> str:
        """What the rule made of it is found by."""
        return self.shipped or f"template:{self.key}"

    def definition(self, macros: Macros) -> Definition:
        """What the rule would say in this shop; replies with macros that are not there left out."""
        said: Definition = {
            **EMPTY,
            "name": self.name,
            "description": self.what,
            "triggers": ["message.received"],
            **self.make(macros),
        }
        for name in ("actions", "else_actions"):
            said[name] = [each for each in said[name] if each["params"].get("macro_id", "-")]
        return said


def templates_of(organization: Organization) -> list[dict[str, Any]]:
    """The whole gallery as this shop would get it."""
    macros = _macros_of(organization)
    has_store = Store.objects.filter(organization=organization, is_active=True).exists()
    keyed = Rule.objects.filter(organization=organization).exclude(key="")
    rules = {each.key: each for each in keyed}
    return [_record(each, organization, macros, rules, has_store=has_store) for each in TEMPLATES]


def install_template(organization: Organization, key: str, *, user: User) -> Rule:
    """A new rule that is off, with the template as its draft; raises NotFound.

    Where the shop has this rule already, the template becomes its draft and what is live stays;
    a draft that somebody is working on stays as well. Twice is once.
    """
    template = next((each for each in TEMPLATES if each.key == key), None)
    if template is None:
        raise NotFound("There is no such template.")
    if template.macros:
        ensure_default_macros(organization)
    definition = template.definition(_macros_of(organization))
    rule = Rule.objects.filter(organization=organization, key=template.rule_key).first()
    if rule is None:
        return create_draft(organization, definition, user=user, key=template.rule_key)
    if rule.draft is not None:
        return rule
    return save_draft(rule, definition, user=user, based_on=rule.draft_revision)


def _record(
    template: Template,
    organization: Organization,
    macros: Macros,
    rules: dict[str, Rule],
    *,
    has_store: bool,
) -> dict[str, Any]:
    definition = template.definition(macros)
    rule = rules.get(template.rule_key)
    needs = [{"kind": "macro", "text": key, "is_met": key in macros} for key in template.macros]
    if template.has_orders:
        needs.append({"kind": "store", "text": "A connected store", "is_met": has_store})
    return {
        "key": template.key,
        "name": template.name,
        "what": template.what,
        "trigger": definition["triggers"][0],
        "summary": summary_of(unsaved_rule(organization.pk, definition)),
        "safety": safety_of(definition),
        "definition": definition,
        "needs": needs,
        "installed": {"rule_id": str(rule.pk), "name": rule.name} if rule else None,
    }


def _macros_of(organization: Organization) -> Macros:
    found = Macro.objects.filter(organization=organization).exclude(key="")
    return {key: str(pk) for key, pk in found.values_list("key", "pk")}


def _tag(*tags: str) -> dict[str, Any]:
    return action("add_tags", tags=list(tags))


def _priority(priority: str) -> dict[str, Any]:
    return action("set_priority", priority=priority)


def _macro(macros: Macros, key: str) -> dict[str, Any]:
    return action("reply_with_macro", macro_id=macros.get(key, ""), name="")


def _wants(*intents: str) -> list[dict[str, Any]]:
    return [*customer_wants(intents[0])[:2], leaf("message.intent", "is_any_of", list(intents))]


_INBOUND = [leaf("message.direction", "is", "in"), leaf("message.kind", "is", "customer")]
_NOT_SENT = [
    leaf("order.is_fulfilled", "is", value=False),
    leaf("order.is_cancelled", "is", value=False),
]
_FIRST = leaf("message.is_first", "is", value=True)
_PRIVATE = leaf("message.is_public", "is", value=False)
_PROVEN = leaf("message.is_sender_verified", "is", value=True)


def _urgent_cancellation(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("cancel_order"),
                {"any": [_NOT_SENT[0], leaf("order.placed_at", "within_last", "2h")]},
                _NOT_SENT[1],
                leaf("ticket.tags", "contains_none_of", ["no-auto"]),
            ]
        },
        "actions": [
            _tag("cancellation", "urgent"),
            _priority("urgent"),
            action("order_action", kind="cancel", params={}, mode="propose", caps={}),
        ],
        "once_per_ticket_hours": 24,
    }


def _wismo(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("order_status"),
                _PROVEN,
                _PRIVATE,
                leaf("order.has_tracking", "is", value=True),
                leaf("order.is_cancelled", "is", value=False),
                leaf("order.is_delivered", "is", value=False),
                {"none": trouble()},
            ]
        },
        "actions": [_tag("wismo"), _macro(macros, "tracking")],
        "else_actions": [],
        "once_per_ticket_hours": 24,
        "limits": {"per_customer_day": 1, "per_minute": 60},
    }


def _being_prepared(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("order_status"),
                _PROVEN,
                _PRIVATE,
                *_NOT_SENT,
                leaf("order.placed_at", "within_last", "5d"),
            ]
        },
        "actions": [_tag("wismo"), _macro(macros, "being-prepared")],
        "once_per_ticket_hours": 24,
        "limits": {"per_customer_day": 1, "per_minute": 60},
    }


def _not_shipped(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("order_status"),
                *_NOT_SENT,
                leaf("order.placed_at", "longer_ago_than", "5d"),
            ]
        },
        "actions": [_tag("wismo", "not-shipped"), _priority("urgent")],
    }


def _address_change(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {"all": [*_wants("change_address"), *_NOT_SENT]},
        "actions": [
            _tag("address-change"),
            _priority("urgent"),
            action("order_action", kind="hold", params={}, mode="propose", caps={}),
        ],
        "once_per_ticket_hours": 24,
    }


def _damaged(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("damaged_item", "wrong_item"),
                _PROVEN,
                _PRIVATE,
                leaf("message.has_attachments", "is", value=False),
            ]
        },
        "actions": [_tag("damaged"), _priority("high"), _macro(macros, "damaged-photo")],
        "once_per_ticket_hours": 72,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _return_request(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("return_exchange"),
                _PROVEN,
                _PRIVATE,
                leaf("order.is_delivered", "is", value=True),
                leaf("order.days_since_delivery", "less_than", 31),
            ]
        },
        "actions": [_tag("return"), _macro(macros, "return-start")],
        "once_per_ticket_hours": 72,
        "limits": {"per_customer_day": 1, "per_minute": 30},
    }


def _refund_status(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {"all": _wants("refund_status")},
        "actions": [_tag("refund-status"), _priority("high")],
    }


def _vip(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_INBOUND,
                {
                    "any": [
                        leaf("customer.is_vip", "is", value=True),
                        leaf("order.total_minor", "more_than", 50_000),
                    ]
                },
            ]
        },
        "actions": [_tag("vip"), _priority("high")],
        "once_per_ticket_hours": 24,
    }


def _chargeback(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("payment_issue", "complaint", "refund_request", "human_agent"),
                leaf("message.sentiment", "is", "negative"),
            ]
        },
        "actions": [_tag("at-risk"), _priority("urgent")],
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
        "actions": [_tag("review"), _priority("urgent")],
    }


def _spam(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_INBOUND,
                _FIRST,
                {
                    "any": [
                        leaf("message.intent", "is", "spam"),
                        leaf("message.is_automatic", "is", value=True),
                    ]
                },
                leaf("message.is_sender_verified", "is", value=False),
            ]
        },
        "actions": [_tag("machine"), _priority("low"), action("turn_survey_off")],
        "runs_on_automatic": True,
    }


def _language(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {"all": [*_INBOUND, _FIRST, leaf("message.language", "is_any_of", ["de"])]},
        "actions": [_tag("german")],
    }


def _csat(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["csat.answered"],
        "conditions": {
            "all": [
                leaf("ticket.csat_score", "is_present", None),
                leaf("ticket.csat_score", "less_than", 3),
            ]
        },
        "actions": [
            action("set_status", status="open"),
            _tag("recovery"),
            _priority("high"),
        ],
        "once_per_ticket_hours": 24,
    }


def _presale(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("product_question", "discount_code", "delivery_info"),
                leaf("ticket.channel_kind", "is", "chat"),
            ]
        },
        "actions": [_tag("pre-sale"), _priority("high")],
    }


def _thanks(macros: Macros) -> dict[str, Any]:
    return {
        "conditions": {
            "all": [
                *_wants("thanks"),
                leaf("message.is_first", "is", value=False),
                leaf("message.sentiment", "is_none_of", ["negative"]),
            ]
        },
        "actions": [_tag("thanks"), action("set_status", status="closed")],
    }


def _stale(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["no_reply"],
        "wait": {"after": "7d", "since": "our_message"},
        "conditions": {"all": [leaf("ticket.status", "is_any_of", ["open", "snoozed"])]},
        "actions": [_tag("no-answer"), action("set_status", status="closed")],
    }


def _unanswered(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["no_reply"],
        "wait": {"after": "4h", "since": "customer_message"},
        "conditions": {"all": [leaf("ticket.status", "is", "open")]},
        "actions": [_tag("overdue"), _priority("high")],
        "once_per_ticket_hours": 24,
    }


def _parcel_trouble(macros: Macros) -> dict[str, Any]:
    return {
        "triggers": ["order.trouble"],
        "conditions": {"all": [leaf("ticket.status", "is_any_of", ["open", "snoozed"])]},
        "actions": [
            _tag("shipment-problem"),
            _priority("high"),
            action("set_status", status="open"),
        ],
        "once_per_ticket_hours": 24,
    }


TEMPLATES: tuple[Template, ...] = (
    Template(
        "urgent-cancellation",
        "Urgent cancellation",
        "Asks to cancel an order that can still be stopped: urgent, and cancelling is proposed.",
        _urgent_cancellation,
        has_orders=True,
        shipped=shipped.URGENT_CANCELLATION,
    ),
    Template(
        "wismo-tracking",
        "Where is my order: send the tracking link",
        "The parcel can be tracked and all is well with it: the customer gets the link at once.",
        _wismo,
        macros=("tracking",),
        has_orders=True,
        shipped=shipped.WISMO_REPLY,
    ),
    Template(
        "wismo-prepared",
        "Where is my order: being prepared",
        "Ordered within five days and not sent yet: the customer is told so.",
        _being_prepared,
        macros=("being-prepared",),
        has_orders=True,
    ),
    Template(
        "wismo-not-shipped",
        "Where is my order: overdue",
        "Not sent after five days: urgent for a person, no automatic answer.",
        _not_shipped,
        has_orders=True,
    ),
    Template(
        "address-change",
        "Address change before picking",
        "Another address for an order that has not left: urgent, and holding it is proposed.",
        _address_change,
        has_orders=True,
    ),
    Template(
        "damaged",
        "Damaged or wrong on arrival",
        "Something came broken or wrong, without a picture: asks for one.",
        _damaged,
        macros=("damaged-photo",),
    ),
    Template(
        "return-request",
        "Return request",
        "Wants to send back what came within 30 days: explains how.",
        _return_request,
        macros=("return-start",),
        has_orders=True,
    ),
    Template(
        "refund-status",
        "Where is my refund",
        "Waits for money: tagged and lifted.",
        _refund_status,
    ),
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
        "csat-recovery",
        "One or two stars: win them back",
        "A bad score opens the ticket again and lifts it.",
        _csat,
    ),
    Template(
        "pre-sale",
        "Question before buying",
        "Questions about products, codes or delivery in the chat: answered first.",
        _presale,
    ),
    Template(
        "stale-close",
        "No answer for a week: close",
        "We wrote, the customer did not answer for seven days: closed; their next message opens it.",
        _stale,
    ),
    Template(
        "unanswered",
        "A customer waits for four hours",
        "Nobody of us answered for four hours: tagged and lifted.",
        _unanswered,
    ),
    Template(
        "parcel-trouble",
        "A parcel has a problem",
        "The carrier reports a problem with a parcel that an open ticket is about: lifted.",
        _parcel_trouble,
        has_orders=True,
    ),
    Template(
        "thanks",
        "Only thanks",
        "A later message that only says thank you: closed.",
        _thanks,
    ),
)
