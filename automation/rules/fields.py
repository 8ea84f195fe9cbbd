"""What rules can ask about: the ticket fields of everybody, and message, customer and order.

The names and operators are those of ``tickets.fields``. Order fields speak of the order the
message is about: the customer's own order named in the text, else their newest one. Where
there is no such order, no condition on it holds, whatever the operator.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import re2

from automation.csat.models import SurveyKind
from automation.csat.ratings import NPS_GROUPS
from automation.intents.catalog import CANONICAL, GORGIAS, NAMES
from automation.rules.conditions import compile_pattern
from automation.rules.contradictions import contradictions
from automation.rules.hours import HOURS_FIELDS, calendar_names
from helpdesk.accounts.models import Team, User
from helpdesk.lib.errors import FieldError, InvalidInput
from integrations.commerce.models import FinancialStatus, FulfillmentStatus, ReturnState
from integrations.commerce.profiles.fields import PROFILE_FIELDS
from integrations.commerce.returns import OUTCOMES
from integrations.commerce.state import OrderState
from tickets.fields import (
    LIST_OPERATORS,
    TICKET_FIELDS,
    Field,
    asks_for_custom,
    check_tree,
    custom_field_of,
)
from tickets.models import Channel, Customer, Direction, MessageKind

WORDS = ("has_word_of", "has_no_word_of", "matches")
CHANGES = ("has_changed", "changed_to", "changed_from")
MAX_PATTERN_CHARS = 500

INTENTS = tuple(sorted(CANONICAL))
"""What a message can mainly want; ``message.intents`` also takes finer and Gorgias' names."""
WISHES = tuple(sorted({*NAMES, *GORGIAS}))
SENTIMENTS = ("positive", "neutral", "negative")

_CHANGING = {
    "ticket.status",
    "ticket.priority",
    "ticket.assignee",
    "ticket.team",
    "ticket.tags",
    "ticket.subject",
}


def _for_rules(field: Field) -> Field:
    more: tuple[str, ...] = WORDS if field.type == "text" else ()
    if field.name in _CHANGING:
        more += CHANGES
    of_lists = LIST_OPERATORS.get(field.type, ())
    more = tuple(each for each in field.more_operators if each not in of_lists) + more
    return replace(field, more_operators=more, find=None)


_MORE = [
    Field("message.direction", "Direction", "choice", choices=tuple(Direction.values)),
    Field("message.kind", "Kind of message", "choice", choices=tuple(MessageKind.values)),
    Field("message.subject", "Subject of the message", "text", more_operators=WORDS),
    Field("message.text", "Newly written text", "text", more_operators=WORDS),
    Field("message.language", "Language of the message", "choice"),
    Field("message.intent", "Intent", "choice", choices=INTENTS),
    Field("message.intents", "Everything it wants", "set", choices=WISHES),
    Field("message.is_urgent", "Is in a hurry", "flag"),
    Field("message.named_day_in_days", "Days until the day it names", "number"),
    Field("message.products", "Products it names", "set"),
    Field("message.sentiment", "Sentiment", "choice", choices=SENTIMENTS),
    Field("message.channel_kind", "Kind of channel", "choice"),
    Field("message.is_public", "Everybody can read it", "flag"),
    Field("message.rating", "Rating, 1 to 5", "number"),
    Field("message.sender", "Address of the sender", "text", more_operators=WORDS),
    Field("message.page", "Page they wrote from", "text", more_operators=WORDS),
    Field("message.referrer", "Page they came from", "text", more_operators=WORDS),
    Field("message.campaign", "Campaign that brought them", "text", more_operators=WORDS),
    Field("message.is_first", "First message of the ticket", "flag"),
    Field("message.is_automatic", "Automatic message", "flag"),
    Field("message.is_sender_verified", "Sender is verified", "flag"),
    Field("message.has_attachments", "Has attachments", "flag"),
    Field("survey.kind", "Kind of survey", "choice", choices=tuple(SurveyKind.values)),
    Field("survey.score", "Score of the survey", "number"),
    Field("survey.nps_group", "Would recommend", "choice", choices=NPS_GROUPS),
    Field("survey.comment", "Comment of the survey", "text", more_operators=WORDS),
    Field("survey.comment_intent", "What the comment is about", "choice", choices=INTENTS),
    Field("customer.language", "Customer's language", "choice"),
    Field("customer.order_count", "Customer's orders (up to 20)", "number"),
    Field("customer.spent_minor", "Spent on their last 20 orders, in cents", "number"),
    Field("queue.waiting", "Tickets of the shop that wait for an answer", "number"),
    Field("order.number", "Order number", "text"),
    Field("order.state", "Order state", "choice", choices=tuple(OrderState.values)),
    Field("order.financial_status", "Payment", "choice", choices=tuple(FinancialStatus.values)),
    Field(
        "order.fulfillment_status",
        "Fulfilment",
        "choice",
        choices=tuple(FulfillmentStatus.values),
    ),
    Field("order.is_named", "Order is named in the text", "flag"),
    Field("order.is_fulfilled", "Order is fulfilled", "flag"),
    Field("order.is_cancelled", "Order is cancelled", "flag"),
    Field("order.is_delivered", "Order is delivered", "flag"),
    Field("order.is_stalled", "Parcel does not move", "flag"),
    Field("order.is_late", "Promised day has passed", "flag"),
    Field("order.conflict", "What is known does not fit", "text"),
    Field("order.days_since_delivery", "Days since delivery", "number"),
    Field("order.has_tracking", "Order has a tracking link", "flag"),
    Field("order.has_added_items", "Items were added after the purchase", "flag"),
    Field("order.return_state", "Return", "choice", choices=tuple(ReturnState.values)),
    Field("order.return_outcome", "Customer gets for the return", "choice", choices=OUTCOMES[1:]),
    Field("order.has_return_label", "Return has a label", "flag"),
    Field("order.placed_at", "Order placed", "time"),
    Field("order.total_minor", "Order total in cents", "number"),
    Field("order.store", "Store", "choice"),
    Field("order.tags", "Order tags", "set"),
    Field("order.currency", "Currency of the order", "choice"),
    Field("order.country", "Country it goes to", "choice"),
    Field("order.refunded_minor", "Refunded so far, in cents", "number"),
    Field("order.item_count", "Number of items", "number"),
    Field("order.carrier", "Carrier", "text"),
]
RULE_FIELDS: dict[str, Field] = {
    **{name: _for_rules(each) for name, each in TICKET_FIELDS.items() if not each.is_for_lists},
    **{name: _for_rules(each) for name, each in PROFILE_FIELDS.items()},
    **{field.name: field for field in _MORE},
    **HOURS_FIELDS,
}


