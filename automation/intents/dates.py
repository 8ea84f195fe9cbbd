"""Days a customer names: absolute and relative, in nine languages, only where there is no doubt.

What could be read two ways is left out: "03/04" in English, "Monday" without last or next, a day
that does not exist. A year that is not said is the one that brings the day nearest to today. Every
pattern is bounded, so the time taken is linear in the length of the text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from automation.intents.text import fold
from integrations.commerce.digits import in_plain_digits

MAX_TEXT_CHARS = 20_000
MAX_DAYS = 10
FARTHEST_DAYS = 2 * 366
"""A day farther away than this from today is a birthday or a typing error, not a delivery."""
_BUDDHIST_YEARS = 543


@dataclass(frozen=True, slots=True)
class NamedDay:
    """A day as the customer wrote it (folded), and which one it is."""

    text: str
    day: date


def _table(rows: str) -> dict[str, int]:
    """Lines of words: the first line is 1, the second 2 …"""
    return {
        word: number
        for number, row in enumerate(rows.strip().splitlines(), 1)
        for word in row.split()
    }


# January to December: English, German, French, Spanish, Polish, Czech, Russian, Thai.
_MONTHS = _table(
    """
jan january januar janner janvier janv enero ene stycznia styczen ledna leden января январь มกราคม ม.ค.
feb february februar fevrier fevr febrero lutego luty unora unor февраля февраль กุมภาพันธ์ ก.พ.
mar march marz mars marzo marca marzec brezna brezen марта март มีนาคม มี.ค.
apr april avril avr abril abr kwietnia kwiecien dubna duben апреля апрель เมษายน เม.ย.
may mai mayo maja maj kvetna kveten мая май พฤษภาคม พ.ค.
jun june juni juin junio czerwca czerwiec cervna cerven июня июнь มิถุนายน มิ.ย.
jul july juli juillet juil julio lipca lipiec cervence cervenec июля июль กรกฎาคม ก.ค.
aug august aout agosto ago sierpnia sierpien srpna srpen августа август สิงหาคม ส.ค.
sep sept september septembre septiembre wrzesnia wrzesien zari сентября сентябрь กันยายน ก.ย.
oct october okt oktober octobre octubre pazdziernika pazdziernik rijna rijen октября октябрь ตุลาคม ต.ค.
nov november novembre noviembre listopada listopad ноября ноябрь พฤศจิกายน พ.ย.
dec december dez dezember decembre diciembre dic grudnia grudzien prosince prosinec декабря декабрь ธันวาคม ธ.ค.
"""
)
# Eleventh month in Czech, and so it is in Polish: the same word.
_DAYS_FROM_TODAY = {
    0: "today heute aujourd'hui hoy dzisiaj dzis dnes сегодня 今天 今日 วันนี้",
    -1: "yesterday gestern hier ayer wczoraj vcera вчера 昨天 เมื่อวาน เมื่อวานนี้",
    -2: "vorgestern avant-hier anteayer przedwczoraj predevcirem позавчера 前天 เมื่อวานซืน",
    1: "tomorrow demain jutro zitra завтра 明天 พรุ่งนี้",
    2: "ubermorgen apres-demain pojutrze pozitri послезавтра 后天 มะรืน มะรืนนี้",
}
_RELATIVE = {word: days for days, words in _DAYS_FROM_TODAY.items() for word in words.split()}
_LONGER = {
    "day before yesterday": -2, "day after tomorrow": 2, "pasado manana": 2, "antes de ayer": -2,
}  # fmt: skip
# Monday to Sunday, as far as "last" and "next" go with them.
_WEEKDAYS = _table(
    """
monday montag lundi lunes poniedzialek pondeli понедельник วันจันทร์ 周一 星期一
tuesday dienstag mardi martes wtorek utery вторник วันอังคาร 周二 星期二
wednesday mittwoch mercredi miercoles srode streda stredu среду วันพุธ 周三 星期三
thursday donnerstag jeudi jueves czwartek ctvrtek четверг วันพฤหัส วันพฤหัสบดี 周四 星期四
friday freitag vendredi viernes piatek patek пятницу วันศุกร์ 周五 星期五
saturday samstag samedi sabado sobote sobotu субботу วันเสาร์ 周六 星期六
sunday sonntag dimanche domingo niedziele nedeli воскресенье วันอาทิตย์ 周日 星期日 周天 星期天
"""
)
_LAST = (
    r"last|letzte[nr]?|vergangene[nr]?|pasado|zeszl\w{1,2}|ubiegl\w{1,2}|minul\w{1,2}|прошл\w{2,3}"
)
_NEXT = (
    r"next|nachste[nr]?|kommende[nr]?|proximo|przyszl\w{1,2}|nastepn\w{1,3}|pristi|следующ\w{2,3}"
)
_LAST_AFTER, _NEXT_AFTER = r"dernier|pasado|ที่แล้ว", r"prochain|que viene|หน้า"
_COUNTS = _table(
    """
