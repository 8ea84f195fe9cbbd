"""The grammar of searches, as text and as a tree. Pure; reads anything without ever raising.

::

    query := term*            implicit AND; OR binds its two neighbours; -not; (groups)
    term  := word | prefix* | "a phrase" | name:value | name:a,b | name:>n | name:a..b

What makes no sense is kept as words and reported as a problem, so that a query half typed finds
something. Places count characters of Python here; the API speaks of JavaScript's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

MAX_CHARS = 1000
MAX_TOKENS = 60
MAX_DEPTH = 5

Operator = Literal[":", ":>", ":>=", ":<", ":<=", ".."]
Kind = Literal["word", "phrase", "field", "or", "open", "close"]

_SPACE = re.compile(r"[\s\x00]+")
_OR = re.compile(r"OR(?=[\s\x00()\"“”„«»]|$)")
_FIELD = re.compile(r"([A-Za-z][A-Za-z_]*(?:\.[A-Za-z0-9_.]*)?):(?!//)")
_OPERATOR = re.compile(r">=|<=|>|<|≥|≤")
_OPERATORS: dict[str, Operator] = {
    "": ":",
    ">": ":>",
    ">=": ":>=",
    "≥": ":>=",
    "<": ":<",
    "<=": ":<=",
    "≤": ":<=",
}
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»"}
_VALUE = re.compile(r"[^\s\x00()\",“”„«»]+")
_WORD = re.compile(r"[^\s\x00()\"“”„«»]+")


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the query with its place. ``values`` are those of a field, or the one word."""

    kind: Kind
    start: int
    end: int
    text: str
    values: tuple[str, ...] = ()
    key: str = ""
    operator: Operator = ":"
    is_negated: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was not understood, and what may have been meant."""

    start: int
    end: int
    token: str
    code: str
    message: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A word, phrase or field in its place in the tree."""

    token: Token


@dataclass(frozen=True, slots=True)
class Group:
    """``all`` or ``any`` of its children; negated: none of that."""

    connector: Literal["all", "any"]
    children: tuple[Node, ...]
    is_negated: bool = False


Node = Leaf | Group


@dataclass
class Query:
    """A query that was read."""

    text: str
    tokens: list[Token] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    tree: Group = field(default_factory=lambda: Group("all", ()))


def parse(text: str) -> Query:
    """Read any text; what is too long or too much is left out and reported."""
    query = Query(text[:MAX_CHARS])
    if len(text) > MAX_CHARS:
        message = f"Only the first {MAX_CHARS} characters are read."
        query.problems.append(Problem(MAX_CHARS, MAX_CHARS, "", "too_long", message))
    query.tokens = list(_tokens(query))
    query.tree = _Reader(query).read()
    return query


def unparse(node: Node) -> str:
    """A query that reads as this tree."""
    if isinstance(node, Leaf):
        return _leaf_text(node.token)
    inner = (" OR " if node.connector == "any" else " ").join(
        _inside(each) for each in node.children
    )
    return f"-({inner})" if node.is_negated else inner


def quote(value: str) -> str:
    """The value as it stands behind ``key:``, in quotes where it needs them."""
    cleaned = re.sub(r"[\"“”„«»\x00]", " ", value)
    is_plain = bool(_VALUE.fullmatch(cleaned)) and not _OPERATOR.match(cleaned)
    return cleaned if is_plain and ".." not in cleaned else f'"{cleaned}"'


def _inside(node: Node) -> str:
    text = unparse(node)
    is_plain_group = isinstance(node, Group) and not node.is_negated
    return f"({text})" if is_plain_group else text


def _leaf_text(token: Token) -> str:
    sign = "-" if token.is_negated else ""
    if token.kind == "word":
        return sign + token.values[0]
    if token.kind == "phrase":
        return f'{sign}"{token.values[0]}"' + ("*" if token.text.endswith("*") else "")
    if token.operator == "..":
        return f"{sign}{token.key}:{'..'.join(token.values)}"
    return f"{sign}{token.key}{token.operator}{','.join(quote(each) for each in token.values)}"


def _tokens(query: Query) -> Iterator[Token]:
    scanner = _Scanner(query)
    count = 0
    while token := scanner.next():
        count += 1
        if count > MAX_TOKENS:
            message = f"Only the first {MAX_TOKENS} terms are read."
            query.problems.append(
                Problem(token.start, len(query.text), token.text, "too_many", message)
            )
            return
        yield token


