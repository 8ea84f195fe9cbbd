"""Stores: what there is to connect, setting one up, trying it, its history, its calls."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.accounts.api.endpoint import Endpoint
from helpdesk.lib.api import StrictSerializer, read_body, refuse_unknown_parameters
from helpdesk.lib.filling_in import Filled
from helpdesk.lib.pagination import limit_from
from helpdesk.lib.schema import documented
from integrations.commerce import backfill, set_up, store_selectors, webhooks
from integrations.commerce.connector import store_manifests
from integrations.commerce.store_records import (
    StoreConnectorPage,
    StoreDisconnected,
    StoreHookPage,
    StoreHookRecord,
    StorePage,
    StoreSettings,
    StoreTest,
    connected_store_record,
    hook_record,
)


class StoreInput(StrictSerializer):
    """A store. ``config`` and ``secrets`` hold the fields that the connector of its kind names.

    Secrets are stored encrypted and never shown. With ``is_active`` false it is a draft: what it
    needs may come later.
    """

    kind = serializers.CharField(max_length=30)
    name = serializers.CharField(max_length=120)
    address = serializers.CharField(max_length=300, allow_blank=True, required=False)
    config = serializers.DictField(required=False)
    secrets = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True), required=False
    )
    is_active = serializers.BooleanField(default=False)


class StoreChanges(StrictSerializer):
    """Any of these. In ``config`` and ``secrets`` null takes a value away; what is not named stays."""

    name = serializers.CharField(max_length=120, required=False)
    address = serializers.CharField(max_length=300, required=False)
    number_pattern = serializers.CharField(max_length=120, allow_blank=True, required=False)
    time_zone = serializers.CharField(max_length=60, allow_blank=True, required=False)
    is_active = serializers.BooleanField(required=False)
    config = serializers.DictField(required=False)
    secrets = serializers.DictField(
        child=serializers.CharField(allow_null=True, allow_blank=True), required=False
    )


class BackfillInput(StrictSerializer):
    """What to do with the reading of past orders; ``since`` is for a new one, all if left out."""

    action = serializers.ChoiceField(["start", "pause", "resume"])
    since = serializers.DateTimeField(required=False, allow_null=True)


class StoreConnectorList(Endpoint):
    """What a store can be: for each platform what it can do, what it asks for, and the steps."""

    needs: ClassVar = {"GET": "order.view"}

    @documented("store_connectors", StoreConnectorPage)
    def get(self, request: Request) -> Response:
        found = [set_up.connector_record(each) for each in store_manifests()]
        return Response({"results": found, "next": None})


class StoreList(Endpoint):
    """GET: all stores with their health. POST: a new one."""

    needs: ClassVar = {"GET": "order.view", "POST": "store.change"}
    is_live = True

    @documented("stores", StorePage)
    def get(self, request: Request) -> Response:
        stores = store_selectors.stores_of(self.user)
        return Response(
            {"results": [connected_store_record(each) for each in stores], "next": None}
        )

    @documented("create_store", StoreSettings, body=StoreInput, status=201)
    def post(self, request: Request) -> Response:
        values = read_body(StoreInput, request)
        filled = _filled(values)
        store = set_up.add_store(self.user.organization, filled=filled, **values)
        return Response(set_up.settings_record(store), status=201)


class StoreDetail(Endpoint):
    """One store with its settings and how it fares. DELETE: only where no order came from it."""

    needs: ClassVar = {"GET": "store.change", "PATCH": "store.change", "DELETE": "store.change"}
    is_live = True

    @documented("store", StoreSettings)
    def get(self, request: Request, store_id: uuid.UUID) -> Response:
        return Response(set_up.settings_record(store_selectors.get_store(self.user, store_id)))

    @documented("change_store", StoreSettings, body=StoreChanges)
    def patch(self, request: Request, store_id: uuid.UUID) -> Response:
        values = read_body(StoreChanges, request)
        store = store_selectors.get_store(self.user, store_id)
        filled = _filled(values)
        return Response(set_up.settings_record(set_up.change_store(store.pk, filled, **values)))

    @documented("remove_store", status=204)
    def delete(self, request: Request, store_id: uuid.UUID) -> Response:
        set_up.remove(store_selectors.get_store(self.user, store_id))
        return Response(status=204)


class StoreTry(Endpoint):
    """Sign in at the platform now and tell it where to call; the answer says what is wrong."""

    needs: ClassVar = {"POST": "store.change"}

    @documented("test_store", StoreTest)
    def post(self, request: Request, store_id: uuid.UUID) -> Response:
        trial = set_up.try_out(store_selectors.get_store(self.user, store_id))
        return Response(
            {
                "is_ok": trial.is_ok,
                "detail": trial.detail,
                "account": trial.account,
                "notes": list(trial.notes),
                "errors": [
                    {"path": each.path, "code": each.code, "message": each.message}
                    for each in trial.errors
                ],
            }
        )


class StoreDisconnect(Endpoint):
    """Take the webhooks back at the platform and stop asking; orders stay."""

    needs: ClassVar = {"POST": "store.change"}

    @documented("disconnect_store", StoreDisconnected)
    def post(self, request: Request, store_id: uuid.UUID) -> Response:
        left_over = set_up.disconnect(store_selectors.get_store(self.user, store_id))
        store = store_selectors.get_store(self.user, store_id)
        return Response({"store": set_up.settings_record(store), "left_over": left_over})


class StoreBackfill(Endpoint):
    """Read the orders that the store had before it was connected; pause and resume that."""

    needs: ClassVar = {"POST": "store.change"}

    @documented("backfill_store", StoreSettings, body=BackfillInput)
    def post(self, request: Request, store_id: uuid.UUID) -> Response:
        values = read_body(BackfillInput, request)
        store = store_selectors.get_store(self.user, store_id)
        if values["action"] == "start":
            backfill.start(store, since=values.get("since"))
        elif values["action"] == "pause":
            backfill.pause(store)
        else:
            backfill.resume(store)
        return Response(set_up.settings_record(store))


class StoreHookLog(Endpoint):
    """Calls of platforms, newest first, each with a line per thing: what it was, what it became."""

    needs: ClassVar = {"GET": "store.change"}

    @documented(
        "store_hooks",
        StoreHookPage,
        parameters={
            "state": "received, processed or quarantined",
            "store": "The id of a store.",
            "after": "The ``next`` of the page before.",
            "limit": "At most 200.",
        },
    )
    def get(self, request: Request) -> Response:
        refuse_unknown_parameters(request, "state", "store", "after", "limit")
        asked = request.query_params
        page = store_selectors.list_hooks(
            self.user,
            state=asked.get("state", ""),
            store=asked.get("store", ""),
            after=asked.get("after") or None,
            limit=limit_from(asked.get("limit")),
        )
        return Response({"results": [hook_record(each) for each in page.rows], "next": page.next})


class StoreHookReplay(Endpoint):
    """Read a quarantined or processed call again; old news changes nothing."""

    needs: ClassVar = {"POST": "store.change"}

    @documented("replay_store_hook", StoreHookRecord)
    def post(self, request: Request, hook_id: uuid.UUID) -> Response:
        store_selectors.get_hook(self.user, hook_id)
        webhooks.replay_hook(hook_id)
        return Response(hook_record(store_selectors.get_hook(self.user, hook_id)))


class StoreHookRaw(Endpoint):
    """The body of a call as it came."""

    needs: ClassVar = {"GET": "store.change"}

    @documented("store_hook_raw", content_type="application/octet-stream")
    def get(self, request: Request, hook_id: uuid.UUID) -> HttpResponse:
        return HttpResponse(
            bytes(store_selectors.get_hook(self.user, hook_id).body),
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{hook_id}.bin"',
                "X-Content-Type-Options": "nosniff",
                "Content-Security-Policy": "default-src 'none'; sandbox",
                "Cache-Control": "private, no-store",
            },
        )


def _filled(values: dict[str, Any]) -> Filled:
    """What was filled in of the connector's own fields, taken out of the values."""
    return Filled(
        address=values.pop("address", None),
        config=values.pop("config", {}),
        secrets=values.pop("secrets", {}),
    )
