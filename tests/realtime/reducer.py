"""What the agent app does with events, in its smallest form: the newest record of each id.

The app's own reducer is frontend/shared/live/src/records.ts; both are held against the traces in
tests/golden/live.
"""

from __future__ import annotations

import copy
from typing import Any

State = dict[str, Any]
TIMELINE = {
    "ticket.status_changed", "ticket.assigned", "ticket.tagged", "ticket.priority_changed",
    "ticket.snoozed", "ticket.merged", "ticket.unmerged", "ticket.split", "ticket.linked",
    "ticket.unlinked", "rule.ran", "order_action.changed", "csat.sent", "csat.answered",
}  # fmt: skip
_LINE_DATA = ("change", "other_ticket", "survey", "run_id", "rule_id", "rule_name", "actions",
              "order_action")  # fmt: skip
_CATALOGUE = {
    "user.updated": ("users", "user", "id"),
    "team.updated": ("teams", "team", "id"),
    "tag.updated": ("tags", "tag", "name"),
    "channel.updated": ("channels", "channel", "id"),
    "view.updated": ("views", "view", "id"),
}


def apply_events(state: State, events: list[dict[str, Any]]) -> State:
    """The state after the events; the given one is left as it is."""
    after = copy.deepcopy(state)
    for event in events:
        _apply(after, event)
    return after


def _apply(state: State, event: dict[str, Any]) -> None:
    payload = event["payload"]
    if event["type"] == "ticket.hidden":
        _forget(state, payload["ticket_id"])
        return
    for table, name in (("tickets", "ticket"), ("messages", "message"), ("customers", "customer")):
        if name in payload:
            _put_newer(state[table], payload[name])
    other = payload.get("other")
    if other and other["id"] in state["customers"]:
        _put_newer(state["customers"], other)
    for message_id, (position, version) in payload.get("positions", {}).items():
        message = state["messages"].get(message_id)
        if message is not None and message["version"] <= version:
            state["messages"][message_id] = {
                **message, "position": position, "version": version,
            }  # fmt: skip
    if event["type"] == "ticket.removed":
        _forget(state, payload["ticket_id"])
    if event["type"] == "view.removed":
        state["views"].pop(event["object_id"], None)
    elif event["type"] == "view.ordered":
        state["viewOrder"] = {payload["user_id"]: payload["view_ids"]}
    elif event["type"] in _CATALOGUE:
        table, name, key = _CATALOGUE[event["type"]]
        if payload.get("is_deleted"):
            state[table].pop(event["object_id"], None)
        else:
            state[table][payload[name][key]] = payload[name]
    if event["type"] == "macro.removed":
        state["macros"].pop(payload["id"], None)
    if event["type"] == "macro.updated":
        if payload["is_deleted"]:
            state["macros"].pop(payload["id"], None)
        else:
            state["macros"][payload["id"]] = {"id": payload["id"], "name": payload["name"]}
    if event["type"] == "notification.added" and payload["notification"]["is_listed"]:
        told = payload["notification"]
        state["unread"][told["id"]] = {"id": told["id"], "ticket_id": told["ticket_id"]}
    if event["type"] == "notification.read":
        for each in payload["notification_ids"]:
            state["unread"].pop(each, None)
    ticket_id = payload.get("ticket", {}).get("id") or payload.get("ticket_id")
    if event["type"] in TIMELINE and ticket_id in state["timeline"]:
        state["timeline"][ticket_id].append(_line(event, ticket_id))


def _forget(state: State, ticket_id: str) -> None:
    state["tickets"].pop(ticket_id, None)
    state["timeline"].pop(ticket_id, None)
    state["messages"] = {
        key: each for key, each in state["messages"].items() if each["ticket_id"] != ticket_id
    }


def _put_newer(table: dict[str, Any], record: dict[str, Any]) -> None:
    known = table.get(record["id"])
    if known is None or known["version"] <= record["version"]:
        table[record["id"]] = record


def _line(event: dict[str, Any], ticket_id: str) -> dict[str, Any]:
    return {
        "seq": event["seq"],
        "type": event["type"],
        "at": event["at"],
        "actor": event["actor"],
        "ticket_id": ticket_id,
        "data": {name: event["payload"][name] for name in _LINE_DATA if name in event["payload"]},
    }
