"""The mail that carries a report: what changed first, a small chart, a table, and the files."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, time
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import format_time
from django.conf import settings
from django.db.models import QuerySet
from django.template.loader import render_to_string

from automation.csat.look import OURS, OURS_DARK
from automation.reports.catalog import report
from automation.reports.export import as_csv
from automation.reports.frame import Json
from automation.reports.mails import tables
from automation.reports.mails.schedules import scope_of
from automation.reports.mails.words import Words, words_of
from automation.reports.mails.written import change_of, day, days, written
from automation.reports.models import ReportMail, ReportSchedule
from automation.reports.period import Period
from automation.reports.scope import Scope
from helpdesk.accounts.models import Team, User
from inbox.connector import OutboundFile, OutboundMessage
from inbox.reply_tokens import notice_message_id
from inbox.staff_mail import sender_of
from integrations.commerce.models import Store
from tickets.models import Channel

MOST_TILES = 6
CHART_PIXELS = 72
_COLOURS = {"": "#63666C", "good": "#1F6B42", "bad": "#A9341F"}


@dataclass(frozen=True)
class Letter:
    """What is shown, before it is a text or a page."""

    words: Words
    title: str
    period: str
    about: list[str]
    tiles: list[Json]
    chart: Json | None
    table: Json | None
    link: str
    stop_link: str
    why: str


def letter(
    mail: ReportMail, schedule: ReportSchedule, user: User, channel: Channel
) -> OutboundMessage:
    """The whole mail to this person, in their language."""
    zone = ZoneInfo(user.organization.time_zone)
    scope = scope_of(schedule, user, Period(mail.first, mail.last, zone))
    told = report(schedule.name, scope, compare=True)
    language = user.settings.get("language") or user.organization.language
    words = words_of(str(language))
    shown = _letter(mail, schedule, scope, told, words)
    domain = channel.address.partition("@")[2] or "localhost"
    return OutboundMessage(
        id=mail.pk,
        external_id=notice_message_id(mail.pk, domain),
        from_address=sender_of(user, channel),
        to=[{"name": user.name, "address": user.email}],
        cc=[],
        bcc=[],
        subject=words.say("subject", report=shown.title, days=shown.period),
        text=_text(shown),
        html=_page(shown, user),
        language=words.language,
        files=[_file(told, each["key"]) for each in told["tables"] if each["rows"]],
        is_automatic=True,
    )


def _letter(
    mail: ReportMail, schedule: ReportSchedule, scope: Scope, told: Json, words: Words
) -> Letter:
    title = words.reports[schedule.name]
    before = scope.before().period
    language = words.language
    about = [words.say("versus", before=days(before.first, before.last, language))]
    about += _filters(scope, words)
    if not told["can_see_all"] and any(each["key"] == "agents" for each in told["tables"]):
        about.append(words.say("own_only"))
    return Letter(
        words=words,
        title=title,
        period=days(mail.first, mail.last, language),
        about=about,
        tiles=[_tile(each, schedule.name, words) for each in _told_first(told["tiles"])],
        chart=_chart(told, words),
        table=tables.shown(told, words),
        link=_link(schedule, mail),
        stop_link=f"{settings.PUBLIC_URL}/reports/{schedule.name}?mails={schedule.pk}",
        why=_why(mail, schedule, words),
    )


def _told_first(tiles: list[Json]) -> list[Json]:
    """The figures that matter most: ninetieth percentiles stand under their median in the app."""
    return [each for each in tiles if not each["key"].endswith("_p90")][:MOST_TILES]


def _tile(tile: Json, name: str, words: Words) -> Json:
    unit, currency = tile["unit"], tile.get("currency")
    change = change_of(
        tile["value"], tile["previous"], unit, tile["good"], words, currency=currency
    )
    value = written(tile["value"], unit, words.language, currency=currency)
    before = written(tile["previous"], unit, words.language, currency=currency)
    judged = "" if change is None or change.is_good is None else (
        words.say("better") if change.is_good else words.say("worse")
    )  # fmt: skip
    tone = "" if not judged else "good" if change and change.is_good else "bad"
    return {
        "label": words.figure(name, tile["key"]),
        "value": words.say("too_few") if tile.get("hidden") else value,
        "arrow": "" if change is None else "▲" if change.is_up else "▼",
        "direction": "" if change is None else words.say("up" if change.is_up else "down"),
        "change": "" if change is None else change.size,
        "judged": judged,
        "tone": tone,
        "colour": _COLOURS[tone],
        "before": "" if tile["previous"] is None else words.say("before", value=before),
    }


def _chart(told: Json, words: Words) -> Json | None:
    """The report's first line as columns, a day each; its first bars where it is about one day."""
    line = next((each for each in told["series"] if each["unit"] != "score"), None)
    if line is None or len(line["points"]) < 2:
        return _bars(told, words)
    known = [each for each in line["points"] if each["value"] is not None]
    most = max(known, key=lambda each: each["value"], default=None)
    if most is None or not most["value"]:
        return None

    def named(point: Json) -> str:
        return day(date.fromisoformat(point["day"]), words.language)

    value = written(most["value"], line["unit"], words.language)
    points = line["points"]
    return {
        "title": words.figure(told["name"], line["key"]),
        "note": words.say("highest", value=value, day=named(most)),
        "columns": [_pixels(each["value"], most["value"]) for each in points],
        "ends": [named(points[0]), named(points[-1])],
    }


