"""Which part of a mail its author newly wrote. The rest is a quote or a signature: folded, kept.

Works on lines. Every pattern runs on one short line or on a few joined ones, with RE2, so the
time grows linearly with the text. Where nothing would be left over, the text itself is returned.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import re2

from integrations.email.html_text import HtmlText
from integrations.email.parsed_mail import ReplyParts
from integrations.email.reply_languages import (
    AFTER_DEVICE,
    DEVICES,
    FROM_LABELS,
    OPENERS,
    SENT_FROM,
    SENT_LABELS,
    SEPARATORS,
    SUBJECT_LABELS,
    TO_LABELS,
    WEEKDAYS,
    WROTE,
)

MAX_CHARS = 200_000
MAX_LINES = 4_000
_MAX_HEADER_LINES = 6
_MAX_HEADER_CHARS = 400


def _alternatives(words: list[str] | frozenset[str]) -> str:
    return "|".join(sorted((re.escape(word) for word in words), key=len, reverse=True))


_TIME = r"\d{1,2}[:.h]\d{2}"
_YEAR = r"(?:19|20)\d{2}"
_DAY = r"\d{1,4}[./-]\d{1,2}(?:[./-]\d{1,4})?|\d{1,2}\.? +(?:de +)?\pL{3,}|\pL{3,}\.? +\d{1,2}\b|\d+ *[年년]"
_DATE = re2.compile(rf"(?i){_TIME}|\b{_YEAR}\b|{_DAY}")
_FULL_DATE = re2.compile(rf"(?i){_TIME}|\b{_YEAR}\b|\b\d{{1,2}}[./-] ?\d{{1,2}}[./-] ?\d{{2,4}}")
_YEAR_AND_TIME = re2.compile(
    rf"{_YEAR}[^\n]{{0,60}}\d{{1,2}}[:.]\d{{2}}|\d{{1,2}}[:.]\d{{2}}[^\n]{{0,60}}{_YEAR}"
)
_ANGLE_ADDRESS = re2.compile(r"<[^<>@\s]+@[^<>@\s]+>")
_ADDRESS = re2.compile(r"[^\s<>\"@]+@[^\s<>\"@]+\.[^\s<>\"@]+")
_VERB = re2.compile(
    rf"(?i)(?:^|[\s>\])\"'.,;)(])(?:{_alternatives(WROTE)})(?:$|[\s:：,(\"])|(?:写道|寫道|のメール|작성)|>wrote"
)
_ENDS_WITH_VERB = re2.compile(
    rf"(?i)(?:^|[\s>\])\"'.,])(?:{_alternatives(WROTE)})(?: *\(?[aа]\)?)?[ :：*_]*$|(?:写道|寫道|작성)[ :：]*$|>wrote[ :]*$"
)
_OPENING = re2.compile(
    rf"(?i)^(?:(?:{_alternatives(OPENERS)})\s|(?:{_alternatives(WEEKDAYS)})[.,،]{{0,2}} ?(?:\pL+\.? )?\d|\pL+day\b"
    rf"|[\pL\pM.'’-]{{2,15}}[.,]? *\d|\d|<|[\"'“]?[\pL\pM][^:]{{0,120}}<[^<>@\s]+@)"
)
_OLD_GMAIL = re2.compile(r"^\d{4}[/-]\d{1,2}[/-]\d{1,2}\s[^<>]{1,100}<[^<>@\s]+@[^<>@\s]+>$")
_NAME_WROTE = re2.compile(
    r"(?i)^[\"'“]?[\pL\pM][^:!?]{0,80} (?:wrote|writes|schrieb|a écrit|escribió|escreveu|ha scritto"
    r"|napisał|schreef|skrev|kirjoitti|написал|пише|napsal)\s?:$"
)
_SEPARATOR = re2.compile(
    r"^[\s>*_|]*[-–—_=~]{2,}[\s*_]*(\pL[^-–—_=~]{2,70}(?:-\pL[^-–—_=~]{2,30})?)[\s*_]*[-–—_=~]{2,}[\s*_]*$"
)
_RULE = re2.compile(r"^\s*\*?(?:[-_=~–—*]\s?){3,}\*?\s*$")
_QUOTED = re2.compile(r"^\s{0,3}(?:>|\|\s|\|$|[A-Z][A-Za-z]{0,2}>(?:\s|$))")
_SIGNATURE = re2.compile(r"^\s{0,3}(?:--|—|–|__|-- ?\*?)\s*$|^\s{0,3}_{5,}\s*$|^\s{0,3}-{3,}\s*$")
_MOBILE = re2.compile(
    rf"(?i)^\W{{0,3}}(?:{_alternatives(SENT_FROM)})\s?(?P<rest>[^,;!?]{{1,60}}?)[.!]?\W{{0,3}}$"
)
_DEVICE = re2.compile(rf"(?i){_alternatives(DEVICES)}")
_MOBILE_AFTER = re2.compile(
    rf"(?i)^\W{{0,3}}[^,;!?]{{2,40}}?(?:{_alternatives(AFTER_DEVICE)})[.!。]?\W{{0,3}}$"
)
_HAS_DIGIT = re.compile(r"\d")
_STRIP_QUOTE = re.compile(r"^[\s>|\u200b-\u200f\u202a-\u202e]{0,80}")
_DASHED = re.compile(r"^-{2,8}\s*|\s*-{2,8}$")


@dataclass(slots=True)
class _Cut:
    """A line where foreign text begins: `start` to `end` is its header, the quote follows."""

    start: int
    end: int
    is_attribution: bool


def split_reply(text: str) -> ReplyParts:
    """New text, trailing quote and signature of a plain-text body. Linear in the text.

    Only the first MAX_CHARS and MAX_LINES are looked at; what comes after stays with what it
    follows.
    """
    lines = text[:MAX_CHARS].split("\n")[:MAX_LINES]
    tail = text[sum(len(line) + 1 for line in lines) - 1 :]
    quoted = [_is_quoted(line) for line in lines]
    _mend_wrapped_quotes(lines, quoted)
    kept, quote_line = _new_lines(lines, quoted)
    signature_at = _signature_start(lines, kept)
    signature: list[int] = []
    if signature_at is not None:
        signature = [number for number in kept if number >= signature_at]
        kept = [number for number in kept if number < signature_at]
        if any(lines[number].strip() and not quoted[number] for number in kept):
            kept, quote_line = _without_trailing_quote(lines, quoted, kept, quote_line)
    kept = _trim(lines, kept)
    return _parts(text, lines, kept, signature, quote_line, tail)


def split_html_reply(html_text: HtmlText) -> ReplyParts:
    """The same for a body made from HTML, where markup tells quotes more surely than words."""
    text = html_text.text
    start = html_text.quote_start
    if start is None or not text[:start].strip():
        return _without_marked_signature(split_reply(text), html_text)
    own = ReplyParts(text[:start])
    inner = split_reply(text[:start])
    reply = inner.reply_text if inner.reply_text.strip() else own.reply_text.strip()
    parts = ReplyParts(reply, text[len(reply) :].strip("\n"), inner.signature_text, start)
    return _without_marked_signature(parts, html_text)


def _without_marked_signature(parts: ReplyParts, html_text: HtmlText) -> ReplyParts:
    """Drop a signature the mail program marked as one from the end of the reply."""
    start, end = html_text.signature_start, html_text.signature_end
    if start is None or end is None:
        return parts
    signature = html_text.text[start:end].strip()
    reply = parts.reply_text.rstrip()
    if not signature or not reply.endswith(signature) or reply == signature:
        return parts
    reply = reply[: -len(signature)].rstrip().removesuffix("--").rstrip()
    return ReplyParts(reply, parts.quoted_text, signature, parts.quote_start)


def _parts(
    text: str,
    lines: list[str],
    kept: list[int],
    signature: list[int],
    quote_line: int | None,
    tail: str,
) -> ReplyParts:
    reply = "\n".join(lines[number] for number in kept).strip("\n").rstrip()
    if not reply.strip() and quote_line is None:
        return ReplyParts(text.strip("\n").rstrip())
    used = set(kept) | set(signature)
    rest = [line for number, line in enumerate(lines) if number not in used]
    quoted_text = "\n".join(rest).strip("\n")
    if quote_line is None and not signature and not quoted_text.strip():
        return ReplyParts((reply.lstrip("\n") + tail).rstrip())
    offset = None
    if quote_line is not None:
        offset = sum(len(line) + 1 for line in lines[:quote_line])
    return ReplyParts(
        reply.lstrip("\n"),
        quoted_text + tail,
        "\n".join(lines[number] for number in signature).strip("\n"),
        offset,
    )


def _is_quoted(line: str) -> bool:
    return bool(line) and bool(_QUOTED.search(line[:40]))


def _mend_wrapped_quotes(lines: list[str], quoted: list[bool]) -> None:
    """Lines a mail program wrapped without repeating the `>` belong to the quote around them."""
    for number in range(1, len(lines) - 1):
        if quoted[number] or not quoted[number - 1] or not lines[number].strip():
            continue
        if quoted[number + 1] and len(lines[number - 1]) > 50 and lines[number - 1].strip(" >"):
            quoted[number] = True


def _new_lines(lines: list[str], quoted: list[bool]) -> tuple[list[int], int | None]:
    """Numbers of the lines that are new text, and the line where the first quote starts."""
    cut = _find_cut(lines, quoted, 0)
    if cut is None:
        return _without_trailing_quote(lines, quoted, list(range(len(lines))))
    cut.start = _start_with_rule(lines, cut.start)
    before = [number for number in range(cut.start) if not _is_rule(lines[number])]
    if any(lines[number].strip() and not quoted[number] for number in before):
        return _lines_around(lines, quoted, cut)
    return _lines_below(lines, quoted, cut)


def _start_with_rule(lines: list[str], start: int) -> int:
    """The line drawn above a quote header belongs to the quote."""
    above = start - 1
    while above >= 0 and not lines[above].strip():
        above -= 1
    return above if above >= 0 and _is_rule(lines[above]) else start


def _lines_around(lines: list[str], quoted: list[bool], cut: _Cut) -> tuple[list[int], int | None]:
    """New text stands above the quote: below it only counts where it answers `>` lines."""
    above = list(range(cut.start))
    below = range(cut.end, len(lines))
    if not cut.is_attribution or not _starts_quoted(lines, quoted, cut.end):
        return _without_trailing_quote(lines, quoted, above, cut.start)
    signature = _signature_start(lines, [n for n in below if not quoted[n]], has_text=True)
    fresh = [n for n in below if not quoted[n] and lines[n].strip() and not _is_rule(lines[n])]
    fresh = [n for n in fresh if signature is None or n < signature]
    if fresh and _find_cut(lines, quoted, fresh[0]) is not None:
        fresh = []
    if not fresh:
        return _without_trailing_quote(lines, quoted, above, cut.start)
    kept = above + list(below)
    kept, trailing = _without_trailing_quote(lines, quoted, kept)
    return kept, trailing if trailing is not None else cut.start


def _lines_below(lines: list[str], quoted: list[bool], cut: _Cut) -> tuple[list[int], int | None]:
    """The mail opens with a quote: what follows is the answer, or a mail passed on."""
    start = cut.end
    while start < len(lines) and not lines[start].strip():
        start += 1
    if start < len(lines) and quoted[start] and cut.is_attribution:
        while start < len(lines) and (quoted[start] or not lines[start].strip()):
            start += 1
    elif start < len(lines) and quoted[start]:
        return list(range(start, len(lines))), None
    rest = [*lines[:0], *lines[start:]]
    kept, quote_line = _new_lines(rest, quoted[start:])
    numbers = [number + start for number in kept]
    return numbers, cut.start if quote_line is None else min(cut.start, quote_line + start)


def _without_trailing_quote(
    lines: list[str], quoted: list[bool], kept: list[int], quote_line: int | None = None
) -> tuple[list[int], int | None]:
    """Drop `>` lines at the end, unless nothing else is there."""
    end = len(kept)
    last_quoted = end
    while end and (quoted[kept[end - 1]] or not lines[kept[end - 1]].strip()):
        end -= 1
        if quoted[kept[end]]:
            last_quoted = end
    if end == 0 or last_quoted == len(kept):
        return kept, quote_line
    start = kept[last_quoted]
    return kept[:last_quoted], start if quote_line is None else min(start, quote_line)


def _starts_quoted(lines: list[str], quoted: list[bool], start: int) -> bool:
    for number in range(start, len(lines)):
        if lines[number].strip():
            return quoted[number]
    return False


def _find_cut(lines: list[str], quoted: list[bool], start: int) -> _Cut | None:
    """The first line from `start` on where somebody else's mail begins."""
    for number in range(start, len(lines)):
        line = lines[number]
        if not line or line.isspace() or len(line) > 1_000:
            continue
        cut = _cut_at(lines, quoted, number)
        if cut is not None:
            return cut
    return None


