import time

import pytest

from automation.intents.entities import (
    find_order_numbers,
    find_products,
    find_tracking_numbers,
)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Where is #1042?", ["1042"]),
        ("my order 1042-A please", ["1042-A"]),
        ("order number is 90011", ["90011"]),
        ("orders 1042, 1043 and 1044", ["1042", "1043", "1044"]),
        ("Bestellung Nr. 5512 fehlt", ["5512"]),
        ("Auftragsnummer: 77120", ["77120"]),
        ("ma commande n° 0897 svp", ["0897"]),
        ("pedido número 3381", ["3381"]),
        ("Zamówienia 5512 i 5513", ["5512", "5513"]),
        ("objednávka č. 2280. Ještě nic", ["2280"]),
        ("Где мой заказ ORD-002?", ["ORD-002"]),
        ("заказ №5512", ["5512"]),
        ("我的订单10422在哪里", ["10422"]),
        ("订单号：8841", ["8841"]),
        ("คำสั่งซื้อ5512ถึงไหนแล้ว", ["5512"]),
        ("ออเดอร์ 3381 ครับ", ["3381"]),
        ("Chcę anulować zamówienie xyz98765.", ["xyz98765"]),
        ("Where is #1042? Order 1042 was due today.", ["1042"]),
    ],
)
def test_an_order_number_is_found_however_it_is_introduced(text: str, numbers: list[str]) -> None:
    assert find_order_numbers(text) == numbers


@pytest.mark.parametrize(
    "text",
    [
        "call me on +49 170 1234567",
        "I paid 80 euros",
        "order total 1,204.50",
        "order 45.00 EUR",
        "my order from 3 May",
        "ordered on 12.05.2024",
        "Auftrag vom 2024-05-01",
        "order at 10:30",
        "order 5 days ago",
        "see http://shop.example/#12",
        "&#1234;",
        "no number here",
        "",
    ],
)
def test_prices_dates_times_and_telephones_are_not_order_numbers(text: str) -> None:
    assert find_order_numbers(text) == []


def test_tracking_numbers_of_the_usual_carriers_are_found() -> None:
    text = "UPS 1Z999AA10123456784, post RR123456785DE, dhl jjd000390007890123456"
    assert find_tracking_numbers(text) == [
        "1Z999AA10123456784",
        "RR123456785DE",
        "JJD000390007890123456",
    ]


def test_a_short_number_is_no_tracking_number() -> None:
    assert find_tracking_numbers("order 1042, call 0170 1234567") == []


@pytest.mark.parametrize(
    "unit", ["order ", "#", "order no ", "1-", "order: , ", "a", "9", "order 1, 1 "]
)
def test_a_hostile_text_takes_no_longer_than_an_honest_one(unit: str) -> None:
    started = time.process_time()
    find_order_numbers(unit * (100_000 // len(unit)))
    find_tracking_numbers(unit * (100_000 // len(unit)))
    assert time.process_time() - started < 2


NAMES = [
    "Linen Duvet Cover, white",
    "Oak Lamp 40 cm",
    "Brass Lamp",
    "Kissenbezug Leinen",
    "高级羊毛毯",
]


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("the duvet cover in white linen has a stain", ["Linen Duvet Cover, white"]),
        ("Two BRASS lamps flicker", ["Brass Lamp"]),
        ("Die Kissenbezüge sind zu klein", ["Kissenbezug Leinen"]),
        ("我的高级羊毛毯还没到", ["高级羊毛毯"]),
        ("oak lamp and duvets", ["Linen Duvet Cover, white", "Oak Lamp 40 cm"]),
    ],
)
def test_a_product_of_the_customer_is_found_by_its_name(text: str, products: list[str]) -> None:
    assert find_products(text, NAMES) == products


@pytest.mark.parametrize(
    "text", ["the lamp is broken", "where is my order", "white is nice", "40 cm", ""]
)
def test_a_word_that_two_products_share_or_that_is_common_names_none(text: str) -> None:
    assert find_products(text, NAMES) == []
