"""Macros: filled from this customer's order, in their language; a missing value blocks sending."""

from __future__ import annotations

import time
from datetime import timedelta

import pytest

from automation.macros import liquid
from automation.macros.defaults import ensure_default_macros
from automation.macros.edit import change_macro, create_macro
from automation.macros.liquid import problems_of
from automation.macros.models import Macro
from automation.macros.render import render_for_agent
from automation.macros.schema import SCHEMA, Value
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, MissingValues, NotFound
from inbox.delivery import withdraw
from tests.automation.conftest import TRACKING_URL
from tests.factories import make_customer, receive_mail
from tickets.actions.delivery import set_delivery_state
from tickets.actions.edit import edit_ticket
from tickets.actions.reply import OutgoingMessage, reply
from tickets.models import Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def make_macro(organization):
    def make(body: str, *, language="en", actions=(), **fields) -> Macro:
        variants = fields.pop("variants", [{"language": language, "body": body}])
        values = {"name": "Macro", "variants": variants, "actions": list(actions), **fields}
        return create_macro(organization, values)

    return make


@pytest.fixture
def ticket(channel, mia):
    return Ticket.objects.get(pk=receive_mail(channel, "Hello").ticket_id)


def filled(macro, ticket, user, **more):
    return render_for_agent(macro, ticket, user=user, **more)


def test_a_macro_says_what_the_order_says(make_macro, make_order, ticket, bo):
    make_order("#1042", is_sent=True)
    macro = make_macro(
        "Hi {{ customer.first_name }}, {{ order.number }} ({{ order.total }}) comes with "
        "{{ order.carrier }}: {{ order.tracking_url }}\n\n{{ agent.first_name }}"
    )

    rendered = filled(macro, ticket, bo)

    assert rendered.text == (f"Hi Mia, #1042 (€84.90) comes with Colissimo: {TRACKING_URL}\n\nBo")
    assert rendered.missing == []
    assert rendered.order.number == "#1042"
    assert [(span.path, span.value) for span in rendered.spans] == [
        ("customer.first_name", "Mia"),
        ("order.number", "#1042"),
        ("order.total", "€84.90"),
        ("order.carrier", "Colissimo"),
        ("order.tracking_url", TRACKING_URL),
        ("agent.first_name", "Bo"),
    ]
    for span in rendered.spans:
        assert rendered.text[span.start : span.end] == span.value
    assert f'<a href="{TRACKING_URL}">' in rendered.html
    assert rendered.html.endswith("<p>Bo</p>")


def test_a_value_that_is_missing_is_named_with_its_sentence_and_blocks_sending(
    make_macro, make_order, ticket, bo
):
    """G16.4"""
    make_order("#1042")
    macro = make_macro("Hi there. Track it here: {{ order.tracking_url }}. Bye.")

    rendered = filled(macro, ticket, bo)

    assert [(each.path, each.sentence) for each in rendered.missing] == [
        ("order.tracking_url", "Track it here: ⟦order.tracking_url⟧.")
    ]
    with pytest.raises(MissingValues) as caught:
        rendered.check()
    assert [error.path for error in caught.value.errors] == ["order.tracking_url"]
    with pytest.raises(MissingValues) as refused:
        reply(ticket.pk, OutgoingMessage(text=rendered.text), user=bo)
    assert [error.path for error in refused.value.errors] == ["text.order.tracking_url"]
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()


@pytest.mark.parametrize(
    "body",
    [
        "Hi {{ customer.first_name }},",
        "Hi {{ customer.first_name | upcase }},",
        "Hi {{ customer.first_name | append: '!' }},",
        "{% assign n = customer.first_name | upcase %}Hi {{ n }},",
        "{% assign n = customer.first_name %}Hi {{ n | capitalize }},",
        "{% capture n %}{{ customer.first_name }}{% endcapture %}Hi {{ n }},",
        "{% if true %}Hi {{ customer.first_name }}{% endif %},",
    ],
)
def test_a_missing_value_is_found_through_filters_and_assignments(
    body, organization, channel, make_macro, bo
):
    """G16.4"""
    nameless = make_customer(organization, "x@mail.example", "")
    ticket = receive_mail(channel, "Hello", customer=nameless).ticket

    rendered = filled(make_macro(body), ticket, bo)

    assert [each.path for each in rendered.missing] == ["customer.first_name"]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi {{ customer.first_name | default: 'there' }},", "Hi there,"),
        ("Hi{% if customer.first_name %} {{ customer.first_name }}{% endif %},", "Hi,"),
        ("{% unless order %}No order{% endunless %}", "No order"),
        ("{% if order.tracking_url %}{{ order.tracking_url }}{% else %}None{% endif %}", "None"),
        ("{% for line in order.lines %}{{ line.title }}{% endfor %}.", "."),
    ],
)
def test_what_the_author_provided_for_is_not_missing(
    body, text, organization, channel, make_macro, bo
):
    nameless = make_customer(organization, "x@mail.example", "")
    ticket = receive_mail(channel, "Hello", customer=nameless).ticket

    rendered = filled(make_macro(body), ticket, bo)

    assert (rendered.text, rendered.missing) == (text, [])


