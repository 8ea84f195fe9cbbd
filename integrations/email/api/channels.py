"""Channels: which there are and how they are, setting one up, and trying it out."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import ChannelRecord
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.errors import ConnectorFailure
from helpdesk.lib.schema import documented
from integrations.email.channels import add_email_channel, change_servers, test_connection
from tickets.actions.channels import change_channel, note_failure, note_success
from tickets.actions.signature import check_signature
from tickets.models import Channel
from tickets.records import channel_record
from tickets.selectors import channels_of, get_channel


class ChannelInput(StrictSerializer):
    """A mailbox. Passwords may stand in the URLs; they are stored encrypted and never shown."""

    kind = serializers.ChoiceField(["email"], default="email")
    name = serializers.CharField(max_length=120)
    address = serializers.EmailField(max_length=254)
    imap_url = serializers.CharField(max_length=500, allow_blank=True, default="")
    smtp_url = serializers.CharField(max_length=500, allow_blank=True, default="")
    folder = serializers.CharField(max_length=200, allow_blank=True, default="INBOX")
    authserv_ids = serializers.ListField(
        child=serializers.CharField(max_length=254), max_length=20, required=False
    )


class ChannelChanges(StrictSerializer):
    """Any of these."""

    name = serializers.CharField(max_length=120, required=False)
    signature = serializers.CharField(max_length=5000, allow_blank=True, required=False)
    aliases = serializers.ListField(
        child=serializers.EmailField(max_length=254), max_length=50, required=False
    )
    is_active = serializers.BooleanField(required=False)
    imap_url = serializers.CharField(max_length=500, required=False)
    smtp_url = serializers.CharField(max_length=500, required=False)


class ChannelPage(TypedDict):
    results: list[ChannelRecord]
    next: str | None


class ChannelSettings(ChannelRecord):
    signature: str
    aliases: list[str]
    imap: str
    smtp: str
    folder: str


class ChannelTest(TypedDict):
    is_ok: bool
    detail: str


class ChannelList(Endpoint):
    """GET: all channels with their health. POST: a new one; it is read from at once."""

    needs: ClassVar = {"GET": "ticket.view", "POST": "channel.change"}
    is_live = True

    @documented("channels", ChannelPage)
    def get(self, request: Request) -> Response:
        channels = channels_of(self.user.organization_id)
        return Response({"results": [channel_record(each) for each in channels], "next": None})

    @documented("create_channel", ChannelSettings, body=ChannelInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(ChannelInput, request)
        values.pop("kind")
        channel = add_email_channel(self.user.organization, **values)
        return Response(settings_record(channel), status=201)


class ChannelDetail(Endpoint):
    """One channel with its settings, without passwords."""

    needs: ClassVar = {"GET": "channel.change", "PATCH": "channel.change"}
    is_live = True

    @documented("channel", ChannelSettings)
    def get(self, request: Request, channel_id: uuid.UUID) -> Response:
        return Response(settings_record(get_channel(self.user, channel_id)))

    @documented("change_channel", ChannelSettings, body=ChannelChanges)
    def patch(self, request: Request, channel_id: uuid.UUID) -> Response:
        values = read_body(ChannelChanges, request)
        check_signature(values.get("signature", ""))
        channel = get_channel(self.user, channel_id)
        values |= change_servers(
            channel, imap_url=values.pop("imap_url", None), smtp_url=values.pop("smtp_url", None)
        )
        changed = change_channel(channel.pk, **values) if values else channel
        return Response(settings_record(changed))


class ChannelTry(Endpoint):
    """Sign in to both servers now; the answer says in words what is wrong."""

    needs: ClassVar = {"POST": "channel.change"}

    @documented("test_channel", ChannelTest)
    def post(self, request: Request, channel_id: uuid.UUID) -> Response:
        channel = get_channel(self.user, channel_id)
        try:
            test_connection(channel)
        except ConnectorFailure as error:
            note_failure(channel.pk, error.message)
            return Response({"is_ok": False, "detail": error.message})
        note_success(channel.pk)
        return Response({"is_ok": True, "detail": "Both servers let us in."})


def settings_record(channel: Channel) -> dict[str, Any]:
    """The channel as an admin sets it up; secrets stay where they are."""
    return {
        **channel_record(channel),
        "signature": channel.signature,
        "aliases": list(channel.aliases),
        "imap": str(channel.config.get("imap") or ""),
        "smtp": str(channel.config.get("smtp") or ""),
        "folder": str(channel.config.get("folder") or ""),
    }
