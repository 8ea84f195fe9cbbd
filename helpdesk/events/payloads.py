"""Shapes of what the API and the event log say about things: one record per kind of object.

A record is whole, never a patch: whoever holds the record with the highest ``version`` holds the
truth. The same functions build them for lists, for single objects and for events
(``tickets.records`` and friends), so a client that applied events equals one that loaded afresh.
"""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict

Iso = str
"""A moment, ISO 8601 in UTC with a trailing Z."""


class AddressRecord(TypedDict):
    name: str
    address: str


class HandleRecord(TypedDict):
    id: str
    kind: str
    value: str
    label: str
    is_verified: bool
    bounced_at: Iso | None
    bounce_reason: str
    opted_out: list[str]


class CustomerRecord(TypedDict):
    id: str
    name: str
    language: str | None
    time_zone: str | None
    city: str | None
    country: str | None
    is_vip: bool
    note: str
    handles: list[HandleRecord]
    fields: dict[str, Any]
    merged_into_id: str | None
    created_at: Iso
    version: int


class LinkRecord(TypedDict):
    """Another ticket: ``related``, split off it or it off that one, merged into it or it into us."""

    id: str
    number: int
    kind: Literal["related", "split_from", "split_to", "merged_from", "merged_into"]


class TimerRecord(TypedDict):
    """A rule that waits on the ticket, and when it will run."""

    id: str
    rule_id: str
    name: str
    due_at: Iso


class SlaRecord(TypedDict):
    """How a ticket stands to its most pressing target. ``due_at`` is None while the clock stands
    still and when it has ended; ``amber_at`` is when less than a quarter of the time is left."""

    policy: str
    target: Literal["first_reply", "next_reply", "resolution"]
    state: Literal["running", "paused", "breached", "met"]
    due_at: Iso | None
    amber_at: Iso | None


class TicketRecord(TypedDict):
    id: str
    number: int
    subject: str
    status: Literal["open", "snoozed", "closed", "spam", "trash"]
    priority: Literal["urgent", "high", "normal", "low"]
    is_unread: bool
    assignee_id: str | None
    team_id: str | None
    customer_id: str
    channel_id: str
    channel_kind: str
    kind: Literal["request", "mention", "review", "call"]
    language: str | None
    intent: str | None
    sentiment: str | None
    tags: list[str]
    snippet: str
    last_message_direction: Literal["in", "out"] | None
    last_message_at: Iso
    waiting_since: Iso | None
    snoozed_until: Iso | None
    wakes_on: Literal["reply", "shipped", "delivered"] | None
    wakes_order_id: str | None
    order_id: str | None
    message_count: int
    last_position: int
    has_attachments: bool
    follower_ids: list[str]
    mentioned_ids: list[str]
    csat_state: Literal["planned", "sent", "answered", "not_sent"] | None
    csat_score: int | None
    csat_reason: str | None
    created_at: Iso
    updated_at: Iso
    closed_at: Iso | None
    fields: dict[str, Any]
    timers: list[TimerRecord]
    sla: SlaRecord | None
    merged_into_id: str | None
    links: list[LinkRecord]
    draft_user_ids: list[str]
    version: int


class CustomerNoteRecord(TypedDict):
    id: str
    customer_id: str
    author_id: str | None
    author_name: str
    text: str
    created_at: Iso
    edited_at: Iso | None
    version: int


class CustomFieldRecord(TypedDict):
    id: str
    owner: Literal["customer", "ticket"]
    slug: str
    name: str
    type: Literal["text", "number", "flag", "choice", "date", "link"]
    choices: list[str]
    position: int
    is_archived: bool


class AttachmentRecord(TypedDict):
    id: str
    name: str
    content_type: str
    size_bytes: int
    is_inline: bool
    content_id: str
    url: str
    state: Literal["ready", "waiting", "failed"]
    detail: str


class AuthorRecord(TypedDict):
    type: Literal["customer", "agent", "rule", "system"]
    id: str | None
    name: str


class MentionRecord(TypedDict):
    """A person or team named in a note, by the name they had then."""

    kind: Literal["user", "team"]
    id: str
    name: str