@pytest.mark.parametrize(
    "name",
    [
        "{{ 7 | times: 7 }}",
        "{{7*7}}",
        "{% assign x = 1 %}",
        "${7*7}",
        "<%= 7*7 %>",
        "#{7*7}",
        "{{ agent.email }}",
        "{{ customer.__class__.__mro__ }}",
        "\ue0000\ue003\ue004",
        "⟦order.number⟧",
    ],
)
def test_what_a_customer_calls_themselves_is_never_read_as_a_template(
    name, organization, channel, make_macro, bo
):
    """G19.1"""
    customer = make_customer(organization, "x@mail.example", name)
    ticket = receive_mail(channel, "Hello", customer=customer).ticket
    ticket.customer.refresh_from_db()

    rendered = filled(make_macro("Hi {{ customer.name }}!"), ticket, bo)

    seen = name.replace("⟦", "[").replace("⟧", "]")
    for sign in "\ue000\ue001\ue002\ue003\ue004":
        seen = seen.replace(sign, "")
    assert rendered.text == f"Hi {seen}!"
    assert "<%=" not in rendered.html
    assert bo.email not in rendered.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("{{ customer.password }}", "unknown_value"),
        ("{{ customer.__class__ }}", "unknown_value"),
        ("{{ customer.organization.name }}", "unknown_value"),
        ("{{ order.number.size }}", "unknown_value"),
        ("{{ settings.SECRET_KEY }}", "unknown_value"),
        ("{{ customer[order.number] }}", "unknown_value"),
        ("{{ __printed__ }}", "unknown_value"),
        ("{{ order.total | to_json }}", "unknown_filter"),
        ("{{ order.number | replace: 'a', 'aaaa' }}", "unknown_filter"),
        ('{{ (1..30000000) | join: "," | size }}', "range"),
        ("{% for i in (1..100000000) %}{% endfor %}", "range"),
        ("{% assign r = (1..9) %}", "range"),
        ("{% include 'other' %}", "syntax"),
        ("{% render 'other' %}", "syntax"),
        ("{% tablerow x in order.lines %}{% endtablerow %}", "syntax"),
        ("{% raw %}{{ order.number }}{% endraw %}", "syntax"),
        ("{{ customer.name", "syntax"),
        ("{% if order %}", "syntax"),
        ("", "required"),
        ("x" * 20_001, "too_long"),
        ("{% if order %}" * 30 + "{% endif %}" * 30, "syntax"),
    ],
)
def test_what_could_not_be_filled_is_refused_when_it_is_saved(body, code, organization):
    """A31, A32, A33."""
    assert [problem.code for problem in problems_of(body)][:1] == [code]
    with pytest.raises(InvalidInput) as caught:
        create_macro(organization, {"name": "M", "variants": [{"language": "en", "body": body}]})
    assert caught.value.errors[0].path == "language_variants.0.body"
    assert not Macro.objects.exists()


def test_a_text_that_wants_to_run_for_ever_is_stopped_at_once(make_macro, make_order, ticket, bo):
    """A32: nested loops over a list, doubling, and deep nesting end in an error, quickly."""
    from integrations.commerce.normal_form import OrderLineData

    lines = tuple(OrderLineData(title=f"Shirt {n}", quantity=1, price_minor=1) for n in range(60))
    make_order("#1042", lines=lines)
    loops = "{% for a in order.lines %}" * 6 + "x" + "{% endfor %}" * 6
    doubling = "{% assign s = 'aaaaaaaaaa' %}" + "{% assign s = s | append: s %}" * 40 + "{{ s }}"

    for body in (loops, doubling):
        began = time.thread_time()
        with pytest.raises(InvalidInput):
            filled(make_macro(body), ticket, bo)
        assert time.thread_time() - began < 0.5


def test_only_the_customers_own_orders_can_be_chosen(
    organization, channel, make_macro, make_order, ticket, bo
):
    """G16.3, G16.4"""
    mine = make_order("#1042")
    other = make_order("#1043", email="eve@mail.example")
    macro = make_macro("{{ order.number }}")

    assert filled(macro, ticket, bo, order_id=mine.pk).text == "#1042"
    with pytest.raises(NotFound):
        filled(macro, ticket, bo, order_id=other.pk)
    assert [order.number for order in filled(macro, ticket, bo).orders] == ["#1042"]


