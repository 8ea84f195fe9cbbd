"""What agents write with formatting: HTML of few tags, and the plain text that says the same.

The editor is never trusted: its HTML is cleaned here, and the text is made from the clean HTML, so
the two parts of a mail cannot differ.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from html.parser import HTMLParser

import nh3

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.html import is_too_deep

_TAGS = {
    "a", "b", "blockquote", "br", "code", "em", "i", "img", "li", "ol", "p", "pre", "s", "strong",
    "u", "ul",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}, "p": {"dir"}}
_DROPPED_WITH_CONTENT = {"script", "style", "title", "head", "svg", "math", "iframe", "object",
                         "template", "select", "textarea"}  # fmt: skip
_OWN_FILE = re.compile(
    r"(?:cid:|(?:https?://[^/\s]+)?/api/v1/attachments/)(?P<id>[0-9a-fA-F-]{36})(?:[@?].*)?\Z"
)
_LINK = re.compile(r"(?:https?|mailto|tel):", re.IGNORECASE)
_NO_SOURCE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")
_MAX_SIGNS = 10
"""Deeper quotes and lists look like that deep ones in plain text, which so stays in proportion."""
_BLANK_LINES = re.compile(r"\n{3,}")
_SPACES = re.compile(r"[ \t\r\n\f]+")


@dataclass(frozen=True)
class Written:
    """Clean HTML, its text, and the uploaded images it shows."""

    html: str
    text: str
    image_ids: list[uuid.UUID]


def content_id_of(attachment_id: uuid.UUID) -> str:
    """The Content-ID by which our mails show an uploaded image."""
    return f"{attachment_id}@aftercare"


def clean(html: str) -> Written:
    """What the editor sent, made harmless and small; raises InvalidInput if it is too deep.

    Only images that were uploaded to us stay, by Content-ID; others are left out.
    """
    if is_too_deep(html):
        raise InvalidInput.field("html", "This text is nested too deeply.", code="too_deep")
    image_ids: list[uuid.UUID] = []

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            found = _OWN_FILE.match(value.strip())
            if found is None:
                return None
            try:
                image_ids.append(uuid.UUID(found["id"]))
            except ValueError:
                return None
            return f"cid:{content_id_of(image_ids[-1])}"
        if tag == "p" and name == "dir":
            return value if value in ("ltr", "rtl", "auto") else None
        if name == "href":
            return value if _LINK.match(value) else None
        return value

    cleaned = nh3.clean(
        html.replace("\x00", ""),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid"},
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
    )
    cleaned = _NO_SOURCE.sub("", cleaned).strip()
    return Written(cleaned, text_of(cleaned), list(dict.fromkeys(image_ids)))


def text_of(html: str) -> str:
    """Clean HTML as plain text: lists with their signs, quotes with ``>``, links with address."""
    reader = _TextReader()
    reader.feed(html)
    reader.close()
    return reader.text


def image_ids_in(html: str) -> set[str]:
    """The Content-IDs a clean HTML shows."""
    return set(re.findall(r'src="cid:([^"]+)"', html))


def _number(start: str) -> int:
    """Where a numbered list begins; 1 for what is no small whole number."""
    is_number = start.isascii() and start.isdigit() and len(start) <= 9
    return int(start) if is_number else 1


class _TextReader(HTMLParser):
    """One pass; lines are collected with the prefix of the quotes and lists around them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._lists: list[int | None] = []
        self._sign = ""
        self._links: list[tuple[str, int]] = []
        self._is_pre = False

    @property
    def text(self) -> str:
        self._end_line()
        lines = [each.rstrip() for each in self._lines]
        return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip("\n")

    @property
    def _prefix(self) -> str:
        return "> " * min(self._quotes, _MAX_SIGNS)

    def handle_starttag(self, tag: str, attrs: Iterable[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "br":
            self._end_line(is_forced=True)
        elif tag in ("p", "pre"):
            self._end_line()
            self._is_pre = tag == "pre"
        elif tag == "blockquote":
            self._end_line()
            self._quotes += 1
        elif tag in ("ul", "ol"):
            self._end_line()
            start = said.get("start") or "1"
            self._lists.append(_number(start) if tag == "ol" else None)
        elif tag == "li":
            self._end_line()
            self._sign = self._next_sign()
        elif tag == "a":
            self._links.append((said.get("href") or "", len(self._line)))
        elif tag == "img" and said.get("alt"):
            self._line += f"[{said['alt']}]"

    def handle_endtag(self, tag: str) -> None:
        if tag in ("p", "pre"):
            self._end_line(is_forced=not self._lists)
            self._is_pre = False
            if not self._lists:
                self._blank()
        elif tag == "blockquote":
            self._end_line()
            while self._lines and not self._lines[-1].strip(" >"):
                self._lines.pop()
            self._quotes = max(0, self._quotes - 1)
            self._blank()
        elif tag in ("ul", "ol"):
            self._end_line()
            if self._lists:
                self._lists.pop()
            if not self._lists:
                self._blank()
        elif tag == "li":
            self._end_line()
        elif tag == "a" and self._links:
            href, start = self._links.pop()
            shown = self._line[start:].strip()
            if href and shown not in (
                href,
                href.removeprefix("mailto:"),
                href.removeprefix("tel:"),
            ):
                self._line += f" ({href})" if shown else href

    def handle_data(self, data: str) -> None:
        if self._is_pre:
            first, *rest = data.split("\n")
            self._line += first
            for each in rest:
                self._end_line(is_forced=True)
                self._line = each
            return
        words = _SPACES.sub(" ", data)
        self._line += words.lstrip() if not self._line else words

    def _next_sign(self) -> str:
        indent = "  " * min(len(self._lists) - 1, _MAX_SIGNS)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}- "
        self._lists[-1] = number + 1
        return f"{indent}{number}. "

    def _end_line(self, *, is_forced: bool = False) -> None:
        if self._line.strip() or is_forced:
            self._lines.append(self._prefix + self._sign + self._line)
            self._sign = ""
        self._line = ""

    def _blank(self) -> None:
        if self._lines and self._lines[-1].strip(" >"):
            self._lines.append(self._prefix.rstrip())
