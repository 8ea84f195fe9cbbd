"""How the demo's mails look: HTML as mail programs write it, and quotes under an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.html import escape

_HEADERS = {
    "de": "Am {date} um {time} schrieb {name}:",
    "en": "On {date} at {time}, {name} wrote:",
    "es": "El {date} a las {time}, {name} escribió:",
    "fr": "Le {date} à {time}, {name} a écrit :",
    "pl": "{date} o {time} {name} napisał(a):",
}


@dataclass(frozen=True)
class Quoted:
    """The message that stands below an answer."""

    name: str
    text: str
    at: datetime


def quote(previous: Quoted, language: str) -> str:
    """The previous message as mail programs put it under an answer, in plain text."""
    lines = [f"> {line}".rstrip() for line in previous.text.strip().splitlines()]
    return "\n".join([_header(previous, language), *lines])


def html_of(text: str, previous: Quoted | None = None, *, language: str = "en") -> str:
    """A mail's HTML: a paragraph per block of text, the previous message in a blockquote."""
    parts = [f'<div dir="auto" style="font-family:Calibri,sans-serif">{_paragraphs(text)}</div>']
    if previous is not None:
        parts.append(
            f"<div>{escape(_header(previous, language))}</div>"
            f'<blockquote type="cite" style="margin:0 0 0 .8ex;padding-left:1ex">'
            f"{_paragraphs(previous.text)}</blockquote>"
        )
    return "<html><body>" + "".join(parts) + "</body></html>"


def _header(previous: Quoted, language: str) -> str:
    return _HEADERS.get(language, _HEADERS["en"]).format(
        date=f"{previous.at:%d.%m.%Y}", time=f"{previous.at:%H:%M}", name=previous.name
    )


def _paragraphs(text: str) -> str:
    blocks = text.strip().split("\n\n")
    return "".join(f"<p>{'<br>'.join(escape(block).splitlines())}</p>" for block in blocks)