class MessageRecord(TypedDict):
    id: str
    ticket_id: str
    position: int
    kind: Literal["customer", "reply", "note", "survey", "auto_reply", "bounce"]
    direction: Literal["in", "out", "internal"]
    author: AuthorRecord
    channel_id: str | None
    channel_kind: str | None
    from_address: AddressRecord | None
    to: list[AddressRecord]
    cc: list[AddressRecord]
    bcc: list[AddressRecord]
    subject: str
    text: str
    html: str | None
    quoted_text: str
    signature_text: str
    has_html: bool
    is_truncated: bool
    language: str | None
    intent: str | None
    intent_confidence: float | None
    sentiment: str | None
    is_sender_verified: bool | None
    attachments: list[AttachmentRecord]
    delivery_state: (
        Literal[
            "held",
            "queued",
            "sending",
            "sent",
            "delayed",
            "failed",
            "uncertain",
            "bounced",
            "delivered",
            "read",
            "withdrawn",
        ]
        | None
    )
    delivery_reason: str | None
    send_after: Iso | None
    is_scheduled: bool
    stops_on_reply: bool
    sent_at: Iso | None
    created_at: Iso
    macro_id: str | None
    rule_run_id: str | None
    mentions: list[MentionRecord]
    details: dict[str, Any]
    version: int


class TeamRecord(TypedDict):
    id: str
    name: str
    strategy: Literal["manual", "round_robin", "least_busy"]
    capacity: int | None
    is_private: bool


class UserRecord(TypedDict):
    id: str
    name: str
    email: str
    initials: str
    avatar_url: str | None
    role: Literal["admin", "agent", "viewer"]
    team_ids: list[str]
    is_active: bool
    is_available: bool


class TagRecord(TypedDict):
    id: str
    name: str
    description: str


class ChannelHealth(TypedDict):
    state: Literal["ok", "failing", "paused", "unknown"]
    last_success_at: Iso | None
    detail: str


class ChannelRecord(TypedDict):
    id: str
    slug: str
    kind: str
    handle_kind: str
    name: str
    address: str
    is_active: bool
    health: ChannelHealth


class BackfillRecord(TypedDict):
    """How far the reading of a store's past orders is; ``seconds_left`` at its pace so far."""

    state: Literal["running", "paused", "done", "failed"]
    done: int
    skipped: int
    total: int | None
    per_second: float | None
    seconds_left: float | None
    waits_until: Iso | None
    reason: str
    began_at: Iso
    finished_at: Iso | None


class StoreHealth(TypedDict):
    """``detail`` says in words what is wrong, ``failing_since`` when that began; ``attention`` is
    for a person to mend."""

    state: Literal["ok", "failing", "attention", "paused", "disconnected", "unknown"]
    detail: str
    failing_since: Iso | None
    last_sync_at: Iso | None


class ConnectedStoreRecord(TypedDict):
    """A store as everybody sees it, without its settings."""

    id: str
    slug: str
    kind: str
    name: str
    address: str
    currency: str
    is_active: bool
    health: StoreHealth
    backfill: BackfillRecord | None
    version: int


class ViewRecord(TypedDict):
    id: str
    slug: str
    name: str
    icon: str
    section: Literal["me", "team", "channels"]
    scope: Literal["personal", "team", "shared"]
    owner_id: str | None
    team_id: str | None
    conditions: dict[str, Any]
    sort: str
    group: Literal["", "status", "priority", "assignee", "channel", "day"]
    columns: list[str]
    position: int
    is_shipped: bool


class CreditRecord(TypedDict):
    user_id: str
    share: float


class SurveyRecord(TypedDict):
    """``score`` is 1 to 5 (csat) or 0 to 10 (nps); ``credits`` are those who earned it."""

    id: str
    ticket_id: str
    kind: Literal["csat", "nps"]
    score: int | None
    comment: str
    comment_intent: str
    credits: list[CreditRecord]
    answered_at: Iso | None
    recovered_at: Iso | None


class TicketPayload(TypedDict):
    """Of every ``ticket.*`` event: the whole ticket and the customer it names."""

    ticket: TicketRecord
    customer: CustomerRecord
    change: NotRequired[dict[str, list[Any]]]


class OtherTicket(TypedDict):
    id: str
    number: int
    subject: str


class SlaPayload(TypedDict):
    """A target of a ticket is missed, or soon will be."""

    ticket: TicketRecord
    customer: CustomerRecord
    target: Literal["first_reply", "next_reply", "resolution"]
    policy: str
    policy_id: str | None
    due_at: Iso | None
    tell: NotRequired[list[str]]


class TwoTicketsPayload(TypedDict):
    """Something between two tickets: one event for each of them, which names the other.

    ``positions`` renumbers messages that stayed: {message id: [position, version]}.
    """

    ticket: TicketRecord
    customer: CustomerRecord
    other_ticket: OtherTicket
    positions: dict[str, list[int]]


