"""What the e-mail connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest

MANIFEST = Manifest(
    kind="email",
    label="E-mail",
    capabilities=frozenset({"receives", "sends"}),
    config=(
        ConfigField("imap", "Incoming mail", help="imaps://user@mail.example.com:993"),
        ConfigField("imap_password", "Password for incoming mail", is_secret=True),
        ConfigField("folder", "Folder", is_required=False, help="INBOX unless you sort first"),
        ConfigField("smtp", "Outgoing mail", help="smtps://user@mail.example.com:465"),
        ConfigField("smtp_password", "Password for outgoing mail", is_secret=True),
        ConfigField(
            "authserv_ids",
            "Names your mail server signs its checks with",
            type="list",
            is_required=False,
            help="The first word of Authentication-Results in a mail you received",
        ),
    ),
    max_attachment_bytes=25 * 1024 * 1024,
)
