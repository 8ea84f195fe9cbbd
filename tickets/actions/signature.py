"""What stands under our mails: the channel's signature or the agent's own, with names filled in.

``{{ agent.name }}`` and the other names of SIGNATURE_VALUES are replaced; nothing else is possible,
so nothing a person typed is ever read as a template.
"""

from __future__ import annotations

import re

from helpdesk.accounts.models import User
from helpdesk.lib.errors import InvalidInput
from tickets.models import Channel, Message, MessageKind

SIGNATURE_VALUES = (
    "agent.name", "agent.first_name", "agent.email", "agent.signature",
    "channel.name", "channel.address", "organization.name",
)  # fmt: skip
_PLACE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_BLANK_LINES = re.compile(r"\n{3,}")


def signature_for(message: Message) -> str:
    """The signature of an outgoing message, filled; empty for notes and surveys."""
    if message.channel is None or message.kind == MessageKind.SURVEY:
        return ""
    return signature_of(message.channel, None if message.is_automatic else message.user)


def signature_of(channel: Channel, user: User | None, *, template: str | None = None) -> str:
    """What stands under mail of this channel by this person; without person the shop signs.

    An agent's own signature goes in place of the channel's, unless the channel's has a place
    for it: ``{{ agent.signature }}``.
    """
    shared = channel.signature if template is None else template
    own = user.signature.strip() if user else ""
    has_place = any(name == "agent.signature" for name in _PLACE.findall(shared))
    chosen = own if own and not has_place and template is None else shared
    values = _values(channel, user)
    filled = _PLACE.sub(lambda found: values.get(found[1], ""), chosen)
    lines = "\n".join(each.rstrip() for each in filled.replace("\r\n", "\n").split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def check_signature(template: str) -> None:
    """Raises InvalidInput naming a value that no signature can show."""
    for name in _PLACE.findall(template):
        if name not in SIGNATURE_VALUES:
            raise InvalidInput.field(
                "signature",
                f"There is no value “{name}”. Possible are {', '.join(SIGNATURE_VALUES)}.",
                code="unknown_value",
            )


def _values(channel: Channel, user: User | None) -> dict[str, str]:
    organization = channel.organization.name
    said = {
        "channel.name": channel.name,
        "channel.address": channel.address,
        "organization.name": organization,
    }
    if user is None:
        return {**said, "agent.name": organization, "agent.first_name": organization}
    own = {
        "agent.name": user.name,
        "agent.first_name": user.first_name,
        "agent.email": user.email,
    }
    signature = _PLACE.sub(lambda found: {**said, **own}.get(found[1], ""), user.signature)
    return {**said, **own, "agent.signature": signature}
