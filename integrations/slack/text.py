"""Slack's own markup as plain text, and plain text so that Slack shows it as it is."""

from __future__ import annotations

import re

_TAG = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")


def plain(text: str) -> str:
    """``<https://x|here>`` → ``here (https://x)``, ``<@U1|mia>`` → ``@mia``, ``&amp;`` → ``&``."""
    return _unescaped(_TAG.sub(_tag, text))


def escaped(text: str) -> str:
    """The three characters that mean something to Slack."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _tag(found: re.Match[str]) -> str:
    target, label = found.group(1), found.group(2)
    if target.startswith(("@", "#")):
        return f"{target[0]}{label or target[1:]}"
    if target.startswith("!"):
        return label or f"@{target[1:].partition('^')[0]}"
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label in (target, address):
        return address
    return f"{label} ({address})"
