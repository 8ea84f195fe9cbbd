"""What may be sent to the ticket endpoints."""

from __future__ import annotations

import re
from typing import Any
from zoneinfo import available_timezones

from rest_framework import serializers

from helpdesk.lib.api import StrictSerializer
from tickets.actions.customer_merge import CHOOSABLE
from tickets.models import FieldOwner, FieldType, HandleKind, Priority, Status, WakesOn

MAX_TEXT_CHARS = 500_000
EITHER = [("target", "The ticket that stays"), ("source", "The one that goes into it")]
MAX_RECIPIENTS = 100
MAX_CHOICES = 5
MAX_CHOICE_CHARS = 40
ORDER_ACTION = r"^(without|propose|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$"
ORDER_ACTION_HELP = (
    "What became of the macro's action on the order: the id of the one that was confirmed, "
    "`without`, or `propose` to leave it to somebody else."
)


# Custom fields by slug; null takes a value away. What fits is checked where it is written.
FIELD_VALUES = serializers.DictField(child=serializers.JSONField(allow_null=True), required=False)


class AddressInput(StrictSerializer):
    """An e-mail address with the name it is shown with."""

    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    address = serializers.EmailField(max_length=254)


class PlaceInput(StrictSerializer):
    """Where a message goes: an e-mail address, a number or whatever its channel calls people by.

    Which of them it must be, the action says that knows the channel.
    """

    name = serializers.CharField(max_length=200, allow_blank=True, default="")
    address = serializers.CharField(max_length=320)


class TicketChanges(StrictSerializer):
    """Any of these; together they are one change."""

    subject = serializers.CharField(max_length=998, required=False)
    status = serializers.ChoiceField(Status.choices, required=False)
    priority = serializers.ChoiceField(Priority.choices, required=False)
    assignee_id = serializers.UUIDField(required=False, allow_null=True)
    team_id = serializers.UUIDField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, required=False
    )
    tags_add = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, required=False
    )
    tags_remove = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, required=False
    )
    snoozed_until = serializers.DateTimeField(required=False, allow_null=True)
    wakes_on = serializers.ChoiceField(WakesOn.choices, required=False, allow_null=True)
    wakes_order_id = serializers.UUIDField(required=False, allow_null=True)
    order_id = serializers.UUIDField(required=False, allow_null=True)
    is_unread = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    note_id = serializers.UUIDField(required=False)
    fields = FIELD_VALUES  # type: ignore[assignment]
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class TicketMergeInput(StrictSerializer):
    """Into which ticket, and whose subject and assignee stay. ``id`` is made by the client."""

    id = serializers.UUIDField()
    target_id = serializers.UUIDField()
    subject_from = serializers.ChoiceField(EITHER, default="target")
    assignee_from = serializers.ChoiceField(EITHER, default="target")
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class SplitInput(StrictSerializer):
    """Which message leaves, alone or with all later ones. ``id`` is made by the client."""

    id = serializers.UUIDField()
    message_id = serializers.UUIDField()
    with_later = serializers.BooleanField(default=False)
    subject = serializers.CharField(max_length=900, required=False, allow_blank=True, default="")
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class TargetInput(StrictSerializer):
    """Another ticket."""

    ticket_id = serializers.UUIDField()
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class ClientInput(StrictSerializer):
    """Nothing but which page asks."""

    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class BlockedSenderInput(StrictSerializer):
    """An address, or ``@domain`` for everybody there, and the ticket that was the reason."""

    value = serializers.CharField(max_length=320)
    ticket_id = serializers.UUIDField(required=False, allow_null=True)