def test_the_order_named_in_the_text_is_taken_else_the_newest_that_is_open(
    channel, mia, make_macro, make_order, bo
):
    make_order("#1040", age=timedelta(days=9))
    make_order("#1041", age=timedelta(days=5))
    make_order("#1042", age=timedelta(days=1), cancelled_at=now())
    macro = make_macro("{{ order.number }}")

    asks_nothing = receive_mail(channel, "Hello").ticket
    names_one = receive_mail(channel, "It is about order #1040, thanks").ticket

    assert filled(macro, asks_nothing, bo).text == "#1041"
    assert filled(macro, names_one, bo).text == "#1040"


def test_the_order_an_agent_picked_is_taken_unless_it_is_somebody_elses(
    channel, mia, make_macro, make_order, bo
):
    picked = make_order("#1040", age=timedelta(days=9))
    make_order("#1041")
    other = make_order("#1043", email="eve@mail.example")
    macro = make_macro("{{ order.number }}")
    ticket = receive_mail(channel, "It is about order #1041, thanks").ticket

    chosen = edit_ticket(ticket.pk, {"order_id": picked.pk}, user=bo)
    assert filled(macro, chosen, bo).text == "#1040"
    chosen = edit_ticket(ticket.pk, {"order_id": other.pk}, user=bo)
    assert filled(macro, chosen, bo).text == "#1041"


def test_a_short_text_is_filled_however_long_its_language_takes_to_load(
    make_macro, make_order, ticket, bo, monkeypatch
):
    make_order("#1042", refunds=())
    monkeypatch.setattr(liquid, "MAX_CPU_SECONDS", -1)

    assert filled(make_macro("{{ order.number }} {{ order.total }}"), ticket, bo).text
    with pytest.raises(InvalidInput, match="too long"):
        filled(make_macro("{{ order.number }}" * (liquid.FREE_STEPS + 1)), ticket, bo)


def test_the_variant_of_the_customers_language_is_taken_and_money_and_dates_follow(
    make_macro, make_order, ticket, bo
):
    make_order("#1042", refunds=())
    macro = make_macro(
        "",
        variants=[
            {"language": "en", "body": "{{ order.total }} {{ order.placed_at | date: 'long' }}"},
            {"language": "de", "body": "{{ order.total }} {{ order.placed_at | date: 'long' }}"},
        ],
    )
    Ticket.objects.filter(pk=ticket.pk).update(language="de")
    ticket.refresh_from_db()

    german, english = filled(macro, ticket, bo), filled(macro, ticket, bo, language="en")

    assert german.language == "de"
    assert german.text.startswith("84,90\xa0€ ")
    assert english.text.startswith("€84.90 ")
    assert filled(macro, ticket, bo, language="fr").language == "de"


def _tree(value: Value) -> object:
    return sorted(each.name for each in value.of) if value.of else value.type


def test_a_macro_reaches_exactly_what_is_listed():
    """A33: whoever adds a value changes this list too, and thinks about who may see it."""
    shipment = sorted(
        "carrier tracking_number tracking_url status problem place shipped_on expected_on "
        "delivered_on last_scan_on is_delivered".split()
    )
    returns = sorted(
        "number status outcome requested_on refund credit exchange_number status_url reason "
        "is_open label_url carrier tracking_number tracking_url".split()
    )
    order = sorted(
        "number status placed_on placed_at promised_on expected_on shipped_on delivered_on "
        "last_scan_on cancelled_on cancel_reason total subtotal shipping discount tax "
        "refunded_total refundable item_count age_days items lines carrier tracking_number "
        "tracking_url city address payment_method refund discount_codes store shipments returns "
        "is_paid is_shipped is_delivered is_cancelled is_on_hold has_tracking".split()
    )
    assert {each.name: _tree(each) for each in SCHEMA} == {
        "customer": sorted(
            "name first_name last_name email phone city country language is_vip order_count".split()
        ),
        "order": order,
        "orders": order,
        "shipments": shipment,
        "returns": returns,
        "loyalty": sorted("points tier points_to_next next_tier referral_url program".split()),
        "ticket": sorted("number subject channel created_on tags".split()),
        "agent": ["email", "first_name", "name"],
        "store": ["name", "url"],
        "organization": ["name"],
    }
    of_order = {each.name: _tree(each) for each in SCHEMA[1].of if each.of}
    assert of_order == {
        "lines": ["price", "quantity", "sku", "title", "total", "variant"],
        "address": ["city", "company", "country", "name", "postcode", "region", "street"],
        "refund": ["amount", "method", "reason", "refunded_on"],
        "shipments": shipment,
        "returns": returns,
    }


