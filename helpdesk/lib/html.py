"""Mail HTML made harmless, each time it is shown. The stored HTML stays as it came.

First line of defence: an allow-list of tags, attributes, link schemes and style properties.
Second: the frame it is shown in has no script, no origin and a policy of its own
(``tickets.api.mail_frame``). Nothing here fetches anything: remote images are addresses that the
caller may replace (blocked) or rewrite (through our proxy).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable

import nh3
import tinycss2
from tinycss2.ast import Node

from helpdesk.lib.errors import InvalidInput

MAX_CHARS = 2_000_000
"""Longer HTML is cut: no mail a person wrote is longer, and a browser would choke on it."""

MAX_DEPTH = 2000
_NESTING_TAG = re.compile(
    r"<(/?)(?:a|abbr|b|bdi|bdo|big|blockquote|center|cite|code|details|div|em|font|i|ins|nav|ol|q|s"
    r"|section|small|span|strike|strong|sub|sup|table|tt|u|ul)[\s/>]",
    re.IGNORECASE,
)

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


def sanitise(html: str, *, image_address: ImageAddress) -> str:
    """The mail's HTML without anything that runs, loads, covers or submits.

    Raises InvalidInput (code ``too_deep``) for HTML made to keep a parser busy.
    Each image's address is what ``image_address`` makes of it. Links open in a new tab and tell
    the other side nothing about where they were followed from.
    """
    if is_too_deep(html):
        raise InvalidInput("This mail's HTML is nested too deeply to be shown.", code="too_deep")
    return nh3.clean(
        html[:MAX_CHARS].replace("\x00", ""),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute_filter(image_address),
        url_schemes=_LINK_SCHEMES | _IMAGE_SCHEMES,
        strip_comments=True,
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )


def is_too_deep(html: str) -> bool:
    """Whether elements are nested so deeply that parsing would take seconds; linear."""
    depth = 0
    for match in _NESTING_TAG.finditer(html[:MAX_CHARS]):
        depth += -1 if match.group(1) else 1
        depth = max(depth, 0)
        if depth > MAX_DEPTH:
            return True
    return False


def is_remote(address: str) -> bool:
    """Whether showing this image would fetch it from somewhere else."""
    return address.strip().lower().startswith(("http:", "https:", "//"))


def _attribute_filter(image_address: ImageAddress) -> Callable[[str, str, str], str | None]:
    def keep(tag: str, name: str, value: str) -> str | None:
        if name == "style":
            return safe_style(value) or None
        if tag == "img" and name == "src":
            return _image(value.strip(), image_address)
        if name in ("href", "cite"):
            return value if _scheme_of(value) in _LINK_SCHEMES else None
        return value

    return keep


def _image(address: str, image_address: ImageAddress) -> str | None:
    lowered = address.lower()
    if lowered.startswith("data:"):
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
    kept = []
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
