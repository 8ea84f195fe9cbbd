"""Work on a rule before it holds: a draft, tried, published as a version, brought back later."""

from __future__ import annotations

from typing import Any

from automation.rules.definition import (
    clean_definition,
    definition_of,
    digest_of,
    is_dangerous,
)
from automation.rules.edit import (
    change_rule,
    create_rule,
    lock_rule,
    make_live,
    new_rule,
    record_rule,
    set_mode_of,
    touch,
)
from automation.rules.models import Definition, DryRun, DryRunState, Mode, Rule, RuleVersion
from automation.rules.records import PROOF_HOLDS, draft_record
from helpdesk.accounts.models import Organization, User
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound

MAX_NOTE_CHARS = 500


def create_draft(
    organization: Organization, definition: Any, *, user: User | None, key: str = ""
) -> Rule:
    """A new rule that is off and says nothing yet; its draft is this. Raises InvalidInput."""
    checked = clean_definition(organization.pk, definition or {}, is_complete=False)
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = new_rule(organization, key=key)
        rule.mode = Mode.OFF
        rule.name = checked["name"] or "New rule"
        _set_draft(rule, {**checked, "name": rule.name}, user)
        rule.save(force_insert=True)
        record_rule(rule)
    return rule


def save_draft(rule: Rule, definition: Any, *, user: User | None, based_on: int) -> Rule:
    """Keep what is being worked on; ``based_on`` is the ``draft_revision`` that was seen.

    Raises InvalidInput naming every wrong place, Conflict when somebody saved, discarded or
    published since.
    """
    checked = clean_definition(rule.organization_id, definition, is_complete=False)
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = lock_rule(rule)
        _refuse_stale(rule, based_on)
        if rule.draft is None:
            rule.draft_from = rule.live_version
        _set_draft(rule, {**checked, "name": checked["name"] or rule.name}, user)
        if not rule.live_version:
            rule.name = checked["name"] or rule.name
        touch(rule)
    return rule


def discard_draft(rule: Rule, *, user: User | None) -> Rule:
    """Go back to what is live; raises Conflict where nothing is (then delete the rule)."""
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = lock_rule(rule)
        if rule.draft is None:
            return rule
        if not rule.live_version:
            raise Conflict("This rule has nothing but its draft.", code="not_published")
        _clear_draft(rule)
        touch(rule)
    return rule


def publish(
    rule: Rule,
    *,
    user: User | None,
    note: str = "",
    mode: str | None = None,
    based_on: int | None = None,
) -> Rule:
    """Make the draft live as the next version.

    Raises Conflict ``no_draft``, ``draft_changed``, or ``test_first`` where it would message
    customers or move money and this very definition was not tried within a day; InvalidInput for
    a draft that is not complete. ``mode``: how it goes on; a rule that was never live goes on.
    """
    if mode is not None and mode not in Mode.values:
        raise InvalidInput.field("mode", f"Choose from: {', '.join(Mode.values)}.")
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = lock_rule(rule)
        if rule.draft is None:
            raise Conflict("There is no draft to publish.", code="no_draft")
        if based_on is not None:
            _refuse_stale(rule, based_on)
        definition = clean_definition(rule.organization_id, rule.draft)
        refuse_untried(rule.organization_id, definition)
        is_new = not rule.live_version
        make_live(
            rule,
            definition,
            user,
            note=" ".join(note.replace("\x00", "").split())[:MAX_NOTE_CHARS],
        )
        _clear_draft(rule)
        if mode is not None or is_new:
            set_mode_of(rule, Mode(mode or Mode.ON))
        touch(rule)
    return rule


def restore(rule: Rule, number: int, *, user: User | None) -> Rule:
    """An older version becomes the draft; raises NotFound, Conflict over another's draft."""
    kept = RuleVersion.objects.filter(rule=rule, number=number).first()
    if kept is None:
        raise NotFound("This rule has no such version.")
    with unit_of_work(actor=Actor.of_user(user) if user else None):
        rule = lock_rule(rule)
        if rule.draft is not None and rule.draft_by_id not in (None, user.pk if user else None):
            raise _draft_conflict(rule, "is working on a draft. Discard it or publish it first.")
        rule.draft_from = rule.live_version
        _set_draft(rule, kept.definition, user)
        touch(rule)
    return rule


def refuse_untried(organization_id: Any, definition: Definition) -> None:
    """Raises Conflict ``test_first`` for what reaches customers or money and was not tried."""
    if is_dangerous(definition) and find_proof(organization_id, definition) is None:
        raise Conflict(
            "This rule writes to customers or moves money. Test it on past tickets first: a test "
            "of this very version within 24 hours opens the way.",
            code="test_first",
        )


def find_proof(organization_id: Any, definition: Definition) -> DryRun | None:
    """The newest dry run of a definition that behaves the same, done within a day.

    One ticket or a pasted message proves nothing.
    """
    done = DryRun.objects.filter(
        organization_id=organization_id,
        digest=digest_of(definition),
        state=DryRunState.DONE,
        finished_at__gte=now() - PROOF_HOLDS,
        over__has_any_keys=["last", "days"],
    )
    return done.order_by("-finished_at").first()


def create_at_once(organization: Organization, fields: dict[str, Any], *, user: User) -> Rule:
    """:func:`edit.create_rule` for a person: what is dangerous must have been tried."""
    with unit_of_work(actor=Actor.of_user(user)):
        rule = create_rule(organization, fields, user=user)
        refuse_untried(organization.pk, definition_of(rule))
    return rule


def change_at_once(
    rule: Rule, fields: dict[str, Any], *, user: User, version: int | None = None
) -> Rule:
    """:func:`edit.change_rule` for a person: what is dangerous now must have been tried."""
    with unit_of_work(actor=Actor.of_user(user)):
        before = digest_of(definition_of(rule))
        rule = change_rule(rule, fields, user=user, version=version)
        definition = definition_of(rule)
        if digest_of(definition) != before:
            refuse_untried(rule.organization_id, definition)
    return rule


def _refuse_stale(rule: Rule, based_on: int) -> None:
    if based_on == rule.draft_revision:
        return
    if rule.draft is None:
        message = f"Version {rule.live_version} was published while you were editing."
        extra = {"draft": None, "live_version": rule.live_version}
        raise Conflict(message, code="draft_changed", extra=extra)
    raise _draft_conflict(rule, "saved this draft while you were editing.")


def _draft_conflict(rule: Rule, what: str) -> Conflict:
    who = rule.draft_by.name if rule.draft_by else "Somebody"
    return Conflict(
        f"{who} {what}",
        code="draft_changed",
        extra={"draft": draft_record(rule), "live_version": rule.live_version},
    )


def _set_draft(rule: Rule, definition: Definition, user: User | None) -> None:
    rule.draft = definition
    rule.draft_by, rule.draft_at = user, now()
    rule.draft_revision += 1


def _clear_draft(rule: Rule) -> None:
    rule.draft, rule.draft_by, rule.draft_at = None, None, None
    rule.draft_from = 0
    rule.draft_revision += 1
