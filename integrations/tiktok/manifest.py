"""What the TikTok connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

MANIFEST = Manifest(
    kind="tiktok",
    label="TikTok (ad comments)",
    capabilities=frozenset({"receives", "sends", "polls", "public", "moderates"}),
    config=(
        ConfigField("address", "Advertiser ID", help="TikTok Ads Manager, at the top."),
        ConfigField(
            "access_token", "Access token", is_secret=True,
            help="Of your app in TikTok for Business, with the permission Ad Comments.",
        ),
        ConfigField(
            "ad_groups", "Ad group IDs", type="list",
            help="The comments of these ad groups come in. TikTok lists them by ad group alone.",
        ),
        ConfigField(
            "identity_type", "Who answers: kind of identity", type="choice",
            choices=("TT_USER", "BC_AUTH_TT", "AUTH_CODE", "CUSTOMIZED_USER"), default="TT_USER",
        ),
        ConfigField("identity_id", "Who answers: identity ID"),
    ),
    max_text_chars=150,
    max_files=0,
    docs_url="https://business-api.tiktok.com/portal/docs?id=1738086301876225",
    handle_kind="tiktok",
    icon="tiktok",
    group="social",
    summary="Comments under your ads. TikTok offers no public API for other comments or messages.",
    steps=(
        Step(
            "Create an app in TikTok for Business and ask for the permission Ad Comments.",
            link="https://business-api.tiktok.com/portal/",
        ),
        Step("Let your advertiser account authorize it, and copy the access token here."),
    ),
    poll_seconds=300,
    pace_per_second=2.0,
)  # fmt: skip
