"""Only the addresses of commerce, where ``helpdesk.urls`` puts them."""

from django.urls import include, path

urlpatterns = [path("api/v1/", include("integrations.commerce.api.urls"))]
