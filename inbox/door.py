"""The way in: one stored arrival becomes a message on a ticket, exactly once.

claim → parse (connector) → judge (filters) → who (identity) → where (matching) → one transaction
that writes the message, its events and the arrival's fate together. A worker that dies anywhere
leaves the arrival as it was; the next one begins again. What cannot be parsed or filed is
quarantined with the reason; the raw bytes stay and :func:`retry` runs it again. Where a vendor had
to be asked and did not answer, it is tried again by itself, and holds up nothing behind it.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import takewhile
from typing import Any

import structlog
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.db.models import F
from psycopg import errors as postgres

from helpdesk.accounts.actions import stop_notification_mail
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib import blobs
from helpdesk.lib.clock import now
from helpdesk.lib.courtesy import let_requests_go_first
from helpdesk.lib.errors import (
    Conflict,
    InvalidInput,
    NeedsReauthorization,
    NotFound,
    TemporaryFailure,
)
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.workers import dead_workers, worker_number
from inbox import doorbell
from inbox.answers import FLAG, Asked, find_asked
from inbox.connector import get_connector
from inbox.filters import Arrival, Finding, judge
from inbox.identity import customer_of, read_senders
from inbox.inbound import InboundAttachment, InboundMessage
from inbox.matching import Match, find_match, find_reported
from inbox.models import Fate, RawInbound, RawState
from inbox.raw import LEASE_SECONDS
from inbox.reply_tokens import find_notice_id
from inbox.threads import note_arrival
from tickets.actions.customers import note_bounce, note_opt_out
from tickets.actions.delivery import set_delivery_state
from tickets.actions.receive import (
    IncomingMessage,
    StoredFile,
    receive_on_new_ticket,
    receive_on_ticket,
)
from tickets.models import Channel, Customer, DeliveryState, Message, MessageKind, Status

MAX_CLAIMS = 5
MAX_IN_A_ROW = 2000
RUN = 20
MAX_FILINGS = 4
RETRY_SECONDS = 30
ASK_AGAIN_SECONDS = (30, 120, 600, 3600, 6 * 3600, 24 * 3600)

Channels = dict[uuid.UUID, Channel]
log = structlog.get_logger()


@dataclass(frozen=True)
class _Parsed:
    """An arrival on its way into a ticket."""

    raw: RawInbound
    arrival: Arrival
    finding: Finding
    files: list[StoredFile]


class _ClaimLost(Exception):
    """Another worker took the arrival over; it is theirs now."""


def process(raw_id: uuid.UUID) -> RawInbound:
    """Turn a stored arrival into a message, after all that came before it on its channel.

    A second run, or one beside it, changes nothing: where another worker holds the channel's
    first arrival, that worker goes on with the rest. Raises NotFound if there is no such arrival,
    OSError and database errors when nothing could be written (it then stays due).
    """
    arrival = get_arrival(raw_id)
    if arrival.state == RawState.RECEIVED:
        process_channel(arrival.channel_id)
        arrival = get_arrival(raw_id)
    return arrival


def process_channel(channel_id: uuid.UUID, *, limit: int = MAX_IN_A_ROW) -> int:
    """Process what waits on a channel in the order it came; returns how many were processed.

    In order, because an answer may wait behind the mail it answers.
    """
    channels: Channels = {}
    count = 0
    while count < limit:
        let_requests_go_first()
        run = _claim_run(channel_id, min(RUN, limit - count))
        if not run:
            break
        _process_run(run, channels)
        count += len(run)
    return count


def process_claimed(raw: RawInbound, *, channels: Channels | None = None) -> RawInbound:
    """The same for an arrival that this worker holds already (``raw.store(is_claimed=True)``)."""
    parsed = _parse(raw, channels)
    return raw if parsed is None else _file_claimed(parsed)


def _process_run(run: list[RawInbound], channels: Channels) -> None:
    """File several arrivals in one transaction; if any of them objects, each gets its own."""
    try:
        parsed = [each for each in (_parse(raw, channels) for raw in run) if each is not None]
        if len(parsed) < 2 or not _file_together(parsed):
            for each in parsed:
                _file_claimed(each)
    except (OSError, OperationalError, InterfaceError):
        for raw in run:
            _release(raw)
        raise


def _parse(raw: RawInbound, channels: Channels | None) -> _Parsed | None:
    """The arrival read, judged and its files stored; None if it went into quarantine."""
    failpoint("door.claimed")
    if raw.attempts > MAX_CLAIMS:
        _quarantine(raw, f"Processing stopped unfinished {MAX_CLAIMS} times.")
        return None
    channel = _channel_of(raw, channels)
    try:
        message = get_connector(channel.kind).parse(channel, bytes(raw.raw), raw.envelope)
    except InvalidInput as problem:
        _quarantine(raw, problem.message)
        return None
    except (TemporaryFailure, NeedsReauthorization) as failure:
        _put_off(raw, failure)
        return None
    except (OSError, OperationalError, InterfaceError):
        _release(raw)
        raise
    except Exception as error:
        log.exception("inbox.reading_failed", raw_id=str(raw.pk))
        _quarantine(raw, f"Could not be read: {type(error).__name__}. The log says more.")
        return None
    failpoint("door.parsed")
    return _prepared(raw, Arrival(channel, message))


def _file_claimed(parsed: _Parsed) -> RawInbound:
    raw = parsed.raw
    try:
        return _file(parsed)
    except _ClaimLost:
        return get_arrival(raw.pk)
    except (OSError, OperationalError, InterfaceError):
        _release(raw)
        raise
    except Exception as error:
        log.exception("inbox.filing_failed", raw_id=str(raw.pk))
        return _quarantine(raw, f"Could not be filed: {type(error).__name__}. The log says more.")


def process_due(limit: int = 200) -> int:
    """Process what nobody holds, channel by channel; returns how many were processed.

    A channel whose arrivals cannot be written just now does not stop the others.
    """
    done = 0
    waiting = RawInbound.objects.filter(state=RawState.RECEIVED)
    for channel_id in waiting.values_list("channel_id", flat=True).distinct():
        try:
            done += process_channel(channel_id, limit=max(1, limit - done))
        except OSError:
            log.exception("inbox.cannot_write", channel_id=str(channel_id))
    return done


def retry(raw_id: uuid.UUID) -> RawInbound:
    """Run a quarantined arrival through the door again; raises Conflict if it is not quarantined."""
    _requeue(raw_id)
    return process(raw_id)


def retry_later(raw_id: uuid.UUID) -> None:
    """The same in the background; raises Conflict if it is not quarantined."""
    _requeue(raw_id)
    doorbell.ring_raw(raw_id)


def retry_due() -> int:
    """Try again what waits for a vendor's answer; returns how many."""
    due = RawInbound.objects.filter(state=RawState.QUARANTINED, retry_at__lte=now())
    retries = dict(due.values_list("pk", "retries")[:200])
    for raw_id, count in retries.items():
        with suppress(Conflict):
            _requeue(raw_id, retries=count)
            doorbell.ring_raw(raw_id)
    return len(retries)


