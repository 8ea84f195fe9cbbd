"""Addresses of the survey pages, below /csat/."""

from __future__ import annotations

from django.urls import path

from automation.csat.logos import logo_page
from automation.csat.pages import stop_page, survey_page

urlpatterns = [
    path("logos/<str:token>", logo_page, name="csat-logo"),
    path("<str:token>", survey_page, name="csat-survey"),
    path("<str:token>/stop", stop_page, name="csat-stop"),
]