def _cut_at(lines: list[str], quoted: list[bool], number: int) -> _Cut | None:
    line = lines[number]
    if _is_separator(line):
        return _Cut(number, _end_of_block(lines, number + 1), is_attribution=False)
    if ":" in line or "：" in line:
        end = _header_block_end(lines, number)
        if end is not None:
            return _Cut(number, end, is_attribution=False)
    return _attribution_at(lines, quoted, number)


def _is_separator(line: str) -> bool:
    match = _SEPARATOR.search(line) if len(line) < 200 else None
    if match:
        words = match[1].strip(" *_").rstrip(" :").lower()
        return words in SEPARATORS or any(words.startswith(phrase) for phrase in _LONG_SEPARATORS)
    bare = _STRIP_QUOTE.sub("", line).strip("*_#- ").rstrip(" :：").lower()
    return (
        len(bare) < 80
        and bare in _BARE_SEPARATORS
        and line.rstrip().endswith((":", "：", "-", "#"))
    )


_LONG_SEPARATORS = tuple(phrase for phrase in SEPARATORS if len(phrase) > 4)
_BARE_SEPARATORS = SEPARATORS


def _label_kind(line: str) -> str:
    """Which header a line such as `*Von:* Ada` shows; empty for none."""
    line = _STRIP_QUOTE.sub("", line[:200]).lstrip("*_ ")
    label, colon, _ = line.replace("：", ":").partition(":")
    if not colon or len(label) > 24:
        return ""
    label = label.strip("*_ \u00a0\u202f").lower()
    for kind, labels in _LABELS:
        if label in labels:
            return kind
    return ""


