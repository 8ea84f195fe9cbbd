"""How people may join and leave: nobody signs up alone, and signing out ends open sockets too."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest

from helpdesk.accounts.models import User
from helpdesk.accounts.sessions import announce_session_end, end_other_sessions
from helpdesk.lib import secrets


class ClosedSignup(DefaultAccountAdapter):
    """Closes the public sign-up of allauth."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def logout(self, request: HttpRequest) -> None:
        """End the session, and tell the sockets that it let in."""
        session_key = request.session.session_key
        super().logout(request)
        if session_key:
            announce_session_end(session_key)

    def set_password(self, user: User, password: str) -> None:
        """Whoever knew the old one is signed out, on every device but this one."""
        super().set_password(user, password)
        request = context.request
        end_other_sessions(user, current_key=request.session.session_key if request else None)

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Mail of ours leaves through the shop's own channel, or not at all."""


class TwoFactor(DefaultMFAAdapter):
    """Keeps the second factor's secrets encrypted; the app's name stands in the authenticator."""

    def get_totp_issuer(self) -> str:
        request = context.request
        name = request.user.organization.name if request and request.user.is_authenticated else ""
        return f"Aftercare · {name}" if name else "Aftercare"

    def encrypt(self, text: str) -> str:
        return secrets.encrypt({"text": text})

    def decrypt(self, encrypted_text: str) -> str:
        return str(secrets.decrypt(encrypted_text)["text"])
