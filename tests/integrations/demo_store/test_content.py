"""The content files: everything they name exists, and nothing in them is filler."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

import pytest

from integrations.commerce.normal_form import check_order, number_key
from integrations.demo_store import content
from integrations.demo_store.files import make
from integrations.demo_store.shop import order_data

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
OWN_NUMBER = re.compile(r"(?<![\d.,€-])(?:LL|#)?(0[89]\d\d|10[0-4]\d)(?!\d)")
NINE = {"en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th"}


def _texts() -> list[str]:
    return [
        *(said.text for each in content.conversations() for said in each.messages),
        *(each.subject for each in content.conversations()),
    ]


def test_the_shop_is_as_large_as_promised() -> None:
    assert len(content.products()) >= 40
    assert len(content.orders()) == 200
    assert len({each.customer for each in content.orders().values()}) >= 110
    assert len(content.conversations()) >= 120


def test_conversations_come_in_nine_languages_and_some_more() -> None:
    languages = Counter(each.language for each in content.conversations())
    assert set(languages) >= NINE
    assert all(languages[each] >= 6 for each in NINE)
    assert len(languages) >= 13


def test_every_conversation_names_people_and_orders_that_exist_and_belong_together() -> None:
    agents = {each["key"] for each in content.organization()["agent"]}
    tags = {each["name"] for each in content.organization()["tag"]}
    for each in content.conversations():
        assert each.customer in content.shoppers() or each.sender_address, each.key
        if each.order:
            assert content.orders()[each.order].customer == each.customer, each.key
        assert each.assignee in agents | {""}, each.key
        assert set(each.tags) <= tags, each.key
        assert {said.author for said in each.messages} <= agents | {"customer"}, each.key
        assert each.messages[0].is_from_customer, each.key


def test_order_numbers_in_the_texts_are_the_customers_own() -> None:
    owners = {key: order.customer for key, order in content.orders().items()}
    for each in content.conversations():
        for text in (each.subject, *(said.text for said in each.messages)):
            for number in OWN_NUMBER.findall(text):
                assert owners.get(number) == each.customer, (each.key, number)


def test_messages_follow_each_other_and_lie_in_the_last_thirty_days() -> None:
    for each in content.conversations():
        moments = [content.moment(NOON, said.at) for said in each.messages]
        assert moments == sorted(moments), each.key
        assert (NOON - moments[0]).days <= 30, each.key
        assert moments[-1] < NOON, each.key


def test_an_order_is_placed_before_anybody_writes_about_it() -> None:
    for each in content.conversations():
        if each.order:
            placed_at = content.moment(NOON, content.orders()[each.order].placed)
            assert placed_at < content.moment(NOON, each.messages[0].at), each.key


def test_no_text_is_filler_and_no_text_is_there_twice() -> None:
    texts = _texts()
    filler = re.compile(r"(?i:lorem|ipsum|dolor sit|asdf|placeholder)|TODO|\bfoo\b")
    assert [text for text in texts if filler.search(text)] == []
    messages = Counter(said.text for each in content.conversations() for said in each.messages)
    assert [text for text, count in messages.items() if count > 1] == []


def test_every_address_is_fictional() -> None:
    addresses = [each.email for each in content.shoppers().values()]
    addresses += [each.sender_address for each in content.conversations() if not each.customer]
    assert all(each.endswith(".example") for each in addresses)
    assert len(set(addresses)) == len(addresses)


def test_every_order_is_a_valid_order_with_a_believable_timeline() -> None:
    states: Counter[str] = Counter()
    for order in content.orders().values():
        data = order_data(order, NOON)
        check_order(data)
        states[order.state] += 1
        assert data.placed_at <= data.updated_at <= NOON, order.number
        assert data.total_minor == data.subtotal_minor + data.shipping_minor
        assert sum(each.amount_minor for each in data.refunds) <= data.total_minor, order.number
        for parcel in data.fulfillments:
            moments = [scan.at for scan in parcel.scans]
            assert data.placed_at < moments[0] <= moments[-1] <= NOON, order.number
    assert set(states) == {
        "payment_pending", "paid", "picking", "packed", "in_transit", "out_for_delivery",
        "delivered", "stalled", "exception", "partially_fulfilled", "partially_refunded",
        "refunded", "cancelled", "return_requested", "returned",
    }  # fmt: skip


def test_the_same_order_is_told_the_same_every_time() -> None:
    order = content.orders()["1042"]
    assert order_data(order, NOON).digest() == order_data(order, NOON).digest()


def test_mias_order_is_the_one_of_the_mock() -> None:
    data = order_data(content.orders()["1042"], NOON)
    assert (data.number, data.total_minor, data.fulfillment_status) == (
        "#1042",
        8490,
        "unfulfilled",
    )
    assert [(line.title, line.variant) for line in data.lines] == [
        ("Linen shirt Noor", "Flax · S"),
        ("Napkins, set of four", "Mist"),
    ]
    assert number_key(data.number) == "1042"


def test_scores_average_about_four_and_a_half_and_some_are_bad() -> None:
    scores = [each.csat_score for each in content.conversations() if each.csat_score]
    assert 4.4 <= sum(scores) / len(scores) <= 4.6
    assert sum(score <= 2 for score in scores) >= 3
    bad = [each for each in content.conversations() if (each.csat_score or 5) <= 2]
    assert all(each.survey_comment for each in bad)
    assert all(each.status == "closed" for each in content.conversations() if each.csat_score)


@pytest.mark.parametrize("offset", ["", "2d", "-", "+1w", "-1h2d", "- 1d"])
def test_a_time_that_is_no_offset_is_refused(offset: str) -> None:
    with pytest.raises(ValueError, match="is not a time offset"):
        content.moment(NOON, offset)


@pytest.mark.parametrize("shows", ["hole", "tear", "stain", "button", "fabric"])
def test_pictures_are_real_png_files(shows: str) -> None:
    data, content_type = make(shows, name="a.png", order_number="1", customer_name="Mia")
    assert content_type == "image/png"
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert 1_000 < len(data) < 30_000


def test_documents_are_real_pdf_files_even_for_names_beyond_latin() -> None:
    data, content_type = make(
        "invoice", name="R (1).pdf", order_number="1007", customer_name="佐藤 美咲"
    )
    assert content_type == "application/pdf"
    assert data.startswith(b"%PDF-1.4")
    start = int(data.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert data[start : start + 4] == b"xref"
    assert b"R \\(1\\).pdf" in data
