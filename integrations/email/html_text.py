"""HTML mail as plain text, and where in that text a mail client's own quote begins.

One pass over the tags, linear in the length, no tree. Nothing is made safe here: HTML is sanitised
where it is shown.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field

MAX_TAGS = 100_000
_MAX_TAG_CHARS = 4_000
_NAME = re.compile(r"/?[A-Za-z][A-Za-z0-9:_-]*")
_ATTRIBUTE = re.compile(
    r"""(?:^|[\s"'/])(class|id|type|style|alt|href|border|size|width|name|data-marker)\s*=\s*"""
    r"""(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""",
    re.IGNORECASE,
)
_SPACES = re.compile(r"[ \t\r\n\f]+")
_SKIPPED = frozenset({"style", "script", "title", "template", "noscript", "svg", "math", "object"})
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset figure footer form h1 h2 h3"
    " h4 h5 h6 header hr html li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "pre"})
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr o:p".split()
)
_QUOTE_CLASSES = (
    "gmail_quote",
    "gmail_extra",
    "gmail_attr",
    "yahoo_quoted",
    "moz-cite-prefix",
    "moz-forward-container",
    "protonmail_quote",
    "tutanota_quote",
    "zmail_extra",
    "gmx_quote",
    "name_to_from",
    "wordsection1_quote",
    "outlookmessageheader",
    "x_gmail_quote",
    "front-blockquote",
    "ms-outlook-mobile-reference-message",
)
_QUOTE_IDS = (
    "divrplyfwdmsg",
    "appendonsend",
    "olk_src_body_section",
    "mail-editor-reference-message-container",
    "stopspelling",
    "yahoo_quoted",
    "aolmsgpart",
    "replybody",
    "isforwardcontent",
    "isreplycontent",
    "zwchr",
    "oriMsgHtmlSeperator".lower(),
    "mqqmailreference",
)
_QUOTE_STYLES = re.compile(
    r"border:\s*none;\s*border-top:\s*solid\s+#(?:b5c4df|e1e1e1)\b"
    r"|border-top:\s*#(?:b5c4df|e1e1e1)\s+1(?:\.0)?p[tx]\s+solid"
    r"|border-top:\s*1(?:\.0)?p[tx]\s+solid\s+#?(?:b5c4df|e1e1e1)",
    re.IGNORECASE,
)
_SIGNATURE_CLASSES = ("gmail_signature", "moz-signature", "protonmail_signature_block-user")
_SIGNATURE_IDS = ("ms-outlook-mobile-signature", "mobilesignature")


@dataclass(slots=True)
class HtmlText:
    """Text of an HTML body; offsets are into `text`, None where the markup names no such place."""

    text: str
    quote_start: int | None = None
    signature_start: int | None = None
    signature_end: int | None = None
    is_cut: bool = False


@dataclass(slots=True)
class _Writer:
    """Collects text the way a browser lays out lines: runs of spaces are one, blocks break."""

    pieces: list[str] = field(default_factory=list)
    length: int = 0
    newlines: int = 2
    wants_space: bool = False
    wants_newlines: int = 0
    quote_depth: int = 0

    def write(self, text: str, *, is_preformatted: bool) -> None:
        if is_preformatted:
            lines = text.replace("\r\n", "\n").split("\n")
            for number, line in enumerate(lines):
                if number:
                    self.break_line(self.newlines + self.wants_newlines + 1)
                if line:
                    self._put(line)
            return
        collapsed = _SPACES.sub(" ", text)
        if collapsed == " " or not collapsed:
            self.wants_space = self.wants_space or bool(collapsed)
            return
        if collapsed[0] == " ":
            self.wants_space = True
        self._put(collapsed.strip(" "))
        self.wants_space = collapsed[-1] == " "

    def break_line(self, count: int) -> None:
        """Ask for at least `count` line ends before the next text."""
        self.wants_newlines = max(self.wants_newlines, count - self.newlines)
        self.wants_space = False

    def hard_break(self) -> None:
        self.wants_newlines = min(self.wants_newlines + 1, 3)
        self.wants_space = False

    def _put(self, text: str) -> None:
        if self.wants_newlines > 0:
            self._append("\n" * self.wants_newlines)
            self.newlines += self.wants_newlines
            self.wants_newlines = 0
        if self.newlines and self.quote_depth:
            self._append(">" * min(self.quote_depth, 20) + " ")
        elif self.wants_space and not self.newlines:
            self._append(" ")
        self.wants_space = False
        self._append(text)
        self.newlines = 0

    def _append(self, text: str) -> None:
        self.pieces.append(text)
        self.length += len(text)


@dataclass(slots=True)
class _Scan:
    """Where the scanner is inside the elements of one document."""

    writer: _Writer = field(default_factory=_Writer)
    quotes: list[str] = field(default_factory=list)
    pre_depth: int = 0
    quote_start: int | None = None
    signature_start: int | None = None
    signature_end: int | None = None
    signature_tag: str = ""
    signature_depth: int = 0
    absent: set[str] = field(default_factory=set)

    def find(self, document: str, wanted: str, position: int) -> int:
        """Like str.find, but what is not there is looked for only once."""
        if wanted in self.absent:
            return -1
        found = document.find(wanted, position)
        if found < 0:
            self.absent.add(wanted)
        return found