def rule_fields_of(organization_id: uuid.UUID, *, has_archived: bool = False) -> dict[str, Field]:
    """What rules of this organization can ask about, its custom fields among it."""
    custom = custom_field_of(organization_id, has_archived=has_archived)
    calendars = tuple(sorted(calendar_names(organization_id).values()))
    hours = replace(HOURS_FIELDS["hours.open"], choices=calendars)
    own = {name: _for_rules(field) for name, field in custom.items()}
    return {**RULE_FIELDS, hours.name: hours, **own}


def labels_in(tree: Any, organization_id: uuid.UUID) -> dict[str, str]:
    """What people call the custom fields of these conditions; asks nothing where there are none."""
    if not asks_for_custom(tree):
        return {}
    custom = custom_field_of(organization_id, has_archived=True)
    return {name: field.label for name, field in custom.items()}


def check_conditions(tree: Any, *, organization_id: uuid.UUID) -> None:
    """Raises InvalidInput naming every wrong place.

    Beyond ``tickets.fields.check_tree``: empty groups are refused (they would match by
    accident) and patterns must be regular expressions that RE2 knows.
    """
    check_tree(tree, fields=rule_fields_of(organization_id, has_archived=True))
    errors = list(_more_problems(tree, "conditions")) or list(contradictions(tree))
    errors = errors or list(_gone_references(tree, "conditions", organization_id))
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)


def _more_problems(node: dict[str, Any], path: str) -> list[FieldError]:
    for group in ("all", "any", "none"):
        if group in node:
            if not node[group]:
                return [FieldError(f"{path}.{group}", "empty", "This group is empty.")]
            return [
                problem
                for index, child in enumerate(node[group])
                for problem in _more_problems(child, f"{path}.{group}.{index}")
            ]
    if "not" in node:
        if not node["not"]:
            return [FieldError(f"{path}.not", "empty", "This group is empty.")]
        return _more_problems(node["not"], f"{path}.not")
    if not isinstance(node.get("if_missing", False), bool):
        return [FieldError(f"{path}.if_missing", "invalid", "Choose yes or no.")]
    if node.get("operator") == "matches":
        return pattern_problems(node.get("value"), f"{path}.value")
    return []


_REFERS: dict[str, Any] = {
    "ticket.assignee": User,
    "ticket.team": Team,
    "ticket.channel": Channel,
    "ticket.customer": Customer,
    "ticket.followers": User,
    "ticket.mentions": User,
}


def _gone_references(
    node: dict[str, Any], path: str, organization_id: uuid.UUID
) -> Iterator[FieldError]:
    """Conditions about somebody or something that does not exist here (any more)."""
    for group in ("all", "any", "none"):
        for index, child in enumerate(node.get(group) or ()):
            yield from _gone_references(child, f"{path}.{group}.{index}", organization_id)
    if node.get("not"):
        yield from _gone_references(node["not"], f"{path}.not", organization_id)
    model, value = _REFERS.get(node.get("field", "")), node.get("value")
    if model is None or value is None:
        return
    ids = {str(each) for each in (value if isinstance(value, list) else [value])} - {"me", "None"}
    there = model.objects.filter(pk__in=ids, organization_id=organization_id)
    known = {str(each) for each in there.values_list("pk", flat=True)}
    if ids - known:
        message = "This does not exist any more. Choose another, or take the condition out."
        yield FieldError(f"{path}.value", "deleted_reference", message)


def pattern_problems(pattern: Any, path: str) -> list[FieldError]:
    """What is wrong with a pattern; nothing where RE2 can read it."""
    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN_CHARS:
        message = f"A pattern has at most {MAX_PATTERN_CHARS} characters."
        return [FieldError(path, "invalid", message)]
    try:
        compile_pattern(pattern)
    except re2.error as error:
        words = error.args[0]
        reason = words.decode() if isinstance(words, bytes) else str(words)
        return [FieldError(path, "invalid", f"This pattern cannot be read: {reason}.")]
    return []
