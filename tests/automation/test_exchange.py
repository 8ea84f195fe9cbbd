"""Automation as text: exported, reviewed, taken in elsewhere as drafts; nothing by surprise."""

from __future__ import annotations

from typing import Any

import pytest

from automation.macros.defaults import ensure_default_macros
from automation.macros.edit import change_macro
from automation.models import Macro, Rule
from automation.rules.edit import change_rule, create_rule
from automation.rules.exchange.export import export_automation
from automation.rules.exchange.reading import import_automation
from automation.rules.exchange.text import read_yaml, write_yaml
from automation.rules.shipped import ensure_shipped_rules
from helpdesk.accounts.models import Organization, Team
from helpdesk.events.models import Event
from helpdesk.lib.errors import Conflict, InvalidInput
from tests.factories import make_channel
from tickets.models import Tag


@pytest.mark.parametrize(
    "value",
    [
        ["1", "yes", "no", "on", "null", "9:00", "2026-11-22", "1e3", ".inf", "0x1F", "~", "-"],
        [
            1,
            1.5,
            True,
            False,
            None,
            "x: y",
            "# no",
            " lead",
            "",
            "a\nb\n",
            "tab\t",
            "\u2028",
            "\x85",
        ],
        {"a": {"b": [[], {}, [{"c": "Żółć ‘’ {{ x }} 取消"}]]}},
    ],
)
def test_what_is_written_is_read_as_it_was(value):
    assert read_yaml(write_yaml({"value": value})) == {"value": value}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2", "Line 2: “a” is there twice."),
        ("a: &x [1]\nb: *x", "Line 1: anchors are not read here."),
        ("a: !!python/object:os.system x", "Line 1: types are not named here."),
        ("x: [", "Line 2 cannot be read"),
        ("1: 2", "Line 1: names of parts are words."),
        ("[" * 50_000, "Line 1: this is nested too deeply."),
        ("- " * 5_000 + "x", "Line 1: this is nested too deeply."),
        ("x" * 1_000_001, "at most 1000000 are read at once"),
    ],
)
def test_tricks_of_yaml_are_refused_by_the_line(text, said):
    with pytest.raises(InvalidInput) as caught:
        read_yaml(text)
    assert said in caught.value.message


@pytest.fixture
def shop(organization, bo, team_a) -> Organization:
    """What a shop begins with, and a rule that names a person, a team, a channel and a macro."""
    ensure_shipped_rules(organization)
    macro = Macro.objects.get(organization=organization, key="tracking")
    channel = make_channel(organization)
    leaves: list[dict[str, Any]] = [
        {"field": "ticket.assignee", "operator": "is_any_of", "value": [str(bo.pk)]},
        {"field": "ticket.team", "operator": "is_not", "value": str(team_a.pk)},
        {"not": {"field": "ticket.channel", "operator": "is", "value": str(channel.pk)}},
        {"field": "message.text", "operator": "contains", "value": "yes"},
    ]
    create_rule(
        organization,
        {
            "name": "Everybody: 9:00",
            "triggers": ["no_reply", "schedule"],
            "wait": {"after": "15m", "since": "our_message"},
            "schedule": {"days": ["mon"], "at": "09:00"},
            "conditions": {"all": leaves},
            "actions": [
                {"type": "add_tags", "params": {"tags": ["vip"]}},
                {"type": "assign_person", "params": {"user_id": str(bo.pk)}},
                {"type": "reply_with_macro", "params": {"macro_id": str(macro.pk)}},
                {"type": "notify", "params": {"team_ids": [str(team_a.pk)], "text": "Look"}},
                {"type": "set_status", "params": {"status": "closed"}},
            ],
            "limits": {"per_minute": 5},
        },
    )
    return organization


@pytest.mark.django_db(transaction=True)
def test_a_text_taken_in_elsewhere_says_the_same_again(shop, bo, team_a):
    text = export_automation(shop)
    assert text == export_automation(shop)
    for each in (bo.pk, team_a.pk, Macro.objects.get(key="tracking").pk):
        assert str(each) not in text

    same = import_automation(shop, text, user=None, is_rehearsal=False)
    assert {each.change for each in same if each.kind != "tag"} == {"same"}

    elsewhere = Organization.objects.create(name=shop.name, slug="elsewhere")
    Team.objects.create(organization=elsewhere, name=team_a.name)
    bo.organization = elsewhere
    bo.save()
    make_channel(elsewhere)
    new = import_automation(elsewhere, text, user=None, is_rehearsal=False)

    assert {each.change for each in new} == {"new"}
    assert export_automation(elsewhere) == text
    rules = Rule.objects.filter(organization=elsewhere)
    assert {(each.mode, each.live_version) for each in rules} == {("off", 0)}
    assert {
        each.change for each in import_automation(elsewhere, text, user=None, is_rehearsal=False)
    } == {"same"}


