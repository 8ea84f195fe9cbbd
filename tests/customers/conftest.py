"""What the tests of customers share: the shop of the API tests."""

from tests.api.conftest import ticket

__all__ = ["ticket"]
