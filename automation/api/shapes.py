"""What the automation endpoints answer, as types; they become the API's documents."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class RuleAction(TypedDict):
    type: str
    params: dict[str, Any]
    description: str


class RuleDraft(TypedDict):
    definition: dict[str, Any]
    summary: str
    based_on: int
    revision: int
    by: str
    by_id: str | None
    at: str


class RuleSafety(TypedDict):
    messages: bool
    money: bool
    outside: bool


class RuleStats(TypedDict):
    runs_7d: int
    runs_30d: int
    matched_30d: int
    matched_7d: int
    failed_24h: int
    per_day: list[int]


class RuleDetails(TypedDict):
    id: str
    key: str | None
    name: str
    description: str
    summary: str
    triggers: list[str]
    conditions: dict[str, Any]
    wait: dict[str, Any] | None
    schedule: dict[str, Any] | None
    actions: list[RuleAction]
    else_actions: list[RuleAction]
    mode: str
    is_active: bool
    stop_after: bool
    runs_on_automatic: bool
    once_per_ticket_hours: int
    limits: dict[str, int]
    position: int
    version: int
    live_version: int
    draft: RuleDraft | None
    draft_revision: int
    safety: RuleSafety
    needs_test: bool
    paused_at: str | None
    paused_reason: str
    next_at: str | None
    updated_at: str
    run_count: int
    failed_count: int
    stats: RuleStats


class RulePage(TypedDict):
    results: list[RuleDetails]
    next: str | None


class RuleDifference(TypedDict):
    kind: str
    part: str
    text: str


class RuleVersionDetails(TypedDict):
    number: int
    definition: dict[str, Any]
    summary: str
    author_id: str | None
    author_name: str
    note: str
    at: str
    restored_from: int | None
    is_live: bool
    diff_to_previous: list[RuleDifference]


class RuleVersionList(TypedDict):
    results: list[RuleVersionDetails]


class RuleFinding(TypedDict):
    code: str
    rule_ids: list[str]
    field: str
    detail: str


class RuleFindings(TypedDict):
    results: list[RuleFinding]


class RuleSecret(TypedDict):
    secret: str


class RuleNeed(TypedDict):
    kind: str
    text: str
    is_met: bool


class RuleOfTemplate(TypedDict):
    """The rule that the shop has already: the template would be its next draft."""

    rule_id: str
    name: str


class RuleTemplateDetails(TypedDict):
    key: str
    name: str
    what: str
    trigger: str
    summary: str
    safety: RuleSafety
    definition: dict[str, Any]
    needs: list[RuleNeed]
    installed: RuleOfTemplate | None


class RuleTemplateList(TypedDict):
    results: list[RuleTemplateDetails]


class PatternPiece(TypedDict):
    text: str
    is_match: bool


class PatternTrial(TypedDict):
    """``pieces`` together are the text that was sent."""

    is_match: bool
    pieces: list[PatternPiece]


class AutomationText(TypedDict):
    text: str


class AutomationChange(TypedDict):
    """``kind``: tag, macro, rule; ``change``: new, changed, same; ``diff`` in lines of the text."""

    kind: str
    name: str
    change: str
    diff: str
    id: str | None


class AutomationChanges(TypedDict):
    is_rehearsal: bool
    changes: list[AutomationChange]


class TraceLine(TypedDict):
    """``field`` and ``operator`` are not told of runs before they were kept."""

    path: str
    field: NotRequired[str]
    operator: NotRequired[str]
    text: str
    actual: Any
    wanted: Any
    is_true: bool | None
    matched: str | None


class MissingInReply(TypedDict):
    path: str
    reason: str


class WrittenReply(TypedDict):
    """What the customer would read; ``error`` where the macro could not be filled."""

    text: str
    language: str
    missing: list[MissingInReply]
    error: str


class RunAction(TypedDict):
    """``reply`` only where a rule is tried: the words it would send."""

    type: str
    description: str
    outcome: str
    reply: NotRequired[WrittenReply | None]


class RuleRunDetails(TypedDict):
    id: str | None
    rule_id: str | None
    rule_name: str
    rule_version: int
    ticket_id: str
    ticket_number: int
    message_id: str | None
    at: str
    outcome: str
    reason: str
    branch: str
    is_match: bool
    trace: list[TraceLine]
    actions: list[RunAction]
    duration_ms: int
    can_undo: bool
    undone_at: str | None
    undone_by: str | None


class DryRunRow(TypedDict):
    """``is_match`` of the definition, ``live_is_match`` of the live version on the same moment
    (null without one). ``reason`` says why a match would have done nothing."""

    ticket_id: str
    ticket_number: int
    ticket_subject: str
    message_id: str | None
    at: str
    is_match: bool
    branch: str | None
    live_is_match: bool | None
    reason: str
    trace: list[TraceLine]
    actions: list[RunAction]


class DryRunTags(TypedDict):
    """Moments by what people did: matched and tagged so today, only one of the two."""

    both: int
    only_match: int
    only_tag: int


class DryRunDetails(TypedDict):
    """``plus`` and ``minus`` are numbers of tickets where the definition differs from the live
    version. ``is_as_now``: the triggers have no past, tickets were taken as they are now."""

    id: str
    rule_id: str | None
    live_version: int
    over: dict[str, Any]
    state: str
    reason: str
    total: int
    seen: int
    matched: int
    live_matched: int | None
    plus: list[int]
    minus: list[int]
    tags: DryRunTags | None
    is_as_now: bool
    rows: list[DryRunRow]
    created_at: str
    finished_at: str | None


class RuleRunPage(TypedDict):
    results: list[RuleRunDetails]
    next: str | None


class RuleWords(TypedDict):
    triggers: list[dict[str, str]]
    fields: list[dict[str, Any]]
    actions: list[dict[str, Any]]


class MacroVariant(TypedDict):
    language: str
    subject: str | None
    body: str


class MacroDetails(TypedDict):
    id: str
    name: str
    folder: str
    acts_on_order: dict[str, Any] | None
    audience: str
    owner_id: str | None
    team_id: str | None
    intents: list[str]
    claims: list[str] | None
    last_used_at: str | None
    updated_at: str
    csat: float | None
    csat_count: int
    action_words: list[dict[str, str]]
    language_variants: list[MacroVariant]
    actions: list[dict[str, Any]]
    is_active: bool
    usage_count: int
    version: int


class MacroPage(TypedDict):
    results: list[MacroDetails]
    next: str | None


class MacroVersionDetails(TypedDict):
    number: int
    created_at: str
    user_id: str | None
    user_name: str
    restored_from: int | None
    content: dict[str, Any]
    changes: list[dict[str, Any]]


class MacroVersionPage(TypedDict):
    results: list[MacroVersionDetails]
    next: str | None


class SuggestionDetails(TypedDict):
    id: str
    reason: str
    usage_count: int
    last_used_at: str | None
    csat: float | None
    csat_count: int


class SuggestionPage(TypedDict):
    results: list[SuggestionDetails]
    next: str | None


class UntranslatedDetails(TypedDict):
    what: str
    text: str
    reason: str


class ImportedMacroDetails(TypedDict):
    name: str
    outcome: str
    source_id: str
    macro_id: str | None
    untranslated: list[UntranslatedDetails]


class MacroImportReport(TypedDict):
    source: str
    created: int
    created_off: int
    known: int
    refused: int
    untranslated: int
    macros: list[ImportedMacroDetails]


class QuotedNumber(TypedDict):
    kind: str
    text: str
    key: str
    carrier: str
    url: str
    order_id: str | None
    order_number: str | None
    is_verified: bool


class QuotedNumberPage(TypedDict):
    results: list[QuotedNumber]
    next: str | None


class OrderName(TypedDict):
    id: str
    number: str
    store: str
    state_text: str
    total: str
    placed_at: str
    as_of: str


class FilledMacro(TypedDict):
    text: str
    html: str
    subject: str | None
    language: str
    missing: list[dict[str, Any]]
    spans: list[dict[str, Any]]
    obstacles: list[dict[str, Any]]
    languages: list[str]
    order_basis: str
    order: OrderName | None
    orders: list[OrderName]
    actions: list[dict[str, Any]]


class BodyProblemDetails(TypedDict):
    path: str
    code: str
    message: str
    line: int
    name: str


class UsedValueDetails(TypedDict):
    path: str
    rule: str
    line: int


class MacroProblems(TypedDict):
    problems: list[BodyProblemDetails]
    values: list[UsedValueDetails]
    claims: list[str]


class MacroWords(TypedDict):
    values: list[dict[str, str]]
    schema: list[dict[str, Any]]
    filters: list[str]
    filter_words: dict[str, str]
    rules: list[str]
    claims: list[dict[str, str]]
    intents: list[str]


class IntentDetails(TypedDict):
    name: str
    gorgias: str
    canonical: str


class IntentPage(TypedDict):
    results: list[IntentDetails]
    next: str | None


class IntentReview(TypedDict):
    reviewed: int
    right: int
    wrong: int
    accuracy: float | None


class IntentTotal(IntentReview):
    understood: int
    unsure: int
    claimed: int
    kept: float | None


class IntentDay(IntentTotal):
    day: str


class IntentOne(IntentReview):
    intent: str


class IntentWeights(IntentReview):
    version: str


class IntentMistake(TypedDict):
    understood: str
    meant: str
    count: int
    tickets: list[int]


class IntentLearning(TypedDict):
    version: str
    shipped: str
    corrections: int
    needed: int


IntentReport = TypedDict(
    "IntentReport",
    {
        "from": str,
        "to": str,
        "total": IntentTotal,
        "days": list[IntentDay],
        "intents": list[IntentOne],
        "weights": list[IntentWeights],
        "mistaken": list[IntentMistake],
        "learning": IntentLearning,
        "newest": str | None,
    },
)