def _requeue(raw_id: uuid.UUID, *, retries: int = 0) -> None:
    changed = RawInbound.objects.filter(pk=raw_id, state=RawState.QUARANTINED).update(
        state=RawState.RECEIVED, reason="", attempts=0, lease_until=None, processed_at=None,
        retry_at=None, retries=retries,
    )  # fmt: skip
    if not changed:
        raise Conflict("This mail is not in quarantine.", code="not_quarantined")


def get_arrival(raw_id: uuid.UUID) -> RawInbound:
    """The arrival without its bytes; raises NotFound."""
    raw = RawInbound.objects.defer("raw").filter(pk=raw_id).first()
    if raw is None:
        raise NotFound("This mail is not stored here.")
    return raw


# --- Claiming -----------------------------------------------------------------------------------

_CLAIM = """
UPDATE inbox_rawinbound SET attempts = attempts + 1, worker = %s, lease_until = %s
WHERE id = (
    SELECT id FROM inbox_rawinbound WHERE channel_id = %s AND state = 'received'
    ORDER BY received_at, id LIMIT 1
  )
  AND state = 'received' AND (lease_until IS NULL OR lease_until <= %s OR worker = %s)
RETURNING *
"""


def _claim_next(channel_id: uuid.UUID) -> RawInbound | None:
    """The channel's first arrival, ours for LEASE_SECONDS; None if a living worker has it."""
    claimed = _take(channel_id, instead_of=None)
    if claimed is not None:
        return claimed
    holder = (
        RawInbound.objects.filter(channel_id=channel_id, state=RawState.RECEIVED)
        .order_by("received_at", "id")
        .values_list("worker", flat=True)
        .first()
    )
    if holder is None or not dead_workers({holder}):
        return None
    return _take(channel_id, instead_of=holder)


_CLAIM_REST = """
UPDATE inbox_rawinbound SET attempts = attempts + 1, worker = %s, lease_until = %s
WHERE id = ANY(%s) AND state = 'received' AND attempts = 0
RETURNING *
"""