_LABELS = (
    ("from", FROM_LABELS),
    ("sent", SENT_LABELS),
    ("to", TO_LABELS),
    ("subject", SUBJECT_LABELS),
)


def _header_block_end(lines: list[str], start: int) -> int | None:
    """Line after an Outlook-like header block that begins at `start`; None when none does."""
    first = _label_kind(lines[start])
    if not first or first == "to":
        return None
    kinds = {first}
    end = number = start + 1
    blanks = 0
    while number < min(len(lines), start + 14):
        line = _STRIP_QUOTE.sub("", lines[number])
        kind = _label_kind(line)
        if kind:
            kinds.add(kind)
            end, blanks = number + 1, 0
        elif not line.strip():
            blanks += 1
            if blanks > 1 or len(kinds) >= 3:
                break
        elif blanks or number - end >= 3:
            break
        number += 1
    is_named = "from" in kinds and len(kinds) >= 3
    is_short = kinds >= {"from", "sent"} and any("@" in line for line in lines[start:end])
    return end if is_named or is_short else None


def _end_of_block(lines: list[str], start: int) -> int:
    """Line after the headers that follow a separator, when there are any."""
    number = start
    while number < len(lines) and number < start + 3 and not lines[number].strip(" >"):
        number += 1
    end = number
    seen = 0
    while end < len(lines) and end < number + 14:
        kind = _label_kind(lines[end])
        line = lines[end].strip(" >")
        if not line or (not kind and not seen):
            break
        seen += bool(kind)
        end += 1
    return end if seen >= 2 else start


