"""Inserting rows where it happens for every mail: the statement is built once per model.

``save`` and ``bulk_create`` build their SQL anew each time, which costs more than running it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.db import connection, models


@dataclass(frozen=True)
class _Insert:
    begin: str
    values: str
    end: str
    fields: tuple[Any, ...]
    computed: tuple[Any, ...]


def insert_row(row: models.Model) -> None:
    """Insert a new row as it is; its primary key is set already, as ours always are."""
    insert_rows([row])


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Insert new rows of one model in one statement; raises IntegrityError like ``save``.

    What the database computes is set on the rows afterwards.
    """
    if not rows:
        return
    insert = _insert_into(type(rows[0]))
    given = [
        field.get_db_prep_save(field.pre_save(row, add=True), connection)
        for row in rows
        for field in insert.fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(insert.begin + ", ".join([insert.values] * len(rows)) + insert.end, given)
        computed = cursor.fetchall() if insert.computed else [()] * len(rows)
    for row, values in zip(rows, computed, strict=True):
        for field, value in zip(insert.computed, values, strict=True):
            setattr(row, field.attname, value)
        row._state.adding = False
        row._state.db = connection.alias


@cache
def _insert_into(model: type[models.Model]) -> _Insert:
    quote = connection.ops.quote_name
    concrete = model._meta.local_concrete_fields
    fields = tuple(each for each in concrete if not each.generated)
    computed = tuple(each for each in concrete if each.generated)
    columns = ", ".join(quote(str(each.column)) for each in fields)
    returned = ", ".join(quote(str(each.column)) for each in computed)
    return _Insert(
        f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ",  # noqa: S608 (our own names)
        f"({', '.join(['%s'] * len(fields))})",
        f" RETURNING {returned}" if returned else "",
        fields,
        computed,
    )
