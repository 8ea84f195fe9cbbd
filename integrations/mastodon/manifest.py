"""What the Mastodon connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="mastodon",
    label="Mastodon",
    capabilities=frozenset({"receives", "sends", "polls", "public", "files"}),
    config=(
        ConfigField("instance", "Server", type="url", help="https://mastodon.social"),
        ConfigField("token", "Access token", is_secret=True),
        ConfigField(
            "hashtags", "Hashtags to listen to", type="list", is_required=False,
            help="Without #: public posts that carry one become tickets of kind mention",
        ),
    ),
    max_text_chars=450,
    max_attachment_bytes=16 * 1024 * 1024,
    max_files=4,
    docs_url="https://docs.joinmastodon.org/client/intro/",
    handle_kind=HandleKind.MASTODON,
    icon="mastodon",
    group="social",
    summary="Posts that mention you, direct ones too, and hashtags you listen to.",
    steps=(
        Step("Sign in on your Mastodon server and open Preferences › Development"),
        Step("Make a new application; the redirect address may stay as it is"),
        Step(
            "Choose these scopes",
            "read:accounts read:notifications read:statuses profile write:media write:statuses",
        ),
        Step("Open the application, copy “Your access token” and paste it here"),
    ),
    poll_seconds=30,
    pace_per_second=1,
)  # fmt: skip
