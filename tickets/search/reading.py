"""A query as one person means it: tokens with their values, problems, and conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, TypeGuard

from helpdesk.accounts.models import User
from tickets.search import ticket_keys  # noqa: F401 (makes the keys known)
from tickets.search.documents import phone_digits
from tickets.search.field_keys import closest_key_for, key_for
from tickets.search.grammar import Group, Leaf, Node, Problem, Query, Token, parse, unparse
from tickets.search.keys import (
    NotUnderstood,
    Understood,
    Vocabulary,
    leaf,
    understand,
)
from tickets.search.tsquery import MIN_PHONE_IN_TEXT, PHONE

Tree = dict[str, Any]


@dataclass(frozen=True)
class Reading:
    """What was read; ``understood`` by place, for the fields that make sense."""

    query: Query
    understood: dict[int, Understood]
    problems: list[Problem]
    conditions: Tree

    def is_understood(self, token: Token) -> bool:
        return token.kind != "field" or token.start in self.understood

    def without(self, token: Token) -> str:
        """The query with this term left out."""
        kept = _without(self.query.tree, token)
        return unparse(kept) if kept is not None else ""


def read_query(text: str, user: User, vocabulary: Vocabulary | None = None) -> Reading:
    """Read a query for this person; never raises, whatever the text."""
    query = parse(text.replace("\x00", " "))
    reader = _Reader(vocabulary or Vocabulary(user), list(query.problems))
    conditions = reader.group(query.tree)
    problems = sorted(reader.problems, key=lambda each: (each.start, each.end))
    return Reading(query, reader.understood, problems, conditions)


class _Reader:
    def __init__(self, vocabulary: Vocabulary, problems: list[Problem]) -> None:
        self.vocabulary, self.problems = vocabulary, problems
        self.understood: dict[int, Understood] = {}

    def group(self, group: Group) -> Tree:
        """What must not be stands in one ``none`` beside what must."""
        wanted: list[Tree] = []
        unwanted: list[Tree] = []
        for tree, is_negated in self.nodes(group):
            if not tree:
                continue
            if is_negated and group.connector == "all":
                unwanted.append(tree)
            else:
                wanted.append({"none": [tree]} if is_negated else tree)
        if unwanted:
            wanted.append({"none": unwanted})
        if not wanted:
            return {}
        return {group.connector: wanted}

    def nodes(self, group: Group) -> Iterator[tuple[Tree, bool]]:
        """The children; numbers in a row that make a phone are looked for as one, too."""
        row: list[Leaf] = []
        for child in group.children:
            if group.connector == "all" and _is_piece_of_phone(child):
                row.append(child)
                continue
            yield from self.numbers(row)
            row = []
            yield self.node(child)
        yield from self.numbers(row)

    def numbers(self, row: list[Leaf]) -> Iterator[tuple[Tree, bool]]:
        written = [self.term(each.token) for each in row]
        phone = " ".join(each.token.values[0] for each in row)
        if len(row) > 1 and len(phone_digits(phone)) >= MIN_PHONE_IN_TEXT:
            asked = leaf("ticket.phone", "has_words", phone)
            yield {"any": [asked, {"all": written}]}, False
        else:
            yield from ((each, False) for each in written)

    def node(self, node: Node) -> tuple[Tree, bool]:
        if isinstance(node, Group):
            return self.group(node), node.is_negated
        return self.term(node.token), node.token.is_negated

    def term(self, token: Token) -> Tree:
        if token.kind == "word":
            return _written(token.values[0])
        if token.kind == "phrase":
            star = "*" if token.text.endswith("*") else ""
            return (
                leaf("ticket.text", "has_phrase", token.values[0] + star) if token.values[0] else {}
            )
        return self.field(token)

    def field(self, token: Token) -> Tree:
        key = key_for(token.key, self.vocabulary)
        if key is None:
            self.report_key(token)
            return _written(token.text.removeprefix("-"))
        try:
            understood = understand(token, key, self.vocabulary)
        except NotUnderstood as error:
            self.report(token, error.code, error.message, error.hint)
            return {} if error.code == "no_value" else _written(token.text.removeprefix("-"))
        self.understood[token.start] = understood
        return understood.tree

    def report_key(self, token: Token) -> None:
        near = closest_key_for(token.key, self.vocabulary)
        hint = None
        if near is not None:
            sign = "-" if token.is_negated else ""
            rest = token.text.removeprefix("-")[len(token.key) :]
            hint = f"{sign}{near}{rest}"
        self.report(token, "unknown_key", f"There is no “{token.key}:”.", hint)

    def report(self, token: Token, code: str, message: str, hint: str | None) -> None:
        self.problems.append(Problem(token.start, token.end, token.text, code, message, hint))


def _written(text: str) -> Tree:
    """A word of a message, of a subject, of a name; the number of a ticket is one of its words."""
    return leaf("ticket.text", "has_words", text) if text.strip() else {}


def _is_piece_of_phone(node: Node) -> TypeGuard[Leaf]:
    """A word of digits, perhaps with a plus, brackets or hyphens."""
    if not isinstance(node, Leaf) or node.token.kind != "word" or node.token.is_negated:
        return False
    return bool(PHONE.fullmatch(node.token.values[0]))


def _without(node: Node, token: Token) -> Node | None:
    if isinstance(node, Leaf):
        return None if node.token.start == token.start else node
    kept = tuple(each for each in (_without(child, token) for child in node.children) if each)
    return replace(node, children=kept) if kept else None
