"""Files and mail HTML: only with permission, and never as something that runs on our origin."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from helpdesk.accounts.models import Organization, User
from helpdesk.lib import blobs
from tests.api.conftest import write_in
from tickets.actions.attach import clean_name
from tickets.actions.receive import StoredFile
from tickets.models import Attachment, Ticket

pytestmark = pytest.mark.django_db(transaction=True)
Api = Callable[..., Any]
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


def upload(client: Any, name: str, content: bytes, content_type: str = "text/plain") -> Any:
    file = SimpleUploadedFile(name, content, content_type)
    return client.post("/api/v1/attachments", {"file": file}, format="multipart")


def test_a_file_goes_up_into_a_message_and_comes_down_with_permission(
    api_as: Api, bo: User, cy: User, dee: User, ticket: Ticket
):
    """G13.2, A24."""
    file = upload(api_as(bo), "Rechnung.pdf", b"%PDF-1.7").json()
    place = f"/api/v1/attachments/{file['id']}"
    assert api_as(cy).get(place).status_code == 404  # not sent yet: only its author has it
    body = {"id": str(uuid.uuid4()), "text": "See the file", "attachment_ids": [file["id"]]}
    message = api_as(bo).post(f"/api/v1/tickets/{ticket.pk}/messages", body).json()
    assert [each["name"] for each in message["attachments"]] == ["Rechnung.pdf"]
    down = api_as(cy).get(place)
    assert (down.status_code, down.content) == (200, b"%PDF-1.7")
    assert api_as(dee).get(place).status_code == 404
    assert api_as(None).get(place).status_code == 401


def test_a_colleagues_upload_cannot_be_taken_into_a_message(
    api_as: Api, bo: User, cy: User, ticket: Ticket
):
    file = upload(api_as(bo), "private.txt", b"mine").json()
    body = {"id": str(uuid.uuid4()), "text": "x", "attachment_ids": [file["id"]]}
    answer = api_as(cy).post(f"/api/v1/tickets/{ticket.pk}/messages", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "attachment_ids"


def test_no_file_is_ever_shown_as_a_page_of_ours(api_as: Api, bo: User, corpora: Path):
    """A19: html, svg, xml and friends, also with ?inline=1."""
    client = api_as(bo)
    files = sorted((corpora / "security" / "attachments").iterdir())
    assert len(files) > 15
    for path in files:
        file = upload(client, path.name, path.read_bytes(), "text/html").json()
        for query in ("", "?inline=1"):
            answer = client.get(f"/api/v1/attachments/{file['id']}{query}")
            kind = answer["Content-Type"]
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
            if answer["Content-Disposition"].startswith("inline"):
                assert kind in ("image/png", "image/jpeg", "image/gif", "image/webp"), path.name
            else:
                assert kind == "application/octet-stream"


def test_a_recording_is_played_only_as_what_its_bytes_say(api_as: Api, bo: User):
    client = api_as(bo)
    for content, kind in (
        (b"ID3\x04 voicemail", "audio/mpeg"),
        (b"OggS voice", "audio/ogg"),
        (b"<script>not a sound</script>", "application/octet-stream"),
    ):
        file = upload(client, "voicemail.mp3", content, "audio/mpeg").json()
        answer = client.get(f"/api/v1/attachments/{file['id']}?inline=1")
        assert answer["Content-Type"] == kind
        assert answer["Content-Disposition"].startswith("inline") is kind.startswith("audio")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "etcpasswd"),
        ("..\\..\\x.exe", "x.exe"),
        (".htaccess", "htaccess"),
        ("\u200b.htaccess", "htaccess"),
        ("invoice\u202egnp.exe", "invoicegnp.exe"),
        ("a\x00b.txt", "ab.txt"),
        ("x.php. ", "x.php"),
        ("", "file"),
        ("...", "file"),
        ("ř" * 300 + ".pdf", "ř" * 196 + ".pdf"),
        ("line\r\nbreak.txt", "linebreak.txt"),
    ],
)
def test_names_are_shown_as_what_they_are(given: str, shown: str):
    """A25, A26, G13.1: normalised first, then checked."""
    assert clean_name(given) == shown


def test_a_name_cannot_break_the_header(api_as: Api, bo: User, ticket: Ticket):
    attachment = Attachment.objects.create(
        organization=bo.organization,
        uploaded_by=bo,
        name='a";\r\nSet-Cookie: x=1; é.txt',
        sha256=blobs.write(b"x"),
    )
    answer = api_as(bo).get(f"/api/v1/attachments/{attachment.pk}")
    assert "Set-Cookie" not in answer.headers
    assert "\n" not in answer["Content-Disposition"]
    assert answer["Content-Disposition"].count('"') == 2


def test_a_file_that_is_too_large_is_refused(api_as: Api, bo: User, settings: Any):
    settings.MAX_ATTACHMENT_BYTES = 1024 * 1024
    answer = upload(api_as(bo), "big.bin", b"x" * (1024 * 1024 + 1))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["code"] == "too_large"
    assert Attachment.objects.count() == 0


def frame_of(client: Any, message: Any, query: str = "") -> Any:
    return client.get(f"/api/v1/messages/{message.pk}/html{query}")


def test_a_mail_is_shown_in_a_frame_that_may_do_nothing(
    api_as: Api, bo: User, organization: Organization
):
    """A18, A20, A22."""
    message = write_in(
        organization,
        html="<p onclick=x()>Hi<script>alert(1)</script>"
        "<img src='https://track.example/p.gif'></p>",
    )
    answer = frame_of(api_as(bo), message)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy
    assert "allow-same-origin" not in policy
    assert "allow-scripts" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert b"alert" not in answer.content
    assert b"track.example" not in answer.content
    assert answer["X-Blocked-Images"] == "1"
    assert answer["Cache-Control"] == "private, no-store"


def test_remote_images_come_through_our_proxy_after_a_click(
    api_as: Api, bo: User, organization: Organization
):
    """A22: never from the agent's own browser, and never from inside our network."""
    message = write_in(organization, html="<img src='http://169.254.169.254/latest/x.png'>")
    answer = frame_of(api_as(bo), message, "?images=1")
    address = re.search(r'src="(/api/v1/mail-images/[^"]+)"', answer.content.decode())
    assert address
    assert b"169.254" not in answer.content
    assert api_as(None).get(address.group(1)).status_code == 404


