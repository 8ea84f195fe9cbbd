"""Who listens to which events in the background. A new "and then also…" is a new subscriber."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from helpdesk.events.models import Event

Handler = Callable[[Event], None]
Preparation = Callable[[list[Event]], None]


@dataclass(frozen=True)
class Subscriber:
    """A named handler; it runs at least once per event, in order, so it must be idempotent."""

    name: str
    types: frozenset[str]
    handle: Handler
    prepare: Preparation | None = None


_registry: dict[str, Subscriber] = {}


def subscribes(
    *types: str, name: str, prepare: Preparation | None = None
) -> Callable[[Handler], Handler]:
    """Register the function as subscriber ``name`` for these event types.

    The handler runs inside the dispatcher's unit of work: local and quick, no network.
    ``prepare`` is given a whole batch first, to read and lock in few queries what it will need.
    """

    def register(handler: Handler) -> Handler:
        known = _registry.get(name)
        if known is not None and known.handle is not handler:
            raise ValueError(f"two subscribers are called {name}")
        _registry[name] = Subscriber(name, frozenset(types), handler, prepare)
        return handler

    return register


def all_subscribers() -> list[Subscriber]:
    """Every subscriber, in a fixed order."""
    return [_registry[name] for name in sorted(_registry)]


def get_subscriber(name: str) -> Subscriber:
    """The subscriber of that name; raises KeyError."""
    return _registry[name]
