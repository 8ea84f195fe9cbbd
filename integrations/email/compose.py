"""From the normal form of an outgoing message to RFC 5322 bytes: text and HTML, files, threading.

The same message always gives the same Message-ID. Header values with line breaks are refused by
the e-mail package and by ``_one_line``; nothing a customer wrote becomes a header unchecked.
"""

from __future__ import annotations

import html
import re
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from helpdesk.lib.clock import now
from helpdesk.lib.errors import PermanentFailure
from inbox.connector import OutboundFile, OutboundMessage

POLICY = SMTP.clone(max_line_length=998)  # References stay unfolded; text is encoded below 76

_STYLE = (
    "font-family:-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;"
    "font-size:16px;line-height:25px;color:#1A1B1E;max-width:600px"
)
_QUOTE_STYLE = (
    "margin:24px 0 0;padding:0 0 0 14px;border-left:2px solid #E1E1DB;"
    "color:#63666C;font-size:15px;line-height:23px"
)
_LOOKS = {
    "p": 'style="margin:0 0 16px"',
    "ul": 'style="margin:0 0 16px;padding-inline-start:24px"',
    "ol": 'style="margin:0 0 16px;padding-inline-start:24px"',
    "blockquote": f'style="{_QUOTE_STYLE}"',
    "code": 'style="font-family:Menlo,Consolas,monospace;font-size:14px;background:#F1F1ED"',
    "pre": 'style="white-space:pre-wrap;font-family:Menlo,Consolas,monospace;font-size:14px"',
    "img": 'style="max-width:100%;height:auto"',
}
_STYLED = re.compile(rf"<({'|'.join(_LOOKS)})((?:\s[^<>]*)?)>")
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]")


def compose(message: OutboundMessage) -> EmailMessage:
    """The complete mail; raises PermanentFailure if an address or header cannot be written."""
    mail = EmailMessage(policy=POLICY)
    try:
        _write_headers(mail, message)
    except (ValueError, TypeError, IndexError) as error:
        raise PermanentFailure(
            f"This message cannot be written as e-mail: {error}", reason_code="bad_address"
        ) from error
    mail.set_content(_plain(message), charset="utf-8", cte="quoted-printable")
    page = _html(message)
    mail.add_alternative(page, subtype="html", charset="utf-8", cte="quoted-printable")
    shown = [each for each in message.files if each.is_inline and f"cid:{each.content_id}" in page]
    _show_images(mail, shown)
    _attach_files(mail, [each for each in message.files if each not in shown])
    return mail


def recipients_of(message: OutboundMessage) -> list[str]:
    """Envelope recipients that have not got it yet, each once, lower case."""
    everybody = [each["address"].lower() for each in (*message.to, *message.cc, *message.bcc)]
    done = {each.lower() for each in message.recipients_done}
    return [each for each in dict.fromkeys(everybody) if each not in done]


def _write_headers(mail: EmailMessage, message: OutboundMessage) -> None:
    mail["From"] = _address(message.from_address)
    mail["To"] = [_address(each) for each in message.to]
    if message.cc:
        mail["Cc"] = [_address(each) for each in message.cc]
    mail["Subject"] = _one_line(message.subject)
    mail["Date"] = format_datetime(now())
    mail["Message-ID"] = f"<{_one_line(message.external_id)}>"
    if message.in_reply_to:
        mail["In-Reply-To"] = f"<{_one_line(message.in_reply_to)}>"
    if message.references:
        named = [f"<{each}>" for each in message.references if _is_id(each)]
        if named:
            mail["References"] = _within(named, 900)
    if message.reply_to:
        mail["Reply-To"] = _address({"name": "", "address": message.reply_to})
    mail["X-Aftercare-Message"] = message.id.hex
    if message.is_automatic:
        mail["Auto-Submitted"] = "auto-replied" if message.in_reply_to else "auto-generated"
        mail["X-Auto-Response-Suppress"] = "All"


def _within(references: list[str], limit_chars: int) -> str:
    """The newest references that fit on one line, always with the oldest one in front."""
    kept: list[str] = []
    room = limit_chars - len(references[0])
    for each in reversed(references[1:]):
        room -= len(each) + 1
        if room < 0:
            break
        kept.append(each)
    return " ".join([references[0], *reversed(kept)])


