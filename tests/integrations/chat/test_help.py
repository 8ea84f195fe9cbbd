"""Answers on the chat's first view: written by an admin, found in nine languages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization, User
from integrations.chat.help import find_answers, first_answers, set_answers
from integrations.chat.models import HelpAnswer, Visitor
from integrations.chat.sites import LANGUAGES, add_site, change_site
from tests.integrations.chat.conftest import Shopper
from tickets.models import Channel

SECOND = "ste_second000000000"
pytestmark = pytest.mark.django_db(transaction=True)

QUESTIONS: dict[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("Does linen shrink?", "Ours is washed before sewing. Expect 1–2 % on the first wash."),
        ("When will my parcel arrive?", "Two to four days after we have packed it."),
        ("How do I return something?", "Within 30 days, with the label in the box."),
    ),
    "de": (
        ("Läuft Leinen ein?", "Unseres ist vorgewaschen. Rechnen Sie mit 1–2 %."),
        ("Wann kommt mein Paket an?", "Zwei bis vier Tage, nachdem wir es gepackt haben."),
        ("Wie schicke ich etwas zurück?", "Innerhalb von 30 Tagen, Rücksendung ist kostenlos."),
    ),
    "fr": (
        ("Le lin rétrécit-il ?", "Le nôtre est lavé avant couture."),
        ("Quand arrivera mon colis ?", "Deux à quatre jours après l’emballage."),
        ("Comment retourner un article ?", "Sous 30 jours, l’étiquette est dans le carton."),
    ),
    "es": (
        ("¿Encoge el lino?", "El nuestro se lava antes de coser."),
        ("¿Cuándo llega mi paquete?", "De dos a cuatro días."),
        ("¿Cómo devuelvo algo?", "En 30 días. La devolución es gratuita."),
    ),
    "pl": (
        ("Czy len się kurczy?", "Nasz jest prany przed szyciem."),
        ("Kiedy przyjdzie moja paczka?", "Od dwóch do czterech dni."),
        ("Jak zwrócić zamówienie?", "W ciągu 30 dni. Zwrot jest bezpłatny."),
    ),
    "cs": (
        ("Sráží se len?", "Náš je před šitím vypraný."),
        ("Kdy dorazí moje zásilka?", "Za dva až čtyři dny."),
        ("Jak mohu zboží vrátit?", "Do 30 dnů. Vrácení je zdarma."),
    ),
    "ru": (
        ("Садится ли лён?", "Наш лён стирают до пошива."),
        ("Когда придёт моя посылка?", "Через два–четыре дня."),
        ("Как оформить возврат?", "В течение 30 дней, это бесплатно."),
    ),
    "zh": (
        ("亚麻会缩水吗？", "我们的亚麻在缝制前已水洗。"),
        ("我的包裹什么时候到？", "包装后两到四天。"),
        ("怎么退货？", "30天内可以退货，运费由我们承担。"),
    ),
    "th": (
        ("ผ้าลินินหดไหม", "ผ้าของเราซักก่อนตัดเย็บ"),
        ("พัสดุของฉันจะมาถึงเมื่อไร", "สองถึงสี่วันหลังจากแพ็กของ"),
        ("คืนสินค้าอย่างไร", "ภายใน 30 วัน"),
    ),
}
SHRINK, ARRIVE, RETURN = range(3)
ASKED = [
    ("en", "will it shrink in the wsh", SHRINK), ("en", "where is my parcle", ARRIVE),
    ("en", "RETURNING", RETURN), ("de", "einlaufen leinen", SHRINK), ("de", "packet", ARRIVE),
    ("de", "Rucksendung", RETURN), ("fr", "retrecit", SHRINK), ("fr", "mes colis", ARRIVE),
    ("es", "devolucion", RETURN), ("es", "paquetes", ARRIVE), ("pl", "paczki", ARRIVE),
    ("pl", "zwrot", RETURN), ("cs", "zasilku", ARRIVE), ("cs", "vraceni", RETURN),
    ("ru", "посылку", ARRIVE), ("ru", "ВОЗВРАТА", RETURN), ("zh", "退货", RETURN),
    ("zh", "包裹", ARRIVE), ("th", "พัสดุ", ARRIVE), ("th", "คืนสินค้า", RETURN),
]  # fmt: skip


@pytest.fixture
def written(chat: Channel) -> Channel:
    """The chat with three answers in nine languages."""
    channel = change_site(chat, {"languages": list(LANGUAGES)})
    set_answers(
        channel,
        [
            {
                "texts": {
                    language: {"question": texts[number][0], "answer": texts[number][1]}
                    for language, texts in QUESTIONS.items()
                }
            }
            for number in range(3)
        ],
    )
    return channel


@pytest.mark.parametrize(("language", "asked", "wanted"), ASKED)
def test_what_a_shopper_types_finds_the_answer_in_their_language(
    written: Channel, language: str, asked: str, wanted: int
):
    found = find_answers(written, asked, language)
    question, answer = QUESTIONS[language][wanted]
    assert found, asked
    assert (found[0]["question"], found[0]["answer"]) == (question, answer)


@pytest.mark.parametrize(
    "asked", ["", "   ", "?!", "helicopter", "☃", "x" * 5000, "\x00", "зонтик"]
)
def test_what_no_answer_is_about_finds_none(written: Channel, asked: str):
    assert find_answers(written, asked, "en") == []


def test_asking_needs_nobody_and_leaves_no_trace(written: Channel):
    guest = Shopper()
    boot = guest.ask("GET", "boot?locale=de").json()
    assert [each["question"] for each in boot["answers"]] == [each[0] for each in QUESTIONS["de"]]
    found = guest.ask("GET", "help?q=Paket&locale=de").json()["results"]
    assert [each["id"] for each in found] == [boot["answers"][ARRIVE]["id"]]
    read = guest.ask("GET", f"help/{found[0]['id']}?locale=th").json()
    assert read["question"] == QUESTIONS["th"][ARRIVE][0]
    assert guest.ask("GET", f"help/{uuid.uuid4()}").status_code == 404
    assert not Visitor.objects.exists()


def test_an_answer_without_the_shoppers_language_comes_in_the_sites_first(written: Channel):
    only = {"question": "Hemmt Leinen Wasser?", "answer": "Ein wenig."}
    set_answers(written, [{"texts": {"de": only}}])
    change_site(written, {"languages": ["de", "fr"]})
    written.refresh_from_db()
    assert [each["question"] for each in first_answers(written, "fr")] == [only["question"]]
    change_site(written, {"languages": ["fr"]})
    written.refresh_from_db()
    assert first_answers(written, "fr") == []


def test_an_admin_writes_them_and_a_kept_answer_keeps_its_id(
    chat: Channel, ada: User, api_as: Callable[..., Any]
):
    def save(answers: Any) -> Any:
        return api_as(ada).patch(f"/api/v1/chat-sites/{chat.pk}", {"answers": answers})

    one = {"texts": {"en": {"question": "  Does it\nshrink? ", "answer": "A little."}}}
    two = {"texts": {"en": {"question": "Where is it?", "answer": "On its way."}}}
    made = save([one, two]).json()["answers"]
    assert made[0]["texts"]["en"]["question"] == "Does it shrink?"
    turned = save([made[1], made[0], {**one, "id": str(uuid.uuid4())}]).json()["answers"]
    assert [each["id"] for each in turned[:2]] == [made[1]["id"], made[0]["id"]]

    refused: tuple[list[dict[str, Any]], ...] = (
        [{"texts": {}}],
        [{"texts": {"en": {"question": "Only this?"}}}],
        [{"texts": {"xx": {"question": "?", "answer": "!"}}}],
        [{"texts": {"en": {"question": "x" * 121, "answer": "!"}}}],
        [{"texts": {"en": {"question": "x", "answer": "x" * 4001}}}],
        [one] * 61,
    )
    for wrong in refused:
        answer = save(wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["path"] == "answers"
    assert HelpAnswer.objects.count() == 3


def test_another_sites_answers_stay_there(written: Channel, organization: Organization):
    second = add_site(organization, name="Outlet", site_id=SECOND)
    assert find_answers(second, "parcel", "en") == []
    theirs = str(HelpAnswer.objects.filter(channel=written).first().pk)  # type: ignore[union-attr]
    assert Shopper(SECOND).ask("GET", f"help/{theirs}").status_code == 404
    set_answers(second, [{"id": theirs, "texts": {"en": {"question": "Q", "answer": "A"}}}])
    assert HelpAnswer.objects.filter(channel=written).count() == 3
