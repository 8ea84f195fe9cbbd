"""What loyalty programmes and newsletters know of a customer."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.accounts.permissions import require
from integrations.commerce.profiles import selectors
from integrations.commerce.profiles.keeping import ask_to_read
from integrations.commerce.profiles.models import Consent
from integrations.commerce.profiles.records import profile_record
from tickets.selectors import get_customer

FRESH_FOR = timedelta(minutes=5)


class ProfileServiceSchema(serializers.Serializer[None]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    group = serializers.ChoiceField(["shop", "shipping", "returns", "loyalty", "marketing"])
    program = serializers.CharField()


class LoyaltySchema(serializers.Serializer[None]):
    points = serializers.IntegerField()
    pending_points = serializers.IntegerField(allow_null=True)
    tier = serializers.CharField()
    tier_ends_at = serializers.DateTimeField(allow_null=True)
    next_tier = serializers.CharField()
    points_to_next = serializers.IntegerField(allow_null=True)
    referral_url = serializers.CharField()
    referred_count = serializers.IntegerField(allow_null=True)
    rewards_claimed = serializers.IntegerField(allow_null=True)
    joined_at = serializers.DateTimeField(allow_null=True)
    is_blocked = serializers.BooleanField()


class MarketingSchema(serializers.Serializer[None]):
    email_consent = serializers.ChoiceField(Consent.choices)
    sms_consent = serializers.ChoiceField(["", *Consent.values])
    is_blocked = serializers.BooleanField()
    lists = serializers.ListField(child=serializers.CharField())
    predicted_value = serializers.FloatField(allow_null=True)
    historic_value = serializers.FloatField(allow_null=True)
    churn_percent = serializers.FloatField(allow_null=True)
    next_order_at = serializers.DateTimeField(allow_null=True)
    currency = serializers.CharField()


class ProfileSchema(serializers.Serializer[None]):
    id = serializers.UUIDField()
    service = ProfileServiceSchema()
    email = serializers.CharField()
    url = serializers.CharField()
    loyalty = LoyaltySchema(allow_null=True)
    marketing = MarketingSchema(allow_null=True)
    as_of = serializers.DateTimeField()


class CustomerProfilesSchema(serializers.Serializer[None]):
    profiles = ProfileSchema(many=True)
    is_awaited = serializers.BooleanField(
        help_text="A service is being asked; profile.updated comes when it has answered."
    )


class CustomerProfiles(APIView):
    """What services know of the customer's proven e-mail addresses."""

    @extend_schema(operation_id="customer_profiles", responses=CustomerProfilesSchema)
    def get(self, request: Request, customer_id: uuid.UUID) -> Response:
        """What is known now; where that is old the services are asked in the background."""
        user: Any = request.user
        require(user, "order.view")
        customer = get_customer(user, customer_id)
        emails = selectors.addresses_of(customer)
        ask_to_read(user.organization_id, emails, fresh_for=FRESH_FOR)
        return Response(
            {
                "profiles": [profile_record(each) for each in selectors.profiles_of(customer)],
                "is_awaited": selectors.awaited_of(user.organization_id, emails),
            }
        )