class _Scanner:
    """Cuts the text into tokens from left to right."""

    def __init__(self, query: Query) -> None:
        self.query, self.text, self.place = query, query.text, 0

    def next(self) -> Token | None:
        """The next token, or None at the end."""
        self._skip(_SPACE)
        if self.place >= len(self.text):
            return None
        start = self.place
        sign = self.text[start]
        if sign in "()":
            self.place += 1
            return self._token("open" if sign == "(" else "close", start)
        if self._skip(_OR):
            return self._token("or", start)
        if sign == "-" and self._is_negation():
            self.place += 1
            return self._negated(start)
        return self._term(start)

    def _is_negation(self) -> bool:
        """A minus with something behind it; ``--`` and a lonely minus are words."""
        after = self.text[self.place + 1 : self.place + 2]
        return bool(after.strip("\x00 \t\r\n-)"))

    def _negated(self, start: int) -> Token:
        if self.text[self.place] == "(":
            self.place += 1
            return replace(self._token("open", start), is_negated=True)
        return replace(self._term(start), is_negated=True)

    def _term(self, start: int) -> Token:
        if self.text[self.place] in _QUOTES:
            return self._phrase(start)
        if self.text[self.place] in "”»":
            self.place += 1
            return self._token("word", start, self.text[start : self.place])
        name = _FIELD.match(self.text, self.place)
        if name is not None:
            return self._field(start, name)
        word = self._take(_WORD)
        return self._token("word", start, word)

    def _phrase(self, start: int) -> Token:
        value = self._quoted()
        self._skip(re.compile(r"\*"))
        return self._token("phrase", start, value)

    def _field(self, start: int, name: re.Match[str]) -> Token:
        self.place = name.end()
        sign = self._take(_OPERATOR)
        values = [self._value()]
        while self.text[self.place : self.place + 1] == "," and values[-1]:
            self.place += 1
            values.append(self._value())
        operator = _OPERATORS[sign]
        if operator == ":" and len(values) == 1 and self.text[self.place - 1] not in '"”“»':
            ends = values[0].split("..")
            if len(ends) == 2 and any(ends):
                operator, values = "..", ends
        kept = [each for each in values if each] if operator != ".." else values
        return replace(
            self._token("field", start), key=name[1].lower(), operator=operator, values=tuple(kept)
        )

    def _value(self) -> str:
        if self.text[self.place : self.place + 1] in _QUOTES and self.place < len(self.text):
            return self._quoted()
        return self._take(_VALUE)

    def _quoted(self) -> str:
        opened = self.place
        ends = {_QUOTES[self.text[opened]], '"'}
        end = next(
            (n for n in range(opened + 1, len(self.text)) if self.text[n] in ends), len(self.text)
        )
        self.place = min(end + 1, len(self.text))
        if end == len(self.text):
            rest = self.text[opened:]
            message = "This quotation has no end."
            self.query.problems.append(
                Problem(opened, len(self.text), rest, "unclosed_quote", message, f'{rest.strip()}"')
            )
        return " ".join(re.sub(r"[“”„«»\x00]", " ", self.text[opened + 1 : end]).split())

    def _skip(self, pattern: re.Pattern[str]) -> bool:
        return bool(self._take(pattern))

    def _take(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self.text, self.place)
        if match is None:
            return ""
        self.place = match.end()
        return match[0]

    def _token(self, kind: Kind, start: int, *values: str) -> Token:
        return Token(kind, start, self.place, self.text[start : self.place], values)


class _Reader:
    """Builds the tree. Groups that are empty, and ORs beside nothing, mean nothing."""

    def __init__(self, query: Query) -> None:
        self.query, self.place, self.depth = query, 0, 0

    def read(self) -> Group:
        """The whole query; brackets that close nothing are passed over."""
        children: list[Node] = []
        while self.place < len(self.query.tokens):
            children += self._until_close()
            if self.place < len(self.query.tokens):
                self._report(self.query.tokens[self.place])
                self.place += 1
        return _flat(Group("all", tuple(children)))

    def _until_close(self) -> list[Node]:
        """Terms up to a closing bracket; an OR takes the term before and the one after."""
        terms: list[Node] = []
        is_joined = False
        while self.place < len(self.query.tokens):
            token = self.query.tokens[self.place]
            if token.kind == "close":
                break
            self.place += 1
            if token.kind == "or":
                is_joined = bool(terms)
                continue
            node = self._group(token) if token.kind == "open" else Leaf(token)
            if node is None:
                continue
            if is_joined:
                terms[-1] = _or(terms[-1], node)
            else:
                terms.append(node)
            is_joined = False
        return terms

    def _group(self, opening: Token) -> Node | None:
        self.depth += 1
        children = self._until_close()
        self.depth -= 1
        if self.place < len(self.query.tokens):
            self.place += 1
        else:
            self._report(opening)
        if not children:
            return None
        if self.depth >= MAX_DEPTH:
            self._report(opening, "too_many", f"At most {MAX_DEPTH} groups deep.")
            return None
        group = _flat(Group("all", tuple(children)))
        if not opening.is_negated:
            return group.children[0] if len(group.children) == 1 else group
        return replace(group, is_negated=True)

    def _report(self, token: Token, code: str = "unmatched_bracket", message: str = "") -> None:
        self.query.problems.append(
            Problem(
                token.start, token.end, token.text, code, message or "This bracket has no partner."
            )
        )


def _or(left: Node, right: Node) -> Group:
    if isinstance(left, Group) and left.connector == "any" and not left.is_negated:
        return Group("any", (*left.children, right))
    return Group("any", (left, right))


def _flat(group: Group) -> Group:
    """A group whose only child is a plain group is that child."""
    if len(group.children) == 1:
        only = group.children[0]
        if isinstance(only, Group) and not only.is_negated:
            return replace(only, is_negated=group.is_negated)
    return group
