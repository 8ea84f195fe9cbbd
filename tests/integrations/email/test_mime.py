"""Bytes of a mail become clean text, addresses, dates and files, whatever is wrong with them (G4)."""

from __future__ import annotations

import base64
import struct
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.email.mime import parse_body, parse_mail
from integrations.email.parsed_mail import ParsedMail


def assert_clean(mail: ParsedMail) -> None:
    for text in (
        mail.subject,
        mail.text,
        mail.html,
        mail.reply_text,
        mail.quoted_text,
        *mail.defects,
    ):
        assert "\x00" not in text
        text.encode("utf-8")
    for address in (mail.sender_from, *mail.to, *mail.cc, *mail.reply_to):
        f"{address.name}{address.address}".encode()
    for attachment in mail.attachments:
        attachment.name.encode("utf-8")
        assert attachment.size_bytes == len(attachment.content)


@pytest.mark.parametrize(
    ("label", "raw", "wanted"),
    [
        ("iso-2022-jp", "ご注文".encode("iso2022_jp"), "ご注文"),
        ("Shift_JIS", "ご注文①".encode("cp932"), "ご注文①"),
        ("gb2312", "订单镕".encode("gbk"), "订单镕"),
        ("big5", "訂單".encode("big5"), "訂單"),
        ("ks_c_5601-1987", "주문".encode("cp949"), "주문"),
        ("koi8-r", "заказ".encode("koi8-r"), "заказ"),
        ("windows-1251", "заказ".encode("cp1251"), "заказ"),
        ("tis-620", "สั่งซื้อ".encode("cp874"), "สั่งซื้อ"),
        ("iso-8859-1", b"price \x80 5", "price € 5"),
        ("us-ascii", "Größe".encode(), "Größe"),
        ("utf-8", "Größe".encode("latin-1"), "Größe"),
        ("x-made-up", "Größe".encode(), "Größe"),
        ("", "заказ номер десять".encode("cp1251"), "заказ номер десять"),
        ("unicode_escape", b"\\u0041", "\\u0041"),
        (
            "utf-8",
            "Grüße aus Köln: ".encode() + b"a\xed\xa0\x80b\x00c",
            "Grüße aus Köln: a\ufffd\ufffd\ufffdbc",
        ),
    ],
)
def test_text_is_read_in_its_charset_or_the_likeliest_one(
    label: str, raw: bytes, wanted: str
) -> None:
    """G4.1"""
    header = f'Content-Type: text/plain; charset="{label}"\n'.encode() if label else b""
    mail = parse_mail(header + b"Content-Transfer-Encoding: 8bit\n\n" + raw)
    assert mail.text == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"=?utf-8?q?Gr=C3=BC=C3=9Fe_aus?= =?utf-8?b?QmVybGlu?=", "Grüße ausBerlin"),
        (b"=?utf-8?b?44Gf?= =?utf-8?b?44KT?=\r\n =?utf-8?b?44Gf?=", "たんた"),
        (b"=?utf-8?b?44E=?= =?utf-8?b?nw==?=", "た"),
        (b"Re: =?iso-8859-1?q?caf=E9?= today", "Re: café today"),
        ("Größe".encode("latin-1"), "Größe"),
        ("Größe".encode(), "Größe"),
        (b"=?UTF-8?B?nnDusSNdG92w6Fuw61fM?=", "=?UTF-8?B?nnDusSNdG92w6Fuw61fM?="),
        (b"a\r\n b\r\n\tc", "a b\tc".replace("\t", " ")),
        (b"=?utf-8?q?a=0D=0ABcc=3A_x=40y.de?=", "a Bcc: x@y.de"),
    ],
)
def test_subjects_are_decoded_onto_one_line(raw: bytes, wanted: str) -> None:
    assert parse_mail(b"Subject: " + raw + b"\r\n\r\nhi").subject == wanted


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (b"Tue, 4 Mar 2025 09:15:00 +0100", datetime(2025, 3, 4, 8, 15, tzinfo=UTC)),
        (b"4 Mar 25 09:15 EST", datetime(2025, 3, 4, 14, 15, tzinfo=UTC)),
        (b"Tue, 4 Mar 2025 09:15:60 GMT", datetime(2025, 3, 4, 9, 15, 59, tzinfo=UTC)),
        (b"Tue, 32 Mar 2025 09:15:00 +0000", None),
        (b"Tue, 4 Mar 99999 09:15:00 +0000", None),
        (b"Tue, 4 Mar 2025 09:15:00 +9999", datetime(2025, 3, 3, 9, 16, tzinfo=UTC)),
        (b"yesterday", None),
        (b"", None),
    ],
)
def test_a_date_is_aware_or_none(raw: bytes, wanted: datetime | None) -> None:
    assert parse_mail(b"Date: " + raw + b"\n\nhi").date == wanted


