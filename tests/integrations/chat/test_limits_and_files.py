"""What a stranger may send: how often, how large, of which kind; and that others go on."""

from __future__ import annotations

import io
import json
import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from helpdesk.lib.clock import now
from inbox.models import RawInbound
from integrations.chat import limits
from integrations.chat.files import type_of
from integrations.chat.limits import Limit
from integrations.chat.models import Allowance, Conversation, Upload
from tests.integrations.chat.conftest import SITE, Shopper
from tickets.models import Attachment, Channel, Message

pytestmark = pytest.mark.django_db(transaction=True)
PDF = b"%PDF-1.7\n%..."
MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"
HEIC = b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"


def picture(kind: str = "JPEG", *, with_place: bool = True) -> bytes:
    """A small photograph that says where it was taken."""
    image = Image.new("RGB", (32, 32), "teal")
    exif = Image.Exif()
    if with_place:
        exif[0x010F] = "Fairphone"
        place = exif.get_ifd(0x8825)
        place[1], place[2], place[3], place[4] = "N", (45.0, 45.0, 50.0), "E", (4.0, 50.0, 5.0)
    written = io.BytesIO()
    image.save(written, kind, exif=exif)
    return written.getvalue()


def send(shopper: Shopper, content: bytes, name: str = "photo.jpg") -> Any:
    """POST attachments."""
    return shopper.client.post(
        f"/widget/v1/{shopper.site}/attachments",
        {"file": SimpleUploadedFile(name, content)},
        headers={"authorization": f"Visitor {shopper.token}"},
    )


def test_one_visitor_who_floods_is_refused_and_the_others_write_on(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(limits.PER_VISITOR, "message", Limit(5, 60))
    other = Shopper()
    other.begin()

    answers = [shopper.say(f"Message {number}") for number in range(40)]
    accepted = [each for each in answers if each.status_code == 200]
    refused = [each for each in answers if each.status_code == 429]

    assert (len(accepted), len(refused)) == (5, 35)
    assert all(1 <= int(each.headers["Retry-After"]) <= 62 for each in refused)
    assert refused[0].json()["code"] == "too_many"
    assert other.say("Hello").status_code == 200
    # Nothing of what was accepted is lost, nothing of what was refused is kept.
    assert Message.objects.count() == RawInbound.objects.count() == 6
    # Who is over the limit costs no query any more.
    assert Allowance.objects.get(pk__startswith="message:v:", count__gt=5).count == 6


def test_an_address_and_a_site_have_limits_of_their_own(
    shopper: Shopper, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(limits.PER_ADDRESS, "message", Limit(3, 60))
    neighbour, elsewhere = Shopper(), Shopper(address="198.51.100.9")
    neighbour.begin()
    elsewhere.begin()

    answers = [each.say("Hello").status_code for each in (shopper, neighbour) for _ in range(2)]

    assert answers == [200, 200, 200, 429]
    assert elsewhere.say("Hello").status_code == 200


def test_a_window_that_is_over_begins_anew_and_old_ones_are_deleted(
    db: None, monkeypatch: pytest.MonkeyPatch
):
    from datetime import timedelta

    from integrations.chat.problems import TooMany

    at = now()
    limits.count({"k": Limit(1, 60)})
    with pytest.raises(TooMany):
        limits.count({"k": Limit(1, 60)})
    limits.forget()
    monkeypatch.setattr(limits, "now", lambda: at + timedelta(seconds=61))
    limits.count({"k": Limit(1, 60)})
    monkeypatch.setattr(limits, "now", lambda: at + timedelta(hours=3))
    assert limits.delete_old() == 1


_REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"text": "x" * 8001}, "text"),
    ({"text": "   "}, "text"),
    ({"text": "x", "colour": "red"}, "colour"),
    ({"text": {"a": 1}}, "text"),
    ({"text": "x", "id": "no uuid"}, "id"),
    ({"text": "x", "attachment_ids": [str(uuid.uuid4())]}, "attachment_ids"),
    ({"text": "x", "attachment_ids": ["x"] * 6}, "attachment_ids"),
    ({"text": "x", "context": {"a": "x" * 9000}}, "context"),
    ({"text": "x", "page": "home"}, "page"),
]


def test_input_that_cannot_be_taken_is_refused_by_name(shopper: Shopper):
    for body, field in _REFUSED:
        told = {"id": str(uuid.uuid4()), "conversation_id": None, **body}
        answer = shopper.ask("POST", "messages", told)
        assert answer.status_code == 422, answer.content
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["errors"][0]["path"].split(".")[0] == field
    for raw in (b"", b"[1]", b"{", b'"x"', b"\xff\xfe", b"[" * 5000):
        answer = shopper.client.generic(
            "POST", f"/widget/v1/{SITE}/messages", raw, content_type="application/json",
            headers={"authorization": f"Visitor {shopper.token}"},
        )  # fmt: skip
        assert 400 <= answer.status_code < 500
    assert (
        Message.objects.count() == RawInbound.objects.count() == Conversation.objects.count() == 0
    )


def test_a_body_of_two_gigabytes_is_refused_before_it_is_read(shopper: Shopper):
    for path in ("messages", "attachments"):
        answer = shopper.client.generic(
            "POST", f"/widget/v1/{SITE}/{path}", b"{}",
            content_type="application/json" if path == "messages" else "multipart/form-data",
            headers={"authorization": f"Visitor {shopper.token}"}, CONTENT_LENGTH=str(2 * 1024**3),
        )  # fmt: skip
        assert answer.status_code == 413, path


