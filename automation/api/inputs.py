"""What may be sent to the endpoints of rules, macros and surveys."""

from __future__ import annotations

from rest_framework import serializers

from helpdesk.lib.api import StrictSerializer

MAX_BODY_CHARS = 20_000


class RuleParts(StrictSerializer):
    """What a rule says; checked by ``automation.rules.definition``."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=500, allow_blank=True, required=False)
    triggers = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=20, required=False
    )
    conditions = serializers.JSONField(required=False)
    actions = serializers.JSONField(required=False)
    else_actions = serializers.JSONField(required=False)
    wait = serializers.JSONField(required=False, allow_null=True)
    schedule = serializers.JSONField(required=False, allow_null=True)
    limits = serializers.JSONField(required=False)
    stop_after = serializers.BooleanField(required=False)
    runs_on_automatic = serializers.BooleanField(required=False)
    once_per_ticket_hours = serializers.IntegerField(min_value=0, max_value=8760, required=False)


class RuleInput(RuleParts):
    """Any of these, at once: what a rule says becomes its next live version.

    ``version`` is the one that was edited: if somebody saved since, the answer is 409.
    """

    mode = serializers.CharField(max_length=10, required=False)
    is_active = serializers.BooleanField(required=False)
    position = serializers.IntegerField(min_value=0, max_value=100_000, required=False)
    version = serializers.IntegerField(min_value=1, required=False)


class NewRuleInput(RuleInput):
    """A ``definition`` alone makes a rule that is off, with a draft; the parts one that is live."""

    definition = serializers.JSONField(required=False)


class RuleDraftInput(StrictSerializer):
    """The whole definition, and the ``draft_revision`` that was seen."""

    definition = serializers.JSONField()
    based_on = serializers.IntegerField(min_value=0)


class RulePublishInput(StrictSerializer):
    """Why, how it goes on, and the ``draft_revision`` that was seen."""

    note = serializers.CharField(max_length=500, allow_blank=True, required=False)
    mode = serializers.CharField(max_length=10, required=False)
    based_on = serializers.IntegerField(min_value=0, required=False)


class RuleOrderInput(StrictSerializer):
    """Every rule once, in the order they shall run."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=1000)


class NothingInput(StrictSerializer):
    """Nothing is needed."""


class AutomationTextInput(StrictSerializer):
    """A text of ``automation/export``; with ``is_rehearsal`` nothing is kept."""

    text = serializers.CharField(max_length=1_000_000, trim_whitespace=False)
    is_rehearsal = serializers.BooleanField()


class PatternInput(StrictSerializer):
    """A pattern and a text to try it on."""

    pattern = serializers.CharField(max_length=500, trim_whitespace=False)
    text = serializers.CharField(max_length=20_000, allow_blank=True, trim_whitespace=False)


class PastedMessageInput(StrictSerializer):
    """A message that nobody wrote, of a customer who has this order."""

    subject = serializers.CharField(max_length=998, allow_blank=True, required=False)
    text = serializers.CharField(max_length=20_000)
    channel_kind = serializers.CharField(max_length=30, required=False)
    order_id = serializers.UUIDField(required=False, allow_null=True)


class DryRunOverInput(StrictSerializer):
    """One of them: so many moments, so many days, one ticket, or a message that is pasted."""

    last = serializers.IntegerField(min_value=1, max_value=500, required=False)
    days = serializers.IntegerField(min_value=1, max_value=90, required=False)
    ticket_id = serializers.UUIDField(required=False)
    message = PastedMessageInput(required=False)


class DryRunInput(StrictSerializer):
    """A definition, of a rule or of none yet, and what it is tried on."""

    rule_id = serializers.UUIDField(required=False, allow_null=True)
    definition = serializers.JSONField()
    over = DryRunOverInput()


class MacroInput(StrictSerializer):
    """Any of these; texts and actions are checked by ``automation.macros.edit``."""

    name = serializers.CharField(max_length=120, required=False)
    folder = serializers.CharField(max_length=80, allow_blank=True, required=False)
    language_variants = serializers.JSONField(required=False)
    actions = serializers.JSONField(required=False)
    audience = serializers.CharField(max_length=10, required=False)
    team_id = serializers.UUIDField(required=False, allow_null=True)
    intents = serializers.JSONField(required=False)
    claims = serializers.JSONField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)
    version = serializers.IntegerField(min_value=1, required=False)


class MacroImportInput(StrictSerializer):
    """What the other helpdesk wrote, as it is."""

    export = serializers.JSONField()
    is_trial = serializers.BooleanField(default=False)


class MacroPreviewInput(StrictSerializer):
    """A text to try out on a ticket."""

    body = serializers.CharField(max_length=MAX_BODY_CHARS, trim_whitespace=False)
    subject = serializers.CharField(
        max_length=998, required=False, allow_null=True, allow_blank=True
    )
    language = serializers.CharField(
        max_length=12, required=False, allow_null=True, allow_blank=True
    )
    claims = serializers.JSONField(required=False, allow_null=True)
    ticket_id = serializers.UUIDField(required=False, allow_null=True)
    ticket_number = serializers.IntegerField(min_value=1, required=False, allow_null=True)
    order_id = serializers.UUIDField(required=False, allow_null=True)


class MacroRenderInput(StrictSerializer):
    """For whom to fill the macro."""

    ticket_id = serializers.UUIDField()
    order_id = serializers.UUIDField(required=False, allow_null=True)
    language = serializers.CharField(
        max_length=12, required=False, allow_null=True, allow_blank=True
    )


class MacroCheckInput(StrictSerializer):
    """A text to check."""

    body = serializers.CharField(max_length=MAX_BODY_CHARS, allow_blank=True, trim_whitespace=False)


class NoSurveyInput(NothingInput):
    """Nothing is needed."""


class IntentInput(StrictSerializer):
    """A name of GET /intents, or nothing for none of them."""

    intent = serializers.CharField(max_length=40, allow_blank=True)
