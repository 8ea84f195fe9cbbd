"""The Liquid that macros are written in: few tags, few filters, hard limits, known names only.

A body is checked when it is saved: every path against ``schema.SCHEMA``, filters and tags against
the lists here; range literals are refused because no limit of the library stops them. Nothing is
parsed before its shape is known to be harmless (:func:`_shape_problem`): the library's lexer takes
time with the square of what is never closed, of spaces and of brackets. What is printed and missing is told apart by three rules: it blocks (as it does without a filter), a
text stands in its place (``default`` or ``fallback``), or its sentence goes (``drop_sentence``).
"""

from __future__ import annotations

import difflib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, wraps
from typing import Any, TextIO

from liquid import Environment
from liquid.ast import BlockNode, Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.filters import array, misc, string
from liquid.builtin.tags import assign_tag, capture_tag, case_tag, comment_tag, for_tag, if_tag
from liquid.builtin.tags import unless_tag as unless
from liquid.context import RenderContext
from liquid.exceptions import FilterError, LiquidError, LiquidSyntaxError, ResourceLimitError
from liquid.expression import Expression
from liquid.static_analysis import Variable
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.undefined import StrictUndefined

from automation.macros.schema import ROOTS, leaves, lists, resolve, resolve_in
from automation.macros.values import MissingValue, Moment, Money, Values
from helpdesk.lib.errors import FieldError, InvalidInput
from integrations.commerce.tracking_numbers import tracking_link as link_of_number

MAX_BODY_CHARS = 20_000
MAX_TEXT_CHARS = 128 * 1024
MAX_TAGS = 1000
MAX_TAG_CHARS = 1000
MAX_BLANKS = 60
"""How many spaces in a row a tag may hold."""
MAX_PROBLEMS = 50
MAX_STEPS = 5000
"""How much one filling may do: a step is a node or a filter, each time it is come to."""
MAX_CPU_SECONDS = 0.1
"""The second net, for steps that are dear."""
FREE_STEPS = 25
"""So many are never stopped by the clock: the first text in a language loads what it needs."""
VALUE_START, VALUE_END = "\ue002", "\ue004"
MISSING_START = "\ue000"
INDEX_END = "\ue003"
DROP = "\ue005"
DATE_STYLES = ("short", "medium", "long", "full")
_DATE_PATTERN = re.compile(r"(?:[GyYMLdEeHhKkmsSaz \u00a0.,/:()-]|'[^'\n]*'){1,60}")
_LOOP_FIELDS = frozenset({"first", "last", "index", "index0", "rindex", "rindex0", "length"})


@dataclass(frozen=True)
class BodyProblem(FieldError):
    """What is wrong with a text, and in which of its lines; ``name`` is what it is about."""

    line: int = 0
    name: str = ""


class PrintedValues:
    """What one rendering printed, in order: paths and, for missing ones, why."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.reasons: dict[int, str] = {}
        self.steps = 0
        self._ends_at = time.thread_time() + MAX_CPU_SECONDS

    def watch(self, steps: int) -> None:
        """So much is to be done next; raises ResourceLimitError where it has become too much."""
        self.steps += steps
        is_late = self.steps > FREE_STEPS and time.thread_time() > self._ends_at
        if is_late or self.steps > MAX_STEPS:
            raise ResourceLimitError("this text takes too long to fill", token=None)

    def mark(self, path: str, value: Any) -> str:
        """The value's text between marks that survive until the text is complete."""
        index = len(self.paths)
        self.paths.append(value.path if isinstance(value, MissingValue) else path)
        if isinstance(value, MissingValue):
            self.reasons[index] = value.reason
            return f"{MISSING_START}{index}{INDEX_END}{VALUE_END}"
        return f"{VALUE_START}{index}{INDEX_END}{to_liquid_string(value, False)}{VALUE_END}"  # noqa: FBT003


class MarkingOutputNode(output.OutputNode):
    """``{{ … }}``: marks what it prints, so that places and missing values are known."""

    __slots__ = ()

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        printed: PrintedValues = context.globals["__printed__"]  # type: ignore[assignment]
        printed.watch(1 + len(getattr(self.expression, "filters", None) or ()))
        value = self.expression.evaluate(context)
        left = getattr(self.expression, "left", self.expression)
        if not isinstance(left, Path):
            return buffer.write(_as_text(value))
        source = left.evaluate(context)
        if isinstance(source, Values) and not source.__liquid__():
            source = MissingValue(str(left), source.missing)
        if isinstance(source, MissingValue):
            names = _filter_names(self.expression)
            if "drop_sentence" in names:
                return buffer.write(DROP)
            if not names & {"default", "fallback"}:
                value = source
        elif isinstance(value, MissingValue) and "drop_sentence" in _filter_names(self.expression):
            return buffer.write(DROP)
        return buffer.write(printed.mark(str(left), value))