def test_a_script_of_another_page_may_not_call(shopper: Shopper):
    for origin in ("https://evil.example", "https://shop.example", "null"):
        answer = shopper.ask("POST", "messages", {"id": str(uuid.uuid4())}, origin=origin)
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
        assert "Access-Control-Allow-Origin" not in answer.headers
    assert shopper.ask("GET", "conversations", origin="http://testserver").status_code == 200


def test_how_much_is_unread_may_be_asked_from_any_page_by_the_hint_alone(shopper: Shopper):
    hint = shopper.session["hint"]
    answer = Shopper().ask("GET", f"unread?hint={hint}", origin="https://shop.example")

    assert answer.json() == {"unread": 0}
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in answer.headers
    assert "max-age=30" in answer.headers["Cache-Control"]
    forged = hint[:-1] + ("a" if hint[-1] != "a" else "b")
    assert Shopper().ask("GET", f"unread?hint={forged}").json() == {"unread": 0}
    other = Shopper()
    other.token = hint
    assert other.ask("GET", "conversations").status_code == 401


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photograph_loses_where_it_was_taken_and_is_seen_by_its_visitor_alone(
    shopper: Shopper, kind: str
):
    content = picture(kind)
    assert Image.open(io.BytesIO(content)).getexif().get_ifd(0x8825)

    upload = send(shopper, content, f"photo.{kind.lower()}").json()
    line = shopper.say("Look", attachment_ids=[upload["id"]]).json()["message"]
    url = line["attachments"][0]["url"]

    shown = Shopper().client.get(url)
    assert shown.status_code == 200
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    image = Image.open(io.BytesIO(shown.content))
    assert image.size == (32, 32)
    assert not image.getexif().get_ifd(0x8825)
    assert b"Fairphone" not in shown.content
    attachment = Attachment.objects.get()
    assert attachment.content_type == f"image/{kind.lower()}"
    for broken in (url.replace("s=", "s=a"), url.split("?")[0], url.replace("e=1", "e=2")):
        assert Shopper().client.get(broken).status_code == 404


def test_places_in_films_and_heic_are_overwritten(shopper: Shopper):
    def box(name: bytes, content: bytes) -> bytes:
        return (len(content) + 8).to_bytes(4, "big") + name + content

    place = b"\x00\x12\x15\xc7+48.8566+002.3522/"
    film = MP4 + box(b"moov", box(b"udta", box(b"\xa9xyz", place))) + box(b"mdat", b"\xa9xyz" * 9)
    upload = send(shopper, film, "film.mp4").json()
    kept = Shopper().client.get(upload["url"]).content
    assert len(kept) == len(film)
    assert b"48.8566" not in kept
    assert kept.endswith(b"\xa9xyz" * 9)

    exif = Image.Exif()
    exif[0x010F] = "Fairphone"
    exif.get_ifd(0x8825)[29] = "2026:11:22"
    heic = HEIC + box(b"mdat", b"\x00\x00\x00\x06" + exif.tobytes() + b"PIXELS")
    assert b"2026:11:22" in heic
    upload = send(shopper, heic, "photo.heic").json()
    kept = Shopper().client.get(upload["url"]).content
    assert b"2026:11:22" not in kept
    assert b"Fairphone" not in kept
    assert kept.endswith(b"PIXELS")


def test_files_are_judged_by_their_bytes(shopper: Shopper):
    assert [type_of(each) for each in (PDF, MP4, HEIC)] == [
        "application/pdf", "video/mp4", "image/heic",
    ]  # fmt: skip
    assert send(shopper, b"MZ\x90\x00 a program", "photo.jpg").status_code == 415
    assert send(shopper, b"<svg onload=alert(1)>", "a.svg").status_code == 415
    assert send(shopper, b"<html><script>", "a.pdf").status_code == 415
    assert send(shopper, b"", "a.jpg").status_code == 422
    assert send(shopper, PDF + b"x" * (10 * 1024 * 1024 + 1), "big.pdf").status_code == 413
    named = send(shopper, PDF, "../../etc/invoice.exe").json()
    assert named["name"] == "invoice.exe.pdf"
    assert Upload.objects.count() == 1


def test_the_file_of_one_visitor_cannot_be_sent_or_opened_by_another(shopper: Shopper):
    upload = send(shopper, PDF, "invoice.pdf").json()
    other = Shopper()
    other.begin()

    assert other.say("Mine now", attachment_ids=[upload["id"]]).status_code == 422
    theirs = upload["url"].replace(
        f"v={shopper.session['visitor']['id'].replace('-', '')}",
        f"v={other.session['visitor']['id'].replace('-', '')}",
    )
    assert theirs != upload["url"]
    assert other.client.get(theirs).status_code == 404
    answer = other.client.get(upload["url"])
    assert answer.headers["Content-Disposition"].startswith("attachment")


def test_a_site_that_is_not_there_or_off_answers_like_no_site(shopper: Shopper, chat: Channel):
    Channel.objects.filter(pk=chat.pk).update(is_active=False)
    off = [
        shopper.ask("GET", "boot"), shopper.ask("GET", "conversations"), shopper.say("Hello"),
        shopper.ask("POST", "orders/lookup", {"number": "1", "contact": "a"}),
    ]  # fmt: skip
    nobody = Shopper("ste_nobody")
    assert [each.status_code for each in off] == [404] * 4
    body = {**nobody.ask("GET", "boot").json(), "instance": ""}
    assert {**off[0].json(), "instance": ""} == body
    assert Message.objects.count() == 0


def test_no_call_sets_or_needs_a_cookie(shopper: Shopper):
    shopper.say("Hello")
    for path in ("boot", "conversations", "orders"):
        answer = shopper.ask("GET", path)
        assert "Set-Cookie" not in answer.headers
    assert json.loads(shopper.ask("GET", "conversations").content)
    assert not shopper.client.cookies
