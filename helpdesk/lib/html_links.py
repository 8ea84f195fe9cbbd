"""Words of a sanitised mail made links of ours. What comes out is sanitised once more."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from html.parser import HTMLParser

MAX_LINKED_CHARS = 200_000
"""Longer mails are shown without links of ours."""
_BEFORE, _AFTER = r"(?<![0-9A-Za-z./@_#-])", r"(?![0-9A-Za-z@]|[.,/-]\d)"


def link_words(html: str, links: Mapping[str, str]) -> str:
    """The HTML with each of these words, wherever it stands in text by itself, as a link there.

    Words with spaces in between or a “#” in front count, too; links that are there already stay as they are.
    """
    if not links or len(html) > MAX_LINKED_CHARS:
        return html
    linker = _Linker(links)
    linker.feed(html)
    linker.close()
    return "".join(linker.parts)


class _Linker(HTMLParser):
    """Writes everything as it was read, but for the text between tags."""

    def __init__(self, links: Mapping[str, str]) -> None:
        super().__init__(convert_charrefs=False)
        self._links = {_key(word): target for word, target in links.items()}
        words = sorted(self._links, key=len, reverse=True)
        spelled = ("[ \\u00a0]?".join(map(re.escape, word)) for word in words)
        self._words = re.compile(f"{_BEFORE}#?(?:{'|'.join(spelled)}){_AFTER}", re.IGNORECASE)
        self._inside = 0
        self.parts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._inside += tag == "a"
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        self._inside -= tag == "a" and self._inside > 0
        self.parts.append(f"</{tag}>")

    def handle_entityref(self, name: str) -> None:
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.parts.append(f"&#{name};")

    def handle_data(self, data: str) -> None:
        self.parts.append(data if self._inside else self._words.sub(self._link, data))

    def _link(self, found: re.Match[str]) -> str:
        target = escape(self._links[_key(found.group())])
        return f'<a href="{target}">{found.group()}</a>'


def _key(word: str) -> str:
    return re.sub(r"[\s#]", "", word).upper()