def _attribution_at(lines: list[str], quoted: list[bool], number: int) -> _Cut | None:
    """A line such as "On 3 May, Ada wrote:", perhaps wrapped over a few lines."""
    first = _DASHED.sub("", _STRIP_QUOTE.sub("", lines[number]).strip("*_ "))
    if len(first) < 250 and _is_dated_address(first):
        return _Cut(number, number + 1, is_attribution=True)
    if not _OPENING.search(first[:200]):
        return _name_wrote(lines, quoted, number, first)
    joined = ""
    blanks = 0
    for end in range(number, min(len(lines), number + _MAX_HEADER_LINES + 2)):
        piece = _STRIP_QUOTE.sub("", lines[end]).strip("*_ \t\u00a0\u200f\u200e")
        piece = _DASHED.sub("", piece)
        if not piece:
            blanks += 1
            if blanks > 1 or (not joined.endswith(("<", ",")) and not _continues(lines, end)):
                break
            continue
        joined = f"{joined} {piece}" if joined else piece
        if len(joined) > _MAX_HEADER_CHARS:
            break
        if _is_attribution(joined, has_wraps=end > number):
            if end > number and _is_sentence(first):
                break
            return _Cut(number, end + 1, is_attribution=True)
        if joined.endswith((".", "!", "?")) and not _ADDRESS.search(joined) and end > number:
            break
    return _name_wrote(lines, quoted, number, first)