def _claim_run(channel_id: uuid.UUID, size: int) -> list[RawInbound]:
    """The channel's first arrivals in order, ours for LEASE_SECONDS; empty if another has them.

    Only what nobody tried yet goes along with the first: an arrival that kills its worker kills
    its neighbours' first try, never a second one.
    """
    first = _claim_next(channel_id)
    if first is None:
        return []
    if first.attempts > 1 or size == 1:
        return [first]
    rest = RawInbound.objects.filter(channel_id=channel_id, state=RawState.RECEIVED)
    rows = rest.exclude(pk=first.pk).order_by("received_at", "id").values("pk", "attempts")
    fresh = takewhile(lambda row: row["attempts"] == 0, rows[: size - 1])
    wanted = [row["pk"] for row in fresh]
    if not wanted:
        return [first]
    lease_until = now() + timedelta(seconds=LEASE_SECONDS)
    taken = {
        each.pk: each
        for each in RawInbound.objects.raw(_CLAIM_REST, [first.worker, lease_until, wanted])
    }
    return [first, *(taken[pk] for pk in wanted if pk in taken)]


def _take(channel_id: uuid.UUID, *, instead_of: int | None) -> RawInbound | None:
    lease_until = now() + timedelta(seconds=LEASE_SECONDS)
    values = [worker_number(), lease_until, channel_id, now(), instead_of]
    return next(iter(RawInbound.objects.raw(_CLAIM, values)), None)


def _release(raw: RawInbound) -> None:
    """Nothing could be written: come back later, and do not count it against the arrival."""
    try:
        _held(raw).update(
            attempts=F("attempts") - 1, lease_until=now() + timedelta(seconds=RETRY_SECONDS),
            worker=None,
        )  # fmt: skip
    except (OperationalError, InterfaceError):
        log.warning("inbox.release_failed", raw_id=str(raw.pk))


def _held(raw: RawInbound):  # type: ignore[no-untyped-def]  # noqa: ANN202 (a query set)
    """The row as long as this claim is the newest one."""
    return RawInbound.objects.filter(
        pk=raw.pk, state=RawState.RECEIVED, attempts=raw.attempts, worker=raw.worker
    )


def _channel_of(raw: RawInbound, channels: Channels | None) -> Channel:
    channel = (channels or {}).get(raw.channel_id)
    if channel is None:
        channel = Channel.objects.select_related("organization").get(pk=raw.channel_id)
        if channels is not None:
            channels[channel.pk] = channel
    raw.channel = channel
    return channel


# --- Filing -------------------------------------------------------------------------------------


def _prepared(raw: RawInbound, arrival: Arrival) -> _Parsed:
    finding = judge(arrival)
    files = _store_files(arrival.message.attachments) if finding.becomes_message else []
    failpoint("door.files_stored")
    return _Parsed(raw, arrival, finding, files)


def _file(parsed: _Parsed) -> RawInbound:
    """Write the message and the fate together; two that meet in the database try again."""
    for attempt in range(1, MAX_FILINGS + 1):
        try:
            return _file_once(parsed)
        except IntegrityError as error:
            if _is_constraint(error, "content_taken_once"):
                return _as_duplicate(parsed)
            if attempt == MAX_FILINGS:
                raise
        except NotFound:
            if attempt == MAX_FILINGS:
                raise
        except OperationalError as error:
            if attempt == MAX_FILINGS or not _is_collision(error):
                raise
    raise AssertionError("unreachable")


def _file_once(parsed: _Parsed) -> RawInbound:
    with unit_of_work():
        _write(parsed)
    failpoint("door.committed")
    return parsed.raw


def _file_together(run: list[_Parsed]) -> bool:
    """Whether all of them could be written in one transaction; nothing was, if not."""
    try:
        with unit_of_work():
            read_senders([each.arrival.message for each in run], run[0].raw.organization_id)
            for each in run:
                _write(each)
    except Exception:
        log.info("inbox.run_divided", count=len(run), exc_info=True)
        return False
    failpoint("door.committed")
    return True


def _write(parsed: _Parsed) -> None:
    if parsed.finding.fate == Fate.BOUNCE:
        message, reason = _file_bounce(parsed), ""
    elif parsed.finding.becomes_message:
        message, reason = _file_message(parsed), parsed.finding.reason
    else:
        message, reason = None, parsed.finding.reason
    failpoint("door.message_written")
    _finish(parsed, message, reason)


