"""What an admin decides about a site: its look, languages, hours, domains, secrets and offers.

All of it stands in the channel: plain settings in ``config``, the secrets encrypted. ``SiteConfig``
is the checked form; what is not set has the value that a shop starts with.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, TypedDict, cast
from urllib.parse import urlsplit

from django.db import transaction

from helpdesk.accounts.models import Organization
from helpdesk.lib.clock import iso, now
from helpdesk.lib.errors import InvalidInput, NotFound
from helpdesk.lib.secrets import decrypt, encrypt
from integrations.chat.contrast import (
    DARK_SURFACE,
    LIGHT_SURFACE,
    clean_colour,
    contrast,
    readable_on,
    text_on,
)
from integrations.chat.hours import Hours
from integrations.chat.look import tokens
from integrations.chat.models import Site, new_public_id
from tickets.actions.channels import change_channel, create_channel
from tickets.models import Channel, HandleKind

KIND = "chat"
LANGUAGES = ("en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th")
"""What the widget speaks: frontend/widget/frame/words holds a file for each."""
THEMES = ("auto", "light", "dark")
SIDES = ("right", "left")
ASKS_EMAIL = ("after_first", "before", "never")
ACTIONS = ("track", "cancel", "return", "link")
MAX_FILES = 5
MAX_FILE_BYTES = 10 * 1024 * 1024
MAX_DOMAINS = 50
MAX_RULES = 8
MAX_SECRETS = 3
PROACTIVE_BYTES = 700
"""The loader's whole configuration is at most 1 KB."""
_DOMAIN = re.compile(
    r"(\*\.)?[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*(:\d{1,5})?"
)


@dataclass(frozen=True)
class SiteConfig:
    """Settings of a site by name; see docs of the chat connector for each."""

    site_id: str = ""
    domains: list[str] = field(default_factory=list)
    accent: str = "#1f6f5c"
    theme: str = "auto"
    radius: int = 12
    side: str = "right"
    offset: int = 20
    logo_url: str = ""
    launcher_label: str = ""
    languages: list[str] = field(default_factory=lambda: ["en"])
    greetings: dict[str, str] = field(default_factory=dict)
    actions: list[dict[str, str]] = field(default_factory=lambda: [{"kind": "track"}])
    hours: dict[str, Any] | None = None
    asks_email: str = "after_first"
    fall_back_minutes: int = 2
    email_channel_id: str = ""
    privacy_url: str = ""
    proactive: list[dict[str, Any]] = field(default_factory=list)
    undo_seconds: int = 0
    survey_delay_seconds: int = 0

    @classmethod
    def of(cls, channel: Channel) -> SiteConfig:
        """What is stored; settings this version does not know are passed over."""
        known = {each.name for each in fields(cls)}
        return cls(**{name: value for name, value in channel.config.items() if name in known})

    @property
    def on_accent(self) -> str:
        """Black or white, whichever reads better on the accent."""
        return text_on(self.accent)

    def opening(self, at: datetime) -> tuple[bool, datetime | None]:
        """Whether somebody answers now, and when else."""
        hours = Hours.of(self.hours)
        return (True, None) if hours is None else (hours.is_open(at), hours.opens_at(at))

    def locale_for(self, wanted: str) -> str:
        """The site's language nearest to the wish, else its first."""
        base = wanted.replace("_", "-").split("-")[0].lower()
        return base if base in self.languages else self.languages[0]

    def greeting(self, locale: str) -> str:
        """The shop's own greeting; empty where the widget's words are to be used."""
        return self.greetings.get(locale, "")


def add_site(
    organization: Organization, *, name: str, site_id: str = "", **settings: Any
) -> Channel:
    """A new chat channel with its site and a first secret; raises InvalidInput naming the field."""
    public_id = site_id or new_public_id()
    config = asdict(checked(organization, SiteConfig(), {**settings, "site_id": public_id}))
    channel = create_channel(
        organization,
        kind=KIND,
        name=name,
        handle_kind=HandleKind.VISITOR,
        config=config,
        secrets=encrypt({"jwt": [new_secret()]}),
    )
    Site.objects.create(public_id=public_id, channel=channel)
    return channel


