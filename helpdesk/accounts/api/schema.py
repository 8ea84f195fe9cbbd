"""How callers identify themselves, in the words of OpenAPI; found by being imported."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class TokenScheme(OpenApiAuthenticationExtension):
    """A personal token."""

    target_class = "helpdesk.accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "act_…"}


class CookieScheme(OpenApiAuthenticationExtension):
    """The agent app's session; unsafe methods also need the X-CSRFToken header."""

    target_class = "helpdesk.accounts.authentication.CookieAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": "sid"}
