"""Counts the reports that are about surveys, clocks, macros, rules and orders again, in plain
Python over all rows (G8.5). Shares nothing with automation.reports."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from datetime import timedelta
from zoneinfo import ZoneInfo

from tests.reports.recount import percentile


class Days:
    """Whole days of one zone, both included."""

    def __init__(self, first, last, zone):
        self.first, self.last, self.zone = first, last, ZoneInfo(zone)

    def holds(self, moment):
        return moment is not None and self.first <= self.of(moment) <= self.last

    def of(self, moment):
        return moment.astimezone(self.zone).date()

    def each(self):
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]


def share(part, whole):
    return round(part / whole, 4) if whole else None


def csat(surveys, days):
    mine = [each for each in surveys if each.kind == "csat"]
    given = [each for each in mine if days.holds(each.answered_at)]
    scores = [each.score for each in given]
    return {
        **_response(mine, days),
        "average": statistics.mean(scores) if scores else None,
        "answered": len(scores),
        "low": sum(score <= 2 for score in scores),
        "recovered": sum(each.recovered_at is not None for each in given),
    }


def csat_by_day(surveys, days):
    found = defaultdict(list)
    for each in surveys:
        if each.kind == "csat" and days.holds(each.answered_at):
            found[days.of(each.answered_at)].append(each.score)
    told = {}
    for day, scores in found.items():
        mean = statistics.mean(scores)
        half = 1.96 * statistics.stdev(scores) / len(scores) ** 0.5 if len(scores) > 1 else None
        band = (None, None) if half is None else (max(1, mean - half), min(5, mean + half))
        told[str(day)] = (mean, len(scores), *band)
    return told


def csat_of_agents(surveys, days):
    """Each score counts for everybody who worked on it, by their share."""
    found = defaultdict(list)
    for each in surveys:
        if each.kind == "csat" and days.holds(each.answered_at):
            parts = {credit["user_id"]: credit["share"] for credit in each.credits}
            for user, part in (parts or {str(each.user_id): 1.0}).items():
                found[user].append((part, each))
    found.pop("None", None)
    return {
        user: {
            "rated": len(rows),
            "average": sum(part * each.score for part, each in rows) / sum(p for p, _ in rows)
            if len(rows) >= 5
            else None,
            "low": sum(each.score <= 2 for _, each in rows),
            "comment_rate": share(sum(each.comment != "" for _, each in rows), len(rows)),
        }
        for user, rows in found.items()
    }


def nps(surveys, days):
    mine = [each for each in surveys if each.kind == "nps"]
    scores = [each.score for each in mine if days.holds(each.answered_at)]
    return {**_response(mine, days), **_groups(scores)}


def _groups(scores):
    promoters, detractors = sum(n >= 9 for n in scores), sum(n <= 6 for n in scores)
    n = len(scores)
    return {
        "answered": n,
        "promoters": promoters,
        "passives": sum(score in (7, 8) for score in scores),
        "detractors": detractors,
        "nps": round(100 * promoters / n - 100 * detractors / n, 4) if n else None,
    }


def nps_over_time(surveys, days):
    """Of the 28 days until each day, told from five answers on."""
    told = {}
    for day in days.each():
        window = Days(day - timedelta(days=27), day, str(days.zone))
        found = _groups(
            [
                each.score
                for each in surveys
                if each.kind == "nps" and window.holds(each.answered_at)
            ]
        )
        told[str(day)] = (found["nps"] if found["answered"] >= 5 else None, found["answered"])
    return told


def _response(surveys, days):
    sent = [each for each in surveys if days.holds(each.sent_at)]
    return {
        "sent": len(sent),
        "response_rate": share(sum(each.answered_at is not None for each in sent), len(sent)),
    }


def clocks(rows, days):
    done = [each for each in rows if each.state == "done" and days.holds(each.stopped_at)]
    late = [each for each in rows if each.state in ("running", "paused") and each.breached_at]
    told = {**_ended(done), "breached_open": len(late)}
    del told["taken"], told["taken_p90"]
    for target in ("first_reply", "next_reply", "resolution"):
        some = _ended([each for each in done if each.target == target])
        told |= {f"{target}_achieved": some["achieved"], f"{target}_taken": some["taken"]}
    return told


def clocks_by(rows, days, column):
    done = [each for each in rows if each.state == "done" and days.holds(each.stopped_at)]
    names = {getattr(each, column) for each in done}
    return {name: _ended([e for e in done if getattr(e, column) == name]) for name in names}


def clocks_by_day(rows, days):
    found = defaultdict(list)
    for each in rows:
        if each.state == "done" and days.holds(each.stopped_at):
            found[str(days.of(each.stopped_at))].append(each)
    return {day: _ended(some)["achieved"] for day, some in found.items()}


def _ended(done):
    taken = [each.taken_seconds for each in done]
    missed = sum(each.breached_at is not None for each in done)
    return {
        "done": len(done),
        "achieved": share(len(done) - missed, len(done)),
        "missed": missed,
        "taken": percentile(taken, 0.5),
        "taken_p90": percentile(taken, 0.9),
    }


def macros(uses, surveys, days):
    """(top figures, by macro)"""
    mine = [each for each in uses if days.holds(each.used_at)]
    by_macro = defaultdict(list)
    for each in mine:
        by_macro[str(each.macro_id)].append(each)
    told = {}
    for macro, some in by_macro.items():
        scores = [
            survey.score
            for survey in surveys
            if survey.kind == "csat" and survey.score is not None
            and any(u.ticket_id == survey.ticket_id and u.used_at <= survey.answered_at
                    for u in some)
        ]  # fmt: skip
        told[macro] = {
            "uses": len(some),
            "tickets": len({each.ticket_id for each in some}),
            "agents": len({each.user_id for each in some} - {None}),
            "rated": len(scores),
            "csat": statistics.mean(scores) if len(scores) >= 5 else None,
        }
    top = {
        "uses": len(mine),
        "tickets": len({each.ticket_id for each in mine}),
        "macros": len(by_macro),
    }
    return top, told


SECONDS = {"reply_with_macro": 120, "add_note": 30, "post_to_slack": 30, "notify": 30,
           "assign_person": 10, "assign_team": 10, "assign_by_turn": 10}  # fmt: skip


def rules(runs, days):
    """(top figures, by rule): what the assumptions on screen say an agent would have needed."""
    mine = [each for each in runs if days.holds(each.at)]
    acted = [each for each in mine if each.outcome in ("acted", "partly")]
    told = {}
    for rule in {each.rule_id for each in mine if each.outcome in ("acted", "partly", "error")}:
        some = [each for each in mine if each.rule_id == rule]
        seen = [each for each in some if each.outcome in ("acted", "partly", "error")]
        told[str(rule)] = {
            "runs": sum(each.outcome in ("acted", "partly") for each in some),
            "tickets": len({each.ticket_id for each in seen}),
            "failed": sum(each.outcome in ("partly", "error") for each in some),
            "time_saved": _saved([each for each in acted if each.rule_id == rule]),
        }
    return {"runs": len(acted), "time_saved": _saved(acted)}, told


def _saved(runs):
    return sum(SECONDS.get(action["type"], 5) for run in runs for action in run.actions)


def sales(orders, tickets, handles, refunds, days):
    """Orders, tickets that led to one and net sums, by currency and by agent."""
    found = []
    for order in orders:
        if order.cancelled_at is not None or not days.holds(order.placed_at):
            continue
        people = {
            each.customer_id
            for each in handles
            if each.is_verified
            and ((each.kind == "email" and order.email and each.value == order.email.lower())
                 or (each.kind == "phone" and order.phone and each.value == order.phone))
        }  # fmt: skip
        near = [
            each
            for each in tickets
            if each.customer_id in people
            and timedelta(0) <= order.placed_at - each.created_at <= timedelta(days=3)
        ]
        if near:
            newest = max(near, key=lambda each: (each.created_at, each.pk))
            net = order.total_minor - sum(
                each.amount_minor for each in refunds if each.order_id == order.pk
            )
            found.append((order.currency, newest, net))
    return {
        "orders": len(found),
        "converted": len({newest.pk for _, newest, _ in found}),
        "revenue": dict(_sums((currency, net) for currency, _, net in found)),
        "by_agent": dict(
            _sums(((currency, newest.assignee_id), net) for currency, newest, net in found)
        ),
    }


def _sums(pairs):
    total = Counter()
    for key, value in pairs:
        total[key] += value
    return total.items()


def open_minutes(a, b, week, closed_days, zone):
    """How many of the minutes between two moments are open, looked at one by one.

    ``week``: by weekday from Monday, spans of minutes after midnight; one may end on the day after.
    """
    n, place = 0, ZoneInfo(zone)
    while a < b:
        wall = a.astimezone(place)
        minute, yesterday = wall.hour * 60 + wall.minute, (wall.weekday() - 1) % 7
        is_in = any(opens <= minute < closes for opens, closes in week[wall.weekday()]) or any(
            minute + 1440 < closes for _, closes in week[yesterday]
        )
        n += is_in and wall.date() not in closed_days
        a += timedelta(minutes=1)
    return n