def make_site(channel: Channel) -> Site:
    """The channel's site, made if it was set up from the general settings page."""
    with transaction.atomic():
        site, is_new = Site.objects.get_or_create(channel=channel)
    if is_new:
        config = {**channel.config, **asdict(SiteConfig.of(channel)), "site_id": site.public_id}
        known = decrypt(channel.secrets)
        secret = channel.secrets if known.get("jwt") else encrypt({**known, "jwt": [new_secret()]})
        site.channel = change_channel(channel.pk, config=config, secrets=secret)
    return site


def change_site(channel: Channel, changes: dict[str, Any]) -> Channel:
    """Change some settings; raises InvalidInput naming each that does not fit."""
    config = checked(channel.organization, SiteConfig.of(channel), changes)
    return change_channel(channel.pk, config={**channel.config, **asdict(config)})


def get_site(public_id: str) -> Site:
    """The site with its channel; raises NotFound, also where the channel is switched off."""
    site = (
        Site.objects.select_related("channel", "channel__organization")
        .filter(pk=public_id, channel__is_active=True)
        .first()
    )
    if site is None:
        raise NotFound("There is no chat here.")
    return site


def new_secret() -> str:
    """A key for signing shoppers' identities: 256 random bits."""
    return secrets.token_hex(32)


def secrets_of(channel: Channel) -> list[str]:
    """Keys that identities may be signed with, newest first."""
    listed: list[str] = decrypt(channel.secrets).get("jwt", [])
    return listed


def rotate_secret(channel: Channel, *, keeps_old: bool = True) -> str:
    """A new key, shown this once. The ones before hold on until the next rotation without them."""
    fresh = new_secret()
    old = secrets_of(channel) if keeps_old else []
    listed = [fresh, *old][:MAX_SECRETS]
    change_channel(channel.pk, secrets=encrypt({**decrypt(channel.secrets), "jwt": listed}))
    return fresh


def frame_ancestors(config: SiteConfig) -> str:
    """Who may embed the frame, as CSP wants it."""
    return " ".join(config.domains) if config.domains else "*"


def hosts_of(config: SiteConfig) -> list[str]:
    """Hosts of pages that may open the widget; empty means any."""
    return list(config.domains)


def is_allowed_page(config: SiteConfig, origin: str) -> bool:
    """Whether a page of this origin may carry the widget."""
    if not config.domains:
        return True
    parts = urlsplit(origin if "//" in origin else f"//{origin}")
    host, place = (parts.hostname or "").lower(), parts.netloc.lower()
    return any(_fits(each, host, place) for each in config.domains)


def launcher_values(channel: Channel | None, config: SiteConfig) -> dict[str, Any]:
    """What the loader knows before anybody opens the widget; without a site, what it assumes."""
    scheme = {"auto": "light dark"}.get(config.theme, config.theme)
    light = tokens(config.accent, "light")
    chosen = {
        config.side: f"{config.offset}px",
        "align-items": "start" if config.side == "left" else "end",
        "color-scheme": scheme,
        "--y": f"{config.offset}px",
        "--r": f"{config.radius}px",
        "--a": light["--accent"],
        "--o": light["--on-accent"],
        "--e": light["--accent-edge"],
    }
    return {
        "site": config.site_id,
        "name": channel.name if channel else "",
        "look": ";".join(f"{name}:{value}" for name, value in chosen.items()),
        "label": config.launcher_label,
        "links": _other_ways(channel, config) if channel else [],
        "rules": config.proactive,
        "languages": config.languages,
    }


def _other_ways(channel: Channel, config: SiteConfig) -> list[list[str]]:
    """Where else the shop can be reached, for when the frame is blocked."""
    mailboxes = Channel.objects.filter(
        organization_id=channel.organization_id, kind="email", is_active=True
    )
    if config.email_channel_id:
        mailboxes = mailboxes.filter(pk=config.email_channel_id)
    mailbox = mailboxes.order_by("created_at").first()
    return [[f"mailto:{mailbox.address}", mailbox.address]] if mailbox else []


