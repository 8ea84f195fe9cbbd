"""Was a mail really sent by the domain it names? What our own mail server found, and nothing else.

Anybody can write an Authentication-Results header. Only those with a configured authserv-id count,
only above the first Received line of a foreign server, and only for a From without defects
(RELIABILITY A7 to A9). No result is UNKNOWN, never PASS.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from integrations.email.parsed_mail import ParsedMail

_RESULT = re.compile(r"\A\s*([A-Za-z0-9-]{1,40})\s*=\s*([A-Za-z]{1,20})")
_NAMED = re.compile(
    r"\b(header\.from|header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?([^\s;\"]{1,300})"
)
_BY_HOST = re.compile(r"(?:\A|\s)by\s+([A-Za-z0-9._:\[\]-]{1,255})")


class SenderVerdict(StrEnum):
    """Whether the From address is proven."""

    PASS = "pass"  # noqa: S105 - a result, not a password
    FAIL = "fail"
    UNKNOWN = "unknown"


def get_sender_verdict(mail: ParsedMail, *, trusted_ids: Iterable[str]) -> SenderVerdict:
    """The verdict of the first trusted result that says something about the From domain."""
    trusted = frozenset(one.strip().lower().rstrip(".") for one in trusted_ids if one.strip())
    if not trusted or not mail.has_trustworthy_from:
        return SenderVerdict.UNKNOWN
    domain = mail.sender_from.address.rpartition("@")[2].lower()
    for methods in _trusted_results(mail.trace, trusted):
        verdict = _judge(methods, domain)
        if verdict is not SenderVerdict.UNKNOWN:
            return verdict
    return SenderVerdict.UNKNOWN


def _trusted_results(
    trace: tuple[tuple[str, str], ...], trusted: frozenset[str]
) -> list[list[str]]:
    """The method results of the topmost header of each trusted server, in order."""
    found: dict[str, list[str]] = {}
    for name, value in trace:
        if name == "received":
            if not _is_own_hop(value, trusted):
                break
            continue
        server, *methods = _split(value)
        server = (server.split() or [""])[0].lower().rstrip(".")
        if server in trusted and server not in found:
            found[server] = methods
    return list(found.values())


def _is_own_hop(received: str, trusted: frozenset[str]) -> bool:
    """Whether a Received line was written by a trusted server or inside its network."""
    match = _BY_HOST.search(_without_comments(received))
    if not match:
        return True
    host = match[1].strip("[].").lower()
    if "." not in host or ":" in host or host.replace(".", "").isdigit():
        return True
    return any(_is_same_site(host, one) for one in trusted)


def _is_same_site(host: str, trusted: str) -> bool:
    site = ".".join(trusted.split(".")[-2:]) if trusted.count(".") >= 2 else trusted
    return host in (trusted, site) or host.endswith(f".{site}")


def _judge(methods: list[str], domain: str) -> SenderVerdict:
    """DMARC where it was checked; else a DKIM pass whose domain is that of the From."""
    has_aligned_dkim = False
    for method in methods:
        match = _RESULT.match(method)
        if not match:
            continue
        kind, result = match[1].lower(), match[2].lower()
        names = dict(_NAMED.findall(method))
        if kind == "dmarc":
            checked = names.get("header.from", domain).rpartition("@")[2].lower().rstrip(".")
            if checked != domain:
                return SenderVerdict.UNKNOWN
            if result in ("pass", "fail"):
                return SenderVerdict(result)
        elif kind == "dkim" and result == "pass":
            signer = names.get("header.d") or names.get("header.i", "")
            signer = signer.rpartition("@")[2].lower().rstrip(".")
            has_aligned_dkim = has_aligned_dkim or _is_aligned(signer, domain)
    return SenderVerdict.PASS if has_aligned_dkim else SenderVerdict.UNKNOWN


def _is_aligned(signer: str, domain: str) -> bool:
    """Same domain, or the From is a subdomain of the signer, which names at least two labels.

    A signer of only a public suffix ("co.uk") cannot be told from a company; DKIM keys do not
    exist there.
    """
    return signer == domain or ("." in signer and domain.endswith(f".{signer}"))


def _split(value: str) -> list[str]:
    """Pieces between semicolons, without comments; a quoted semicolon stays."""
    pieces, start, in_quotes = [], 0, False
    text = _without_comments(value)
    for position, char in enumerate(text):
        if char == '"':
            in_quotes = not in_quotes
        elif char == ";" and not in_quotes:
            pieces.append(text[start:position])
            start = position + 1
    pieces.append(text[start:])
    return pieces


def _without_comments(text: str) -> str:
    """The text with (comments) cut out; what an unclosed one swallows is gone, to be safe."""
    kept: list[str] = []
    depth = 0
    in_quotes = False
    for char in text:
        if char == '"' and not depth:
            in_quotes = not in_quotes
        if char == "(" and not in_quotes:
            depth += 1
        elif char == ")" and not in_quotes:
            depth = max(0, depth - 1)
        elif not depth:
            kept.append(char)
    return "".join(kept)
