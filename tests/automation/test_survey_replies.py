"""“Reply 1 to 5”: what is a score, in every script, and what is a message for a person."""

from __future__ import annotations

import random

import pytest

from automation.csat.replies import find_score

FIVE, TEN = range(1, 6), range(11)
THANKS = [
    "thanks", "Thank you!", "Danke", "vielen Dank", "Merci beaucoup", "¡Gracias!", "Dziękuję",
    "Dzięki", "Děkuji", "díky", "Спасибо", "谢谢", "谢谢您", "ขอบคุณค่ะ", "ขอบคุณครับ",
]  # fmt: skip
DIGITS = {
    "ascii": "0123456789", "wide": "０１２３４５６７８９", "thai": "๐๑๒๓๔๕๖๗๘๙",
    "chinese": "零一二三四五六七八九", "arabic": "٠١٢٣٤٥٦٧٨٩", "hindi": "०१२३४५६७८९",
}  # fmt: skip
AROUND = ["", " ", "!", "!!", ".", "。", "！", " 👍", "⭐", "\n", "…", "\u200b", " :)"]
MESSAGES = [
    "", " ", "thanks", "four", "4.5", "4,5", "1.0", "0.5", "4-5", "1 - 5", "-4", "+4", "4?", "#4",
    "45", "4 5", "4 4", "04", "004", "4%", "€4", "4x", "x4", "4:30", "4th", "No. 4", "½", "4²",
    "5 items are missing", "4 pieces", "5 thanks but where is my parcel", "order 4", "not 5",
    "5 days late", "I give you 5", "4/10", "5 of 6", "STOP", "12345", "+33612345678", "1042",
    "Ich habe 5 bestellt", "5 weniger", "dos 4", "五件", "第五", "5天", "๕ ชิ้น", "ยังไม่ได้ของ 5",
    "5 dnů", "5 шт", "👍", "⭐⭐⭐⭐", "6", "0", "10", "4\n3", "4" * 61, "4" + " " * 80,
]  # fmt: skip


@pytest.mark.parametrize("text", MESSAGES)
def test_anything_that_says_more_than_a_score_is_a_message(text):
    """G8.4"""
    assert find_score(text, FIVE) is None


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("4", 4), ("4!", 4), ("5 thanks", 5), ("Thanks, 5", 5), ("(3)", 3), ("4️⃣", 4), ("④", 4),
        ("5/5", 5), ("4 of 5", 4), ("4 out of 5", 4), ("4 von 5", 4), ("4 sur 5", 4), ("4 de 5", 4),
        ("4 z 5", 4), ("4 из 5", 4), ("4 จาก 5", 4), ("5 Sterne", 5), ("5 étoiles", 5),
        ("4 estrellas", 4), ("4 gwiazdki", 4), ("5 hvězdiček", 5), ("5 звёзд", 5), ("五分", 5),
        ("5分，谢谢", 5), ("三颗星", 3), ("๕ ดาว", 5), ("๔ ค่ะ ขอบคุณ", 4), ("1 😡", 1),
    ],
)  # fmt: skip
def test_a_number_with_thanks_or_its_scale_is_a_score(text, score):
    """G8.4"""
    assert find_score(text, FIVE) == score


def test_recommendations_go_from_0_to_10():
    assert [find_score(each, TEN) for each in ("0", "10", "10/10", "十", "๑๐", "7 thanks")] == [
        0, 10, 10, 10, 10, 7,
    ]  # fmt: skip
    assert [find_score(each, TEN) for each in ("11", "4/5", "1.0", "10.0", "0.5", "100")] == (
        [None] * 6
    )


def test_every_digit_in_every_script_with_every_thanks_is_the_same_score():
    """Fuzz of G8.4: six scripts, fifteen thanks in nine languages, in any order and decoration."""
    dice = random.Random(8404)
    for script, digits in DIGITS.items():
        for thanks in THANKS:
            for score in range(1, 6):
                parts = [digits[score], dice.choice(["", thanks])]
                dice.shuffle(parts)
                text = dice.choice([" ", ", ", "! "]).join(each for each in parts if each)
                text = f"{dice.choice(AROUND)}{text}{dice.choice(AROUND)}"
                assert find_score(text, FIVE) == score, (script, text)


def test_whatever_is_sent_a_score_lies_in_its_scale_and_two_numbers_are_none():
    dice = random.Random(8405)
    alphabet = "0123456789๔五４ .,!?-/:#%\n\t\u200b\u202eaéя谢ค่👍🏽ﷺ\x00"
    for _ in range(4000):
        text = "".join(dice.choices(alphabet, k=dice.randint(0, 12)))
        found = find_score(text, FIVE)
        assert found is None or found in FIVE
        if found is not None:
            assert sum(each.isdigit() or each == "五" for each in text) == 1 or "/" in text