def boot_record(channel: Channel, config: SiteConfig, locale: str, at: datetime) -> dict[str, Any]:
    """What the frame needs to draw itself; people and reply time are added by the caller."""
    is_open, opens_at = config.opening(at)
    chosen = config.locale_for(locale)
    return {
        "site": config.site_id,
        "name": channel.name,
        "greeting": config.greeting(chosen),
        "accent": config.accent,
        "on_accent": config.on_accent,
        "accent_text": {
            "light": readable_on(config.accent, LIGHT_SURFACE),
            "dark": readable_on(config.accent, DARK_SURFACE),
        },
        "theme": config.theme,
        "radius": config.radius,
        "side": config.side,
        "logo_url": config.logo_url or None,
        "languages": config.languages,
        "locale": chosen,
        "is_open": is_open,
        "opens_at": iso(opens_at) if opens_at else None,
        "actions": config.actions,
        "privacy_url": config.privacy_url or None,
        "limits": {
            "max_files": MAX_FILES,
            "max_bytes": MAX_FILE_BYTES,
            "types": [
                "image/jpeg", "image/png", "image/webp", "image/heic", "application/pdf",
                "video/mp4",
            ],
        },
        "asks_email": config.asks_email,
        "hosts": hosts_of(config),
    }  # fmt: skip


class ContrastRecord(TypedDict):
    """Ratios: the text on the accent, and the accent on a light and a dark surface."""

    text: float
    light: float
    dark: float


class SiteSettings(TypedDict):
    channel_id: str
    name: str
    is_active: bool
    site_id: str
    domains: list[str]
    accent: str
    theme: str
    radius: int
    side: str
    offset: int
    logo_url: str
    launcher_label: str
    languages: list[str]
    greetings: dict[str, str]
    actions: list[dict[str, Any]]
    hours: dict[str, Any] | None
    asks_email: str
    fall_back_minutes: int
    email_channel_id: str
    privacy_url: str
    proactive: list[dict[str, Any]]
    undo_seconds: int
    survey_delay_seconds: int
    secret_count: int
    on_accent: str
    contrast: ContrastRecord
    is_open: bool


def settings_record(channel: Channel) -> SiteSettings:
    """The site as an admin sets it up: no secret, but how many there are, and its contrasts."""
    config = SiteConfig.of(channel)
    record = {
        "channel_id": str(channel.pk),
        "name": channel.name,
        "is_active": channel.is_active,
        **asdict(config),
        "secret_count": len(secrets_of(channel)),
        "on_accent": config.on_accent,
        "contrast": {
            "text": round(contrast(config.on_accent, config.accent), 2),
            "light": round(contrast(config.accent, LIGHT_SURFACE), 2),
            "dark": round(contrast(config.accent, DARK_SURFACE), 2),
        },
        "is_open": config.opening(now())[0],
    }
    return cast(SiteSettings, record)


def checked(organization: Organization, before: SiteConfig, changes: dict[str, Any]) -> SiteConfig:
    """The settings with the changes, each looked at; raises InvalidInput naming the field."""
    known = {each.name for each in fields(SiteConfig)}
    for name in changes:
        if name not in known:
            raise InvalidInput.field(name, "There is no such setting.", code="unknown_field")
    clean = {name: _CHECKS[name](value) for name, value in changes.items() if name in _CHECKS}
    config = SiteConfig(**{**asdict(before), **changes, **clean})
    if config.email_channel_id:
        _check_email_channel(organization, config.email_channel_id)
    return config


def _check_email_channel(organization: Organization, channel_id: str) -> None:
    try:
        found = Channel.objects.filter(
            organization=organization, pk=channel_id, kind="email"
        ).exists()
    except (ValueError, TypeError):
        found = False
    if not found:
        raise InvalidInput.field("email_channel_id", "There is no such mailbox.")


def _one_of(name: str, choices: tuple[str, ...]) -> Any:
    def check(value: Any) -> str:
        if value not in choices:
            raise InvalidInput.field(name, f"Choose from: {', '.join(choices)}.")
        return str(value)

    return check


