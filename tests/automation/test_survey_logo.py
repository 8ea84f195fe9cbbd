"""A shop's logo: any picture in, a small PNG out, by an address that opens nothing else."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from automation.csat import logos
from automation.csat.mail import survey_mail
from automation.csat.models import CsatSurvey
from automation.csat.settings import change_settings, settings_of
from helpdesk.lib import blobs
from helpdesk.lib.errors import InvalidInput
from tests.factories import receive_mail

pytestmark = pytest.mark.django_db(transaction=True)


def picture(size: tuple[int, int] = (1600, 400), kind: str = "JPEG") -> bytes:
    written = io.BytesIO()
    Image.new("RGB", size, "#aa2200").save(written, kind)
    return written.getvalue()


def upload(client, content: bytes):
    file = SimpleUploadedFile("logo.jpg", content, content_type="image/jpeg")
    return client.post("/api/v1/settings/surveys/logo", {"file": file}, format="multipart")


def test_a_logo_is_made_small_kept_by_its_address_and_shown_to_everybody(
    organization, channel, ada, api_as
):
    client = api_as(ada)
    told = upload(client, picture())
    assert told.status_code == 200, told.json()
    address = told.json()["logo_url"]
    kept = client.patch("/api/v1/settings/surveys", {"logo_url": address}).json()
    assert kept["settings"]["logo_url"] == address

    shown = Client().get(address)
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    with Image.open(io.BytesIO(shown.content)) as image:
        assert (image.format, image.size) == ("PNG", (384, 96))

    ticket = receive_mail(channel, "Hello").ticket
    survey = CsatSurvey(organization=organization, ticket=ticket, customer=ticket.customer)
    mail = survey_mail(survey, ticket, settings_of(organization))
    assert 'src="http' in mail.html
    assert f'{address}"' in mail.html


def test_a_bent_address_opens_no_other_file(organization):
    secret = blobs.write(b"an attachment of a customer")
    good = logos.keep_logo(picture())
    signature = good.removesuffix(".png")[-26:]
    for address in (
        f"/csat/logos/{secret}{signature}.png",
        f"/csat/logos/{secret}.png",
        good.replace(".png", ".svg"),
    ):
        assert Client().get(address).status_code == 404
        with pytest.raises(InvalidInput):
            change_settings(organization, {"logo_url": address})
    assert settings_of(organization).logo_url == ""


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "not_an_image"),
        (b"hello", "not_an_image"),
        (picture()[:200], "not_an_image"),
        (picture((8, 8)), "too_small"),
        (b"\x89PNG\r\n\x1a\n" + b"0" * (2 * 1024 * 1024), "too_large"),
    ],
)
def test_what_is_no_logo_is_refused_and_says_why(content, code, ada, api_as):
    answer = upload(api_as(ada), content)
    assert answer.status_code == 422
    [error] = answer.json()["errors"]
    assert (error["path"], error["code"]) == ("file", code)
