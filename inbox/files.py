"""Files that lay with a vendor when their message came: fetched afterwards, tried again, or told.

The message is on its ticket at once; a media server that is slow or down holds up nobody.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

import structlog

from helpdesk.lib import blobs
from helpdesk.lib.clock import now
from helpdesk.lib.errors import HelpdeskError, NeedsReauthorization, TemporaryFailure
from helpdesk.lib.images import without_metadata
from inbox import doorbell, tokens
from inbox.connector import FetchesFiles, get_connector
from tickets.actions.amend import fill_file, give_up_file
from tickets.models import Attachment, FileState

MAX_BYTES = 25 * 1024 * 1024
LEASE_SECONDS = 180
WAITS_SECONDS = (10, 60, 300, 1800, 7200)

log = structlog.get_logger()


def ring_due(limit: int = 200) -> int:
    """Ring a worker for each file whose time has come; returns how many."""
    due = Attachment.objects.filter(state=FileState.WAITING, due_at__lte=now())
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    for attachment_id in ids:
        doorbell.ring_file(attachment_id)
    return len(ids)


def fetch_file(attachment_id: uuid.UUID) -> bool:
    """Fetch one waiting file; returns whether it is here now. Safe to run twice."""
    claimed = Attachment.objects.filter(
        pk=attachment_id, state=FileState.WAITING, due_at__lte=now()
    ).update(due_at=now() + timedelta(seconds=LEASE_SECONDS))
    if not claimed:
        return False
    file = Attachment.objects.select_related("message", "message__channel").get(pk=attachment_id)
    channel = file.message.channel if file.message else None
    connector = get_connector(channel.kind) if channel else None
    if channel is None or not isinstance(connector, FetchesFiles):
        give_up_file(attachment_id, "This kind of channel cannot fetch files.")
        return False
    limit = connector.manifest.max_attachment_bytes or MAX_BYTES
    try:
        fetched = tokens.with_fresh(
            channel, lambda: connector.fetch_file(channel, file.source or {}, limit)
        )
    except (TemporaryFailure, NeedsReauthorization) as failure:
        _plan_again(file, failure.message)
        return False
    except HelpdeskError as failure:
        give_up_file(attachment_id, failure.message)
        return False
    except Exception as error:
        log.exception("file.fetching_failed", attachment_id=str(attachment_id))
        _plan_again(file, f"{type(error).__name__} while fetching.")
        return False
    content = without_metadata(fetched.content)
    fill_file(
        attachment_id, sha256=blobs.write(content), size_bytes=len(content),
        content_type=fetched.content_type, name=fetched.name,
    )  # fmt: skip
    return True


def _plan_again(file: Attachment, reason: str) -> None:
    if file.attempts >= len(WAITS_SECONDS):
        give_up_file(file.pk, reason)
        return
    Attachment.objects.filter(pk=file.pk, state=FileState.WAITING).update(
        attempts=file.attempts + 1, detail=reason[:200],
        due_at=now() + timedelta(seconds=WAITS_SECONDS[file.attempts]),
    )  # fmt: skip
