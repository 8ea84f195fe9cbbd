"""What customers write, and what the product takes it for. No sentence here is a training sentence."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from automation.intents.text import MAX_SENTENCES, clean, sentences_of
from automation.intents.understanding import DEFAULT_THRESHOLD, THRESHOLDS, understand

NAUGHTY = Path("../shared/corpora/security/naughty_strings")

CANCELLATIONS = [
    ("en", "Hello, please cancel my order #1042, I bought the wrong colour."),
    ("en", "I ordered twice, please don't ship the second."),
    (
        "en",
        "My sister has already bought the same blanket. Please stop the order before it goes out.",
    ),
    ("de", "Guten Tag, ich möchte meine Bestellung 1042 gerne stornieren."),
    (
        "de",
        "Ich habe versehentlich zweimal bestellt, bitte verschicken Sie die zweite Lieferung nicht.",
    ),
    ("fr", "Bonjour, merci d'annuler ma commande 1042, je me suis trompée."),
    ("fr", "J'ai passé deux fois la même commande, n'envoyez pas la deuxième."),
    ("es", "Hola, quisiera cancelar mi pedido 1042, me equivoqué de color."),
    ("es", "Hice la compra dos veces sin querer, no envíen la segunda."),
    ("pl", "Dzień dobry, chciałabym anulować zamówienie 1042."),
    ("pl", "Przez pomyłkę zamówiłem dwa razy, drugiej paczki proszę nie wysyłać."),
    ("cs", "Dobrý den, chtěla bych zrušit svou objednávku 1042."),
    ("cs", "Omylem jsem objednal dvakrát, tu druhou zásilku prosím neposílejte."),
    ("ru", "Здравствуйте, хочу отменить заказ 1042, ошиблась цветом."),
    ("ru", "Случайно оформил заказ два раза, второй, пожалуйста, не отправляйте."),
    ("zh", "你好，我要取消订单1042，颜色买错了。"),
    ("zh", "我不小心买了两次，第二个请不要发货。"),
    ("th", "สวัสดีค่ะ ขอยกเลิกคำสั่งซื้อ 1042 เลือกสีผิดค่ะ"),
    ("th", "เผลอสั่งไปสองครั้ง รายการที่สองไม่ต้องส่งนะคะ"),
]
WHERE_IS_IT = [
    ("en", "Hi, could you tell me where my order 1042 is?"),
    ("en", "I ordered two weeks ago and nothing has arrived yet."),
    ("de", "Hallo, wo bleibt denn meine Bestellung 1042?"),
    ("de", "Vor zwei Wochen bestellt und immer noch nichts angekommen."),
    ("fr", "Bonjour, pouvez-vous me dire où se trouve ma commande 1042 ?"),
    ("fr", "J'ai commandé il y a deux semaines et je n'ai toujours rien reçu."),
    ("es", "Hola, ¿me pueden decir dónde está mi pedido 1042?"),
    ("es", "Compré hace dos semanas y todavía no me llega nada."),
    ("pl", "Dzień dobry, gdzie jest moje zamówienie 1042?"),
    ("pl", "Zamówiłam dwa tygodnie temu i do tej pory nic nie przyszło."),
    ("cs", "Dobrý den, kde je prosím moje objednávka 1042?"),
    ("cs", "Objednávala jsem před dvěma týdny a ještě nic nedorazilo."),
    ("ru", "Добрый день, подскажите, где мой заказ 1042?"),
    ("ru", "Заказала две недели назад, до сих пор ничего не пришло."),
    ("zh", "你好，请问我的订单1042现在到哪里了？"),
    ("zh", "两个星期前买的东西到现在还没有收到。"),
    ("th", "สวัสดีค่ะ คำสั่งซื้อ 1042 ถึงไหนแล้วคะ"),
    ("th", "สั่งของไปสองอาทิตย์แล้ว จนป่านนี้ยังไม่ได้รับเลย"),
]
NOT_A_CANCELLATION = [
    "I do NOT want to cancel my order, I only need another size.",
    "Please cancel my newsletter.",
    "Cancel my account and remove my data.",
    "Why was my order cancelled? I did not ask for that.",
    "What is your cancellation policy?",
    "Could you cancel my hotel reservation for Friday?",
    "Bitte nicht stornieren, ich möchte nur die Adresse ändern.",
    "Ich möchte den Newsletter kündigen.",
    "Bis wann kann man eine Bestellung stornieren?",
    "N'annulez surtout pas ma commande, je veux seulement changer la taille.",
    "Je voudrais annuler mon abonnement à la newsletter.",
    "No cancelen mi pedido, solo quiero cambiar la talla.",
    "Quiero cancelar mi suscripción al boletín.",
    "Proszę nie anulować mojego zamówienia, chcę tylko zmienić rozmiar.",
    "Nechci objednávku zrušit, jen potřebuji změnit adresu.",
    "Nerušte prosím mou objednávku, jen ji pošlete jinam.",
    "Не отменяйте заказ, нужно только поменять размер.",
    "Отмените мою подписку на рассылку.",
    "我不想取消订单，只想换个尺码。",
    "帮我取消会员自动续费。",
    "ไม่ต้องยกเลิกคำสั่งซื้อ แค่อยากเปลี่ยนไซส์",
    "ขอยกเลิกรับข่าวสารทางอีเมล",
]
NOT_A_WHERE_IS_IT = [
    "Where is my refund? I sent everything back.",
    "Where can I find the invoice for my order?",
    "If I order today, when would it arrive?",
    "Wo finde ich die Rechnung zu meiner Bestellung?",
    "Wann bekomme ich mein Geld zurück?",
    "Où est mon remboursement ?",
    "¿Dónde está mi reembolso?",
    "Gdzie znajdę fakturę do zamówienia?",
    "Kde najdu fakturu k objednávce?",
    "Где мой возврат денег?",
    "我的退款到哪里了？",
    "เงินคืนของฉันถึงไหนแล้ว",
]


@pytest.mark.parametrize(("language", "text"), CANCELLATIONS)
def test_a_wish_to_cancel_is_understood_in_nine_languages(language: str, text: str) -> None:
    """G7.4: the multi-language cancellation set."""
    understood = understand(text)
    assert (understood.language, understood.intent) == (language, "cancel_order")


@pytest.mark.parametrize(("language", "text"), WHERE_IS_IT)
def test_a_question_for_the_parcel_is_understood_in_nine_languages(
    language: str, text: str
) -> None:
    """G7.4: the multi-language WISMO set."""
    understood = understand(text)
    assert (understood.language, understood.intent) == (language, "order_status")


@pytest.mark.parametrize("text", NOT_A_CANCELLATION)
def test_what_only_sounds_like_cancelling_is_never_a_cancellation(text: str) -> None:
    """G7.4: negation and other things that can be cancelled."""
    assert understand(text).intent != "cancel_order"


@pytest.mark.parametrize(
    "text",
    ["Order 1042", "order no. AB-1042", "Bestellung 1042", "Commande n° 1042", "Pedido 1042.", "Zamówienie 1042",
     "Objednávka č. 1042", "Заказ 1042", "订单1042", "ออเดอร์ 1042"],
)  # fmt: skip
def test_a_bare_order_number_asks_for_nothing_costly(text: str) -> None:
    assert understand(text).intent not in ("cancel_order", "refund_request")


@pytest.mark.parametrize("text", NOT_A_WHERE_IS_IT)
def test_asking_for_money_or_papers_is_not_asking_for_the_parcel(text: str) -> None:
    assert understand(text).intent != "order_status"


def test_a_cancellation_wins_over_the_question_beside_it() -> None:
    text = "Hi,\nwhere is my order? If it has not been sent, please cancel order 1042.\nThanks\nMaria Jones"
    assert understand(text).intent == "cancel_order"


def test_a_thank_you_does_not_hide_what_was_asked() -> None:
    text = "Hello Anna,\n\nthank you for the quick answer. Could you send me the invoice?\n\nBest\nMaria Jones"
    assert understand(text).intent == "invoice"


def test_a_bare_thank_you_is_thanks() -> None:
    assert understand("Thank you very much!").intent == "thanks"


def test_a_vague_remark_claims_nothing_that_a_shop_could_do() -> None:
    understood = understand("Regarding the blue one we spoke about with Peter at the fair in March")
    assert understood.intent in (None, "out_of_scope")


def test_an_unsure_guess_is_not_claimed_and_its_confidence_is_below_the_threshold() -> None:
    texts = ["Regarding the blue one with Peter", "Und dann noch das mit Montag", "bah", "Peter 12"]
    unsure = [each for each in map(understand, texts) if each.intent is None]
    highest = max(DEFAULT_THRESHOLD, *THRESHOLDS.values())
    assert all(each.confidence < highest and each.wishes == () for each in unsure)


@pytest.mark.parametrize("text", ["", "   \n ", "\x00", "....", "-- "])
def test_a_text_without_words_is_not_understood(text: str) -> None:
    understood = understand(text)
    assert (understood.intent, understood.confidence, understood.sentiment) == (
        None,
        0.0,
        "neutral",
    )


@pytest.mark.parametrize(
    ("text", "sentiment"),
    [
        ("I am so disappointed, this is the worst shop I have ever used.", "negative"),
        ("Ich bin wirklich enttäuscht, die Vase kam kaputt an.", "negative"),
        ("The blanket is wonderful, I love it!", "positive"),
        ("Les draps sont superbes, merci beaucoup !", "positive"),
        ("What material is the tablecloth made of?", "neutral"),
    ],
)
def test_the_mood_of_a_message_is_told(text: str, sentiment: str) -> None:
    assert understand(text).sentiment == sentiment


@pytest.mark.parametrize(
    "text",
    [
        "Please answer ASAP",
        "Es ist dringend!",
        "C'est urgent",
        "Pilne!",
        "Это срочно",
        "请尽快处理",
        "ด่วนมากค่ะ",
    ],
)
def test_a_hurry_is_noticed(text: str) -> None:
    assert understand(text).is_urgent


def test_threads_get_the_same_answers_as_one_after_another() -> None:
    texts = [text for _, text in CANCELLATIONS + WHERE_IS_IT]
    alone = [understand(text) for text in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(understand, texts)) == alone


def test_no_text_of_the_naughty_list_makes_it_stumble() -> None:
    if not NAUGHTY.exists():
        pytest.skip(f"{NAUGHTY} is not here")
    for path in NAUGHTY.glob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").split("\n"):
            if line:
                understand(str(json.loads(line)["payload"]))


def test_a_very_long_text_is_answered_from_its_beginning() -> None:
    assert understand("Please cancel my order 1042. " + "blah " * 200_000).intent == "cancel_order"


def test_half_a_surrogate_in_the_text_is_no_reason_to_fail() -> None:
    assert understand("Please cancel my order 1042 \ud83d").intent == "cancel_order"


def test_a_very_long_message_costs_no_more_than_a_long_one() -> None:
    sentence = "I would like to tell you about the blanket that I bought. "
    assert len(sentences_of(clean(sentence * 1_000))) <= MAX_SENTENCES
