"""Preparing a customer's words for the classifier: cleaning, folding, cutting into sentences.

Nothing here knows an intent. Every function is linear in the length of its input.
"""

import re
import unicodedata

MAX_TEXT_CHARS = 6_000
MAX_SENTENCES = 12
MAX_SENTENCE_CHARS = 400
MAX_CLAUSE_CHARS = 180
MIN_CLAUSE_CHARS = 40
# Encoding costs about 15 microseconds a character: what a customer wants stands near the top.
MAX_SENTENCES_CHARS = 1_200

_ADDRESS_OR_LINK = re.compile(
    r"\b(?:https?://|www\.)\S{1,500}|[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
)
_DIGITS = re.compile(r"\d+")
# NFKC takes this Thai vowel apart; people, patterns and the encoder write it as one sign.
_THAI_AM_IN_PARTS, _THAI_AM = "\u0e4d\u0e32", "\u0e33"
_SPACE = re.compile(r"[^\S\n]+")
_SENTENCE_END = re.compile(r"[。！？]+|[!?…]+(?=\s|$)|\.+(?=\s|$)|\n+|;\s")
_ENDS_WITH_ABBREVIATION = re.compile(
    r"(?:^|\s)(?:[a-zčřž№]|nr|no|art|tel|str|ul|cca|bzw|ca|resp|tzn|mr|mrs|ms|dr|ref|obj|zam|núm|num|cmd|зак|стр|ул|т)$",
    re.IGNORECASE,
)
# Chat without full stops: where two thoughts meet, in the languages that are written with spaces.
_JOINT = re.compile(
    r"[,;:] (?=\w)|\.\.+ ?| (?=(?:and|but|because|so|then|und|aber|weil|denn|dann|et|mais|car|donc|puis|parce|y|pero|porque|entonces|"
    r"a|ale|bo|więc|potem|i|protože|takže|pak|и|но|потому|поэтому|потом)\s)",
    re.IGNORECASE,
)
_CJK_OR_THAI = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def _folding_table() -> dict[int, str]:
    table = {}
    for code in range(0xC0, 0x250):
        base = unicodedata.normalize("NFD", chr(code))[0]
        if base.isascii():
            table[code] = base.lower()
    table.update({ord(sign): plain for sign, plain in zip("łŁøØđĐıœŒæÆß", "llooddi", strict=False)})
    table.update({ord("œ"): "oe", ord("Œ"): "oe", ord("æ"): "ae", ord("Æ"): "ae", ord("ß"): "ss"})
    table.update({ord("ё"): "е", ord("Ё"): "е"})
    table.update({ord(sign): "'" for sign in "\u2018\u2019\u201b\u00b4`\u02bc"})
    return table


_FOLDING = _folding_table()


def clean(text: str) -> str:
    """The text in NFKC with links and addresses taken out, spaces collapsed, capped in length."""
    text = text[:MAX_TEXT_CHARS].encode("utf-8", "replace").decode()  # half a surrogate is no text
    text = unicodedata.normalize("NFKC", text).replace(_THAI_AM_IN_PARTS, _THAI_AM)
    text = _ADDRESS_OR_LINK.sub(" ", text).replace("\r", "\n")
    return _SPACE.sub(" ", text).strip()


def fold(text: str) -> str:
    """Lower case without Latin accents: people write `zamowienie` as often as `zamówienie`."""
    return text.lower().translate(_FOLDING)


def without_numbers(text: str) -> str:
    """Every run of digits becomes the same number: which order it is does not change the wish."""
    return _DIGITS.sub("12", text)


def is_unspaced(text: str) -> bool:
    """True where words are written without spaces between them (Chinese, Japanese, Thai)."""
    return _CJK_OR_THAI.search(text) is not None


def sentences_of(text: str) -> list[str]:
    """The first sentences of a cleaned text, up to the two limits above; never an empty one."""
    found: list[str] = []
    start = 0
    for end in _SENTENCE_END.finditer(text):
        if end.group().startswith(".") and _ENDS_WITH_ABBREVIATION.search(
            text[max(start, end.start() - 8) : end.start()]
        ):
            continue
        _add(found, text[start : end.end()])
        start = end.end()
        if len(found) == MAX_SENTENCES or sum(map(len, found)) >= MAX_SENTENCES_CHARS:
            return found
    _add(found, text[start:])
    return found


def _add(found: list[str], piece: str) -> None:
    piece = piece.strip(" \n\t-–•*>|")[:MAX_SENTENCE_CHARS]
    if any(sign.isalnum() for sign in piece) or (piece and not piece.isascii()):
        found += _clauses(piece) if len(piece) > MAX_CLAUSE_CHARS else [piece]


def _clauses(piece: str) -> list[str]:
    """A sentence that runs on and on, cut where a new thought begins; none shorter than a thought."""
    cut, start = [], 0
    for joint in _JOINT.finditer(piece):
        if (
            joint.start() - start >= MIN_CLAUSE_CHARS
            and len(piece) - joint.end() >= MIN_CLAUSE_CHARS
        ):
            cut.append(piece[start : joint.start()].strip())
            start = joint.start() + len(joint.group()) - len(joint.group().lstrip(" ,;"))
    return [*cut, piece[start:].strip()]