class SelectionInput(StrictSerializer):
    """These tickets, or all that a list shows (the parameters of GET /tickets) but some."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False)
    filter = serializers.DictField(child=serializers.CharField(), required=False)
    except_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=10_000, required=False
    )


class BulkPreviewInput(StrictSerializer):
    """What would be done to how many."""

    selection = SelectionInput()
    action = serializers.CharField(max_length=20)
    params = serializers.DictField(required=False, default=dict)


class BulkInput(BulkPreviewInput):
    """The same, done. ``id`` is made by the client: sent twice, it is one job."""

    id = serializers.UUIDField()
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class Writing(StrictSerializer):
    """What an agent writes, whether as reply, note or the beginning of a ticket."""

    text = serializers.CharField(
        max_length=MAX_TEXT_CHARS, allow_blank=True, trim_whitespace=False, default=""
    )
    html = serializers.CharField(
        max_length=MAX_TEXT_CHARS,
        allow_blank=True,
        allow_null=True,
        trim_whitespace=False,
        default="",
    )
    cc = serializers.ListField(child=AddressInput(), max_length=MAX_RECIPIENTS, required=False)
    bcc = serializers.ListField(child=AddressInput(), max_length=MAX_RECIPIENTS, required=False)
    attachment_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=60, required=False
    )
    macro_id = serializers.UUIDField(required=False, allow_null=True)


class _Gaps(serializers.ListField):
    """What stands in the gaps of a template, or what they are called, in their order."""

    child = serializers.CharField(max_length=1024)
    max_length = 50


class TemplateInput(StrictSerializer):
    """A text that the vendor has approved, with what stands in its gaps.

    ``names`` are the gaps' names where they are not numbers; ``header_…`` is of its title.
    """

    name = serializers.CharField(max_length=200)
    language = serializers.CharField(max_length=20)
    id = serializers.CharField(max_length=64, required=False, allow_blank=True)
    values = _Gaps(required=False)
    names = _Gaps(required=False)
    header_values = _Gaps(required=False)
    header_names = _Gaps(required=False)


class SendDetails(StrictSerializer):
    """What the channel must know beside the words: in public or not, or which template.

    ``quick_replies`` are short answers that a shopper in the chat may tap instead of typing.
    """

    mode = serializers.ChoiceField(["public", "private", "template", "text"], required=False)
    template = TemplateInput(required=False)
    quick_replies = serializers.ListField(
        child=serializers.CharField(max_length=MAX_CHOICE_CHARS), max_length=MAX_CHOICES,
        required=False,
    )  # fmt: skip

    def validate_quick_replies(self, value: list[str]) -> list[str]:
        """Each once: two that say the same are one choice."""
        return list(dict.fromkeys(value))


class MessageInput(Writing):
    """A reply or note. ``id`` is made by the client: sent twice, it is the same message."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(["reply", "note"], default="reply")
    to = serializers.ListField(child=PlaceInput(), max_length=MAX_RECIPIENTS, required=False)
    subject = serializers.CharField(
        max_length=900, required=False, allow_blank=True, allow_null=True
    )
    mention_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=50, required=False
    )
    order_id = serializers.UUIDField(required=False, allow_null=True)
    order_basis = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )
    order_action = serializers.RegexField(
        ORDER_ACTION, required=False, allow_null=True, help_text=ORDER_ACTION_HELP
    )
    channel_id = serializers.UUIDField(required=False, allow_null=True)
    send_at = serializers.DateTimeField(required=False, allow_null=True)
    stop_on_reply = serializers.BooleanField(default=True)
    details = SendDetails(required=False)
    then = serializers.ChoiceField(["close", "snooze"], required=False, allow_null=True)
    snoozed_until = serializers.DateTimeField(required=False, allow_null=True)
    last_seen_position = serializers.IntegerField(min_value=0, required=False)
    send_anyway = serializers.BooleanField(default=False)
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class TicketInput(Writing):
    """A new ticket that begins with a message from us."""

    id = serializers.UUIDField(required=False)
    customer_email = serializers.EmailField(max_length=254)
    customer_name = serializers.CharField(max_length=200, allow_blank=True, default="")
    subject = serializers.CharField(max_length=900)
    channel_id = serializers.UUIDField()
    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class DraftInput(StrictSerializer):
    """What is written so far. ``rev`` is the one last seen, 0 for a new draft.

    ``id`` is the id its message will have: once that is sent, the draft cannot come back.
    """

    id = serializers.UUIDField(required=False, allow_null=True)
    ticket_id = serializers.UUIDField(required=False)
    mode = serializers.CharField(required=False)
    text = serializers.CharField(
        max_length=MAX_TEXT_CHARS, allow_blank=True, trim_whitespace=False, default=""
    )
    html = serializers.CharField(
        max_length=MAX_TEXT_CHARS,
        allow_blank=True,
        allow_null=True,
        trim_whitespace=False,
        default=None,
    )
    to = serializers.ListField(child=serializers.DictField(), max_length=100, required=False)
    cc = serializers.ListField(child=serializers.DictField(), max_length=100, required=False)
    bcc = serializers.ListField(child=serializers.DictField(), max_length=100, required=False)
    subject = serializers.CharField(max_length=998, allow_blank=True, allow_null=True, default=None)
    attachment_ids = serializers.ListField(
        child=serializers.UUIDField(format="hex_verbose"), max_length=60, required=False
    )
    macro_id = serializers.UUIDField(required=False, allow_null=True)
    order_id = serializers.UUIDField(required=False, allow_null=True)
    order_basis = serializers.CharField(
        max_length=40, required=False, allow_null=True, allow_blank=True
    )
    order_action = serializers.RegexField(
        ORDER_ACTION, required=False, allow_null=True, help_text=ORDER_ACTION_HELP
    )
    channel_id = serializers.UUIDField(required=False, allow_null=True)
    spans = serializers.ListField(child=serializers.DictField(), max_length=500, required=False)
    missing = serializers.ListField(child=serializers.DictField(), max_length=100, required=False)
    rev = serializers.IntegerField(min_value=0, default=0)
    updated_at = serializers.DateTimeField(required=False, allow_null=True)