def _is_dated_address(line: str) -> bool:
    """A line with a full date, a time and an address before its colon: a header in any language."""
    is_closed = line.rstrip(" \u200e\u200f\u202c").endswith((":", "："))
    return is_closed and bool(_YEAR_AND_TIME.search(line)) and bool(_ANGLE_ADDRESS.search(line))


def _is_sentence(line: str) -> bool:
    """Whether a line above a wrapped header is text of its own: no date, no address, no comma."""
    return not (_HAS_DIGIT.search(line) or "@" in line or line.endswith((",", "<")))


def _continues(lines: list[str], blank: int) -> bool:
    """Whether an address in angle brackets follows a blank line inside a wrapped header."""
    return blank + 1 < len(lines) and lines[blank + 1].strip().startswith("<")


def _is_attribution(text: str, *, has_wraps: bool) -> bool:
    has_date = bool(_DATE.search(text))
    has_address = bool(_ADDRESS.search(text))
    ends_with_colon = text.endswith((":", "：", ":*"))
    if ends_with_colon and has_date and has_address:
        return True
    if ends_with_colon and _FULL_DATE.search(text) and _VERB.search(text):
        return True
    if has_date and has_address and _ENDS_WITH_VERB.search(text):
        return True
    if has_date and not has_wraps and text.lower().startswith("on ") and text.endswith(" wrote"):
        return True
    if not ends_with_colon:
        return bool(_OLD_GMAIL.search(text))
    return has_address and bool(_ENDS_WITH_VERB.search(text))


def _name_wrote(lines: list[str], quoted: list[bool], number: int, first: str) -> _Cut | None:
    """ "Ada wrote:" without a date counts only right above a quote."""
    if len(first) > 120 or not _NAME_WROTE.search(first):
        return None
    if not _starts_quoted(lines, quoted, number + 1):
        return None
    return _Cut(number, number + 1, is_attribution=True)


def _is_rule(line: str) -> bool:
    return bool(line) and bool(_RULE.search(line[:200]))


def _signature_start(lines: list[str], kept: list[int], *, has_text: bool = False) -> int | None:
    """Line where the signature begins: a delimiter, or "Sent from my …"; None without one."""
    in_code = False
    for position, number in enumerate(kept):
        line = lines[number]
        stripped = line.strip()
        if stripped.startswith("```"):
            in_code = not in_code
        if in_code or not stripped:
            continue
        if has_text and _is_mobile_line(stripped):
            return number
        if has_text and len(stripped) < 80 and _SIGNATURE.search(line):
            following = [lines[n] for n in kept[position + 1 :] if lines[n].strip()]
            if stripped in ("--", "—", "–", "__") or _reads_like_signature(following):
                return number
        has_text = has_text or not _is_rule(line)
    return None


def _reads_like_signature(lines: list[str]) -> bool:
    """Whether the lines under a drawn rule are few and short, or a list server's footer."""
    return len(lines) <= 12 and sum(len(line) for line in lines) < 1_500


def _is_mobile_line(line: str) -> bool:
    if len(line) > 90:
        return False
    match = _MOBILE.search(line)
    if match:
        rest = match["rest"].strip()
        return len(rest.split()) <= 6 and (bool(_DEVICE.search(line)) or _is_brand(line))
    return bool(_DEVICE.search(line)) and bool(_MOBILE_AFTER.search(line))


def _is_brand(line: str) -> bool:
    """Whether the last word looks like a product name: "Sent from my Foo 4G"."""
    words = line.split()
    return (
        line.lower().startswith("sent from my ")
        and len(words) <= 8
        and words[4:5] != []
        and words[4][0].isupper()
    )


def _trim(lines: list[str], kept: list[int]) -> list[int]:
    """Without blank lines and drawn rules at the end, and blank lines at the start."""
    start, end = 0, len(kept)
    while end and (not lines[kept[end - 1]].strip() or _is_rule(lines[kept[end - 1]])):
        end -= 1
    while start < end and not lines[kept[start]].strip():
        start += 1
    return kept[start:end]
