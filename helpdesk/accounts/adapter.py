"""How people may join: nobody signs up alone; admins add them."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """Closes the public sign-up of allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
