"""How long a post is in X's own counting: 280 units, in which letters do not weigh the same.

After X's published rules (configuration version 3): Latin, Greek, Cyrillic, Arabic and their like
weigh one unit, everything else two; an address on the web weighs 23 however long it is; an emoji
weighs two, however many signs it is joined of. The text is counted in normal form NFC.
"""

from __future__ import annotations

import re
import unicodedata

MAX_WEIGHT = 280
URL_WEIGHT = 23
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))

_TLDS = (
    "com|org|net|edu|gov|info|biz|name|shop|store|online|site|blog|app|dev|io|co|me|tv|ai|xyz|eu|"
    "de|at|ch|fr|it|es|nl|be|pl|pt|se|no|dk|fi|cz|uk|ie|us|ca|au|nz|jp|cn|kr|in|br|mx|ru|tr|example"
)
_URL = re.compile(
    r"(?<![\w@#$./-])(?:https?://[^\s<>\"'(){}\[\]|]+"
    rf"|(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.)+(?:{_TLDS})(?![\w.-]*\w)(?:/[^\s<>\"'(){{}}\[\]|]*)?)",
    re.IGNORECASE,
)
_TRAILING = ".,:;!?…"
_PICTURE = (
    "[\U0001f000-\U0001f0ff\U0001f10d-\U0001f1e5\U0001f200-\U0001faff\u2600-\u27bf\u2b05-\u2b07"
    "\u2b1b\u2b1c\u2b50\u2b55\u231a\u231b\u2328\u23cf\u23e9-\u23f3\u23f8-\u23fa\u2934\u2935\u3030"
    "\u303d\u3297\u3299\u2122\u2139\u2194-\u2199\u21a9\u21aa\u24c2\u25aa\u25ab\u25b6\u25c0"
    "\u25fb-\u25fe]"
)
_ONE = rf"{_PICTURE}\ufe0f?[\U0001f3fb-\U0001f3ff]?(?:[\U000e0020-\U000e007e]+\U000e007f)?"
_EMOJI = re.compile(rf"[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]\ufe0f?\u20e3|{_ONE}(?:\u200d{_ONE})*")


def weight(text: str) -> int:
    """How many of the 280 units the text takes."""
    text = unicodedata.normalize("NFC", text)
    total, at = 0, 0
    for found in _URL.finditer(text):
        end = found.start() + len(found.group().rstrip(_TRAILING))
        total += _plain_weight(text[at : found.start()]) + URL_WEIGHT
        at = end
    return total + _plain_weight(text[at:])


def _plain_weight(text: str) -> int:
    without, emoji = _EMOJI.subn("", text)
    return 2 * emoji + sum(1 if _is_light(ord(each)) else 2 for each in without)


def _is_light(code: int) -> bool:
    return any(first <= code <= last for first, last in _LIGHT)
