"""Mail HTML made harmless, each time it is shown. The stored HTML stays as it came.

First line of defence: an allow-list of tags, attributes, link schemes and style properties.
Second: the frame it is shown in has no script, no origin and a policy of its own
(``tickets.api.mail_frame``). Nothing here fetches anything: remote images are addresses that the
caller may replace (blocked) or rewrite (through our proxy).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from html import escape, unescape
from html.entities import html5

import nh3
import tinycss2
from tinycss2.ast import Node

from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.html_links import link_words

MAX_CHARS = 500_000
"""Longer HTML is cut, not counting images that are written into it: no mail a person wrote is
longer, and what is hostile in other ways than we know of costs a parser seconds, not minutes."""
MAX_STYLE_CHARS = 10_000
_WRITTEN_IMAGE = re.compile(
    r"(data:image/(?:png|jpeg|gif|webp);)base64,[A-Za-z0-9+/=%\r\n]{1000,}+"
)

MAX_DEPTH = 2000
MAX_OFFICE_DEPTH = 10_000
"""Office writes hundreds of ``<w:x …/>``, which HTML never closes."""
MAX_WALKED = 100_000_000
"""So many open elements a parser may have to look at, all tags together."""
MAX_REOPENED = 1_000_000
"""So many elements a parser may have to open again because a mail never closes its formatting."""
_TAG = re.compile(r"<(/?)([a-zA-Z][^\s/>]*)")
_FORMATTING = frozenset("a b big code em font i nobr s small strike strong tt u".split())
_CLOSED_BY_THEMSELVES = frozenset(
    "area base basefont bgsound body br button caption col colgroup dd dt embed frame h1 h2 h3 h4"
    " h5 h6 head hr html image img input keygen li link meta optgroup option p param rb rp rt rtc"
    " source tbody td tfoot th thead title tr track wbr".split()
)

AttributeFilter = Callable[[str, str, str], str | None]
ImageAddress = Callable[[str], str | None]
"""Given an image's address, the one to show instead, or None for none."""

