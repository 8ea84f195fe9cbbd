"""Buttons that the team presses on cards: who it was, what it stands for, done once.

The vendor's signed call is a ``Hook``; what was pressed becomes a ``Press`` with it. A worker then
asks the vendor who it was, finds the person of ours with that proven e-mail address, and calls the
handler of the ``action_id`` in one unit of work, as that person. Everybody else is refused in
words that only they see.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

import structlog
from django.db import transaction

from helpdesk.accounts.models import User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import ConnectorFailure, HelpdeskError, TemporaryFailure
from inbox import doorbell, tokens
from inbox.cards import TakesPresses
from inbox.connector import Pressed, find_connector
from inbox.models import Press, PressState, TeamPost
from inbox.team_posts import find_post
from tickets.models import Channel

Handler = Callable[[Press, User, TeamPost | None], str]

RETRY_SECONDS = (2, 10, 60, 300, 1800)
NOBODY = (
    "Nothing was done: Aftercare knows nobody with your confirmed e-mail address. Let an admin "
    "invite you, or sign in to Aftercare and decide there."
)
NOT_PROVEN = (
    "Nothing was done: your e-mail address is not confirmed here, so Aftercare cannot know who "
    "you are. Confirm it in your profile, or decide in Aftercare."
)
OUTDATED = "Nothing was done: this button is not in use any more."
NOT_KNOWN = "Nothing was done: Aftercare could not find out who you are. Decide in Aftercare."
BROKEN = "Nothing was done: something went wrong here. Decide in Aftercare."

_handlers: dict[str, Handler] = {}
log = structlog.get_logger()


def handles_presses(prefix: str) -> Callable[[Handler], Handler]:
    """Register the function for buttons whose ``action_id`` begins so; the longest prefix wins.

    It runs once per press inside a unit of work, as the person who pressed: local and quick, no
    network. It checks what the person may do (``require``) and returns what to tell them alone,
    or nothing. A HelpdeskError undoes what it did, and its words are what they are told.
    """

    def register(handler: Handler) -> Handler:
        known = _handlers.get(prefix)
        if known is not None and known is not handler:
            raise ValueError(f"two handlers for buttons called {prefix}")
        _handlers[prefix] = handler
        return handler

    return register


def keep(channel: Channel, item: Pressed) -> dict[str, str]:
    """Note a press in the transaction that reads its hook; what comes twice is one press."""
    press, is_new = Press.objects.get_or_create(
        channel=channel,
        key=item.key[:200],
        defaults={
            "organization_id": channel.organization_id, "action_id": item.action_id[:255],
            "value": item.value[:2000], "person": item.person[:100], "place": item.place[:100],
            "external_id": item.external_id[:300],
        },
    )  # fmt: skip
    if is_new:
        transaction.on_commit(lambda: doorbell.ring_press(press.pk), robust=True)
    return {"item": item.key, "became": "press" if is_new else "known"}


def process(press_id: uuid.UUID) -> bool:
    """Do what the button stands for and tell the person; safe to run twice and beside itself."""
    press = Press.objects.select_related("channel").filter(pk=press_id, due_at__lte=now()).first()
    if press is None:
        return False
    connector = find_connector(press.channel.kind)
    if not isinstance(connector, TakesPresses):
        _finish(press)
        return True
    if press.state == PressState.RECEIVED and not _take(connector, press):
        return True
    _tell(connector, press)
    return True


def process_due(limit: int = 50) -> int:
    """Process what nobody rang for; returns how many."""
    due = Press.objects.filter(due_at__lte=now()).order_by("due_at")
    ids = list(due.values_list("pk", flat=True)[:limit])
    return sum(process(each) for each in ids)


def _take(connector: TakesPresses, press: Press) -> bool:
    """Find out who it was and let the handler act; False where that must wait."""
    try:
        user, refusal = _who(connector, press)
    except ConnectorFailure as failure:
        log.warning("press.unknown_person", press_id=str(press.pk), code=failure.code)
        if press.attempts < len(RETRY_SECONDS):
            _later(press)
            return False
        user, refusal = None, NOT_KNOWN
    handler = _handler_of(press.action_id)
    if user is None or handler is None:
        return _answer(press, user, refusal or OUTDATED, is_done=False)
    try:
        return _act(handler, press, user)
    except HelpdeskError as error:
        return _answer(press, user, error.message, is_done=False)
    except Exception:
        log.exception("press.crashed", press_id=str(press.pk))
        return _answer(press, user, BROKEN, is_done=False)


def _who(connector: TakesPresses, press: Press) -> tuple[User | None, str]:
    """The active person of ours with the presser's proven address, or why there is none."""
    presser = tokens.with_fresh(
        press.channel, lambda: connector.presser(press.channel, press.person)
    )
    if not presser.email:
        return None, NOT_PROVEN
    user = User.objects.filter(
        organization_id=press.organization_id, email__iexact=presser.email, is_active=True
    ).first()
    return user, "" if user else NOBODY


def _act(handler: Handler, press: Press, user: User) -> bool:
    with unit_of_work(actor=Actor.of_user(user)):
        if not _lock(press):
            return False
        answer = handler(press, user, find_post(press.channel_id, press.external_id))
        _note(press, user, answer, is_done=True)
    return True


def _answer(press: Press, user: User | None, answer: str, *, is_done: bool) -> bool:
    with transaction.atomic():
        if not _lock(press):
            return False
        _note(press, user, answer, is_done=is_done)
    return True


def _lock(press: Press) -> bool:
    """Whether the press is still to be done, and this worker has it until its transaction ends."""
    waiting = Press.objects.select_for_update(of=("self",)).filter(
        pk=press.pk, state=PressState.RECEIVED
    )
    return waiting.first() is not None


def _note(press: Press, user: User | None, answer: str, *, is_done: bool) -> None:
    press.state, press.user, press.is_done = PressState.ANSWERED, user, is_done
    press.answer, press.attempts, press.due_at = answer[:1000], 0, now()
    press.save(update_fields=["state", "user", "is_done", "answer", "attempts", "due_at"])


def _tell(connector: TakesPresses, press: Press) -> None:
    """Tell the person. A vendor that will not say it leaves it unsaid; what was done is done."""
    try:
        if press.answer:
            connector.whisper(press.channel, press.place, press.person, press.answer)
    except ConnectorFailure as failure:
        log.info("press.answer_not_told", press_id=str(press.pk), code=failure.code)
        if press.attempts < len(RETRY_SECONDS) and isinstance(failure, TemporaryFailure):
            _later(press)
            return
    _finish(press)


def _later(press: Press) -> None:
    wait = timedelta(seconds=RETRY_SECONDS[press.attempts])
    Press.objects.filter(pk=press.pk, state=press.state).update(
        attempts=press.attempts + 1, due_at=now() + wait
    )


def _finish(press: Press) -> None:
    Press.objects.filter(pk=press.pk).update(state=PressState.FINISHED, due_at=None)


def _handler_of(action_id: str) -> Handler | None:
    fitting = [each for each in _handlers if action_id.startswith(each)]
    return _handlers[max(fitting, key=len)] if fitting else None
