"""What the e-mail connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest

MANIFEST = Manifest(
    kind="email",
    label="E-mail",
    capabilities=frozenset({"receives", "sends"}),
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
    ),
    max_attachment_bytes=25 * 1024 * 1024,
    icon="mail",
    group="mail",
    summary="A mailbox that you have: read by IMAP, answered by SMTP.",
)
