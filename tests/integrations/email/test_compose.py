"""Outgoing mail: both parts say the same, images lie beside the HTML that shows them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from helpdesk.lib.errors import InvalidInput
from inbox.connector import OutboundFile, OutboundMessage
from integrations.email.compose import compose
from tickets.actions.channels import create_channel
from tickets.actions.signature import check_signature, signature_of
from tickets.models import Channel

MIA = {"name": "Mia", "address": "mia@posteo.example"}
US = {"name": "Help", "address": "help@shop.example"}


@pytest.fixture
def channel(organization: Organization) -> Channel:
    return create_channel(organization, kind="email", name="Help", address="help@shop.example")


def outbound(**more: Any) -> OutboundMessage:
    said: dict[str, Any] = {
        "id": uuid.uuid4(), "external_id": "m-1@shop.example", "from_address": US, "to": [MIA],
        "cc": [], "bcc": [], "subject": "Re: hi", "text": "Hi", "html": "", **more,
    }  # fmt: skip
    return OutboundMessage(**said)


def file(name: str, content_id: str = "", *, is_inline: bool = False) -> OutboundFile:
    return OutboundFile(
        name, "image/png", lambda: b"\x89PNG" + name.encode(), content_id, is_inline
    )


def test_the_images_of_the_text_lie_beside_it_and_files_are_attached():
    mail = compose(
        outbound(
            html='<p>Look</p><img src="cid:a@aftercare" alt="stain">',
            files=[file("stain.png", "a@aftercare", is_inline=True), file("bill.png")],
        )
    )
    assert mail.get_content_type() == "multipart/mixed"
    alternative, attached = mail.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    plain, related = alternative.iter_parts()
    assert (plain.get_content_type(), related.get_content_type()) == (
        "text/plain", "multipart/related",
    )  # fmt: skip
    page, image = related.iter_parts()
    assert 'src="cid:a@aftercare"' in page.get_content()
    assert (image["Content-ID"], image.get_content_disposition()) == ("<a@aftercare>", "inline")
    assert (attached.get_filename(), attached.get_content_disposition()) == (
        "bill.png", "attachment",
    )  # fmt: skip
    assert attached["Content-ID"] is None


def test_an_image_that_the_text_no_longer_shows_is_attached():
    mail = compose(outbound(files=[file("stain.png", "a@aftercare", is_inline=True)]))
    (attached,) = mail.iter_attachments()
    assert attached.get_content_disposition() == "attachment"


def test_formatting_reaches_the_customer_and_the_signature_stands_once():
    mail = compose(
        outbound(
            text="Dear Mia,\n\n- one",
            html="<p>Dear <strong>Mia</strong>,</p><ul><li>one</li></ul>",
            signature="Ana\nLinden & Loom",
        )
    )
    page = mail.get_body(("html",)).get_content()
    assert "<strong>Mia</strong>" in page
    assert page.count("Linden &amp; Loom") == 1
    plain = mail.get_body(("plain",)).get_content()
    assert plain == "Dear Mia,\n\n- one\n\n-- \nAna\nLinden & Loom\n"


@pytest.mark.django_db(transaction=True)
def test_a_signature_speaks_of_agent_and_shop(channel, bo):
    channel.signature = "{{ agent.name }}\n{{agent.signature}}\n{{ organization.name }}"
    bo.signature = "Mondays to Thursdays {{ agent.email }}"
    assert signature_of(channel, bo) == (
        f"{bo.name}\nMondays to Thursdays {bo.email}\n{channel.organization.name}"
    )
    assert signature_of(channel, None) == (
        f"{channel.organization.name}\n\n{channel.organization.name}"
    )


@pytest.mark.django_db(transaction=True)
def test_an_agents_own_signature_replaces_one_without_a_place_for_it(channel, bo):
    channel.signature = "The shop"
    assert signature_of(channel, bo) == "The shop"
    bo.signature = "Bo of {{ organization.name }}"
    assert signature_of(channel, bo) == f"Bo of {channel.organization.name}"


def test_a_signature_that_nobody_can_fill_is_refused():
    check_signature("{{ agent.first_name }} {{channel.address}}")
    with pytest.raises(InvalidInput) as refused:
        check_signature("{{ user.password }}")
    assert [each.path for each in refused.value.errors] == ["signature"]
