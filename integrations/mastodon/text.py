"""A post's HTML as plain text, and how long a text is as Mastodon counts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

URL_CHARS = 23
_URL = re.compile(r"https?://\S+")
_MENTION = re.compile(r"(@[\w.-]+)@[\w.-]+\w")
_BLOCKS = ("p", "ul", "ol", "blockquote", "pre")


def plain(html: str) -> str:
    """Paragraphs and breaks as lines, links as their whole address, mentions as @name."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.parts)).strip()


def length(text: str, *, url_chars: int = URL_CHARS) -> int:
    """A link counts the same however long; of a mention only the name counts, not its server."""
    return len(_MENTION.sub(r"\1", _URL.sub("x" * url_chars, text)))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._link: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "br":
            self.parts.append("\n")
        elif tag == "li":
            self.parts.append("\n- ")
        elif tag in _BLOCKS and self.parts:
            self.parts.append("\n\n")
        elif tag == "a":
            names = said.get("class", "").split()
            href = said.get("href", "")
            if href.startswith("http") and not {"mention", "hashtag"} & set(names):
                self.parts.append(href)
                self._link = href

    def handle_endtag(self, tag: str) -> None:
        if tag == "a":
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._link is None:
            self.parts.append(data)
