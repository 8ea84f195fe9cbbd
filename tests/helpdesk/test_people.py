"""The profile page's server side: settings, pictures, devices, the second factor (issue 3, 13)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from pytest_django.fixtures import Settings

from helpdesk.accounts.models import User
from helpdesk.accounts.sessions import sessions_of
from tests.cast import PASSWORD, JsonClient

pytestmark = pytest.mark.django_db(transaction=True)
AUTH = "/_allauth/browser/v1"


@pytest.fixture(autouse=True)
def _own_blobs(settings: Settings, tmp_path: Any) -> None:
    settings.BLOB_DIR = tmp_path


def sign_in(user: User, *, agent: str = "Firefox", password: str = PASSWORD) -> Any:
    client = JsonClient(headers={"user-agent": agent})
    client.post(f"{AUTH}/auth/login", {"email": user.email, "password": password})
    return client


def totp(secret: str, *, at: float | None = None) -> str:
    """The code that an authenticator app shows (RFC 6238)."""
    counter = struct.pack(">Q", int(at if at is not None else time.time()) // 30)
    digest = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    begin = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[begin : begin + 4])[0] & 0x7FFFFFFF) % 10**6:06d}"


def picture(kind: str = "PNG", size: tuple[int, int] = (900, 400)) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "teal").save(written, kind)
    return written.getvalue()


def upload(client: Any, content: bytes) -> Any:
    file = SimpleUploadedFile("me.png", content, "image/png")
    return client.put("/api/v1/me/avatar", {"file": file}, format="multipart")


def test_changing_one_setting_leaves_the_others(bo: User, api_as: Callable[..., Any]):
    client = api_as(bo)
    client.patch("/api/v1/me", {"settings": {"undo_send_seconds": 20, "panes": {"list": 400}}})

    answer = client.patch("/api/v1/me", {"settings": {"time_zone": "Europe/Paris", "panes": None}})

    assert answer.json()["settings"] == {"undo_send_seconds": 20, "time_zone": "Europe/Paris"}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("time_zone", "Mars/Olympus"),
        ("undo_send_seconds", 7),
        ("appearance", {"theme": "neon"}),
        ("notifications", {"assigned": {"smoke_signals": True}}),
        ("notifications", {"weather": {"in_app": True}}),
        ("quiet_hours", {"is_on": True, "from": "25:00"}),
        ("after_close", "dance"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(
    key: str, value: Any, bo: User, api_as: Callable[..., Any]
):
    answer = api_as(bo).patch("/api/v1/me", {"name": "New", "settings": {key: value}})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == f"settings.{key}"
    bo.refresh_from_db()
    assert (bo.name, bo.settings) == ("Bo Larsen", {})


def test_a_picture_is_written_anew_small_and_square(
    bo: User, cy: User, dee: User, api_as: Callable[..., Any]
):
    answer = upload(api_as(bo), picture("JPEG") + b"<script>alert(1)</script>")

    url = answer.json()["avatar_url"]
    shown = api_as(cy).get(url)
    assert shown["Content-Type"] == "image/webp"
    assert "default-src 'none'" in shown["Content-Security-Policy"]
    assert b"script" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.size) == ("WEBP", (256, 256))
    users = api_as(cy).get("/api/v1/bootstrap").json()["users"]
    assert {each["name"]: each["avatar_url"] for each in users} == {
        "Bo Larsen": url,
        "Cy Okafor": None,
    }
    assert api_as(dee).get(url).status_code == 404
    assert api_as(bo).delete("/api/v1/me/avatar").json()["avatar_url"] is None


@pytest.mark.parametrize(
    "content",
    [b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\nbroken", b"", b"GIF89a"],
)
def test_what_is_not_a_picture_is_refused(content: bytes, bo: User, api_as: Callable[..., Any]):
    answer = upload(api_as(bo), content)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "file"
    bo.refresh_from_db()
    assert bo.avatar_sha256 == ""


def test_devices_are_listed_and_signed_out_one_by_one(bo: User):
    here, there = sign_in(bo, agent="Firefox on Linux"), sign_in(bo, agent="Safari on iPhone")
    assert there.get("/api/v1/me").status_code == 200
    listed = here.get("/api/v1/me/sessions").json()["results"]
    assert [(each["user_agent"], each["is_current"]) for each in listed] == [
        ("Firefox on Linux", True),
        ("Safari on iPhone", False),
    ]

    assert here.delete(f"/api/v1/me/sessions/{listed[1]['id']}").status_code == 204

    assert there.get("/api/v1/me").status_code == 401
    assert here.get("/api/v1/me").status_code == 200


def test_nobody_can_end_anothers_session(bo: User, cy: User):
    mine, theirs = sign_in(bo), sign_in(cy)
    session_id = theirs.get("/api/v1/me/sessions").json()["results"][0]["id"]

    assert mine.delete(f"/api/v1/me/sessions/{session_id}").status_code == 404
    assert theirs.get("/api/v1/me").status_code == 200


def test_signing_out_elsewhere_and_a_new_password_end_all_but_this_session(bo: User):
    here, there = sign_in(bo), sign_in(bo)
    assert here.delete("/api/v1/me/sessions").status_code == 204
    assert there.get("/api/v1/me").status_code == 401

    there = sign_in(bo)
    new = "another linen thread 7"
    body = {"current_password": PASSWORD, "new_password": new}
    assert here.post(f"{AUTH}/account/password/change", body).status_code == 200

    assert there.get("/api/v1/me").status_code == 401
    assert here.get("/api/v1/me").status_code == 200
    assert len(sessions_of(bo, current_key="")) == 1
    assert sign_in(bo, password=new).get("/api/v1/me").status_code == 200


def test_a_second_factor_is_set_up_and_asked_for_from_then_on(
    ada: User, bo: User, api_as: Callable[..., Any]
):
    client = sign_in(bo)
    begun = client.get(f"{AUTH}/account/authenticators/totp")
    secret = begun.json()["meta"]["secret"]
    assert "Linden" in begun.json()["meta"]["totp_url"]
    assert client.get("/api/v1/me/two-factor-qr").content.startswith(b"<?xml")
    wrong = client.post(f"{AUTH}/account/authenticators/totp", {"code": "000000"})
    assert wrong.status_code == 400
    unasked = client.post(f"{AUTH}/account/authenticators/totp", {"code": totp(secret)})
    assert unasked.status_code == 401  # the password is asked for again first
    assert client.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    right = client.post(f"{AUTH}/account/authenticators/totp", {"code": totp(secret)})
    assert right.status_code == 200
    codes = client.get(f"{AUTH}/account/authenticators/recovery-codes").json()["data"]
    assert len(codes["unused_codes"]) == 10

    other = JsonClient()
    body = {"email": bo.email, "password": PASSWORD}
    asked = other.post(f"{AUTH}/auth/login", body)
    assert asked.status_code == 401
    pending = [each for each in asked.json()["data"]["flows"] if each.get("is_pending")]
    assert [each["id"] for each in pending] == ["mfa_authenticate"]
    assert other.get("/api/v1/me").status_code == 401
    assert other.post(f"{AUTH}/auth/2fa/authenticate", {"code": "123456"}).status_code == 400
    recovery = {"code": codes["unused_codes"][0]}
    assert other.post(f"{AUTH}/auth/2fa/authenticate", recovery).status_code == 200
    assert other.get("/api/v1/me").status_code == 200

    again = JsonClient()
    again.post(f"{AUTH}/auth/login", body)
    assert again.post(f"{AUTH}/auth/2fa/authenticate", recovery).status_code == 400
    signed = api_as(ada).get("/api/v1/sign-ins").json()["results"]
    factors = {each["user_id"]: each["has_two_factor"] for each in signed}
    assert factors == {str(ada.pk): False, str(bo.pk): True}


def test_the_secret_is_not_readable_in_the_database(bo: User):
    from allauth.mfa.models import Authenticator

    client = sign_in(bo)
    secret = client.get(f"{AUTH}/account/authenticators/totp").json()["meta"]["secret"]
    client.post(f"{AUTH}/auth/reauthenticate", {"password": PASSWORD})
    client.post(f"{AUTH}/account/authenticators/totp", {"code": totp(secret)})

    stored = Authenticator.objects.get(user=bo, type="totp").data
    assert secret not in str(stored)


def test_the_last_use_of_a_session_is_written_once_a_minute(
    bo: User, django_assert_num_queries: Any
):
    client = sign_in(bo)
    client.get("/api/v1/tokens")
    with django_assert_num_queries(3):  # session, person, tokens
        client.get("/api/v1/tokens")
