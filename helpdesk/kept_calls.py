"""Vendors' calls that are kept as they came and read afterwards, whoever they are for.

A :class:`CallBook` is the table of one kind of owner (a channel, a store). A call is kept once,
before the vendor is told that we have it. One worker at a time reads an owner's calls, in the order
they came and each in one transaction, so that a worker that dies repeats it whole. What cannot be
read is quarantined with its reason, and may be read again.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any, Generic, TypeVar

import structlog
from django.db import connection, models, transaction
from django.db.models import F, QuerySet

from helpdesk import vendor_calls
from helpdesk.accounts.models import Organization
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.connecting import WebhookRequest
from helpdesk.lib.courtesy import let_requests_go_first
from helpdesk.lib.errors import InvalidInput
from helpdesk.lib.failpoints import failpoint
from helpdesk.lib.ids import new_id

RECEIVED, PROCESSED, QUARANTINED = "received", "processed", "quarantined"
MAX_ATTEMPTS = 5
WAITS_SECONDS = (2, 10, 60, 300, 1800)
MAX_URL_CHARS = 2000
KEPT_FOR = timedelta(days=30)
FORGET_AT_ONCE = 5000

log = structlog.get_logger()


class KeptCall(models.Model):
    """A call as it came. Tables of it add their owner, ``state`` and what keeps it unique."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey("accounts.Organization", models.CASCADE, related_name="+")
    dedupe_key = models.CharField(max_length=64)
    body = models.BinaryField()
    size_bytes = models.PositiveIntegerField(default=0)
    method = models.CharField(max_length=8, default="POST")
    url = models.CharField(max_length=2000, blank=True, default="")
    headers = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    outcome = models.JSONField(default=list, blank=True)
    """One line per item: what it was and what became of it."""
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=now)
    received_at = models.DateTimeField(default=now)
    processed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

    def request(self) -> WebhookRequest:
        """The call, as the connector saw it at the door."""
        query = vendor_calls.query_of(self.url)
        body = bytes(self.body)
        return WebhookRequest(self.method, self.url, query, self.headers, body, self.dedupe_key)


Call = TypeVar("Call", bound=KeptCall)


