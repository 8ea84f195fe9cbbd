"""The keys that ask about tickets and their customers."""

from __future__ import annotations

from tickets.models import CsatState, Priority, SlaState, Status, TicketKind
from tickets.search.grammar import Token
from tickets.search.keys import (
    COMPARISONS,
    DAY_VALUES,
    Key,
    Tree,
    Understood,
    Value,
    Vocabulary,
    add_key,
    any_of,
    choice,
    chosen,
    labels,
    leaf,
    moment,
    number,
    one_or_more,
    people,
    reference,
    words,
)


def _yes(field: str) -> Tree:
    return leaf(field, "is", value=True)


def _kind(kind: TicketKind) -> Tree:
    return leaf("ticket.kind", "is", str(kind))


def _status(status: str) -> Tree:
    return leaf("ticket.status", "is", status)


IS: dict[str, tuple[Value, Tree]] = {
    each.word: (each, tree)
    for each, tree in (
        (Value("open", "Open"), _status(Status.OPEN)),
        (Value("closed", "Closed", also=("resolved", "done")), _status(Status.CLOSED)),
        (Value("snoozed", "Snoozed"), _status(Status.SNOOZED)),
        (Value("unread", "Unread"), _yes("ticket.is_unread")),
        (Value("read", "Read"), leaf("ticket.is_unread", "is", value=False)),
        (Value("unassigned", "Unassigned"), leaf("ticket.assignee", "is_empty")),
        (Value("assigned", "Assigned"), leaf("ticket.assignee", "is_present")),
        (Value("waiting", "Waiting for us"), leaf("ticket.waiting_since", "is_present")),
        (
            Value("mentioned", "I am mentioned", also=("mention", "mentions")),
            leaf("ticket.mentions", "contains_any_of", ["me"]),
        ),
        (
            Value("following", "I follow", also=("followed", "follow")),
            leaf("ticket.followers", "contains_any_of", ["me"]),
        ),
        (Value("merged", "Merged"), _yes("ticket.is_merged")),
        (
            Value("breached", "SLA breached", also=("overdue", "late")),
            {
                "all": [
                    leaf("sla.state", "is", SlaState.BREACHED.value),
                    leaf("sla.due", "is_present"),
                ]
            },
        ),
        (Value("vip", "From a VIP"), _yes("customer.is_vip")),
        (Value("review", "Review", also=("reviews",)), _kind(TicketKind.REVIEW)),
        (Value("social", "Public mention", also=("public",)), _kind(TicketKind.MENTION)),
        (Value("call", "Call", also=("calls", "voicemail")), _kind(TicketKind.CALL)),
        (Value("spam", "Spam"), _status(Status.SPAM)),
        (Value("trash", "Trash", also=("deleted",)), _status(Status.TRASH)),
    )
}
HAS: dict[str, tuple[Value, Tree]] = {
    each.word: (each, tree)
    for each, tree in (
        (
            Value("attachment", "Attachment", also=("attachments", "file", "files")),
            _yes("ticket.has_attachments"),
        ),
        (Value("draft", "My draft", also=("drafts",)), _yes("ticket.has_draft")),
        (Value("note", "Internal note", also=("notes",)), _yes("ticket.has_note")),
        (
            Value("csat", "CSAT answer", also=("rating",)),
            leaf("ticket.csat_state", "is", CsatState.ANSWERED),
        ),
    )
}
"""``is:`` and ``has:``; apps above add their own (``has:order``)."""

PRIORITIES = [
    Value(priority, Priority(priority).label, f"P{place}", (f"p{place}",))
    for place, priority in enumerate(Priority.values, start=1)
]
STATUSES = [Value(status, str(Status(status).label)) for status in Status.values]
LANGUAGES = [
    Value("en", "English"),
    Value("de", "German", also=("deutsch",)),
    Value("fr", "French", also=("français",)),
    Value("es", "Spanish", also=("español",)),
    Value("it", "Italian", also=("italiano",)),
    Value("nl", "Dutch", also=("nederlands",)),
    Value("pl", "Polish", also=("polski",)),
    Value("cs", "Czech", also=("čeština",)),
    Value("ru", "Russian", also=("русский",)),
    Value("uk", "Ukrainian", also=("українська",)),
    Value("pt", "Portuguese", also=("português",)),
    Value("sv", "Swedish", also=("svenska",)),
    Value("th", "Thai", also=("ไทย",)),
    Value("zh", "Chinese", also=("中文",)),
    Value("ja", "Japanese", also=("日本語",)),
    Value("ar", "Arabic", also=("العربية",)),
]


def _flags(known: dict[str, tuple[Value, Tree]], key: str) -> Key:
    def values(_: Vocabulary) -> list[Value]:
        return [value for value, _tree in known.values()]

    def translate(token: Token, vocabulary: Vocabulary) -> Understood:
        found = chosen(token, values(vocabulary), key)
        return Understood(any_of([known[each.word][1] for each in found]), labels(found))

    label, example = {"is": ("Is", "is:open"), "has": ("Has", "has:note")}[key]
    return Key(key, label, translate, example, values=values)


