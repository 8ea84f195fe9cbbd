"""What macros can say beside the order that is meant, and what happens where a value is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from automation.macros import values as macro_values
from automation.macros.edit import create_macro
from automation.macros.liquid import problems_of, used_values
from automation.macros.render import render_for_agent
from automation.macros.schema import leaves
from helpdesk.lib.clock import now
from integrations.commerce.normal_form import (
    AddressData,
    OrderLineData,
    PaymentData,
    RefundData,
    ReturnData,
)
from tests.automation.conftest import TRACKING_URL
from tests.factories import make_customer, receive_mail
from tickets.models import Ticket

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(channel, mia):
    return Ticket.objects.get(pk=receive_mail(channel, "Hello").ticket_id)


@pytest.fixture
def fill(organization, ticket, bo):
    def filled(body: str, **more):
        variants = [{"language": more.pop("language", "en"), "body": body}]
        macro = create_macro(organization, {"name": "M", "variants": variants})
        return render_for_agent(macro, more.pop("ticket", ticket), user=bo, **more)

    return filled


@pytest.fixture
def whole_order(make_order):
    return make_order(
        "#1042",
        is_sent=True,
        age=timedelta(days=3),
        shipping_minor=590,
        subtotal_minor=7900,
        shipping_address=AddressData(
            name="Mia Laurent", street="12 rue Mercière", city="Lyon", country_code="FR"
        ),
        lines=(
            OrderLineData(title="Linen shirt", quantity=2, price_minor=3950, variant="S"),
            OrderLineData(title="Napkins", quantity=1, price_minor=0),
        ),
        payments=(
            PaymentData(external_id="p", state="captured", amount_minor=8490, method="Visa •4242"),
        ),
        refunds=(
            RefundData(
                external_id="r",
                amount_minor=590,
                refunded_at=datetime(2026, 11, 20, 9, tzinfo=UTC),
                method="Visa •4242",
                reason="Late",
            ),
        ),
        returns=(ReturnData(external_id="b", number="R-7", state="in_transit", refund_minor=3950),),
    )


def test_everything_about_an_order_can_be_said(fill, whole_order, make_order):
    make_order("#1041", age=timedelta(days=9), total_minor=4200, cancelled_at=now())
    rendered = fill(
        "{{ order.shipping }}|{{ order.lines.first.title }}|{{ order.lines[0].total }}|"
        "{% for line in order.lines %}{{ line.quantity }}x{{ line.title }};{% endfor %}|"
        "{{ order.refund.amount }} to {{ order.refund.method }}|"
        "{{ shipments.first.carrier }} {{ shipments.size }}|{{ returns.first.number }} "
        "{{ returns[0].status }} {{ returns.first.refund }}|"
        "{{ order.address.street }}, {{ order.address.country }}|{{ orders.size }}"
        "{% for each in orders %} {{ each.number }} {{ each.total }}{% endfor %}|"
        "{{ store.name }}|{{ customer.order_count }}|{{ order | tracking_link }}|"
        "{% if order.is_shipped and order.is_paid %}yes{% endif %}"
    )

    assert rendered.missing == []
    assert rendered.text == (
        "€5.90|Linen shirt|€79.00|2xLinen shirt;1xNapkins;|€5.90 to Visa •4242|Colissimo 1|"
        "R-7 On its way back €39.50|12 rue Mercière, FR|2 #1042 €84.90 #1041 €42.00|"
        f"Linden & Loom|2|{TRACKING_URL}|yes"
    )


def test_money_dates_and_times_are_written_as_the_customer_writes_them(fill, whole_order, mia):
    mia.country, mia.time_zone = "AT", "Asia/Tokyo"
    mia.save()
    german = fill(
        "{{ order.total }} {{ order.refund.refunded_on | date: 'd. MMMM y' }} "
        "{{ order.refund.refunded_on | date: 'short' }} {{ order.refund.refunded_on | time }}",
        language="de",
        ticket=Ticket.objects.get(customer=mia),
    )

    assert german.text == "€\xa084,90 20. November 2026 20.11.26 18:00"


def test_first_names_and_links_come_from_any_text(fill, whole_order):
    assert fill("{{ customer.name | first_name }}").text == "Mia"
    link = fill("{{ order.tracking_number | tracking_link: 'Colissimo' }}")
    assert link.text == "https://www.laposte.fr/outils/suivre-vos-envois?code=LL1042"
    unknown = fill("{{ order.tracking_number | tracking_link }}")
    assert [each.path for each in unknown.missing] == ["tracking_link"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi. Gold points: {{ loyalty.points | drop_sentence }}. Bye.", "Hi. Bye."),
        ("Hi.\nYou have {{ loyalty.points | drop_sentence }} points!\nBye.", "Hi.\nBye."),
        ("Hi.\n\nTier {{ loyalty.tier | drop_sentence }}.\n\nBye.", "Hi.\n\nBye."),
        ("您好。您有 {{ loyalty.points | drop_sentence }} 分。再见。", "您好。再见。"),
        (
            "On {{ order.placed_on }} we {{ loyalty.tier | drop_sentence }}. #{{ ticket.number }}",
            "#1",
        ),
        ("Tier: {{ loyalty.tier | fallback: 'none yet' }}", "Tier: none yet"),
        ("{{ loyalty.tier | upcase | default: 'x' }}", "x"),
    ],
)
def test_a_missing_value_is_replaced_or_takes_its_sentence_along(fill, make_order, body, text):
    make_order("#1042")
    rendered = fill(body)

    assert (rendered.text, rendered.missing) == (text, [])
    for span in rendered.spans:
        assert rendered.text[span.start : span.end] == span.value


def test_what_is_required_blocks_and_what_it_may_be_is_offered(fill, make_order):
    """UX 35, G16.4"""
    make_order("#1042", payment_method="Visa •4242")
    rendered = fill("Back to your {{ order.refund.method }}.")

    assert [(each.path, each.choices) for each in rendered.missing] == [
        ("order.refund.method", ("Visa •4242",))
    ]


@pytest.mark.parametrize("name", ["null", "undefined", " NaN ", "None", "[object Object]"])
def test_what_programs_write_for_nothing_is_nothing(fill, organization, channel, name):
    """UX 35"""
    nobody = make_customer(organization, "x@mail.example", name.strip())
    ticket = receive_mail(channel, "Hello", customer=nobody).ticket

    assert [each.path for each in fill("Hi {{ customer.name }}", ticket=ticket).missing] == [
        "customer.name"
    ]
    assert fill("Hi {{ customer.name | default: 'there' }}", ticket=ticket).text == "Hi there"


def test_a_loyalty_programme_fills_its_values(fill, monkeypatch):
    monkeypatch.setattr(macro_values, "_loyalty_sources", [])
    macro_values.loyalty_from(lambda ticket: {"points": 420, "tier": "Gold"})

    rendered = fill("{{ loyalty.points }} {{ loyalty.tier }} {{ loyalty.next_tier }}")

    assert rendered.text == "420 Gold ⟦loyalty.next_tier⟧"


def test_a_text_that_names_one_value_costs_no_query_for_the_others(
    fill, organization, ticket, bo, django_assert_max_num_queries
):
    macro = create_macro(
        organization, {"name": "M", "variants": [{"language": "en", "body": "{{ ticket.number }}"}]}
    )
    with django_assert_max_num_queries(8):
        render_for_agent(macro, ticket, user=bo)


def test_every_value_of_the_schema_can_be_written_and_filled(fill, whole_order):
    """The editor offers exactly what can be saved."""
    for path, _ in leaves():
        assert problems_of("{{ " + path + " }}") == [], path
    everything = " ".join("{{ " + path + " | default: '-' }}" for path, _ in leaves())
    assert fill(everything).missing == []


def test_a_problem_names_its_line_and_what_was_meant():
    [problem] = problems_of("Hi {{ customer.first_name }},\n\n{{ order.traking_url }}")
    assert (problem.code, problem.line, problem.name) == ("unknown_value", 3, "order.traking_url")
    assert problem.message == (
        "Line 3: There is no value “order.traking_url”. Did you mean “order.tracking_url”?"
    )
    [syntax] = problems_of("a\n{% if order %}")
    assert (syntax.code, syntax.message.startswith("Line ")) == ("syntax", True)
    for wrong in ("{{ orders.number }}", "{{ order.lines.colour }}", "{{ shipments[0] .x.y }}"):
        assert problems_of(wrong), wrong


def test_the_values_of_a_text_are_listed_with_their_rules():
    body = "{{ order.number }}\n{{ customer.name | default: 'x' }} {{ order.city | drop_sentence }}"
    assert [(each.path, each.rule, each.line) for each in used_values(body)] == [
        ("order.number", "required", 1),
        ("customer.name", "fallback", 2),
        ("order.city", "drop", 2),
    ]