def test_files_keep_their_bytes_and_get_harmless_names() -> None:
    """A25, A26"""
    content = bytes(range(256))
    names = [
        "../../etc/passwd",
        "C:\\x\\evil.exe",
        "\u202egnp.exe",
        "a\x00b.txt",
        ".htaccess",
        "\u200b.htaccess",
        "x" * 400 + ".pdf",
    ]
    parts = b"".join(
        b"--b\nContent-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n"
        b"Content-Disposition: attachment; filename*=utf-8''"
        + _percent(name)
        + b"\n\n"
        + base64.encodebytes(content)
        for name in names
    )
    mail = parse_mail(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhi\n" + parts + b"--b--\n"
    )
    assert [one.name for one in mail.attachments] == [
        "passwd", "evil.exe", "gnp.exe", "ab.txt", ".htaccess", ".htaccess", "x" * 196 + ".pdf",
    ]  # fmt: skip
    assert all(one.content == content for one in mail.attachments)


def _percent(name: str) -> bytes:
    return "".join(f"%{byte:02X}" for byte in name.encode()).encode()


def test_pictures_of_an_html_mail_are_inline_and_keep_their_id() -> None:
    """G4.2"""
    mail = parse_mail(
        b"Content-Type: multipart/related; boundary=r\n\n--r\nContent-Type: multipart/alternative; boundary=a\n\n"
        b"--a\n\nplain\n--a\nContent-Type: text/html\n\n<p>rich <img src=cid:i@x></p>\n--a--\n"
        b"--r\nContent-Type: image/png\nContent-ID: <i@x>\nContent-Transfer-Encoding: base64\n\nAAEC\n--r--\n"
    )
    assert (mail.text.strip(), mail.html.strip()) == ("plain", "<p>rich <img src=cid:i@x></p>")
    assert [(one.content_id, one.is_inline, one.content) for one in mail.attachments] == [
        ("i@x", True, b"\x00\x01\x02")
    ]


def test_a_mail_inside_a_mail_is_a_file_named_after_its_subject() -> None:
    """G4.2"""
    inner = b"From: c@d.de\nSubject: Order 7\n\nold words\n"
    mail = parse_mail(
        b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsee below\n--b\nContent-Type: message/rfc822\n\n"
        + inner
        + b"\n--b--\n"
    )
    assert mail.text.strip() == "see below"
    assert [(one.name, one.content) for one in mail.attachments] == [("Order 7.eml", inner)]


def test_flowed_lines_are_joined_within_one_quote_depth() -> None:
    """G4.2"""
    head = b"Content-Type: text/plain; format=flowed; delsp="
    body = b"\n\none \ntwo\n> three \n> four\n>> five \n> six\n-- \nname"
    assert (
        parse_mail(head + b"no" + body).text == "one two\n> three four\n>> five \n> six\n-- \nname"
    )
    assert parse_mail(head + b"yes" + body).text.startswith("onetwo\n> threefour\n")


def test_a_uuencoded_file_in_the_text_becomes_an_attachment() -> None:
    mail = parse_mail(b"Subject: x\n\nbefore\nbegin 644 cat.txt\n#0V%T\n`\nend\nafter\n")
    assert "begin" not in mail.text
    assert "before" in mail.text
    assert "after" in mail.text
    assert [(one.name, one.content) for one in mail.attachments] == [("cat.txt", b"Cat")]


def test_outlooks_winmail_dat_is_unpacked() -> None:
    """G4.2"""
    mail = parse_mail(
        b"Content-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
        + base64.encodebytes(_tnef(b"Hello from Outlook", b"cat.txt", b"Cat"))
    )
    assert mail.text == "Hello from Outlook"
    assert [(one.name, one.content) for one in mail.attachments] == [("cat.txt", b"Cat")]


def test_a_broken_winmail_dat_stays_a_file() -> None:
    mail = parse_mail(b"Content-Type: application/ms-tnef; name=winmail.dat\n\nnonsense")
    assert [one.name for one in mail.attachments] == ["winmail.dat"]
    assert "winmail.dat: not readable, kept as it is" in mail.defects


