"""Telling the team, where it talks, and telling it otherwise when things have changed.

``queue_card`` belongs into the transaction of the reason for it: the post is a row then, and
leaves in the phases of ``inbox.delivery``. What fails before the irreversible byte is tried again
for a day; what may have left is *uncertain* and is not repeated. Changing a post may be repeated.
"""

from __future__ import annotations

import random
import uuid
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F, Q

from helpdesk.lib.clock import now
from helpdesk.lib.errors import (
    ConnectorFailure,
    NotFound,
    PermanentFailure,
    TemporaryFailure,
    UncertainOutcome,
)
from helpdesk.lib.failpoints import failpoint
from inbox import doorbell, tokens
from inbox.cards import Card, PostsCards, TeamPlace
from inbox.connector import find_connector
from inbox.models import TeamPost, TeamPostState
from tickets.actions.channels import note_failure
from tickets.models import Channel

LEASE = timedelta(minutes=2)
GIVE_UP_AFTER = timedelta(days=1)
FIRST_RETRY_SECONDS = 15
LAST_RETRY_SECONDS = 15 * 60

log = structlog.get_logger()


def find_poster(kind: str) -> PostsCards | None:
    """The connector of that kind, if its vendor has rooms where a team talks."""
    connector: object = find_connector(kind)
    return connector if isinstance(connector, PostsCards) else None


def team_places_of(channel: Channel) -> list[TeamPlace]:
    """The rooms that a card can be posted to, by name; asks the vendor. Raises NotFound."""
    poster = find_poster(channel.kind)
    if poster is None:
        raise NotFound("Nothing can be posted to the team on this channel.")
    found = tokens.with_fresh(channel, lambda: poster.team_places(channel))
    return sorted(found, key=lambda each: each.name)


def queue_card(
    channel: Channel,
    place: str,
    card: Card,
    *,
    key: str,
    ticket_id: uuid.UUID | None = None,
    context: dict[str, Any] | None = None,
) -> TeamPost:
    """Have the card posted after this transaction; the same ``key`` again finds it there.

    What is said in that room is no customer's from now on: it makes no ticket.
    """
    with transaction.atomic():
        post, is_new = TeamPost.objects.get_or_create(
            organization_id=channel.organization_id,
            key=key,
            defaults={
                "channel": channel, "place": place, "card": card.as_json(),
                "ticket_id": ticket_id, "context": context or {},
            },
        )  # fmt: skip
        if is_new:
            _mark_as_team_place(channel, place)
            _ring_after_commit(post.pk)
    return post


def change_card(post_id: uuid.UUID, card: Card) -> None:
    """Let the post say this from now on, posted yet or not."""
    with transaction.atomic():
        post = TeamPost.objects.select_for_update().get(pk=post_id)
        told = card.as_json()
        if Card.of(post.card) == card or post.state in (
            TeamPostState.FAILED,
            TeamPostState.UNCERTAIN,
        ):
            return
        TeamPost.objects.filter(pk=post_id).update(
            card=told, version=F("version") + 1, due_at=now(),
            attempts=0 if post.state == TeamPostState.POSTED else post.attempts,
        )  # fmt: skip
        _ring_after_commit(post_id)


def find_post(channel_id: uuid.UUID, external_id: str) -> TeamPost | None:
    """The post that the vendor calls by this id."""
    if not external_id:
        return None
    return TeamPost.objects.filter(channel_id=channel_id, external_id=external_id).first()


def tell(post_id: uuid.UUID) -> bool:
    """Post or change one that is due; returns whether this call had the claim."""
    post = _claim(post_id)
    if post is None:
        return False
    poster = find_poster(post.channel.kind)
    if poster is None:
        _end(post, TeamPostState.FAILED, "Nothing can be posted to the team on this channel.")
        return True
    try:
        tokens.keep_fresh(post.channel)
        if post.state == TeamPostState.POSTED:
            poster.change_card(post.channel, post.external_id, Card.of(post.card))
            _note_shown(post)
        else:
            _post(poster, post)
    except _ClaimLost:
        return True
    except ConnectorFailure as failure:
        _fail(post, failure)
    except Exception as error:
        log.exception("team_post.crashed", post_id=str(post.pk))
        words = f"{type(error).__name__} while posting. The log says more."
        is_out = post.state == TeamPostState.DOT_SENT
        _fail(post, UncertainOutcome(words) if is_out else TemporaryFailure(words))
    return True


def tell_due(limit: int = 50) -> int:
    """Post and change whatever is due; returns how many were tried."""
    _recover()
    due = TeamPost.objects.filter(
        _is_free(), _is_to_do(), due_at__lte=now(), channel__is_active=True
    )
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    return sum(tell(each) for each in ids)