def html_to_text(document: str) -> HtmlText:
    """Readable plain text of an HTML document; blockquotes become `> ` lines.

    Reading stops, and `is_cut` says so, after MAX_TAGS tags.
    """
    scan = _Scan()
    position, size, tags = 0, len(document), 0
    last_close = document.rfind(">")
    while position < size:
        start = document.find("<", position)
        if start < 0 or start > last_close:
            start = size
        if start > position:
            text = document[position:start]
            scan.writer.write(
                html.unescape(text) if "&" in text else text, is_preformatted=scan.pre_depth > 0
            )
        if start == size or tags == MAX_TAGS:
            break
        tags += 1
        position = _read_markup(document, start, scan)
    text = "".join(scan.writer.pieces).replace("\xa0", " ")
    end = len(text) if scan.signature_start is not None else None
    return HtmlText(
        text,
        scan.quote_start,
        scan.signature_start,
        scan.signature_end or end,
        is_cut=tags == MAX_TAGS,
    )


def _read_markup(document: str, start: int, scan: _Scan) -> int:
    """Handle what begins with `<` at `start`; where to go on reading."""
    if document.startswith("<!--", start):
        end = scan.find(document, "-->", start + 4)
        return end + 3 if end >= 0 else document.find(">", start) + 1
    match = _NAME.match(document, start + 1)
    if match is None:
        if document.startswith(("<!", "<?"), start):
            return document.find(">", start) + 1
        scan.writer.write("<", is_preformatted=False)
        return start + 1
    end = _end_of_tag(document, match.end())
    name = match[0].lower()
    if name in _SKIPPED and document[end - 2] != "/":
        return _skip_element(document, name, end, scan)
    if name.startswith("/"):
        _close(name[1:], scan)
    else:
        _open(name, document[match.end() : end], scan)
    return end


def _end_of_tag(document: str, position: int) -> int:
    """Offset after the tag's `>`; one inside quotes is skipped when the quote closes soon."""
    end = document.find(">", position)
    limit = position + _MAX_TAG_CHARS
    while 0 <= end < limit:
        inside = document[position:end]
        quote = '"' if inside.count('"') % 2 else ""
        if not quote:
            return end + 1
        closing = document.find(quote, end, limit)
        if closing < 0 or "<" in document[end:closing]:
            return end + 1
        end = document.find(">", closing)
    return end + 1 if end >= 0 else len(document)


def _skip_element(document: str, name: str, position: int, scan: _Scan) -> int:
    for closing in (f"</{name}", f"</{name.upper()}", f"</{name.capitalize()}"):
        end = scan.find(document, closing, position)
        if end >= 0:
            return document.find(">", end) + 1 or len(document)
    return position


def _open(name: str, attributes_text: str, scan: _Scan) -> None:
    writer = scan.writer
    attributes = _attributes(attributes_text)
    if scan.quote_start is None and _starts_quote(name, attributes):
        scan.quote_start = writer.length
    if name == "br":
        writer.hard_break()
        return
    if name in _BLOCKS:
        writer.break_line(2 if name in _SPACED else 1)
    if name == "hr":
        return
    if name == "blockquote":
        scan.quotes.append(name)
        writer.quote_depth = len(scan.quotes)
    elif name == "pre":
        scan.pre_depth += 1
    elif name == "li":
        writer.write("* ", is_preformatted=False)
    elif name in ("td", "th"):
        writer.wants_space = True
    elif name == "img" and attributes.get("alt"):
        writer.write(html.unescape(attributes["alt"]), is_preformatted=False)
    _open_signature(name, attributes, scan)


def _open_signature(name: str, attributes: dict[str, str], scan: _Scan) -> None:
    if scan.signature_start is None and _is_signature(attributes) and name not in _VOID:
        scan.signature_start = scan.writer.length
        scan.signature_tag, scan.signature_depth = name, 1
    elif name == scan.signature_tag and scan.signature_end is None:
        scan.signature_depth += 1


def _close(name: str, scan: _Scan) -> None:
    writer = scan.writer
    if name in ("p", "br") or name in _BLOCKS:
        writer.break_line(2 if name in _SPACED else 1)
    if name == "blockquote" and scan.quotes:
        scan.quotes.pop()
        writer.quote_depth = len(scan.quotes)
    elif name == "pre":
        scan.pre_depth = max(0, scan.pre_depth - 1)
    if name == scan.signature_tag and scan.signature_end is None:
        scan.signature_depth -= 1
        if scan.signature_depth == 0:
            scan.signature_end = writer.length


def _attributes(text: str) -> dict[str, str]:
    if "=" not in text:
        return {}
    return {
        match[1].lower(): match[2] or match[3] or match[4] or ""
        for match in _ATTRIBUTE.finditer(text[:_MAX_TAG_CHARS])
    }


def _starts_quote(name: str, attributes: dict[str, str]) -> bool:
    classes = attributes.get("class", "").lower()
    if classes and any(word.startswith(_QUOTE_CLASSES) for word in classes.split()):
        return True
    element_id = attributes.get("id", "").lower()
    if element_id and element_id.removeprefix("x_").startswith(_QUOTE_IDS):
        return True
    if name == "div" and "style" in attributes:
        return bool(_QUOTE_STYLES.search(attributes["style"]))
    return name == "blockquote" and attributes.get("type", "").lower() == "cite"


def _is_signature(attributes: dict[str, str]) -> bool:
    classes = attributes.get("class", "").lower().split()
    element_id = attributes.get("id", "").lower()
    return any(word in _SIGNATURE_CLASSES for word in classes) or element_id in _SIGNATURE_IDS
