"""Bytes of a mail → `ParsedMail`. The only entry is `parse_mail`; it never raises on bad input.

Here: which part is the body, what is an attachment, which headers are kept, the caps of
RELIABILITY F11. Structure is in `mime_tree`, charsets in `charsets`, quotes in `reply_text`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from integrations.email import auto_replies, bounces, tnef
from integrations.email.addresses import parse_addresses
from integrations.email.charsets import clean_text, decode_text
from integrations.email.headers import (
    HeaderBlock,
    decode_header,
    parse_date,
    parse_message_ids,
)
from integrations.email.html_text import HtmlText, html_to_text
from integrations.email.mime_tree import MimePart, find_uuencoded, read_tree
from integrations.email.parsed_mail import MailAddress, MailAttachment, ParsedMail, ReplyParts
from integrations.email.reply_text import split_html_reply, split_reply

MAX_MAIL_BYTES = 40_000_000
MAX_REFERENCES = 500
MAX_RECIPIENTS = 200
MAX_TEXT_CHARS = 1_000_000
MAX_HTML_CHARS = 5_000_000
MAX_SUBJECT_CHARS = 2_000

# Headers others need after parsing: automation, routing, authentication. First MAX_KEPT of each.
KEPT_HEADERS = frozenset(
    "auto-submitted precedence x-auto-response-suppress x-autoreply x-autorespond list-id list-post"
    " list-unsubscribe return-path delivered-to x-original-to envelope-to x-envelope-to"
    " x-forwarded-to x-forwarded-for resent-to resent-from received-spf x-mailer user-agent thread-index"
    " thread-topic x-priority importance x-spam-flag x-spam-status x-failed-recipients"
    " x-loop feedback-id content-language x-aftercare-id x-aftercare-ticket".split()
)
TRACE_HEADERS = frozenset({"received", "authentication-results"})
MAX_KEPT = 30
MAX_TRACE = 60
_EXTENSIONS = {
    "application/pdf": ".pdf",
    "application/zip": ".zip",
    "image/gif": ".gif",
    "image/jpeg": ".jpg",
    "image/png": ".png",
    "message/delivery-status": ".txt",
    "message/rfc822": ".eml",
    "text/calendar": ".ics",
    "text/csv": ".csv",
    "text/html": ".html",
    "text/plain": ".txt",
    "text/rfc822-headers": ".txt",
    "text/vcard": ".vcf",
}


@dataclass(slots=True)
class _Body:
    """The body being collected while walking the tree."""

    texts: list[str] = field(default_factory=list)
    htmls: list[str] = field(default_factory=list)
    attachments: list[MailAttachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)

    def note(self, defect: str | None) -> None:
        if defect and defect not in self.defects:
            self.defects.append(defect)

    def name_last_attachment(self) -> None:
        """Give a nameless file a name a person can click on."""
        last = self.attachments[-1]
        if not last.name:
            extension = _EXTENSIONS.get(last.content_type, "")
            name = f"noname{len(self.attachments)}{extension}"
            self.attachments[-1] = replace(last, name=name)


def parse_mail(raw: bytes) -> ParsedMail:
    """Everything a mail says, as clean text and values. Damage becomes `defects`, never an error."""
    body = _Body()
    if len(raw) > MAX_MAIL_BYTES:
        body.note("size: larger than 40 MB, the rest was not read")
        raw = raw[:MAX_MAIL_BYTES]
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    root = read_tree(raw, body.defects)
    _collect(root, body, in_related=False)
    if not body.texts and not body.htmls:
        _show_named_text(root, body)
    text, reply = _body_text(body)
    html = "\n".join(body.htmls)[:MAX_HTML_CHARS]
    return _with_reply(_with_headers(root, body, text, html), reply)


def parse_body(body: str, kind: str) -> ParsedMail:
    """A bare body (`kind` is "text" or "html") as a mail without headers."""
    if kind == "html":
        html = tidy_text(clean_text(body[:MAX_HTML_CHARS]))
        html_text = html_to_text(html)
        bare = ParsedMail(text=html_text.text[:MAX_TEXT_CHARS], html=html)
        return _with_reply(bare, split_html_reply(html_text))
    text = tidy_text(clean_text(body))[:MAX_TEXT_CHARS]
    return _with_reply(ParsedMail(text=text), split_reply(text))


def _with_reply(mail: ParsedMail, reply: ReplyParts) -> ParsedMail:
    return replace(
        mail,
        reply_text=reply.reply_text,
        quoted_text=reply.quoted_text,
        signature_text=reply.signature_text,
        quote_start=reply.quote_start,
    )


def _with_headers(root: MimePart, body: _Body, text: str, html: str) -> ParsedMail:
    headers = root.headers
    recipients = {
        name: _addresses(headers, name, body.defects) for name in ("to", "cc", "reply-to")
    }
    sender_from = _single_from(headers, body.defects)
    senders, _ = parse_addresses(headers.first("sender"), limit=1)
    ids, _ = parse_message_ids(headers.first("message-id"), limit=1)
    answered, _ = parse_message_ids(headers.first("in-reply-to"), limit=1)
    references, are_cut = parse_message_ids(
        b" ".join(headers.get_all("references")), limit=MAX_REFERENCES
    )
    if are_cut:
        body.note(f"references: more than {MAX_REFERENCES}, the rest was not read")
    kept = _kept_headers(headers)
    failure = bounces.read_bounce(root, text)
    return ParsedMail(
        subject=headers.text("subject")[:MAX_SUBJECT_CHARS],
        sender_from=sender_from,
        sender=senders[0] if senders else None,
        reply_to=recipients["reply-to"],
        to=recipients["to"],
        cc=recipients["cc"],
        message_id=ids[0] if ids else None,
        in_reply_to=answered[0] if answered else None,
        references=tuple(references),
        date=parse_date(headers.first("date")),
        text=text,
        html=html,
        attachments=tuple(body.attachments),
        headers=kept,
        trace=_trace(headers),
        is_bounce=failure.is_bounce,
        bounces=failure.recipients,
        bounced_message_id=failure.message_id,
        is_report=failure.is_report,
        is_auto_reply=auto_replies.is_auto_reply(headers) and not failure.is_bounce,
        is_list_mail=auto_replies.is_list_mail(headers),
        defects=tuple(body.defects),
    )


def _kept_headers(headers: HeaderBlock) -> dict[str, tuple[str, ...]]:
    kept: dict[str, list[str]] = {}
    for name, value in headers.fields:
        if name in KEPT_HEADERS:
            values = kept.setdefault(name, [])
            if len(values) < MAX_KEPT:
                values.append(decode_header(value)[:4_000])
    return {name: tuple(values) for name, values in kept.items()}


def _trace(headers: HeaderBlock) -> tuple[tuple[str, str], ...]:
    found = [(name, value) for name, value in headers.fields if name in TRACE_HEADERS]
    return tuple((name, decode_header(value[:4_000])) for name, value in found[:MAX_TRACE])


def _addresses(headers: HeaderBlock, name: str, defects: list[str]) -> tuple[MailAddress, ...]:
    value = b", ".join(headers.get_all(name))
    if not value:
        return ()
    addresses, found = parse_addresses(value, limit=MAX_RECIPIENTS)
    defects.extend(f"{name}: {defect}" for defect in dict.fromkeys(found))
    return tuple(addresses)


def _single_from(headers: HeaderBlock, defects: list[str]) -> MailAddress:
    """The one author; whatever makes him doubtful is noted with the prefix "from:"."""
    values = headers.get_all("from")
    if len(values) > 1:
        defects.append("from: more than one From header")
    if not values:
        defects.append("from: missing")
        return MailAddress("")
    addresses, found = parse_addresses(values[0], limit=3)
    defects.extend(f"from: {defect}" for defect in dict.fromkeys(found))
    if len(addresses) > 1:
        defects.append("from: more than one author")
    return addresses[0] if addresses else MailAddress("")


def _collect(part: MimePart, body: _Body, *, in_related: bool) -> None:
    """Put every leaf below `part` into the body or among the attachments."""
    if part.content_type == "multipart/alternative":
        for child in part.children:
            _collect_alternative(child, body)
    elif part.content_type.startswith("multipart/"):
        is_related = part.content_type == "multipart/related"
        for number, child in enumerate(part.children):
            _collect(child, body, in_related=is_related and number > 0)
    else:
        _collect_leaf(part, body, in_related=in_related)


def _collect_alternative(part: MimePart, body: _Body) -> None:
    if part.content_type.startswith("multipart/"):
        _collect(part, body, in_related=False)
    else:
        _collect_leaf(part, body, in_related=False)


def _collect_leaf(part: MimePart, body: _Body, *, in_related: bool) -> None:
    disposition, _ = part.disposition()
    is_text = part.content_type in ("text/plain", "text/html")
    is_body = is_text and disposition != "attachment" and not part.filename()
    if is_body and not (in_related and part.headers.first("content-id")):
        _add_text(part, body)
    elif part.content_type in tnef.CONTENT_TYPES or part.filename().lower() == "winmail.dat":
        _add_winmail(part, body)
    elif part.content_type.startswith("multipart/"):
        return
    else:
        body.attachments.append(_attachment(part, disposition, in_related=in_related))
        body.name_last_attachment()


def _show_named_text(root: MimePart, body: _Body) -> None:
    """Show a text that came as a named inline file, where the mail has no other text."""
    for part in root.walk():
        if part.content_type in ("text/plain", "text/html") and part.filename():
            if part.disposition()[0] != "attachment":
                _add_text(part, body)
            return


def _add_text(part: MimePart, body: _Body) -> None:
    content = part.content()
    charset = part.parameters.get("charset", "")
    if part.content_type == "text/html":
        charset = charset or _charset_of_html(content)
        html, defect = decode_text(content, charset)
        body.htmls.append(html)
        body.note(defect)
        return
    if b"\nbegin " in content or content.startswith(b"begin "):
        content = _take_uuencoded(content, body)
    text, defect = decode_text(content[: 4 * MAX_TEXT_CHARS + 100_000], charset)
    body.note(defect)
    if part.parameters.get("format", "").lower() == "flowed":
        text = unflow(text, joins_words=part.parameters.get("delsp", "").lower() == "yes")
    body.texts.append(text)


def _take_uuencoded(content: bytes, body: _Body) -> bytes:
    """The text without uuencoded files, which become attachments."""
    kept: list[bytes] = []
    position = 0
    for name, data, start, end in find_uuencoded(content):
        kept.append(content[position:start])
        position = end
        clean = _clean_name(name)
        body.attachments.append(MailAttachment(clean, "application/octet-stream", len(data), data))
    kept.append(content[position:])
    return b"".join(kept)


_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset=[\"']?([\w-]{2,40})", re.IGNORECASE)


def _charset_of_html(content: bytes) -> str:
    match = _META_CHARSET.search(content[:4_000])
    return match[1].decode("ascii") if match else ""


def _attachment(part: MimePart, disposition: str, *, in_related: bool) -> MailAttachment:
    content = part.content()
    content_id = part.headers.text("content-id").strip("<> ")
    return MailAttachment(
        name=_clean_name(part.filename()) or _name_without_name(part),
        content_type=part.content_type,
        size_bytes=len(content),
        content=content,
        content_id=content_id[:500] or None,
        is_inline=disposition == "inline" or (bool(content_id) and (in_related or not disposition)),
    )


def _name_without_name(part: MimePart) -> str:
    if part.content_type == "message/rfc822" and part.children:
        subject = _clean_name(part.children[0].headers.text("subject"))
        return f"{subject}.eml" if subject else ""
    return ""


_UNSAFE_IN_NAME = re.compile("[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _clean_name(name: str) -> str:
    """A file name for display: last path component, without control and direction characters."""
    name = _UNSAFE_IN_NAME.sub("", name).replace("\\", "/").rstrip("/")
    name = name.rpartition("/")[2].strip()
    if len(name) > 200:
        stem, dot, extension = name.rpartition(".")
        keep = 200 - len(extension) - 1
        name = stem[:keep] + dot + extension if dot and keep > 0 else name[:200]
    return name


def _add_winmail(part: MimePart, body: _Body) -> None:
    """Unpack Outlook's winmail.dat; where it cannot be read, it stays an attachment."""
    content = part.content()
    unpacked = tnef.unpack(content)
    if unpacked is None:
        body.note("winmail.dat: not readable, kept as it is")
        body.attachments.append(_attachment(part, part.disposition()[0], in_related=False))
        return
    if unpacked.html:
        body.htmls.append(unpacked.html)
    if unpacked.text:
        body.texts.append(unpacked.text)
    for name, data in unpacked.files:
        body.attachments.append(
            MailAttachment(_clean_name(name), "application/octet-stream", len(data), data)
        )


