"""Order actions: looking first, confirming, approving, and what came of them."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar, TypedDict

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.events.payloads import OrderActionRecord
from helpdesk.lib.api import StrictSerializer, read_body, refuse_unknown_parameters
from helpdesk.lib.errors import Conflict, InvalidInput
from helpdesk.lib.pagination import decode_cursor, encode_cursor, limit_from
from helpdesk.lib.schema import documented
from integrations.commerce import selectors
from integrations.commerce.acting import ActionKind
from integrations.commerce.ledger import intents, limits, quoting
from integrations.commerce.ledger.models import ActionState
from integrations.commerce.ledger.records import (
    OrderActionList,
    PreviewRecord,
    action_record,
)
from integrations.commerce.ledger.waiting import WaitingRecord, waiting_for
from integrations.commerce.money import minor_digits
from integrations.commerce.products import SellableList, products_for
from tickets.selectors import as_uuid

MAX_PRODUCT_WORDS = 100
KINDS = [str(each) for each in ActionKind]


class OrderPreviewInput(StrictSerializer):
    """``params`` as each kind has them; what is left out is filled in sensibly."""

    kind = serializers.ChoiceField(KINDS)
    params = serializers.DictField(default=dict)
    ticket_id = serializers.UUIDField(allow_null=True, default=None)


class OrderActionInput(StrictSerializer):
    """``id`` is made by the client: the same one twice is the same action."""

    id = serializers.UUIDField()
    preview_token = serializers.CharField(max_length=20_000)
    note = serializers.CharField(max_length=1000, allow_blank=True, default="")


class ConfirmInput(StrictSerializer):
    preview_token = serializers.CharField(max_length=20_000)
    note = serializers.CharField(max_length=1000, allow_blank=True, default="")


class ApproveInput(StrictSerializer):
    preview_token = serializers.CharField(max_length=20_000, allow_blank=True, default="")


class RejectInput(StrictSerializer):
    reason = serializers.CharField(max_length=500, allow_blank=True, default="")


class SettleInput(StrictSerializer):
    """What a person found in the shop."""

    did_happen = serializers.BooleanField()
    reference = serializers.CharField(max_length=200, allow_blank=True, default="")


class RoleLimitInput(StrictSerializer):
    currency = serializers.RegexField(r"^[A-Z]{3}$")
    per_action_minor = serializers.IntegerField(min_value=0, max_value=10**15, allow_null=True)
    per_day_minor = serializers.IntegerField(min_value=0, max_value=10**15, allow_null=True)


class RolePolicyInput(StrictSerializer):
    role = serializers.CharField(max_length=10, help_text="agent or admin")
    kinds = serializers.ListField(
        child=serializers.ChoiceField(KINDS), allow_null=True, max_length=len(KINDS)
    )
    limits = RoleLimitInput(many=True)


class ProductsForOrder(Endpoint):
    """What the order's shop sells by that name, for adding it; 409 ``shop_unreachable``."""

    needs: ClassVar = {"GET": "order.act"}

    @documented("products_for_order", SellableList, parameters={"q": "Words of the name."})
    def get(self, request: Request, order_id: uuid.UUID) -> Response:
        refuse_unknown_parameters(request, "q")
        text = " ".join(request.query_params.get("q", "").replace("\x00", "").split())
        if not 0 < len(text) <= MAX_PRODUCT_WORDS:
            raise InvalidInput.field("q", f"Search for 1 to {MAX_PRODUCT_WORDS} characters.")
        order = selectors.get_order(self.user.organization_id, order_id)
        return Response({"results": products_for(order, text)})


class PreviewOrderAction(Endpoint):
    """What would happen, read from the shop now; nothing is changed.

    409 ``action_refused`` with ``reason_code`` and what would help (``instead``), 409
    ``shop_unreachable``, 422 naming ``params.<field>``.
    """

    needs: ClassVar = {"POST": "order.act"}

    @documented("preview_order_action", PreviewRecord, body=OrderPreviewInput)
    def post(self, request: Request, order_id: uuid.UUID) -> Response:
        asked = read_body(OrderPreviewInput, request)
        order = selectors.get_order(self.user.organization_id, order_id)
        kind = ActionKind(asked["kind"])
        return Response(
            quoting.preview(self.user, order, kind, asked["params"], asked["ticket_id"])
        )


