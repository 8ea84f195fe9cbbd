"""The same shop as the API tests."""

from __future__ import annotations

from tests.api.conftest import foreign_ticket, ticket, viewer, write

__all__ = ["foreign_ticket", "ticket", "viewer", "write"]
