"""Channels of every kind: what there is to connect, setting one up, trying it, taking it back."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.filling_in import Filled
from helpdesk.lib.schema import documented
from inbox import set_up
from inbox.channel_records import (
    ChannelDisconnected,
    ChannelPage,
    ChannelSettings,
    ChannelTest,
    ConnectorPage,
    connector_record,
    settings_record,
)
from inbox.connector import manifests
from tickets.actions.signature import check_signature
from tickets.records import channel_record
from tickets.selectors import channels_of, get_channel


class ChannelInput(StrictSerializer):
    """A channel. ``config`` and ``secrets`` hold the fields that the connector of its kind names.

    Secrets are stored encrypted and never shown. With ``is_active`` false it is a draft: what it
    needs may come later.
    """

    kind = serializers.CharField(max_length=30)
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=254, allow_blank=True, required=False)
    config = serializers.DictField(required=False)
    secrets = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True), required=False
    )
    is_active = serializers.BooleanField(default=True)


class ChannelChanges(StrictSerializer):
    """Any of these. In ``config`` and ``secrets`` null takes a value away; what is not named stays."""

    name = serializers.CharField(max_length=120, required=False)
    address = serializers.CharField(max_length=254, required=False)
    signature = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    aliases = serializers.ListField(
        child=serializers.EmailField(max_length=254), max_length=50, required=False
    )
    is_active = serializers.BooleanField(required=False)
    config = serializers.DictField(required=False)
    secrets = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True), required=False
    )


class ConnectorList(Endpoint):
    """What a channel can be: for each kind what it can do, what it asks for, and the steps."""

    needs: ClassVar = {"GET": "ticket.view"}

    @documented("connectors", ConnectorPage)
    def get(self, request: Request) -> Response:
        return Response({"results": [connector_record(each) for each in manifests()], "next": None})


class ChannelList(Endpoint):
    """GET: all channels with their health. POST: a new one."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "channel.change"}
    is_live = True

    @documented("channels", ChannelPage)
    def get(self, request: Request) -> Response:
        channels = channels_of(self.user.organization_id)
        return Response({"results": [channel_record(each) for each in channels], "next": None})

    @documented("create_channel", ChannelSettings, body=ChannelInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(ChannelInput, request)
        filled = _filled(values)
        channel = set_up.add_channel(self.user.organization, filled=filled, **values)
        return Response(settings_record(channel), status=201)


class ChannelDetail(Endpoint):
    """One channel with its settings and how it fares. DELETE: only where nothing came through it."""

    needs: ClassVar = {
        "GET": "channel.change",
        "PATCH": "channel.change",
        "DELETE": "channel.change",
    }
    is_live = True

    @documented("channel", ChannelSettings)
    def get(self, request: Request, channel_id: uuid.UUID) -> Response:
        return Response(settings_record(get_channel(self.user, channel_id)))

    @documented("change_channel", ChannelSettings, body=ChannelChanges)
    def patch(self, request: Request, channel_id: uuid.UUID) -> Response:
        values = read_body(ChannelChanges, request)
        check_signature(values.get("signature", ""))
        channel = get_channel(self.user, channel_id)
        filled = _filled(values)
        return Response(settings_record(set_up.change_settings(channel.pk, filled, **values)))

    @documented("remove_channel", status=204)
    def delete(self, request: Request, channel_id: uuid.UUID) -> Response:
        set_up.remove(get_channel(self.user, channel_id))
        return Response(status=204)


class ChannelTry(Endpoint):
    """Sign in at the vendor now and tell it where to call; the answer says what is wrong."""

    needs: ClassVar = {"POST": "channel.change"}

    @documented("test_channel", ChannelTest)
    def post(self, request: Request, channel_id: uuid.UUID) -> Response:
        trial = set_up.try_out(get_channel(self.user, channel_id))
        return Response(
            {
                "is_ok": trial.is_ok,
                "detail": trial.detail,
                "account": trial.account,
                "notes": list(trial.notes),
                "errors": [
                    {"path": each.path, "code": each.code, "message": each.message}
                    for each in trial.errors
                ],
            }
        )


class ChannelDisconnect(Endpoint):
    """Take the webhook back at the vendor and pause; ``left_over`` says what it would not do."""

    needs: ClassVar = {"POST": "channel.change"}

    @documented("disconnect_channel", ChannelDisconnected)
    def post(self, request: Request, channel_id: uuid.UUID) -> Response:
        left_over = set_up.disconnect(get_channel(self.user, channel_id))
        channel = get_channel(self.user, channel_id)
        return Response({"channel": settings_record(channel), "left_over": left_over})


def _filled(values: dict[str, Any]) -> Filled:
    """What was filled in of the connector's own fields, taken out of the values."""
    return Filled(
        address=values.pop("address", None),
        config=values.pop("config", {}),
        secrets=values.pop("secrets", {}),
    )
