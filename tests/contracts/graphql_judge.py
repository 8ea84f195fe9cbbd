"""Judging GraphQL requests by a vendor's introspection dump, and answering them in its types.

A document must be valid, use nothing that is deprecated, give variables of the right types, carry
an idempotency key where the vendor demands one, and touch nothing that our access scopes do not
reach. :func:`answer` executes it over plain dicts, so that an answer has exactly the shape that the
schema gives it; what the dicts leave out of a non-null field is an error of the test.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    TypeInfo,
    TypeInfoVisitor,
    ValidationRule,
    Visitor,
    build_client_schema,
    get_named_type,
    is_abstract_type,
    is_enum_type,
    is_input_object_type,
    is_scalar_type,
    parse,
    validate,
    visit,
)
from graphql.execution import execute_sync
from graphql.execution.values import get_variable_values

from tests.contracts.vendor import Asked, JudgeOf, Verdict, contract_file

Resolver = Callable[[Any, dict[str, Any]], Any]
_BUILT_IN = {"String", "Int", "Float", "Boolean", "ID"}
_KEY_DEMANDED = "the idempotency key is required"


@dataclass(frozen=True, eq=False)
class GraphQLContract:
    """The schema, which scopes each type and field takes, and which mutations demand a key."""

    schema: GraphQLSchema
    scopes: dict[str, tuple[str, ...]]
    keyed: frozenset[str]


@cache
def load(name: str) -> GraphQLContract:
    """The contract in that file; the test is skipped where it is not there."""
    document = json.loads(gzip.decompress(contract_file(name).read_bytes()))
    schema = build_client_schema(document["data"], assume_valid=True)
    for each in schema.type_map.values():
        if is_enum_type(each) or (is_scalar_type(each) and each.name not in _BUILT_IN):
            setattr(each, "serialize", _as_it_is)  # noqa: B010 (the library says a method)
        if is_abstract_type(each):
            setattr(each, "resolve_type", _named_type)  # noqa: B010
    scopes = {
        ".".join(filter(None, [each["typeName"], each.get("fieldName")])): tuple(
            each["offlineScopes"]
        )
        for each in document["offline_scopes"]["items"]
        if each["offlineScopes"]
    }
    mutations = schema.mutation_type
    assert mutations is not None
    keyed = frozenset(
        name
        for name, field in mutations.fields.items()
        if _KEY_DEMANDED in " ".join((field.description or "").replace(">", " ").split())
    )
    return GraphQLContract(schema, scopes, keyed)


def graphql_judge(
    name: str, *, granted: frozenset[str], other: dict[str, str] | None = None
) -> JudgeOf:
    """A judge by that file. ``other`` names paths that are no GraphQL, and what they are."""

    def verdict(asked: Asked) -> Verdict:
        if asked.path in (other or {}):
            return f"{asked.method} {(other or {})[asked.path]}", []
        body = asked.json
        return judged(load(name), body["query"], body.get("variables") or {}, granted)

    return verdict


def judged(
    contract: GraphQLContract, source: str, variables: dict[str, Any], granted: frozenset[str]
) -> Verdict:
    """What the document does, as the schema names it, and what is wrong with it."""
    name, wrong = _judged_document(contract, source, granted)
    if wrong:
        return name, list(wrong)
    operation = _operation(parsed(source))
    declared = list(operation.variable_definitions or [])
    given = get_variable_values(contract.schema, declared, variables)
    found = [each.message for each in given] if isinstance(given, list) else []
    known = {each.variable.name.value for each in declared}
    found += [f"${each} is given and not declared" for each in sorted(set(variables) - known)]
    if "bulkOperationRunQuery" in name:
        found += judged(contract, str(variables["query"]), {}, granted)[1]
    return name, found


@cache
def _judged_document(
    contract: GraphQLContract, source: str, granted: frozenset[str]
) -> tuple[str, tuple[str, ...]]:
    """What can be said of a document whatever its variables are; said once for each."""
    try:
        document = parsed(source)
    except GraphQLError as error:
        return "document", (error.message,)
    operation = _operation(document)
    roots = [each for each in operation.selection_set.selections if isinstance(each, FieldNode)]
    name = f"{operation.operation.value} {', '.join(each.name.value for each in roots)}"
    wrong = [each.message for each in validate(contract.schema, document)]
    if wrong:
        return name, tuple(wrong)
    wrong = [each.message for each in validate(contract.schema, document, [_NothingDeprecated])]
    wrong += [
        f"{field.name.value} demands @idempotent"
        for field in roots
        if field.name.value in contract.keyed
        and not any(each.name.value == "idempotent" for each in field.directives or ())
    ]
    types = TypeInfo(contract.schema)
    scopes = _Scopes(types, contract.scopes, granted)
    visit(document, TypeInfoVisitor(types, scopes))
    return name, (*wrong, *scopes.lacking)


@cache
def parsed(source: str) -> DocumentNode:
    """The document; raises GraphQLError."""
    return parse(source)


def _operation(document: DocumentNode) -> OperationDefinitionNode:
    return next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))


def answer(
    contract: GraphQLContract,
    source: str,
    variables: dict[str, Any],
    resolvers: dict[str, Resolver],
) -> dict[str, Any]:
    """Execute the document: ``resolvers`` by ``Type.field``, everything else from the dicts."""

    def resolve(source: Any, info: Any, **arguments: Any) -> Any:
        resolver = resolvers.get(f"{info.parent_type.name}.{info.field_name}")
        if resolver is not None:
            return resolver(source, arguments)
        return source.get(info.field_name) if isinstance(source, dict) else None

    result = execute_sync(
        contract.schema, parsed(source), root_value={}, variable_values=variables,
        field_resolver=resolve,
    )  # fmt: skip
    assert not result.errors, result.errors
    return {"data": result.data}


def _as_it_is(value: Any) -> Any:
    return value


def _named_type(value: Any, *_: Any) -> str:
    return str(value["__typename"])


class _NothingDeprecated(ValidationRule):
    """The library's own rule fails on schemas that come from an introspection."""

    def enter_field(self, node: Any, *_: Any) -> None:
        found = self.context.get_field_def()
        if found is not None and found.deprecation_reason:
            self.report_error(GraphQLError(f"deprecated field {node.name.value}"))

    def enter_argument(self, node: Any, *_: Any) -> None:
        found = self.context.get_argument()
        if found is not None and found.deprecation_reason:
            self.report_error(GraphQLError(f"deprecated argument {node.name.value}"))

    def enter_object_field(self, node: Any, *_: Any) -> None:
        parent = get_named_type(self.context.get_parent_input_type())
        found = parent.fields.get(node.name.value) if is_input_object_type(parent) else None
        if found is not None and found.deprecation_reason:
            self.report_error(GraphQLError(f"deprecated input {node.name.value}"))


class _Scopes(Visitor):
    """Every type and field that the document touches must be reached by one of our scopes."""

    def __init__(
        self, types: TypeInfo, scopes: dict[str, tuple[str, ...]], granted: frozenset[str]
    ) -> None:
        super().__init__()
        self.types, self.scopes, self.granted = types, scopes, granted
        self.lacking: list[str] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        parent, found = self.types.get_parent_type(), self.types.get_field_def()
        if parent is None or found is None:
            return
        for name in (f"{parent.name}.{node.name.value}", get_named_type(found.type).name):
            wanted = self.scopes.get(name, ())
            if wanted and not self.granted.intersection(wanted):
                self.lacking.append(f"{name} takes one of {', '.join(wanted)}")
