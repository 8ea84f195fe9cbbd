"""“4”, “4!”, “5 thanks”: a number sent back to a survey, in any script, with thanks around it or not.

Whatever says more than that is a message, never a score: a person reads it. Strict on purpose,
since a wrong score is worse than none.
"""

from __future__ import annotations

import re
import unicodedata

MAX_CHARS = 60

_CHINESE = {"零": 0, "〇": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}  # fmt: skip

_COURTESY = (
    # en
    "thank you very much", "thank you so much", "thank you", "many thanks", "thanks a lot",
    "thanks so much", "thanks", "thx", "ty", "cheers", "stars", "star", "points", "point",
    # de
    "vielen lieben dank", "vielen dank", "danke schön", "dankeschön", "danke sehr", "danke", "dank",
    "sterne", "stern", "punkte", "punkt",
    # fr
    "merci beaucoup", "merci bien", "merci", "étoiles", "étoile", "points",
    # es
    "muchas gracias", "muchísimas gracias", "gracias", "estrellas", "estrella", "puntos", "punto",
    # pl
    "bardzo dziękuję", "dziękuję bardzo", "dziękuję", "dziekuje", "dzięki", "dzieki",
    "gwiazdki", "gwiazdek", "gwiazdka", "punktów", "punkty",
    # cs
    "děkuji mockrát", "moc děkuji", "děkuji", "dekuji", "děkuju", "díky", "diky",
    "hvězdiček", "hvězdičky", "hvězdička", "bodů", "body", "bod",
    # ru
    "большое спасибо", "спасибо большое", "спасибо", "благодарю", "звёзд", "звезд", "звёзды",
    "звезды", "звезда", "баллов", "балла", "балл",
    # zh
    "非常感谢", "十分感谢", "谢谢你", "谢谢您", "谢谢", "謝謝", "多谢", "感谢", "颗星", "星", "分",
    # th
    "ขอบคุณมาก", "ขอบคุณ", "ขอบใจ", "ค่ะ", "คะ", "ครับ", "คะแนน", "ดาว",
)  # fmt: skip
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3400-\u9fff]")


def _pattern(phrase: str) -> str:
    """Words stand alone; Thai and Chinese write none apart."""
    said = re.escape(unicodedata.normalize("NFKC", phrase).casefold()).replace(r"\ ", r"\s+")
    return said if _UNSPACED.search(phrase) else rf"(?<!\w){said}(?!\w)"


_THANKS = re.compile(
    "|".join(
        [r"[:;]-?[)(dp]", *(_pattern(each) for each in sorted(_COURTESY, key=len, reverse=True))]
    )
)
_NUMBER = re.compile(r"10|[0-9]")
_OF = re.compile(r"(10|[0-9])\s*(?:/|of|out of|von|sur|de|z|ze|из|จาก)\s*(5|10)")
_ASKS = "+-*/=<>%€$£#&@?~^:–—−"
"""Signs that change what a number says: with one of them it is a message."""


def find_score(text: str, scale: range) -> int | None:
    """The score that this text is, where it is one and nothing else; None for any other message."""
    if not text or len(text) > MAX_CHARS:
        return None
    plain = "".join(_digit(sign) for sign in unicodedata.normalize("NFKC", text).casefold())
    said = _bare(_THANKS.sub(" ", plain))
    of_highest = _OF.fullmatch(said)
    if of_highest is not None and int(of_highest[2]) == scale[-1]:
        said = of_highest[1]
    score = int(said) if _NUMBER.fullmatch(said) else _CHINESE.get(said)
    return score if score is not None and score in scale else None


def _digit(sign: str) -> str:
    """A digit of any script as 0 to 9; every other sign as it is."""
    value = unicodedata.decimal(sign, None)
    return sign if value is None else str(value)


def _bare(text: str) -> str:
    """Without spaces, emoji, and marks that mean nothing around a number."""
    begin, end = 0, len(text)
    while begin < end and _is_quiet(text[begin]):
        begin += 1
    while end > begin and _is_quiet(text[end - 1]):
        end -= 1
    return text[begin:end]


def _is_quiet(sign: str) -> bool:
    if sign in _ASKS or "\u0e00" <= sign <= "\u0e7f":
        return False
    return unicodedata.category(sign)[0] in "ZPC" or unicodedata.category(sign) in (
        "So", "Sk", "Mn", "Me",
    )  # fmt: skip
