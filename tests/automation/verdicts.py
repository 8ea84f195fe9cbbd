"""Rules and moments made by chance, and what they come to when judged word by word.

The judgement here shares nothing with ``automation.rules``: every child of every group is read,
values come from what the moment was made of, words are found by Python's own ``re``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random
from types import SimpleNamespace
from typing import Any

from automation.rules.fields import RULE_FIELDS
from automation.rules.snapshot import Snapshot
from tickets.fields import Field
from tickets.models import Customer, Message, MessageBody, Ticket

AT = datetime(2026, 11, 21, 12, tzinfo=UTC)
BO, CY = "0190d3a0-0000-7000-8000-000000000001", "0190d3a0-0000-7000-8000-000000000002"
TEXTS = (
    "", "Please CANCEL my order 1042", "Our cancellation policy", "Dobrý den, zrušte objednávku",
    "Straße 5, danke", "อยากยกเลิกออเดอร์", "order_1042 cancel", "a" * 200,
)  # fmt: skip
_WORDS = ("cancel", "order", "1042", "zrušte", "ยกเลิก", "STRASSE", "", "my order")
_PATTERNS = (r"\d{4}", "^please", r"order\s+\d+", "(a+)+$", "policy$|danke")
_VALUES: dict[str, tuple[Any, ...]] = {
    "ticket.status": ("open", "snoozed", "closed", "spam"),
    "ticket.priority": ("urgent", "normal", "low"),
    "ticket.assignee": (None, BO, CY),
    "ticket.team": (None, BO),
    "ticket.tags": ([], ["vip"], ["VIP", "b2b"], ["no-auto", "vip"]),
    "ticket.subject": TEXTS,
    "ticket.language": ("", "cs", "de"),
    "ticket.is_unread": (True, False),
    "ticket.message_count": (0, 1, 7),
    "ticket.csat_score": (None, 1, 5),
    "ticket.created_at": (AT, AT - timedelta(hours=3), AT - timedelta(days=40)),
    "ticket.snoozed_until": (None, AT + timedelta(hours=2)),
    "customer.is_vip": (True, False),
    "customer.country": ("", "CZ", "DE"),
    "message.text": TEXTS,
    "message.subject": TEXTS,
    "message.intent": ("", "cancel_order", "order_status"),
    "message.sentiment": ("", "negative"),
    "message.rating": (None, 1, 4),
    "message.is_public": (True, False),
    "message.is_automatic": (True, False),
    "order.number": ("#1042", "#7"),
    "order.state": ("picking", "delivered"),
    "order.is_fulfilled": (True, False),
    "order.conflict": (None, "carrier"),
    "order.placed_at": (AT - timedelta(minutes=30), AT - timedelta(days=9)),
    "order.total_minor": (0, 14_800),
    "order.tags": ([], ["gift"], ["Gift", "vip"]),
    "order.refunded_minor": (0, 4500),
    "order.country": ("", "CZ", "DE"),
    "message.sender": ("", "mia@posteo.example"),
    "message.page": ("", "https://shop.example/shirts"),
    "sla.state": ("", "on_time", "breached"),
    "sla.target": ("", "first_reply"),
    "sla.due": (None, AT - timedelta(hours=2), AT + timedelta(hours=2)),
    "hours.is_open": (True, False),
    "hours.is_holiday": (True, False),
    "hours.open": ([], ["Shop"], ["Shop", "Late team"]),
    "survey.kind": ("csat", "nps"),
    "survey.score": (0, 3, 9),
    "survey.nps_group": (None, "detractor", "promoter"),
    "survey.comment": TEXTS,
    "loyalty.is_member": (True, False),
    "loyalty.points": (0, 250),
    "loyalty.tier": ("", "Gold"),
    "marketing.email_consent": ("", "subscribed", "unsubscribed"),
    "customer.order_count": (0, 3, 20),
    "customer.spent_minor": (0, 90_000),
    "queue.waiting": (0, 80),
    "ticket.field.size": (None, "S", "XL"),
    "ticket.field.pieces": (None, 0, 12),
    "ticket.field.gift": (None, True, False),
    "customer.field.since": (None, "2026-11-01", "2019-05-05"),
    "customer.field.club": (None, "", "Linen club"),
}
CUSTOM = {
    "ticket.field.size": Field("ticket.field.size", "Size", "choice", choices=("S", "XL"),
                               more_operators=("is_empty", "is_present")),
    "ticket.field.pieces": Field("ticket.field.pieces", "Pieces", "number"),
    "ticket.field.gift": Field("ticket.field.gift", "Gift", "flag",
                               more_operators=("is_empty", "is_present")),
    "customer.field.since": Field("customer.field.since", "Since", "time"),
    "customer.field.club": Field("customer.field.club", "Club", "text"),
}  # fmt: skip
FIELDS = {**RULE_FIELDS, **CUSTOM}
NAMES = tuple(_VALUES)
_OF_MESSAGE = ("text", "rating", "is_public", "sender", "page")
_OF_ORDER = ("tags", "country")
_CHANGING = tuple(n for n in NAMES if "has_changed" in FIELDS[n].operators)
_KINDS = {
    "message": ("message",), "order": ("order",), "survey": ("survey",), "queue": ("queue",),
    "member": ("loyalty.points", "loyalty.tier"), "marketing": ("marketing",),
}  # fmt: skip
"""What may not be there, and the names that are not there then."""


def some_tree(chance: Random, depth: int = 0, among: tuple[str, ...] = NAMES) -> dict[str, Any]:
    """A condition tree up to four levels deep, of every operator each of these fields knows."""
    kind = chance.randrange(6) if depth < 4 else 0
    if kind == 0 or (depth and kind < 3):
        return _leaf(chance, among)
    if kind == 5:
        return {"not": some_tree(chance, depth + 1, among)}
    group = chance.choice(("all", "any", "none"))
    return {group: [some_tree(chance, depth + 1, among) for _ in range(chance.randrange(1, 4))]}


def _leaf(chance: Random, among: tuple[str, ...]) -> dict[str, Any]:
    name = chance.choice(among)
    operator = chance.choice(FIELDS[name].operators)
    leaf = {"field": name, "operator": operator, "value": _wanted(chance, name, operator)}
    if chance.randrange(4) == 0:
        leaf["if_missing"] = chance.choice((True, False))
    return leaf


def _wanted(chance: Random, name: str, operator: str) -> Any:
    kind, among = FIELDS[name].type, _VALUES[name]
    if operator in ("is_empty", "is_present", "has_changed"):
        return None
    if operator in ("within_last", "longer_ago_than"):
        return chance.choice(("45m", "2h", "30d"))
    if operator == "matches":
        return chance.choice(_PATTERNS)
    if operator in ("has_word_of", "has_no_word_of"):
        return chance.sample(_WORDS, chance.randrange(3))
    if operator in ("contains", "contains_not", "starts_with"):
        return chance.choice(_WORDS)
    if kind == "set":
        words = tuple(dict.fromkeys(word for each in among for word in each))
        one = operator in ("changed_to", "changed_from")
        return words[0] if one else chance.sample(words, chance.randrange(len(words)))
    if operator in ("is_any_of", "is_none_of"):
        return [each for each in among if each is not None and chance.randrange(2)]
    if operator in ("less_than", "more_than"):
        return chance.choice([each for each in among if each is not None])
    return chance.choice(among)


def some_state(chance: Random) -> dict[str, Any]:
    """Values by the names of fields; without a message or an order their names are not there."""
    gone = tuple(name for names in _KINDS.values() if not chance.randrange(4) for name in names)
    state = {n: chance.choice(v) for n, v in _VALUES.items() if not n.startswith(gone)}
    if "loyalty.points" not in state:
        state["loyalty.is_member"] = False
    return state


def some_change(chance: Random) -> dict[str, Any]:
    """What an event said has changed: mostly nothing."""
    names = [name for name in _CHANGING if chance.randrange(6) == 0]
    return {name: [chance.choice(_VALUES[name]), chance.choice(_VALUES[name])] for name in names}


def moment_of(state: dict[str, Any]) -> Snapshot:
    """The same values as rows: what the engine and the time machine look at."""
    parts: dict[str, dict[str, Any]] = defaultdict(dict)
    fields: dict[str, dict[str, Any]] = {"ticket": {}, "customer": {}}
    for name, value in state.items():
        owner, _, part = name.partition(".")
        if part.startswith("field."):
            fields[owner][part.removeprefix("field.")] = value
        else:
            parts[owner][part] = value
    ticket, customer = parts["ticket"], parts["customer"]
    ticket["assignee_id"], ticket["team_id"] = ticket.pop("assignee"), ticket.pop("team")
    target = parts["sla"]
    ticket |= {"sla_state": target["state"], "sla_target": target["target"],
               "sla_due_at": target["due"], "fields": fields["ticket"]}  # fmt: skip
    orders = [SimpleNamespace() for _ in range(customer.pop("order_count"))]
    spent = customer.pop("spent_minor")
    row = Ticket(**ticket, customer=Customer(**customer, fields=fields["customer"]))
    snapshot = Snapshot(row, _message(parts["message"]), at=AT)
    said = parts["order"]
    order = (
        SimpleNamespace(tags=said["tags"], shipping_address={"country": said["country"]})
        if said
        else None
    )
    snapshot.order_meant = SimpleNamespace(  # type: ignore[assignment]
        facts=SimpleNamespace(**said) if said else None,
        order=order, is_named=False, known_orders=orders, spent_minor=spent,
    )  # fmt: skip
    _attach(snapshot, state, parts)
    return snapshot


def _attach(snapshot: Snapshot, state: dict[str, Any], parts: dict[str, dict[str, Any]]) -> None:
    """What is asked of others: calendars, surveys, services, the shop as a whole."""
    snapshot.hours = SimpleNamespace(read=lambda name, *_: state[name])  # type: ignore[assignment]
    snapshot._rating = {name: value for name, value in state.items() if name.startswith("survey.")}
    snapshot._profiles = {  # type: ignore[assignment]
        name: value for name, value in state.items() if name.startswith(("loyalty.", "marketing."))
    }
    waiting = parts["queue"].get("waiting")
    snapshot.waiting = None if waiting is None else lambda _: waiting


def _message(said: dict[str, Any]) -> Message | None:
    if not said:
        return None
    more = {"rating": said["rating"], "is_public": said["is_public"], "page": {"url": said["page"]}}
    plain = {name: value for name, value in said.items() if name not in _OF_MESSAGE}
    message = Message(
        **plain,
        details=more,
        direction="in",
        kind="customer",
        position=1,
        from_address={"address": said["sender"]},
    )
    message.body = MessageBody(text=said["text"])
    vars(message)["_prefetched_objects_cache"] = {"attachments": []}
    return message


# The judgement, word by word


def plainly(node: dict[str, Any], state: dict[str, Any], change: dict[str, Any]) -> bool | None:
    """True, false, or None where it hangs on something that is not there."""
    if "not" in node:
        return _opposite(plainly(node["not"], state, change))
    for group, meaning in (("all", all), ("any", any), ("none", any)):
        if group in node:
            answers = [plainly(child, state, change) for child in node[group]]
            # Unknown is either; if both come to the same, it does not matter.
            could = {meaning(a is True or (a is None and g) for a in answers) for g in (0, 1)}
            truth = could.pop() if len(could) == 1 else None
            return _opposite(truth) if group == "none" else truth
    name, operator, wanted = node["field"], node["operator"], node["value"]
    if operator in ("has_changed", "changed_to", "changed_from"):
        return _changed(operator, change.get(name), wanted)
    if name not in state:
        return node.get("if_missing")
    return _holds(operator, state[name], wanted)


def _opposite(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _changed(operator: str, pair: Any, wanted: Any) -> bool:
    if pair is None or operator == "has_changed":
        return pair is not None
    before, after = pair if operator == "changed_to" else reversed(pair)
    if isinstance(after, list):
        return wanted in after and wanted not in before
    return _same(after, wanted)


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold() == other.casefold()
    return type(one) is type(other) and one == other


def _lower(values: Any) -> list[str]:
    return [each.casefold() for each in values]


def _holds(operator: str, actual: Any, wanted: Any) -> bool:
    opposite = {
        "is_not": "is", "is_none_of": "is_any_of", "is_present": "is_empty",
    }  # fmt: skip
    if operator in opposite:
        return not _holds(opposite[operator], actual, wanted)
    if operator in ("contains_not", "has_no_word_of", "contains_none_of"):
        positive = {"contains_not": "contains", "has_no_word_of": "has_word_of"}
        asked = positive.get(operator, "contains_any_of")
        return bool(wanted) and not _holds(asked, actual, wanted)
    match operator:
        case "is":
            return _same(actual, wanted)
        case "is_any_of":
            return any(_same(actual, each) for each in wanted)
        case "is_empty":
            return actual in (None, "") or actual == []
        case "less_than" | "more_than":
            below = operator == "less_than"
            return actual is not None and (actual < wanted if below else actual > wanted)
        case "within_last" | "longer_ago_than":
            return actual is not None and _is_recent(actual, wanted) == (operator == "within_last")
        case "contains_any_of" | "contains_all_of":
            found = [each in _lower(actual) for each in _lower(wanted)]
            return any(found) if operator == "contains_any_of" else bool(found) and all(found)
        case _:
            return bool(wanted) and _reads(operator, actual or "", wanted)


def _is_recent(actual: Any, wanted: str) -> bool:
    if isinstance(actual, str):
        actual = datetime.strptime(actual, "%Y-%m-%d").replace(tzinfo=UTC)
    unit = {"m": "minutes", "h": "hours", "d": "days"}[wanted[-1]]
    return AT - actual <= timedelta(**{unit: int(wanted[:-1])})


def _reads(operator: str, text: str, wanted: Any) -> bool:
    match operator:
        case "contains":
            return wanted.casefold() in text.casefold()
        case "starts_with":
            return text.casefold().startswith(wanted.casefold())
        case "matches":
            # What would take Python for ever is written so that it means the same.
            plain = wanted.replace("(a+)+$", "a+$")
            return re.search(plain, text, re.IGNORECASE) is not None
    assert operator == "has_word_of", operator
    return any(_has_word(text.casefold(), word.casefold()) for word in wanted if word)


def _has_word(text: str, word: str) -> bool:
    if "\u0e00" <= word[0] <= "\u0eff":
        return word in text
    return re.search(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])", text) is not None
