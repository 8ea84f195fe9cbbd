"""What the X connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

MANIFEST = Manifest(
    kind="x",
    label="X",
    capabilities=frozenset(
        {"receives", "sends", "reports_status", "webhooks", "polls", "public", "files", "moderates"}
    ),
    config=(
        ConfigField("client_id", "Client ID", help="Your app → Keys and tokens → OAuth 2.0."),
        ConfigField(
            "client_secret", "Client secret", is_secret=True, is_required=False,
            help="Of the same place; apps of the type public client have none.",
        ),
        ConfigField(
            "access_token", "Access token of the account", is_secret=True,
            help="OAuth 2.0, with tweet.read, tweet.write, tweet.moderate.write, users.read, "
            "dm.read, dm.write, like.write, media.write and offline.access.",
        ),
        ConfigField(
            "refresh_token", "Refresh token of the account", is_secret=True, is_required=False,
            help="Comes with the access token. Without it the channel stops after two hours.",
        ),
        ConfigField(
            "consumer_secret", "API key secret", is_secret=True, is_required=False,
            help="Keys and tokens → Consumer keys. X signs its calls with it.",
        ),
        ConfigField(
            "bearer_token", "App bearer token", is_secret=True, is_required=False,
            help="With it X calls us the moment something happens (plans Enterprise and "
            "Pay-per-use). Without it we ask every two minutes.",
        ),
        ConfigField(
            "searches", "Searches to listen to", type="list", is_required=False,
            help='"Linden Loom" -is:retweet lang:en. What they find becomes a mention.',
        ),
        ConfigField(
            "long_posts", "The account may write long posts", type="flag", is_required=False,
            default=False, help="X Premium: 25,000 characters instead of 280.",
        ),
    ),
    max_text_chars=10_000,
    max_attachment_bytes=5 * 1024 * 1024,
    max_files=4,
    docs_url="https://docs.x.com/x-api",
    handle_kind="x",
    icon="x",
    group="social",
    summary="Posts that mention or answer you, direct messages, and searches you listen to.",
    steps=(
        Step(
            "Create a project and an app at X, of the type Web App with OAuth 2.0.",
            link="https://developer.x.com/en/portal/dashboard",
        ),
        Step("Enter this as the website of the app.", copy="{public_url}"),
        Step(
            "Sign in to the app with the account that answers, and copy its access token and "
            "refresh token, the client ID and the consumer secret into the fields here."
        ),
        Step(
            "The address that X calls is registered by us when you connect, if the app bearer "
            "token is filled in. It must be https without a port.", copy="{hook_url}",
        ),
    ),
    poll_seconds=120,
    pace_per_second=1.0,
)  # fmt: skip
