"""The Liquid that macros are written in: few tags, few filters, hard limits, known names only.

A body is checked when it is saved: every path against ``values.SCHEMA``, filters and tags against
the lists here; range literals are refused because no limit of the library stops them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, TextIO

from liquid import Environment
from liquid.ast import Node
from liquid.builtin import content, illegal, output
from liquid.builtin.expressions import Path
from liquid.builtin.expressions.primitive import RangeLiteral
from liquid.builtin.filters import array, misc, string
from liquid.builtin.tags import assign_tag, capture_tag, case_tag, comment_tag, for_tag, if_tag
from liquid.builtin.tags import unless_tag as unless
from liquid.context import RenderContext
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.static_analysis import Variable
from liquid.stringify import to_liquid_string
from liquid.template import BoundTemplate
from liquid.undefined import StrictUndefined

from automation.macros.values import LINE_FIELDS, SCHEMA, MissingValue, Moment, Money
from helpdesk.lib.errors import FieldError, InvalidInput

MAX_BODY_CHARS = 20_000
VALUE_START, VALUE_END = "\ue002", "\ue004"
MISSING_START = "\ue000"
INDEX_END = "\ue003"
DATE_STYLES = ("short", "medium", "long", "full")
_LOOP_FIELDS = frozenset({"first", "last", "index", "index0", "length"})


class PrintedValues:
    """What one rendering printed, in order: paths and, for missing ones, why."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.reasons: dict[int, str] = {}

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
        value = self.expression.evaluate(context)
        left = getattr(self.expression, "left", self.expression)
        if not isinstance(left, Path):
            return buffer.write(to_liquid_string(value, False))  # noqa: FBT003
        source = left.evaluate(context)
        if isinstance(source, MissingValue) and not _has_default(self.expression):
            value = source
        printed: PrintedValues = context.globals["__printed__"]  # type: ignore[assignment]
        return buffer.write(printed.mark(str(left), value))


class MarkingOutput(output.Output):
    node_class = MarkingOutputNode


def money(value: Any) -> Any:
    """The sum in the customer's way of writing; sums are printed like that anyway."""
    return value if isinstance(value, Money | MissingValue) else str(value)


def date(value: Any, style: str = "long") -> Any:
    """A moment as a date: short, medium, long or full."""
    if isinstance(value, Moment):
        return value.in_words(style if style in DATE_STYLES else "long")
    return value


class MacroLiquid(Environment):
    """Only what is listed here exists."""

    block_nesting_limit = 10
    context_depth_limit = 10
    loop_iteration_limit = 1000
    local_namespace_limit = 64 * 1024
    output_stream_limit = 128 * 1024

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (
            content.Literal,
            MarkingOutput,
            illegal.Illegal,
            if_tag.IfTag,
            unless.UnlessTag,
            case_tag.CaseTag,
            for_tag.ForTag,
            for_tag.BreakTag,
            for_tag.ContinueTag,
            assign_tag.AssignTag,
            capture_tag.CaptureTag,
            comment_tag.CommentTag,
        ):
            self.add_tag(tag)
        self.filters.update(
            {
                "append": string.append,
                "capitalize": string.capitalize,
                "date": date,
                "default": misc.default,
                "downcase": string.downcase,
                "first": array.first,
                "join": array.join,
                "last": array.last,
                "money": money,
                "prepend": string.prepend,
                "size": misc.size,
                "strip": string.strip,
                "truncate": string.truncate,
                "upcase": string.upcase,
            }
        )


LIQUID = MacroLiquid(undefined=StrictUndefined)
_RAW = re.compile(r"\{%-?\s*raw\b")
_SHOWN_TAGS = "if, unless, case, for, assign, capture, comment"


@lru_cache(maxsize=512)
def template_of(body: str) -> BoundTemplate:
    """The parsed body; raises LiquidError for what was never checked."""
    return LIQUID.from_string(body)


def check_body(body: Any, *, path: str = "body") -> None:
    """Raises InvalidInput naming everything in the text that could not be filled."""
    problems = problems_of(body, path=path)
    if problems:
        raise InvalidInput(problems[0].message, errors=problems)


def problems_of(body: Any, *, path: str = "body") -> list[FieldError]:
    """Everything that is wrong with the text of a macro; empty when it can be saved."""
    if not isinstance(body, str) or not body.strip():
        return [FieldError(path, "required", "Write the text of the macro.")]
    if len(body) > MAX_BODY_CHARS or "\x00" in body:
        return [FieldError(path, "too_long", f"At most {MAX_BODY_CHARS} characters.")]
    if _RAW.search(body):
        return [FieldError(path, "syntax", "The tag “raw” is not possible in a macro.")]
    try:
        template = template_of(body)
        analysis = template.analyze(include_partials=False)
    except LiquidError as error:
        return [FieldError(path, "syntax", _syntax_message(error))]
    except RecursionError:
        return [FieldError(path, "syntax", "This text is nested too deeply.")]
    problems = [
        FieldError(path, "unknown_filter", f"There is no filter “{name}”.")
        for name in analysis.filters
        if name not in LIQUID.filters
    ]
    local = {str(name) for name in analysis.locals} | _loop_names(template)
    for variables in analysis.variables.values():
        for variable in variables:
            message = _path_problem(variable, local)
            if message:
                problems.append(FieldError(path, "unknown_value", message))
    if any(isinstance(each, RangeLiteral) for each in _expressions(template.nodes)):
        message = "Ranges like (1..5) are not possible in a macro."
        problems.append(FieldError(path, "range", message))
    return list(dict.fromkeys(problems))


def _path_problem(variable: Variable, local: set[str]) -> str:
    segments = variable.segments
    if not all(isinstance(each, str | int) for each in segments):
        return f"“{variable}”: square brackets cannot hold a value."
    root, rest = str(segments[0]), segments[1:]
    if root == "forloop":
        known = len(rest) == 1 and rest[0] in _LOOP_FIELDS
    elif root in local:
        known = not rest or (len(rest) == 1 and rest[0] in LINE_FIELDS)
    else:
        known = _is_known(root, rest)
    return "" if known else f"There is no value “{variable}”."


def _is_known(root: str, rest: list[Any]) -> bool:
    fields = SCHEMA.get(root)
    if fields is None or len(rest) > 1:
        return False
    return not rest or rest[0] in fields


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


def _has_default(expression: Expression) -> bool:
    return any(each.name == "default" for each in getattr(expression, "filters", None) or ())


def _syntax_message(error: LiquidError) -> str:
    words = str(error.args[0]) if error.args else "This cannot be read"
    if "unexpected tag" in words or "unknown tag" in words:
        words = f"{words}; the tags of a macro are {_SHOWN_TAGS}"
    return f"This text cannot be read: {words.splitlines()[0][:200]}."
