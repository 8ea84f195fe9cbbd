"""Failed deliveries are recognised with their recipients, and nothing else is (G6)."""

from __future__ import annotations

import pytest

from integrations.email.mime import parse_mail
from integrations.email.parsed_mail import ParsedMail

REPORT = b"""From: MAILER-DAEMON@mx.example
To: help@linden.example
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; eva@kunde.example
Action: %s
Status: %s
Diagnostic-Code: smtp; %s

--b
Content-Type: message/rfc822

From: help@linden.example
Message-ID: <42.abc@linden.example>
Subject: Your order

hi
--b--
"""


def report(action: bytes, status: bytes, reason: bytes) -> ParsedMail:
    return parse_mail(REPORT % (action, status, reason))


def test_a_failed_recipient_is_named_with_status_and_original_message() -> None:
    """G6.3"""
    mail = report(b"failed", b"5.1.1", b"550 5.1.1 User unknown")
    assert mail.is_bounce
    assert [(one.recipient, one.status, one.is_hard) for one in mail.bounces] == [
        ("eva@kunde.example", "5.1.1", True)
    ]
    assert mail.bounced_message_id == "42.abc@linden.example"
    assert not mail.is_auto_reply


@pytest.mark.parametrize(
    ("action", "status", "reason"),
    [
        (b"failed", b"5.2.2", b"552 mailbox full"),
        (b"failed", b"5.7.1", b"550 rejected as spam"),
        (b"failed", b"5.1.1", b"550 blocked by policy"),
        (b"delayed", b"4.4.1", b"connection timed out"),
    ],
)
def test_a_living_address_is_never_a_hard_bounce(
    action: bytes, status: bytes, reason: bytes
) -> None:
    """F50"""
    mail = report(action, status, reason)
    assert mail.is_bounce
    assert [one.is_hard for one in mail.bounces] == [False]


def test_a_report_of_success_is_no_bounce() -> None:
    mail = report(b"delivered", b"2.0.0", b"250 ok")
    assert not mail.is_bounce
    assert mail.is_report
    assert mail.bounces == ()


@pytest.mark.parametrize("kind", [b"message/feedback-report", b"message/disposition-notification"])
def test_complaints_and_read_receipts_are_reports_and_no_bounces(kind: bytes) -> None:
    mail = parse_mail(REPORT.replace(b"message/delivery-status", kind))
    assert mail.is_report
    assert not mail.is_bounce


NOTICES = [
    (
        b"failure notice",
        b"Hi. This is the qmail-send program at mx.example.\n\n<eva@kunde.example>:\nSorry, no mailbox here by that name.\n\n--- Below this line is a copy of the message.\n\nTo: other@x.example\n",
        True,
    ),
    (
        b"Mail delivery failed: returning message to sender",
        b"A message that you sent could not be delivered. The following address(es) failed:\n\n  eva@kunde.example\n    Unrouteable address\n\n------ This is a copy of the message ------\n",
        True,
    ),
    (
        b"Undeliverable: Your order",
        b"Your message did not reach some or all of the intended recipients.\n\n      Subject: Your order\n\nThe following recipient(s) could not be reached:\n\n      eva@kunde.example on 3/4/2025\n            The e-mail account does not exist.\n",
        True,
    ),
    (
        b"Returned mail: User unknown",
        b"   ----- Transcript of session follows -----\n... while talking to mx:\n>>> RCPT To:<eva@kunde.example>\n<<< 550 User unknown\n550 <eva@kunde.example>... User unknown\n",
        True,
    ),
    (
        b"Unzustellbar: Ihre Bestellung",
        b"Die Nachricht konnte nicht zugestellt werden:\n\neva@kunde.example\nDas Postfach ist voll\n",
        False,
    ),
]


@pytest.mark.parametrize(("subject", "body", "is_hard"), NOTICES)
def test_a_notice_in_words_names_who_failed(subject: bytes, body: bytes, is_hard: bool) -> None:
    """G6.3"""
    mail = parse_mail(
        b"From: Mail Delivery System <MAILER-DAEMON@mx.example>\nSubject: "
        + subject
        + b"\nContent-Type: text/plain; charset=utf-8\n\n"
        + body
    )
    assert mail.is_bounce
    assert [(one.recipient, one.is_hard) for one in mail.bounces] == [
        ("eva@kunde.example", is_hard)
    ]


@pytest.mark.parametrize(
    "raw",
    [
        b"From: Eva <eva@kunde.example>\nSubject: My parcel could not be delivered\n\nThe courier says the address is unknown. Please help!",
        b"From: Eva <eva@kunde.example>\nSubject: Re: Your order\n\nI wrote to you but the mail was returned: user unknown.",
        b"From: Eva <eva@kunde.example>\nSubject: delivery problem\n\nMy order 1042 was not delivered. Write to me at eva2@kunde.example.",
        b"From: postmaster@kunde.example\nSubject: New price list\n\nHello, please find our prices.",
        b"From: Eva <eva@kunde.example>\nSubject: failed delivery\n\nUPS failed to deliver to my address. Please refund.",
    ],
)
def test_a_customer_writing_about_deliveries_is_no_bounce(raw: bytes) -> None:
    mail = parse_mail(raw)
    assert not mail.is_bounce
    assert mail.bounces == ()