class MarkingOutput(output.Output):
    node_class = MarkingOutputNode


class WatchedBlock(BlockNode):
    """The inside of a loop: counts what is in it each time round."""

    __slots__ = ("_steps",)

    def __init__(self, token: Any, nodes: list[Node]) -> None:
        super().__init__(token, nodes)
        self._steps = sum(1 for _ in _nodes(nodes))

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        context.globals["__printed__"].watch(self._steps)  # type: ignore[attr-defined]
        return super().render_to_output(context, buffer)


class WatchedForNode(for_tag.ForNode):
    __slots__ = ()

    def __init__(self, token: Any, expression: Any, block: BlockNode, default: Any = None) -> None:
        watched = WatchedBlock(block.token, block.nodes)
        super().__init__(token, expression, watched, default)


class WatchedFor(for_tag.ForTag):
    node_class = WatchedForNode


def money(value: Any) -> Any:
    """The sum in the customer's way of writing; sums are printed like that anyway."""
    return value if isinstance(value, Money | MissingValue) else str(value)


def date(value: Any, style: str = "long") -> Any:
    """A moment as a date: short, medium, long, full, or a pattern like ``d MMMM y``."""
    if not isinstance(value, Moment):
        return value
    style = str(style)
    is_known = style in DATE_STYLES or _DATE_PATTERN.fullmatch(style)
    return value.in_words(style if is_known else "long")


def time_of_day(value: Any) -> Any:
    """A moment as a time of day in the customer's zone."""
    return value.time_in_words() if isinstance(value, Moment) else value


def tracking_link(value: Any, carrier: Any = "") -> Any:
    """The page on which a parcel, an order or a tracking number can be followed."""
    if isinstance(value, MissingValue):
        return value
    if isinstance(value, Values):
        return value["tracking_url"]
    found = link_of_number(str(value), "" if isinstance(carrier, MissingValue) else str(carrier))
    return found or MissingValue("tracking_link", "We do not know this carrier's tracking page.")


def first_name(value: Any) -> Any:
    """The first word of a name."""
    if isinstance(value, MissingValue):
        return value
    return (str(value).split() or [""])[0]


def default(value: Any, text: Any = "", **_: Any) -> Any:
    """The text where there is no value; ``fallback`` is the same."""
    return misc.default(value, text)


def as_it_is(value: Any) -> Any:
    """``drop_sentence`` says what happens without a value, not what it is."""
    return value


def _as_text(value: Any) -> str:
    return str(to_liquid_string(value, False))  # noqa: FBT003


def _bounded(apply: Callable[..., Any]) -> Callable[..., Any]:
    """A filter whose result stays small: no chain of them can fill the memory.

    What is missing stays missing, until a later filter puts something in its place.
    """
    replaces = apply in (default, misc.size)

    @wraps(apply)
    def bounded(*values: Any, **named: Any) -> Any:
        if values and isinstance(values[0], MissingValue) and not replaces:
            return values[0]
        result = apply(*values, **named)
        if isinstance(result, str) and len(result) > MAX_TEXT_CHARS:
            raise FilterError("this text becomes too long", token=None)
        return result

    return bounded


FILTERS: dict[str, tuple[Callable[..., Any], str]] = {
    "append": (string.append, "adds a text behind it"),
    "capitalize": (string.capitalize, "makes the first letter large"),
    "date": (date, "short, medium, long, full, or a pattern like 'd MMMM y'"),
    "default": (default, "this text where there is no value"),
    "downcase": (string.downcase, "small letters"),
    "drop_sentence": (as_it_is, "without a value its whole sentence goes"),
    "fallback": (default, "this text where there is no value"),
    "first": (array.first, "the first of a list"),
    "first_name": (first_name, "the first word of a name"),
    "join": (array.join, "a list in one line"),
    "last": (array.last, "the last of a list"),
    "money": (money, "a sum as the customer writes it"),
    "prepend": (string.prepend, "adds a text in front of it"),
    "size": (misc.size, "how many or how long"),
    "strip": (string.strip, "without spaces around it"),
    "time": (time_of_day, "the time of day in the customer's zone"),
    "tracking_link": (tracking_link, "the page to follow a parcel"),
    "truncate": (string.truncate, "cut to so many letters"),
    "upcase": (string.upcase, "large letters"),
}


