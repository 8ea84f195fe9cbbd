"""Setting up the chat: sites with their look, hours and languages, and the secrets they sign with."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import User
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.errors import NotFound
from helpdesk.lib.schema import documented
from integrations.chat.help import AnswerSettings, answers_of, check_answers, set_answers
from integrations.chat.sites import (
    KIND,
    SiteSettings,
    add_site,
    change_site,
    make_site,
    rotate_secret,
    settings_record,
)
from tickets.actions.channels import change_channel
from tickets.models import Channel


class SiteChanges(StrictSerializer):
    """Any of these; each is looked at by ``integrations.chat.sites``."""

    name = serializers.CharField(max_length=120, required=False)
    is_active = serializers.BooleanField(required=False)
    domains = serializers.ListField(child=serializers.CharField(max_length=200), required=False)
    accent = serializers.CharField(max_length=7, required=False)
    theme = serializers.CharField(max_length=10, required=False)
    radius = serializers.IntegerField(required=False)
    side = serializers.CharField(max_length=10, required=False)
    offset = serializers.IntegerField(required=False)
    logo_url = serializers.CharField(max_length=500, allow_blank=True, required=False)
    launcher_label = serializers.CharField(max_length=40, allow_blank=True, required=False)
    languages = serializers.ListField(child=serializers.CharField(max_length=5), required=False)
    greetings = serializers.DictField(
        child=serializers.CharField(max_length=200, allow_blank=True), required=False
    )
    actions = serializers.ListField(child=serializers.DictField(), required=False)
    hours = serializers.DictField(required=False, allow_null=True)
    asks_email = serializers.CharField(max_length=20, required=False)
    fall_back_minutes = serializers.IntegerField(required=False)
    email_channel_id = serializers.UUIDField(required=False, allow_null=True)
    privacy_url = serializers.CharField(max_length=500, allow_blank=True, required=False)
    proactive = serializers.ListField(child=serializers.DictField(), required=False)
    undo_seconds = serializers.IntegerField(required=False)
    survey_delay_seconds = serializers.IntegerField(required=False)
    answers = serializers.ListField(child=serializers.DictField(), required=False)


class NewSite(SiteChanges):
    name = serializers.CharField(max_length=120)


class RotateInput(StrictSerializer):
    keeps_old = serializers.BooleanField(default=True)


class SiteWithAnswers(SiteSettings):
    """The site with the answers that its first view offers."""

    answers: list[AnswerSettings]


class SitePage(TypedDict):
    results: list[SiteWithAnswers]
    next: str | None


class NewSecret(TypedDict):
    secret: str


class SiteList(Endpoint):
    """GET: the sites. POST: a new one."""

    needs: ClassVar = {"GET": "channel.change", "POST": "channel.change"}

    @documented("chat_sites", SitePage)
    def get(self, request: Request) -> Response:
        found = Channel.objects.filter(organization_id=self.user.organization_id, kind=KIND)
        records = [as_set_up(each) for each in found.order_by("created_at")]
        return Response({"results": records, "next": None})

    @documented("create_chat_site", SiteWithAnswers, body=NewSite, status=201)
    def post(self, request: Request) -> Response:
        values = _plain(read_body(NewSite, request))
        values.pop("is_active", None)
        answers = values.pop("answers", [])
        check_answers(answers)
        channel = add_site(self.user.organization, **values)
        set_answers(channel, answers)
        return Response(as_set_up(channel), status=201)


class SiteDetail(Endpoint):
    """One site as it is set up; its secrets are not shown again."""

    needs: ClassVar = {"GET": "channel.change", "PATCH": "channel.change"}

    @documented("chat_site", SiteWithAnswers)
    def get(self, request: Request, channel_id: uuid.UUID) -> Response:
        return Response(as_set_up(get_chat_channel(self.user, channel_id)))

    @documented("change_chat_site", SiteWithAnswers, body=SiteChanges)
    def patch(self, request: Request, channel_id: uuid.UUID) -> Response:
        values = _plain(read_body(SiteChanges, request))
        channel = get_chat_channel(self.user, channel_id)
        own = {name: values.pop(name) for name in ("name", "is_active") if name in values}
        answers = values.pop("answers", None)
        if answers is not None:
            check_answers(answers)
        if values:
            channel = change_site(channel, values)
        if own:
            channel = change_channel(channel.pk, **own)
        if answers is not None:
            set_answers(channel, answers)
        return Response(as_set_up(channel))


class SiteSecret(Endpoint):
    """POST: a new key for signing identities, shown this once; the one before holds on."""

    needs: ClassVar = {"POST": "channel.change"}

    @documented("rotate_chat_secret", NewSecret, body=RotateInput, status=201)
    def post(self, request: Request, channel_id: uuid.UUID) -> Response:
        values = read_body(RotateInput, request)
        channel = get_chat_channel(self.user, channel_id)
        return Response({"secret": rotate_secret(channel, **values)}, status=201)


def as_set_up(channel: Channel) -> SiteWithAnswers:
    """Everything an admin sees of a site."""
    return {**settings_record(channel), "answers": answers_of(channel)}


def get_chat_channel(user: User, channel_id: uuid.UUID) -> Channel:
    """A chat channel of the person's organization, with its site; raises NotFound."""
    channel = (
        Channel.objects.select_related("organization")
        .filter(organization_id=user.organization_id, pk=channel_id, kind=KIND)
        .first()
    )
    if channel is None:
        raise NotFound("There is no such chat.")
    return make_site(channel).channel


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    if "email_channel_id" in values:
        values["email_channel_id"] = str(values["email_channel_id"] or "")
    return values
