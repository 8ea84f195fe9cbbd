"""What a loyalty programme knows, beside the orders. Issue 5, point 4: a card, lazy and live."""

from __future__ import annotations

from dataclasses import replace

from playwright.sync_api import Page, expect

from integrations.commerce.actions import create_store
from integrations.commerce.profiles.keeping import keep_profile
from integrations.commerce.profiles.shape import ProfileData
from tests.e2e.shop import Shop

GOLD = ProfileData(
    points=1240, tier="Gold", next_tier="Platinum", points_to_next=260,
    referral_url="https://shop.example/r/mia",
)  # fmt: skip


def test_the_card_says_points_and_tier_and_follows_the_programme(shop: Shop, agent: Page) -> None:
    shopper = shop.shopper("Greta Gold")
    shop.arrive(shopper, "My points", "How many points do I have?")
    ticket = shop.ticket_of(shopper)
    # A kind that nobody can ask: only what is told here counts.
    programme = create_store(
        shop.store.organization, kind="told_by_test", slug="circle", name="Loom Circle"
    )
    keep_profile(programme, shopper.address, GOLD)

    agent.goto(f"/t/{ticket['number']}")
    card = agent.get_by_role("complementary", name="Customer").locator("details")
    expect(card).to_contain_text("Loom Circle")
    expect(card).to_contain_text("1,240 points")
    expect(card.get_by_text("260 to Platinum")).to_be_hidden()
    card.locator("summary").press("Enter")
    expect(card.get_by_text("260 to Platinum")).to_be_visible()
    expect(card.get_by_role("button", name="Copy link")).to_be_visible()

    keep_profile(programme, shopper.address, replace(GOLD, points=1600, tier="Platinum"))
    expect(card).to_contain_text("1,600 points")
    keep_profile(programme, shopper.address, None)
    expect(card).to_have_count(0)
