"""Cards as Block Kit, the rooms they may go to, and what was pressed on them."""

from __future__ import annotations

import json
from typing import Any

from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.cards import Button, Card, Presser, TeamPlace
from inbox.connector import Ignored, Item, Pressed
from integrations.slack.client import SlackClient
from integrations.slack.text import escaped

Record = dict[str, Any]

MAX_TITLE = 150
MAX_VALUE = 1900
MAX_LABEL = 75
MAX_CONFIRM = 300
MAX_FIELDS = 10
MAX_PAGES = 20
LINK = "link:"
"""Slack tells of a pressed link, too; nobody waits for that."""


def form_of(card: Card, **where: str) -> dict[str, str]:
    """The fields of chat.postMessage and chat.update; ``text`` is what a notification says."""
    words = " · ".join([card.title, *(said for _, said in card.lines[:2] if said)])
    blocks = json.dumps(blocks_of(card), ensure_ascii=False)
    return {**where, "text": escaped(words[:MAX_VALUE]), "blocks": blocks}


def blocks_of(card: Card) -> list[Record]:
    """What people wrote stays plain text: no mention, no link and no bold can hide in it."""
    blocks: list[Record] = [{"type": "header", "text": _plain(card.title or " ", MAX_TITLE)}]
    lines = [(label, said) for label, said in card.lines if said]
    for start in range(0, len(lines), MAX_FIELDS // 2):
        fields: list[Record] = []
        for label, said in lines[start : start + MAX_FIELDS // 2]:
            fields += [{"type": "mrkdwn", "text": f"*{escaped(label)}*"}, _plain(said, MAX_VALUE)]
        blocks.append({"type": "section", "fields": fields})
    if card.buttons:
        elements = [_button(each, index) for index, each in enumerate(card.buttons)]
        blocks.append({"type": "actions", "elements": elements})
    if card.note:
        blocks.append({"type": "context", "elements": [_plain(card.note, MAX_VALUE)]})
    return blocks


def team_places(client: SlackClient) -> list[TeamPlace]:
    """Where the bot is a member, page by page."""
    found: list[TeamPlace] = []
    cursor = ""
    for _ in range(MAX_PAGES):
        query = {
            "types": "public_channel,private_channel", "exclude_archived": "true", "limit": "200",
        }  # fmt: skip
        said = client.get("users.conversations", **query, **({"cursor": cursor} if cursor else {}))
        for each in said.get("channels") or []:
            if not _has_outsiders(each):
                name = f"#{each.get('name', '')}"
                found.append(TeamPlace(str(each["id"]), name, bool(each.get("is_private"))))
        cursor = str((said.get("response_metadata") or {}).get("next_cursor") or "")
        if not cursor:
            break
    return found


def refuse_outsiders(client: SlackClient, place: str) -> None:
    """Raises PermanentFailure where another company reads along: alerts name customers."""
    room = client.get("conversations.info", channel=place).get("channel") or {}
    if _has_outsiders(room):
        raise PermanentFailure(
            f"#{room.get('name', place)} is shared with another company in Slack, who would read "
            "about your customers. Choose a channel of your own.",
            reason_code="shared",
        )


def presser_of(user: Record, team_id: str) -> Presser:
    """Who a user of Slack is to us; without a proven address of this workspace: nobody."""
    profile = user.get("profile") or {}
    name = str(profile.get("real_name") or user.get("real_name") or user.get("name") or "")
    is_ours = bool(team_id) and user.get("team_id") == team_id
    is_person = not (user.get("deleted") or user.get("is_bot") or user.get("is_stranger"))
    is_proven = user.get("is_email_confirmed") is True
    email = str(profile.get("email") or "") if is_ours and is_person and is_proven else ""
    return Presser(name, email)


def presses_of(told: Record) -> list[Item]:
    """The buttons of an interaction; raises InvalidInput where it is none."""
    if told.get("type") != "block_actions":
        return [Ignored(f"{str(told.get('type', ''))[:60]} belongs to nothing of ours")]
    try:
        place = _place_of(told)
        return [_press(told, each, place) for each in told["actions"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput("This is not an interaction of Slack.") from error


def _place_of(told: Record) -> tuple[str, str]:
    """The room, and the post in it."""
    container = told.get("container") or {}
    room = str((told.get("channel") or {}).get("id") or container.get("channel_id") or "")
    ts = str((told.get("message") or {}).get("ts") or container.get("message_ts") or "")
    return room, f"{room}:{ts}" if room and ts else ""


def _press(told: Record, action: Record, place: tuple[str, str]) -> Item:
    action_id = str(action["action_id"])
    if action_id.startswith(LINK):
        return Ignored("A link was opened")
    person, room = str(told["user"]["id"]), place[0]
    return Pressed(
        key=f"{room}:{action['action_ts']}:{person}:{action_id}",
        action_id=action_id,
        value=str(action.get("value") or ""),
        person=person,
        place=room,
        external_id=place[1],
    )


def _has_outsiders(room: Record) -> bool:
    is_outside = room.get("is_ext_shared") or room.get("is_pending_ext_shared")
    return bool(is_outside or (room.get("is_shared") and not room.get("is_org_shared")))


def _button(button: Button, index: int) -> Record:
    told: Record = {"type": "button", "text": _plain(button.label, MAX_LABEL)}
    if button.url:
        return {**told, "action_id": f"{LINK}{index}", "url": button.url}
    told |= {"action_id": button.action_id, "value": button.value}
    if button.style:
        told["style"] = button.style
    if button.confirm:
        told["confirm"] = {
            "title": _plain(button.label, 100), "text": _plain(button.confirm, MAX_CONFIRM),
            "confirm": _plain(button.label, 30), "deny": _plain("Cancel", 30),
        }  # fmt: skip
    return told


def _plain(text: str, limit: int) -> Record:
    shown = text if len(text) <= limit else f"{text[: limit - 1]}…"
    return {"type": "plain_text", "text": shown, "emoji": False}
