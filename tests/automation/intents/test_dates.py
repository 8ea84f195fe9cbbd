"""Days that customers name, in nine languages: found where there is no doubt, left alone otherwise."""

import time
from datetime import date

import pytest

from automation.intents.dates import find_dates

TODAY = date(2026, 11, 22)  # a Sunday


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "ordered on 2026-11-03", "2026-11-03"),
        ("en", "on May 3rd, 2026 I bought it", "2026-05-03"),
        ("en", "it was 10/25", "2026-10-25"),
        ("en", "3 of November", "2026-11-03"),
        ("de", "Am 3.11. bestellt", "2026-11-03"),
        ("de", "seit dem 3. Oktober", "2026-10-03"),
        ("fr", "commandé le 1er décembre", "2026-12-01"),
        ("fr", "le 03/04/2026", "2026-04-03"),
        ("es", "el 3 de octubre de 2026", "2026-10-03"),
        ("pl", "zamówione 3 października", "2026-10-03"),
        ("cs", "objednáno 3. října 2026", "2026-10-03"),
        ("ru", "заказала 3 ноября", "2026-11-03"),
        ("zh", "11月3日下的单", "2026-11-03"),
        ("th", "สั่งเมื่อ 3 พ.ย. 2569", "2026-11-03"),
        ("th", "สั่งเมื่อ ๓ พฤศจิกายน", "2026-11-03"),
    ],
)
def test_a_day_is_read_as_the_language_writes_it(language: str, text: str, day: str) -> None:
    assert [each.day.isoformat() for each in find_dates(text, TODAY, language)] == [day]


@pytest.mark.parametrize(
    ("language", "text", "day"),
    [
        ("en", "I paid two weeks ago", "2026-11-08"),
        ("en", "the day before yesterday", "2026-11-20"),
        ("en", "last Monday", "2026-11-16"),
        ("de", "vor drei Tagen", "2026-11-19"),
        ("de", "letzten Freitag", "2026-11-20"),
        ("de", "bis übermorgen", "2026-11-24"),
        ("fr", "il y a deux semaines", "2026-11-08"),
        ("fr", "vendredi dernier", "2026-11-20"),
        ("es", "hace 3 días", "2026-11-19"),
        ("es", "el lunes pasado", "2026-11-16"),
        ("pl", "tydzień temu", "2026-11-15"),
        ("pl", "w przyszły piątek", "2026-11-27"),
        ("cs", "před dvěma týdny", "2026-11-08"),
        ("cs", "zítra", "2026-11-23"),
        ("ru", "неделю назад", "2026-11-15"),
        ("ru", "в прошлую пятницу", "2026-11-20"),
        ("zh", "两个星期前买的", "2026-11-08"),
        ("zh", "上周五", "2026-11-20"),
        ("th", "เมื่อวาน", "2026-11-21"),
        ("th", "2 วันที่แล้ว", "2026-11-20"),
    ],
)
def test_a_day_told_from_today_is_counted(language: str, text: str, day: str) -> None:
    assert [each.day.isoformat() for each in find_dates(text, TODAY, language)] == [day]


@pytest.mark.parametrize(
    "text",
    ["03/04/2026", "on Monday", "31.02.2026", "order 1042, 45.00 EUR at 10:30", "+49 170 1234567", "3-4 pieces",
     "it may 5 times fail", "2.5 kg", "1/2", "version 1.2.3.4", "since 1999-01-01", ""],
)  # fmt: skip
def test_what_could_mean_something_else_is_no_date(text: str) -> None:
    assert find_dates(text, TODAY, "en") == []


def test_a_day_without_a_year_is_the_nearest_one_and_each_day_is_told_once() -> None:
    told = find_dates("3 January, yesterday, 21 November 2026", TODAY, "en")
    assert [each.day for each in told] == [date(2027, 1, 3), date(2026, 11, 21)]


@pytest.mark.parametrize("unit", ["3 ", "12.", "may ", "1/1/", "vor ", "星期", "last monday "])
def test_a_hostile_text_takes_no_longer_than_an_honest_one(unit: str) -> None:
    started = time.process_time()
    find_dates(unit * (100_000 // len(unit)), TODAY)
    assert time.process_time() - started < 2