def _channel(token: Token, vocabulary: Vocabulary) -> Understood:
    """A kind of channel, or one channel by its name."""
    found = chosen(token, vocabulary.channels, "channel")
    kinds = [each.word for each in found if each.id is None]
    own = [str(each.id) for each in found if each.id is not None]
    trees = [one_or_more("ticket.channel_kind", kinds)] if kinds else []
    trees += [one_or_more("ticket.channel", own)] if own else []
    return Understood(any_of(trees), labels(found))


def _tag(token: Token, vocabulary: Vocabulary) -> Understood:
    found = chosen(token, vocabulary.tags, "tag")
    tree = leaf("ticket.tags", "contains_any_of", [each.word for each in found])
    return Understood(tree, labels(found))


_CSAT_STATES = [Value(state, str(CsatState(state).label)) for state in CsatState.values]
_csat_number = number("ticket.csat_score")


def _csat(token: Token, vocabulary: Vocabulary) -> Understood:
    """A score, or what became of the survey."""
    if token.operator == ":" and not any(each.strip().isdigit() for each in token.values):
        found = chosen(token, _CSAT_STATES, "csat")
        return Understood(
            one_or_more("ticket.csat_state", [each.word for each in found]), labels(found)
        )
    return _csat_number(token, vocabulary)


def _days(_: Vocabulary) -> list[Value]:
    return DAY_VALUES


def _tags(vocabulary: Vocabulary) -> list[Value]:
    return vocabulary.tags


def _channels(vocabulary: Vocabulary) -> list[Value]:
    return vocabulary.channels


def _people(vocabulary: Vocabulary) -> list[Value]:
    return [Value("me", "Me"), Value("none", "Nobody"), *vocabulary.people]


def _teams(vocabulary: Vocabulary) -> list[Value]:
    return [Value("none", "No team"), *vocabulary.teams]


add_key(_flags(IS, "is"))
add_key(_flags(HAS, "has"))
add_key(
    Key(
        "assignee",
        "Assignee",
        reference("ticket.assignee", lambda known: known.people, "assignee", me=True),
        "assignee:me",
        ("assigned", "agent"),
        values=_people,
    )
)
add_key(
    Key(
        "team",
        "Team",
        reference("ticket.team", lambda known: known.teams, "team"),
        "team:returns",
        values=_teams,
    )
)
add_key(Key("tag", "Tag", _tag, "tag:vip", ("tags", "label"), values=_tags))
add_key(Key("channel", "Channel", _channel, "channel:email", ("via",), values=_channels))
add_key(
    Key(
        "status",
        "Status",
        choice("ticket.status", lambda _: STATUSES, "status"),
        "status:open",
        values=lambda _: STATUSES,
    )
)
add_key(
    Key(
        "priority",
        "Priority",
        choice("ticket.priority", lambda _: PRIORITIES, "priority"),
        "priority:urgent",
        ("prio",),
        values=lambda _: PRIORITIES,
    )
)
add_key(Key("from", "From", words("ticket.sender"), "from:mia@posteo.example", ("sender",)))
add_key(Key("customer", "Customer", words("ticket.sender"), 'customer:"Mia Laurent"'))
add_key(Key("phone", "Phone", words("ticket.phone"), "phone:+336*"))
add_key(Key("subject", "Subject", words("ticket.subject_words"), "subject:invoice"))
add_key(Key("file", "File name", words("ticket.files"), "file:invoice.pdf", ("filename",)))
_TIMES = (
    ("created", "Created", "ticket.created_at", "created:today"),
    ("updated", "Updated", "ticket.updated_at", "updated:<2h"),
    ("closed", "Closed", "ticket.closed_at", "closed:yesterday"),
    ("wakes", "Wakes up", "ticket.snoozed_until", "wakes:today"),
)
for _name, _label, _field, _example in _TIMES:
    add_key(Key(_name, _label, moment(_field), _example, operators=COMPARISONS, values=_days))
add_key(
    Key(
        "waiting",
        "Waiting",
        moment("ticket.waiting_since", is_age=True),
        "waiting:>4h",
        operators=COMPARISONS,
        values=lambda _: [Value(">1h", "More than 1 hour"), Value(">1d", "More than 1 day")],
    )
)
add_key(
    Key(
        "csat",
        "CSAT",
        _csat,
        "csat:<=2",
        operators=COMPARISONS,
        values=lambda _: [Value("<=2", "Bad"), Value(">=4", "Good"), *_CSAT_STATES],
    )
)
add_key(
    Key(
        "lang",
        "Language",
        choice("ticket.language", lambda _: LANGUAGES, "lang"),
        "lang:fr",
        ("language",),
        values=lambda _: LANGUAGES,
    )
)
add_key(
    Key("id", "Number", number("ticket.number"), "id:48213", ("number",), operators=COMPARISONS)
)
add_key(
    Key(
        "follower",
        "Follower",
        people("ticket.followers", "follower"),
        "follower:me",
        ("followers", "followed"),
        values=_people,
    )
)
add_key(
    Key(
        "mentions",
        "Mentions",
        people("ticket.mentions", "mentions"),
        "mentions:me",
        ("mentioned",),
        values=_people,
    )
)
