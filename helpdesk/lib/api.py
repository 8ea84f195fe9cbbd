"""How the API reads what it is sent: strictly, so that a typo is an error and never a silent loss."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from helpdesk.lib.errors import FieldError, InvalidInput


class StrictSerializer(serializers.Serializer[Any]):
    """Input of an endpoint; a field it does not know is refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(str(name) for name in data if name not in self.fields)
            if unknown:
                raise serializers.ValidationError(
                    {name: ["There is no such field."] for name in unknown}, code="unknown_field"
                )
        return super().to_internal_value(data)


def read_body(serializer_class: type[StrictSerializer], request: Request) -> dict[str, Any]:
    """The checked body; raises ValidationError (422) naming each field that is wrong."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values


def refuse_unknown_parameters(request: Request, *known: str) -> None:
    """Raises InvalidInput naming each query parameter that would have been ignored."""
    unknown = sorted(set(request.query_params) - set(known))
    if unknown:
        raise InvalidInput(
            f"There is no parameter “{unknown[0]}” here.",
            errors=[
                FieldError(name, "unknown_parameter", "There is no such parameter.")
                for name in unknown
            ],
        )


def number_from(request: Request, name: str, *, default: int | None = None) -> int | None:
    """A query parameter that is a whole number from 0 up; raises InvalidInput naming it."""
    text = request.query_params.get(name)
    if text is None or text == "":
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise InvalidInput.field(name, f"“{name}” must be a whole number.")
    return int(text)


def flag_from(request: Request, name: str) -> bool:
    """Whether a query parameter says yes (``1``, ``true``, ``yes``)."""
    return request.query_params.get(name, "").lower() in ("1", "true", "yes")
