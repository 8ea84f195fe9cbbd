"""Whether a call is Twilio's: its signature over the public address, and our own account in it."""

from __future__ import annotations

import hmac

from django.http import QueryDict
from twilio.request_validator import RequestValidator

from helpdesk.lib.secrets import decrypt
from inbox.connector import Refused, WebhookRequest
from tickets.models import Channel

MAX_FIELDS = 400


def check(channel: Channel, request: WebhookRequest) -> None:
    """Raises Refused unless the call is signed with our token and speaks of our account."""
    token = str(decrypt(channel.secrets).get("auth_token") or "")
    given = request.headers.get("x-twilio-signature", "")
    if not token or not given or not is_signed(token, request, given):
        raise Refused("The signature does not fit.")
    account = fields_of(request).get("AccountSid", "")
    ours = str(channel.config.get("account_sid") or "")
    if not hmac.compare_digest(str(account).encode(), ours.encode()):
        raise Refused("This is not about our Twilio account.")


def is_signed(token: str, request: WebhookRequest, signature: str) -> bool:
    """By Twilio's own library: form fields sorted, or the hash of any other body in the query.

    It tries the address with and without its port, since proxies differ.
    """
    validator = RequestValidator(token)
    if "bodySHA256" in request.query:
        body = request.body.decode("utf-8", "replace")
        return bool(validator.validate(request.url, body, signature))
    return bool(validator.validate(request.url, _form(request), signature))


def fields_of(request: WebhookRequest) -> dict[str, str]:
    """The form fields, the last of each name."""
    return {name: str(value) for name, value in _form(request).items()}


def _form(request: WebhookRequest) -> QueryDict:
    text = request.body.decode("utf-8", "replace")
    if text.count("&") > MAX_FIELDS:
        raise Refused("The call has too many fields.")
    return QueryDict(text)
