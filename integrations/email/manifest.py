"""What the e-mail connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step

PROVIDERS = ("mailgun", "postmark", "sendgrid", "ses")

MANIFEST = Manifest(
    kind="email",
    label="E-mail",
    capabilities=frozenset({"receives", "sends", "webhooks"}),
    config=(
        ConfigField("address", "Address", help="help@shop.example: where customers write to"),
        ConfigField(
            "imap",
            "Incoming mail",
            is_required=False,
            help="imaps://user@mail.example.com:993",
        ),
        ConfigField(
            "imap_password", "Password for incoming mail", is_secret=True, is_required=False
        ),
        ConfigField(
            "folder",
            "Folder",
            is_required=False,
            default="INBOX",
            help="INBOX unless you sort first",
        ),
        ConfigField(
            "smtp",
            "Outgoing mail",
            is_required=False,
            help="smtps://user@mail.example.com:465",
        ),
        ConfigField(
            "smtp_password", "Password for outgoing mail", is_secret=True, is_required=False
        ),
        ConfigField(
            "authserv_ids",
            "Names your mail server signs its checks with",
            type="list",
            is_required=False,
            help="The first word of Authentication-Results in a mail you received",
        ),
        ConfigField(
            "provider",
            "Mail comes from a provider",
            type="choice",
            choices=("", *PROVIDERS),
            is_required=False,
            help="Instead of IMAP: the provider posts each mail to the address below",
        ),
        ConfigField(
            "provider_secret",
            "What the provider signs with",
            is_secret=True,
            is_required=False,
            help="Mailgun: the HTTP webhook signing key. Others: user:password, if the address has them",
        ),
    ),
    steps=(
        Step(
            "With a provider: give it this address for inbound mail, with the raw mail",
            "{hook_url}",
        ),
    ),
    max_webhook_bytes=42 * 1024 * 1024,
    max_attachment_bytes=25 * 1024 * 1024,
    icon="mail",
    group="mail",
    summary="A mailbox that you have: read by IMAP, answered by SMTP.",
)