def test_an_image_of_the_mail_is_shown_by_a_signed_address_that_ends(
    api_as: Api, bo: User, organization: Organization
):
    """A24: good for five minutes and for this person; altered, it shows nothing."""
    stored = StoredFile(
        "logo.png", "image/png", len(PNG), blobs.write(PNG), "logo@x", is_inline=True
    )
    message = write_in(organization, html='<img src="cid:logo@x">', files=[stored])
    content = frame_of(api_as(bo), message).content.decode()
    address = re.search(r'src="(/api/v1/mail-images/[^"]+)"', content)
    assert address
    shown = api_as(None).get(address.group(1))
    assert (shown.status_code, shown["Content-Type"], shown.content) == (200, "image/png", PNG)
    assert api_as(None).get(address.group(1)[:-2] + "xx").status_code == 404
    User.objects.filter(pk=bo.pk).update(is_active=False)
    assert api_as(None).get(address.group(1)).status_code == 404


def test_a_signed_address_ends_after_five_minutes(
    api_as: Api, bo: User, organization: Organization
):
    """A24."""
    stored = StoredFile(
        "logo.png", "image/png", len(PNG), blobs.write(PNG), "logo@x", is_inline=True
    )
    message = write_in(organization, html='<img src="cid:logo@x">', files=[stored])
    content = frame_of(api_as(bo), message).content.decode()
    address = re.search(r'src="(/api/v1/mail-images/[^"]+)"', content)
    assert address
    import time

    import time_machine

    with time_machine.travel(time.time() + 301):
        assert api_as(None).get(address.group(1)).status_code == 404


def test_an_svg_in_a_mail_is_not_shown_as_an_image(
    api_as: Api, bo: User, organization: Organization
):
    svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"
    stored = StoredFile("x.svg", "image/svg+xml", len(svg), blobs.write(svg), "x@x", is_inline=True)
    message = write_in(organization, html='<img src="cid:x@x">', files=[stored])
    content = frame_of(api_as(bo), message).content.decode()
    address = re.search(r'src="(/api/v1/mail-images/[^"]+)"', content)
    assert address
    assert api_as(None).get(address.group(1)).status_code == 404
