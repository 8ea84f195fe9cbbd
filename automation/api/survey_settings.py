"""Surveys as the shop wants them: for all, and where one store differs; with a preview."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, TypedDict

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from automation.csat.logos import MAX_UPLOAD_BYTES, keep_logo, too_large
from automation.csat.models import SurveyKind
from automation.csat.preview import VIEWS, preview_page
from automation.csat.settings import (
    CHANNELS,
    MAX_DAYS,
    MAX_DELAY_SECONDS,
    MIN_NPS_PAUSE_DAYS,
    TEXTS,
    change_settings,
    chosen_of,
    get_store,
    preview_settings,
    settings_of,
    settings_record,
)
from automation.csat.words import LANGUAGES, words_of
from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.models import Organization
from helpdesk.lib.api import StrictSerializer, read_body
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.schema import documented
from integrations.commerce.models import Store


class SurveySettingsRecord(TypedDict):
    """What holds; ``texts`` are the shop's own sentences by language and name."""

    is_enabled: bool
    kind: str
    delay_seconds: int
    sample_percent: int
    pause_days: int
    nps_pause_days: int
    reminder_days: int
    expires_days: int
    channels_off: list[str]
    accent: str
    logo_url: str
    review_url: str
    loyalty_url: str
    texts: dict[str, dict[str, str]]


class StoreSurveysRecord(TypedDict):
    """``own`` are the settings in which the store differs."""

    id: str
    name: str
    own: list[str]
    settings: SurveySettingsRecord


class SurveyLanguageRecord(TypedDict):
    """``ours`` are the sentences used where the shop has none of its own."""

    tag: str
    name: str
    ours: dict[str, str]


class SurveySettingsDetails(TypedDict):
    settings: SurveySettingsRecord
    stores: list[StoreSurveysRecord]
    languages: list[SurveyLanguageRecord]
    channels: list[str]


class SurveyPreviewRecord(TypedDict):
    html: str


class SurveySettingsInput(StrictSerializer):
    """Any of these; null goes back to what holds without it."""

    is_enabled = serializers.BooleanField(required=False, allow_null=True)
    kind = serializers.ChoiceField(SurveyKind.values, required=False, allow_null=True)
    delay_seconds = serializers.IntegerField(
        min_value=0, max_value=MAX_DELAY_SECONDS, required=False, allow_null=True
    )
    sample_percent = serializers.IntegerField(
        min_value=0, max_value=100, required=False, allow_null=True
    )
    pause_days = serializers.IntegerField(
        min_value=0, max_value=MAX_DAYS, required=False, allow_null=True
    )
    nps_pause_days = serializers.IntegerField(
        min_value=MIN_NPS_PAUSE_DAYS, max_value=MAX_DAYS, required=False, allow_null=True
    )
    reminder_days = serializers.IntegerField(
        min_value=0, max_value=30, required=False, allow_null=True
    )
    expires_days = serializers.IntegerField(
        min_value=1, max_value=90, required=False, allow_null=True
    )
    channels_off = serializers.ListField(
        child=serializers.ChoiceField(CHANNELS), required=False, allow_null=True
    )
    accent = serializers.CharField(max_length=7, required=False, allow_blank=True, allow_null=True)
    logo_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    review_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    loyalty_url = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    texts = serializers.DictField(required=False, allow_null=True)


class SurveyPreviewInput(StrictSerializer):
    """``settings`` are not kept; ``view`` is what to look at."""

    settings = SurveySettingsInput()
    view = serializers.ChoiceField(VIEWS)
    language = serializers.ChoiceField(LANGUAGES)
    store_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class SurveyLogoInput(StrictSerializer):
    """One picture as multipart form data."""

    file = serializers.FileField()


class SurveyLogoRecord(TypedDict):
    """What to keep as ``logo_url``."""

    logo_url: str


class SurveyLogo(Endpoint):
    """POST a picture as multipart field ``file``; it is shown once its address is kept."""

    needs: ClassVar = {"POST": "settings.change"}
    parser_classes = [MultiPartParser]

    @documented("upload_survey_logo", SurveyLogoRecord, body=SurveyLogoInput)
    def post(self, request: Request) -> Response:
        file = request.FILES.get("file")
        if file is None:
            raise InvalidInput.field("file", "Send a picture in the field “file”.", code="required")
        if (file.size or 0) > MAX_UPLOAD_BYTES:
            raise too_large()
        return Response({"logo_url": keep_logo(file.read())})


class SurveySettingsPage(Endpoint):
    """What holds for all surveys, and for each store's. PATCH changes what holds for all."""

    needs: ClassVar = {"GET": "settings.change", "PATCH": "settings.change"}

    @documented("survey_settings", SurveySettingsDetails)
    def get(self, request: Request) -> Response:
        return Response(_details(self.user.organization))

    @documented("change_survey_settings", SurveySettingsDetails, body=SurveySettingsInput)
    def patch(self, request: Request) -> Response:
        values = read_body(SurveySettingsInput, request)
        change_settings(self.user.organization, values, by=self.user)
        return Response(_details(Organization.objects.get(pk=self.user.organization_id)))


class StoreSurveySettings(Endpoint):
    """PATCH: where one store's surveys differ; null makes it like the others again."""

    needs: ClassVar = {"PATCH": "settings.change"}

    @documented("change_store_survey_settings", SurveySettingsDetails, body=SurveySettingsInput)
    def patch(self, request: Request, store_id: uuid.UUID) -> Response:
        values = read_body(SurveySettingsInput, request)
        change_settings(self.user.organization, values, store_id, by=self.user)
        return Response(_details(self.user.organization))


class SurveyPreview(Endpoint):
    """POST: what a customer would see with these settings. Nothing is kept, nothing is sent."""

    needs: ClassVar = {"POST": "settings.change"}

    @documented("preview_survey", SurveyPreviewRecord, body=SurveyPreviewInput)
    def post(self, request: Request) -> Response:
        asked = read_body(SurveyPreviewInput, request)
        organization, store_id = self.user.organization, asked["store_id"]
        if store_id is not None:
            get_store(organization, store_id)
        settings = preview_settings(organization, asked["settings"], store_id)
        html = preview_page(organization, self.user, settings, asked["view"], asked["language"])
        return Response({"html": html})


def _details(organization: Organization) -> dict[str, Any]:
    chosen = chosen_of(organization.pk)
    stores = Store.objects.filter(organization=organization, disconnected_at=None).order_by("name")
    return {
        "settings": settings_record(settings_of(organization)),
        "stores": [
            {
                "id": str(store.pk),
                "name": store.name,
                "own": sorted(chosen.get(store.pk, {})),
                "settings": settings_record(settings_of(organization, store.pk)),
            }
            for store in stores
        ],
        "languages": [_language_record(tag) for tag in LANGUAGES],
        "channels": list(CHANNELS),
    }


def _language_record(tag: str) -> dict[str, Any]:
    words = words_of(tag)
    ours = (words.title, words.intro, words.thanks_lead, words.nps_title)
    return {"tag": tag, "name": words.language_name, "ours": dict(zip(TEXTS, ours, strict=True))}
