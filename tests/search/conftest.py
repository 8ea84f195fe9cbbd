"""A shop whose customers write in many languages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import User
from tests.api.conftest import write_in

Find = Callable[..., list[str]]

__all__ = ["write_in"]


@pytest.fixture
def find(api_as: Callable[..., Any], bo: User) -> Find:
    """``find("cancel")``: the subjects of the tickets that Bo's query finds, by relevance."""

    def subjects(q: str, **more: str) -> list[str]:
        answer = api_as(bo).get("/api/v1/search", {"q": q, **more})
        assert answer.status_code == 200, answer.content
        return [each["title"]["text"] for each in answer.json()["results"]]

    return subjects
