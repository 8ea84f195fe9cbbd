"""Trying the token, subscribing the app, and seeing to it that both hold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, PermanentFailure
from inbox.connector import Account, Renewed
from integrations.meta.client import (
    app_graph,
    graph_of,
    refresh_instagram_token,
    sender_node,
    uses_instagram_login,
)
from integrations.meta.webhooks import moment
from tickets.models import Channel

TOKEN_WARNING = timedelta(days=7)
RENEW_EVERY = timedelta(days=20)
TRY_AGAIN = timedelta(days=1)
NEVER = timedelta(days=365)
PAGE_FIELDS = (
    "messages", "messaging_postbacks", "message_deliveries", "message_reads", "message_edits",
    "feed", "mention", "ratings",
)  # fmt: skip
INSTAGRAM_FIELDS = (
    "messages", "messaging_postbacks", "messaging_seen", "message_edit", "comments",
    "live_comments", "mentions",
)  # fmt: skip
_PAGE_FIELDS_OF_INSTAGRAM = ("messages",)


def connect(channel: Channel) -> Account:
    """Who the token belongs to, and the app subscribed to what happens there."""
    graph = graph_of(channel)
    found = graph.get(channel.address, fields="id,name,username")
    if channel.kind == "instagram" and not uses_instagram_login(channel):
        _check_page(channel)
    graph.post(
        f"{_subscriber(channel)}/subscribed_apps", {"subscribed_fields": [*_fields(channel)]}
    )
    name, username = str(found.get("name") or ""), str(found.get("username") or "")
    label = f"{name} (@{username})" if name and username else name or f"@{username}"
    return Account(
        label=label, address=channel.address, config={"username": username} if username else {}
    )


def _check_page(channel: Channel) -> None:
    """The account must belong to the page whose token we have."""
    page_id = str(channel.config.get("page_id") or "")
    if not page_id:
        raise InvalidInput.field("page_id", "Fill in the page that the account belongs to.")
    found = graph_of(channel).get(page_id, fields="id,name,instagram_business_account")
    linked = found.get("instagram_business_account")
    if not isinstance(linked, dict) or str(linked.get("id")) != channel.address:
        raise InvalidInput.field(
            "page_id", "This page is not linked to that Instagram account. Link them at Meta."
        )


def renew(channel: Channel) -> Renewed:
    """An Instagram login lasts 60 days and is renewed long before; a page's token is a person's.

    Instagram renews no token that is younger than a day: then it is tried again tomorrow.
    """
    if not uses_instagram_login(channel):
        return Renewed({}, now() + NEVER)
    try:
        token, seconds = refresh_instagram_token(channel)
    except PermanentFailure:
        return Renewed({}, now() + TRY_AGAIN)
    if not token:
        return Renewed({}, now() + TRY_AGAIN)
    ends = now() + min(RENEW_EVERY, timedelta(seconds=seconds) if seconds else RENEW_EVERY)
    return Renewed({"access_token": token}, ends)


def disconnect(channel: Channel) -> None:
    """Take the subscription back, where no other channel of ours lives on it."""
    if channel.kind == "facebook" or uses_instagram_login(channel):
        graph_of(channel).delete(f"{channel.address}/subscribed_apps")


def check(channel: Channel) -> list[str]:
    """What is wrong at Meta now: the subscription, the token."""
    graph = graph_of(channel)
    apps = graph.get(f"{_subscriber(channel)}/subscribed_apps").get("data") or []
    problems = _missing_fields(channel, [each for each in apps if isinstance(each, dict)])
    app = app_graph(channel)
    if app is not None:
        problems += _token_problems(app.get("debug_token", input_token=graph.token).get("data"))
    return problems


def _missing_fields(channel: Channel, apps: list[dict[str, Any]]) -> list[str]:
    app_id = str(channel.config.get("app_id") or "")
    named = [each for each in apps if str(each.get("id") or app_id) == app_id] if app_id else apps
    if not named:
        return ["Meta no longer sends us what happens there. Press Connect to subscribe again."]
    have = {str(field) for each in named for field in each.get("subscribed_fields") or []}
    missing = [each for each in _fields(channel) if each not in have]
    if not missing:
        return []
    return [f"Meta does not send us: {', '.join(missing)}. Press Connect to subscribe again."]


def _token_problems(told: Any) -> list[str]:
    if not isinstance(told, dict):
        return []
    if told.get("is_valid") is False:
        return ["The access token is not valid any more. Generate a new one and fill it in."]
    ends = [moment(told.get(name)) for name in ("expires_at", "data_access_expires_at")]
    first: datetime | None = min((each for each in ends if each is not None), default=None)
    if first is None or first - now() > TOKEN_WARNING:
        return []
    day = f"{first:%Y-%m-%d}"
    return [f"The access token ends on {day}. Generate a new one and fill it in before."]


def _subscriber(channel: Channel) -> str:
    if channel.kind == "instagram" and not uses_instagram_login(channel):
        node = sender_node(channel)
        if node == "me":
            raise PermanentFailure("The page of this account is not filled in.")
        return node
    return channel.address


def _fields(channel: Channel) -> tuple[str, ...]:
    """By page, the app's own settings name Instagram's fields; the page only has to be there."""
    if channel.kind == "facebook":
        return PAGE_FIELDS
    return INSTAGRAM_FIELDS if uses_instagram_login(channel) else _PAGE_FIELDS_OF_INSTAGRAM
