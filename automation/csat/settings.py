"""What a shop chose for its surveys, and one of its stores otherwise.

Three layers, each above the one before: our defaults, what the organization chose, what the store
chose. Only choices are stored. Whether, when and how often is asked is kept on the organization
itself, where it has always been.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

from automation.csat.logos import is_kept_logo
from automation.csat.models import SurveyKind, SurveySettings
from automation.csat.words import LANGUAGES, Words
from automation.setting_changes import record_setting
from helpdesk.accounts.models import Organization, User
from helpdesk.accounts.organization import change_organization
from helpdesk.events.actor import Actor
from helpdesk.events.outbox import unit_of_work
from helpdesk.lib.clock import now
from helpdesk.lib.errors import InvalidInput, NotFound
from integrations.commerce.models import Order, Store
from tickets.models import Ticket

MIN_NPS_PAUSE_DAYS = 30
MAX_DAYS = 365
MAX_DELAY_SECONDS = 30 * 24 * 60 * 60
MAX_TEXT_CHARS = 300
TEXTS = ("question", "intro", "thanks", "nps_question")
CHANNELS = ("email", "chat", "sms", "whatsapp", "other")
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_ON_ORGANIZATION = {
    "is_enabled": "csat_is_enabled",
    "delay_seconds": "csat_delay_seconds",
    "pause_days": "csat_pause_days",
}
_RANGES = {
    "delay_seconds": (0, MAX_DELAY_SECONDS),
    "sample_percent": (0, 100),
    "pause_days": (0, MAX_DAYS),
    "nps_pause_days": (MIN_NPS_PAUSE_DAYS, MAX_DAYS),
    "reminder_days": (0, 30),
    "expires_days": (1, 90),
}


@dataclass(frozen=True)
class Settings:
    """What holds for one store's surveys. ``reminder_days`` 0 is no reminder.

    ``channels_off`` are those where nobody is asked. ``texts`` are the shop's own words by
    language; where there are none, ours are used.
    """

    is_enabled: bool = True
    kind: str = SurveyKind.CSAT
    delay_seconds: int = 2 * 60 * 60
    sample_percent: int = 100
    pause_days: int = 14
    nps_pause_days: int = 90
    reminder_days: int = 0
    expires_days: int = 30
    channels_off: tuple[str, ...] = ()
    accent: str = ""
    logo_url: str = ""
    review_url: str = ""
    loyalty_url: str = ""
    texts: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def pause(self) -> int:
        """How many days a customer is left alone after being asked."""
        if self.kind == SurveyKind.NPS:
            return max(self.nps_pause_days, MIN_NPS_PAUSE_DAYS)
        return self.pause_days

    def is_on(self, channel_kind: str) -> bool:
        """Whether people are asked on channels of this kind."""
        named = channel_kind if channel_kind in CHANNELS else "other"
        return ("email" if channel_kind == "form" else named) not in self.channels_off

    def in_own_words(self, words: Words) -> Words:
        """Our sentences with those the shop wrote itself in this language."""
        own = self.texts.get(words.language, {})
        chosen: dict[str, Any] = {_SENTENCE[name]: text for name, text in own.items() if text}
        if own.get("intro"):
            chosen["mail_lead"] = own["intro"]
        return replace(words, **chosen) if chosen else words


_SENTENCE = {
    "question": "title",
    "intro": "intro",
    "thanks": "thanks_lead",
    "nps_question": "nps_title",
}


def settings_of(organization: Organization, store_id: uuid.UUID | None = None) -> Settings:
    """What holds for surveys of this store; without one, for those of no store."""
    chosen = chosen_of(organization.pk)
    return resolved(organization, chosen.get(None, {}), chosen.get(store_id, {}))


def chosen_of(organization_id: uuid.UUID) -> dict[uuid.UUID | None, dict[str, Any]]:
    """What was chosen, by store; under None what the organization chose for all."""
    rows = SurveySettings.objects.filter(organization_id=organization_id)
    return {row.store_id: row.values for row in rows}


def resolved(organization: Organization, *layers: dict[str, Any]) -> Settings:
    """The organization's columns and these layers put together, the last one on top."""
    values: dict[str, Any] = {
        name: getattr(organization, column) for name, column in _ON_ORGANIZATION.items()
    }
    texts: dict[str, dict[str, str]] = {}
    for layer in layers:
        values |= layer
        for language, own in layer.get("texts", {}).items():
            texts[language] = {**texts.get(language, {}), **own}
    known = Settings.__dataclass_fields__
    kept = {name: value for name, value in values.items() if name in known}
    return Settings(**{**kept, "texts": texts, "channels_off": tuple(kept.get("channels_off", ()))})


