"""The signed-in person: what they may change about themselves, and their API tokens."""

from __future__ import annotations

import json
import uuid
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.actions import change_profile, create_token, revoke_token
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.records import (
    NewTokenRecord,
    OwnRecord,
    TokenPage,
    own_record,
    token_record,
)
from helpdesk.accounts.selectors import get_token, tokens_of
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.schema import documented

MAX_SETTINGS_BYTES = 32 * 1024


class ProfileChanges(StrictSerializer):
    """Any of these."""

    name = serializers.CharField(max_length=150, required=False)
    signature = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    settings = serializers.DictField(required=False)

    def validate_settings(self, value: dict[str, Any]) -> dict[str, Any]:
        if len(json.dumps(value)) > MAX_SETTINGS_BYTES:
            raise serializers.ValidationError("These settings are too large.")
        return value


class TokenInput(StrictSerializer):
    """What the token is for."""

    name = serializers.CharField(max_length=100)


class Me(Endpoint):
    """The person's own record, with signature and settings."""

    needs: ClassVar = {"GET": "ticket.view", "PATCH": "ticket.view"}

    @documented("me", OwnRecord)
    def get(self, request: Request) -> Response:
        return Response(own_record(self.user))

    @documented("change_me", OwnRecord, body=ProfileChanges)
    def patch(self, request: Request) -> Response:
        values = read_body(ProfileChanges, request)
        return Response(own_record(change_profile(self.user, **values) if values else self.user))


class TokenList(Endpoint):
    """The person's tokens. The secret of a new one is in the answer to POST and never again."""

    needs: ClassVar = {"GET": "token.own", "POST": "token.own"}

    @documented("tokens", TokenPage)
    def get(self, request: Request) -> Response:
        return Response(
            {"results": [token_record(each) for each in tokens_of(self.user)], "next": None}
        )

    @documented("create_token", NewTokenRecord, body=TokenInput, status=201)
    def post(self, request: Request) -> Response:
        token, secret = create_token(self.user, read_body(TokenInput, request)["name"])
        return Response({**token_record(token), "secret": secret}, status=201)


class TokenDetail(Endpoint):
    """DELETE: the token stops working at once."""

    needs: ClassVar = {"DELETE": "token.own"}

    @documented("revoke_token", status=204)
    def delete(self, request: Request, token_id: uuid.UUID) -> Response:
        revoke_token(get_token(self.user, token_id))
        return Response(status=204)
