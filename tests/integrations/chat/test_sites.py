"""Setting up a site: what is refused, what the widget is told, and hours."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from integrations.chat.contrast import contrast, readable_on, text_on
from integrations.chat.hours import Hours
from integrations.chat.sites import (
    SiteConfig,
    frame_ancestors,
    is_allowed_page,
    launcher_values,
    secrets_of,
)
from tests.integrations.chat.conftest import SITE, Shopper
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)
WEEK = {
    "time_zone": "Europe/Lisbon",
    "days": {"mon": [["09:00", "17:30"]], "tue": [["09:00", "12:00"]]},
}


@pytest.mark.parametrize(
    "colour", ["#1f6f5c", "#ffffff", "#000000", "#ffcc00", "#777777", "#e11d48"]
)
def test_text_on_every_accent_can_be_read(colour: str):
    assert contrast(text_on(colour), colour) >= 4.5
    assert contrast(readable_on(colour, "#ffffff"), "#ffffff") >= 4.5
    assert contrast(readable_on(colour, "#1b1d22"), "#1b1d22") >= 4.5


def test_hours_follow_the_shops_own_clock_and_its_holidays():
    hours = Hours.of({**WEEK, "holidays": ["2026-11-24"]})
    assert hours is not None
    monday = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)

    assert hours.is_open(monday)
    assert not hours.is_open(monday.replace(hour=17, minute=30))
    assert hours.opens_at(monday) is None
    # Tuesday is a holiday: the next Monday it is.
    assert hours.opens_at(monday.replace(hour=20)) == datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def test_hours_across_the_change_of_clocks_open_at_the_local_time():
    hours = Hours.of({"time_zone": "Europe/Berlin", "days": {"mon": [["09:00", "17:00"]]}})
    assert hours is not None
    before, after = (
        datetime(2026, 10, 19, 7, 0, tzinfo=UTC),
        datetime(2026, 10, 26, 8, 0, tzinfo=UTC),
    )

    assert hours.is_open(before)
    assert hours.is_open(after)
    assert not hours.is_open(after.replace(hour=7))


def test_an_admin_changes_the_site_and_each_wrong_value_is_named(
    chat: Channel, ada: User, api_as: Callable[..., Any]
):
    client = api_as(ada)
    url = f"/api/v1/chat-sites/{chat.pk}"

    good = client.patch(url, {"accent": "#FFCC00", "hours": WEEK, "languages": ["de", "en"],
                              "domains": ["*.shop.example", "http://localhost:5173"]})  # fmt: skip
    assert good.status_code == 200, good.content
    told = good.json()
    assert (told["accent"], told["on_accent"]) == ("#ffcc00", "#000000")
    assert told["contrast"]["text"] >= 4.5
    assert told["contrast"]["light"] < 3
    assert told["site_id"] == SITE
    wrong = {
        "accent": "red", "theme": "pink", "radius": 21, "side": "top", "languages": ["xx"],
        "domains": ["not a domain"], "hours": {"days": {"mon": [["17:00", "09:00"]]}},
        "privacy_url": "javascript:alert(1)", "fall_back_minutes": 0, "asks_email": "always",
        "actions": [{"kind": "link"}], "proactive": [{"id": "a", "text": "x" * 200}],
        "email_channel_id": "00000000-0000-7000-8000-000000000000", "colour": "#fff",
    }  # fmt: skip
    for name, value in wrong.items():
        answer = client.patch(url, {name: value})
        assert answer.status_code == 422, (name, answer.content)
        assert answer.json()["errors"][0]["path"].split(".")[0] == name
    chat.refresh_from_db()
    assert chat.config["accent"] == "#ffcc00"
    assert "colour" not in chat.config


def test_boot_tells_what_the_frame_needs_and_nothing_else(chat: Channel, bo: User):
    answer = Shopper().ask("GET", "boot?locale=de-AT")
    told = answer.json()

    assert answer.status_code == 200
    assert set(told) == {
        "site", "name", "greeting", "accent", "on_accent", "accent_text", "theme", "radius", "side",
        "logo_url", "languages", "locale", "is_open", "opens_at", "reply_minutes", "team",
        "actions", "privacy_url", "limits", "asks_email", "hosts", "answers",
    }  # fmt: skip
    assert told["team"] == [{"name": "Bo", "avatar_url": None}]
    assert told["reply_minutes"] is None
    assert "Larsen" not in answer.content.decode()
    assert secrets_of(chat)[0] not in answer.content.decode()
    assert "Set-Cookie" not in answer.headers


def test_the_loaders_configuration_stays_below_a_kilobyte(chat: Channel):
    told = launcher_values(chat, SiteConfig.of(chat))
    assert len(json.dumps(told)) < 1024


def test_only_named_domains_may_embed_the_frame(chat: Channel):
    config = SiteConfig.of(chat)
    assert frame_ancestors(config) == "shop.example"
    assert is_allowed_page(config, "https://shop.example")
    assert not is_allowed_page(config, "https://evil.example")
    assert not is_allowed_page(config, "https://shop.example.evil.example")
    assert is_allowed_page(SiteConfig(), "https://anything.example")


def test_a_rotated_secret_is_shown_once_and_the_old_one_holds_on_until_it_is_dropped(
    chat: Channel, ada: User, api_as: Callable[..., Any]
):
    before = secrets_of(chat)[0]
    url = f"/api/v1/chat-sites/{chat.pk}/secret"

    fresh = api_as(ada).post(url, {}).json()["secret"]
    assert secrets_of(Channel.objects.get(pk=chat.pk)) == [fresh, before]
    last = api_as(ada).post(url, {"keeps_old": False}).json()["secret"]
    assert secrets_of(Channel.objects.get(pk=chat.pk)) == [last]
    shown = api_as(ada).get(f"/api/v1/chat-sites/{chat.pk}").content.decode()
    assert last not in shown
    assert last not in Channel.objects.get(pk=chat.pk).secrets


def test_another_shop_sees_nothing_of_it(
    chat: Channel, dee: User, organization: Organization, api_as: Callable[..., Any]
):
    assert api_as(dee).get(f"/api/v1/chat-sites/{chat.pk}").status_code == 404
    assert api_as(dee).get("/api/v1/chat-sites").json()["results"] == []
