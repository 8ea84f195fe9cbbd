import pytest

from automation.intents.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my order?", "en"),
        ("Wo ist mein Paket?", "de"),
        ("Où est ma commande ?", "fr"),
        ("¿Dónde está mi pedido?", "es"),
        ("Gdzie jest moja paczka?", "pl"),
        ("Kde je můj balík?", "cs"),
        ("chci zrusit objednavku", "cs"),
        ("Где мой заказ?", "ru"),
        ("Де моє замовлення?", "uk"),
        ("我的订单在哪里", "zh"),
        ("注文をキャンセルしたいです", "ja"),
        ("주문을 취소하고 싶어요", "ko"),
        ("ของที่สั่งถึงไหนแล้วคะ", "th"),
        ("Dov'è il mio pacco?", "it"),
        ("Waar blijft mijn pakket?", "nl"),
    ],
)
def test_a_short_question_is_enough_to_tell_the_language(text: str, language: str) -> None:
    assert language_of(text) == language


@pytest.mark.parametrize("text", ["", "12345", "🙏🙏", "??? !!!", "a@b.example"])
def test_a_text_without_letters_has_no_language(text: str) -> None:
    assert language_of(text) == "und"


def test_an_english_product_name_does_not_make_a_thai_message_english() -> None:
    assert language_of("ขอยกเลิก Linen Duvet Cover Set ค่ะ ยังไม่ได้ชำระเงินเลย") == "th"
