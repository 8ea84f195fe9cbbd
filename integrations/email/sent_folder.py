"""Was it really sent? Many providers keep what they accepted in the Sent folder: look there.

Used to resolve deliveries whose outcome is unknown. A mail that is found was sent; one that is
not found proves nothing, because not every provider keeps a copy.
"""

from __future__ import annotations

from helpdesk.lib.errors import ConnectorFailure
from integrations.email.channels import imap_server_of
from integrations.email.imap import open_mailbox
from tickets.models import Channel


def is_in_sent_folder(channel: Channel, external_id: str) -> bool:
    """Whether the mailbox's Sent folder holds this Message-ID; False where nobody can tell."""
    server = imap_server_of(channel)
    if server is None or not external_id:
        return False
    try:
        with open_mailbox(server) as mailbox:
            folder = mailbox.client.find_special_folder(b"\\Sent")
            if not folder:
                return False
            mailbox.client.select_folder(folder, readonly=True)
            return bool(mailbox.client.search(["HEADER", "Message-ID", f"<{external_id}>"]))
    except ConnectorFailure:
        return False
