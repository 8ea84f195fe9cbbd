"""Macros of other helpdesks: Gorgias and Zendesk exports become macros of ours, with a report.

What has no counterpart is left readable in the text between ⟦ ⟧, which can never be sent, the macro
is created switched off, and the report names it. Nothing is guessed. The same file twice changes
nothing: an imported macro is known by its source and id, and one that was changed since stays.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from automation.macros.edit import create_macro
from automation.macros.liquid import MAX_BODY_CHARS, problems_of
from automation.macros.models import Macro
from automation.rules.actions import ACTIONS, clean_actions
from helpdesk.accounts.models import Organization, Team, User
from helpdesk.lib.errors import InvalidInput
from tickets.rich_text import clean

MAX_MACROS = 5_000
KEY_CHARS = 60

_GORGIAS = {
    "ticket.id": "ticket.number",
    "ticket.subject": "ticket.subject",
    "ticket.channel": "ticket.channel",
    "ticket.created_datetime": "ticket.created_on",
    "ticket.opened_datetime": "ticket.created_on",
    "ticket.customer.firstname": "customer.first_name",
    "ticket.customer.first_name": "customer.first_name",
    "ticket.customer.lastname": "customer.last_name",
    "ticket.customer.name": "customer.name",
    "ticket.customer.email": "customer.email",
    "ticket.receiver.email": "customer.email",
    "ticket.sender.email": "agent.email",
    "ticket.assignee_user.name": "agent.name",
    "ticket.assignee_user.email": "agent.email",
    "ticket.assignee_user.firstname": "agent.first_name",
    "ticket.account.domain": "organization.name",
    "current_user.firstname": "agent.first_name",
    "current_user.first_name": "agent.first_name",
    "current_user.name": "agent.name",
    "current_user.email": "agent.email",
}
_STORES = r"(?:shopify|magento2|bigcommerce|woocommerce)"
_GORGIAS_CUSTOMER = {
    "email": "customer.email",
    "first_name": "customer.first_name",
    "last_name": "customer.last_name",
    "name": "customer.name",
    "phone": "customer.phone",
    "orders_count": "customer.order_count",
    "default_address.address1": "order.address.street",
    "default_address.zip": "order.address.postcode",
    "default_address.city": "order.address.city",
    "default_address.province": "order.address.region",
    "default_address.country": "order.address.country",
    "default_address.name": "order.address.name",
    "default_address.company": "order.address.company",
}
_GORGIAS_ORDER = {
    "name": "number",
    "id": "number",
    "order_number": "number",
    "number": "number",
    "increment_id": "number",
    "created_at": "placed_at",
    "processed_at": "placed_at",
    "cancelled_at": "cancelled_on",
    "cancel_reason": "cancel_reason",
    "total_price": "total",
    "grand_total": "total",
    "current_total_price": "total",
    "subtotal_price": "subtotal",
    "total_tax": "tax",
    "total_discounts": "discount",
    "financial_status": "status",
    "fulfillment_status": "status",
    "status": "status",
    "gateway": "payment_method",
    "discount_codes[0].code": "discount_codes",
    "shipping_address.address1": "address.street",
    "shipping_address.zip": "address.postcode",
    "shipping_address.city": "address.city",
    "shipping_address.province": "address.region",
    "shipping_address.country": "address.country",
    "shipping_address.name": "address.name",
    "shipping_address.company": "address.company",
    "refunds[0].processed_at": "refund.refunded_on",
    "refunds[0].created_at": "refund.refunded_on",
    "refunds[0].transactions[0].amount": "refund.amount",
    "line_items[0].title": "lines.first.title",
    "line_items[0].name": "lines.first.title",
    "line_items[0].sku": "lines.first.sku",
    "line_items[0].quantity": "lines.first.quantity",
    "line_items[0].variant_title": "lines.first.variant",
    "fulfillments[0].tracking_url": "tracking_url",
    "fulfillments[0].tracking_urls[0]": "tracking_url",
    "fulfillments[0].tracking_number": "tracking_number",
    "fulfillments[0].tracking_numbers[0]": "tracking_number",
    "fulfillments[0].tracking_company": "carrier",
    "fulfillments[0].created_at": "shipped_on",
    "fulfillments[0].shipment_status": "shipments.first.status",
}
_ZENDESK = {
    "ticket.id": "ticket.number",
    "ticket.title": "ticket.subject",
    "ticket.via": "ticket.channel",
    "ticket.tags": "ticket.tags",
    "ticket.created_at": "ticket.created_on",
    "ticket.created_at_with_timestamp": "ticket.created_on",
    "ticket.requester.name": "customer.name",
    "ticket.requester.first_name": "customer.first_name",
    "ticket.requester.last_name": "customer.last_name",
    "ticket.requester.email": "customer.email",
    "ticket.requester.phone": "customer.phone",
    "ticket.requester.language": "customer.language",
    "ticket.account": "organization.name",
    "ticket.organization.name": "organization.name",
    "ticket.brand.name": "organization.name",
    "ticket.assignee.name": "agent.name",
    "ticket.assignee.first_name": "agent.first_name",
    "ticket.assignee.email": "agent.email",
    "ticket.current_user.name": "agent.name",
    "current_user.name": "agent.name",
    "current_user.first_name": "agent.first_name",
    "current_user.email": "agent.email",
}
_MOMENT = {
    "LLLL": "full", "LLL": "long", "LL": "long", "L": "short", "ll": "medium", "l": "short",
}  # fmt: skip
_MOMENT_PARTS = (
    ("dddd", "EEEE"), ("ddd", "EEE"), ("YYYY", "y"), ("YY", "yy"), ("MMMM", "MMMM"),
    ("MMM", "MMM"), ("MM", "MM"), ("Mo", "M"), ("M", "M"), ("DD", "dd"), ("Do", "d"), ("D", "d"),
    ("HH", "HH"), ("H", "H"), ("hh", "hh"), ("h", "h"), ("mm", "mm"), ("ss", "ss"),
    ("A", "a"), ("a", "a"),
)  # fmt: skip

# Every length is bounded: what is never closed must not be read again from each of its places.
_PLACE = re.compile(r"\{\{-?([^{}]{0,400}?)-?\}\}")
_PLACES = re.compile(r"(\{\{[^{}]{0,400}?\}\})")
_TAG = re.compile(r"\{%[^{}]{0,400}?%\}")
_DATETIME = re.compile(r"datetime_format\s*\(\s*(?:\"([^\"]*)\"|'([^']*)')")
_DATE_STYLE = re.compile(r"^date\s*:\s*[\"']([^\"']*)[\"']")
_FALLBACK = re.compile(r"^(?:fallback|default)\s*[(:]\s*(?:\"([^\"]*)\"|'([^']*)')")
_TAGS = re.compile(r"<[a-zA-Z!/][^<>]{0,2000}>")
_DIV = re.compile(r"<div[^<>]{0,400}>")
_EMPTY_DIV = re.compile(r"<div[^<>]{0,400}>\s{0,40}<br\s{0,40}/?>\s{0,40}</div>")


@dataclass
class Untranslated:
    """Something of a macro that has no counterpart here."""

    what: str
    text: str
    reason: str


@dataclass
class ImportedMacro:
    """What became of one macro: created, created_off (something is left to do), known, refused."""

    name: str
    outcome: str
    source_id: str = ""
    macro_id: str | None = None
    untranslated: list[Untranslated] = field(default_factory=list)


@dataclass
class ImportReport:
    """What became of a file."""

    source: str
    macros: list[ImportedMacro] = field(default_factory=list)

    def count(self, outcome: str) -> int:
        """How many macros that became of."""
        return sum(each.outcome == outcome for each in self.macros)

    def as_text(self) -> str:
        """For a person at a terminal."""
        words = {
            "created": "created",
            "created_off": "created, switched off: something is left to do",
            "known": "known already",
            "refused": "not taken over",
        }
        lines = [f"{self.count(each)} {said}" for each, said in words.items() if self.count(each)]
        for each in self.macros:
            lines += [
                f"  {each.name}: {left.what} {left.text} – {left.reason}"
                for left in each.untranslated
            ]
        return "\n".join(lines)

    def as_json(self) -> dict[str, Any]:
        counts = {each: self.count(each) for each in ("created", "created_off", "known", "refused")}
        return {
            "source": self.source,
            **counts,
            "untranslated": sum(len(each.untranslated) for each in self.macros),
            "macros": [asdict(each) for each in self.macros],
        }


def import_macros(
    organization: Organization, data: Any, *, user: User | None = None, is_trial: bool = False
) -> ImportReport:
    """Create the macros of an export; with ``is_trial`` only say what would become of them.

    Raises InvalidInput where the file is no export of Gorgias or Zendesk that we can read.
    """
    source, rows = rows_of(data)
    report = ImportReport(source)
    prefix = f"{source}:"
    keys = Macro.objects.filter(organization=organization, key__startswith=prefix)
    known = set(keys.values_list("key", flat=True))
    for index, row in enumerate(rows):
        translated = _of_gorgias(row, index) if source == "gorgias" else _of_zendesk(row, index)
        key = f"{prefix}{translated.source_id}"[:KEY_CHARS]
        if key in known:
            report.macros.append(ImportedMacro(translated.name, "known", translated.source_id))
            continue
        known.add(key)
        report.macros.append(_create(organization, translated, key, user, is_trial=is_trial))
    return report


def rows_of(data: Any) -> tuple[str, list[dict[str, Any]]]:
    """Whose export it is, and its macros."""
    rows = data
    if isinstance(data, dict):
        rows = next((data[name] for name in ("macros", "data") if name in data), [data])
    if not isinstance(rows, list) or not rows or not all(isinstance(each, dict) for each in rows):
        raise InvalidInput.field("file", "This is not a list of macros in JSON.", code="format")
    if len(rows) > MAX_MACROS:
        raise InvalidInput.field("file", f"At most {MAX_MACROS} macros at once.", code="too_many")
    if any("title" in each for each in rows):
        return "zendesk", rows
    if any("name" in each for each in rows):
        return "gorgias", rows
    message = (
        "Neither Gorgias (name, actions) nor Zendesk (title, actions) writes macros like this."
    )
    raise InvalidInput.field("file", message, code="format")


@dataclass
class _Translated:
    name: str
    source_id: str
    folder: str = ""
    language: str = ""
    body: str = ""
    subject: str = ""
    is_active: bool = True
    actions: list[dict[str, Any]] = field(default_factory=list)
    left: list[Untranslated] = field(default_factory=list)


def _create(
    organization: Organization,
    found: _Translated,
    key: str,
    user: User | None,
    *,
    is_trial: bool,
) -> ImportedMacro:
    if not found.body.strip():
        why = Untranslated("text", "", "It has no text to send; set it up as a rule instead.")
        return ImportedMacro(found.name, "refused", found.source_id, None, [*found.left, why])
    problems = problems_of(found.body)
    if problems:
        found.left += [Untranslated("text", each.name, each.message) for each in problems]
        return ImportedMacro(found.name, "refused", found.source_id, None, found.left)
    actions = _possible(organization, found)
    language = found.language or organization.language
    outcome = "created_off" if found.left else "created"
    result = ImportedMacro(found.name, outcome, found.source_id, None, found.left)
    if is_trial:
        return result
    fields = {
        "name": found.name,
        "folder": found.folder,
        "variants": [{"language": language, "subject": found.subject or None, "body": found.body}],
        "actions": actions,
        "is_active": found.is_active and not found.left,
    }
    try:
        result.macro_id = str(create_macro(organization, fields, user=user, key=key).pk)
    except InvalidInput as error:
        result.outcome = "refused"
        result.untranslated.append(Untranslated("macro", "", error.message))
    return result


def _possible(organization: Organization, found: _Translated) -> list[dict[str, Any]]:
    """Actions that exist here with what they name; the others go into the report."""
    possible = []
    for action in found.actions:
        action = _named(organization, action)
        try:
            possible += clean_actions(organization.pk, [action], for_macro=True)
        except InvalidInput as error:
            label = ACTIONS[action["type"]].label if action["type"] in ACTIONS else action["type"]
            found.left.append(Untranslated("action", label, error.message))
    return possible


def _named(organization: Organization, action: dict[str, Any]) -> dict[str, Any]:
    """People and teams are named in exports; here they are known by id."""
    params = dict(action["params"])
    email, name = params.pop("email", None), params.pop("team", None)
    if email is not None:
        user = User.objects.filter(organization=organization, email__iexact=email).first()
        params["user_id"] = str(user.pk) if user else str(email)
    if name is not None:
        team = Team.objects.filter(organization=organization, name__iexact=name).first()
        params["team_id"] = str(team.pk) if team else str(name)
    return {"type": action["type"], "params": params}


# --- Gorgias ----------------------------------------------------------------------------------


def _of_gorgias(row: dict[str, Any], index: int) -> _Translated:
    found = _Translated(
        name=_name(row.get("name"), index),
        source_id=str(row.get("id") or row.get("external_id") or row.get("name") or index),
        language=str(row.get("language") or "")[:5],
        is_active=not row.get("archived_datetime"),
    )
    for action in row.get("actions") or []:
        arguments = action.get("arguments") or {}
        _gorgias_action(found, str(action.get("name") or ""), arguments)
    return found


def _gorgias_action(found: _Translated, name: str, arguments: dict[str, Any]) -> None:
    simple: dict[str, Callable[[], dict[str, Any]]] = {
        "addTags": lambda: _action("add_tags", tags=_tags(arguments.get("tags"))),
        "setStatus": lambda: _status(arguments.get("status")),
        "addInternalNote": lambda: _action("add_note", text=_plain(arguments, found, "note")),
        "setAssignee": lambda: _assignee(arguments.get("assignee_user")),
        "setTeamAssignee": lambda: _action(
            "assign_team", team=str((arguments.get("assignee_team") or {}).get("name") or "")
        ),
        "snoozeTicket": lambda: _action("snooze", duration=_duration(arguments)),
    }
    if name == "setResponseText":
        found.body = _with_part(found.body, _plain(arguments, found, "text"))
        if arguments.get("attachments"):
            found.left.append(
                Untranslated("attachment", "", "Attach the files again; exports hold links only.")
            )
    elif name == "setSubject":
        found.subject = _translate(str(arguments.get("subject") or ""), _gorgias_path, found)
    elif name in simple:
        found.actions.append(simple[name]())
    elif name.startswith(("shopify", "recharge", "bigcommerce", "magento")):
        reason = "Acts on orders are added by hand: they ask before they do anything."
        found.left.append(Untranslated("action", name, reason))
    elif name:
        found.left.append(Untranslated("action", name, "There is no such action in a macro here."))


def _assignee(user: Any) -> dict[str, Any]:
    return _action("assign_person", email=str((user or {}).get("email") or ""))


def _gorgias_path(path: str) -> str | None:
    if path in _GORGIAS:
        return _GORGIAS[path]
    found = re.fullmatch(rf"ticket\.customer\.integrations\.{_STORES}\.(.+)", path)
    rest = found.group(1) if found else ""
    if rest.startswith("customer."):
        return _GORGIAS_CUSTOMER.get(rest.removeprefix("customer."))
    of_order = re.fullmatch(r"(?:orders\[(\d+|-1)\]|last_order)\.(.+)", rest)
    if of_order is None:
        return None
    part = _GORGIAS_ORDER.get(of_order.group(2))
    if part is None:
        return None
    position = of_order.group(1)
    if position in (None, "0"):
        return f"order.{part}"
    return f"orders.last.{part}" if position == "-1" else f"orders[{position}].{part}"


# --- Zendesk ----------------------------------------------------------------------------------


def _of_zendesk(row: dict[str, Any], index: int) -> _Translated:
    title = str(row.get("title") or "")
    *folders, name = [part.strip() for part in title.split("::")]
    found = _Translated(
        name=_name(name, index),
        source_id=str(row.get("id") or title or index),
        folder=" / ".join(folders)[:80],
        is_active=row.get("active") is not False,
    )
    for action in row.get("actions") or []:
        _zendesk_action(found, str(action.get("field") or ""), action.get("value"))
    return found


def _zendesk_action(found: _Translated, name: str, value: Any) -> None:
    text = value[-1] if isinstance(value, list) and value else value
    if name in ("comment_value", "comment_value_html"):
        written = str(text or "")
        words = _words_of(written) if name.endswith("html") or _TAGS.search(written) else written
        found.body = _with_part(found.body, _translate(words, _ZENDESK.get, found))
    elif name == "subject":
        found.subject = _translate(str(text or ""), _ZENDESK.get, found)
    elif name in ("current_tags", "set_tags"):
        found.actions.append(_action("add_tags", tags=_tags(str(text or "").split())))
    elif name == "remove_tags":
        found.actions.append(_action("remove_tags", tags=_tags(str(text or "").split())))
    elif name == "status":
        found.actions.append(_status(text))
    elif name == "priority":
        found.actions.append(_action("set_priority", priority=str(text)))
    elif name == "comment_mode_is_public" and str(text).lower() in ("false", "0"):
        note, found.body = found.body, ""
        found.actions.append(_action("add_note", text=note))
    elif name != "comment_mode_is_public":
        reason = "Choose the person or team here by hand." if "_id" in name else ""
        reason = reason or "There is no such action in a macro here."
        found.left.append(Untranslated("action", f"{name}: {text}"[:120], reason))


# --- texts ------------------------------------------------------------------------------------


def _translate(text: str, path_of: Callable[[str], str | None], found: _Translated) -> str:
    """The text with our values; what has none stays readable and keeps it from being sent."""

    def place(match: re.Match[str]) -> str:
        whole = html.unescape(match.group(1)).strip()
        path, *filters = (part.strip() for part in whole.split("|"))
        path = re.sub(r"\[\s*(-?\d+)\s*\]", r"[\1]", path)
        ours = path_of(path)
        if ours is None:
            reason = "There is no such value here."
            found.left.append(Untranslated("value", "{{" + whole + "}}", reason))
            return f"⟦{path}⟧"
        return "{{ " + ours + "".join(_filter(each, whole, found) for each in filters) + " }}"

    def tag(match: re.Match[str]) -> str:
        reason = "Conditions are written anew: {% if order.carrier %} … {% endif %}."
        found.left.append(Untranslated("tag", match.group(), reason))
        return ""

    done = [
        _PLACE.sub(place, piece) if piece.startswith("{{") else _TAG.sub(tag, piece)
        for piece in _PLACES.split(text)
    ]
    return "".join(done).replace("\x00", "")[:MAX_BODY_CHARS]


def _filter(written: str, whole: str, found: _Translated) -> str:
    moment = _DATETIME.match(written)
    if moment:
        style = moment.group(1) or moment.group(2) or "L"
        return f" | date: '{date_pattern(style)}'"
    ruby = _DATE_STYLE.match(written)
    if ruby:
        return " | date: 'long'"
    fallback = _FALLBACK.match(written)
    if fallback:
        said = (fallback.group(1) or fallback.group(2) or "").replace("'", "’")
        return f" | default: '{said}'"
    if written in ("upcase", "downcase", "capitalize"):
        return f" | {written}"
    if written:
        found.left.append(Untranslated("filter", "{{" + whole + "}}", f"No filter “{written}”."))
    return ""


def date_pattern(moment: str) -> str:
    """moment.js as the date filter writes it: ``MMM Do YY`` → ``MMM d yy``, ``L`` → ``short``."""
    if moment in _MOMENT:
        return _MOMENT[moment]
    written, at = "", 0
    while at < len(moment):
        if moment[at] == "[":
            end = moment.find("]", at)
            end = len(moment) if end < 0 else end
            written += moment[at + 1 : end].replace("'", "’")
            at = end + 1
            continue
        part = next((p for p in _MOMENT_PARTS if moment.startswith(p[0], at)), None)
        if part is None:
            written += moment[at] if moment[at] in " .,/:()-\u00a0" else ""
            at += 1
        else:
            written += part[1]
            at += len(part[0])
    return written.strip() or "long"


def _plain(arguments: dict[str, Any], found: _Translated, name: str) -> str:
    """The text of an action: its own, else the words of its HTML."""
    text = str(arguments.get("body_text") or "")
    if not text.strip():
        text = _words_of(str(arguments.get("body_html") or ""))
    return _translate(text, _gorgias_path, found) if name == "text" else text


def _words_of(written: str) -> str:
    """What HTML says. Placeholders with quotes inside survive the cleaning."""
    kept: list[str] = []

    def keep(match: re.Match[str]) -> str:
        kept.append(match.group())
        return f"\u2063{len(kept) - 1}\u2063"

    lines = _EMPTY_DIV.sub("<br>", _PLACE.sub(keep, written))
    text = clean(_DIV.sub("", lines.replace("</div>", "<br>"))).text.strip("\n")
    return re.sub("\u2063(\\d+)\u2063", lambda found: kept[int(found.group(1))], text)


def _with_part(body: str, part: str) -> str:
    return f"{body}\n\n{part}".strip("\n") if body else part


def _name(name: Any, index: int) -> str:
    return " ".join(str(name or f"Macro {index + 1}").split())[:120]


def _action(kind: str, **params: Any) -> dict[str, Any]:
    return {"type": kind, "params": params}


def _tags(tags: Any) -> list[str]:
    listed = tags.split(",") if isinstance(tags, str) else list(tags or [])
    return [str(each).strip() for each in listed if str(each).strip()]


def _status(status: Any) -> dict[str, Any]:
    ours = {"closed": "closed", "solved": "closed", "open": "open", "pending": "open"}
    return _action("set_status", status=ours.get(str(status), str(status)))


def _duration(arguments: dict[str, Any]) -> str:
    units = {"minutes": "m", "hours": "h", "days": "d", "weeks": "w"}
    amount = arguments.get("snooze_timedelta") or arguments.get("timedelta") or ""
    found = re.fullmatch(r"(\d+)\s*(minutes?|hours?|days?|weeks?|[mhdw])", str(amount))
    if found is None:
        return str(amount)
    unit = found.group(2)
    return f"{found.group(1)}{units.get(unit if unit.endswith('s') else unit + 's', unit)}"
