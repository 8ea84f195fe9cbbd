"""Who works here: the organization (tenant), its agents, teams and API tokens."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.db import models

from helpdesk.lib.clock import now
from helpdesk.lib.ids import new_id


class Organization(models.Model):
    """The tenant: owns everything else. Every query starts from one."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60, unique=True)
    language = models.CharField(max_length=12, default="en")
    time_zone = models.CharField(max_length=64, default="UTC")
    undo_send_seconds = models.PositiveSmallIntegerField(default=10)
    reopen_within_days = models.PositiveSmallIntegerField(default=14)
    csat_is_enabled = models.BooleanField(default=True)
    csat_delay_seconds = models.PositiveIntegerField(default=2 * 60 * 60)
    csat_pause_days = models.PositiveSmallIntegerField(default=14)
    joins_automatically = models.BooleanField(default=False)
    join_within_hours = models.PositiveSmallIntegerField(default=24)
    order_data_max_age_hours = models.PositiveSmallIntegerField(default=24)
    created_at = models.DateTimeField(default=now, editable=False)

    def __str__(self) -> str:
        return self.name


class Strategy(models.TextChoices):
    """How a team's tickets come to its members."""

    MANUAL = "manual", "Members take tickets themselves"
    ROUND_ROBIN = "round_robin", "In turn"
    LEAST_BUSY = "least_busy", "To whoever has the fewest open tickets"


class Team(models.Model):
    """A group of agents that tickets can be assigned to.

    The tickets of a private team are seen by its members and by admins only. ``capacity`` is how
    many open tickets a member may hold before the team's next ones wait; None is no limit.
    ``last_given_to`` is where round robin goes on, also after a restart.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="teams")
    name = models.CharField(max_length=100)
    strategy = models.CharField(max_length=12, choices=Strategy, default=Strategy.MANUAL)
    capacity = models.PositiveSmallIntegerField(null=True, blank=True)
    is_private = models.BooleanField(default=False)
    last_given_to = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "name"], name="team_name_unique"),
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What a person may do; helpdesk.accounts.permissions says what each role allows."""

    ADMIN = "admin", "Admin"
    AGENT = "agent", "Agent"
    VIEWER = "viewer", "Viewer"


class UserManager(BaseUserManager["User"]):
    """Creates users by e-mail address; there are no user names."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An agent, admin or viewer of one organization."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="users")
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    role = models.CharField(max_length=10, choices=Role, default=Role.AGENT)
    teams = models.ManyToManyField(Team, blank=True, related_name="members")
    signature = models.TextField(blank=True, default="")
    avatar_sha256 = models.CharField(max_length=64, blank=True, default="")
    notification_mail_stopped_at = models.DateTimeField(null=True, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_available = models.BooleanField(default=True)
    handover = models.JSONField(null=True, blank=True)
    """Whoever left: {"to": id of the person their open tickets go to, or None}, until it is done."""
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=now, editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        indexes: ClassVar = [models.Index(fields=["organization", "is_active"])]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def first_name(self) -> str:
        """The name a customer is greeted with."""
        return self.name.split(" ", 1)[0]

    @property
    def initials(self) -> str:
        """Up to two letters for the avatar."""
        words = self.name.split() or [self.email]
        letters = words[0][0] + (words[-1][0] if len(words) > 1 else "")
        return letters.upper()


class Invitation(models.Model):
    """A way in for one new person, until it is used, taken back or too old. Only a hash is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organization = models.ForeignKey(Organization, models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=10, choices=Role, default=Role.AGENT)
    team_ids = models.JSONField(default=list, blank=True)
    digest = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=now, editable=False)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["organization", "email"],
                condition=models.Q(accepted_at=None, revoked_at=None),
                name="one_open_invitation_per_address",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class ApiToken(models.Model):
    """A personal key for scripts. Only a hash is stored; the secret is shown once."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100)
    prefix = models.CharField(max_length=12)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"
