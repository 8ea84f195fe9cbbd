"""Actions on the ticket as a whole: its subject, all its tags, who of a team has it, joining it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from automation.rules.params import Harmless, Params, choice_in, reference_in, text_in
from helpdesk.accounts.models import Strategy, Team
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.ids import new_id
from tickets.actions.change import lock_ticket
from tickets.actions.hand_out import assign_within
from tickets.actions.marks import set_subject
from tickets.actions.merge import merge
from tickets.actions.tags import set_tags
from tickets.models import Message, MessageKind, Status, Ticket

if TYPE_CHECKING:
    from automation.rules.actions import ActionContext

LAST_AGENT = "last_agent"
MAX_SUBJECT_CHARS = 998
MERGE = "merge_into_open"


class ResetTags(Harmless):
    type, label, is_for_macros = "reset_tags", "Take all tags away", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {}

    def describe(self, params: Params) -> str:
        return "Take all tags away"

    def apply(self, context: ActionContext, params: Params) -> str:
        set_tags(context.ticket_id, [])
        return "done"


class SetSubject(Harmless):
    type, label, is_for_macros = "set_subject", "Set the subject", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        text = text_in(params, "subject", most=MAX_SUBJECT_CHARS, what="A subject")
        return {"subject": " ".join(text.split())}

    def describe(self, params: Params) -> str:
        return f"Set the subject to “{params['subject'][:60]}”"

    def apply(self, context: ActionContext, params: Params) -> str:
        set_subject(context.ticket_id, params["subject"])
        return "done"


class AssignByTurn(Harmless):
    """To a team and whoever of it is there: in turn, who has least to do, or who knows them."""

    type, label, is_for_macros = "assign_by_turn", "Assign within a team", True
    strategies = (*(str(each) for each in Strategy if each != Strategy.MANUAL), LAST_AGENT)

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        team = reference_in(organization_id, params, "team_id", Team.objects.all())
        if team is None:
            raise InvalidInput.field("team_id", "Choose a team.", code="required")
        strategy = choice_in(params, "strategy", list(self.strategies))
        return {"team_id": str(team.pk), "name": team.name, "strategy": strategy}

    def describe(self, params: Params) -> str:
        how = {
            Strategy.ROUND_ROBIN: "in turn",
            LAST_AGENT: "to whoever answered this customer last, else in turn",
        }.get(params["strategy"], "to the least busy")
        return f"Assign within team {params['name']} {how}"

    def apply(self, context: ActionContext, params: Params) -> str:
        strategy, wanted = params["strategy"], None
        if strategy == LAST_AGENT:
            wanted = last_agent_of(lock_ticket(context.ticket_id))
            strategy = str(Strategy.ROUND_ROBIN)
        person = assign_within(
            context.ticket_id, uuid.UUID(params["team_id"]), strategy=strategy, wanted=wanted
        )
        return "done" if person else "given to the team: nobody is free"


def last_agent_of(ticket: Ticket) -> uuid.UUID | None:
    """Who of us wrote to this customer last, on whichever ticket."""
    answers = Message.objects.filter(
        organization_id=ticket.organization_id,
        ticket__customer_id=ticket.customer_id,
        kind=MessageKind.REPLY,
        is_automatic=False,
        user__isnull=False,
    )
    return answers.order_by("-created_at").values_list("user_id", flat=True).first()


class MergeIntoOpen(Harmless):
    """Into the newest other open ticket of the same proven customer; else nothing is merged.

    Always the last action: the ticket is a tombstone afterwards. A person can take it back.
    """

    type, label, is_for_macros = MERGE, "Merge into their open ticket", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {}

    def describe(self, params: Params) -> str:
        return "Merge into the customer’s newest other open ticket"

    def apply(self, context: ActionContext, params: Params) -> str:
        ticket = lock_ticket(context.ticket_id)
        reason = why_not_mergeable(ticket, context.message)
        if reason:
            return f"not merged: {reason}"
        target = find_merge_target(ticket)
        if target is None:
            return "not merged: the customer has no other open ticket"
        merge_id = uuid.uuid5(context.run_id, MERGE) if context.run_id else new_id()
        merge(ticket.pk, target.pk, user=None, merge_id=merge_id)
        return f"merged into #{target.number}"


def why_not_mergeable(ticket: Ticket, message: Message | None) -> str:
    """Why a machine must not join this ticket to another one; empty if it may."""
    if message is None:
        return "there is no message that says who it is"
    if message.is_sender_verified is not True:
        return "the sender is not verified"
    return "everybody can read it" if message.details.get("is_public") else ""


def find_merge_target(ticket: Ticket) -> Ticket | None:
    """The newest other open ticket of the same customer, of the same kind and in the same sight."""
    others = Ticket.objects.filter(
        organization_id=ticket.organization_id,
        customer_id=ticket.customer_id,
        kind=ticket.kind,
        status__in=(Status.OPEN, Status.SNOOZED),
        merged_into=None,
    ).exclude(pk=ticket.pk)
    team = ticket.team
    is_private = team is not None and team.is_private
    seen = others.filter(team=team) if is_private else others.exclude(team__is_private=True)
    return seen.order_by("-last_message_at", "-number").first()
