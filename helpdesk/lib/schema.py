"""Records in the words of OpenAPI: one component per TypedDict, so documents follow the code."""

from __future__ import annotations

import types
from typing import (
    Any,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema

Schema = dict[str, Any]
_PLAIN: dict[Any, Schema] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
}
_components: dict[str, Schema] = {}


def documented(
    operation_id: str,
    answer: Any = None,
    *,
    body: Any = None,
    status: int = 200,
    parameters: dict[str, str] | None = None,
    content_type: str = "application/json",
) -> Any:
    """Describe a method of an endpoint: what it takes, and the TypedDict that it answers."""
    responses: dict[Any, Any] = {
        status: OpenApiResponse(describes(answer)) if answer is not None else None
    }
    if content_type != "application/json":
        responses = {(status, content_type): {"type": "string", "format": "binary"}}
    return extend_schema(
        operation_id=operation_id,
        request=body,
        responses=responses,
        parameters=[
            OpenApiParameter(name, str, description=text)
            for name, text in (parameters or {}).items()
        ],
    )


def describes(hint: Any) -> Schema:
    """The schema of a type; TypedDicts become components that others refer to."""
    if is_typeddict(hint):
        return _reference(hint)
    origin, parts = get_origin(hint), get_args(hint)
    if origin is list:
        return {"type": "array", "items": describes(parts[0])}
    if origin is dict or hint is dict:
        return {
            "type": "object",
            "additionalProperties": describes(parts[1]) if parts else {},
        }
    if origin is Literal:
        return {"type": "string", "enum": list(parts)}
    if origin in (Union, types.UnionType):
        return _either([each for each in parts if each is not type(None)], parts)
    return dict(_PLAIN[hint])


def add_components(result: Schema, **_: Any) -> Schema:
    """drf-spectacular's hook: put every record that was referred to into the document."""
    schemas = result.setdefault("components", {}).setdefault("schemas", {})
    schemas.update(_components)
    result["components"]["schemas"] = dict(sorted(schemas.items()))
    return result


def _reference(shape: Any) -> Schema:
    name = shape.__name__
    if name not in _components:
        _components[name] = {}
        hints = get_type_hints(shape, include_extras=True)
        _components[name] = {
            "type": "object",
            "properties": {key: describes(_bare(hint)) for key, hint in hints.items()},
            "required": [k for k, h in hints.items() if get_origin(h) is not NotRequired],
        }
    return {"$ref": f"#/components/schemas/{name}"}


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is NotRequired else hint


def _either(wanted: list[Any], parts: tuple[Any, ...]) -> Schema:
    described = [describes(each) for each in wanted]
    is_nullable = len(wanted) < len(parts)
    if len(described) == 1:
        only = described[0]
        if not is_nullable:
            return only
        return {"allOf": [only], "nullable": True} if "$ref" in only else {**only, "nullable": True}
    return {"oneOf": described} | ({"nullable": True} if is_nullable else {})