class StartOrderAction(Endpoint):
    """Confirm a preview. The answer comes at once; what becomes of it comes as events.

    409 ``stale_preview`` with the new ``preview`` and ``changes``, 409 ``already_running`` with
    ``running``, or as the preview.
    """

    needs: ClassVar = {"POST": "order.act"}

    @documented("start_order_action", OrderActionRecord, body=OrderActionInput, status=202)
    def post(self, request: Request, order_id: uuid.UUID) -> Response:
        asked = read_body(OrderActionInput, request)
        order = selectors.get_order(self.user.organization_id, order_id)
        action = intents.start(
            self.user,
            order,
            action_id=asked["id"],
            token=asked["preview_token"],
            note=asked["note"],
        )
        return Response(action_record(action), status=202)


class WaitingOrderActions(Endpoint):
    """How many order actions wait for the person who asks."""

    needs: ClassVar = {"GET": "order.view"}
    is_live = True

    @documented("waiting_order_actions", WaitingRecord)
    def get(self, request: Request) -> Response:
        return Response(waiting_for(self.user))


class OrderActions(Endpoint):
    """What was done to orders, and what is to be done, newest first."""

    needs: ClassVar = {"GET": "order.view"}
    is_live = True

    @documented(
        "order_actions",
        OrderActionList,
        parameters={
            "state": "One or more states, with commas.",
            "order": "Of this order.",
            "ticket": "Of this ticket.",
            "customer": "Of this customer.",
            "after": "The cursor of the page before.",
            "limit": "How many (1 to 200).",
        },
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        refuse_unknown_parameters(request, "state", "order", "ticket", "customer", "after", "limit")
        found = intents.actions_of(self.user.organization_id).order_by("-created_at", "-id")
        if asked.get("state"):
            states = asked["state"].split(",")
            if set(states) - set(ActionState.values):
                raise InvalidInput.field("state", f"States: {', '.join(ActionState.values)}.")
            found = found.filter(state__in=states)
        for name in ("order", "ticket", "customer"):
            if asked.get(name):
                found = found.filter(**{f"{name}_id": as_uuid(asked[name], name)})
        limit = limit_from(asked.get("limit"))
        if asked.get("after"):
            at, last_id = decode_cursor(asked["after"], 2)
            found = found.filter(
                Q(created_at__lt=_moment(at)) | Q(created_at=_moment(at), pk__lt=_id(last_id))
            )
        rows = list(found[: limit + 1])
        is_more, rows = len(rows) > limit, rows[:limit]
        cursor = [rows[-1].created_at.isoformat(), str(rows[-1].pk)] if is_more else None
        return Response(
            {
                "results": [action_record(each) for each in rows],
                "next": encode_cursor(cursor) if cursor else None,
            }
        )


class OrderActionDetail(Endpoint):
    """One order action."""

    needs: ClassVar = {"GET": "order.view"}
    is_live = True

    @documented("order_action", OrderActionRecord)
    def get(self, request: Request, action_id: uuid.UUID) -> Response:
        return Response(action_record(intents.get_action(self.user.organization_id, action_id)))


class OrderActionPreview(Endpoint):
    """What a request or proposal would do now, for whoever is to decide on it."""

    needs: ClassVar = {"GET": "order.act"}

    @documented("order_action_preview", PreviewRecord)
    def get(self, request: Request, action_id: uuid.UUID) -> Response:
        action = intents.get_action(self.user.organization_id, action_id)
        if action.state not in (ActionState.NEEDS_APPROVAL, ActionState.PROPOSED):
            raise Conflict("This is not waiting for a decision.", code="already_decided")
        quoted = quoting.ask_shop(action.order, ActionKind(action.kind), action.params)
        return Response(quoting.show(self.user, quoted, action.ticket_id, leave_out=action.pk))


class ConfirmOrderAction(Endpoint):
    """Make a rule's or macro's proposal your own; your limits hold."""

    needs: ClassVar = {"POST": "order.act"}

    @documented("confirm_order_action", OrderActionRecord, body=ConfirmInput, status=202)
    def post(self, request: Request, action_id: uuid.UUID) -> Response:
        asked = read_body(ConfirmInput, request)
        action = intents.get_action(self.user.organization_id, action_id)
        action = intents.confirm(
            self.user, action, token=asked["preview_token"], note=asked["note"]
        )
        return Response(action_record(action), status=202)


class ApproveOrderAction(Endpoint):
    """Agree to what a colleague asked for. 403 ``own_request`` for one's own."""

    needs: ClassVar = {"POST": "order.approve"}

    @documented("approve_order_action", OrderActionRecord, body=ApproveInput, status=202)
    def post(self, request: Request, action_id: uuid.UUID) -> Response:
        asked = read_body(ApproveInput, request)
        action = intents.get_action(self.user.organization_id, action_id)
        action = intents.approve(self.user, action, token=asked["preview_token"])
        return Response(action_record(action), status=202)


class RejectOrderAction(Endpoint):
    """Turn a request or proposal down, or take one's own back."""

    needs: ClassVar = {"POST": "order.act"}

    @documented("reject_order_action", OrderActionRecord, body=RejectInput)
    def post(self, request: Request, action_id: uuid.UUID) -> Response:
        asked = read_body(RejectInput, request)
        action = intents.get_action(self.user.organization_id, action_id)
        return Response(action_record(intents.reject(self.user, action, reason=asked["reason"])))


class RetryOrderAction(Endpoint):
    """Once more for the steps that failed; what is done stays done."""

    needs: ClassVar = {"POST": "order.act"}

    @documented("retry_order_action", OrderActionRecord, status=202)
    def post(self, request: Request, action_id: uuid.UUID) -> Response:
        action = intents.get_action(self.user.organization_id, action_id)
        return Response(action_record(intents.retry(self.user, action)), status=202)


class SettleOrderAction(Endpoint):
    """Say what became of one whose answer was lost, after looking in the shop."""

    needs: ClassVar = {"POST": "order.act"}

    @documented("settle_order_action", OrderActionRecord, body=SettleInput)
    def post(self, request: Request, action_id: uuid.UUID) -> Response:
        asked = read_body(SettleInput, request)
        action = intents.get_action(self.user.organization_id, action_id)
        return Response(action_record(intents.settle_by_hand(self.user, action, **asked)))


class OrderLimitsRecord(TypedDict):
    """``digits``: of the minor unit of each currency that is named."""

    policies: list[limits.RolePolicy]
    kinds: list[str]
    digits: dict[str, int]


class OrderLimits(Endpoint):
    """What roles may do to orders alone. PUT sets one role's policy."""

    needs: ClassVar = {"GET": "order.act", "PUT": "order.limits"}

    @documented("order_limits", OrderLimitsRecord)
    def get(self, request: Request) -> Response:
        return Response(self._record())

    @documented("set_order_limits", OrderLimitsRecord, body=RolePolicyInput)
    def put(self, request: Request) -> Response:
        asked: Any = read_body(RolePolicyInput, request)
        limits.set_policy(
            self.user,
            {
                "role": asked["role"],
                "kinds": asked["kinds"],
                "limits": list(asked["limits"]),
            },
        )
        return Response(self._record())

    def _record(self) -> OrderLimitsRecord:
        policies = limits.policies_of(self.user.organization_id)
        named = {each["currency"] for policy in policies for each in policy["limits"]}
        return {
            "policies": policies,
            "kinds": KINDS,
            "digits": {each: minor_digits(each) for each in sorted(named)},
        }


def _moment(text: Any) -> datetime:
    try:
        return datetime.fromisoformat(str(text))
    except ValueError as error:
        raise InvalidInput.field("after", "This page cursor is not valid.") from error


def _id(text: Any) -> uuid.UUID:
    return as_uuid(str(text), "after")
