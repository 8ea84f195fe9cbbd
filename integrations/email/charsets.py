"""Bytes to text for mail: declared charsets, wrong ones, missing ones. The result is always clean.

Clean means: valid UTF-8 when encoded, no NUL, no lone surrogate.
"""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

# Labels mailers use that Python does not know, or knows too narrowly (WHATWG encoding labels).
_ALIASES = {
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "iso_8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "ansi": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "gb_2312-80": "gb18030",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "euc-kr": "cp949",
    "ksc5601": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "ms_kanji": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-1": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "big5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "unicode-1-1-utf-7": "utf-7",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "utf-8-sig": "utf-8",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "macroman": "mac_roman",
    "x-mac-ce": "mac_latin2",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-cp1250": "cp1250",
    "x-cp1251": "cp1251",
    "x-cp1252": "cp1252",
    "x-user-defined": "cp1252",
    "unknown-8bit": "",
    "x-unknown": "",
    "unknown": "",
    "default": "",
    "binary": "",
    "8bit": "",
    "7bit": "",
}
_NOT_FOR_TEXT = frozenset(
    {
        "idna",
        "punycode",
        "unicode-escape",
        "raw-unicode-escape",
        "undefined",
        "palmos",
        "mbcs",
        "oem",
    }
)
_NOT_ASCII_BASED = ("utf-16", "utf-32", "utf-7", "hz", "cp037", "cp500", "cp1140")
_DIRT = re.compile("[\x00\ud800-\udfff]")
_WINDOWS_LABEL = re.compile(r"(?:x-)?(?:windows|cp|ibm|win)[-_]?(\d{3,4})\Z")
_ISO_LABEL = re.compile(r"(?:x-)?iso[-_ ]?8859[-_ ]?(\d{1,2})(?:-[a-z])?\Z")


@lru_cache(maxsize=256)
def find_codec(label: str) -> str | None:
    """The Python codec for a charset label from a mail; None when unknown or unsafe."""
    name = label.strip().strip("\"'").lower().replace(" ", "")[:40]
    name = _ALIASES.get(name, name)
    if windows := _WINDOWS_LABEL.match(name):
        name = {"936": "gb18030", "949": "cp949", "932": "cp932"}.get(windows[1], f"cp{windows[1]}")
    elif iso := _ISO_LABEL.match(name):
        name = {"1": "cp1252", "9": "cp1254", "11": "cp874"}.get(iso[1], f"iso8859-{iso[1]}")
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return None
    is_text = getattr(info, "_is_text_encoding", True)
    return info.name if is_text and info.name not in _NOT_FOR_TEXT else None


def clean_text(text: str) -> str:
    """The same text without NUL; lone surrogates become U+FFFD."""
    if text.isascii() and "\x00" not in text:
        return text
    if not _DIRT.search(text):
        return text
    joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return joined.replace("\x00", "")


def decode_text(data: bytes, charset: str = "") -> tuple[str, str | None]:
    """Text of `data`, and a defect in words when the declared charset did not fit."""
    codec = find_codec(charset) if charset else None
    is_plain = data.isascii() and b"\x1b" not in data and b"\x00" not in data
    if is_plain and not (codec and codec.startswith(_NOT_ASCII_BASED)):
        return data.decode("ascii"), None if codec or not charset else _unknown(charset)
    if codec == "ascii":
        return clean_text(_guess(data)), f"charset: bytes are not {charset[:40]}"
    if codec is None:
        return clean_text(_guess(data)), _unknown(charset) if charset else None
    return _decode_declared(data, charset, codec)


def _decode_declared(data: bytes, charset: str, codec: str) -> tuple[str, str | None]:
    try:
        return clean_text(data.decode(codec)), None
    except (UnicodeError, ValueError):
        defect = f"charset: bytes are not {charset[:40]}"
    if codec != "utf-8":
        try:
            return clean_text(data.decode("utf-8")), defect
        except UnicodeError:
            pass
    if codec == "utf-8" and not _looks_like_utf8(data):
        return clean_text(_guess(data)), defect
    return clean_text(data.decode(codec, "replace")), defect


def _unknown(charset: str) -> str:
    return f"charset: unknown {charset[:40]!r}"


def _looks_like_utf8(data: bytes) -> bool:
    """Whether most non-ASCII characters are good UTF-8, i.e. only a few are broken."""
    text = data[:20_000].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return sum(1 for char in text if char >= "\x80") - broken >= broken


_ISO_2022 = (
    (b"\x1b$B", "iso2022_jp_ext"),
    (b"\x1b$@", "iso2022_jp_ext"),
    (b"\x1b$)C", "iso2022_kr"),
)


def _guess(data: bytes) -> str:
    """Best text for bytes nobody labelled: BOM, ISO-2022, UTF-8, else statistics on the bytes."""
    for bom, codec in (
        (b"\xef\xbb\xbf", "utf-8-sig"),
        (b"\xff\xfe", "utf-16"),
        (b"\xfe\xff", "utf-16"),
    ):
        if data.startswith(bom):
            return data.decode(codec, "replace")
    for escape, codec in _ISO_2022:
        if escape in data:
            return data.decode(codec, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeError:
        pass
    if _looks_like_utf8(data):
        return data.decode("utf-8", "replace")
    return data.decode(_guess_legacy(data[:20_000]), "replace")


def _guess_legacy(data: bytes) -> str:
    """Codec for unlabelled 8-bit text: Cyrillic and East Asian where they fit clearly, else cp1252."""
    high = sum(1 for byte in data if byte >= 0x80)
    letters = sum(1 for byte in data if chr(byte).isascii() and chr(byte).isalpha())
    if high > letters * 2:
        for codec in ("gb18030", "cp932", "euc_jp", "cp949", "big5hkscs"):
            if _share_of_cjk(data, codec) > 0.9:
                return codec
        lower = sum(1 for byte in data if byte >= 0xE0)
        koi_lower = sum(1 for byte in data if 0xC0 <= byte < 0xE0)
        return "koi8_r" if koi_lower > lower * 2 else "cp1251"
    return "cp1252"


_COMMON_CJK = re.compile(
    "[\u3040-\u30ff\uac00-\ud7a3，。、！？：的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里]"
)


def _share_of_cjk(data: bytes, codec: str) -> float:
    """How many of the non-ASCII characters are everyday Chinese, Japanese or Korean (0 to 1)."""
    try:
        text = data.decode(codec)
    except UnicodeError:
        return 0.0
    wide = [char for char in text if ord(char) >= 0x80]
    if not wide:
        return 0.0
    cjk = sum(
        1
        for char in wide
        if "\u3000" <= char <= "\u9fff"
        or "\uac00" <= char <= "\ud7a3"
        or "\uff00" <= char <= "\uff60"
    )
    common = len(_COMMON_CJK.findall("".join(wide)))
    return cjk / len(wide) if common * 12 >= len(wide) else 0.0