def _file_message(parsed: _Parsed) -> Message:
    channel, message = parsed.arrival.channel, parsed.arrival.message
    customer = customer_of(parsed.raw, message)
    if message.opts_out is not None:
        note_opt_out(
            parsed.raw.organization_id, message.sender.kind, message.sender.value,
            channel_kind=channel.kind, is_out=message.opts_out,
        )  # fmt: skip
    if _is_ordinary(parsed.finding):
        asked = find_asked(channel, customer, message)
        if asked is not None:
            return _file_answer(parsed, asked, customer)
    match = find_match(channel.organization, channel, customer, message, kind=parsed.finding.kind)
    incoming = _incoming(parsed, match, customer=customer)
    if parsed.finding.fate == Fate.BLOCKED:
        filed = _file_as_spam(channel, match, incoming)
    elif match.ticket is not None:
        filed = receive_on_ticket(match.ticket.pk, incoming)
    else:
        filed = receive_on_new_ticket(channel.organization, incoming, related_to=match.related_to)
    note_arrival(channel, message, filed)
    return filed


def _is_ordinary(finding: Finding) -> bool:
    """Whether a person wrote it to us just now."""
    is_theirs = finding.kind == MessageKind.CUSTOMER and not finding.is_automatic
    return is_theirs and finding.fate == Fate.MESSAGE and "old" not in finding.flags


def _file_answer(parsed: _Parsed, asked: Asked, customer: Customer) -> Message:
    """The answer is kept beside its question; the ticket stays as it is and no machine reads it."""
    incoming = _incoming(parsed, Match(flags=(FLAG,)), customer=customer)
    filed = receive_on_ticket(asked.ticket_id, replace(incoming, is_automatic=True))
    note_arrival(parsed.arrival.channel, parsed.arrival.message, filed)
    asked.keep(filed)
    return filed


def _file_as_spam(channel: Channel, match: Match, incoming: IncomingMessage) -> Message:
    """Mail of a blocked sender wakes nothing: with their other spam, or on a ticket in Spam."""
    known = match.ticket or match.related_to
    if known is not None and known.status == Status.SPAM:
        return receive_on_ticket(known.pk, incoming)
    return receive_on_new_ticket(
        channel.organization, incoming, related_to=known, status=Status.SPAM
    )


def _file_bounce(parsed: _Parsed) -> Message | None:
    """A report about a mail of ours is kept on its ticket; any other changes nothing."""
    raw, message = parsed.raw, parsed.arrival.message
    original = find_reported(raw.organization_id, message)
    if original is None:
        _stop_notices(raw.organization_id, message)
        return None
    written_to = {each["address"].lower() for each in (*original.to, *original.cc, *original.bcc)}
    failed = [
        each
        for each in message.failed_recipients
        if each.is_permanent and each.address.lower() in written_to
    ]
    for each in failed:
        note_bounce(raw.organization_id, each.address, each.status or "undeliverable")
    if failed:
        who = ", ".join(f"{each.address} {each.status}".strip() for each in failed)
        set_delivery_state(original.pk, DeliveryState.BOUNCED, reason=f"Came back from {who}")
    customer = original.ticket.customer
    incoming = _incoming(parsed, Match(), customer=customer, author_name=_author(message))
    return receive_on_ticket(original.ticket_id, incoming)


def _stop_notices(organization_id: uuid.UUID, message: InboundMessage) -> None:
    """A notice to one of our people came back for good: they get no more mail of that kind.

    Nothing becomes of the report itself, so it can never lead to another notice.
    """
    named = (message.reported_external_id, message.in_reply_to, *message.references[-5:])
    if not any(find_notice_id(each) for each in named if each):
        return
    for each in message.failed_recipients:
        if each.is_permanent:
            stop_notification_mail(organization_id, each.address)


def _author(message: InboundMessage) -> str:
    return message.sender.name or message.sender.value or "Mail system"


def _incoming(parsed: _Parsed, match: Match, **more: Any) -> IncomingMessage:
    message, finding = parsed.arrival.message, parsed.finding
    return IncomingMessage(
        channel=parsed.arrival.channel,
        kind=finding.kind,
        subject=message.subject,
        text=message.text,
        quoted_text=message.quoted_text,
        signature_text=message.signature_text,
        html=message.html,
        from_address={"name": message.sender.name, "address": message.sender.value},
        to=message.to,
        cc=message.cc,
        external_id=message.external_id,
        in_reply_to=message.in_reply_to,
        references=message.references,
        raw_id=parsed.raw.pk,
        is_sender_verified=message.is_sender_verified,
        is_automatic=finding.is_automatic,
        is_truncated=message.is_truncated,
        flags=[*finding.flags, *match.flags, *message.flags],
        files=parsed.files,
        details=dict(message.details),
        ticket_kind=message.ticket_kind,
        **more,
    )


