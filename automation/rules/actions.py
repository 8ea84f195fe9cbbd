"""What a rule or a macro can do to a ticket: one small class each, the same list for both.

Each class knows its parameters (``clean`` checks them when a rule or macro is saved), says in
words what it will do (``describe``) and does it through ``tickets.actions`` (``apply``), which
returns what came of it in words.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from automation.macros.models import Macro
from automation.orders import OrderMeant
from automation.rules import automatic_replies, outside, team_alerts
from automation.rules.order_actions import ActOnOrder
from automation.rules.params import (
    MESSAGES,
    OUTSIDE,
    Harmless,
    Params,
    choice_in,
    reference_in,
    references_in,
    tags_in,
    tags_in_words,
    text_in,
)
from automation.rules.ticket_actions import (
    MERGE,
    AssignByTurn,
    MergeIntoOpen,
    ResetTags,
    SetSubject,
)
from automation.rules.writing_actions import (
    RunMacroActions,
    SendEmail,
    SendSurvey,
    TurnSurveyOff,
)
from helpdesk.accounts.models import Role, Team, User
from helpdesk.events.outbox import current_origin
from helpdesk.lib.clock import now
from helpdesk.lib.errors import FieldError, InvalidInput
from tickets.actions.assign import assign
from tickets.actions.change import lock_ticket
from tickets.actions.custom_fields import merge_values, set_ticket_fields
from tickets.actions.marks import set_priority
from tickets.actions.reply import add_note
from tickets.actions.status import set_status, snooze
from tickets.actions.tags import change_tags
from tickets.fields import parse_duration
from tickets.models import Channel, FieldOwner, Message, Priority, Status

MAX_ACTIONS = 20
MAX_NOTE_CHARS = 10_000
MAX_NOTICE_CHARS = 200


@dataclass(frozen=True)
class ActionContext:
    """What an action may need to know besides its parameters.

    ``still_holds`` reads the order again and says whether the rule's conditions still hold: asked
    right before anything is sent to a customer. ``run_id`` is None for a macro of an agent.
    """

    organization_id: uuid.UUID
    ticket_id: uuid.UUID
    message: Message | None = None
    order_meant: OrderMeant | None = None
    run_id: uuid.UUID | None = None
    still_holds: Callable[[], bool] = lambda: True
    source: str = ""
    trigger: str = ""
    """What made the rule run; empty for a macro."""
    why: str = ""
    """What was true, in words: ``Intent is cancel order, Order is not fulfilled``."""


class Action(Protocol):
    """One kind of action."""

    type: str
    label: str
    is_for_macros: bool

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        """The parameters as they are stored; raises InvalidInput naming the wrong one."""

    def dangers(self, params: Params) -> frozenset[str]:
        """Which of ``definition.SAFETY`` it is: messages, money, outside."""

    def describe(self, params: Params) -> str:
        """``Add tags cancellation, urgent``."""

    def apply(self, context: ActionContext, params: Params) -> str:
        """Do it; returns what came of it. Raises HelpdeskError when it cannot be done."""


class AddTags(Harmless):
    type, label, is_for_macros = "add_tags", "Add tags", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {"tags": tags_in(params)}

    def describe(self, params: Params) -> str:
        return f"Add {tags_in_words(params)}"

    def apply(self, context: ActionContext, params: Params) -> str:
        change_tags(context.ticket_id, add=params["tags"])
        return "done"


class RemoveTags(Harmless):
    type, label, is_for_macros = "remove_tags", "Remove tags", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {"tags": tags_in(params)}

    def describe(self, params: Params) -> str:
        return f"Remove {tags_in_words(params)}"

    def apply(self, context: ActionContext, params: Params) -> str:
        change_tags(context.ticket_id, remove=params["tags"])
        return "done"


class SetPriority(Harmless):
    type, label, is_for_macros = "set_priority", "Set priority", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {"priority": choice_in(params, "priority", Priority.values)}

    def describe(self, params: Params) -> str:
        return f"Set priority to {params['priority']}"

    def apply(self, context: ActionContext, params: Params) -> str:
        set_priority(context.ticket_id, params["priority"])
        return "done"


class SetStatus(Harmless):
    type, label, is_for_macros = "set_status", "Set status", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        allowed = [Status.OPEN, Status.CLOSED, Status.SPAM, Status.TRASH]
        return {"status": choice_in(params, "status", [str(each) for each in allowed])}

    def describe(self, params: Params) -> str:
        words = {"open": "Open the ticket", "closed": "Close the ticket"}
        return words.get(params["status"], f"Move the ticket to {params['status']}")

    def apply(self, context: ActionContext, params: Params) -> str:
        set_status(context.ticket_id, params["status"])
        return "done"


class AssignPerson(Harmless):
    type, label, is_for_macros = "assign_person", "Assign to a person", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        people = User.objects.filter(is_active=True).exclude(role=Role.VIEWER)
        user = reference_in(organization_id, params, "user_id", people)
        return {"user_id": user and str(user.pk), "name": user.name if user else ""}

    def describe(self, params: Params) -> str:
        return f"Assign to {params['name']}" if params["user_id"] else "Take the assignee away"

    def apply(self, context: ActionContext, params: Params) -> str:
        user_id = params["user_id"]
        assign(context.ticket_id, assignee_id=uuid.UUID(user_id) if user_id else None)
        return "done"


class AssignTeam(Harmless):
    type, label, is_for_macros = "assign_team", "Assign to a team", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        team = reference_in(organization_id, params, "team_id", Team.objects.all())
        return {"team_id": team and str(team.pk), "name": team.name if team else ""}

    def describe(self, params: Params) -> str:
        return f"Assign to team {params['name']}" if params["team_id"] else "Take the team away"

    def apply(self, context: ActionContext, params: Params) -> str:
        team_id = params["team_id"]
        assign(context.ticket_id, team_id=uuid.UUID(team_id) if team_id else None)
        return "done"


class Snooze(Harmless):
    type, label, is_for_macros = "snooze", "Snooze", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        if parse_duration(params.get("duration")) is None:
            raise InvalidInput.field("duration", "Write a duration like 30m, 2h or 7d.")
        return {"duration": params["duration"]}

    def describe(self, params: Params) -> str:
        return f"Snooze for {params['duration']}"

    def apply(self, context: ActionContext, params: Params) -> str:
        duration = parse_duration(params["duration"])
        if duration is None:
            raise InvalidInput.field("duration", "Write a duration like 30m, 2h or 7d.")
        snooze(context.ticket_id, now() + duration)
        return "done"


class AddNote(Harmless):
    type, label, is_for_macros = "add_note", "Add an internal note", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {"text": text_in(params, "text", most=MAX_NOTE_CHARS, what="A note")}

    def describe(self, params: Params) -> str:
        words = " ".join(params["text"].split())
        return f"Add a note: “{words[:60]}{'…' if len(words) > 60 else ''}”"

    def apply(self, context: ActionContext, params: Params) -> str:
        add_note(context.ticket_id, params["text"])
        return "done"


class ReplyWithMacro:
    """Sends mail to a customer without a person: everything in ``automatic_replies`` must agree."""

    type, label, is_for_macros = "reply_with_macro", "Reply with a macro", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        macro = reference_in(organization_id, params, "macro_id", Macro.objects.all())
        if macro is None:
            raise InvalidInput.field("macro_id", "Choose a macro.", code="required")
        return {"macro_id": str(macro.pk), "name": macro.name}

    def dangers(self, params: Params) -> frozenset[str]:
        return MESSAGES

    def describe(self, params: Params) -> str:
        return f"Reply with the macro “{params['name']}”"

    def apply(self, context: ActionContext, params: Params) -> str:
        return automatic_replies.reply_with_macro(
            uuid.UUID(params["macro_id"]),
            ticket_id=context.ticket_id,
            message=context.message,
            order_meant=context.order_meant,
            run_id=context.run_id,
            still_holds=context.still_holds,
            trigger=context.trigger,
        )


class PostToSlack:
    """An alert where the team talks; it says so itself when the ticket is closed."""

    type, label, is_for_macros = "post_to_slack", "Post to Slack", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        among = Channel.objects.filter(kind=team_alerts.SLACK)
        channel = reference_in(organization_id, params, "channel_id", among)
        if channel is None:
            raise InvalidInput.field("channel_id", "Choose a Slack workspace.", code="required")
        place, name = team_alerts.clean_place(channel, params.get("place"), params.get("name"))
        return {"channel_id": str(channel.pk), "place": place, "name": name}

    def dangers(self, params: Params) -> frozenset[str]:
        return OUTSIDE

    def describe(self, params: Params) -> str:
        return f"Post to {params['name']} in Slack"

    def apply(self, context: ActionContext, params: Params) -> str:
        return team_alerts.post(
            context.organization_id,
            context.ticket_id,
            channel_id=uuid.UUID(params["channel_id"]),
            place=params["place"],
            run_id=context.run_id,
            why=": ".join(each for each in (context.source, context.why) if each),
        )


class SetField(Harmless):
    type, label, is_for_macros = "set_field", "Set a field", True

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        slug, value = params.get("slug"), params.get("value")
        if not isinstance(slug, str):
            raise InvalidInput.field("slug", "Choose a field.", code="required")
        try:
            merge_values(organization_id, FieldOwner.TICKET, {}, {slug: value})
        except InvalidInput as error:
            raise InvalidInput.field("value", error.message) from error
        return {"slug": slug, "value": value}

    def describe(self, params: Params) -> str:
        if params["value"] is None:
            return f"Empty the field {params['slug']}"
        return f"Set the field {params['slug']} to {params['value']}"

    def apply(self, context: ActionContext, params: Params) -> str:
        set_ticket_fields(context.ticket_id, {params["slug"]: params["value"]})
        return "done"


class Notify(Harmless):
    """News for people and teams in the way each of them chose; the run's event carries it."""

    type, label, is_for_macros = "notify", "Notify people", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        text = params.get("text") or ""
        if not isinstance(text, str) or len(text) > MAX_NOTICE_CHARS:
            raise InvalidInput.field("text", f"At most {MAX_NOTICE_CHARS} characters.")
        users = references_in(
            organization_id, params, "user_ids", User.objects.filter(is_active=True)
        )
        teams = references_in(organization_id, params, "team_ids", Team.objects.all())
        if not users and not teams:
            raise InvalidInput.field("user_ids", "Choose people or a team.", code="required")
        return {
            "user_ids": [str(each.pk) for each in users],
            "team_ids": [str(each.pk) for each in teams],
            "names": [each.name for each in (*users, *teams)],
            "text": " ".join(text.replace("\x00", "").split()),
        }

    def describe(self, params: Params) -> str:
        return f"Notify {', '.join(params['names'])}"

    def apply(self, context: ActionContext, params: Params) -> str:
        return "done"