def _is_id(text: str) -> bool:
    return bool(text) and not re.search(r"[\s<>]", text)


def _address(record: dict[str, str]) -> Address:
    return Address(display_name=_one_line(record.get("name", "")), addr_spec=record["address"])


def _one_line(text: str) -> str:
    if re.search(r"[\r\n\x00]", text):
        raise ValueError("a line break in a header")
    return text.strip()


def _plain(message: OutboundMessage) -> str:
    parts = [message.text.rstrip()]
    if message.signature:
        parts.append("-- \n" + message.signature.strip())
    if message.quoted:
        author, when, text = message.quoted
        quoted = "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
        parts.append(f"{_quote_line(author, when)}\n{quoted}")
    return "\n\n".join(parts) + "\n"


def _html(message: OutboundMessage) -> str:
    if message.html.lstrip().lower().startswith("<!doctype"):
        return message.html  # a designed page of our own (surveys)
    body = _styled(message.html) if message.html else paragraphs(message.text)
    if message.signature:
        body += f'<div style="margin-top:24px;color:#63666C">{paragraphs(message.signature)}</div>'
    if message.quoted:
        author, when, text = message.quoted
        line = html.escape(_quote_line(author, when))
        body += (
            f'<blockquote type="cite" style="{_QUOTE_STYLE}"><p style="margin:0 0 8px">{line}</p>'
            f"{paragraphs(text)}</blockquote>"
        )
    language = html.escape(message.language or "en", quote=True)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="color-scheme" content="light dark"></head>'
        f'<body style="margin:0;padding:16px"><div dir="auto" style="{_STYLE}">{body}</div>'
        "</body></html>"
    )


def _styled(html: str) -> str:
    """What an agent wrote (tickets.rich_text), with the looks that mail programs do not give it."""
    return _STYLED.sub(lambda found: f"<{found[1]} {_LOOKS[found[1]]}{found[2]}>", html)


def paragraphs(text: str) -> str:
    """Plain text as HTML paragraphs: escaped, links made clickable, line breaks kept."""
    blocks = re.split(r"\n[ \t]*\n", text.strip())
    return "".join(
        f'<p dir="auto" style="margin:0 0 16px">{_inline(block)}</p>' for block in blocks if block
    )


def _inline(block: str) -> str:
    pieces, last = [], 0
    for match in _LINK.finditer(block):
        url = html.escape(match.group(), quote=True)
        pieces += [html.escape(block[last : match.start()]), f'<a href="{url}">{url}</a>']
        last = match.end()
    pieces.append(html.escape(block[last:]))
    return "".join(pieces).replace("\n", "<br>")


def _quote_line(author: str, when: str) -> str:
    moment = datetime.fromisoformat(when)
    return f"{author} · {moment:%Y-%m-%d %H:%M} UTC:"


def _show_images(mail: EmailMessage, files: list[OutboundFile]) -> None:
    """Put the images that the HTML shows beside it, in multipart/related."""
    if not files:
        return
    page = mail.get_body(("html",))
    for file in files:
        maintype, subtype = _type_of(file)
        page.add_related(  # type: ignore[union-attr]
            file.read(),
            maintype=maintype,
            subtype=subtype,
            filename=_one_line(file.name) or "image",
            cid=f"<{file.content_id}>",
            disposition="inline",
        )


def _type_of(file: OutboundFile) -> tuple[str, str]:
    """The two parts of the type; nothing that a mail program would open or read as a mail."""
    maintype, _, subtype = file.content_type.partition("/")
    if maintype in ("text", "message", "multipart") or not subtype:
        return "application", "octet-stream"
    return maintype, subtype


def _attach_files(mail: EmailMessage, files: list[OutboundFile]) -> None:
    for file in files:
        maintype, subtype = _type_of(file)
        mail.add_attachment(
            file.read(),
            maintype=maintype,
            subtype=subtype,
            filename=_one_line(file.name) or "file",
            disposition="attachment",
        )