@dataclass(frozen=True)
class CallBook(Generic[Call]):
    """The calls of one kind of owner. ``name`` is how the log calls one of them."""

    name: str
    model: type[Call]
    owner: str
    lock_space: int
    ring: Callable[[uuid.UUID], object]
    """Called after the commit that kept a new call, with its owner's id."""
    read: Callable[[Call], None]
    """Reads one call in a unit of work; raises InvalidInput for one that nobody can read."""
    due_states: tuple[str, ...] = (RECEIVED,)
    along: tuple[str, ...] = ()
    """What is read from the database along with a call, beside its owner."""

    def keep(
        self, organization_id: uuid.UUID, owner_id: uuid.UUID, key: str, call: WebhookRequest
    ) -> tuple[uuid.UUID, bool]:
        """Keep the call; returns its id and whether it is new. The same key is the same call."""
        call_id = new_id()
        headers = json.dumps(vendor_calls.kept_headers(call)).replace("\\u0000", "")
        values: list[Any] = [
            call_id, organization_id, owner_id, key, call.body, len(call.body), call.method,
            call.url[:MAX_URL_CHARS], headers, now(), now(),
        ]  # fmt: skip
        # One statement is its own transaction: a vendor waits for one journey to the database.
        with connection.cursor() as cursor:
            cursor.execute(self._keeping, values)
            is_new = cursor.fetchone() is not None
        if is_new:
            transaction.on_commit(lambda: self.ring(owner_id), robust=True)
        failpoint(f"{self.name}.stored")
        return call_id, is_new

    def process(self, owner_id: uuid.UUID, *, limit: int) -> int:
        """Read the owner's calls that are due, in the order they came; returns how many were.

        Safe to run twice and beside itself: one worker reads an owner's calls at a time.
        """
        done = 0
        while done < limit and self._process_next(owner_id):
            done += 1
            let_requests_go_first()
        return done

    def owners_due(self) -> list[uuid.UUID]:
        """Whose calls nobody rang for."""
        waiting = self._waiting.filter(due_at__lte=now())
        return list(waiting.values_list(f"{self.owner}_id", flat=True).distinct())

    def take_again(self, call_id: uuid.UUID) -> uuid.UUID | None:
        """A call that was quarantined or processed is due again; returns its owner's id."""
        done = self._all.filter(pk=call_id, state__in=[QUARANTINED, PROCESSED])
        owner_id: uuid.UUID | None = done.values_list(f"{self.owner}_id", flat=True).first()
        if owner_id is not None:
            done.update(state=RECEIVED, attempts=0, reason="", due_at=now(), processed_at=None)
        return owner_id

    def forget_old(self) -> int:
        """Delete calls that were read long ago; what is in quarantine stays. Returns how many."""
        before, gone = now() - KEPT_FOR, 0
        for organization_id in Organization.objects.values_list("pk", flat=True):
            old = self._all.filter(
                organization_id=organization_id, state=PROCESSED, received_at__lt=before
            )
            oldest = old.order_by("received_at").values_list("pk", flat=True)[:FORGET_AT_ONCE]
            gone += self._all.filter(pk__in=list(oldest), state=PROCESSED).delete()[0]
        return gone

    # Inside

    @property
    def _all(self) -> QuerySet[Call]:
        return self.model._default_manager.all()

    @property
    def _waiting(self) -> QuerySet[Call]:
        return self._all.filter(
            **{"state__in": self.due_states, f"{self.owner}__is_active": True},
        )

    @cached_property
    def _keeping(self) -> str:
        return f"""
            INSERT INTO {self.model._meta.db_table}
              (id, organization_id, {self.owner}_id, dedupe_key, body, size_bytes, method, url,
               headers, state, reason, outcome, attempts, due_at, received_at)
            VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, 'received', '', '[]'::jsonb, 0, %s, %s)
            ON CONFLICT ({self.owner}_id, dedupe_key) DO NOTHING
            RETURNING id
        """  # noqa: S608 (names of ours)

    def _process_next(self, owner_id: uuid.UUID) -> bool:
        """Read one call; False when none is due. One that cannot be read is quarantined."""
        seen = uuid.UUID(int=0)
        try:
            with unit_of_work():
                if not self._is_alone(owner_id):
                    return False
                call = (
                    self._waiting.select_for_update(skip_locked=True, of=("self",))
                    .select_related(self.owner, *self.along)
                    .filter(**{f"{self.owner}_id": owner_id, "due_at__lte": now()})
                    .order_by("received_at", "id")
                    .first()
                )
                if call is None:
                    return False
                seen = call.pk
                self.read(call)
        except InvalidInput as problem:
            self._quarantine(seen, problem.message)
        except Exception as error:
            log.exception("call.reading_failed", call=self.name, hook_id=str(seen))
            self._try_later(seen, f"{type(error).__name__}. The log says more.")
        return True

    def _is_alone(self, owner_id: uuid.UUID) -> bool:
        """Whether no other worker reads this owner's calls now; it would go on with ours, too."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))",
                [self.lock_space, str(owner_id)],
            )
            return bool(cursor.fetchone()[0])

    def _quarantine(self, call_id: uuid.UUID, reason: str) -> None:
        self._all.filter(pk=call_id).update(
            state=QUARANTINED, reason=reason[:300], processed_at=now()
        )
        log.warning("call.quarantined", call=self.name, hook_id=str(call_id))

    def _try_later(self, call_id: uuid.UUID, reason: str) -> None:
        attempts = self._all.filter(pk=call_id).values_list("attempts", flat=True).first()
        if attempts is None:
            return
        if attempts + 1 >= MAX_ATTEMPTS:
            self._quarantine(call_id, reason)
            return
        self._all.filter(pk=call_id).update(
            attempts=F("attempts") + 1,
            reason=reason[:300],
            due_at=now() + timedelta(seconds=WAITS_SECONDS[attempts]),
        )