_TAGS = {
    "a", "abbr", "address", "article", "aside", "b", "bdi", "bdo", "big", "blockquote", "br",
    "caption", "center", "cite", "code", "col", "colgroup", "dd", "del", "details", "dfn", "div",
    "dl", "dt", "em", "figcaption", "figure", "font", "footer", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "i", "img", "ins", "kbd", "li", "main", "mark", "nav", "ol", "p", "pre",
    "q", "rp", "rt", "ruby", "s", "samp", "section", "small", "span", "strike", "strong", "sub",
    "summary", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "time", "tr", "tt", "u",
    "ul", "var", "wbr",
}  # fmt: skip
_DROPPED_WITH_CONTENT = {
    "script", "style", "title", "head", "svg", "math", "iframe", "object", "embed", "noscript",
    "template", "xmp", "noembed", "noframes", "plaintext", "select", "textarea", "audio", "video",
}  # fmt: skip
_EVERYWHERE = {"dir", "lang", "title", "style", "align", "valign", "width", "height", "bgcolor"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href", "name"},
    "img": {"src", "alt", "border", "hspace", "vspace"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing", "summary"},
    "td": {"colspan", "rowspan", "nowrap", "abbr"},
    "th": {"colspan", "rowspan", "nowrap", "abbr", "scope"},
    "col": {"span"},
    "colgroup": {"span"},
    "ol": {"start", "type", "reversed"},
    "ul": {"type"},
    "li": {"value", "type"},
    "q": {"cite"},
    "blockquote": {"cite", "type"},
    "time": {"datetime"},
    "details": {"open"},
    "hr": {"size", "noshade", "color"},
    "br": {"clear"},
}
_LINK_SCHEMES = {"http", "https", "mailto", "tel"}
_IMAGE_SCHEMES = {"http", "https", "cid", "data"}
_SAFE_DATA_IMAGES = ("data:image/png", "data:image/jpeg", "data:image/gif", "data:image/webp")
_PROPERTIES = {
    "background-color", "border", "border-bottom", "border-bottom-color", "border-bottom-style",
    "border-bottom-width", "border-collapse", "border-color", "border-left", "border-left-color",
    "border-left-style", "border-left-width", "border-radius", "border-right",
    "border-right-color", "border-right-style", "border-right-width", "border-spacing",
    "border-style", "border-top", "border-top-color", "border-top-style", "border-top-width",
    "border-width", "caption-side", "clear", "color", "direction", "display", "empty-cells",
    "float", "font", "font-family", "font-size", "font-style", "font-variant", "font-weight",
    "height", "letter-spacing", "line-height", "list-style", "list-style-position",
    "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-height", "max-width", "min-height", "min-width", "mso-line-height-rule", "overflow-wrap",
    "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "table-layout",
    "text-align", "text-decoration", "text-indent", "text-transform", "unicode-bidi",
    "vertical-align", "white-space", "width", "word-break", "word-spacing", "word-wrap",
}  # fmt: skip
_HARMLESS_PARTS = {"number", "percentage", "dimension", "hash", "whitespace", "comment"}
_HARMLESS_FUNCTIONS = {"rgb", "rgba", "hsl", "hsla", "calc", "min", "max", "clamp"}


def sanitise(
    html: str, *, image_address: ImageAddress, links: Mapping[str, str] | None = None
) -> str:
    """The mail's HTML without anything that runs, loads, covers or submits.

    Raises InvalidInput (code ``too_deep``) for HTML made to keep a parser busy.
    Each image's address is what ``image_address`` makes of it. Links open in a new tab and tell
    the other side nothing about where they were followed from. ``links`` are words that become
    links of ours; with any of them the result goes through the allow-list a second time.
    """
    images: list[str] = []
    html = _without_images(html, images)[:MAX_CHARS]
    if is_too_deep(html):
        raise InvalidInput("This mail's HTML is nested too deeply to be shown.", code="too_deep")
    shown: set[str] = set()
    keep = _attribute_filter(image_address, images, shown)
    cleaned = _cleaned(_without_references(html.replace("\x00", "")), keep)
    linked = link_words(cleaned, links or {})
    if linked != cleaned:
        cleaned = _cleaned(linked, _second_filter(shown, set((links or {}).values())))
    return cleaned.translate(_ESCAPED)


def _cleaned(html: str, keep: AttributeFilter) -> str:
    return nh3.clean(
        html,
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=keep,
        url_schemes=_LINK_SCHEMES | _IMAGE_SCHEMES,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def is_cut(html: str) -> bool:
    """Whether :func:`sanitise` shows only the beginning."""
    return len(html) > MAX_CHARS and len(_without_images(html, [])) > MAX_CHARS


def is_too_deep(html: str) -> bool:
    """Whether a parser would take seconds for its nesting, or open formatting anew too often.

    What was never closed inside a paragraph is opened again in every later one. Linear.
    """
    depth = office = formatting = walked = reopened = 0
    for match in _TAG.finditer(html):
        name = match[2].lower()
        step = -1 if match[1] else 1
        if name in _FORMATTING:
            formatting = max(formatting + step, 0)
        if ":" in name:
            office = max(office + step, 0)
        elif name not in _CLOSED_BY_THEMSELVES:
            depth = max(depth + step, 0)
        walked += depth + office
        reopened += formatting
        if depth > MAX_DEPTH or office > MAX_OFFICE_DEPTH:
            return True
        if walked > MAX_WALKED or reopened > MAX_REOPENED:
            return True
    return False


# --- Character references -----------------------------------------------------------------------
# The parser's cost grows with the square of their number, so it never sees any. What they stand
# for is written in their place; ASCII, which could mean something to the parser there, as
# characters that nobody uses, which become themselves again behind it.

_HIDDEN = 0x10F800
_UNUSED = re.compile(f"[{chr(_HIDDEN)}-{chr(_HIDDEN + 127)}]")
_REFERENCE = re.compile(
    r"&(?:#[0-9]{1,20};?|#[xX][0-9a-fA-F]{1,20};?|[A-Za-z][A-Za-z0-9]{1,31}(?:;|(?!=)))?"
)
_SHOWN = {_HIDDEN + code: chr(code) for code in range(128)}
_ESCAPED = _SHOWN | {_HIDDEN + ord(each): escape(each) for each in "&<>"}


def _without_references(html: str) -> str:
    return _REFERENCE.sub(_read_reference, _UNUSED.sub("\ufffd", html))


def _read_reference(match: re.Match[str]) -> str:
    return _meaning_of(match[0])


@functools.lru_cache(maxsize=4096)
def _meaning_of(reference: str) -> str:
    is_known = reference[1:2] == "#" or reference[1:] in html5
    if not is_known:
        return _hidden("&") + reference[1:]
    return "".join(_hidden(each) if each.isascii() else each for each in unescape(reference))


def _hidden(character: str) -> str:
    return chr(_HIDDEN + ord(character))


def is_remote(address: str) -> bool:
    """Whether showing this image would fetch it from somewhere else."""
    return address.strip().lower().startswith(("http:", "https:", "//"))


def _without_images(html: str, images: list[str]) -> str:
    """The HTML with a number in the place of each image that is written into it."""

    def take(match: re.Match[str]) -> str:
        images.append(match[0])
        return f"{match[1]}{len(images) - 1}"

    return _WRITTEN_IMAGE.sub(take, html)


def _second_filter(shown: set[str], targets: set[str]) -> AttributeFilter:
    """Images are those that were let through before, and links may also be ours."""
    first = _attribute_filter(lambda _: None, [], set())

    def keep(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            return value if value in shown else None
        if tag == "a" and name == "href" and value in targets:
            return value
        return first(tag, name, value)

    return keep


def _attribute_filter(
    image_address: ImageAddress, images: list[str], shown: set[str]
) -> AttributeFilter:
    def keep(tag: str, name: str, value: str) -> str | None:
        value = value.translate(_SHOWN)
        if name == "style":
            return safe_style(value) or None
        if tag == "img" and name == "src":
            address = _image(value.strip(), image_address, images)
            shown.update([address] if address else [])
            return address
        if name in ("href", "cite"):
            return value if _scheme_of(value) in _LINK_SCHEMES else None
        return value

    return keep


def _image(address: str, image_address: ImageAddress, images: list[str]) -> str | None:
    lowered = address.lower()
    if lowered.startswith("data:"):
        number = lowered.partition(";")[2]
        if number.isdecimal() and number.isascii() and len(number) < 7:
            return images[int(number)] if int(number) < len(images) else None
        return address if lowered.startswith(_SAFE_DATA_IMAGES) else None
    if address.startswith("//"):
        address = f"https:{address}"
    return image_address(address) if _scheme_of(address) in _IMAGE_SCHEMES else None


def _scheme_of(address: str) -> str:
    """The scheme as a browser would see it: control characters and blanks do not hide it."""
    cleaned = "".join(each for each in address if each > " " and each != "\x7f")
    return cleaned.split(":", 1)[0].lower() if ":" in cleaned else ""


@functools.lru_cache(maxsize=4096)
def safe_style(style: str) -> str:
    """The declarations that can only colour, space and set type; the rest is left out."""
    kept: list[str] = []
    if len(style) > MAX_STYLE_CHARS:
        return ""
    for node in tinycss2.parse_blocks_contents(style, skip_comments=True, skip_whitespace=True):
        if node.type != "declaration" or node.lower_name not in _PROPERTIES:
            continue
        if all(_is_harmless(part) for part in node.value) and _fits(node):
            value = tinycss2.serialize(node.value).strip()
            kept.append(f"{node.lower_name}:{value}")
    return ";".join(kept)


def _is_harmless(part: Node) -> bool:
    if part.type == "function":
        return part.lower_name in _HARMLESS_FUNCTIONS and all(
            _is_harmless(each) for each in part.arguments
        )
    if part.type in ("string", "ident"):
        return not any(each in part.value for each in "\\<>@")
    if part.type == "literal":
        return part.value in ",/+-*"
    return part.type in _HARMLESS_PARTS


def _fits(declaration: Node) -> bool:
    """No negative margins (they would cover what is beside), no display other than plain ones."""
    words = [part for part in declaration.value if part.type not in ("whitespace", "comment")]
    if declaration.lower_name.startswith("margin") or declaration.lower_name == "text-indent":
        return not any(getattr(part, "value", 0) < 0 for part in words if _is_number(part))
    if declaration.lower_name == "display":
        return all(part.type == "ident" and part.lower_value in _DISPLAYS for part in words)
    return True


def _is_number(part: Node) -> bool:
    return part.type in ("number", "percentage", "dimension")


_DISPLAYS = {
    "none", "block", "inline", "inline-block", "table", "inline-table", "table-row", "table-cell",
    "table-row-group", "table-header-group", "table-footer-group", "list-item",
}  # fmt: skip
