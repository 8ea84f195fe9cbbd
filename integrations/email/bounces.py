"""Delivery failures: RFC 3464 reports first, then the notices of servers that write plain text.

Two questions are kept apart: is this a failure notice, and which recipients failed. A report that
says "delivered", a read receipt or a complaint (ARF) is no bounce.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import re2

from integrations.email.bounce_notices import (
    ANSWER_SUBJECT,
    DAEMON_NAMES,
    DAEMONS,
    DEAD_ADDRESS,
    FAILURE,
    LIVING_ADDRESS,
    LOOSE_PLACES,
    NO_NOTICE_SUBJECT,
    ORIGINAL_STARTS,
    SMTP_WORDS,
    SUBJECT,
    SURE_PLACES,
    find_local_recipients,
    find_recipients,
)
from integrations.email.headers import HeaderBlock, parse_message_ids
from integrations.email.mime_tree import MimePart
from integrations.email.parsed_mail import BouncedRecipient

MAX_NOTICE_CHARS = 40_000
MAX_FAILED = 200
_ADDRESS = re2.compile(r"[^\s<>\"(),:;@\[\]]+@[^\s<>\"(),:;@\[\]]+")
_STATUS = re2.compile(r"(?:^|[^\d.])([245]\.\d{1,3}\.\d{1,3})(?:[^\d.]|\.\D|\.?$)")
_REPLY_CODE = re2.compile(r"(?:^|[\s#:;(>])([45]\d\d)[\s\-:;,.)]")
_FIELD = re2.compile(r"^([A-Za-z][A-Za-z0-9-]+)\s*:\s*(.*)$")
_EMBEDDED_ID = re2.compile(r"(?im)^[>\s]*Message-ID:\s*(<[^<>\s]{1,500}>)")
_REPORT_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})


@dataclass(frozen=True, slots=True)
class BounceReading:
    """What a mail says about failed deliveries; `message_id` is that of the mail that failed."""

    is_bounce: bool = False
    recipients: tuple[BouncedRecipient, ...] = ()
    message_id: str | None = None
    is_report: bool = False


def read_bounce(root: MimePart, text: str) -> BounceReading:
    """Whether this mail reports failed deliveries, for whom, and of which message."""
    headers = root.headers
    parts = list(root.walk())
    types = {part.content_type for part in parts}
    if "message/feedback-report" in types or "message/disposition-notification" in types:
        return BounceReading(is_report=True)
    if root.parameters.get("report-type", "").lower() == "disposition-notification":
        return BounceReading(is_report=True)
    report = _report_text(root, parts)
    if report:
        reading = _read_report(report, parts, text)
        if reading is not None:
            return reading
    if text.lstrip()[:1] == "{" and "bouncedRecipients" in text[:MAX_NOTICE_CHARS]:
        return _read_amazon(text[:MAX_NOTICE_CHARS])
    if not _may_be_notice(headers, types):
        return BounceReading()
    return _read_notice(headers, parts, text)


def _report_text(root: MimePart, parts: list[MimePart]) -> str:
    """The machine-readable report, also where a gateway mislabelled its part."""
    found = [part for part in parts if part.content_type in _REPORT_TYPES]
    if not found and root.content_type.startswith("multipart/"):
        found = [
            part for part in parts if not part.children and b"Final-Recipient" in part.body[:20_000]
        ][:1]
    return "\n\n".join(part.content()[:200_000].decode("utf-8", "replace") for part in found)


def _read_report(report: str, parts: list[MimePart], text: str) -> BounceReading | None:
    """The reading of an RFC 3464 report; None when it names nobody."""
    recipients: list[BouncedRecipient] = []
    is_named = is_good_news = False
    for group in _groups(report):
        if len(recipients) >= MAX_FAILED:
            break
        action = group.get("action", "").lower().split()
        status = _find_status(group.get("status", "")) or _find_status(
            group.get("diagnostic-code", "")
        )
        address = _report_address(group)
        if not action and not status and not address:
            continue
        is_named = True
        if _is_good(action, status):
            is_good_news = True
            continue
        reason = group.get("diagnostic-code", "")[:1_000]
        is_delay = bool(action) and action[0] == "delayed"
        is_hard = not is_delay and is_dead_address(status, reason or _around(address, text))
        recipients.append(BouncedRecipient(address, status, is_hard, reason))
    if not is_named or (is_good_news and not recipients):
        return BounceReading(is_report=True) if is_good_news else None
    recipients = _fill_addresses(recipients, parts, text)
    return BounceReading(
        is_bounce=True,
        recipients=tuple(recipients),
        message_id=_failed_message_id(parts, text),
    )


def _is_good(action: list[str], status: str | None) -> bool:
    if action and action[0].strip("()") in ("delivered", "relayed", "expanded", "deliverable"):
        return True
    return bool(status and status.startswith("2.") and (not action or action[0] != "failed"))


def _groups(report: str) -> list[dict[str, str]]:
    """Field groups between blank lines, names in lower case, continuation lines joined."""
    groups: list[dict[str, str]] = []
    current: dict[str, str] = {}
    last = ""
    for line in report.splitlines()[:20_000]:
        if not line.strip():
            if current:
                groups.append(current)
            current, last = {}, ""
        elif line[0] in " \t" and last:
            current[last] = (current[last] + " " + line.strip())[:2_000]
        elif match := _FIELD.search(line):
            last = match[1].lower()
            if last == "final-recipient" and last in current:
                groups.append(current)
                current = {}
            current.setdefault(last, match[2].strip())
    if current:
        groups.append(current)
    return groups


def _report_address(group: dict[str, str]) -> str:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        value = group.get(name, "")
        _, semicolon, rest = value.partition(";")
        if match := _ADDRESS.search(rest if semicolon else value):
            return match[0].strip("'.")
    return ""


def _find_status(text: str) -> str | None:
    match = _STATUS.search(text)
    return match[1] if match else None


def is_dead_address(status: str | None, text: str) -> bool:
    """Whether a failure means that the address itself does not exist (any more)."""
    if status and status.startswith("4."):
        return False
    if LIVING_ADDRESS.search(text):
        return False
    if status and status.startswith(
        ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")
    ):
        return True
    if status and status.startswith(("5.2.2", "5.2.3", "5.3", "5.6", "5.7", "5.1.8", "5.1.7")):
        return False
    return bool(DEAD_ADDRESS.search(text))


def _fill_addresses(
    recipients: list[BouncedRecipient], parts: list[MimePart], text: str
) -> list[BouncedRecipient]:
    """Take the address from the words around the report where the report hides it."""
    if all(one.recipient for one in recipients):
        return recipients
    named = find_recipients(_notice_of(text), exclude=frozenset()) or _addressees(parts)
    filled = [
        one if one.recipient else BouncedRecipient(named[0], one.status, one.is_hard, one.reason)
        for one in recipients
        if one.recipient or named
    ]
    return filled


def _read_amazon(text: str) -> BounceReading:
    """A bounce that Amazon SES sends as JSON by way of SNS, bare or inside its envelope."""
    try:
        notice, _ = json.JSONDecoder().raw_decode(text.lstrip().replace("!\n ", ""))
        if isinstance(notice.get("Message"), str):
            notice = json.loads(notice["Message"])
        bounce = notice["bounce"]
        failed = [
            BouncedRecipient(
                str(one["emailAddress"]),
                _find_status(str(one.get("status", ""))),
                bounce.get("bounceType") == "Permanent",
                str(one.get("diagnosticCode", ""))[:1_000],
            )
            for one in bounce["bouncedRecipients"][:MAX_FAILED]
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return BounceReading()
    return BounceReading(bool(failed), tuple(failed))


def _may_be_notice(headers: HeaderBlock, types: set[str]) -> bool:
    return (
        _is_daemon(headers)
        or bool(headers.first("x-failed-recipients"))
        or bool(SUBJECT.search(headers.text("subject")[:300]))
        or "multipart/report" in types
    )


def _is_daemon(headers: HeaderBlock) -> bool:
    """Whether a mail system, not a person, signed this mail."""
    sender = headers.text("from").lower()[:500]
    if DAEMONS.search(sender) or DAEMON_NAMES.search(sender):
        return True
    path = headers.text("return-path").strip().lower()
    return path == "<>" or bool(DAEMONS.search(path)) or (not sender and not path)


def _read_notice(headers: HeaderBlock, parts: list[MimePart], text: str) -> BounceReading:
    """A notice in words: needs a daemon or a telling subject, and words of failure."""
    subject = headers.text("subject")[:300]
    if NO_NOTICE_SUBJECT.search(subject):
        return BounceReading()
    notice = _notice_of(text)
    failed_header = _ADDRESS.findall(headers.text("x-failed-recipients"))[:MAX_FAILED]
    tells_failure = bool(FAILURE.search(notice))
    is_subject = bool(SUBJECT.search(subject))
    is_daemon = _is_daemon(headers)
    is_proven = is_subject and not is_daemon and _has_mail_evidence(subject, parts, text)
    is_bounce = bool(failed_header) or (tells_failure and (is_daemon or is_proven))
    is_bounce = is_bounce or (is_daemon and is_subject)
    if is_bounce and not is_daemon and headers.first("list-id") and not failed_header:
        return BounceReading()
    if not is_bounce:
        return BounceReading()
    named = failed_header or _named_in(headers, notice, text)
    if not named:
        named = _addressees(parts) or _addressees_in_text(text)
    status = _find_status(notice)
    status = None if status and status.startswith("2") else status
    recipients = tuple(_noticed(address, status, notice) for address in named[:MAX_FAILED])
    if not recipients and not (is_daemon and tells_failure):
        return BounceReading()
    return BounceReading(
        is_bounce=True, recipients=recipients, message_id=_failed_message_id(parts, text)
    )


def _has_mail_evidence(subject: str, parts: list[MimePart], text: str) -> bool:
    """Whether more than words of failure shows that a mail, not a parcel, did not arrive.

    People write to a shop about failed deliveries all day; where no mail system signed, an SMTP
    code or the returned mail itself is asked for, and replies and forwards never count.
    """
    if ANSWER_SUBJECT.search(subject):
        return False
    types = {part.content_type for part in parts}
    if "text/rfc822-headers" in types or "message/rfc822" in types:
        return True
    head = text[:MAX_NOTICE_CHARS]
    return bool(SMTP_WORDS.search(head) or ORIGINAL_STARTS.search(head))


def _noticed(address: str, status: str | None, notice: str) -> BouncedRecipient:
    """One recipient with what the notice says near its address."""
    near = _around(address, notice)
    own_status = _find_status(near)
    if own_status and not own_status.startswith("2"):
        status = own_status
    code = _REPLY_CODE.search(near)
    is_temporary = code is not None and code[1][0] == "4" and not status
    is_hard = not is_temporary and is_dead_address(status, near)
    return BouncedRecipient(address, status, is_hard, "")


def _around(address: str, text: str) -> str:
    """The words right after an address up to the next one, or the whole text when that is bare."""
    start = text.find(address) if address else -1
    if start < 0:
        return text[:4_000]
    start += len(address)
    following = _ADDRESS.search(text, start + 1)
    end = min(following.start() if following else len(text), start + 2_000)
    near = text[start:end]
    return near if len(near.split()) >= 5 else text[:4_000]


def _named_in(headers: HeaderBlock, notice: str, text: str) -> list[str]:
    """Failed recipients from the words of a notice: sure places, bare names, loose places."""
    own = _own_addresses(headers)
    named = find_recipients(notice, exclude=own, places=SURE_PLACES)
    sender = _ADDRESS.search(headers.text("from")[:500])
    if not named and sender:
        named = find_local_recipients(notice, sender[0].rpartition("@")[2])
    named = named or find_recipients(notice, exclude=own, places=LOOSE_PLACES)
    return named or find_recipients(text[:MAX_NOTICE_CHARS], exclude=own)


def _own_addresses(headers: HeaderBlock) -> frozenset[str]:
    """Addresses of the notice itself, which are never the one that failed."""
    found: list[str] = []
    for name in ("from", "return-path", "sender", "reply-to"):
        found += _ADDRESS.findall(headers.text(name)[:1_000])
    return frozenset(address.lower() for address in found)


def _notice_of(text: str) -> str:
    """The words of the notice without the returned mail below it."""
    head = text[:MAX_NOTICE_CHARS]
    match = ORIGINAL_STARTS.search(head)
    if match and match.start() > 40:
        return head[: match.start()]
    return head


def _embedded(parts: list[MimePart]) -> MimePart | None:
    for part in parts:
        if part.content_type == "message/rfc822" and part.children:
            return part.children[0]
    return None


def _addressees(parts: list[MimePart]) -> list[str]:
    """To: of the returned mail: right only when it had one recipient."""
    embedded = _embedded(parts)
    if embedded is None:
        returned = [p for p in parts if p.content_type in ("text/rfc822-headers", "text/rfc822")]
        if not returned:
            return []
        return _addressees_in_text(returned[0].content()[:20_000].decode("latin-1"))
    found = _ADDRESS.findall(embedded.headers.text("to")[:2_000])
    return found if len(found) == 1 else []


_TO_LINE = re2.compile(r"(?im)^[>\s]{0,6}To:\s*([^\n]{3,300})$")


def _addressees_in_text(text: str) -> list[str]:
    match = _TO_LINE.search(text[:MAX_NOTICE_CHARS])
    found = _ADDRESS.findall(match[1]) if match else []
    return found if len(found) == 1 else []


def _failed_message_id(parts: list[MimePart], text: str) -> str | None:
    embedded = _embedded(parts)
    if embedded is not None:
        ids, _ = parse_message_ids(embedded.headers.first("message-id"), limit=1)
        if ids:
            return ids[0]
    for part in parts:
        if part.content_type in ("text/rfc822-headers", "text/rfc822", "message/rfc822"):
            match = _EMBEDDED_ID.search(part.content()[:50_000].decode("latin-1"))
            if match:
                return match[1][1:-1]
    match = _EMBEDDED_ID.search(text[: MAX_NOTICE_CHARS * 2])
    return match[1][1:-1] if match else None