def _tnef(body: bytes, name: bytes, content: bytes) -> bytes:
    def attribute(level: int, number: int, data: bytes) -> bytes:
        checksum = sum(data) & 0xFFFF
        return (
            struct.pack("<BHHI", level, number, 1, len(data)) + data + struct.pack("<H", checksum)
        )

    return (
        struct.pack("<IH", 0x223E9F78, 1)
        + attribute(1, 0x800C, body + b"\0")
        + attribute(2, 0x9002, b"\0" * 14)
        + attribute(2, 0x8010, name + b"\0")
        + attribute(2, 0x800F, content)
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\n",
        b"no headers at all",
        b"Subject: only headers",
        b"\x00\xff\xfe" * 100,
        b"Content-Type: multipart/mixed\n\nno boundary",
        b"Content-Type: multipart/mixed; boundary=b\n\nnever appears",
        b'Content-Type: multipart/mixed; boundary=""\n\n--\n\nx',
        b'Content-Type: ;;;="\n\nx',
        b"Content-Type: text/plain; charset=idna\n\n\xff",
        b"Content-Transfer-Encoding: base64\n\n!!!=A==",
        b"Content-Transfer-Encoding: quoted-printable\n\n=\n=Z=",
        b"From ada Tue\nSubject: mbox line\n\nx",
    ],
)
def test_damaged_mail_is_read_without_an_error(raw: bytes) -> None:
    assert_clean(parse_mail(raw))


HEAD = b"From: a@b.de\r\nSubject: x\r\n"
HOSTILE = {
    "100,000 parts": (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000 + b"--b--",
        "mime: more than 200 parts, the rest was not read",
    ),
    "nesting 3,000 deep": (
        HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3_000)) + b"\r\nhi",
        "mime: nested deeper than 20, the rest was not read",
    ),
    "120 KB of recipients": (
        b"From: a@b.de\nTo: " + b", ".join(b'"N %d" <u%d@x.de>' % (n, n) for n in range(5_000)) + b"\n\nhi",
        "to: more than 200 addresses, the rest was not read",
    ),
    "589 KB of references": (
        b"From: a@b.de\nReferences: " + b"\n ".join(b"<%d@x.de>" % n for n in range(45_000)) + b"\n\nhi",
        "references: more than 500, the rest was not read",
    ),
    "a header of 10 MB": (
        b"From: a@b.de\nX-A: " + b"x" * 10_000_000 + b"\nSubject: later\n\nhi",
        "headers: longer than 1 MB, the rest was not read",
    ),
    "900,000 headers": (b"From: a@b.de\n" + b"X-A: y\n" * 900_000 + b"\nhi", "headers: longer than 1 MB, the rest was not read"),
    "a text of 30 MB": (HEAD + b"\r\n" + b"lorem ipsum dolor sit amet\r\n" * 1_000_000, "text: longer than 1,000,000 characters, cut off; the original is kept"),
    "HTML of 5 MB": (HEAD + b"Content-Type: text/html\r\n\r\n" + b"<p>x</p>" * 600_000, "html: too many tags, the text was made from the first ones"),
    "open quotes": (b"From: a@b.de\nTo: " + b'"\\' * 45_000 + b"\n\nhi", "to: malformed address"),
    "open comments": (b"From: a@b.de\nTo: " + b"(" * 90_000 + b"\n\nhi", "to: malformed address"),
    "colons": (b"From: a@b.de\nTo: " + b"a@b:" * 22_000 + b"\n\nhi", "to: malformed address"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_mail_is_cut_visibly_and_quickly(name: str) -> None:
    """F11, A28: CPU below 2 seconds."""
    import time

    raw, defect = HOSTILE[name]
    start = time.process_time()
    mail = parse_mail(raw)
    assert time.process_time() - start < 2
    assert defect in mail.defects
    assert len(mail.to) <= 200
    assert len(mail.references) <= 500
    assert len(mail.attachments) <= 200
    assert_clean(mail)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=2_000))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    assert_clean(parse_mail(raw))


LINES = st.sampled_from([
    b"From: a@b.de", b"Subject: =?utf-8?b?////?=", b"Content-Type: multipart/mixed; boundary=b", b"Content-Type: multipart/alternative; boundary=\"c\"",
    b"Content-Type: text/html; charset=gb2312", b"Content-Transfer-Encoding: base64", b"Content-Transfer-Encoding: x-uuencode", b"--b", b"--b--", b"--c", b"", b"",
    b"begin 644 x", b"end", b"> quoted", b"On 1.1.2020 at 10:00 Ada <a@b.de> wrote:", b"-- ", b"\xff\xfe\x00", b"<p>x</p>", b"Content-Type: message/rfc822", b"Content-Type: message/delivery-status",
    b"Final-Recipient: rfc822; x@y.de", b"Action: failed", b"Content-Type: application/ms-tnef", b" folded", b"To: <<,;:\"(",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(LINES, max_size=40), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_any_order_of_mail_lines_is_a_mail(lines: list[bytes], line_end: bytes) -> None:
    assert_clean(parse_mail(line_end.join(lines)))


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=500))
def test_any_text_is_a_body(text: str) -> None:
    assert_clean(parse_body(text, "text"))
    assert_clean(parse_body(text, "html"))
