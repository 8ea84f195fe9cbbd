"""Hours, service levels and surveys in the text: taken elsewhere they say the same again."""

from __future__ import annotations

import pytest

from automation.csat.settings import change_settings, settings_of
from automation.models import SlaPolicy
from automation.rules.exchange.export import export_automation
from automation.rules.exchange.reading import import_automation
from automation.rules.exchange.text import read_yaml
from automation.sla.edit import save_calendar, save_policy
from automation.sla.models import BusinessCalendar
from helpdesk.accounts.actions import create_team
from helpdesk.lib.errors import InvalidInput
from tests.factories import make_channel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(organization, bo):
    """A shop that has promised something."""
    channel = make_channel(organization)
    hours = save_calendar(
        organization,
        {
            "name": "Studio", "time_zone": "Europe/Lisbon", "country": "PT",
            "week": {"mon": [["09:00", "18:00"]]},
            "closed_days": [{"date": "2026-12-22", "name": "We count the shelves"}],
            "uses": [{"kind": "channel", "id": str(channel.pk)}],
        },
    )  # fmt: skip
    team = create_team(organization, "Returns")
    save_policy(
        organization,
        {
            "name": "Returns", "first_reply": 5400, "resolution": 172_800, "hours": "calendar",
            "calendar": str(hours.pk), "warnings": [{"percent": 75}],
            "conditions": {"field": "ticket.team", "operator": "is", "value": str(team.pk)},
            "alerts": {"people": [str(bo.pk)]},
        },
    )  # fmt: skip
    change_settings(organization, {"pause_days": 30, "texts": {"de": {"question": "Alles gut?"}}})
    organization.refresh_from_db()
    return organization


def elsewhere(organization, email):
    """Another shop with people, a team and a channel of the same names."""
    from helpdesk.accounts.actions import create_user

    create_user(organization, email=email, password="not-of-this-world", name="Bo", role="agent")
    create_team(organization, "Returns")
    make_channel(organization)


def test_what_was_promised_reads_well_and_says_the_same_elsewhere(shop, other_organization, bo):
    text = export_automation(shop)
    said = read_yaml(text)
    [policy] = said["sla_policies"]
    assert (policy["first_reply"], policy["resolution"]) == ("1h30m", "2d")
    assert (policy["calendar"], policy["alerts"]) == ("Studio", {"people": [bo.email]})
    assert policy["conditions"]["value"] == "Returns"
    assert said["calendars"][0]["used_by"] == [{"channel": "help"}]
    assert said["surveys"] == [{"pause_days": 30, "texts": {"de": {"question": "Alles gut?"}}}]
    assert str(bo.pk) not in text

    text = text.replace(bo.email, "bo@elsewhere.example")
    elsewhere(other_organization, "bo@elsewhere.example")
    rehearsed = import_automation(other_organization, text, user=None, is_rehearsal=True)
    assert not SlaPolicy.objects.filter(organization=other_organization).exists()
    done = import_automation(other_organization, text, user=None, is_rehearsal=False)
    told = [(each.kind, each.name, each.change) for each in done]
    assert told == [(each.kind, each.name, each.change) for each in rehearsed]
    assert told == [
        ("calendar", "Studio", "new"), ("sla_policy", "Returns", "new"), ("surveys", "", "new"),
    ]  # fmt: skip
    made = SlaPolicy.objects.get(organization=other_organization)
    assert (made.is_active, made.calendar.name) == (False, "Studio")
    other_organization.refresh_from_db()
    assert settings_of(other_organization).pause_days == 30
    head = "# Rules and macros of "
    assert [
        line for line in export_automation(other_organization).splitlines() if head not in line
    ] == [line for line in text.splitlines() if head not in line]
    again = import_automation(other_organization, text, user=None, is_rehearsal=False)
    assert {each.change for each in again} == {"same"}


def test_a_change_is_shown_line_by_line_and_leaves_the_policy_on(shop):
    text = export_automation(shop).replace("first_reply: 1h30m", "first_reply: 45m")
    [changed] = [
        each
        for each in import_automation(shop, text, user=None, is_rehearsal=False)
        if each.change != "same"
    ]
    assert (changed.kind, changed.name, changed.change) == ("sla_policy", "Returns", "changed")
    assert "-first_reply: 1h30m" in changed.diff.splitlines()
    assert "+first_reply: 45m" in changed.diff.splitlines()
    policy = SlaPolicy.objects.get()
    assert (policy.first_reply, policy.is_active) == (2700, True)


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("1h30m", "soon", "sla_policies.0.first_reply"),
        ("calendar: Studio", "calendar: Moon", "sla_policies.0.calendar"),
        ("channel: help", "channel: nowhere", "calendars.0.used_by.0"),
        ("Europe/Lisbon", "Moon/Sea", "calendars.0.time_zone"),
        ("pause_days: 30", "pause_days: 999", "surveys.0.pause_days"),
        ("warnings:", "alarms:", "sla_policies.0.alarms"),
    ],
)
def test_what_is_wrong_is_named_by_its_place_and_nothing_is_taken_in(shop, old, new, path):
    text = export_automation(shop)
    assert old in text
    before = BusinessCalendar.objects.get().version
    with pytest.raises(InvalidInput) as raised:
        import_automation(shop, text.replace(old, new), user=None, is_rehearsal=False)
    assert path in [each.path for each in raised.value.errors]
    assert BusinessCalendar.objects.get().version == before
