"""No trick in an address header yields a wrong address (RELIABILITY A8, A9)."""

from __future__ import annotations

import pytest

from integrations.email.addresses import parse_addresses
from integrations.email.mime import parse_mail

GOOD = [
    (b"a@b.de", "a@b.de", ""),
    (b"Ada <a@b.de>", "a@b.de", "Ada"),
    (b'"Doe, John" <j@d.de>', "j@d.de", "Doe, John"),
    (b"Ada (at (home)) <a@b.de>", "a@b.de", "Ada"),
    (b"a@b.de (Ada)", "a@b.de", "Ada"),
    (b"<@relay.de,@x.de:a@b.de>", "a@b.de", ""),
    (b"=?utf-8?q?J=C3=B6rg?= <j@d.de>", "j@d.de", "Jörg"),
    (b"=?utf-8?q?a=3Cevil=40x.de=3E=2C?= <x@y.de>", "x@y.de", "a<evil@x.de>,"),
    (b'"a\\"b" <x@y.de>', "x@y.de", 'a"b'),
    (b"'a@b.de' <a@b.de>", "a@b.de", "a@b.de"),
    (b"<mailto:a@b.de>", "a@b.de", ""),
    (b"A@B.DE", "A@b.de", ""),
    ("jörg@exämple.de".encode(), "jörg@exämple.de", ""),
    (b"x@[127.0.0.1]", "x@[127.0.0.1]", ""),
]

# (header, the only addresses that may come out)
TRICKS = [
    (b"alice@good.com <bob@evil.com>", ["bob@evil.com"]),
    (b"alice@good.com<bob@evil.com>", ["bob@evil.com"]),
    (b"alice@good.com\0<bob@evil.com>", ["bob@evil.com"]),
    (b"alice@good.com\r\n <bob@evil.com>", ["bob@evil.com"]),
    (b"alice@good.com)bob@evil.com", [""]),
    (b"alice@good.com(bob@evil.com", [""]),
    (b"<alice@good.com> <bob@evil.com>", [""]),
    (b"<alice@good.com>bob@evil.com>", [""]),
    (b"alice@good.com>bob@evil.com", [""]),
    (b"<<alice@good.com>", ["alice@good.com"]),
    (b"a@b@c.de", [""]),
    (b"alice@good.com:bob@evil.com", [""]),
    (b"alice@good.com bob@evil.com", [""]),
    (b'"alice@good.com', [""]),
    (b"alice@", [""]),
    (b"@good.com", [""]),
    (b"alice@good.com\\<bob@evil.com>", ["bob@evil.com"]),
    (b"<alice@good.com", ["alice@good.com"]),
    (b"alice@good..com\x01 <>", [""]),
    (b"alice@good.com, <bob@evil.com>", ["alice@good.com", "bob@evil.com"]),
]


@pytest.mark.parametrize(("value", "address", "name"), GOOD)
def test_a_well_formed_mailbox_is_read(value: bytes, address: str, name: str) -> None:
    addresses, defects = parse_addresses(value, limit=5)
    assert [(one.address, one.name) for one in addresses] == [(address, name)]
    assert defects == []


@pytest.mark.parametrize(("value", "allowed"), TRICKS)
def test_a_malformed_from_is_never_trusted(value: bytes, allowed: list[str]) -> None:
    """CVE-2023-27043 and its relatives."""
    mail = parse_mail(b"From: " + value + b"\n\nhi")
    addresses, _ = parse_addresses(value, limit=5)
    assert [one.address for one in addresses] == allowed
    assert not mail.has_trustworthy_from
    assert any(defect.startswith("from:") for defect in mail.defects)


def test_two_from_headers_are_a_defect_and_the_first_is_shown() -> None:
    """A9"""
    mail = parse_mail(b"From: a@b.de\nFrom: c@d.de\n\nhi")
    assert mail.sender_from.address == "a@b.de"
    assert "from: more than one From header" in mail.defects
    assert not mail.has_trustworthy_from


def test_a_name_torn_at_its_comma_is_one_person_with_a_defect() -> None:
    mail = parse_mail(b"From: Doe, John <j@d.de>\n\nhi")
    assert (mail.sender_from.address, mail.sender_from.name) == ("j@d.de", "Doe, John")
    assert not mail.has_trustworthy_from


def test_groups_and_semicolons_separate_addresses() -> None:
    addresses, defects = parse_addresses(b"Team: a@b.de, B <c@d.de>; e@f.de", limit=9)
    assert [one.address for one in addresses] == ["a@b.de", "c@d.de", "e@f.de"]
    assert defects == []
    assert parse_addresses(b"undisclosed-recipients:;", limit=9) == ([], [])


def test_directions_and_invisible_characters_are_taken_out_of_names() -> None:
    """A10"""
    value = "Support\u202egnp <a@b.de>".encode()
    assert parse_addresses(value, limit=1)[0][0].name == "Supportgnp"
