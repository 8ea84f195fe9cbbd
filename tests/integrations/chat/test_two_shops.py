"""Two shops on one installation: each site has its own key, look, words and people."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from integrations.chat.sites import add_site, secrets_of
from tests.integrations.chat.conftest import SITE, Shopper
from tickets.models import Channel, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
OUTLET = "ste_outlet000000000"


@pytest.fixture
def outlet(organization: Organization) -> Channel:
    """A second shop of the same organization."""
    return add_site(
        organization, name="Loom Outlet", site_id=OUTLET, domains=["outlet.example"],
        accent="#b3261e", theme="dark", radius=4, side="left", languages=["de", "en"],
        greetings={"de": "Moin! Schnäppchen gesucht?"}, actions=[{"kind": "return"}],
    )  # fmt: skip


def page(site: str) -> Any:
    """The frame's page as a browser gets it."""
    return Client().get(f"/widget/frame/{site}")


def test_each_site_boots_with_its_own_look_and_greeting(chat: Channel, outlet: Channel):
    first, second = (Shopper(each).ask("GET", "boot").json() for each in (SITE, OUTLET))
    assert (first["site"], first["name"], first["greeting"]) == (SITE, "Linden & Loom", "")
    assert (second["site"], second["name"]) == (OUTLET, "Loom Outlet")
    assert (second["greeting"], second["locale"]) == ("Moin! Schnäppchen gesucht?", "de")
    assert (second["accent"], second["side"], second["radius"]) == ("#b3261e", "left", 4)
    assert first["accent"] != second["accent"]
    assert [each["kind"] for each in second["actions"]] == ["return"]

    frames = page(SITE), page(OUTLET)
    for answer, own, other in zip(
        frames, ("shop.example", "outlet.example"), ("outlet.example", "shop.example"), strict=True
    ):
        policy = answer.headers["Content-Security-Policy"]
        assert f"frame-ancestors {own}" in policy
        assert f"frame-ancestors {other}" not in policy
    assert 'lang="de" dir="ltr" data-theme="dark"' in frames[1].content.decode()
    loaders = [Client().get(f"/w/{each}.js").content.decode() for each in (SITE, OUTLET)]
    assert (OUTLET in loaders[1], OUTLET in loaders[0]) == (True, False)
    assert secrets_of(chat) != secrets_of(outlet)


def test_a_shopper_of_one_shop_is_nobody_in_the_other(chat: Channel, outlet: Channel):
    here, there = Shopper(SITE), Shopper(OUTLET)
    here.begin(locale="en")
    there.begin(locale="de")
    conversation_id = here.say("Hello Linden").json()["conversation_id"]
    there.say("Hallo Outlet")

    found = {each.channel_id: each for each in Ticket.objects.all()}
    assert set(found) == {chat.pk, outlet.pk}
    assert found[chat.pk].customer_id != found[outlet.pk].customer_id

    there.token = here.token
    assert there.ask("GET", "conversations").status_code == 401
    there.begin(locale="de")
    assert there.ask("GET", f"conversations/{conversation_id}/messages").status_code == 404


def test_who_one_shop_signed_is_not_signed_for_the_other(chat: Channel, outlet: Channel, sign: Any):
    token = sign(sub="42", email="mia@posteo.example")
    assert Shopper(SITE).begin(token=token).status_code == 200
    refused = Shopper(OUTLET).begin(token=token)
    assert (refused.status_code, refused.json()["code"]) == (401, "identity_invalid")
