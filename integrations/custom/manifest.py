"""What the API channel is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="api",
    label="API",
    group="other",
    icon="api",
    summary="A system of your own writes in and is answered by signed JSON.",
    capabilities=frozenset(
        {"receives", "sends", "reports_status", "webhooks", "starts", "files", "html"}
    ),
    handle_kind=HandleKind.EXTERNAL,
    config=(
        ConfigField(
            "url", "Address that gets your answers", type="url", is_required=False,
            help="Aftercare posts each answer there. Empty: the channel only receives.",
        ),
        ConfigField(
            "signing_secret", "Signing secret", type="webhook_key", is_secret=True, is_made=True,
            help="Signs both ways by Standard Webhooks (webhook-id, webhook-timestamp, "
            "webhook-signature)",
        ),
    ),
    steps=(
        Step("Post messages as JSON to this address", "{hook_url}"),
        Step("Sign every call with this secret, by the Standard Webhooks scheme", "{signing_secret}"),
        Step(
            "The smallest message there is",
            '{"type": "message", "id": "1", "conversation": "c1", "text": "Hello", '
            '"from": {"id": "u1", "name": "Mia"}}',
        ),
        Step("Check the same signature on what Aftercare posts to you, and answer 2xx"),
    ),
    max_text_chars=100_000,
    max_attachment_bytes=10 * 1024 * 1024,
    max_files=20,
    max_webhook_bytes=16 * 1024 * 1024,
    docs_url="https://www.standardwebhooks.com",
)  # fmt: skip
