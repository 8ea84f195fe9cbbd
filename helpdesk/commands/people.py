"""``create-admin`` and ``create-token``: the first person, and keys for scripts."""

from __future__ import annotations

from helpdesk.accounts.actions import create_organization, create_token, create_user
from helpdesk.accounts.models import Organization, Role, User
from helpdesk.accounts.selectors import get_organization
from helpdesk.lib.errors import NotFound


def create_admin(*, email: str, password: str, name: str = "") -> User:
    """An admin of the organization, which is made with its defaults if there is none."""
    organization = Organization.objects.order_by("created_at").first() or first_organization()
    return create_user(organization, email=email, password=password, name=name, role=Role.ADMIN)


def first_organization(name: str = "My shop", slug: str = "main") -> Organization:
    """A new organization with the views, rules and macros that everybody starts with."""
    organization = create_organization(name, slug=slug)
    add_defaults(organization)
    return organization


def add_defaults(organization: Organization) -> None:
    """Views, shipped rules and macros; what is there already stays as it is."""
    from automation.macros.defaults import ensure_default_macros
    from automation.rules.shipped import ensure_shipped_rules
    from tickets.views import ensure_default_views

    ensure_default_views(organization)
    ensure_default_macros(organization)
    ensure_shipped_rules(organization)


def new_token(*, email: str, name: str = "command line") -> str:
    """A personal API token of the person with this address; raises NotFound."""
    get_organization()
    user = User.objects.filter(email__iexact=email, is_active=True).first()
    if user is None:
        raise NotFound(f"Nobody signs in as {email}.")
    _, secret = create_token(user, name)
    return secret