def _post(poster: PostsCards, post: TeamPost) -> None:
    def begin() -> None:
        if not _move(post, TeamPostState.DOT_SENT, lease_until=now() + LEASE):
            raise _ClaimLost
        failpoint("team_post.dot_sent")

    external_id = poster.post_card(post.channel, post.place, Card.of(post.card), begin)
    _move(post, TeamPostState.POSTED, external_id=external_id[:300])
    _note_shown(post)


def _note_shown(post: TeamPost) -> None:
    """The post says the version that was read at the claim; a newer one is due at once."""
    TeamPost.objects.filter(pk=post.pk).update(
        shown_version=post.version, lease_until=None, attempts=0, reason=""
    )
    TeamPost.objects.filter(pk=post.pk, version=post.version).update(due_at=None)


class _ClaimLost(Exception):
    """Recovery took the claim away before anything irreversible was done."""


def _is_free() -> Q:
    return Q(lease_until=None) | Q(lease_until__lte=now())


def _is_to_do() -> Q:
    return Q(state__in=[TeamPostState.QUEUED, TeamPostState.POSTED])


def _claim(post_id: uuid.UUID) -> TeamPost | None:
    """Take it by one conditional update; ``attempts`` tells this claim from any other."""
    with transaction.atomic():
        post = (
            TeamPost.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("channel")
            .filter(_is_free(), _is_to_do(), pk=post_id, due_at__lte=now(), channel__is_active=True)
            .first()
        )
        if post is None:
            return None
        post.attempts += 1
        post.lease_until = now() + LEASE
        if post.state == TeamPostState.QUEUED:
            post.state = TeamPostState.CLAIMED
        post.save(update_fields=["attempts", "lease_until", "state"])
    return post


def _move(post: TeamPost, state: str, **fields: Any) -> bool:
    """Go on from where this claim stands; False if recovery was faster."""
    changed = TeamPost.objects.filter(pk=post.pk, state=post.state, attempts=post.attempts).update(
        state=state, **fields
    )
    if changed:
        post.state = state
    return bool(changed)


def _fail(post: TeamPost, failure: ConnectorFailure) -> None:
    if isinstance(failure, UncertainOutcome) and post.state != TeamPostState.POSTED:
        _end(post, TeamPostState.UNCERTAIN, failure.message)
        return
    is_late = now() - post.created_at > GIVE_UP_AFTER and post.state != TeamPostState.POSTED
    if isinstance(failure, PermanentFailure) or is_late or post.attempts > 200:
        _give_up(post, failure.message)
        return
    waits = FIRST_RETRY_SECONDS * 2 ** min(post.attempts - 1, 10)
    wait = min(waits, LAST_RETRY_SECONDS) * random.uniform(0.8, 1.2)  # noqa: S311 (spreading load)
    asked = getattr(failure, "retry_after_seconds", None) or 0
    state = TeamPostState.POSTED if post.state == TeamPostState.POSTED else TeamPostState.QUEUED
    _move(
        post, state, due_at=now() + timedelta(seconds=max(wait, asked)), lease_until=None,
        reason=failure.message[:300],
    )  # fmt: skip


def _give_up(post: TeamPost, reason: str) -> None:
    """A post that is there stays as it says; one that never came is told on the channel."""
    if post.state == TeamPostState.POSTED:
        _end(post, TeamPostState.POSTED, reason)
        return
    _end(post, TeamPostState.FAILED, reason)
    note_failure(post.channel_id, f"Could not tell the team: {reason}"[:300])


def _end(post: TeamPost, state: str, reason: str) -> None:
    _move(post, state, due_at=None, lease_until=None, reason=reason[:300])


def _recover() -> None:
    """Workers that died: before the dot it is tried again, after it nobody knows."""
    lost = TeamPost.objects.filter(lease_until__lt=now())
    lost.filter(state=TeamPostState.CLAIMED).update(
        state=TeamPostState.QUEUED, lease_until=None, due_at=now()
    )
    lost.filter(state=TeamPostState.DOT_SENT).update(
        state=TeamPostState.UNCERTAIN, lease_until=None, due_at=None,
        reason="The worker stopped while the vendor was answering.",
    )  # fmt: skip


def _mark_as_team_place(channel: Channel, place: str) -> None:
    """Remember that this room is the team's; the connector passes by what is said there."""
    locked = Channel.objects.select_for_update(no_key=True).get(pk=channel.pk)
    known = list(locked.config.get("team_places") or [])
    if place not in known:
        locked.config = {**locked.config, "team_places": [*known, place]}
        locked.save(update_fields=["config"])


def _ring_after_commit(post_id: uuid.UUID) -> None:
    transaction.on_commit(lambda: doorbell.ring_team_post(post_id), robust=True)
