"""Every address of the application."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from helpdesk import probes, problems, spa
from helpdesk.accounts.api import schema  # noqa: F401 (describes how callers identify)
from helpdesk.realtime.api import Bootstrap, EventList
from inbox.public_files import serve_public_file
from inbox.webhooks import receive_hook
from integrations.commerce.webhooks import receive_store_hook

api_urlpatterns: list[Any] = [
    path("bootstrap", Bootstrap.as_view()),
    path("events", EventList.as_view()),
    path("", include("helpdesk.accounts.api.urls")),
    path("", include("helpdesk.notifications.api.urls")),
    path("", include("tickets.api.urls")),
    path("", include("inbox.api.urls")),
    path("", include("integrations.commerce.api.urls")),
    path("", include("automation.api.urls")),
    path("", include("integrations.chat.api.settings_urls")),
]


def no_such_address(request: HttpRequest, rest: str = "") -> HttpResponse:
    """An unknown address below /api/: a problem document, never the app's page."""
    return problems.page(request, 404, "not_found", "There is no such address.")


urlpatterns = [
    path("healthz", probes.is_alive),
    path("readyz", probes.is_ready),
    path("_allauth/", include("allauth.headless.urls")),
    path("api/v1/", include(api_urlpatterns)),
    path("csat/", include("automation.csat.urls")),
    path("widget/v1/", include("integrations.chat.api.urls")),
    path("hooks/files/<uuid:attachment_id>/<str:ticket>/<str:name>", serve_public_file),
    path("", include("integrations.chat.urls")),
    path("demo-shop/", include("integrations.chat.demo_shop")),
    path("hooks/stores/<slug:kind>/<str:token>", receive_store_hook),
    path("hooks/stores/<slug:kind>/<str:token>/", receive_store_hook),
    path("hooks/<slug:kind>/<str:token>", receive_hook),
    path("hooks/<slug:kind>/<str:token>/", receive_hook),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path(r"^(?:api|_allauth|csat|hooks|static|widget|ws)(?:/(?P<rest>.*))?$", no_such_address),
    re_path(r"^(?P<path>.*)$", spa.serve),
]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.server_error
