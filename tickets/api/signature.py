"""The signature as it will stand under the person's mails."""

from __future__ import annotations

import uuid
from typing import ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented
from tickets.actions.signature import check_signature, signature_of
from tickets.selectors import get_channel


class SignatureInput(StrictSerializer):
    """``template``: one that is not saved yet; without it the channel's own."""

    template = serializers.CharField(
        max_length=5000, allow_blank=True, allow_null=True, required=False, trim_whitespace=False
    )


class SignatureText(TypedDict):
    text: str


class SignaturePreview(Endpoint):
    """The channel's signature filled for the person who asks. Changes nothing."""

    needs: ClassVar = {"POST": "ticket.view"}

    @documented("channel_signature", SignatureText, body=SignatureInput)
    def post(self, request: Request, channel_id: uuid.UUID) -> Response:
        template = read_body(SignatureInput, request).get("template")
        channel = get_channel(self.user, channel_id)
        if template is not None:
            check_signature(template)
        return Response({"text": signature_of(channel, self.user, template=template)})
