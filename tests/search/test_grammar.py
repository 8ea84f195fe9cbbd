"""The grammar of searches: reads anything, and writes what it read (UX 1.6)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tickets.search.grammar import MAX_CHARS, MAX_TOKENS, Group, Leaf, Node, parse, quote, unparse
from tickets.search.normalise import asked_runs, lexemes_of, source_positions
from tickets.search.records import Places
from tickets.search.spelling import slips
from tickets.search.terms import Term, piece_of, spans_in
from tickets.search.tsquery import phrase_query, words_query

PIECES = st.sampled_from(
    ["cancel", "OR", "-", "(", ")", '"', "“", "tag:", "tag:vip", ":", "..", ">", "<=", ",", "*", " ",
     "is:open", "created:2026-11-01..2026-11-15", "order.total:>100", "订单", "🙂", "\x00", "http://x.y",
     'customer:"Mia Laurent"', "-tag:spam", "'", "\\", "l'ordre", "#1042", "--", "»", "ß"]
)  # fmt: skip
QUERIES = st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join) | st.text(max_size=200)


def shape(node: Node) -> object:
    """A tree without places: what it means."""
    if isinstance(node, Leaf):
        token = node.token
        star = token.kind == "phrase" and token.text.endswith("*")
        return (token.kind, token.key, token.operator, token.values, token.is_negated, star)
    return (node.connector, node.is_negated, tuple(shape(each) for each in node.children))


@given(QUERIES)
@settings(max_examples=400, deadline=None)
def test_anything_is_read_and_every_token_is_where_it_says(text: str):
    query = parse(text)
    last = 0
    for token in query.tokens:
        assert last <= token.start < token.end <= len(query.text)
        assert query.text[token.start : token.end] == token.text
        last = token.end
    for problem in query.problems:
        assert 0 <= problem.start <= problem.end <= max(len(query.text), MAX_CHARS)


@given(QUERIES)
@settings(max_examples=400, deadline=None)
def test_what_was_read_reads_the_same_when_it_is_written(text: str):
    tree = parse(text).tree
    again = parse(unparse(tree)).tree
    assert shape(again) == shape(tree)


@given(QUERIES)
@settings(max_examples=200, deadline=None)
def test_every_text_becomes_a_query_and_words_that_postgresql_can_read(text: str):
    for asked in (words_query(text), phrase_query(text)):
        assert asked.count("'") % 2 == 0
        assert "\x00" not in asked
    assert all(each and "\x00" not in each for each in lexemes_of(text))


@given(st.text(max_size=80), st.text(min_size=1, max_size=6))
@settings(max_examples=200, deadline=None)
def test_marked_places_lie_in_the_text_in_order(text: str, word: str):
    normalised, places = source_positions(text)
    assert len(normalised) == len(places)
    runs = asked_runs(word)
    terms = [Term(tuple(runs), is_open=True)] if runs else []
    last = 0
    for start, end in spans_in(text, terms):
        assert last <= start < end <= len(text)
        last = end
    piece, spans = piece_of(text, terms)
    assert all(0 <= start < end <= len(piece) for start, end in spans)


@given(st.text(max_size=30), st.integers(0, 30))
def test_places_of_javascript_and_back(text: str, place: int):
    place = min(place, len(text))
    units = Places(text)(place)
    assert units == len(text[:place].encode("utf-16-le", "surrogatepass")) // 2
    assert Places(text).back(units) == place


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("is:open cancel OR refund", "is:open (cancel OR refund)"),
        ("(a b) OR c", "(a b) OR c"),
        ("a OR b OR c", "a OR b OR c"),
        ("-(a OR b) c", "-(a OR b) c"),
        ("-tag:spam", "-tag:spam"),
        ("TAG:vip,b", "tag:vip,b"),
        ('customer:"Mia Laurent"', 'customer:"Mia Laurent"'),
        ("created:2026-11-01..2026-11-15", "created:2026-11-01..2026-11-15"),
        ("waiting:>4h csat:<=2", "waiting:>4h csat:<=2"),
        ("OR a", "a"),
        ("a OR", "a"),
        ("() a", "a"),
        ("re-order e-mail", "re-order e-mail"),
    ],
)
def test_how_queries_are_read(text: str, written: str):
    assert unparse(parse(text).tree) == written


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('"cancel', "unclosed_quote"),
        ("(cancel", "unmatched_bracket"),
        ("cancel)", "unmatched_bracket"),
        ("x" * (MAX_CHARS + 1), "too_long"),
        ("a " * (MAX_TOKENS + 1), "too_many"),
        ("(" * 9 + "a" + ")" * 9, "too_many"),
    ],
)
def test_what_is_broken_is_reported_and_the_rest_is_read(text: str, code: str):
    query = parse(text)
    assert [each.code for each in query.problems][:1] == [code]
    assert isinstance(query.tree, Group)


def test_a_value_is_quoted_only_where_it_must_be():
    assert quote("vip") == "vip"
    assert quote("very important") == '"very important"'
    assert quote('with "quotes"') == '"with  quotes "'
    assert quote(">100") == '">100"'


def test_words_at_one_slip():
    assert "cancel" in slips("cancle")
    assert "заказ" in slips("закза")
    assert slips("ok") == []
    assert slips("订单号码") == []
