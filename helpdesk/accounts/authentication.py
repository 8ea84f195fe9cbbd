"""Who is calling the API: a personal token, or the session cookie with CSRF protection."""

from __future__ import annotations

from datetime import timedelta

from django.utils.functional import SimpleLazyObject
from rest_framework import authentication, exceptions
from rest_framework.request import Request

from helpdesk.accounts.models import ApiToken, User
from helpdesk.accounts.selectors import find_token
from helpdesk.lib.clock import now

SEEN_EVERY = timedelta(minutes=1)


class TokenAuthentication(authentication.BaseAuthentication):
    """``Authorization: Bearer act_…``; never read from the address."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = find_token(secret.strip()) if secret.strip() else None
        if token is None:
            raise exceptions.AuthenticationFailed("This token is not valid, or it was revoked.")
        _mark_used(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class CookieAuthentication(authentication.SessionAuthentication):
    """The agent app's session; unsafe methods need the CSRF header."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        user = request._request.user
        if isinstance(user, SimpleLazyObject) and not user.is_authenticated:
            return None
        if not isinstance(user, User | SimpleLazyObject) or not user.is_active:
            return None
        self.enforce_csrf(request)
        return user, None


def _mark_used(token: ApiToken) -> None:
    if token.last_used_at is None or now() - token.last_used_at > SEEN_EVERY:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now())
