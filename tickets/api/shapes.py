"""What the ticket endpoints answer, as types; they become the API's documents and TypeScript."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from helpdesk.events.payloads import (
    AddressRecord,
    AttachmentRecord,
    BulkJobRecord,
    CustomerNoteRecord,
    CustomerRecord,
    CustomFieldRecord,
    Iso,
    MessageRecord,
    TicketRecord,
    ViewRecord,
)


class QueryValue(TypedDict):
    text: str
    label: str


class QueryToken(TypedDict):
    kind: Literal["word", "phrase", "field", "or", "open", "close"]
    start: int
    end: int
    text: str
    is_negated: bool
    key: str | None
    operator: Literal[":", ":>", ":>=", ":<", ":<=", ".."] | None
    values: list[QueryValue]
    is_understood: bool


class QueryProblem(TypedDict):
    start: int
    end: int
    token: str
    code: Literal[
        "unknown_key",
        "unknown_value",
        "bad_value",
        "no_value",
        "unclosed_quote",
        "unmatched_bracket",
        "too_long",
        "too_many",
    ]
    message: str
    hint: str | None


class QueryAnalysis(TypedDict):
    text: str
    tokens: list[QueryToken]
    problems: list[QueryProblem]
    conditions: dict[str, Any]


class TicketPage(TypedDict):
    results: list[TicketRecord]
    customers: list[CustomerRecord]
    next: str | None
    total: int
    total_is_exact: bool
    query: QueryAnalysis | None


class Suggestion(TypedDict):
    kind: Literal["key", "value"]
    key: str
    insert: str
    label: str
    detail: str


class Suggestions(TypedDict):
    start: int
    end: int
    results: list[Suggestion]


class BoundedCount(TypedDict):
    count: int
    is_exact: bool


class Highlighted(TypedDict):
    text: str
    spans: list[list[int]]


class HitMessage(TypedDict):
    id: str
    position: int
    kind: str
    author_name: str
    at: Iso


class SearchHit(TypedDict):
    kind: Literal["ticket", "customer", "order"]
    id: str
    title: Highlighted
    snippet: Highlighted | None
    message: HitMessage | None


class SearchWithout(TypedDict):
    token: str
    start: int
    end: int
    query: str
    count: int
    is_exact: bool


class SpellingWord(TypedDict):
    # ``from`` is a word of Python, so the two are called as in a dictionary.
    wrong: str
    right: str
    start: int
    end: int


class Spelling(TypedDict):
    query: str
    words: list[SpellingWord]


class SearchPage(TypedDict):
    kind: Literal["tickets", "customers", "orders"]
    sort: Literal["relevance", "newest", "oldest"]
    query: QueryAnalysis
    counts: dict[str, BoundedCount]
    results: list[SearchHit]
    tickets: list[TicketRecord]
    customers: list[CustomerRecord]
    orders: list[dict[str, Any]]
    next: str | None
    without: SearchWithout | None
    spelling: Spelling | None


class SearchKey(TypedDict):
    key: str
    label: str
    aliases: list[str]
    operators: list[str]
    example: str
    values: list[str]


class SearchKeys(TypedDict):
    results: list[SearchKey]


class MessagePage(TypedDict):
    results: list[MessageRecord]
    next: int | None


class CustomerPage(TypedDict):
    results: list[CustomerRecord]
    next: str | None


class CustomerFigures(TypedDict):
    tickets: int
    open_tickets: int
    csat_average: float | None
    csat_count: int
    first_ticket_at: Iso | None


class CustomerNotePage(TypedDict):
    results: list[CustomerNoteRecord]
    next: str | None


class CustomFieldPage(TypedDict):
    results: list[CustomFieldRecord]
    next: str | None


class MergePreview(TypedDict):
    """``result`` is what the survivor knows afterwards; ``differences`` can be chosen."""

    survivor: CustomerRecord
    source: CustomerRecord
    result: dict[str, Any]
    differences: list[str]
    tickets: int
    notes: int
    handles: int


class MergeDone(TypedDict):
    merge_id: str
    customer: CustomerRecord
    source: CustomerRecord
    can_undo_until: Iso


class JoinableTicket(TypedDict):
    ticket: TicketRecord
    text: str
    at: Iso


class JoinableTickets(TypedDict):
    results: list[JoinableTicket]


class ViewPage(TypedDict):
    results: list[ViewRecord]
    next: str | None


class ViewOrdering(TypedDict):
    view_ids: list[str]


class ViewCount(TypedDict):
    total: int


class FieldRecord(TypedDict):
    name: str
    label: str
    type: Literal["choice", "reference", "text", "set", "number", "time", "flag"]
    choices: list[str]
    operators: list[str]


class TicketFields(TypedDict):
    fields: list[FieldRecord]


class TimelineLine(TypedDict):
    seq: int
    type: str
    at: Iso
    actor: dict[str, Any]
    ticket_id: str
    data: dict[str, Any]


class EarlierDraft(TypedDict):
    text: str
    html: str | None


class MergeLine(TypedDict):
    """A message as it will stand in the merged conversation."""

    id: str
    ticket_id: str
    kind: str
    author_name: str
    at: Iso
    text: str


class MergeEffect(TypedDict):
    """Something else that merging means: a code the app has words for, with its values."""

    code: str
    values: dict[str, Any]


class FromEither(TypedDict):
    target: str | None
    source: str | None


class TicketMergePreview(TypedDict):
    """``timeline`` are the newest lines of ``message_count``."""

    source_id: str
    target_id: str
    message_count: int
    timeline: list[MergeLine]
    subjects: FromEither
    assignees: FromEither
    tags: list[str]
    priority: str
    status: str
    effects: list[MergeEffect]


class TwoTickets(TypedDict):
    ticket: TicketRecord
    other: TicketRecord


class SplitAnswer(TypedDict):
    """``ticket`` is the new one; ``id`` takes the split back."""

    id: str
    ticket: TicketRecord
    other: TicketRecord


class BlockedSenderRecord(TypedDict):
    id: str
    value: str
    user_id: str | None
    ticket_id: str | None
    created_at: Iso


class BlockedSenderPage(TypedDict):
    results: list[BlockedSenderRecord]
    next: str | None


class BulkPreview(TypedDict):
    total: int
    mails: int
    is_reversible: bool


class BulkJobPage(TypedDict):
    results: list[BulkJobRecord]
    next: str | None


class DraftRecord(TypedDict):
    id: str | None
    ticket_id: str
    mode: Literal["reply", "note"]
    text: str
    html: str | None
    to: list[AddressRecord]
    cc: list[AddressRecord]
    bcc: list[AddressRecord]
    subject: str | None
    attachment_ids: list[str]
    files: list[AttachmentRecord]
    macro_id: str | None
    order_id: str | None
    order_basis: str | None
    order_action: str | None
    channel_id: str | None
    spans: list[dict[str, Any]]
    missing: list[dict[str, Any]]
    earlier: EarlierDraft | None
    rev: int
    updated_at: Iso


class ColleagueDraft(DraftRecord):
    user_id: str


class ColleagueDraftPage(TypedDict):
    results: list[ColleagueDraft]
    next: str | None


class Load(TypedDict):
    user_id: str
    open: int


class LoadPage(TypedDict):
    results: list[Load]
    next: str | None


class NextTicket(TypedDict):
    ticket: TicketRecord | None


class Conversation(TypedDict):
    ticket: TicketRecord
    customer: CustomerRecord
    messages: list[MessageRecord]
    messages_next: int | None
    timeline: list[TimelineLine]
    drafts: list[DraftRecord]


class Withdrawn(TypedDict):
    message: MessageRecord
    draft: DraftRecord
