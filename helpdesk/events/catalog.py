"""Every event type: its name, the shape of its payload and the payload's version.

Within a version payloads only grow. The catalogue is exported to ``catalog.json`` and, as types,
to the front end; readers skip types they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.events import payloads

MAJOR_VERSION = 1
"""Raised when old clients cannot go on; they are told to load afresh."""


@dataclass(frozen=True)
class EventType:
    """A kind of event: past tense, ``object.happened``."""

    name: str
    payload: type
    describes: str
    version: int = 1


_TYPES = [
    EventType("ticket.created", payloads.TicketPayload, "A ticket began"),
    EventType("ticket.updated", payloads.TicketPayload, "Subject, language or marks changed"),
    EventType("ticket.status_changed", payloads.TicketPayload, "Opened, closed, spam or trash"),
    EventType("ticket.assigned", payloads.TicketPayload, "Given to a person or team, or to none"),
    EventType("ticket.tagged", payloads.TicketPayload, "Tags were added or removed"),
    EventType("ticket.priority_changed", payloads.TicketPayload, "The priority changed"),
    EventType("ticket.snoozed", payloads.TicketPayload, "Put to sleep or woken"),
    EventType("ticket.read", payloads.TicketPayload, "Marked as read or unread"),
    EventType("ticket.followed", payloads.TicketPayload, "Somebody follows it, or no longer"),
    EventType("ticket.drafted", payloads.TicketPayload, "Somebody began a draft, or ended it"),
    EventType("ticket.hidden", payloads.HiddenPayload, "Out of this person's sight; never stored"),
    EventType("ticket.merged", payloads.TwoTicketsPayload, "Two tickets became one"),
    EventType("ticket.unmerged", payloads.TwoTicketsPayload, "A merge was taken back"),
    EventType("ticket.split", payloads.TwoTicketsPayload, "Messages left for a new ticket"),
    EventType("ticket.linked", payloads.TwoTicketsPayload, "Two tickets name each other"),
    EventType("ticket.unlinked", payloads.TwoTicketsPayload, "They do so no more"),
    EventType("ticket.removed", payloads.RemovedPayload, "Deleted for good"),
    EventType("message.received", payloads.MessagePayload, "A message came in"),
    EventType("message.understood", payloads.MessagePayload, "Language, intent, sentiment known"),
    EventType("message.intent_corrected", payloads.MessagePayload, "A person says what it wants"),
    EventType("message.queued", payloads.MessagePayload, "A message waits to be sent"),
    EventType("message.noted", payloads.MessagePayload, "An internal note was added"),
    EventType("message.moved", payloads.MessagePayload, "The message is on another ticket now"),
    EventType("message.delivery_changed", payloads.MessagePayload, "Delivery moved forward"),
    EventType("message.changed", payloads.MessagePayload, "Its text, files or details changed"),
    EventType("message.withdrawn", payloads.MessagePayload, "Sending was undone in time"),
    EventType("customer.updated", payloads.CustomerPayload, "A customer or handle changed"),
    EventType("customer.noted", payloads.CustomerNotePayload, "A note on a customer changed"),
    EventType("customer.merged", payloads.CustomerMergePayload, "Two customers became one"),
    EventType("customer.unmerged", payloads.CustomerMergePayload, "A merge was undone"),
    EventType("field.updated", payloads.CustomFieldPayload, "A custom field was defined"),
    EventType("order.updated", payloads.OrderPayload, "An order changed at the store"),
    EventType("profile.updated", payloads.ProfilePayload, "A service said what it knows of one"),
    EventType("order_action.changed", payloads.OrderActionPayload, "An order action moved on"),
    EventType("order_limits.updated", payloads.OrderLimitsPayload, "Who may do what to orders"),
    EventType("csat.planned", payloads.SurveyPayload, "A survey will be sent"),
    EventType("csat.sent", payloads.SurveyPayload, "A survey went out"),
    EventType("csat.answered", payloads.SurveyPayload, "A customer gave a score"),
    EventType("sla.warned", payloads.SlaPayload, "A target will soon be missed"),
    EventType("sla.breached", payloads.SlaPayload, "A target was missed"),
    EventType("rule.ran", payloads.RuleRunPayload, "A rule matched and acted"),
    EventType("rule.due", payloads.RuleDuePayload, "A rule is to run by time, hand or order"),
    EventType("user.updated", payloads.UserPayload, "A person or their role changed"),
    EventType("organization.updated", payloads.OrganizationPayload, "The shop's settings changed"),
    EventType("team.updated", payloads.TeamPayload, "A team changed"),
    EventType("notification.added", payloads.NotificationPayload, "A person has news"),
    EventType("notification.read", payloads.ReadPayload, "A person has seen their news"),
    EventType("tag.updated", payloads.TagPayload, "A tag was added or described"),
    EventType("channel.updated", payloads.ChannelPayload, "A channel or its health changed"),
    EventType("store.updated", payloads.StorePayload, "A store, its health or its backfill moved"),
    EventType("view.updated", payloads.ViewPayload, "A view changed"),
    EventType("view.removed", payloads.ViewRemovedPayload, "A view is gone, or gone for some"),
    EventType("view.ordered", payloads.ViewOrderPayload, "A person moved their views about"),
    EventType("macro.removed", payloads.MacroRemovedPayload, "A macro is gone for some"),
    EventType("macro.updated", payloads.MacroPayload, "A macro changed"),
    EventType("bulk.progressed", payloads.BulkPayload, "Work on many tickets went on"),
    EventType("sender.updated", payloads.SettingPayload, "A sender was blocked or unblocked"),
    EventType(
        "setting.updated", payloads.SettingChangePayload, "A service level or survey changed"
    ),
    EventType("rule.updated", payloads.SettingPayload, "A rule changed"),
]

TYPES: dict[str, EventType] = {each.name: each for each in _TYPES}


def version_of(name: str) -> int:
    """The payload version of an event type; raises KeyError for one that is not listed here."""
    return TYPES[name].version
