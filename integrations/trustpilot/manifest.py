"""What the Trustpilot connector is, can do and needs to know."""

from __future__ import annotations

from inbox.connector import ConfigField, Manifest, Step
from tickets.models import HandleKind

MANIFEST = Manifest(
    kind="trustpilot",
    label="Trustpilot",
    capabilities=frozenset({"receives", "sends", "polls", "public"}),
    config=(
        ConfigField(
            "address", "Domain on Trustpilot",
            help="As in trustpilot.com/review/lindenloom.example, or the business unit id.",
        ),
        ConfigField("api_key", "API key"),
        ConfigField("api_secret", "API secret", is_secret=True),
        ConfigField("username", "E-mail of the business user", help="Who signs in to Trustpilot."),
        ConfigField("password", "Password of the business user", is_secret=True),
        ConfigField(
            "business_user_id", "Business user id",
            help="24 letters and digits: in whose name replies are published.",
        ),
        ConfigField(
            "product_reviews", "Reviews of products, too", type="flag", is_required=False,
            help="Only with a plan of Trustpilot that has product reviews.",
        ),
    ),
    max_text_chars=4000,
    max_files=0,
    docs_url="https://developers.trustpilot.com/service-reviews-api",
    handle_kind=HandleKind.REVIEWER,
    icon="review",
    group="social",
    summary="Reviews of your shop become tickets and are answered in public.",
    steps=(
        Step(
            "In Trustpilot Business, open Integrations › API and make an application: it has an "
            "API key and a secret.",
            link="https://businessapp.b2b.trustpilot.com/",
        ),
        Step(
            "Make a business user of its own for Aftercare: its e-mail address, password and id "
            "are what replies are published with."
        ),
    ),
    poll_seconds=300,
    pace_per_second=2.0,
)  # fmt: skip
