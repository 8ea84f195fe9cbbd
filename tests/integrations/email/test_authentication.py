"""Only our own mail server's word counts for who sent a mail (RELIABILITY A7 to A9)."""

from __future__ import annotations

import pytest

from integrations.email.authentication import SenderVerdict, get_sender_verdict
from integrations.email.mime import parse_mail

OURS = "mx.linden.example"
HOP = "Received: from out.kunde.example by mx.linden.example with ESMTP; Tue, 4 Mar 2025 09:15:00 +0100"
FOREIGN_HOP = (
    "Received: from laptop by out.kunde.example with ESMTP; Tue, 4 Mar 2025 09:14:00 +0100"
)
PASS = f"Authentication-Results: {OURS}; dkim=pass header.d=kunde.example; dmarc=pass header.from=kunde.example"


def verdict(*headers: str, sender: str = "From: Eva <eva@kunde.example>") -> SenderVerdict:
    mail = parse_mail("\r\n".join((*headers, sender, "", "hi")).encode())
    return get_sender_verdict(mail, trusted_ids=[OURS, "mxb.linden.example"])


@pytest.mark.parametrize(
    "headers",
    [
        (PASS, HOP, FOREIGN_HOP),
        (HOP, PASS, FOREIGN_HOP),
        (PASS.replace(OURS, "mxb.linden.example"), HOP),
        (PASS.replace(OURS, OURS.upper()),),
        (PASS.replace(OURS, f"{OURS} 1"),),
        (PASS.replace("dmarc=pass", "dmarc=pass (p=reject)"),),
        (f"Authentication-Results: {OURS}; dkim=pass header.d=kunde.example",),
        (f"Authentication-Results: {OURS};\r\n dmarc=pass header.from=kunde.example",),
    ],
)
def test_our_servers_pass_counts(headers: tuple[str, ...]) -> None:
    assert verdict(*headers) is SenderVerdict.PASS


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (HOP,),
        (PASS.replace(OURS, "mx.evil.example"),),
        (HOP, FOREIGN_HOP, PASS),
        (PASS.replace("dmarc=pass", "(dmarc=pass)").replace("dkim=pass", "dkim=none"),),
        (
            PASS.replace("header.from=kunde.example", "header.from=evil.example").replace(
                "header.d=kunde.example", "header.d=evil.example"
            ),
        ),
        (f"Authentication-Results: {OURS}; none",),
        (f"Authentication-Results: {OURS}; spf=pass smtp.mailfrom=kunde.example",),
        (f"Authentication-Results: {OURS}; dkim=pass header.d=example",),
        (f"Authentication-Results: {OURS}; dkim=pass header.d=unde.example",),
        (
            f'Authentication-Results: mx.evil.example; x="; {OURS}; dmarc=pass header.from=kunde.example"',
        ),
        (
            f"Authentication-Results: (mx.evil.example) ; {OURS}; dmarc=pass header.from=kunde.example",
        ),
        ("ARC-" + PASS,),
    ],
)
def test_what_anybody_could_have_written_is_no_pass(headers: tuple[str, ...]) -> None:
    assert verdict(*headers) is SenderVerdict.UNKNOWN


def test_our_servers_fail_beats_a_forged_pass_below_it() -> None:
    failed = PASS.replace("dmarc=pass", "dmarc=fail")
    assert verdict(failed, PASS, HOP) is SenderVerdict.FAIL


@pytest.mark.parametrize(
    "sender",
    [
        "From: eva@kunde.example <bob@evil.example>",
        "From: Eva <eva@kunde.example>\r\nFrom: Bob <bob@evil.example>",
        "From: Eva <eva@kunde.example>, Bob <bob@evil.example>",
        "Subject: nobody",
    ],
)
def test_a_doubtful_from_is_never_verified(sender: str) -> None:
    assert verdict(PASS, sender=sender) is SenderVerdict.UNKNOWN


def test_without_configured_servers_nothing_is_verified() -> None:
    mail = parse_mail(f"{PASS}\nFrom: eva@kunde.example\n\nhi".encode())
    assert get_sender_verdict(mail, trusted_ids=[]) is SenderVerdict.UNKNOWN