class CallWebhook:
    """Tells an outside address, signed; tried again for a day when it does not answer."""

    type, label, is_for_macros = "webhook", "Call a web address", False

    def clean(self, organization_id: uuid.UUID, params: Params) -> Params:
        return {"url": outside.clean_url(params.get("url"))}

    def dangers(self, params: Params) -> frozenset[str]:
        return OUTSIDE

    def describe(self, params: Params) -> str:
        return f"Call {urlsplit(params['url']).hostname}"

    def apply(self, context: ActionContext, params: Params) -> str:
        actor = current_origin().actor
        if context.run_id is None:
            raise InvalidInput("Only rules call web addresses.")
        return outside.queue_call(
            params["url"],
            ticket=lock_ticket(context.ticket_id),
            run_id=context.run_id,
            rule=(uuid.UUID(actor.id) if actor.id else None, actor.name),
            why=context.why,
        )


_ALL: list[Action] = [
    AddTags(),
    RemoveTags(),
    ResetTags(),
    SetSubject(),
    SetPriority(),
    SetStatus(),
    AssignPerson(),
    AssignTeam(),
    Snooze(),
    AddNote(),
    ReplyWithMacro(),
    RunMacroActions(),
    SendEmail(),
    SendSurvey(),
    TurnSurveyOff(),
    PostToSlack(),
    ActOnOrder(),
    AssignByTurn(),
    SetField(),
    Notify(),
    CallWebhook(),
    MergeIntoOpen(),
]
ACTIONS: dict[str, Action] = {each.type: each for each in _ALL}