def _finish(parsed: _Parsed, message: Message | None, reason: str) -> None:
    """Write the fate. The content key is unique per channel: a second delivery fails here."""
    raw, arrival = parsed.raw, parsed.arrival
    raw.state, raw.fate, raw.reason = RawState.PROCESSED, parsed.finding.fate, reason
    raw.message_id = message.pk if message else None
    raw.ticket_id = message.ticket_id if message else None
    raw.content_key = arrival.message.content_key or None
    raw.from_address = arrival.message.sender.value[:320]
    raw.subject = arrival.message.subject[:300]
    raw.processed_at, raw.lease_until = now(), None
    _write_fate(raw)


_WRITE_FATE = """
UPDATE inbox_rawinbound
SET state = %s, fate = %s, reason = %s, message_id = %s, ticket_id = %s, content_key = %s,
    from_address = %s, subject = %s, processed_at = %s, lease_until = NULL, duplicate_of_id = %s
WHERE id = %s AND state = 'received' AND attempts = %s AND worker = %s
"""


def _write_fate(raw: RawInbound) -> None:
    """Write what became of the arrival, as long as this claim is the newest one.

    Plain SQL: this runs for every mail, and building it anew costs more than running it.
    """
    values = [
        raw.state, raw.fate, raw.reason, raw.message_id, raw.ticket_id, raw.content_key,
        raw.from_address, raw.subject, raw.processed_at, raw.duplicate_of_id,
        raw.pk, raw.attempts, raw.worker,
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WRITE_FATE, values)
        if not cursor.rowcount:
            raise _ClaimLost


def _as_duplicate(parsed: _Parsed) -> RawInbound:
    """The same mail by another way: logged with the one it repeats, nothing else."""
    raw, message = parsed.raw, parsed.arrival.message
    first = (
        RawInbound.objects.defer("raw")
        .filter(channel_id=raw.channel_id, content_key=message.content_key)
        .first()
    )
    raw.state, raw.fate = RawState.PROCESSED, Fate.DUPLICATE
    raw.reason = "The same mail was delivered twice"
    raw.content_key, raw.duplicate_of = None, first
    raw.message_id = first.message_id if first else None
    raw.ticket_id = first.ticket_id if first else None
    raw.from_address, raw.subject = message.sender.value[:320], message.subject[:300]
    raw.processed_at, raw.lease_until = now(), None
    _write_fate(raw)
    return raw


def _quarantine(raw: RawInbound, reason: str) -> RawInbound:
    raw.state, raw.reason = RawState.QUARANTINED, reason[:300]
    raw.processed_at, raw.lease_until = now(), None
    _held(raw).update(
        state=raw.state, reason=raw.reason, processed_at=raw.processed_at, lease_until=None
    )
    log.warning("inbox.quarantined", raw_id=str(raw.pk))
    return raw


def _put_off(raw: RawInbound, failure: TemporaryFailure | NeedsReauthorization) -> None:
    """In quarantine for a while; after a day and a half of no answer for good."""
    if raw.retries >= len(ASK_AGAIN_SECONDS):
        _quarantine(raw, failure.message)
        return
    asked = getattr(failure, "retry_after_seconds", None) or 0
    raw.state, raw.reason = RawState.QUARANTINED, f"Tried again by itself. {failure.message}"[:300]
    raw.retry_at = now() + timedelta(seconds=max(asked, ASK_AGAIN_SECONDS[raw.retries]))
    _held(raw).update(
        state=raw.state, reason=raw.reason, processed_at=now(), lease_until=None,
        retry_at=raw.retry_at, retries=raw.retries + 1,
    )  # fmt: skip


def _store_files(attachments: list[InboundAttachment]) -> list[StoredFile]:
    """Put the bytes into the blob store before any row names them."""
    return [
        StoredFile(
            name=each.name,
            content_type=each.content_type,
            size_bytes=len(each.content) or each.size_bytes,
            sha256="" if each.source is not None else blobs.write(each.content),
            content_id=each.content_id,
            is_inline=each.is_inline,
            source=each.source,
        )
        for each in attachments
    ]


def _is_constraint(error: IntegrityError, name: str) -> bool:
    cause = error.__cause__
    return isinstance(cause, postgres.UniqueViolation) and cause.diag.constraint_name == name


def _is_collision(error: OperationalError) -> bool:
    return isinstance(error.__cause__, postgres.DeadlockDetected | postgres.SerializationFailure)
