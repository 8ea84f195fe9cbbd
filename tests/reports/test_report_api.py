"""Reports over HTTP: drill-through, CSV, and who sees what."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from urllib.parse import urlencode

import pytest

from automation.csat.models import CsatSurvey, SurveyState
from automation.reports.catalog import REPORTS
from automation.reports.export import as_csv, cell
from helpdesk.accounts.actions import create_user
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

DAYS = {"from": "2026-10-01", "to": "2026-11-25"}


def address(name, what, **more):
    return f"/api/v1/reports/{name}/{what}?{urlencode(DAYS | more)}"


def all_tickets(client, name, cell_name):
    ids, after = [], None
    while True:
        more = {"after": after} if after else {}
        page = client.get(address(name, "tickets", cell=cell_name, **more)).json()
        ids += [each["id"] for each in page["tickets"]]
        named = {each["id"] for each in page["customers"]}
        assert named == {each["customer_id"] for each in page["tickets"]}
        after = page["next"]
        if after is None:
            return ids


def rate(past, scores, *, begin=0):
    """One answered survey for each score, about Bo; some with words a spreadsheet would run."""
    ticket = Ticket.objects.filter(organization=past.organization).earliest("pk")
    at = datetime.fromisoformat("2026-11-03T12:00:00+00:00")
    CsatSurvey.objects.bulk_create(
        CsatSurvey(
            organization=past.organization, ticket=ticket, resolution=100 + n, user=past.bo,
            customer=ticket.customer, state=SurveyState.ANSWERED, score=score, sent_at=at,
            answered_at=at + timedelta(minutes=n), comment="=1+1" if n == 0 else "",
        )
        for n, score in enumerate(scores, begin)
    )  # fmt: skip


def test_figures_lead_to_their_tickets_and_a_file_says_what_the_screen_says(past, api_as):
    """UX 50: drill to tickets; CSV equals the table."""
    rate(past, [5, 4, 1])
    client = api_as(past.ada)
    overview = client.get(address("overview", "figures")).json()
    tiles = {each["key"]: each for each in overview["tiles"]}
    for key in ("created", "closed", "backlog"):
        found = all_tickets(client, "overview", key)
        assert len(found) == len(set(found)) == tiles[key]["value"] > 0
    for name in ("channels", "tags", "agents"):
        table = client.get(address(name, "figures")).json()["tables"][0]
        for row in table["rows"]:
            if row["key"] == "average":
                continue
            found = all_tickets(client, name, f"{name}:{row['key']}:closed")
            assert len(found) == row["values"]["closed"], (name, row["key"])
    assert len(all_tickets(client, "csat", "scores:1")) == 1
    day = next(each for each in overview["tables"][0]["rows"] if each["values"]["created"])
    assert (
        len(all_tickets(client, "overview", f"days:{day['key']}:created"))
        == (day["values"]["created"])
    )
    for name in REPORTS:
        report = client.get(address(name, "figures", compare="1")).json()
        assert report["name"] == name
        for table in report["tables"]:
            answer = client.get(address(name, "export", table=table["key"]))
            assert answer["Content-Type"].startswith("text/csv")
            read = list(csv.reader(io.StringIO(answer.content.decode())))
            assert read[0] == ["key", "label", *(each["key"] for each in table["columns"])]
            assert len(read) - 1 == len(table["rows"])
            for line, row in zip(read[1:], table["rows"], strict=True):
                shown = [row["key"], row["label"], *row["values"].values()]
                assert line == [cell(each) for each in shown]
    live = client.get("/api/v1/reports/live").json()
    is_open = Ticket.objects.filter(status="open", merged_into=None).count()
    assert live["tiles"][0] == {"key": "open", "value": is_open, "unit": "count"}
    assert sum(each["open"] for each in live["channels"]) == is_open


def test_agents_see_their_own_figures_and_the_average_of_all(past, api_as, team_b):
    """UX 50: fewer than five ratings tell nobody's average."""
    _fewer_than_five_ratings_tell_nobodys_average(past, api_as)
    rate(past, [3], begin=5)
    bo, cy, ada = api_as(past.bo), api_as(past.cy), api_as(past.ada)
    mine = bo.get(address("agents", "figures")).json()
    everything = ada.get(address("agents", "figures")).json()
    assert [each["key"] for each in mine["tables"][0]["rows"]] == [str(past.bo.pk), "average"]
    assert len(everything["tables"][0]["rows"]) == 3
    assert mine["tables"][0]["rows"][-1] == everything["tables"][0]["rows"][-1]
    assert (mine["can_see_all"], everything["can_see_all"]) == (False, True)
    assert str(past.cy.pk) not in str(mine)
    assert bo.get(address("overview", "figures", agent=str(past.bo.pk))).status_code == 200
    for what, more in (("figures", {}), ("export", {}), ("tickets", {"cell": "created"})):
        theirs = address("overview", what, agent=str(past.cy.pk), **more)
        assert bo.get(theirs).status_code == 403
    assert (
        bo.get(address("agents", "tickets", cell=f"agents:{past.cy.pk}:closed")).status_code == 422
    )
    assert [
        row["key"] for row in cy.get(address("csat", "figures")).json()["tables"][0]["rows"]
    ] == ["average"]
    rated = bo.get(address("csat", "figures")).json()["tables"][0]["rows"][0]
    assert (rated["values"]["rated"], rated["values"]["average"], rated["hidden"]) == (5, 3, [])
    _a_private_teams_tickets_are_counted_but_shown_to_nobody_else(past, api_as, team_b)


