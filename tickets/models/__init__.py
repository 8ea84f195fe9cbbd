"""Tickets, their messages, and what both point to."""

from tickets.models.acting import (
    BlockedSender,
    BulkItem,
    BulkItemState,
    BulkJob,
    BulkState,
    Merge,
    Split,
)
from tickets.models.attachment import Attachment, FileState
from tickets.models.channel import Channel
from tickets.models.custom_field import CustomField, FieldOwner, FieldType
from tickets.models.customer import (
    Customer,
    CustomerMerge,
    CustomerNote,
    Handle,
    HandleKind,
    KeptApart,
)
from tickets.models.draft import Draft
from tickets.models.message import DeliveryState, Direction, Message, MessageBody, MessageKind
from tickets.models.tag import Tag
from tickets.models.ticket import (
    CsatState,
    Priority,
    SlaState,
    Status,
    Ticket,
    TicketKind,
    TicketNumbers,
    WakesOn,
)
from tickets.models.view import Scope, View, ViewOrder
from tickets.models.words import CustomerWords, StaleWords, TicketWords

__all__ = [
    "Attachment",
    "BlockedSender",
    "BulkItem",
    "BulkItemState",
    "BulkJob",
    "BulkState",
    "Channel",
    "CsatState",
    "CustomField",
    "Customer",
    "CustomerMerge",
    "CustomerNote",
    "CustomerWords",
    "DeliveryState",
    "Direction",
    "Draft",
    "FieldOwner",
    "FieldType",
    "FileState",
    "Handle",
    "HandleKind",
    "KeptApart",
    "Merge",
    "Message",
    "MessageBody",
    "MessageKind",
    "Priority",
    "Scope",
    "SlaState",
    "Split",
    "StaleWords",
    "Status",
    "Tag",
    "Ticket",
    "TicketKind",
    "TicketNumbers",
    "TicketWords",
    "View",
    "ViewOrder",
    "WakesOn",
]