class TakeOverInput(StrictSerializer):
    """Whose draft."""

    user_id = serializers.UUIDField()


class NextInput(StrictSerializer):
    """Who asks, so that the echo is known."""

    client_id = serializers.CharField(max_length=64, required=False, allow_blank=True)


class CustomerChanges(StrictSerializer):
    """What is known about a customer; any of these."""

    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    language = serializers.CharField(max_length=12, allow_blank=True, required=False)
    time_zone = serializers.CharField(max_length=64, allow_blank=True, required=False)
    city = serializers.CharField(max_length=120, allow_blank=True, required=False)
    country = serializers.CharField(max_length=2, allow_blank=True, required=False)
    is_vip = serializers.BooleanField(required=False)
    note = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    fields = FIELD_VALUES  # type: ignore[assignment]

    def validate_time_zone(self, value: str) -> str:
        if value and value not in available_timezones():
            raise serializers.ValidationError("There is no such time zone.")
        return value


class HandleInput(StrictSerializer):
    """One more address of a customer."""

    kind = serializers.RegexField(r"^[a-z_]{2,20}$")
    value = serializers.CharField(max_length=320)
    is_verified = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        value = attrs["value"].strip()
        if attrs["kind"] == HandleKind.EMAIL:
            serializers.EmailField(max_length=254).run_validation(value)
        elif attrs["kind"] == HandleKind.PHONE:
            value = "".join(each for each in value if each not in " ()-./")
            if not re.fullmatch(r"\+?[0-9]{5,20}", value):
                raise serializers.ValidationError({"value": ["Write a phone number like +33…"]})
        return {**attrs, "value": value}


class HandleChanges(StrictSerializer):
    """Whether the address is proven theirs."""

    is_verified = serializers.BooleanField()


class NoteInput(StrictSerializer):
    """A note on a customer. The same id twice is the same note."""

    id = serializers.UUIDField(required=False)
    text = serializers.CharField(max_length=20_000)


class MergeInput(StrictSerializer):
    """Which customer becomes part of this one, and what is taken from them."""

    id = serializers.UUIDField(required=False)
    source_id = serializers.UUIDField()
    take = serializers.ListField(
        child=serializers.ChoiceField(CHOOSABLE), required=False, max_length=10
    )


class CustomFieldInput(StrictSerializer):
    """A new custom field."""

    owner = serializers.ChoiceField(FieldOwner.choices)
    slug = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=80)
    type = serializers.ChoiceField(FieldType.choices)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=200, required=False
    )


class CustomFieldChanges(StrictSerializer):
    """Any of these; slug and type stay."""

    name = serializers.CharField(max_length=80, required=False)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=80), max_length=200, required=False
    )
    position = serializers.IntegerField(min_value=0, max_value=10_000, required=False)
    is_archived = serializers.BooleanField(required=False)


class OtherInput(StrictSerializer):
    """The other one of the two."""

    other_id = serializers.UUIDField()


class UploadInput(StrictSerializer):
    """One file as multipart form data."""

    file = serializers.FileField()
