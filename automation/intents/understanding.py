"""What one message wants: sentences are judged one by one and put together here."""

import re
from dataclasses import dataclass

import numpy as np

from automation.intents import lexicon
from automation.intents.czech import in_english
from automation.intents.encoder import encode
from automation.intents.language import language_of
from automation.intents.model import Floats, Heads, get_heads
from automation.intents.text import clean, fold, sentences_of

# Below its threshold an intent is not claimed. The costly ones start an automatic answer or put a
# ticket on top of everyone's queue; figures behind these numbers are in weights/MODEL_CARD.md.
DEFAULT_THRESHOLD = 0.30
THRESHOLDS = {
    "cancel_order": 0.50,
    "order_status": 0.50,
    "refund_request": 0.45,
    "refund_status": 0.45,
    "spam": 0.40,
    "out_of_scope": 0.60,
}

# Said beside nearly every wish, so they count less than the wish.
_ASIDE = frozenset({"thanks", "out_of_scope"})
_ASIDE_FACTOR = 0.45
_GLOSSED_LANGUAGES = frozenset({"cs", "sk"})

_COURTESY = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|day|evening|afternoon)|thanks|thank you|many thanks|best|kind|regards|cheers|sincerely|"
    r"hallo|guten (?:tag|morgen|abend)|moin|servus|sehr geehrte\w*|liebe[sr]?|danke|vielen dank|besten dank|mit freundlichen|viele gru\w*|lg|mfg|"
    r"bonjour|bonsoir|salut|madame|monsieur|merci|cordialement|bien a vous|"
    r"hola|buenos dias|buenas|estimad\w*|gracias|muchas gracias|saludos|atentamente|un saludo|"
    r"dzien dobry|czesc|witam|dziekuj\w*|pozdrawiam|z powazaniem|szanown\w*|"
    r"dobry den|ahoj|dekuj\w*|diky|s pozdravem|vazen\w*|hezky den|"
    r"здравствуйте|добрый (?:день|вечер)|привет|спасибо|с уважением|заранее|уважаем\w*|"
    r"你好|您好|谢谢|多谢|早上好|สวัสดี|ขอบคุณ|หวัดดี)(?![a-zа-я])"
)
_COURTESY_WORDS = 5
_COURTESY_CHARS_UNSPACED = 10
_NAME = re.compile(r"^(?:[A-ZÀ-ÖØ-ÞĀ-ŽА-ЯЁ][\w'.-]*\s*){1,3}$")
_URGENT = re.compile(
    r"\b(?:urgent\w*|asap|immediately|right away|as soon as possible|dringend\w*|sofort\w*|eilt|schnellstmoglich|urgence|urgence|immediatement|"
    r"au plus vite|urgente\w*|inmediat\w*|cuanto antes|piln\w*|natychmiast\w*|jak najszybciej|naleha\w*|ihned|okamzit\w*|co nejdriv\w*|"
    r"срочно|немедленно|как можно скорее)\b|尽快|马上|立刻|加急|ด่วน|ทันที|โดยเร็ว"
)


@dataclass(frozen=True, slots=True)
class Understanding:
    """`intent` is None when unsure; `confidence` (0 to 1) is that of the best guess either way."""

    language: str
    intent: str | None
    confidence: float
    sentiment: str
    is_urgent: bool


def understand(text: str, heads: Heads | None = None) -> Understanding:
    """What the customer's own new words say (no quotes, no signature). Never raises on any text.

    `heads` are the shipped ones unless others are given (training judges its folds that way).
    """
    return understand_many([text], heads)[0]


def understand_many(texts: list[str], heads: Heads | None = None) -> list[Understanding]:
    """The same for many texts in one go, which takes the encoder less than half the time."""
    read = [_read(text) for text in texts]
    words = [word for each in read for word in each.words]
    vectors = encode(words)
    understood, start = [], 0
    for each in read:
        end = start + len(each.words)
        understood.append(_judge(each, vectors[start:end], heads))
        start = end
    return understood


