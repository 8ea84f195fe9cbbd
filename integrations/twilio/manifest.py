"""What the Twilio connectors are, can do and need to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

CONSOLE = "https://console.twilio.com"
ACCOUNT = (
    ConfigField("account_sid", "Account SID", help="Begins with AC; on the first page of Twilio's console."),
    ConfigField("auth_token", "Auth Token", is_secret=True, help="Beside the Account SID. It also proves that calls are Twilio's."),
)  # fmt: skip
MAX_SMS_CHARS = 1600
MAX_MMS_BYTES = 5 * 1024 * 1024

SMS = Manifest(
    kind="sms",
    label="SMS",
    capabilities=frozenset(
        {"receives", "sends", "reports_status", "webhooks", "polls", "starts", "files"}
    ),
    config=(
        ConfigField("address", "Phone number", type="phone", help="Yours at Twilio, with country code: +15550123456."),
        *ACCOUNT,
        ConfigField("messaging_service_sid", "Messaging Service SID", is_required=False, help="Begins with MG. Only if you send through a Messaging Service (USA: required for A2P 10DLC)."),
        ConfigField("pace_per_second", "Messages a second", type="number", is_required=False, default=1, help="A long code may send 1, a toll-free number 3, a short code 100."),
        ConfigField("help_text", "Answer to HELP", is_required=False, help="Empty: Twilio's own answer. Say who you are and how to stop: “Linden & Loom. help@linden.example. Reply STOP to end.”"),
    ),
    max_text_chars=MAX_SMS_CHARS,
    max_attachment_bytes=MAX_MMS_BYTES,
    max_files=10,
    max_webhook_bytes=64 * 1024,
    poll_seconds=300,
    pace_per_second=1.0,
    docs_url="https://www.twilio.com/docs/messaging",
    handle_kind=HandleKind.PHONE,
    icon="sms",
    group="phone",
    summary="Text messages and pictures to a phone number that you have at Twilio.",
    steps=(
        Step("Buy or choose a phone number that can do SMS.", link=f"{CONSOLE}/us1/develop/phone-numbers/manage/incoming"),
        Step("Copy Account SID and Auth Token from the first page of the console.", link=CONSOLE),
        Step("When you connect, we tell Twilio to call this address for messages to your number. If you use a Messaging Service, paste it there under Integration › Send a webhook.", copy="{hook_url}"),
    ),
)  # fmt: skip

VOICE = Manifest(
    kind="voice",
    label="Voice",
    capabilities=frozenset({"receives", "webhooks", "polls", "files"}),
    config=(
        ConfigField("address", "Phone number", type="phone", help="Yours at Twilio, with country code: +15550123456."),
        *ACCOUNT,
        ConfigField("language", "Language of the voice", is_required=False, default="en-US", help="As Twilio names it: en-US, en-GB, de-DE, fr-FR, es-ES, pl-PL, cs-CZ, ru-RU, th-TH, cmn-CN."),
        ConfigField("greeting_open", "What callers hear when you are open", is_required=False),
        ConfigField("greeting_closed", "What callers hear when you are closed", is_required=False),
        ConfigField("forward_to", "Ring this phone first while you are open", type="phone", is_required=False, help="Nobody picks up: the caller can leave a message."),
        ConfigField("ring_seconds", "For how many seconds", type="number", is_required=False, default=20),
        ConfigField("time_zone", "Time zone of the hours", is_required=False, default="UTC", help="Europe/Berlin"),
        ConfigField("hours", "Open", type="list", is_required=False, help="One line a day or span: mon-fri 09:00-17:30. Empty: always open."),
        ConfigField("holidays", "Closed all day on", type="list", is_required=False, help="2026-12-25"),
        ConfigField("transcribes", "Write voicemails down (English; Twilio charges for it)", type="flag", is_required=False, default=False),
        ConfigField("max_message_seconds", "Longest voicemail in seconds", type="number", is_required=False, default=180),
    ),
    max_attachment_bytes=25 * 1024 * 1024,
    max_webhook_bytes=64 * 1024,
    poll_seconds=300,
    docs_url="https://www.twilio.com/docs/voice",
    handle_kind=HandleKind.PHONE,
    icon="phone",
    group="phone",
    summary="Calls and voicemails to a phone number that you have at Twilio become tickets.",
    steps=(
        Step("Buy or choose a phone number that can do voice.", link=f"{CONSOLE}/us1/develop/phone-numbers/manage/incoming"),
        Step("Copy Account SID and Auth Token from the first page of the console.", link=CONSOLE),
        Step("When you connect, we tell Twilio to call this address for calls to your number, and again when they end.", copy="{hook_url}"),
    ),
)  # fmt: skip