def _fewer_than_five_ratings_tell_nobodys_average(past, api_as):
    rate(past, [5, 4, 1, 2])
    report = api_as(past.ada).get(address("csat", "figures")).json()
    row = report["tables"][0]["rows"][0]
    assert (row["label"], row["values"]["rated"]) == (past.bo.name, 4)
    assert (row["values"]["average"], row["hidden"]) == (None, ["average"])
    assert {each["key"]: each["value"] for each in report["tiles"]}["average"] == 3
    assert [each["comment"] for each in report["comments"]] == ["=1+1"]


def _a_private_teams_tickets_are_counted_but_shown_to_nobody_else(past, api_as, team_b):
    team_b.is_private = True
    team_b.save()
    Ticket.objects.filter(organization=past.organization).update(team=team_b)
    counted = api_as(past.ada).get(address("overview", "figures")).json()["tiles"][0]["value"]
    assert (
        api_as(past.bo).get(address("overview", "figures")).json()["tiles"][0]["value"] == counted
    )
    assert all_tickets(api_as(past.bo), "overview", "created") == []
    assert len(all_tickets(api_as(past.ada), "overview", "created")) == counted
    theirs = address("overview", "figures", team=str(team_b.pk))
    assert api_as(past.bo).get(theirs).status_code == 404


def test_what_is_asked_wrongly_is_named(organization, ada, api_as):
    client = api_as(ada)
    for more, field in (
        ({"hours": "never"}, "hours"),
        ({"team": "x"}, "team"),
        ({"from": "soon"}, "from"),
        ({"colour": "red"}, "colour"),
    ):
        answer = client.get(address("overview", "figures", **more))
        assert answer.status_code in (400, 422)
        assert field in str(answer.json()["errors"])
    assert client.get(address("weather", "figures")).status_code == 404
    assert client.get(address("overview", "tickets", cell="nothing")).status_code == 422
    dee = create_user(organization, email="v@l.example", password="a b c d e f 48213", name="V",
                      role="viewer")  # fmt: skip
    assert api_as(dee).get(address("overview", "figures")).status_code == 200


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text):
    report = {"tables": [{"key": "t", "columns": [{"key": "n"}],
              "rows": [{"key": text, "label": "x", "values": {"n": -1}}]}]}  # fmt: skip
    row = list(csv.reader(io.StringIO(as_csv(report, ""), newline="")))[1]
    assert row == [f"'{text}", "x", "-1"]
