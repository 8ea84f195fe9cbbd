"""Orders for the agent app and for scripts: read only, of the caller's organization."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.accounts.permissions import require
from helpdesk.lib.api import refuse_unknown_parameters
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.pagination import limit_from
from integrations.commerce import connections, selectors
from integrations.commerce.api.schemas import CustomerOrdersSchema, OrderListSchema, OrderSchema
from integrations.commerce.records import order_record, spend_record
from integrations.commerce.refreshing import refresh_order
from tickets.selectors import get_customer

MAX_QUERY_CHARS = 200


class CustomerOrders(APIView):
    """The orders of a customer's verified handles in all stores."""

    @extend_schema(operation_id="customer_orders", responses=CustomerOrdersSchema)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        """Newest first, with what the customer spent."""
        user: Any = request.user
        require(user, "order.view")
        customer = get_customer(user, customer_id)
        orders = selectors.orders_of_customer(customer)
        connections.freshen(orders)
        at = now()
        return Response(
            {
                "orders": [order_record(each, at) for each in orders],
                "summary": spend_record(selectors.summarize(orders)),
            }
        )


class OrderDetail(APIView):
    """One order."""

    @extend_schema(operation_id="order", responses=OrderSchema)
    def get(self, request: Request, order_id: uuid.UUID) -> Response:
        """The whole order with its lines, parcels and refunds."""
        user: Any = request.user
        require(user, "order.view")
        order = selectors.get_order(user.organization_id, order_id)
        return Response(order_record(order, now()))


class RefreshOrder(Endpoint):
    """Read the order from its shop now; everybody who looks at it is told.

    409 ``shop_unreachable`` after at most five seconds, 409 ``order_gone``. The shop is not asked
    about one order more often than every ten seconds.
    """

    needs: ClassVar = {"POST": "order.act"}

    @extend_schema(operation_id="refresh_order", request=None, responses=OrderSchema)
    def post(self, request: Request, order_id: uuid.UUID) -> Response:
        order = selectors.get_order(self.user.organization_id, order_id)
        return Response(order_record(refresh_order(order), now()))


class OrderSearch(APIView):
    """Orders by number, e-mail, phone, tracking number or the buyer's name."""

    @extend_schema(
        operation_id="orders",
        parameters=[OpenApiParameter("q", str, required=True), OpenApiParameter("limit", int)],
        responses=OrderListSchema,
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        user: Any = request.user
        require(user, "order.view")
        refuse_unknown_parameters(request, "q", "limit")
        text = request.query_params.get("q", "").replace("\x00", "").strip()
        if not text or len(text) > MAX_QUERY_CHARS:
            raise InvalidInput.field("q", f"Search for 1 to {MAX_QUERY_CHARS} characters.")
        limit = limit_from(request.query_params.get("limit"), default=20)
        orders = selectors.search_orders(user.organization_id, text, limit=limit)
        at = now()
        return Response({"orders": [order_record(each, at) for each in orders]})