def _body_text(body: _Body) -> tuple[str, ReplyParts]:
    """The body as text, and its new part: the plain text when there is any, else the HTML's."""
    text = tidy_text("\n".join(part.rstrip("\n") for part in body.texts))
    if not text.strip() and body.htmls:
        html_text = _html_text(body)
        return _cut_text(html_text.text, body), split_html_reply(html_text)
    text = _cut_text(text, body)
    reply = split_reply(text)
    if reply.quote_start is None and body.htmls:
        return text, _split_by_markup(text, _html_text(body)) or reply
    return text, reply


def _html_text(body: _Body) -> HtmlText:
    html_text = html_to_text(tidy_text("\n".join(body.htmls)[:MAX_HTML_CHARS]))
    if html_text.is_cut:
        body.note("html: too many tags, the text was made from the first ones")
    return html_text


def _cut_text(text: str, body: _Body) -> str:
    if len(text) > MAX_TEXT_CHARS:
        body.note("text: longer than 1,000,000 characters, cut off; the original is kept")
    return text[:MAX_TEXT_CHARS]


def _split_by_markup(text: str, html_text: HtmlText) -> ReplyParts | None:
    """Use the quote that the HTML marks where the plain text has the same words above it."""
    if not html_text.quote_start:
        return None
    marked = split_html_reply(html_text)
    start = text.find(marked.reply_text)
    if not marked.reply_text or start < 0 or text[:start].strip():
        return None
    end = start + len(marked.reply_text)
    return ReplyParts(marked.reply_text, text[end:].strip("\n"), marked.signature_text, end)


_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")


def tidy_text(text: str) -> str:
    """The same text with LF line ends and without control characters."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _NOT_TEXT.sub("", text)


def unflow(text: str, *, joins_words: bool) -> str:
    """Undo format=flowed (RFC 3676): soft-broken lines of one quote depth are joined."""
    out: list[str] = []
    paragraph: list[str] = []
    depth_before = 0
    for line in text.replace("\r\n", "\n").split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if paragraph and (depth != depth_before or content == "-- "):
            out.append(_requoted("".join(paragraph), depth_before))
            paragraph = []
        is_soft = content.endswith(" ") and content != "-- "
        paragraph.append(content[:-1] if is_soft and joins_words else content)
        depth_before = depth
        if not is_soft:
            out.append(_requoted("".join(paragraph), depth))
            paragraph = []
    if paragraph:
        out.append(_requoted("".join(paragraph), depth_before))
    return "\n".join(out)


def _requoted(line: str, depth: int) -> str:
    return f"{'>' * depth} {line}" if depth else line
