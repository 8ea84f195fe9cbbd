"""Sentences that customers write, found by what agents type (VERSIONS.md, decision 5)."""

from __future__ import annotations

import pytest

from helpdesk.accounts.models import Organization
from tests.search.conftest import Find, write_in
from tickets.search.normalise import lexemes_of, normalise

SENTENCES = {
    "zh": "你好，我想取消我的订单LL-1042，因为尺码太大了。",
    "th": "สวัสดีค่ะ ฉันต้องการยกเลิกคำสั่งซื้อหมายเลข 1042 พัสดุยังไม่มาถึง",
    "cs": "Dobrý den, chtěla bych zrušit objednávku, košile přišla poškozená.",
    "pl": "Dzień dobry, paczka jeszcze nie dotarła do Łodzi, proszę o zwrot pieniędzy.",
    "ru": "Здравствуйте, где мой заказ? Ещё вчера обещали доставку.",
    "de": "Guten Tag, die Größe passt nicht, ich möchte die Hemden zurückschicken.",
    "fr": "Bonjour, je n'ai pas reçu l'écharpe, c'est déjà la troisième fois.",
    "es": "Buenos días, ¿cuándo llegará mi pedido? El niño lo está esperando.",
    "ja": "注文をキャンセルしたいのですが、ガラスが割れていました。",
    "ko": "주문을 취소하고 싶습니다",
}
ASKED = {
    "zh": ["取消", "订单", "取消我的订单", "尺码", "大", "ll-1042", '"我的订单"', "订"],
    "th": ["ยกเลิก", "คำสั่งซื้อ", "พัสดุ", "1042 พัสดุ", '"ยกเลิกคำสั่งซื้อ"'],
    "cs": ["objednávku", "objednavk", "OBJEDNÁV", "zrusit kosile", "poškozen*"],
    "pl": ["paczka", "lodzi", "Łódz", "pieniedzy", "proszę zwrot"],
    "ru": ["заказ", "еще", "ЕЩЁ", "доставк", '"где мой заказ"'],
    "de": ["größe", "grosse", "zuruckschicken", "Hemd", "möchte"],
    "fr": ["echarpe", "l'écharpe", "deja", "reçu", '"troisieme fois"'],
    "es": ["cuando llegara", "pedido", "nino", "días"],
    "ja": ["キャンセル", "注文", "ガラス"],
    "ko": ["취소", "주문을"],
}


@pytest.fixture
def written(organization: Organization) -> None:
    """One ticket for each language, its subject the language."""
    for language, sentence in SENTENCES.items():
        write_in(
            organization, sentence, subject=language.upper(), email=f"{language}@shopper.example"
        )


@pytest.mark.django_db(transaction=True)
def test_each_sentence_is_found_by_its_words_and_no_other_is(written: None, find: Find):
    """G14.2, UX 1.6: nine languages."""
    found = {(language, asked): find(asked) for language in ASKED for asked in ASKED[language]}
    wrong = {key: subjects for key, subjects in found.items() if subjects != [key[0].upper()]}
    assert wrong == {}


@pytest.mark.django_db(transaction=True)
def test_pieces_that_do_not_stand_together_are_no_match(written: None, find: Find):
    for asked in ("订取", "消取", "ยกสั่ง", '"objednávku zrušit"', "заказал", "größenwahn"):
        assert find(asked) == [], asked


@pytest.mark.django_db(transaction=True)
def test_the_marked_places_are_those_of_the_text_as_it_was_written(written: None, api_as, bo):
    for asked, marked in (("objednavku", "objednávku"), ("取消", "取消"), ("grosse", "Größe")):
        [hit] = api_as(bo).get("/api/v1/search", {"q": asked}).json()["results"]
        text = hit["snippet"]["text"]
        assert [text[start:end] for start, end in hit["snippet"]["spans"]] == [marked]


def test_what_only_differs_in_case_accent_or_width_is_the_same():
    assert normalise("Łódź ŻÓŁĆ") == "lodz zolc"
    assert normalise("STRASSE") == normalise("Straße")
    assert normalise("Ｆｕｌｌ") == "full"
    assert normalise("Ещё") == "еще"
    assert normalise("İstanbul") == "istanbul"
    assert normalise("soft\u00adhy\u200bphen") == "softhyphen"
    assert list(lexemes_of("订单号 ok")) == ["订单", "单号", "号", "ok"]
    assert normalise("ガ") != normalise("カ")
    assert normalise("ก่") != normalise("ก")
