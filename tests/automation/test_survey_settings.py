"""What a shop chooses for its surveys: for all, for one store, in its own words and colour."""

from __future__ import annotations

import pytest

from automation.csat.look import accent_of, contrast
from automation.csat.models import CsatSurvey, nps_group, scores_of
from automation.csat.settings import Settings, change_settings, resolved, settings_of
from automation.csat.words import LANGUAGES, words_of
from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput, NotFound
from integrations.commerce.actions import create_store


def test_layers_lie_on_each_other_and_a_store_keeps_the_texts_it_did_not_change():
    organization = Organization(csat_delay_seconds=600, csat_pause_days=3)
    settings = resolved(
        organization,
        {"accent": "#aa0000", "texts": {"de": {"question": "Na?", "thanks": "Merci"}}},
        {"pause_days": 9, "texts": {"de": {"question": "Und?"}}},
    )

    assert (settings.delay_seconds, settings.pause_days, settings.accent) == (600, 9, "#aa0000")
    assert settings.texts == {"de": {"question": "Und?", "thanks": "Merci"}}


def test_own_words_stand_where_there_are_any_and_ours_elsewhere():
    settings = Settings(texts={"de": {"question": "Zufrieden, mit {name}?"}})

    german = settings.in_own_words(words_of("de")).about(name="Bo", shop="L", subject="S")
    assert german.title == "Zufrieden, mit Bo?"
    assert german.thanks == "Danke. Bo wird das lesen."
    assert settings.in_own_words(words_of("fr")) == words_of("fr")


def test_people_are_asked_for_a_recommendation_once_in_thirty_days_at_most():
    assert Settings(kind="nps", nps_pause_days=1).pause == 30
    assert Settings(kind="csat", pause_days=1).pause == 1


def test_a_form_counts_as_mail_and_unknown_channels_as_other():
    settings = Settings(channels_off=("email", "other"))

    assert [settings.is_on(kind) for kind in ("email", "form", "telegram", "sms", "chat")] == [
        False, False, False, True, True,
    ]  # fmt: skip


@pytest.mark.parametrize("colour", ["", "#ffff00", "#000000", "#ffffff", "#2f5d46", "#ff69b4"])
def test_any_colour_can_be_read_by_day_and_by_night(colour):
    accent = accent_of(colour)

    assert contrast(accent.fill, accent.on_fill) >= 4.5
    assert contrast(accent.text, "#ffffff") >= 4.5
    assert contrast(accent.text_dark, "#17181b") >= 4.5


def test_groups_of_recommendations_are_the_usual_ones():
    groups = [nps_group(score) for score in scores_of("nps")]

    assert groups == ["detractor"] * 7 + ["passive"] * 2 + ["promoter"] * 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_places(language):
    ours, english = words_of(language), words_of("en")

    assert "{shop}" in ours.nps_title
    assert "{number}" in ours.of_ten
    assert all(text for text in (ours.reply_hint, ours.nps_reply_hint, ours.reminder))
    assert len(ours.scores) == len(english.scores) == 5


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"sample_percent": 101}, "sample_percent"),
        ({"nps_pause_days": 29}, "nps_pause_days"),
        ({"pause_days": True}, "pause_days"),
        ({"kind": "stars"}, "kind"),
        ({"accent": "red"}, "accent"),
        ({"accent": "#12345g"}, "accent"),
        ({"logo_url": "http://shop.example/logo.png"}, "logo_url"),
        ({"review_url": "javascript:alert(1)"}, "review_url"),
        ({"review_url": 'https://shop.example/"><script>'}, "review_url"),
        ({"loyalty_url": "https://user@shop.example/"}, "loyalty_url"),
        ({"channels_off": ["fax"]}, "channels_off"),
        ({"texts": {"xx": {"question": "?"}}}, "texts"),
        ({"texts": {"en": {"answer": "?"}}}, "texts.en.answer"),
        ({"texts": {"en": {"question": "x" * 301}}}, "texts.en.question"),
        ({"password": "x"}, "password"),
    ],
)
def test_what_cannot_be_is_refused_and_names_its_field(values, field):
    with pytest.raises(InvalidInput) as caught:
        change_settings(Organization(), values)
    assert caught.value.errors[0].path == field


@pytest.mark.django_db
def test_a_store_differs_until_it_is_told_not_to(organization):
    store = create_store(organization, kind="demo_store", slug="main", name="Linden & Loom")
    change_settings(organization, {"delay_seconds": 60, "accent": "#AA0000"})
    organization.refresh_from_db()
    change_settings(organization, {"delay_seconds": 0, "kind": "nps"}, store.pk)

    assert organization.csat_delay_seconds == 60
    assert settings_of(organization).kind == "csat"
    own = settings_of(organization, store.pk)
    assert (own.delay_seconds, own.kind, own.accent) == (0, "nps", "#aa0000")

    change_settings(organization, {"delay_seconds": None, "kind": None}, store.pk)
    assert settings_of(organization, store.pk) == settings_of(organization)


@pytest.mark.django_db
def test_admins_change_settings_and_look_at_a_survey_before_anybody_gets_it(
    organization, ada, bo, api_as
):
    other = Organization.objects.create(name="Other", slug="other")
    foreign = create_store(other, kind="demo_store", slug="x", name="X")
    answer = api_as(ada).patch(
        "/api/v1/settings/surveys",
        {"sample_percent": 20, "texts": {"en": {"question": "OK, {name}?"}}},
    )
    told = answer.json()

    assert answer.status_code == 200
    assert told["settings"]["sample_percent"] == 20
    assert [each["tag"] for each in told["languages"]] == list(LANGUAGES)
    assert api_as(bo).get("/api/v1/settings/surveys").status_code == 403
    assert api_as(ada).patch(f"/api/v1/settings/surveys/{foreign.pk}", {}).status_code == 404
    with pytest.raises(NotFound):
        change_settings(organization, {}, foreign.pk)

    for view, expected in (
        ("page", "OK, Ada?"),
        ("mail", "OK, Ada?"),
        ("thanks", "Tell &lt;b&gt;"),
    ):
        seen = api_as(ada).post(
            "/api/v1/settings/surveys/preview",
            {"view": view, "language": "en", "settings": {"texts": {"en": {"thanks": "Tell <b>"}}}},
        )
        assert seen.status_code == 200
        assert expected in seen.json()["html"]
        assert "<script" not in seen.json()["html"]
    assert "Tell" not in str(settings_of(organization).texts)
    assert not CsatSurvey.objects.exists()
