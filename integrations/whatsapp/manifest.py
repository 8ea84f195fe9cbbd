"""What the WhatsApp connector is, can do and needs to know: by Meta itself, or by Twilio."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

META, TWILIO = "meta", "twilio"
MAX_TEXT_CHARS = 4096
MAX_CAPTION_CHARS = 1024
WINDOW_HOURS = 24

MANIFEST = Manifest(
    kind="whatsapp",
    label="WhatsApp",
    capabilities=frozenset(
        {"receives", "sends", "reports_status", "webhooks", "polls", "starts", "files"}
    ),
    config=(
        ConfigField("provider", "Your number is at", type="choice", choices=(META, TWILIO), default=META),
        ConfigField("address", "Phone number ID (Meta) or phone number (Twilio)", help="Meta: the long number under WhatsApp › API setup, not the phone number. Twilio: +15550123456."),
        ConfigField("business_account_id", "WhatsApp Business Account ID", is_required=False, help="Meta only; beside the phone number ID."),
        ConfigField("access_token", "Access token", is_secret=True, is_required=False, help="Meta only: of a system user with whatsapp_business_messaging and whatsapp_business_management, without an end."),
        ConfigField("app_secret", "App secret", is_secret=True, is_required=False, help="Meta only: App settings › Basic. It proves that calls are Meta's."),
        ConfigField("account_sid", "Account SID", is_required=False, help="Twilio only: begins with AC."),
        ConfigField("auth_token", "Auth Token", is_secret=True, is_required=False, help="Twilio only."),
        ConfigField("messaging_service_sid", "Messaging Service SID", is_required=False, help="Twilio only: begins with MG."),
        ConfigField("content_templates", "Templates", type="list", is_required=False, help="Twilio only, one a line: HX… | language | name | the text with {{1}}. Meta's are fetched."),
    ),
    max_text_chars=MAX_TEXT_CHARS,
    max_attachment_bytes=16 * 1024 * 1024,
    max_files=1,
    max_webhook_bytes=3 * 1024 * 1024,
    reply_window_hours=WINDOW_HOURS,
    poll_seconds=600,
    pace_per_second=20.0,
    docs_url="https://developers.facebook.com/docs/whatsapp/cloud-api",
    handle_kind=HandleKind.PHONE,
    icon="whatsapp",
    group="phone",
    summary="WhatsApp messages to your business number, by Meta's Cloud API or by Twilio.",
    steps=(
        Step("Meta: open your app, WhatsApp › API setup; copy the phone number ID and the Business Account ID.", link="https://developers.facebook.com/apps"),
        Step("Meta: in WhatsApp › Configuration paste this callback address, and subscribe to the field messages. If you fill in the Business Account ID we do it for you.", copy="{hook_url}"),
        Step("Meta: paste this verify token beside it.", copy="{verify_token}"),
        Step("Twilio: in Messaging › Senders › WhatsApp senders paste this address under When a message comes in, and as status callback.", copy="{hook_url}", link="https://console.twilio.com"),
    ),
)  # fmt: skip
