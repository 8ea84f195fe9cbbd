"""The first answer to the agent app: all that it needs, and the event number it belongs to.

Read in one REPEATABLE READ transaction: counter and changes commit together, so the snapshot is
exactly the state after event ``cursor``, and the socket goes on from there without gap or double.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypedDict, cast

from django.db import connection, transaction

from automation.macros.records import light_macro_record
from automation.macros.selectors import macros_for
from helpdesk.accounts.models import User
from helpdesk.accounts.records import (
    OwnRecord,
    organization_record,
    own_record,
    team_record,
    user_record,
)
from helpdesk.accounts.selectors import teams_of, users_of
from helpdesk.events.payloads import (
    ChannelRecord,
    MacroOrderAction,
    OrganizationRecord,
    TagRecord,
    TeamRecord,
    UserRecord,
    ViewRecord,
)
from helpdesk.events.selectors import head_of
from helpdesk.notifications.selectors import UnreadRecord, unread_of
from helpdesk.realtime.visibility import rights_of
from tickets.models import View
from tickets.records import channel_record, tag_record, view_record
from tickets.selectors import (
    channels_of,
    tags_of,
    view_counts,
    view_order_of,
    views_visible_to,
)
from tickets.views import ensure_default_views


class LightMacro(TypedDict):
    id: str
    name: str
    folder: str
    acts_on_order: MacroOrderAction | None


class EventPlace(TypedDict):
    cursor: int
    epoch: str
    rights: str


class BootstrapRecord(TypedDict):
    me: OwnRecord
    organization: OrganizationRecord
    users: list[UserRecord]
    teams: list[TeamRecord]
    tags: list[TagRecord]
    channels: list[ChannelRecord]
    views: list[ViewRecord]
    view_order: list[str]
    macros: list[LightMacro]
    event: EventPlace
    counts: dict[str, int]
    unread_notifications: list[UnreadRecord]


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Every query inside sees the same moment; writing is refused by the database."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


def read_bootstrap(user: User) -> BootstrapRecord:
    """Everything of GET /bootstrap."""
    organization_id = user.organization_id
    if not View.objects.filter(organization_id=organization_id).exists():
        ensure_default_views(user.organization)
    with one_snapshot():
        head = head_of(organization_id)
        views = list(views_visible_to(user))
        return {
            "me": own_record(user),
            "organization": organization_record(user.organization),
            "users": [user_record(each) for each in users_of(organization_id)],
            "teams": [team_record(each) for each in teams_of(organization_id)],
            "tags": [tag_record(each) for each in tags_of(organization_id)],
            "channels": [channel_record(each) for each in channels_of(organization_id)],
            "views": [view_record(each) for each in views],
            "view_order": [str(each) for each in view_order_of(user)],
            "macros": [
                cast(LightMacro, light_macro_record(each))
                for each in macros_for(user, only_active=True)
            ],
            "event": {"cursor": head.seq, "epoch": head.epoch, "rights": rights_of(user)},
            "counts": view_counts(user, views),
            "unread_notifications": unread_of(user),
        }
