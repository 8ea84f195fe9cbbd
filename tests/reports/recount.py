"""Counts every figure again the slow way, from tickets, messages and the log alone (G8.5).

Written apart from automation.reports on purpose, and sharing nothing with it.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from helpdesk.events.models import Event
from tickets.models import Message, Ticket


def percentile(values, share):
    """Between two values by their distance, as everybody's spreadsheet does."""
    if not values:
        return None
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


class Story:
    """One ticket as its rows tell it."""

    def __init__(self, ticket):
        self.ticket = ticket
        self.talk = []
        for row in Message.objects.filter(ticket=ticket).order_by("position"):
            if row.kind == "customer":
                self.talk.append((row.created_at, "in", None))
            elif row.kind == "reply" and row.delivery_state not in ("held", "withdrawn", "failed"):
                who = "out" if row.author_type == "agent" else "auto"
                self.talk.append((row.sent_at or row.created_at, who, row.user_id))
        self.talk.sort(key=lambda each: each[0])
        self.start = next((at for at, who, _ in self.talk if who == "in"), None)
        self.closings = []
        status, since, closer = None, None, None
        for event in Event.objects.filter(ticket_id=ticket.pk).order_by("seq"):
            said = event.payload.get("ticket") or {}
            if said.get("id") != str(ticket.pk) or said["status"] == status:
                continue
            if status == "closed":
                self.closings.append((since, event.at, closer))
            status, since, closer = said["status"], event.at, event.actor["type"]
        if status == "closed":
            self.closings.append((since, None, closer))

    def waits(self):
        """(when, who, since when, whether it was the first) for each reply someone waited for."""
        found, asked, replies = [], None, 0
        for at, who, user in self.talk:
            if who == "in" and asked is None:
                asked = at
            if who == "out":
                if asked is not None:
                    first = replies == 0 and self.talk[0][1] != "out"
                    found.append((at, user, asked, first))
                asked, replies = None, replies + 1
        return found

    def is_open_at(self, moment):
        if self.ticket.created_at >= moment:
            return False
        return not any(a < moment and (b is None or b >= moment) for a, b, _ in self.closings)

    def counts_until(self, moment):
        return Counter(who for at, who, _ in self.talk if at <= moment)

    def is_automated(self, closed, closer):
        if self.start is None or self.start > closed or self.counts_until(closed)["out"]:
            return False
        limit = self.start + timedelta(hours=72)
        if any(who == "out" and at <= limit for at, who, _ in self.talk):
            return False
        return closer == "rule" or self.counts_until(closed)["auto"] > 0


def stories(organization, wanted=lambda ticket: True):
    rows = Ticket.objects.filter(organization=organization, merged_into=None)
    return [Story(each) for each in rows if each.status not in ("spam", "trash") and wanted(each)]


def plain_seconds(begin, end):
    return (end - begin).total_seconds()


def recount(found, first, last, zone_name, *, agent=None, lasts=plain_seconds):
    """Every figure of the overview between two days, both included; ``lasts`` says how long a
    time between two moments is (in hours of business: another)."""
    zone = ZoneInfo(zone_name)
    begin = datetime.combine(first, time(), zone)
    end = datetime.combine(last + timedelta(days=1), time(), zone)

    def inside(moment):
        return moment is not None and begin <= moment < end

    mine = [each for each in found if agent is None or each.ticket.assignee_id == agent]
    closed = [
        (story, at, closer)
        for story in mine
        for at, until, closer in story.closings
        if inside(at) and (until is None or until >= end)
    ]
    took = [lasts(s.start, at) for s, at, _ in closed if s.start and s.start <= at]
    waits = [w for s in found for w in s.waits() if inside(w[0]) and agent in (None, w[1])]
    firsts = [lasts(w[2], w[0]) for w in waits if w[3]]
    nexts = [lasts(w[2], w[0]) for w in waits if not w[3]]
    touched = [story.counts_until(at) for story, at, _ in closed]
    reopened = sum(inside(until) for story in mine for _, until, _ in story.closings)
    waiting = [s for s in mine if s.is_open_at(end)]
    ages = [(end - s.ticket.created_at).total_seconds() for s in waiting]
    n = len(closed)

    def share(part, whole):
        return round(part / whole, 4) if whole else None

    return {
        "created": sum(inside(s.ticket.created_at) for s in mine),
        "closed": n,
        "reopened": reopened,
        "received": sum(who == "in" and inside(at) for s in mine for at, who, _ in s.talk),
        "sent": sum(
            who == "out" and inside(at) and agent in (None, user)
            for s in found
            for at, who, user in s.talk
        ),
        "first_response": percentile(firsts, 0.5),
        "first_response_p90": percentile(firsts, 0.9),
        "next_response": percentile(nexts, 0.5),
        "next_response_p90": percentile(nexts, 0.9),
        "resolution": percentile(took, 0.5),
        "resolution_p90": percentile(took, 0.9),
        "one_touch": share(sum(each["out"] == 1 for each in touched), n),
        "zero_touch": share(sum(each["out"] == 0 for each in touched), n),
        "automated": sum(s.is_automated(at, who) for s, at, who in closed),
        "wismo_avoided": sum(
            s.is_automated(at, who)
            for s, at, who in closed
            if s.ticket.intent in ("order_status", "shipping/status")
        ),
        "automation_rate": share(sum(s.is_automated(at, who) for s, at, who in closed), n),
        "messages_per_ticket": share(sum(each["in"] + each["out"] for each in touched), n),
        "reopen_rate": share(reopened, n + reopened),
        "backlog": len(waiting),
        "backlog_age": percentile(ages, 0.5),
    }