def _pixels(value: float | None, most: float) -> int:
    return max(1, round((value or 0) / most * CHART_PIXELS))


def _bars(told: Json, words: Words) -> Json | None:
    bars = next((each for each in told["bars"] if any(row["value"] for row in each["rows"])), None)
    if bars is None:
        return None
    rows = bars["rows"][: tables.MOST_ROWS]
    most = max(row["value"] or 0 for row in rows)
    return {
        "title": words.figure(told["name"], bars["key"]),
        "bars": [
            {
                "label": tables.row_label(told["name"], row["key"], row["label"], words),
                "value": written(row["value"], bars["unit"], words.language),
                "width": f"{max(1, round((row['value'] or 0) / most * 100))}%",
            }
            for row in rows
        ],
    }


def _filters(scope: Scope, words: Words) -> list[str]:
    wanted = scope.filters

    def name_of(rows: QuerySet[Any], pk: uuid.UUID | None) -> str | None:
        if pk is None:
            return None
        mine = rows.filter(organization=scope.organization, pk=pk)
        return str(mine.values_list("name", flat=True).first() or "")

    named: dict[str, str | None] = {
        "channel": wanted.channel and tables.channel_label(wanted.channel),
        "team": name_of(Team.objects.all(), wanted.team),
        "agent": name_of(User.objects.all(), wanted.agent),
        "tag": wanted.tag,
        "store": name_of(Store.objects.all(), wanted.store),
    }
    told = [f"{words.filters[key]}: {name}" for key, name in named.items() if name]
    return [*told, words.say("business")] if scope.hours == "business" else told


def _link(schedule: ReportSchedule, mail: ReportMail) -> str:
    asked = {"from": str(mail.first), "to": str(mail.last), **schedule.filters}
    return f"{settings.PUBLIC_URL}/reports/{schedule.name}?{urlencode(asked)}"


def _why(mail: ReportMail, schedule: ReportSchedule, words: Words) -> str:
    if mail.is_asked:
        return words.say("why_asked")
    hour = format_time(time(schedule.hour), "short", locale=_clock_of(words.language))
    rhythm = words.say(schedule.rhythm, hour=hour)
    zone = schedule.organization.time_zone
    return words.say("why", rhythm=rhythm, zone=zone, name=schedule.user.name)


def _clock_of(language: str) -> str:
    return "en_GB" if language == "en" else language


def _text(shown: Letter) -> str:
    words = shown.words
    lines = [f"{shown.title}, {shown.period}", *shown.about, ""]
    for tile in shown.tiles:
        change = " ".join(each for each in (tile["arrow"], tile["change"], tile["judged"]) if each)
        more = ", ".join(each for each in (change, tile["before"]) if each)
        lines.append(f"{tile['label']}: {tile['value']}" + (f" ({more})" if more else ""))
    if shown.chart and "bars" in shown.chart:
        lines += ["", shown.chart["title"]]
        lines += [f"  {each['label']}: {each['value']}" for each in shown.chart["bars"]]
    if shown.table:
        lines += ["", shown.table["title"]]
        columns = shown.table["columns"]
        for row in shown.table["rows"]:
            cells = zip(columns, row["cells"], strict=True)
            lines.append(f"  {row['label']}: " + ", ".join(f"{a} {b}" for a, b in cells))
        if shown.table["more"]:
            lines.append(f"  {shown.table['more']}")
    lines += ["", f"{words.say('open')}: {shown.link}", words.say("attached"), "", shown.why]
    return "\n".join([*lines, f"{words.say('stop')}: {shown.stop_link}"])


def _page(shown: Letter, user: User) -> str:
    context: Json = {
        "shown": shown,
        "say": shown.words.sentences,
        "language": shown.words.language,
        "shop": user.organization.name,
        "accent": OURS,
        "accent_dark": OURS_DARK,
        "pairs": [shown.tiles[at : at + 2] for at in range(0, len(shown.tiles), 2)],
    }
    return render_to_string("portal/report_mail.html", context)


def _file(told: Json, key: str) -> OutboundFile:
    name = f"{told['name']}-{key}-{told['from']}-{told['to']}.csv"
    return OutboundFile(name, "text/csv", lambda: as_csv(told, key).encode())
