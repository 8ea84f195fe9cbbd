"""Block a sender: an address, or everybody at a domain. Their new mail is filed as spam."""

from __future__ import annotations

import re
import uuid

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.errors import InvalidInput, NotFound
from tickets.models import BlockedSender, Channel, Ticket

_ADDRESS = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s]+|@[^@\s]+\.[^@\s]+")
EVERYBODYS = frozenset(
    "gmail.com googlemail.com outlook.com hotmail.com live.com msn.com yahoo.com icloud.com me.com "
    "aol.com gmx.de gmx.net web.de t-online.de posteo.de mail.ru yandex.ru qq.com 163.com 126.com "
    "orange.fr free.fr laposte.net wp.pl o2.pl onet.pl seznam.cz proton.me protonmail.com".split()
)
"""Whoever blocks one of these blocks half of the customers."""


def block_sender(user: User, value: str, *, ticket: Ticket | None = None) -> BlockedSender:
    """Block the address or ``@domain``; twice is once. Raises InvalidInput naming ``value``."""
    value = value.strip().lower()
    if not _ADDRESS.fullmatch(value) or len(value) > 320:
        raise InvalidInput.field("value", "Write an address, or @domain for everybody there.")
    if value.startswith("@") and value[1:] in EVERYBODYS:
        raise InvalidInput.field("value", f"Many of your customers write from {value[1:]}.")
    own = Channel.objects.filter(organization_id=user.organization_id)
    ours = {address for channel in own for address in channel.own_addresses}
    if value in ours or any(address.endswith(value) for address in ours if value[0] == "@"):
        raise InvalidInput.field("value", "This is one of your own addresses.")
    with unit_of_work(actor=Actor.of_user(user)):
        block, is_new = BlockedSender.objects.get_or_create(
            organization_id=user.organization_id,
            value=value,
            defaults={"user": user, "ticket": ticket},
        )
        if is_new:
            _record(block, is_deleted=False)
    return block


def unblock_sender(user: User, block_id: uuid.UUID) -> None:
    """Listen to the sender again; raises NotFound. What lies in Spam stays there."""
    with unit_of_work(actor=Actor.of_user(user)):
        block = BlockedSender.objects.filter(
            pk=block_id, organization_id=user.organization_id
        ).first()
        if block is None:
            raise NotFound("This sender is not blocked.")
        _record(block, is_deleted=True)
        block.delete()


_FIND = """
SELECT * FROM tickets_blockedsender WHERE organization_id = %s AND value IN (%s, %s)
ORDER BY id LIMIT 1
"""
"""Plain SQL: this is asked for every mail, and building it anew costs more than asking."""


def find_block(organization_id: uuid.UUID, address: str) -> BlockedSender | None:
    """The entry that blocks this address, or None."""
    address = address.lower()
    if not address:
        return None
    domain = "@" + address.rpartition("@")[2]
    return next(iter(BlockedSender.objects.raw(_FIND, [organization_id, address, domain])), None)


def _record(block: BlockedSender, *, is_deleted: bool) -> None:
    said = {"id": str(block.pk), "name": block.value, "is_deleted": is_deleted}
    record(
        "sender.updated",
        organization_id=block.organization_id,
        object_type="sender",
        object_id=block.pk,
        payload=lambda: said,
    )