def _number(name: str, low: int, high: int) -> Any:
    def check(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidInput.field(name, f"Write a whole number from {low} to {high}.")
        return value

    return check


def _line(name: str, limit: int) -> Any:
    def check(value: Any) -> str:
        if not isinstance(value, str) or len(value) > limit or any(c in value for c in "\r\n\x00"):
            raise InvalidInput.field(name, f"Write one line of at most {limit} characters.")
        return value.strip()

    return check


def _link(name: str) -> Any:
    def check(value: Any) -> str:
        text = str(_line(name, 500)(value))
        parts = urlsplit(text)
        if text and (parts.scheme != "https" or not parts.hostname) and not text.startswith("/"):
            raise InvalidInput.field(name, "Write an address that begins with https://.")
        return text

    return check


def clean_domains(value: Any) -> list[str]:
    """Hosts, with ``*.`` and a port where wanted; raises InvalidInput naming ``domains``."""
    if not isinstance(value, list) or len(value) > MAX_DOMAINS:
        raise InvalidInput.field("domains", f"At most {MAX_DOMAINS} domains.")
    found = []
    for each in value:
        text = str(each).strip().lower()
        scheme, slashes, host = text.rpartition("://")
        if (slashes and scheme not in ("http", "https")) or not _DOMAIN.fullmatch(host):
            raise InvalidInput.field("domains", f"“{each}” is not a domain like shop.example.")
        found.append(text)
    return list(dict.fromkeys(found))


def _languages(value: Any) -> list[str]:
    if not isinstance(value, list) or not value or set(value) - set(LANGUAGES):
        raise InvalidInput.field("languages", f"Choose from: {', '.join(LANGUAGES)}.")
    return list(dict.fromkeys(value))


def _greetings(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or set(value) - set(LANGUAGES):
        raise InvalidInput.field("greetings", "One greeting per language.")
    return {language: _line("greetings", 200)(text) for language, text in value.items()}


def _actions(value: Any) -> list[dict[str, str]]:
    if not isinstance(value, list) or len(value) > 6:
        raise InvalidInput.field("actions", "At most six actions.")
    found = []
    for each in value:
        if not isinstance(each, dict) or set(each) - {"kind", "label", "url"}:
            raise InvalidInput.field("actions", "An action has kind, label and url.")
        action = {"kind": _one_of("actions", ACTIONS)(each.get("kind"))}
        if each.get("label"):
            action["label"] = _line("actions", 60)(each["label"])
        if each.get("url"):
            action["url"] = _link("actions")(each["url"])
        if action["kind"] == "link" and ("url" not in action or "label" not in action):
            raise InvalidInput.field("actions", "A link needs a label and an address.")
        found.append(action)
    return found


def _hours(value: Any) -> dict[str, Any] | None:
    if value is not None and not isinstance(value, dict):
        raise InvalidInput.field("hours", "Hours have a time zone, days and holidays.")
    Hours.of(value)
    return value


_RULE = {"id", "text", "path", "seconds", "cart_min", "returning", "event", "button", "checkout"}


def _proactive(value: Any) -> list[dict[str, Any]]:
    """Rules that the loader evaluates: on which path, after how many seconds, for whom."""
    if not isinstance(value, list) or len(value) > MAX_RULES:
        raise InvalidInput.field("proactive", f"At most {MAX_RULES} rules.")
    for each in value:
        if not isinstance(each, dict) or set(each) - _RULE or not each.get("id"):
            raise InvalidInput.field("proactive", "A rule has an id, a text and when it shows.")
        _line("proactive", 40)(each["id"])
        _line("proactive", 140)(each.get("text") or "")
        _line("proactive", 120)(each.get("path") or "")
        _line("proactive", 60)(each.get("event") or "")
        _line("proactive", 40)(each.get("button") or "")
        _number("proactive", 0, 3600)(each.get("seconds", 0))
        _number("proactive", 0, 10_000_000)(each.get("cart_min", 0))
    if len(repr(value).encode()) > PROACTIVE_BYTES:
        raise InvalidInput.field("proactive", "These rules are too long together: shorten them.")
    return value


_CHECKS: dict[str, Any] = {
    "domains": clean_domains,
    "accent": lambda value: clean_colour(str(value)),
    "theme": _one_of("theme", THEMES),
    "radius": _number("radius", 0, 20),
    "side": _one_of("side", SIDES),
    "offset": _number("offset", 0, 200),
    "logo_url": _link("logo_url"),
    "launcher_label": _line("launcher_label", 40),
    "languages": _languages,
    "greetings": _greetings,
    "actions": _actions,
    "hours": _hours,
    "asks_email": _one_of("asks_email", ASKS_EMAIL),
    "fall_back_minutes": _number("fall_back_minutes", 1, 1440),
    "email_channel_id": lambda value: str(value or ""),
    "privacy_url": _link("privacy_url"),
    "proactive": _proactive,
    "undo_seconds": _number("undo_seconds", 0, 30),
    "survey_delay_seconds": _number("survey_delay_seconds", 0, 7 * 24 * 3600),
}


def _fits(pattern: str, host: str, place: str) -> bool:
    wanted = pattern.rpartition("://")[2]
    if wanted.startswith("*."):
        return host.endswith(wanted[1:])
    return wanted in (host, place)
