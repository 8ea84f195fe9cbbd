"""Mail by machines is told from mail by people, so that nothing automatic answers it (G6.2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrations.email.mime import parse_mail


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: Auto-Replied (vacation)",
        "Auto-Submitted: auto-generated; type=x",
        "Precedence: auto_reply",
        "X-Autoreply: yes",
        "X-Autorespond: Re: hi",
        "X-Precedence: auto_reply",
        "X-Mail-Autoreply: vacation",
        "X-POST-MessageClass: 9; Autoresponder",
        "Subject: Automatic reply: Your order",
        "Subject: Out of Office: back Monday",
        "Subject: Automatische Antwort: Ihre Bestellung",
        "Subject: Abwesenheitsnotiz",
        "Subject: Réponse automatique : Votre commande",
        "Subject: Respuesta automática: Su pedido",
        "Subject: Risposta automatica: Ordine",
        "Subject: Automatisch antwoord: Bestelling",
        "Subject: Odpowiedź automatyczna: zamówienie",
        "Subject: Automatická odpověď: objednávka",
        "Subject: Автоматический ответ: заказ",
        "Subject: 自動応答: ご注文",
        "Subject: 自动回复：订单",
        "Subject: ตอบกลับอัตโนมัติ: คำสั่งซื้อ",
        "Subject: Autosvar: Ordre",
    ],
)
def test_an_answering_machine_is_recognised(header: str) -> None:
    raw = f"From: a@b.example\nContent-Type: text/plain; charset=utf-8\n{header}\n\nI am away."
    assert parse_mail(raw.encode()).is_auto_reply


@pytest.mark.parametrize(
    "header",
    [
        "Auto-Submitted: no",
        "Auto-Submitted: auto-forwarded",
        "X-Auto-Response-Suppress: All",
        "X-MS-Exchange-Inbox-Rules-Loop: a@b.example",
        "X-Autoreply: no",
        "Precedence: normal",
        "Subject: Re: Automatic reply setting of my account",
        "Subject: Out of stock?",
        "Subject: Vacation rental linen",
        "Subject: I got an automatic charge",
        "Subject: Outdoor office furniture",
    ],
)
def test_a_person_is_not_taken_for_a_machine(header: str) -> None:
    raw = f"From: a@b.example\n{header}\n\nHello."
    assert not parse_mail(raw.encode()).is_auto_reply


@pytest.mark.parametrize(
    "header", ["Precedence: bulk", "List-Id: <x.y>", "List-Unsubscribe: <mailto:x@y.example>"]
)
def test_list_mail_is_marked_but_is_no_auto_reply(header: str) -> None:
    mail = parse_mail(f"From: a@b.example\n{header}\n\nHello.".encode())
    assert mail.is_list_mail
    assert not mail.is_auto_reply


def test_the_header_vectors_of_other_helpdesks_are_judged_alike(corpora: Path) -> None:
    """G6.2"""
    path = corpora / "email" / "auto-header-vectors" / "vectors.jsonl"
    for line in path.read_text(encoding="utf-8").splitlines():
        vector = json.loads(line)
        mail = parse_mail(vector["raw"].encode())
        expected = vector["expected"]
        is_automatic = mail.is_auto_reply or mail.is_list_mail
        wanted = expected.get("is_automatic", expected.get("out_of_office"))
        if wanted is not None:
            assert mail.is_auto_reply == wanted, vector["id"]
        own_mail_returns = "@helpdesk.example.com>" in vector["raw"]
        if "send_auto_response" in expected and not own_mail_returns:
            assert is_automatic != expected["send_auto_response"], vector["id"]
