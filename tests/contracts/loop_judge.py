"""Judges calls of Loop Returns by contracts/loop-returns (unofficial, made after Loop's pages)."""

from __future__ import annotations

from typing import Any

from tests.contracts.vendor import Asked, Verdict, open_api_judge

FOLDER = "loop-returns/UNOFFICIAL-loop-returns"


def _with_pages(document: dict[str, Any]) -> None:
    """The file leaves out what Loop's own page on pagination names."""
    of_list = document["paths"]["/warehouse/return/list"]["get"]["parameters"]
    of_list += [
        {"name": "paginate", "in": "query", "schema": {"type": "boolean"}},
        {"name": "pageSize", "in": "query", "schema": {"type": "integer", "maximum": 750}},
        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
    ]


def judge(asked: Asked) -> Verdict:
    """By the file of its group, and by the key that every call wants."""
    if "/webhooks" in asked.path:
        verdict = open_api_judge(f"{FOLDER}-webhooks-openapi.yml")(asked)
    else:
        verdict = open_api_judge(f"{FOLDER}-returns-openapi.yml", relax=_with_pages)(asked)
    operation, wrong = verdict
    return operation, wrong + ([] if asked.headers.get("x-authorization") else ["no key"])