def clean_actions(
    organization_id: uuid.UUID, actions: Any, *, for_macro: bool = False, path: str = "actions"
) -> list[dict[str, Any]]:
    """The actions as they are stored; raises InvalidInput naming ``actions.1.params.tags``."""
    if not isinstance(actions, list) or len(actions) > MAX_ACTIONS:
        raise InvalidInput.field(path, f"Give a list of at most {MAX_ACTIONS} actions.")
    cleaned, errors = [], []
    for index, each in enumerate(actions):
        try:
            cleaned.append(_clean_one(organization_id, each, for_macro=for_macro))
        except InvalidInput as error:
            errors += [
                FieldError(f"{path}.{index}.{wrong.path}", wrong.code, wrong.message)
                for wrong in error.errors
            ]
        else:
            if for_macro and [one["type"] for one in cleaned].count(ActOnOrder.type) > 1:
                message = "A macro acts on the order once."
                errors.append(FieldError(f"actions.{index}.type", "twice", message))
    if MERGE in [each["type"] for each in cleaned[:-1]]:
        message = "Merging must come last: the ticket is closed for good afterwards."
        errors.append(FieldError(f"{path}.{len(cleaned) - 1}.type", "after_merge", message))
    if errors:
        raise InvalidInput(errors[0].message, errors=errors)
    return cleaned


def describe_actions(actions: list[dict[str, Any]]) -> list[dict[str, str]]:
    """What they will do, in words."""
    return [
        {"type": each["type"], "description": ACTIONS[each["type"]].describe(each["params"])}
        for each in actions
        if each["type"] in ACTIONS
    ]


def _clean_one(organization_id: uuid.UUID, action: Any, *, for_macro: bool) -> dict[str, Any]:
    kind = ACTIONS.get(action.get("type", "")) if isinstance(action, dict) else None
    if kind is None or (for_macro and not kind.is_for_macros):
        raise InvalidInput.field("type", "There is no such action.", code="unknown_action")
    params = action.get("params", {})
    if not isinstance(params, dict):
        raise InvalidInput.field("params", "The parameters must be an object.")
    if for_macro and params.get("mode") == "automatic":
        raise InvalidInput.field("params.mode", "A macro only proposes: a person confirms.")
    try:
        return {"type": kind.type, "params": kind.clean(organization_id, params)}
    except InvalidInput as error:
        wrong = [FieldError(f"params.{e.path}", e.code, e.message) for e in error.errors]
        raise InvalidInput(error.message, errors=wrong) from error