class RemovedPayload(TypedDict):
    """The ticket and all its messages are gone for good; whoever holds them forgets them."""

    ticket_id: str
    number: int


class BulkFailure(TypedDict):
    ticket_id: str
    number: int
    reason: str


class BulkJobRecord(TypedDict):
    id: str
    user_id: str
    action: str
    params: dict[str, Any]
    state: Literal["running", "done", "cancelled", "undoing", "undone"]
    total: int
    done: int
    failed: int
    undone: int
    kept: int
    is_reversible: bool
    undo_until: Iso | None
    failures: list[BulkFailure]
    created_at: Iso
    finished_at: Iso | None
    version: int


class BulkPayload(TypedDict):
    job: BulkJobRecord


class MessagePayload(TypedDict):
    """Of every ``message.*`` event: the whole message, its ticket and the ticket's customer."""

    message: MessageRecord
    ticket: TicketRecord
    customer: CustomerRecord
    change: NotRequired[dict[str, list[Any]]]


class CustomerPayload(TypedDict):
    customer: CustomerRecord
    change: NotRequired[dict[str, list[Any]]]


class CustomerNotePayload(TypedDict):
    """A note was written, changed or taken away."""

    note: CustomerNoteRecord
    is_deleted: bool


class CustomerMergePayload(TypedDict):
    """Two customers became one, or two again: both records as they are now."""

    merge_id: str
    customer: CustomerRecord
    other: CustomerRecord


class CustomFieldPayload(TypedDict):
    field: CustomFieldRecord


class OrderPayload(TypedDict):
    order_id: str
    customer_id: str | None
    change: NotRequired[dict[str, list[Any]]]


class ProfilePayload(TypedDict):
    profile_id: str
    customer_id: str | None
    change: NotRequired[dict[str, list[Any]]]


class SurveyPayload(TypedDict):
    ticket: TicketRecord
    customer: CustomerRecord
    survey: SurveyRecord


class NotificationRecord(TypedDict):
    """News for one person, about a ticket, an order action or (for admins) a channel or a store.

    ``channels`` is how their page shall tell them, as they asked for.

    ``is_listed`` is whether it is kept below the bell; otherwise it is told and forgotten.
    """

    id: str
    kind: str
    ticket_id: str | None
    ticket_number: int | None
    ticket_subject: str
    customer_name: str
    channel_id: str | None
    channel_name: str
    store_id: str | None
    store_name: str
    order_action_id: str | None
    order_number: str
    message_id: str | None
    actor: AuthorRecord
    preview: str
    channels: list[str]
    is_listed: bool
    created_at: Iso
    read_at: Iso | None


class NotificationPayload(TypedDict):
    """Delivered only to ``user_id``."""

    user_id: str
    notification: NotificationRecord


class ReadPayload(TypedDict):
    """Delivered only to ``user_id``, on all their pages."""

    user_id: str
    notification_ids: list[str]


class RuleNotice(TypedDict):
    """Whom a rule wants to be told, and of what."""

    user_ids: list[str]
    team_ids: list[str]
    text: str


class RuleRunPayload(TypedDict):
    """What a rule did. ``trouble``: why it could not, where an admin should know."""

    ticket_id: str
    run_id: str
    rule_id: str
    rule_name: str
    rule_version: int
    actions: list[str]
    team_id: NotRequired[str | None]
    notify: NotRequired[list[RuleNotice]]
    trouble: NotRequired[str]


class RuleDuePayload(TypedDict):
    """A rule is to run on a ticket: its timer fired, its hour came, somebody asked, or an order
    moved. ``message_id`` and ``order_id`` are what it is about."""

    ticket_id: str
    rule_id: str
    trigger: str
    message_id: str | None
    order_id: str | None
    team_id: str | None


class HiddenPayload(TypedDict):
    """A ticket went where this person may not look: forget it and all that belongs to it."""

    ticket_id: str


class UserPayload(TypedDict):
    user: UserRecord
    change: NotRequired[dict[str, list[Any]]]


class OrganizationRecord(TypedDict):
    """The shop with the settings that hold for everybody."""

    id: str
    name: str
    slug: str
    settings: dict[str, Any]


class OrganizationPayload(TypedDict):
    organization: OrganizationRecord
    change: NotRequired[dict[str, list[Any]]]


class TeamPayload(TypedDict):
    team: TeamRecord
    is_deleted: NotRequired[bool]
    change: NotRequired[dict[str, list[Any]]]


