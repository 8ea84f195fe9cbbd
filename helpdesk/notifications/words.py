"""What notification mails say, in the languages that people work in."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Words:
    """``{name}`` is who did it, ``{shop}`` the organization, ``{n}`` a number."""

    one: str
    many: str
    greeting: str
    more: str
    why: str
    kinds: dict[str, str] = field(default_factory=dict)


_EN = Words(
    one="{what} (#{number})",
    many="{n} tickets at {shop} need you",
    greeting="Hello {name},",
    more="and {n} more",
    why="You get this because you chose to be told by email. Choose again, or stop it, here:",
    kinds={
        "assigned": "{name} gave you a ticket",
        "team_assigned": "{name} gave your team a ticket",
        "mentioned": "{name} mentioned you",
        "customer_replied": "{name} replied",
        "followed_replied": "{name} replied on a ticket you follow",
        "followed_closed": "{name} closed a ticket you follow",
        "new_unassigned": "A new ticket is nobody’s",
        "low_csat": "{name} was not satisfied",
        "delivery_problem": "Your message may not have arrived",
        "channel_problem": "{name} does not work",
        "store_problem": "{name} cannot be reached",
        "rule_notice": "The rule {name} wants you to look",
        "rule_problem": "The rule {name} has a problem",
        "sla_warning": "A target will soon be missed",
        "sla_breach": "A target was missed",
        "order_approval": "{name} asks for your approval of an order action",
        "order_decided": "{name} decided on your order action",
        "order_done": "Your order action is done",
        "order_problem": "An order action needs you",
    },
)
_DE = Words(
    one="{what} (#{number})",
    many="{n} Tickets bei {shop} brauchen Sie",
    greeting="Guten Tag {name},",
    more="und {n} weitere",
    why="Sie bekommen diese E-Mail, weil Sie es so gewählt haben. Ändern oder abstellen können Sie "
    "es hier:",
    kinds={
        "assigned": "{name} hat Ihnen ein Ticket gegeben",
        "team_assigned": "{name} hat Ihrem Team ein Ticket gegeben",
        "mentioned": "{name} hat Sie erwähnt",
        "customer_replied": "{name} hat geantwortet",
        "followed_replied": "{name} hat auf ein Ticket geantwortet, dem Sie folgen",
        "followed_closed": "{name} hat ein Ticket geschlossen, dem Sie folgen",
        "new_unassigned": "Ein neues Ticket gehört niemandem",
        "low_csat": "{name} war nicht zufrieden",
        "delivery_problem": "Ihre Nachricht ist vielleicht nicht angekommen",
        "channel_problem": "{name} funktioniert nicht",
        "store_problem": "{name} ist nicht erreichbar",
        "rule_notice": "Die Regel {name} bittet Sie hinzusehen",
        "rule_problem": "Die Regel {name} hat ein Problem",
        "sla_warning": "Ein Serviceziel wird bald verfehlt",
        "sla_breach": "Ein Serviceziel wurde verfehlt",
        "order_approval": "{name} bittet um Ihre Freigabe für eine Bestellung",
        "order_decided": "{name} hat über Ihre Bestellaktion entschieden",
        "order_done": "Ihre Bestellaktion ist ausgeführt",
        "order_problem": "Eine Bestellaktion braucht Sie",
    },
)
_LANGUAGES = {"en": _EN, "de": _DE}


def words_of(language: object) -> Words:
    """The words of this language tag; English where there are none."""
    base = str(language or "en").split("-")[0].lower()
    return _LANGUAGES.get(base, _EN)
