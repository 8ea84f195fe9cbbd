"""Addresses below ``/api/v1/``."""

from __future__ import annotations

from django.urls import path

from integrations.commerce.api import acting, stores
from integrations.commerce.api.profiles import CustomerProfiles
from integrations.commerce.api.views import CustomerOrders, OrderDetail, OrderSearch, RefreshOrder

urlpatterns = [
    path("store-connectors", stores.StoreConnectorList.as_view()),
    path("stores", stores.StoreList.as_view()),
    path("stores/<uuid:store_id>", stores.StoreDetail.as_view()),
    path("stores/<uuid:store_id>/test", stores.StoreTry.as_view()),
    path("stores/<uuid:store_id>/disconnect", stores.StoreDisconnect.as_view()),
    path("stores/<uuid:store_id>/backfill", stores.StoreBackfill.as_view()),
    path("store-hooks", stores.StoreHookLog.as_view()),
    path("store-hooks/<uuid:hook_id>/replay", stores.StoreHookReplay.as_view()),
    path("store-hooks/<uuid:hook_id>/raw", stores.StoreHookRaw.as_view()),
    path("customers/<uuid:customer_id>/orders", CustomerOrders.as_view()),
    path("customers/<uuid:customer_id>/profiles", CustomerProfiles.as_view()),
    path("orders", OrderSearch.as_view()),
    path("orders/<uuid:order_id>", OrderDetail.as_view()),
    path("orders/<uuid:order_id>/refresh", RefreshOrder.as_view()),
    path("orders/<uuid:order_id>/products", acting.ProductsForOrder.as_view()),
    path("orders/<uuid:order_id>/actions/preview", acting.PreviewOrderAction.as_view()),
    path("orders/<uuid:order_id>/actions", acting.StartOrderAction.as_view()),
    path("order-actions", acting.OrderActions.as_view()),
    path("order-actions/waiting", acting.WaitingOrderActions.as_view()),
    path("order-actions/<uuid:action_id>", acting.OrderActionDetail.as_view()),
    path("order-actions/<uuid:action_id>/preview", acting.OrderActionPreview.as_view()),
    path("order-actions/<uuid:action_id>/confirm", acting.ConfirmOrderAction.as_view()),
    path("order-actions/<uuid:action_id>/approve", acting.ApproveOrderAction.as_view()),
    path("order-actions/<uuid:action_id>/reject", acting.RejectOrderAction.as_view()),
    path("order-actions/<uuid:action_id>/retry", acting.RetryOrderAction.as_view()),
    path("order-actions/<uuid:action_id>/settle", acting.SettleOrderAction.as_view()),
    path("order-limits", acting.OrderLimits.as_view()),
]