a one ein eine einem einer einen un une uno una jeden jedna dzien tydzien miesiac dnem tydnem mesicem день неделю месяц 一 หนึ่ง
two zwei deux dos dwa dwie dwoma dva dve dvema два две 两 二 สอง
three drei trois tres trzy trzema tri tremi три 三 สาม
four vier quatre cuatro cztery ctyri ctyrmi четыре 四 สี่
five funf cinq cinco piec pet peti пять 五 ห้า
six sechs six seis szesc sest sesti шесть 六 หก
seven sieben sept siete siedem sedm sedmi семь 七 เจ็ด
eight acht huit ocho osiem osm osmi восемь 八 แปด
nine neun neuf nueve dziewiec devet deviti девять 九 เก้า
ten zehn dix diez dziesiec deset deseti десять 十 สิบ
"""
)
_UNITS = {
    1: r"days?|tage?n?|jours?|dias?|dni|dzien|dny|dnem|дн(?:я|ей)|день|天|วัน",
    7: r"weeks?|wochen?|semaines?|semanas?|tygodni\w{0,2}|tydzien|tydn\w{1,2}|tydnem|недел[юиь]|(?:个)?(?:星期|礼拜)|周|สัปดาห์|อาทิตย์",
}


def _any_of(words: object) -> str:
    return "|".join(re.escape(str(word)) for word in sorted(words, key=len, reverse=True))  # type: ignore[call-overload]


_MONTH = _any_of(_MONTHS)
_WEEKDAY = _any_of(_WEEKDAYS)
_UNIT = "|".join(_UNITS.values())
_COUNT = rf"\d{{1,3}}|{_any_of(_COUNTS)}"
_BEFORE, _AFTER = r"(?<![\w.,/:€$£#-])", r"(?![\w€$£%]|[.,:/-]\d)"

_ISO = re.compile(rf"{_BEFORE}(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}}){_AFTER}")
_DOTTED = re.compile(
    rf"{_BEFORE}(\d{{1,2}})\. ?(\d{{1,2}})\.(?: ?(\d{{4}}|\d{{2}})(?!\d))?(?![\w€$£%])"
)
_SLASHED = re.compile(rf"{_BEFORE}(\d{{1,2}})[/-](\d{{1,2}})(?:[/-](\d{{4}}|\d{{2}}))?{_AFTER}")
_DAY_MONTH = re.compile(
    rf"(?<![\w.,/:€$£#-])(\d{{1,2}})(?:st|nd|rd|th|er|\.)?(?: of| de)? ?({_MONTH})(?![a-zа-я])\.?(?:,? (?:de |del )?(\d{{4}}))?"
)
_MONTH_DAY = re.compile(
    rf"(?<!\w)({_MONTH})\.? (?:the )?(\d{{1,2}})(?:st|nd|rd|th)?(?![\w:€$£%]|[.,]\d)(?:,? (\d{{4}}))?"
)
_ORDINAL_OR_ON = re.compile(r"(?:on|by|of|since|until|from|before|after) may|\d(?:st|nd|rd|th)$")
_CHINESE = re.compile(r"(?:(\d{4}) ?年 ?)?(\d{1,2}) ?月 ?(\d{1,2}) ?[日号]")
_WORD_DAY = re.compile(
    rf"(?<!\w)(?:{_any_of(w for w in _RELATIVE if w[0] < 'ก')})(?!\w)|{_any_of(_LONGER)}|{_any_of(w for w in _RELATIVE if w[0] >= 'ก')}"
)
_SOME_AGO = re.compile(
    rf"(?<!\w)(?:vor|il y a|hace|pred|przed) (?:({_COUNT}) )?({_UNIT})(?!\w)|"
    rf"(?<!\w)(?:({_COUNT}) )?({_UNIT}) (?:ago|temu|назад)(?!\w)|({_COUNT}) ?({_UNIT})(?:前|之前|ก่อน|ที่แล้ว)"
)
_LAST_WEEKDAY = re.compile(
    rf"(?<!\w)(?:{_LAST}) ({_WEEKDAY})(?!\w)|({_WEEKDAY}) ?(?:{_LAST_AFTER})|上(?:个)?({_WEEKDAY})"
)
_NEXT_WEEKDAY = re.compile(
    rf"(?<!\w)(?:{_NEXT}) ({_WEEKDAY})(?!\w)|({_WEEKDAY}) ?(?:{_NEXT_AFTER})|下(?:个)?({_WEEKDAY})"
)
# Where a month is written before the day; elsewhere 03/04 is the third of April.
_MONTH_FIRST = frozenset({"en", "und"})


def find_dates(text: str, today: date, language: str = "und") -> list[NamedDay]:
    """The days a text names in order of appearance, each day once."""
    folded = fold(in_plain_digits(text[:MAX_TEXT_CHARS]))
    found: dict[tuple[int, int], NamedDay] = {}
    for match, day in _all(folded, today, language):
        place = match.span()
        is_inside = any(start < place[1] and place[0] < end for start, end in found)
        if day is not None and not is_inside and abs((day - today).days) <= FARTHEST_DAYS:
            found[place] = NamedDay(match.group().strip(" ."), day)
    once: dict[date, NamedDay] = {}
    for place in sorted(found):
        once.setdefault(found[place].day, found[place])
    return list(once.values())[:MAX_DAYS]


def _all(folded: str, today: date, language: str) -> Iterator[tuple[re.Match[str], date | None]]:
    for match in _ISO.finditer(folded):
        yield match, _day(match[1], match[2], match[3], today)
    for match in _CHINESE.finditer(folded):
        yield match, _day(match[1], match[2], match[3], today)
    for match in _DAY_MONTH.finditer(folded):
        yield match, _day(match[3], _MONTHS[match[2]], match[1], today)
    for match in _MONTH_DAY.finditer(folded):
        if match[1] == "may" and not _is_month(match):
            continue
        yield match, _day(match[3], _MONTHS[match[1]], match[2], today)
    for match in _DOTTED.finditer(folded):
        yield match, _day(match[3], match[2], match[1], today)
    for match in _SLASHED.finditer(folded):
        yield match, _slashed(match, today, language)
    yield from _relative(folded, today)


def _is_month(may: re.Match[str]) -> bool:
    """ "It may 5 times" is no day: something must show that the month is meant."""
    return (
        may[3] is not None
        or _ORDINAL_OR_ON.search(may.string, max(0, may.start() - 8), may.end()) is not None
    )


def _slashed(match: re.Match[str], today: date, language: str) -> date | None:
    """3-4 pieces are no date: with a dash a year must stand there. In English either order may be meant."""
    first, second = int(match[1]), int(match[2])
    if match[3] is None and "-" in match.group():
        return None
    if language in _MONTH_FIRST and first <= 12 and second <= 12 and first != second:
        return None
    if language in _MONTH_FIRST and second > 12:
        first, second = second, first
    return _day(match[3], second, first, today)


def _relative(folded: str, today: date) -> Iterator[tuple[re.Match[str], date | None]]:
    for match in _SOME_AGO.finditer(folded):
        *counts, unit = (part for part in match.groups() if part is not None)
        number = _number(counts[0]) if counts else 1
        each = next(days for days, words in _UNITS.items() if re.fullmatch(words, unit))
        yield match, today - timedelta(days=number * each)
    for match in _LAST_WEEKDAY.finditer(folded):
        back = (today.weekday() - _weekday(match)) % 7 or 7
        yield match, today - timedelta(days=back)
    for match in _NEXT_WEEKDAY.finditer(folded):
        ahead = (_weekday(match) - today.weekday()) % 7 or 7
        yield match, today + timedelta(days=ahead)
    for match in _WORD_DAY.finditer(folded):
        word = match.group()
        yield match, today + timedelta(days=_LONGER[word] if word in _LONGER else _RELATIVE[word])


def _number(count: str) -> int:
    return int(count) if count.isdecimal() else _COUNTS[count]


def _weekday(match: re.Match[str]) -> int:
    return next(_WEEKDAYS[part] for part in match.groups() if part is not None) - 1


def _day(year: str | None, month: str | int, day: str | int, today: date) -> date | None:
    """The day, or None where there is none; without a year the one nearest to today."""
    years = [_year(year)] if year else [today.year - 1, today.year, today.year + 1]
    found = []
    for each in years:
        try:
            found.append(date(each, int(month), int(day)))
        except ValueError:
            continue
    return min(found, key=lambda each: abs((each - today).days), default=None)


def _year(year: str) -> int:
    """ "26" is 2026; Thai customers may count from Buddha."""
    number = int(year)
    if len(year) == 2:
        return 2000 + number
    return number - _BUDDHIST_YEARS if 2500 <= number < 2700 else number
