"""What a message can want: our names, the wider intent each counts as, and Gorgias' name for it.

The heads know every name here. Rules and filters ask for the wider one (`canonical`); whoever needs
the difference between a return and an exchange asks for the name itself or for Gorgias' name.
"""

from dataclasses import dataclass
from functools import lru_cache

QUESTION = "other/question"


@dataclass(frozen=True, slots=True)
class Intent:
    """`name` is what the head says; `canonical` is the intent it is part of, often itself."""

    name: str
    gorgias: str
    canonical: str


def _intent(name: str, gorgias: str = QUESTION, canonical: str = "") -> Intent:
    return Intent(name, gorgias, canonical or name)


INTENTS = (
    _intent("cancel_order", "order/cancel"),
    _intent("change_order", "order/change"),
    _intent("damaged_item", "order/damaged"),
    _intent("wrong_item", "order/wrong"),
    _intent("missing_item", "order/wrong"),
    _intent("order_status", "shipping/status"),
    _intent("delivery_problem", "shipping/delivery-issue", "order_status"),
    _intent("reship", "shipping/delivery-issue"),
    _intent("change_address", "shipping/change"),
    _intent("delivery_info", "shipping/policy"),
    _intent("return_exchange", "return/request"),
    _intent("return_status", "return/status", "return_exchange"),
    _intent("exchange_request", "exchange/request", "return_exchange"),
    _intent("exchange_status", "exchange/status", "return_exchange"),
    _intent("refund_request", "refund/request"),
    _intent("refund_status", "refund/status"),
    _intent("product_question", "product/question"),
    _intent("product_recommendation", "product/recommendation", "product_question"),
    _intent("stock_request", "stock/request", "product_question"),
    _intent("discount_code", "discount/request"),
    _intent("subscription"),
    _intent("subscription_cancel", "subscription/cancel", "subscription"),
    _intent("subscription_change", "subscription/change", "subscription"),
    _intent("feedback", "feedback"),
    _intent("complaint", "feedback"),
    _intent("thanks", "other/thanks"),
    _intent("no_reply", "other/no_reply"),
    _intent("spam", "other/no_reply"),
    _intent("account"),
    _intent("cancel_policy"),
    _intent("human_agent"),
    _intent("invoice"),
    _intent("out_of_scope"),
    _intent("payment_info"),
    _intent("payment_issue"),
    _intent("place_order"),
    _intent("refund_policy"),
    _intent("store_info"),
    _intent("technical_issue"),
)
NAMES = tuple(each.name for each in INTENTS)
CANONICAL = tuple(dict.fromkeys(each.canonical for each in INTENTS))
GORGIAS = tuple(dict.fromkeys(each.gorgias for each in INTENTS))


@lru_cache(maxsize=1)
def _by_name() -> dict[str, Intent]:
    return {each.name: each for each in INTENTS}


def get_intent(name: str) -> Intent:
    """The intent of that name. Raises KeyError for a name we do not have."""
    return _by_name()[name]


def find_intent(name: str) -> Intent | None:
    """The same, or None."""
    return _by_name().get(name)
