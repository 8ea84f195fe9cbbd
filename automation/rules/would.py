"""What an action would come to at a moment, without doing it: for tests and the time machine.

Nothing here writes, sends or asks a shop. What depends on the present (how many answers a customer
got lately, whether a survey may be sent) is said as a condition.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from automation.macros.models import Macro
from automation.macros.render import render
from automation.orders import OrderMeant
from automation.rules.actions import describe_actions
from automation.rules.automatic_replies import why_not_answerable
from automation.rules.ticket_actions import MERGE, find_merge_target, why_not_mergeable
from automation.rules.triggers import is_news
from automation.rules.writing_actions import why_never_mailed
from helpdesk.lib.errors import HelpdeskError
from tickets.models import Message, Ticket

MAX_SHOWN_CHARS = 4000
NOT_RUN = "would not run"
Action = Mapping[str, Any]


@dataclass(frozen=True)
class Scene:
    """Where the action would be done. ``macros`` are those that replies are written with, by id;
    without them no reply is written."""

    ticket: Ticket
    message: Message | None
    order_meant: OrderMeant
    at: datetime
    macros: Mapping[str, Macro]
    triggers: Sequence[str] = ()


def told_actions(actions: list[dict[str, Any]], scene: Scene | None) -> list[dict[str, Any]]:
    """Each action in words with its ``outcome``, and ``reply`` where it would write to the
    customer; without a scene none of them would run."""
    told: list[dict[str, Any]] = [*describe_actions(actions)]
    for each, said in zip(actions, told, strict=True):
        said["outcome"] = would(each, scene) if scene else NOT_RUN
        if scene and each["type"] == "reply_with_macro":
            said["reply"] = written(scene, each["params"]["macro_id"])
    return told


def would(action: Action, scene: Scene) -> str:
    """``would be done``, ``would be sent``, or why not."""
    found = _WOULD.get(action["type"])
    return found(scene, action["params"]) if found else "would be done"


def macros_of(actions: Iterable[Action]) -> dict[str, Macro]:
    """The macros that these actions reply with, by id."""
    ids = [each["params"]["macro_id"] for each in actions if each["type"] == "reply_with_macro"]
    return {str(each.pk): each for each in Macro.objects.filter(pk__in=ids)} if ids else {}


def written(scene: Scene, macro_id: str) -> dict[str, Any] | None:
    """The reply with the data of that moment: its text, what is missing in it, its language."""
    macro = scene.macros.get(macro_id)
    if macro is None:
        return None
    try:
        rendered = render(
            macro,
            scene.ticket,
            user=None,
            order=scene.order_meant.order,
            orders=scene.order_meant.orders,
            at=scene.at,
        )
    except HelpdeskError as error:
        return {"text": "", "language": "", "missing": [], "error": error.message}
    return {
        "text": rendered.text[:MAX_SHOWN_CHARS],
        "language": rendered.language,
        "missing": [{"path": each.path, "reason": each.reason} for each in rendered.missing],
        "error": "",
    }


def _reply(scene: Scene, params: Mapping[str, Any]) -> str:
    news = next((each for each in scene.triggers if is_news(each)), "")
    if scene.message is None and news:
        return "would be sent, if their last message came from a proven address"
    if scene.message is None:
        return "would not be sent: there is no customer message"
    reason = why_not_answerable(scene.message, scene.ticket, at=scene.at, trigger=news)
    return f"would not be sent: {reason}" if reason else "would be sent"


def _email(scene: Scene, params: Mapping[str, Any]) -> str:
    reason = why_never_mailed(scene.message, params["address"])
    return f"would not be sent: {reason}" if reason else "would be sent"


def _merge(scene: Scene, params: Mapping[str, Any]) -> str:
    reason = why_not_mergeable(scene.ticket, scene.message)
    if reason:
        return f"would not be merged: {reason}"
    target = find_merge_target(scene.ticket)
    if target is None:
        return "would not be merged: the customer has no other open ticket today"
    return f"would be merged, today into #{target.number}"


_WOULD: dict[str, Callable[[Scene, Mapping[str, Any]], str]] = {
    "reply_with_macro": _reply,
    "send_email": _email,
    "send_survey": lambda scene, params: "would be sent, if the survey’s settings allow it",
    MERGE: _merge,
}