class TagPayload(TypedDict):
    tag: TagRecord


class ChannelPayload(TypedDict):
    channel: ChannelRecord
    is_deleted: NotRequired[bool]


class StorePayload(TypedDict):
    store: ConnectedStoreRecord
    is_deleted: NotRequired[bool]


class ViewPayload(TypedDict):
    """Goes to those who see the view: its owner, its team, or everybody."""

    view: ViewRecord
    is_deleted: bool


class ViewRemovedPayload(TypedDict):
    """Goes to those who saw the view before it was deleted or given to fewer people."""

    id: str
    scope: Literal["personal", "team", "shared"]
    owner_id: str | None
    team_id: str | None
    is_deleted: bool


class ViewOrderPayload(TypedDict):
    """Goes to the person whose order it is."""

    user_id: str
    view_ids: list[str]


class MacroOrderAction(TypedDict):
    """What a macro does to an order once a person has confirmed it."""

    kind: str
    params: dict[str, Any]


class MacroPayload(TypedDict):
    """Goes to those who see the macro. One that is switched off or out of sight is deleted."""

    id: str
    name: str
    folder: NotRequired[str]
    acts_on_order: NotRequired[MacroOrderAction | None]
    audience: NotRequired[Literal["everybody", "team", "personal"]]
    owner_id: NotRequired[str | None]
    team_id: NotRequired[str | None]
    is_deleted: bool


class MacroRemovedPayload(TypedDict):
    """Goes to those who saw the macro before it was given to fewer or other people."""

    id: str
    audience: Literal["everybody", "team", "personal"]
    owner_id: str | None
    team_id: str | None
    is_deleted: bool


class SettingPayload(TypedDict):
    """A rule changed; clients that show it load it again."""

    id: str
    name: str
    is_deleted: bool


class SettingChangePayload(TypedDict):
    """Who changed what is said by the event; ``change`` is before and after by name."""

    kind: Literal["sla_policy", "calendar", "surveys"]
    id: str
    name: str
    is_deleted: bool
    change: dict[str, list[Any]]


class MoneyRecord(TypedDict):
    """An amount in the currency's minor unit, and as people read it."""

    minor: int
    currency: str
    text: str


class ActionStepRecord(TypedDict):
    """One thing that an order action does. ``about`` is what it concerns, in the shop's words;
    ``detail`` what a person uses afterwards: {code}, {url}, {number}."""

    name: str
    state: Literal["waiting", "done", "pending", "failed"]
    amount: MoneyRecord | None
    quantity: int | None
    about: str
    reference: str
    reason: str
    detail: dict[str, Any]
    can_retry: bool


class ActionActorRecord(TypedDict):
    """A person, or the rule or macro that proposed it (then ``id`` is None)."""

    id: str | None
    name: str


class ApprovalRecord(TypedDict):
    """Why a second person must agree. ``limit`` is None where the kind itself is not allowed."""

    reason: Literal["limit", "budget", "capability"]
    limit: MoneyRecord | None


class OrderActionRecord(TypedDict):
    """Something that is to be done to an order, and what has come of it."""

    id: str
    order_id: str
    order_number: str
    store_id: str
    store_name: str
    ticket_id: str | None
    customer_id: str | None
    kind: str
    params: dict[str, Any]
    amount: MoneyRecord | None
    refund_to: str
    state: Literal[
        "proposed", "needs_approval", "queued", "running", "pending", "checking", "done",
        "partial", "failed", "rejected", "expired",
    ]  # fmt: skip
    steps: list[ActionStepRecord]
    actor: ActionActorRecord
    approver: ActionActorRecord | None
    approval: ApprovalRecord | None
    note: str
    reason: str
    reason_code: str
    instead: list[str]
    is_automatic: bool
    rule_id: str | None
    before: dict[str, str]
    after: dict[str, str]
    can_retry: bool
    needs_person: bool
    created_at: Iso
    started_at: Iso | None
    finished_at: Iso | None
    expires_at: Iso | None
    version: int


class OrderActionPayload(TypedDict):
    """An order action moved on; goes to those who see its ticket."""

    order_action: OrderActionRecord
    ticket_id: str | None
    team_id: str | None
    customer_id: str | None
    change: NotRequired[dict[str, list[Any]]]


class OrderLimitsPayload(TypedDict):
    """What roles may do to orders alone, and the room where others are asked to approve."""

    policies: list[dict[str, Any]]
    approvals: dict[str, Any] | None
    change: NotRequired[dict[str, list[Any]]]