class MacroLiquid(Environment):
    """Only what is listed here exists."""

    block_nesting_limit = 10
    context_depth_limit = 10
    loop_iteration_limit = 1000
    local_namespace_limit = 64 * 1024
    output_stream_limit = MAX_TEXT_CHARS

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            content.Literal,
            MarkingOutput,
            illegal.Illegal,
            if_tag.IfTag,
            unless.UnlessTag,
            case_tag.CaseTag,
            WatchedFor,
            for_tag.BreakTag,
            for_tag.ContinueTag,
            assign_tag.AssignTag,
            capture_tag.CaptureTag,
            comment_tag.CommentTag,
        ):
            self.add_tag(tag)
        self.filters.update({name: _bounded(each) for name, (each, _) in FILTERS.items()})


LIQUID = MacroLiquid(undefined=StrictUndefined)
_UNTIL_THE_END = re.compile(r"\{%-?\s*(raw|doc)\b")
_OPENS = re.compile(r"\{[{%]")
_BLANKS = re.compile(rf"\s{{{MAX_BLANKS + 1},}}")
_SHOWN_TAGS = "if, unless, case, for, assign, capture, comment"


@lru_cache(maxsize=512)
def template_of(body: str) -> BoundTemplate:
    """The parsed body; raises LiquidError for what was never checked."""
    problem = _shape_problem(body, "body")
    if problem is not None:
        raise LiquidSyntaxError(problem.message, token=None)
    return LIQUID.from_string(body)


@dataclass(frozen=True)
class UsedValue:
    """A value that a text prints, and what happens without it: required, fallback or drop."""

    path: str
    rule: str
    line: int


def check_body(body: Any, *, path: str = "body") -> None:
    """Raises InvalidInput naming everything in the text that could not be filled."""
    problems = problems_of(body, path=path)
    if problems:
        raise InvalidInput(problems[0].message, errors=list(problems))


def problems_of(body: Any, *, path: str = "body") -> list[BodyProblem]:
    """Everything that is wrong with the text of a macro; empty when it can be saved."""
    if not isinstance(body, str) or not body.strip():
        return [BodyProblem(path, "required", "Write the text of the macro.")]
    shape = _shape_problem(body, path)
    if shape is not None:
        return [shape]
    try:
        template = template_of(body)
        problems = _problems_in(template, body, path)
    except LiquidError as error:
        return [_syntax_problem(error, body, path)]
    except RecursionError:
        return [BodyProblem(path, "syntax", "This text is nested too deeply.")]
    return list(dict.fromkeys(problems))[:MAX_PROBLEMS]


def _shape_problem(body: str, path: str) -> BodyProblem | None:
    """Why the text must not even be parsed; found in one pass over it."""
    if len(body) > MAX_BODY_CHARS or "\x00" in body:
        return BodyProblem(path, "too_long", f"At most {MAX_BODY_CHARS} characters.")

    def problem(at: int, message: str) -> BodyProblem:
        line = _line_of(body, at)
        return BodyProblem(path, "syntax", _at(line, message), line)

    unread = _UNTIL_THE_END.search(body)
    if unread is not None:
        name = unread.group(1)
        return problem(unread.start(), f"The tag “{name}” is not possible in a macro.")
    count, found = 0, _OPENS.search(body)
    while found is not None:
        at, closer = found.start(), "}}" if found.group() == "{{" else "%}"
        end = body.find(closer, found.end())
        inside = body[found.end() : end]
        if end < 0:
            return problem(at, f"“{found.group()}” is never closed by “{closer}”.")
        if not inside.strip().strip("-").strip():
            return problem(at, "There is nothing between the brackets.")
        if len(inside) > MAX_TAG_CHARS or _BLANKS.search(inside):
            return problem(at, "This is too long for one value or tag.")
        count += 1
        if count > MAX_TAGS:
            return problem(at, f"More than {MAX_TAGS} values and tags.")
        found = _OPENS.search(body, end)
    return None


