"""Addresses below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from integrations.commerce.api.views import CustomerOrders, OrderDetail, OrderSearch

urlpatterns = [
    path("customers/<uuid:customer_id>/orders", CustomerOrders.as_view()),
    path("orders", OrderSearch.as_view()),
    path("orders/<uuid:order_id>", OrderDetail.as_view()),
]
