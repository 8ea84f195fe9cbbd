"""Warnings and breaches of service levels in the room and to the people that the policy names."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from automation.models import SlaClock, SlaPolicy
from automation.sla.edit import save_policy
from automation.sla.firing import fire_due
from helpdesk.accounts.models import Organization, User
from helpdesk.events.dispatch import run_subscribers
from helpdesk.lib.errors import InvalidInput
from helpdesk.notifications.models import Notification
from inbox import team_posts
from inbox.models import TeamPost
from tests.contracts.vendor import VendorServer
from tests.factories import make_channel
from tickets.actions.assign import assign
from tickets.models import Channel

pytestmark = pytest.mark.django_db(transaction=True)

POST = r"/chat\.postMessage$"


def make_policy(organization: Organization, slack: Channel, **alerts: Any) -> SlaPolicy:
    room = {"channel_id": str(slack.pk), "place": "C9ALERTS", "name": "#alerts"}
    return save_policy(
        organization,
        {
            "name": "Gold", "first_reply": 3600, "warnings": [{"percent": 75}],
            "alerts": {"slack": room, **alerts},
        },
    )  # fmt: skip


def pass_time(minutes: int) -> None:
    clock = SlaClock.objects.get()
    for name in ("started_at", "resumed_at", "due_at", "next_at", "amber_at"):
        setattr(clock, name, getattr(clock, name) - timedelta(minutes=minutes))
    clock.save()


def settle(organization: Organization) -> None:
    fire_due()
    run_subscribers(organization.pk)
    team_posts.tell_due()


def test_a_warning_and_a_breach_are_posted_once_each_and_the_named_people_are_told(
    organization: Organization, slack: Channel, slack_says: VendorServer, write: Any, bo: User,
    ada: User,
):  # fmt: skip
    policy = make_policy(organization, slack, people=[str(ada.pk)])
    ticket = write(subject="Where is it?")
    assign(ticket.pk, assignee_id=bo.pk)
    settle(organization)
    assert slack_says.asked("POST", POST) == 0

    pass_time(minutes=50)
    for _ in range(2):
        settle(organization)
    assert slack_says.asked("POST", POST) == 1
    told = slack_says.last("POST", POST).form
    said = [each["text"] for each in json.loads(told["blocks"])[1]["fields"]]
    assert (told["channel"], said[3]) == ("C9ALERTS", "SLA soon breached: First reply (Gold)")

    pass_time(minutes=11)
    for _ in range(2):
        settle(organization)
    assert slack_says.asked("POST", POST) == 2
    said = [
        each["text"]
        for each in json.loads(slack_says.last("POST", POST).form["blocks"])[1]["fields"]
    ]
    assert said[3] == "SLA breached: First reply (Gold)"
    assert TeamPost.objects.filter(ticket_id=ticket.pk).count() == 2
    news = Notification.objects.filter(kind__startswith="sla_").order_by("pk")
    assert {(each.user_id, each.kind, each.preview) for each in news} == {
        (user.pk, kind, policy.name) for user in (ada, bo) for kind in ("sla_warning", "sla_breach")
    }


def test_without_a_room_slack_hears_nothing_and_people_still_do(
    organization: Organization, slack: Channel, slack_says: VendorServer, write: Any, bo: User
):
    policy = make_policy(organization, slack)
    policy = save_policy(organization, {"alerts": {}}, policy)
    assert policy.alerts == {}
    ticket = write()
    assign(ticket.pk, assignee_id=bo.pk)
    settle(organization)
    pass_time(minutes=61)
    settle(organization)
    assert slack_says.asked("POST", POST) == 0
    assert list(Notification.objects.filter(kind="sla_breach").values_list("user", flat=True)) == [
        bo.pk
    ]


def test_a_workspace_room_or_person_that_is_not_theirs_is_refused(
    organization: Organization, slack: Channel, bo: User
):
    mail = make_channel(organization)
    room = {"channel_id": str(slack.pk), "place": "C9ALERTS", "name": "#alerts"}
    User.objects.filter(pk=bo.pk).update(is_active=False)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"slack": {**room, "channel_id": str(mail.pk)}}, "alerts"),
        ({"slack": {**room, "place": "general"}}, "place"),
        ({"people": [str(bo.pk)]}, "alerts.people"),
        ({"people": "everybody"}, "alerts.people"),
        ({"pager": True}, "alerts"),
    ]
    for alerts, field in wrong:
        with pytest.raises(InvalidInput) as raised:
            save_policy(organization, {"name": "Gold", "first_reply": 3600, "alerts": alerts})
        assert [each.path for each in raised.value.errors] == [field]
    assert not SlaPolicy.objects.exists()