@pytest.mark.django_db(transaction=True)
def test_a_rehearsal_says_what_would_change_and_changes_nothing(shop):
    text = export_automation(shop)
    text = text.replace("- cancellation\n      - urgent", "- cancellation\n      - storno")
    events, tags = Event.objects.count(), Tag.objects.count()

    told = import_automation(shop, text, user=None, is_rehearsal=True)

    (changed,) = (each for each in told if each.change == "changed")
    assert (changed.kind, changed.name) == ("rule", "Urgent cancellation")
    assert "-    - urgent" in changed.diff
    assert "+    - storno" in changed.diff
    assert (Event.objects.count(), Tag.objects.count()) == (events, tags)
    assert not Rule.objects.exclude(draft=None).exists()

    import_automation(shop, text, user=None, is_rehearsal=False)
    again = import_automation(shop, text, user=None, is_rehearsal=False)
    rule = Rule.objects.get(key="urgent-cancellation")
    assert (rule.mode, rule.live_version) == ("on", 1)
    assert rule.actions[0]["params"]["tags"] == ["cancellation", "urgent"]
    assert rule.draft is not None
    assert rule.draft["actions"][0]["params"]["tags"] == ["cancellation", "storno"]
    assert {each.change for each in again} == {"same"}
    with pytest.raises(Conflict) as caught:
        import_automation(shop, text.replace("storno", "other"), user=None, is_rehearsal=True)
    assert "Urgent cancellation" in caught.value.message


@pytest.mark.django_db(transaction=True)
def test_a_wrong_text_is_refused_as_a_whole_by_the_place_of_each_mistake(organization):
    """G7, bad input: ten thousand conditions, names that are nobody, the same rule twice."""
    leaf = {"field": "ticket.status", "operator": "is", "value": "open"}
    who = {"field": "ticket.assignee", "operator": "is", "value": "nobody@shop.example"}
    rules = [
        {"name": "Huge", "triggers": ["message.received"], "conditions": {"any": [leaf] * 10_000}},
        {"name": "Who", "triggers": ["message.received"], "conditions": {"all": [leaf, who]}},
        {"name": "Twice"},
        {"name": "Twice"},
        {"name": "Odd", "sound": "loud"},
        {"name": "Reply", "actions": [{"type": "reply_with_macro", "params": {"macro": "None"}}]},
    ]
    text = write_yaml({"aftercare_automation": 1, "tags": ["new"], "rules": rules})

    with pytest.raises(InvalidInput) as caught:
        import_automation(organization, text, user=None, is_rehearsal=False)

    assert {each.path: each.message for each in caught.value.errors} == {
        "rules.0.conditions": "At most 200 conditions.",
        "rules.1.conditions.all.1.value": "There is no person “nobody@shop.example” here.",
        "rules.3.name": "“Twice” is there twice.",
        "rules.4.sound": "A rule has no such part.",
        "rules.5.actions.0.params.macro": "There is no macro “None” here.",
    }
    assert not Rule.objects.exists()
    assert not Tag.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_of_one_name_are_not_guessed(organization):
    ensure_default_macros(organization)
    for name in ("One", "Two"):
        fields = {"name": name, "triggers": ["message.received"], "conditions": {}, "actions": [
            {"type": "add_tags", "params": {"tags": ["a"]}}]}  # fmt: skip
        create_rule(organization, fields)
    text = export_automation(organization)
    change_rule(Rule.objects.get(name="Two"), {"name": "One"})

    with pytest.raises(InvalidInput) as caught:
        import_automation(organization, text, user=None, is_rehearsal=True)

    assert caught.value.errors[0].message == "There are 2 called “One”. Rename them first."


@pytest.mark.django_db(transaction=True)
def test_a_macro_becomes_its_next_version(organization):
    ensure_default_macros(organization)
    text = export_automation(organization)
    macro = Macro.objects.get(organization=organization, key="tracking")
    body = macro.variants[0]["body"]
    change_macro(
        macro, {"variants": [{**macro.variants[0], "body": "Changed"}, *macro.variants[1:]]}
    )

    told = import_automation(organization, text, user=None, is_rehearsal=False)

    assert [(each.kind, each.name) for each in told if each.change == "changed"] == [
        ("macro", f"{macro.folder} / {macro.name}" if macro.folder else macro.name)
    ]
    macro.refresh_from_db()
    assert (macro.variants[0]["body"], macro.version) == (body, 3)


@pytest.mark.django_db(transaction=True)
def test_an_admin_downloads_the_text_and_takes_it_in_again(api_as, ada, bo, organization):
    client, address = api_as(ada), "/api/v1/automation"
    fields = {"name": "One", "triggers": ["message.received"], "conditions": {}, "actions": [
        {"type": "add_tags", "params": {"tags": ["a"]}}]}  # fmt: skip
    rule = create_rule(organization, fields)
    text = client.get(f"{address}/export").json()["text"].replace("- a\n", "- b\n")

    tried = client.post(f"{address}/import", {"text": text, "is_rehearsal": True}).json()
    assert [each["change"] for each in tried["changes"]] == ["new", "changed"]
    assert "+    - b" in tried["changes"][1]["diff"]
    rule.refresh_from_db()
    assert rule.draft is None
    done = client.post(f"{address}/import", {"text": text, "is_rehearsal": False}).json()
    rule.refresh_from_db()
    assert (done["changes"][1]["id"], rule.draft_by) == (str(rule.pk), ada)
    assert api_as(bo).get(f"{address}/export").status_code == 403
    wrong = client.post(f"{address}/import", {"text": "rules: [", "is_rehearsal": True})
    assert (wrong.status_code, wrong.json()["errors"][0]["path"]) == (422, "text")
