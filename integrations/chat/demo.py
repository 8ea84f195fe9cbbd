"""The demo shop's own site, ``ste_demo``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from helpdesk.accounts.models import Organization
from integrations.chat.help import set_answers
from integrations.chat.models import Site
from integrations.chat.sites import LANGUAGES, add_site
from tickets.models import Channel

DEMO_SITE = "ste_demo"
ANSWERS = Path(__file__).parent / "demo_shop" / "answers.toml"


def open_demo_site(organization: Organization) -> Channel:
    """The demo's chat channel, made if it is not there yet; what was changed since stays."""
    known = Site.objects.select_related("channel").filter(pk=DEMO_SITE).first()
    if known is not None:
        return known.channel
    channel = add_site(
        organization,
        name=organization.name,
        site_id=DEMO_SITE,
        accent="#2f5d46",
        radius=16,
        offset=24,
        languages=list(LANGUAGES),
        actions=[{"kind": "track"}, {"kind": "cancel"}, {"kind": "return"}],
        proactive=[
            {
                "id": "size",
                "text": "Between two sizes? Tell us your usual shirt and we’ll pick one.",
                "path": "/demo-shop",
                "seconds": 6,
            }
        ],
    )
    set_answers(
        channel, [{"texts": each} for each in tomllib.loads(ANSWERS.read_text("utf-8"))["answers"]]
    )
    return channel