def test_every_default_macro_can_be_filled_for_a_sent_order(organization, make_order, ticket, bo):
    from integrations.commerce.normal_form import RefundData

    ensure_default_macros(organization)
    make_order(
        "#1042",
        is_sent=True,
        promised_at=now() + timedelta(days=2),
        refunds=(RefundData(external_id="r", amount_minor=8490, refunded_at=now()),),
    )
    for macro in Macro.objects.exclude(key="parcel-stuck"):
        for variant in macro.variants:
            rendered = filled(macro, ticket, bo, language=variant["language"])
            assert rendered.language == variant["language"]
            assert rendered.missing == [], (macro.key, variant["language"])
            assert "\n\n\n" not in rendered.text, (macro.key, variant["language"])
            assert rendered.text.endswith("\n\nBo")
    tracking = Macro.objects.get(key="tracking")
    languages = {variant["language"] for variant in tracking.variants}
    assert languages == {"en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th"}


def test_sending_a_macro_counts_it_and_does_its_actions_as_the_agent(
    make_macro, ticket, bo, catch_up
):
    from helpdesk.events.models import Event

    tag = {"type": "add_tags", "params": {"tags": ["Praise"]}}
    close = {"type": "set_status", "params": {"status": "closed"}}
    macro = make_macro("Thank you.", actions=[tag, close])
    message = reply(ticket.pk, OutgoingMessage(text="Thank you.", macro_id=macro.pk), user=bo)
    catch_up()
    set_delivery_state(message.pk, "sent")
    catch_up()

    ticket.refresh_from_db()
    macro.refresh_from_db()
    assert (ticket.tags, ticket.status, macro.usage_count) == (["praise"], "closed", 1)
    tagged = Event.objects.get(type="ticket.tagged", ticket_id=ticket.pk)
    assert tagged.actor == {"type": "agent", "id": str(bo.pk), "name": "Bo Larsen"}


def test_a_macro_does_nothing_while_its_message_can_still_be_taken_back(
    make_macro, ticket, bo, catch_up
):
    macro = make_macro("Bye.", actions=[{"type": "set_status", "params": {"status": "closed"}}])
    message = reply(
        ticket.pk, OutgoingMessage(text="Bye.", macro_id=macro.pk, hold_seconds=10), user=bo
    )
    catch_up()
    withdraw(message.pk, bo)
    catch_up()

    ticket.refresh_from_db()
    macro.refresh_from_db()
    assert (ticket.status, macro.usage_count) == ("open", 0)


def test_a_message_that_is_sent_again_does_not_repeat_its_macro(make_macro, ticket, bo, catch_up):
    note = {"type": "add_note", "params": {"text": "Praised"}}
    macro = make_macro("Thank you.", actions=[note])
    message = reply(ticket.pk, OutgoingMessage(text="Thank you.", macro_id=macro.pk), user=bo)
    set_delivery_state(message.pk, "uncertain")
    catch_up()
    set_delivery_state(message.pk, "queued", is_retry=True)
    set_delivery_state(message.pk, "sent")
    catch_up()

    assert ticket.messages.filter(kind="note").count() == 1


def test_a_macro_cannot_send_by_itself(make_macro, organization):
    other = make_macro("Hello")
    with pytest.raises(InvalidInput) as caught:
        make_macro(
            "Hi", actions=[{"type": "reply_with_macro", "params": {"macro_id": str(other.pk)}}]
        )
    assert caught.value.errors[0].path == "actions.0.type"


def test_two_variants_of_one_language_are_refused(make_macro):
    with pytest.raises(InvalidInput) as caught:
        make_macro(
            "",
            variants=[{"language": "en", "body": "a"}, {"language": "en", "body": "b"}],
        )
    assert caught.value.errors[0].path == "language_variants.1.language"


def test_a_changed_macro_is_used_at_once(make_macro, ticket, bo, ada):
    macro = make_macro("Old")
    change_macro(macro, {"variants": [{"language": "en", "body": "New"}]}, user=ada)
    macro.refresh_from_db()

    assert filled(macro, ticket, bo).text == "New"
    assert macro.version == 2


@pytest.mark.parametrize(
    ("text", "is_refused"),
    [
        ("Hi {{ customer.first_name }}", True),
        ("Hi ⟦customer.first_name⟧", True),
        ("{% if order.number %}x{% endif %}", True),
        ("Use {{7*7}} in your theme", False),
        ("CSS: a{b{c}}", False),
    ],
)
def test_an_unfilled_place_never_leaves_whoever_wrote_it(text, is_refused, ticket, bo):
    """G16.4"""
    if not is_refused:
        assert reply(ticket.pk, OutgoingMessage(text=text), user=bo).body.text == text
        return
    with pytest.raises(MissingValues):
        reply(ticket.pk, OutgoingMessage(text=text), user=bo)
    assert not Message.objects.filter(kind=MessageKind.REPLY).exists()
