"""What the Facebook and Instagram connectors are, can do and need to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

APPS = "https://developers.facebook.com/apps/"
_CAPABILITIES = frozenset(
    {"receives", "sends", "reports_status", "webhooks", "polls", "public", "files", "moderates"}
)
_APP_ID = ConfigField(
    "app_id", "App ID", help="The number at the top of your app's dashboard at Meta."
)
_APP_SECRET = ConfigField(
    "app_secret", "App secret", is_secret=True,
    help="App settings → Basic → App secret. It proves that a call is Meta's.",
)  # fmt: skip
_HUMAN_AGENT = ConfigField(
    "human_agent", "Meta has granted the Human Agent permission", type="flag", is_required=False,
    default=False, help="People may then answer for 7 days instead of 24 hours.",
)  # fmt: skip
_CREATE = Step(
    "Create an app of type Business at Meta, or open the one you have. One app can serve "
    "several pages and accounts: connect each of them here with the same app.",
    link=APPS,
)

FACEBOOK = Manifest(
    kind="facebook",
    label="Facebook and Messenger",
    capabilities=_CAPABILITIES,
    config=(
        ConfigField("address", "Page ID", help="Your page → About → Page transparency."),
        ConfigField(
            "access_token", "Page access token", is_secret=True,
            help="A long-lived token of the page with pages_messaging, pages_manage_metadata, "
            "pages_read_engagement, pages_read_user_content and pages_manage_engagement.",
        ),
        _APP_ID,
        _APP_SECRET,
        _HUMAN_AGENT,
    ),
    max_text_chars=2000,
    max_attachment_bytes=25 * 1024 * 1024,
    max_files=10,
    reply_window_hours=24,
    docs_url="https://developers.facebook.com/docs/messenger-platform",
    handle_kind="facebook",
    icon="facebook",
    group="social",
    summary="Messenger, comments on your page's posts, mentions and recommendations.",
    steps=(
        _CREATE,
        Step("Add the product Messenger, and under Webhooks choose the object Page."),
        Step("Paste this as the callback URL.", copy="{hook_url}"),
        Step("Paste this as the verify token, then press Verify and save.", copy="{verify_token}"),
        Step(
            "Subscribe the object Page to: messages, messaging_postbacks, message_deliveries, "
            "message_reads, message_edits, feed, mention, ratings."
        ),
        Step("Generate an access token for your page and fill in the fields here."),
    ),
    poll_seconds=300,
    pace_per_second=20.0,
)  # fmt: skip

INSTAGRAM = Manifest(
    kind="instagram",
    label="Instagram",
    capabilities=_CAPABILITIES,
    config=(
        ConfigField("address", "Instagram account ID", help="The id of the professional account."),
        ConfigField(
            "login", "How the account is connected", type="choice", choices=("page", "instagram"),
            default="page",
            help="page: by the Facebook page it belongs to. instagram: by Instagram login.",
        ),
        ConfigField(
            "page_id", "Page ID", is_required=False,
            help="The Facebook page that the account belongs to; not with Instagram login.",
        ),
        ConfigField(
            "access_token", "Access token", is_secret=True,
            help="Of the page, with instagram_manage_messages and instagram_manage_comments; with "
            "Instagram login the account's own, with instagram_business_manage_messages and "
            "instagram_business_manage_comments.",
        ),
        _APP_ID,
        _APP_SECRET,
        _HUMAN_AGENT,
    ),
    max_text_chars=1000,
    max_attachment_bytes=25 * 1024 * 1024,
    max_files=10,
    reply_window_hours=24,
    docs_url="https://developers.facebook.com/docs/instagram-platform",
    handle_kind="instagram",
    icon="instagram",
    group="social",
    summary="Direct messages, comments, mentions, and stories that are answered.",
    steps=(
        _CREATE,
        Step("Add the product Instagram, and under Webhooks choose the object Instagram."),
        Step("Paste this as the callback URL.", copy="{hook_url}"),
        Step("Paste this as the verify token, then press Verify and save.", copy="{verify_token}"),
        Step(
            "Subscribe to: messages, messaging_postbacks, messaging_seen, message_edit, comments, "
            "live_comments, mentions."
        ),
        Step(
            "In the Instagram app: Settings → Messages → Connected tools → Allow access to "
            "messages. Without it Instagram sends us none."
        ),
        Step("Generate an access token and fill in the fields here."),
    ),
    poll_seconds=300,
    pace_per_second=10.0,
)  # fmt: skip
