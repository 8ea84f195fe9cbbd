"""The table of a report mail: the columns and rows that fit into one, in words."""

from __future__ import annotations

from datetime import date

from automation.reports.frame import Json
from automation.reports.mails.words import Words
from automation.reports.mails.written import day, written
from inbox.connector import get_connector

MOST_ROWS = 8
MOST_COLUMNS = 4
_BEST_COLUMNS = (
    "created", "closed", "first_response", "resolution", "rated", "average", "low", "comment_rate",
    "done", "achieved", "taken", "missed", "uses", "agents", "csat", "runs", "time_saved",
    "tickets", "orders", "converted", "revenue", "seconds",
)  # fmt: skip
_AVERAGE = "average"


def shown(told: Json, words: Words) -> Json | None:
    """The first table with rows; none for many days, which the chart has told already."""
    table = next((each for each in told["tables"] if each["rows"]), None)
    if table is None or (table["key"] == "days" and not 1 < len(table["rows"]) <= MOST_ROWS):
        return None
    known = {each["key"]: each for each in table["columns"]}
    keys = [each for each in _BEST_COLUMNS if each in known][:MOST_COLUMNS]
    rows, left = _rows(table["rows"])
    name = told["name"]
    return {
        "title": words.figure(name, f"table_{table['key']}"),
        "first": words.figure(name, f"row_{table['key']}"),
        "columns": [words.figure(name, key) for key in keys],
        "rows": [
            {
                "label": row_label(table["key"], row["key"], row["label"], words),
                "cells": [_cell(row, known[key], words) for key in keys],
            }
            for row in rows
        ],
        "more": words.say("rows_more", n=str(left)) if left else "",
    }


def _rows(rows: list[Json]) -> tuple[list[Json], int]:
    """The first ones, with the average of all at their end."""
    average = [each for each in rows if each["key"] == _AVERAGE]
    others = [each for each in rows if each["key"] != _AVERAGE]
    return others[:MOST_ROWS] + average, max(0, len(others) - MOST_ROWS)


def _cell(row: Json, column: Json, words: Words) -> str:
    if column["key"] in row["hidden"]:
        return words.say("too_few")
    currency = row["values"].get("currency") or column.get("currency")
    return written(row["values"][column["key"]], column["unit"], words.language, currency=currency)


def row_label(of: str, key: str, label: str, words: Words) -> str:
    """The name of a row, as the app says it."""
    if key in ("", "None"):
        return words.say("none_row")
    if key == _AVERAGE:
        return words.say("average_row")
    if of == "channels":
        return channel_label(key)
    if of in ("days", "overview") and _is_day(key):
        return day(date.fromisoformat(key), words.language)
    if of == "intents":
        return key.replace("_", " ").capitalize()
    return label if label and label != key else words.figure(of, key)


def channel_label(kind: str) -> str:
    """A kind of channel by its name."""
    try:
        return get_connector(kind).manifest.label
    except KeyError:
        return kind.capitalize()


def _is_day(key: str) -> bool:
    try:
        date.fromisoformat(key)
    except ValueError:
        return False
    return True
