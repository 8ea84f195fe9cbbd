"""The signed-in person: what they may change about themselves, and their API tokens."""

from __future__ import annotations

import uuid
from typing import ClassVar, TypedDict

from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.actions import create_token, edit_profile, revoke_token
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.avatars import CONTENT_TYPE, MAX_UPLOAD_BYTES, remove_avatar, set_avatar
from helpdesk.accounts.records import (
    NewTokenRecord,
    OwnRecord,
    TokenPage,
    own_record,
    token_record,
)
from helpdesk.accounts.selectors import (
    SignInRecord,
    get_colleague,
    get_token,
    sign_ins_of,
    tokens_of,
)
from helpdesk.accounts.sessions import (
    SessionRecord,
    end_other_sessions,
    end_session,
    sessions_of,
)
from helpdesk.lib import blobs
from helpdesk.lib.api import StrictSerializer, read_body, refuse_unknown_parameters
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.schema import documented


class ProfileChanges(StrictSerializer):
    """Any of these. Of ``settings`` only the keys that are sent change; null takes one away."""

    name = serializers.CharField(max_length=150, required=False)
    signature = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    settings = serializers.DictField(required=False)


class AvatarInput(StrictSerializer):
    """One picture as multipart form data."""

    file = serializers.FileField()


class SessionPage(TypedDict):
    results: list[SessionRecord]
    next: str | None


class SignInPage(TypedDict):
    results: list[SignInRecord]
    next: str | None


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
        return Response(own_record(edit_profile(self.user, values) if values else self.user))


class MyAvatar(Endpoint):
    """PUT a picture as multipart field ``file``; DELETE goes back to initials."""

    needs: ClassVar = {"PUT": "ticket.view", "DELETE": "ticket.view"}
    parser_classes = [MultiPartParser]

    @documented("set_my_avatar", OwnRecord, body=AvatarInput)
    def put(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput.field("file", "Send a picture in the field “file”.", code="required")
        if (file.size or 0) > MAX_UPLOAD_BYTES:
            raise InvalidInput.field("file", "A picture can have 5 MB.", code="too_large")
        return Response(own_record(set_avatar(self.user, file.read())))

    @documented("remove_my_avatar", OwnRecord)
    def delete(self, request: Request) -> Response:
        return Response(own_record(remove_avatar(self.user)))


class Avatar(Endpoint):
    """The picture of a colleague, as a small WebP. ``v`` only makes the address of each its own."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("avatar", parameters={"v": "From avatar_url."}, content_type=CONTENT_TYPE)
    def get(self, request: Request, user_id: uuid.UUID) -> HttpResponse:
        refuse_unknown_parameters(request, "v")
        person = get_colleague(self.user, user_id)
        if not person.avatar_sha256:
            raise NotFound("There is no picture of this person.")
        response = HttpResponse(blobs.read(person.avatar_sha256), content_type=CONTENT_TYPE)
        response["Cache-Control"] = "private, max-age=31536000, immutable"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


class MySessions(Endpoint):
    """GET: everywhere the caller is signed in. DELETE: sign out everywhere but here."""

    needs: ClassVar = {"GET": "ticket.view", "DELETE": "ticket.view"}

    @documented("my_sessions", SessionPage)
    def get(self, request: Request) -> Response:
        found = sessions_of(self.user, current_key=request._request.session.session_key or "")
        return Response({"results": found, "next": None})

    @documented("end_other_sessions", status=204)
    def delete(self, request: Request) -> Response:
        end_other_sessions(self.user, current_key=request._request.session.session_key)
        return Response(status=204)


class MySession(Endpoint):
    """DELETE: sign one device out; its open pages ask to sign in again at once."""

    needs: ClassVar = {"DELETE": "ticket.view"}

    @documented("end_session", status=204)
    def delete(self, request: Request, session_id: int) -> Response:
        end_session(self.user, session_id)
        return Response(status=204)


class TwoFactorQr(Endpoint):
    """The QR code of the second factor that is being set up in this session, as SVG."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("two_factor_qr", content_type="image/svg+xml")
    def get(self, request: Request) -> HttpResponse:
        secret = request._request.session.get(SECRET_SESSION_KEY)
        if not secret:
            raise NotFound("No second factor is being set up here. Begin again.")
        adapter = get_mfa_adapter()
        svg = adapter.build_totp_svg(adapter.build_totp_url(self.user, secret))
        response = HttpResponse(svg, content_type="image/svg+xml")
        response["Cache-Control"] = "no-store"
        response["Content-Security-Policy"] = "default-src 'none'; sandbox"
        return response


class SignIns(Endpoint):
    """How safely each colleague signs in, for admins."""

    needs: ClassVar = {"GET": "team.change"}

    @documented("sign_ins", SignInPage)
    def get(self, request: Request) -> Response:
        return Response({"results": sign_ins_of(self.user.organization_id), "next": None})


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
