"""STOP, START and HELP: the words by which people opt out and in, as carriers know them.

Only a message that is nothing but the word counts. Words with another everyday meaning (CANCEL,
YES) are obeyed too, because the carrier obeys them, but such a message is still a person's.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

STOP = frozenset({
    "STOP", "STOPALL", "STOP ALL", "UNSUBSCRIBE", "OPTOUT", "OPT OUT", "REVOKE",
    "STOPP", "ABMELDEN", "ABBESTELLEN",          # de
    "ARRET", "ARRETER", "DESABONNER",            # fr
    "ALTO", "PARAR", "BAJA",                     # es
    "ZATRZYMAJ", "REZYGNUJE",                    # pl
    "ODHLASIT",                                  # cs
    "СТОП", "ОТПИСАТЬСЯ",                        # ru
    "หยุด", "ยกเลิกรับข่าวสาร",                      # th
    "停止", "退订", "退訂", "取消订阅",               # zh
})  # fmt: skip
STOP_MAYBE = frozenset({"CANCEL", "END", "QUIT"})
START = frozenset({
    "START", "UNSTOP", "SUBSCRIBE", "ANMELDEN", "COMMENCER", "COMENZAR", "INICIAR", "СТАРТ",
    "เริ่ม", "开始", "開始",
})  # fmt: skip
START_MAYBE = frozenset({"YES"})
HELP = frozenset({
    "HELP", "INFO", "HILFE", "AIDE", "AYUDA", "POMOC", "ПОМОЩЬ", "ช่วยเหลือ", "帮助", "幫助",
})  # fmt: skip
_EDGES = re.compile(r"^[\s\"'.!¡?]+|[\s\"'.!?]+$")

Meaning = Literal["stop", "start", "help", ""]


@dataclass(frozen=True)
class Keyword:
    """What the message is; ``is_plain`` words say nothing else to anybody."""

    meaning: Meaning = ""
    is_plain: bool = False

    @property
    def opts_out(self) -> bool | None:
        return {"stop": True, "start": False}.get(self.meaning)


def keyword_of(text: str, said_by_twilio: str = "") -> Keyword:
    """``said_by_twilio`` is its ``OptOutType``, which decides where it is there."""
    word = _plain(text)
    told = said_by_twilio.strip().lower()
    if told == "stop":
        return Keyword("stop", word in STOP)
    if told == "start":
        return Keyword("start", word in START)
    if told == "help":
        return Keyword("help", is_plain=True)
    for meaning, plain, maybe in _TABLE:
        if word in plain or word in maybe:
            return Keyword(meaning, word in plain)
    return Keyword()


_TABLE: tuple[tuple[Meaning, frozenset[str], frozenset[str]], ...] = (
    ("stop", STOP, STOP_MAYBE),
    ("start", START, START_MAYBE),
    ("help", HELP, frozenset()),
)


def _plain(text: str) -> str:
    """Upper case, without accents on Latin letters, without quotes and stops around it."""
    folded = unicodedata.normalize("NFD", " ".join(_EDGES.sub("", text).split()).upper())
    bare = "".join(each for each in folded if not "\u0300" <= each <= "\u036f")
    return unicodedata.normalize("NFC", bare.replace("Ł", "L"))