def find_store_of(ticket: Ticket) -> uuid.UUID | None:
    """The store a ticket is about: that of its order, else the organization's only one."""
    if ticket.order_id is not None:
        named = Order.objects.filter(pk=ticket.order_id).values_list("store_id", flat=True).first()
        if named is not None:
            return named
    stores = list(
        Store.objects.filter(
            organization_id=ticket.organization_id, is_active=True, disconnected_at=None
        ).values_list("pk", flat=True)[:2]
    )
    return stores[0] if len(stores) == 1 else None


def change_settings(
    organization: Organization,
    values: dict[str, Any],
    store_id: uuid.UUID | None = None,
    *,
    by: User | None = None,
) -> Settings:
    """Keep these choices; one that is None goes back to what holds without it.

    Raises InvalidInput naming the setting, NotFound for a store of somebody else.
    """
    clean = {name: None if value is None else _clean(name, value) for name, value in values.items()}
    store = None if store_id is None else get_store(organization, store_id)
    with unit_of_work(actor=Actor.of_user(by) if by else None):
        before = settings_record(settings_of(organization, store_id))
        if store_id is None:
            on_row = {name for name in clean if name in _ON_ORGANIZATION}
            changed = {
                _ON_ORGANIZATION[name]: clean[name] for name in on_row if clean[name] is not None
            }
            organization = change_organization(organization.pk, changed)
            clean = {name: value for name, value in clean.items() if name not in on_row}
        row, _ = SurveySettings.objects.select_for_update().get_or_create(
            organization=organization, store=store
        )
        kept = {**row.values, **clean}
        row.values = {name: value for name, value in kept.items() if value is not None}
        row.updated_at = now()
        row.save(update_fields=["values", "updated_at"])
        settings = settings_of(organization, store_id)
        name = store.name if store is not None else ""
        after = settings_record(settings)
        record_setting(
            "surveys",
            organization.pk,
            store_id or organization.pk,
            name,
            before=before,
            after=after,
        )
    return settings


def get_store(organization: Organization, store_id: uuid.UUID) -> Store:
    """One of the organization's stores; raises NotFound."""
    store = Store.objects.filter(organization=organization, pk=store_id).first()
    if store is None:
        raise NotFound("This store is not one of yours.")
    return store


def preview_settings(
    organization: Organization, values: dict[str, Any], store_id: uuid.UUID | None = None
) -> Settings:
    """What would hold with these choices; nothing is kept. Raises InvalidInput like a change."""
    clean = {name: _clean(name, value) for name, value in values.items() if value is not None}
    chosen = chosen_of(organization.pk)
    return resolved(organization, chosen.get(None, {}), chosen.get(store_id, {}), clean)


def settings_record(settings: Settings) -> dict[str, Any]:
    """As the API says it."""
    return {**asdict(settings), "channels_off": list(settings.channels_off)}


def _clean(name: str, value: Any) -> Any:
    """The value as it is kept; raises InvalidInput naming the setting."""
    if name in _RANGES:
        lowest, highest = _RANGES[name]
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise InvalidInput.field(name, f"Choose a number from {lowest} to {highest}.")
        return value
    if name == "is_enabled" and isinstance(value, bool):
        return value
    if name == "kind" and value in SurveyKind.values:
        return value
    if name == "channels_off" and isinstance(value, list) and set(value) <= set(CHANNELS):
        return sorted(set(value))
    if name == "accent" and isinstance(value, str):
        return _clean_colour(value)
    if name in ("logo_url", "review_url", "loyalty_url") and isinstance(value, str):
        return _clean_address(name, value)
    if name == "texts" and isinstance(value, dict):
        return _clean_texts(value)
    raise InvalidInput.field(name, "This cannot be chosen here.")


def _clean_colour(value: str) -> str:
    colour = value.strip().lower()
    if colour and not _COLOUR.fullmatch(colour):
        raise InvalidInput.field("accent", "Write a colour like #2f5d46.")
    return colour


def _clean_address(name: str, value: str) -> str:
    address = value.strip()
    if not address or (name == "logo_url" and is_kept_logo(address)):
        return address
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    is_plain = parts.scheme == "https" and "." in (parts.hostname or "") and not parts.username
    if not is_plain or len(address) > 500 or any(sign in address for sign in " \"'<>()\\\n\r\t"):
        raise InvalidInput.field(name, "Write an address that begins with https://.")
    return address


def _clean_texts(value: dict[str, Any]) -> dict[str, dict[str, str]]:
    kept: dict[str, dict[str, str]] = {}
    for language, own in value.items():
        if language not in LANGUAGES or not isinstance(own, dict):
            raise InvalidInput.field("texts", f"“{language}” is not a language of surveys.")
        for name, text in own.items():
            if name not in TEXTS or not isinstance(text, str) or len(text) > MAX_TEXT_CHARS:
                raise InvalidInput.field(
                    f"texts.{language}.{name}",
                    f"A text of at most {MAX_TEXT_CHARS} characters, please.",
                )
        said = {name: " ".join(text.split()) for name, text in own.items() if text.strip()}
        if said:
            kept[language] = said
    return kept
