"""The demo's shop: a page as a merchant would have it, with the widget embedded by its snippet."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import jwt
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from helpdesk.lib.clock import now
from integrations.chat.demo import DEMO_SITE
from integrations.chat.models import Site
from integrations.chat.sites import secrets_of
from integrations.commerce.models import StoreCustomer

HERE = Path(__file__).parent
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
SHOPPER = "Mia Laurent"
LIVES = timedelta(minutes=10)


@require_safe
def page(request: HttpRequest, name: str = "shop.html") -> HttpResponse:
    """The shop, where there is a demo."""
    _demo_site()
    file = HERE / name
    response = HttpResponse(file.read_bytes(), content_type=f"{TYPES[file.suffix]}; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Who is signed in, as a shop's server would sign it: short-lived, for this site only."""
    site = _demo_site()
    shopper = StoreCustomer.objects.filter(name=SHOPPER).order_by("pk").first()
    contact = shopper.contacts.filter(kind="email").first() if shopper else None
    if shopper is None or contact is None:
        raise Http404("The demo's shopper is not here.")
    claims = {
        "sub": shopper.external_id,
        "email": contact.value,
        "name": SHOPPER,
        "aud": site.pk,
        "iat": now(),
        "exp": now() + LIVES,
    }
    signed = jwt.encode(claims, secrets_of(site.channel)[0], algorithm="HS256")
    return JsonResponse({"token": signed, "name": SHOPPER})


def _demo_site() -> Site:
    site = Site.objects.select_related("channel").filter(pk=DEMO_SITE).first()
    if site is None:
        raise Http404("There is no demo here.")
    return site


urlpatterns = [
    path("", page),
    path("shop.css", page, {"name": "shop.css"}),
    path("shop.js", page, {"name": "shop.js"}),
    path("token", token),
]