def _problems_in(template: BoundTemplate, body: str, path: str) -> list[BodyProblem]:
    analysis = template.analyze(include_partials=False)
    problems = []
    for name, spans in analysis.filters.items():
        if name not in LIQUID.filters:
            line = _line_of(body, spans[0].index)
            said = f"There is no filter “{name}”.{_near(name, LIQUID.filters)}"
            problems.append(BodyProblem(path, "unknown_filter", _at(line, said), line, name))
    local = {str(name) for name in analysis.locals} | _loop_names(template)
    for variables in analysis.variables.values():
        for variable in variables:
            if len(problems) >= MAX_PROBLEMS:
                return problems
            said = _path_problem(variable, local)
            if said:
                line = _line_of(body, variable.span.index)
                named = str(variable)
                problems.append(BodyProblem(path, "unknown_value", _at(line, said), line, named))
    if any(isinstance(each, RangeLiteral) for each in _expressions(template.nodes)):
        message = "Ranges like (1..5) are not possible in a macro."
        problems.append(BodyProblem(path, "range", message))
    return problems


def used_values(body: str) -> list[UsedValue]:
    """What the text prints, in order, each path once, with its rule; [] for a wrong text."""
    try:
        nodes = list(_nodes(template_of(body).nodes))
    except (LiquidError, RecursionError):
        return []
    used: dict[str, UsedValue] = {}
    for node in nodes:
        expression = getattr(node, "expression", None)
        left = getattr(expression, "left", expression)
        if not isinstance(node, MarkingOutputNode) or not isinstance(left, Path):
            continue
        names = _filter_names(node.expression)
        rule = (
            "drop"
            if "drop_sentence" in names
            else "fallback"
            if names & {"default", "fallback"}
            else "required"
        )
        line = _line_of(body, node.token.start_index)
        used.setdefault(str(left), UsedValue(str(left), rule, line))
    return list(used.values())


@lru_cache(maxsize=512)
def roots_of(body: str) -> frozenset[str]:
    """The roots of the schema that the text names: only these are put together to fill it."""
    named = template_of(body).analyze(include_partials=False).variables
    return frozenset(name for name in named if name in ROOTS)


def _path_problem(variable: Variable, local: set[str]) -> str:
    segments = variable.segments
    if not all(isinstance(each, str | int) for each in segments):
        return f"“{variable}”: square brackets cannot hold a value."
    root, rest = str(segments[0]), list(segments[1:])
    if root == "forloop":
        known = len(rest) == 1 and rest[0] in _LOOP_FIELDS
    elif root in local:
        known = not rest or any(resolve_in(each, rest) for each in _elements())
    else:
        known = resolve(list(segments)) is not None
    if known:
        return ""
    return f"There is no value “{variable}”.{_near(str(variable), _known_paths())}"


@lru_cache(maxsize=1)
def _elements() -> tuple[Any, ...]:
    """What a name made by ``for`` or ``assign`` may stand for."""
    from automation.macros.schema import element_of

    return (*(element_of(each) for each in lists()), *ROOTS.values())


@lru_cache(maxsize=1)
def _known_paths() -> tuple[str, ...]:
    return tuple(path for path, _ in leaves())


def _near(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), n=1, cutoff=0.75)
    return f" Did you mean “{close[0]}”?" if close else ""


def _at(line: int, message: str) -> str:
    return f"Line {line}: {message}"


def _line_of(body: str, index: int) -> int:
    return body.count("\n", 0, max(index, 0)) + 1


def _loop_names(template: BoundTemplate) -> set[str]:
    return {str(name) for node in _nodes(template.nodes) for name in node.block_scope()}


def _nodes(nodes: Iterable[Node]) -> Iterator[Node]:
    context = RenderContext(BoundTemplate(LIQUID, [], "", None))
    for node in nodes:
        yield node
        yield from _nodes(node.children(context, include_partials=False))


def _expressions(nodes: Iterable[Node]) -> Iterator[Expression]:
    for node in _nodes(nodes):
        for expression in node.expressions():
            yield from _with_children(expression)


def _with_children(expression: Expression) -> Iterator[Expression]:
    yield expression
    for child in expression.children():
        yield from _with_children(child)


def _filter_names(expression: Expression) -> set[str]:
    return {each.name for each in getattr(expression, "filters", None) or ()}


def _syntax_problem(error: LiquidError, body: str, path: str) -> BodyProblem:
    token = getattr(error, "token", None)
    line = _line_of(body, token.start_index) if token is not None else 0
    words = str(error.args[0]) if error.args else "This cannot be read"
    if "unexpected tag" in words or "unknown tag" in words:
        words = f"{words}; the tags of a macro are {_SHOWN_TAGS}"
    said = f"This text cannot be read: {words.splitlines()[0][:200]}."
    return BodyProblem(path, "syntax", _at(line, said) if line else said, line)
