import pytest

from automation.intents.lexicon import judge
from automation.intents.text import clean, fold


@pytest.mark.parametrize(
    "text",
    [
        "please cancel my order",
        "Bestellung bitte stornieren",
        "annulez ma commande",
        "cancelen mi pedido",
        "anulujcie moje zamówienie",
        "zrušte mou objednávku",
        "отмените мой заказ",
        "取消我的订单",
        "ยกเลิกคำสั่งซื้อ",
    ],
)
def test_the_word_beside_the_order_confirms_a_cancellation(text: str) -> None:
    assert judge(fold(clean(text))).confirmed == "cancel_order"


@pytest.mark.parametrize(
    "text",
    [
        "do not cancel my order",
        "I never asked to cancel the order",
        "Stornieren Sie meine Bestellung nicht",
        "n'annulez pas ma commande",
        "no cancelen mi pedido",
        "nie chcę anulować zamówienia",
        "nerušte objednávku",
        "не отменяйте заказ",
        "不要取消订单",
        "ไม่ต้องยกเลิกออเดอร์",
    ],
)
def test_a_negation_forbids_it(text: str) -> None:
    verdict = judge(fold(clean(text)))
    assert verdict.confirmed is None
    assert "cancel_order" in verdict.forbidden


@pytest.mark.parametrize(
    "text",
    ["I don't know how to cancel my order", "Ich finde nicht, wie ich die Bestellung storniere"],
)
def test_not_knowing_how_to_cancel_is_no_negation(text: str) -> None:
    assert "cancel_order" not in judge(fold(clean(text))).forbidden


@pytest.mark.parametrize(
    "text",
    ["order status?", "Status meiner Bestellung bitte", "statut de ma commande", "estado del pedido", "status zamówienia",
     "stav objednávky", "статус заказа 1042", "订单状态", "สถานะคำสั่งซื้อ"],
)  # fmt: skip
def test_the_status_of_the_order_is_asked_for_by_its_name(text: str) -> None:
    assert judge(fold(clean(text))).confirmed == "order_status"


@pytest.mark.parametrize(
    "text",
    ["stoppt bitte meine Bestellung", "pouvez-vous arrêter ma commande", "retiren el encargo", "zatrzymajcie zamówienie",
     "vyškrtněte mou objednávku", "остановите заказ"],
)  # fmt: skip
def test_stopping_the_order_makes_a_cancellation_likelier(text: str) -> None:
    assert judge(fold(clean(text))).likelier == "cancel_order"


def test_an_order_that_has_arrived_is_not_cancelled_any_more() -> None:
    assert "cancel_order" in judge(fold("my order has arrived but I do not like it")).forbidden


def test_a_word_inside_a_longer_word_does_not_count() -> None:
    """G7.4: whole words."""
    assert (
        judge(
            fold("the noise-cancelling headphones, are they in your catalogue of orderly things")
        ).confirmed
        is None
    )