@dataclass(frozen=True, slots=True)
class _Read:
    """A text before the encoder sees it: `words` are the pieces as the encoder gets them."""

    cleaned: str
    language: str
    pieces: list[str]
    words: list[str]


def _read(text: str) -> _Read:
    cleaned = clean(text)
    language = language_of(text)
    pieces = _wishes_of(sentences_of(cleaned))
    is_glossed = language in _GLOSSED_LANGUAGES
    words = [in_english(piece) for piece in pieces] if is_glossed else pieces
    return _Read(cleaned, language, pieces, words)


def _judge(read: _Read, vectors: Floats, heads: Heads | None) -> Understanding:
    if not read.pieces:
        return Understanding(read.language, None, 0.0, "neutral", is_urgent=False)
    heads = heads or get_heads()
    whole = _whole(vectors, read.pieces)
    scores = _intent_scores(heads, vectors, whole, read.pieces)
    best = int(scores.argmax())
    intent, confidence = heads.labels[best], float(scores[best])
    is_sure = confidence >= THRESHOLDS.get(intent, DEFAULT_THRESHOLD)
    sentiment = heads.sentiments[int(heads.sentiment(whole).argmax())]
    is_urgent = _URGENT.search(fold(read.cleaned)) is not None
    return Understanding(
        read.language,
        intent if is_sure else None,
        round(confidence, 4),
        sentiment,
        is_urgent,
    )


def _wishes_of(sentences: list[str]) -> list[str]:
    """The sentences without greetings, thanks and names, unless nothing else was said."""
    wishes = [sentence for sentence in sentences if not _is_courtesy(sentence)]
    return wishes or sentences


def _is_courtesy(sentence: str) -> bool:
    folded = fold(sentence)
    if _COURTESY.match(folded):
        if folded[0] > "\u0e00":
            return len(folded) <= _COURTESY_CHARS_UNSPACED
        return len(folded.split()) <= _COURTESY_WORDS and "?" not in folded
    return _NAME.match(sentence) is not None and " " in sentence.strip()


def _whole(vectors: Floats, pieces: list[str]) -> Floats:
    """One unit vector for the message: its sentences' vectors, longer ones counting more."""
    weights = np.sqrt(np.array([[len(piece)] for piece in pieces], dtype=np.float32))
    mixed = (vectors * weights).sum(axis=0, keepdims=True)
    unit: Floats = mixed / max(float(np.linalg.norm(mixed)), 1e-6)
    return unit


def _intent_scores(heads: Heads, vectors: Floats, whole: Floats, pieces: list[str]) -> Floats:
    verdicts = [lexicon.judge(fold(piece)) for piece in pieces]
    shares = heads.intents(vectors, pieces)
    if len(pieces) > 1:
        together = heads.intents(whole, [" ".join(pieces)])[0]
        for column, label in enumerate(heads.labels):
            if label in _ASIDE:
                shares[:, column] *= _ASIDE_FACTOR
                together[column] *= _ASIDE_FACTOR
        scores = (shares.max(axis=0) + together) / 2
    else:
        scores = shares[0]
    return _after_words(heads, scores, verdicts)


def _after_words(heads: Heads, scores: Floats, verdicts: list[lexicon.Verdict]) -> Floats:
    confirmed = {verdict.confirmed for verdict in verdicts if verdict.confirmed}
    likelier = {verdict.likelier for verdict in verdicts if verdict.likelier}
    forbidden = {label for verdict in verdicts for label in verdict.forbidden}
    column_of = heads.labels.index
    for label in forbidden - confirmed - likelier:
        rest = max(1.0 - float(scores[column_of(label)]), 0.1)
        scores[column_of(label)] = 0.0
        scores = scores / rest
    for label in likelier:
        scores[column_of(label)] += (1 - scores[column_of(label)]) * lexicon.LIKELIER_SHARE
    scores = np.minimum(scores, lexicon.CONFIRMED)
    if "order_status" in confirmed:
        scores[column_of("order_status")] = lexicon.CONFIRMED
    if "cancel_order" in confirmed:  # asked together with anything else, this is what must not wait
        scores[column_of("cancel_order")] = 1.0
    return scores
