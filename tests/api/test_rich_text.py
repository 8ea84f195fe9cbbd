"""What agents write with formatting is stored clean, and its text always says the same."""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.accounts.models import User
from helpdesk.lib import blobs
from helpdesk.lib.images import without_metadata
from tickets.models import Attachment, Message, Ticket
from tickets.rich_text import clean, text_of

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]


def png(*extra: tuple[bytes, bytes]) -> bytes:
    """One transparent dot, with further chunks."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0))
    dot = chunk(b"IDAT", zlib.compress(b"\x00\x00\x00\x00\x00"))
    return (
        b"\x89PNG\r\n\x1a\n" + head + b"".join(chunk(*e) for e in extra) + dot + chunk(b"IEND", b"")
    )


def jpeg(exif: bytes) -> bytes:
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    return b"\xff\xd8" + segment + b"\xff\xdb\x00\x04ab" + b"\xff\xda\x00\x02scan\xff\xd9"


def write(client: Any, ticket: Ticket, **body: Any) -> Any:
    said = {"id": str(uuid.uuid4()), **body}
    return client.post(f"/api/v1/tickets/{ticket.pk}/messages", said)


def upload(client: Any, content: bytes, name: str = "photo.png") -> str:
    file = SimpleUploadedFile(name, content, "image/png")
    return str(client.post("/api/v1/attachments", {"file": file}, format="multipart").json()["id"])


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Dear Mia,</p><p>thank <strong>you</strong>.</p>", "Dear Mia,\n\nthank you."),
        ("<p>one<br>two</p>", "one\ntwo"),
        ("<ul><li><p>a</p></li><li><p>b</p></li></ul><p>c</p>", "- a\n- b\n\nc"),
        ('<ol start="3"><li>a</li><li>b</li></ol>', "3. a\n4. b"),
        ("<ul><li>a<ul><li>b</li></ul></li></ul>", "- a\n  - b"),
        ("<blockquote><p>hers</p></blockquote><p>mine</p>", "> hers\n\nmine"),
        ('<p><a href="https://a.example/x">here</a></p>', "here (https://a.example/x)"),
        ('<p><a href="https://a.example">https://a.example</a></p>', "https://a.example"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ("<p>1 &lt; 2 &amp; 3</p>", "1 < 2 & 3"),
        ("<p>a</p><p></p><p>b</p>", "a\n\nb"),
    ],
)
def test_the_text_says_what_the_html_says(html: str, text: str):
    assert clean(html).text == text
    assert clean(clean(html).html).html == clean(html).html


def test_nothing_that_runs_or_loads_is_stored(api_as: Api, bo: User, ticket: Ticket):
    """G13.3"""
    html = (
        '<p onclick="x()">Hi<script>alert(1)</script><style>p{}</style></p>'
        '<img src="https://track.example/p.gif"><img src="data:image/png;base64,AAAA">'
        '<a href="javascript:alert(1)">a</a><iframe src="//x.example"></iframe>'
        '<p style="position:fixed" class="MsoNormal"><o:p>Word</o:p></p>'
    )
    record = write(api_as(bo), ticket, html=html, text="something else").json()
    assert record["html"] == ('<p>Hi</p><a rel="noopener noreferrer nofollow">a</a><p>Word</p>')
    assert record["text"] == "Hi\n\na\nWord"


def test_text_that_does_not_match_the_html_is_not_believed(api_as: Api, bo: User, ticket: Ticket):
    record = write(api_as(bo), ticket, html="<p>Yes</p>", text="No").json()
    assert (record["text"], record["html"]) == ("Yes", "<p>Yes</p>")


def test_a_place_left_open_in_the_html_is_refused(api_as: Api, bo: User, ticket: Ticket):
    """UX 35"""
    answer = write(api_as(bo), ticket, html="<p>Total ⟦order.total⟧</p>")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "text.order.total")


def test_a_note_may_have_formatting_too(api_as: Api, bo: User, ticket: Ticket):
    record = write(api_as(bo), ticket, kind="note", html="<p>She is <em>right</em></p>").json()
    assert (record["html"], record["text"]) == ("<p>She is <em>right</em></p>", "She is right")
    assert record["direction"] == "internal"


def test_a_pasted_image_becomes_part_of_the_message(api_as: Api, bo: User, ticket: Ticket):
    client = api_as(bo)
    file_id = upload(client, png())
    html = f'<p>Look:</p><img src="/api/v1/attachments/{file_id}?inline=1" alt="stain">'
    record = write(client, ticket, html=html).json()
    assert record["html"] == f'<p>Look:</p><img src="cid:{file_id}@aftercare" alt="stain">'
    assert record["text"] == "Look:\n\n[stain]"
    (attachment,) = record["attachments"]
    assert (attachment["is_inline"], attachment["content_id"]) == (True, f"{file_id}@aftercare")


def test_a_colleagues_image_cannot_be_shown_in_my_message(
    api_as: Api, bo: User, cy: User, ticket: Ticket
):
    file_id = upload(api_as(cy), png())
    answer = write(api_as(bo), ticket, html=f'<img src="/api/v1/attachments/{file_id}">')
    assert answer.status_code == 422
    assert not Message.objects.filter(kind="reply").exists()


def test_a_photograph_does_not_tell_where_it_was_taken(api_as: Api, bo: User):
    gps = b"48.8584,2.2945"
    content = png((b"eXIf", gps), (b"tEXt", b"Author\x00Bo"))
    file_id = upload(api_as(bo), content)
    assert blobs.read(Attachment.objects.get(pk=file_id).sha256) == png()


def test_a_jpeg_keeps_which_way_is_up_and_nothing_else():
    entries = struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + struct.pack("<HHII", 0x8825, 4, 1, 99)
    exif = b"Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\x02\x00" + entries + bytes(4) + b"GPS 48.85"
    cleaned = without_metadata(jpeg(exif))
    assert b"GPS" not in cleaned
    assert b"\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06" in cleaned
    assert cleaned.endswith(b"\xff\xdb\x00\x04ab\xff\xda\x00\x02scan\xff\xd9")
    assert without_metadata(cleaned) == cleaned


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xe1\xff", b"RIFF1234WEBP"]
)
def test_broken_images_are_kept_as_they_are_or_cut_nowhere(content: bytes):
    assert without_metadata(content)[:3] == content[:3]


def test_the_text_of_hostile_html_takes_no_longer_than_its_length():
    assert text_of("<blockquote>" * 1500 + "x").endswith("x")
