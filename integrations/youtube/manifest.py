"""What the YouTube connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

MANIFEST = Manifest(
    kind="youtube",
    label="YouTube",
    capabilities=frozenset({"receives", "sends", "polls", "public", "moderates"}),
    config=(
        ConfigField("client_id", "Client ID", help="Google Cloud → Credentials → OAuth client."),
        ConfigField("client_secret", "Client secret", is_secret=True),
        ConfigField(
            "refresh_token", "Refresh token of the account", is_secret=True,
            help="Given once when the channel's owner signs in to your OAuth client with the "
            "scope youtube.force-ssl and access_type=offline.",
        ),
    ),
    max_text_chars=10_000,
    max_files=0,
    docs_url="https://developers.google.com/youtube/v3/docs/comments",
    handle_kind="youtube",
    icon="youtube",
    group="social",
    summary="Comments under your videos, answered in public.",
    steps=(
        Step(
            "In Google Cloud, make a project, switch on the YouTube Data API v3 and make an OAuth "
            "client of the type Web application.",
            link="https://console.cloud.google.com/apis/credentials",
        ),
        Step(
            "Sign in to it as the owner of the channel and fill in the refresh token that you get."
        ),
    ),
    poll_seconds=300,
    pace_per_second=1.0,
)  # fmt: skip
