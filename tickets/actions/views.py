"""Every write to views: saving, changing and removing them, and the order a person keeps.

Each change is told to those whom it concerns: who sees the view gets the whole of it, who saw it
and does no longer learns that it is gone, and nobody else hears anything.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.utils.text import slugify

from helpdesk.accounts.models import Organization, Team, User
from helpdesk.accounts.permissions import require
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import record, unit_of_work
from helpdesk.lib.errors import Conflict, InvalidInput, NotFound
from helpdesk.lib.ids import new_id
from tickets.fields import check_view_tree
from tickets.models import Scope, View, ViewOrder
from tickets.records import view_record
from tickets.selectors import get_view_by_id, views_visible_to
from tickets.views import COLUMNS, GROUPS, MAX_PER_PERSON, SORTS, is_shipped

_FIELDS = ("name", "icon", "conditions", "sort", "group", "columns")


def save_view(user: User, values: dict[str, Any], *, client_id: str = "") -> tuple[View, bool]:
    """A new view, and whether it is new: the same ``id`` again answers the one that is there.

    Anybody may keep views of their own; a team's or everybody's take ``view.change``.
    """
    view_id = values.get("id") or new_id()
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        organization = Organization.objects.select_for_update(no_key=True).get(
            pk=user.organization_id
        )
        known = View.objects.filter(pk=view_id).first()
        if known is not None:
            return get_view_by_id(user, known.pk), False
        if View.objects.filter(owner=user).count() >= MAX_PER_PERSON:
            raise Conflict(f"You have {MAX_PER_PERSON} views. Delete one to save another.")
        last = View.objects.filter(organization=organization).order_by("-position").first()
        view = View(
            id=view_id,
            organization=organization,
            owner=user,
            scope=Scope.PERSONAL,
            section="me",
            position=last.position + 1 if last else 0,
        )
        _set(view, values, user)
        view.slug = _free_slug(view)
        view.save(force_insert=True)
        _record_view(view)
    return view, True


def change_view(
    user: User, view_id: uuid.UUID, values: dict[str, Any], *, client_id: str = ""
) -> View:
    """Change the named fields; raises NotFound, NotAllowed, or InvalidInput naming the field."""
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        view = _lock(user, view_id)
        before = _audience(view)
        _set(view, values, user)
        view.save()
        if _audience(view) != before and before["scope"] != Scope.PERSONAL:
            _record_removal(view, before)
        _record_view(view)
    return view


def remove_view(user: User, view_id: uuid.UUID, *, client_id: str = "") -> None:
    """Delete the view; the ones that came with Aftercare stay."""
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        view = _lock(user, view_id)
        if is_shipped(view):
            raise Conflict(
                f"“{view.name}” came with Aftercare and stays. You can move it to the end.",
                code="shipped_view",
            )
        _record_removal(view, _audience(view))
        view.delete()


def order_views(user: User, view_ids: list[uuid.UUID], *, client_id: str = "") -> list[uuid.UUID]:
    """Keep the person's own order; ids of views they cannot see are left out."""
    seen = set(views_visible_to(user).values_list("pk", flat=True))
    kept = [view_id for view_id in dict.fromkeys(view_ids) if view_id in seen]
    with unit_of_work(actor=Actor.of_user(user), client_id=client_id):
        ViewOrder.objects.update_or_create(user=user, defaults={"view_ids": kept})
        record(
            "view.ordered",
            organization_id=user.organization_id,
            object_type="user",
            object_id=user.pk,
            payload=lambda: {"user_id": str(user.pk), "view_ids": [str(each) for each in kept]},
        )
    return kept


def _lock(user: User, view_id: uuid.UUID) -> View:
    """The view, its row locked, if the person may change it."""
    get_view_by_id(user, view_id)
    view = View.objects.select_for_update(no_key=True).filter(pk=view_id).first()
    if view is None:
        raise NotFound("This view doesn't exist any more.")
    if view.scope != Scope.PERSONAL:
        require(user, "view.change")
    return view


def _set(view: View, values: dict[str, Any], user: User) -> None:
    for name in _FIELDS:
        if name in values:
            setattr(view, name, values[name])
    if not view.name.strip():
        raise InvalidInput.field("name", "Give the view a name.", code="required")
    if "conditions" in values:
        check_view_tree(view.conditions, view.organization_id)
    for name, choices in (("sort", SORTS), ("group", GROUPS)):
        if getattr(view, name) not in choices:
            known = ", ".join(each for each in choices if each)
            raise InvalidInput.field(name, f"Choose from: {known}.")
    for column in view.columns:
        if column not in COLUMNS:
            raise InvalidInput.field("columns", f"Choose from: {', '.join(COLUMNS)}.")
    if "scope" in values or "team_id" in values:
        _share(view, values, user)


def _share(view: View, values: dict[str, Any], user: User) -> None:
    """Set who sees the view; its section in the rail follows."""
    scope = values.get("scope", view.scope)
    if scope == Scope.PERSONAL:
        if is_shipped(view):
            raise InvalidInput.field("scope", "This view came with Aftercare and is everybody's.")
        view.owner, view.team, view.section = user, None, "me"
    else:
        require(user, "view.change")
        view.team = _team(user, values.get("team_id", view.team_id)) if scope == "team" else None
        if view.scope == Scope.PERSONAL:
            view.section = "team"
    view.scope = scope


def _team(user: User, team_id: uuid.UUID | None) -> Team:
    teams = Team.objects.filter(organization_id=user.organization_id)
    team = teams.filter(pk=team_id).first() if team_id else None
    if team is None:
        raise InvalidInput.field("team_id", "Choose the team that shall see this view.")
    return team


def _audience(view: View) -> dict[str, str | None]:
    """Whom the view concerns, as helpdesk.realtime.visibility reads it from events."""
    return {
        "scope": view.scope,
        "owner_id": str(view.owner_id) if view.owner_id else None,
        "team_id": str(view.team_id) if view.team_id else None,
    }


def _record_view(view: View) -> None:
    record(
        "view.updated",
        organization_id=view.organization_id,
        object_type="view",
        object_id=view.pk,
        payload=lambda: {"view": view_record(view), "is_deleted": False},
    )


def _record_removal(view: View, audience: dict[str, str | None]) -> None:
    view_id = view.pk
    record(
        "view.removed",
        organization_id=view.organization_id,
        object_type="view",
        object_id=view_id,
        payload=lambda: {"id": str(view_id), **audience, "is_deleted": True},
    )


def _free_slug(view: View) -> str:
    slug = slugify(view.name)[:50] or "view"
    if slug in _RESERVED or View.objects.filter(organization=view.organization, slug=slug).exists():
        slug = f"{slug}-{view.pk.hex[-6:]}"
    return slug


_RESERVED = frozenset({"search", "new", "waiting", "mentions", "spam", "trash"})
