"""Rules that tell an outside address: signed, tried again for a day, then given up and named.

The call leaves through the one HTTP client, which reaches public addresses only. It is signed by
Standard Webhooks with a secret of the organization; the id stays the same for every try.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from datetime import timedelta
from typing import Any

import structlog
from celery import shared_task
from django.conf import settings
from django.db import transaction
from kombu.exceptions import OperationalError

from automation.rules.models import CallState, RuleRun, RunOutcome, WebhookCall
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, PermanentFailure, TemporaryFailure
from helpdesk.lib.http import check_address, fetch
from helpdesk.lib.signatures import standard_webhook_headers
from tickets.models import Ticket
from tickets.records import ticket_record

MAX_URL_CHARS = 1000
TIMEOUT_SECONDS = 10.0
MAX_ANSWER_BYTES = 64 * 1024
AGAIN_AFTER = (10, 60, 300, 1800, 7200, 43_200)
"""Seconds between tries; then it is given up."""
CLAIMED_SECONDS = 60
KEPT_DAYS = 30

log = structlog.get_logger()


def clean_url(value: Any) -> str:
    """A public web address; raises InvalidInput naming ``url``."""
    if not isinstance(value, str) or len(value) > MAX_URL_CHARS:
        raise InvalidInput.field("url", "Write a web address that begins with https://.")
    try:
        check_address(value)
    except PermanentFailure as error:
        raise InvalidInput.field("url", error.message) from error
    return value


def signing_secret(organization_id: uuid.UUID) -> str:
    """What receivers prove calls with; the same as long as the server's secret key is."""
    said = f"aftercare rule webhooks {organization_id}".encode()
    digest = hmac.new(settings.SECRET_KEY.encode(), said, hashlib.sha256).digest()
    return f"whsec_{base64.b64encode(digest).decode()}"


def queue_call(
    url: str, *, ticket: Ticket, run_id: uuid.UUID, rule: tuple[uuid.UUID | None, str], why: str
) -> str:
    """Have the address told when this transaction is through; once per run and address."""
    digest = hashlib.sha256(url.encode()).hexdigest()[:16]
    rule_id, name = rule
    call, is_new = WebhookCall.objects.get_or_create(
        key=f"{run_id}:{digest}",
        defaults={
            "organization_id": ticket.organization_id,
            "rule_id": rule_id,
            "run_id": run_id,
            "ticket_id": ticket.pk,
            "url": url,
            "body": {
                "type": "rule.matched",
                "timestamp": iso(now()),
                "data": {
                    "rule": {"id": str(rule_id) if rule_id else None, "name": name},
                    "run_id": str(run_id),
                    "why": why,
                    "ticket": ticket_record(ticket),
                },
            },
        },
    )
    if is_new:
        transaction.on_commit(lambda: _ring(call.pk), robust=True)
    return "queued"


def send_due(limit: int = 20) -> int:
    """Send what is due; part of the sweep. Calls that hang cost ten seconds each, not more."""
    due = WebhookCall.objects.filter(state=CallState.QUEUED, due_at__lte=now())
    return sum(
        send(each) for each in list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    )


def send(call_id: uuid.UUID) -> bool:
    """Try once, if it is due and nobody else does; whether the other side took it."""
    call = _claim(call_id)
    if call is None:
        return False
    body = json.dumps(call.body, ensure_ascii=False, separators=(",", ":")).encode()
    headers = standard_webhook_headers(signing_secret(call.organization_id), str(call.pk), body)
    try:
        answer = fetch(
            call.url,
            method="POST",
            headers={**headers, "content-type": "application/json"},
            content=body,
            max_bytes=MAX_ANSWER_BYTES,
            timeout_seconds=TIMEOUT_SECONDS,
        )
    except TemporaryFailure as error:
        _failed(call, None, error.message, is_final=False)
        return False
    except PermanentFailure as error:
        _failed(call, None, error.message, is_final=True)
        return False
    if 200 <= answer.status < 300:
        call.state, call.status, call.finished_at = CallState.DONE, answer.status, now()
        call.reason = ""
        call.save(update_fields=["state", "status", "finished_at", "reason"])
        return True
    is_final = answer.status == 410
    _failed(call, answer.status, f"The other side answered {answer.status}.", is_final=is_final)
    return False


def forget_old_calls() -> int:
    """Delete calls that are long over; part of the sweep."""
    old = WebhookCall.objects.filter(created_at__lt=now() - timedelta(days=KEPT_DAYS))
    return old.exclude(state=CallState.QUEUED).delete()[0]


@shared_task(name="automation.webhook_call", time_limit=60)
def webhook_call_task(call_id: str) -> None:
    """Rung when a rule has queued a call."""
    send(uuid.UUID(call_id))


def _claim(call_id: uuid.UUID) -> WebhookCall | None:
    """Take the call for a while: a worker that dies gives it back by the clock."""
    with transaction.atomic():
        found = WebhookCall.objects.select_for_update(skip_locked=True)
        call = found.filter(pk=call_id, state=CallState.QUEUED, due_at__lte=now()).first()
        if call is None:
            return None
        call.attempts += 1
        call.due_at = now() + timedelta(seconds=CLAIMED_SECONDS)
        call.save(update_fields=["attempts", "due_at"])
        return call


def _failed(call: WebhookCall, status: int | None, reason: str, *, is_final: bool) -> None:
    call.status, call.reason = status, reason[:200]
    if not is_final and call.attempts <= len(AGAIN_AFTER):
        call.due_at = now() + timedelta(seconds=AGAIN_AFTER[call.attempts - 1])
    else:
        call.state, call.finished_at = CallState.FAILED, now()
    with unit_of_work():
        call.save(update_fields=["status", "reason", "due_at", "state", "finished_at"])
        if call.state == CallState.FAILED:
            _tell_run(call)


def _tell_run(call: WebhookCall) -> None:
    """The run says that its call was given up, and counts as failed in part; admins hear of it."""
    from automation.rules.acting import record_again

    run = RuleRun.objects.select_for_update().filter(pk=call.run_id).first()
    if run is None:
        return
    for each in run.actions:
        if each["type"] == "webhook" and each["outcome"] == "queued":
            each["outcome"] = f"failed after {call.attempts} tries: {call.reason}"
    run.outcome = RunOutcome.PARTLY
    run.save(update_fields=["actions", "outcome"])
    record_again(run)


def _ring(call_id: uuid.UUID) -> None:
    try:
        webhook_call_task.apply_async((str(call_id),), retry=False)
    except (OperationalError, OSError) as error:
        log.warning("doorbell.broker_unreachable", error=type(error).__name__)
