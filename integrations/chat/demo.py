"""The demo shop's own site, ``ste_demo``."""

from __future__ import annotations

from helpdesk.accounts.models import Organization
from integrations.chat.models import Site
from integrations.chat.sites import LANGUAGES, add_site
from tickets.models import Channel

DEMO_SITE = "ste_demo"
_WEEKDAY = [["08:00", "22:00"]]
_WEEKEND = [["09:00", "18:00"]]


def open_demo_site(organization: Organization) -> Channel:
    """The demo's chat channel, made if it is not there yet; what was changed since stays."""
    known = Site.objects.select_related("channel").filter(pk=DEMO_SITE).first()
    if known is not None:
        return known.channel
    weekdays = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), _WEEKDAY)
    return add_site(
        organization,
        name=organization.name,
        site_id=DEMO_SITE,
        accent="#1f6f5c",
        languages=list(LANGUAGES),
        greetings={
            "en": "Hello! How can we help?",
            "de": "Hallo! Wie können wir helfen?",
            "fr": "Bonjour ! Comment pouvons-nous vous aider ?",
        },
        actions=[{"kind": "track"}, {"kind": "cancel"}, {"kind": "return"}],
        hours={
            "time_zone": organization.time_zone,
            "days": {**weekdays, "sat": _WEEKEND, "sun": _WEEKEND},
            "holidays": ["2026-12-25", "2027-01-01"],
        },
        proactive=[
            {
                "id": "shipping",
                "text": "Ordering today? We ship before noon.",
                "path": "/cart",
                "seconds": 20,
            }
        ],
    )
