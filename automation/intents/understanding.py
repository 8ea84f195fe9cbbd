"""What one message wants: sentences are judged one by one and put together here."""

import re
from dataclasses import dataclass

import numpy as np

from automation.intents import lexicon
from automation.intents.catalog import get_intent
from automation.intents.czech import in_english
from automation.intents.encoder import encode
from automation.intents.features import buckets_of
from automation.intents.language import language_of_cleaned
from automation.intents.model import Floats, Heads, get_heads
from automation.intents.text import clean, fold, sentences_of

# Below its threshold an intent is not claimed. The costly ones start an automatic answer or put a
# ticket on top of everyone's queue; figures behind these numbers are in weights/MODEL_CARD.md.
DEFAULT_THRESHOLD = 0.22
THRESHOLDS = {
    "cancel_order": 0.45,
    "order_status": 0.30,
    "refund_request": 0.35,
    "refund_status": 0.35,
    "spam": 0.40,
    "out_of_scope": 0.60,
}
# Where the figures of a language allow another one than everywhere else.
LANGUAGE_THRESHOLDS: dict[tuple[str, str], float] = {}

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


MAX_WISHES = 5
_GUESSES_TOLD, _WORDS_TOLD = 3, 4
MAX_ENCODED_CHARS = 220


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing the message wants: our name for it, Gorgias' name for it, and how sure (0 to 1)."""

    name: str
    gorgias: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """`intent` is None when unsure; `confidence` (0 to 1) is that of the best guess either way.

    `wishes` are all that is wanted, the main one first; empty when unsure.
    """

    language: str
    intent: str | None
    confidence: float
    sentiment: str
    is_urgent: bool
    wishes: tuple[Wish, ...] = ()
    guess: str | None = None
    """The best guess, also where it is too unsure to be claimed; None without words."""


def understand(text: str, heads: Heads | None = None) -> Understanding:
    """What the customer's own new words say (no quotes, no signature). Never raises on any text.

    `heads` are the shipped ones unless others are given (training judges its folds that way).
    """
    return understand_many([text], heads)[0]


def understand_many(texts: list[str], heads: Heads | None = None) -> list[Understanding]:
    """The same for many texts in one go, which takes the encoder less than half the time."""
    heads = heads or get_heads()
    read = [_read(text, heads) for text in texts]
    words = [word for each in read for word in each.words]
    vectors = encode(words)
    understood, start = [], 0
    for each in read:
        end = start + len(each.words)
        understood.append(_judge(each, vectors[start:end], heads))
        start = end
    return understood


@dataclass(frozen=True, slots=True)
class _Piece:
    """One sentence before the encoder sees it: what its words and its letters say."""

    text: str
    verdict: lexicon.Verdict
    buckets: list[int]
    letters: Floats


@dataclass(frozen=True, slots=True)
class _Read:
    """A text before the encoder sees it: `words` are the pieces as the encoder gets them."""

    cleaned: str
    language: str
    pieces: list[_Piece]
    words: list[str]


def _read(text: str, heads: Heads) -> _Read:
    cleaned = clean(text)
    language = language_of_cleaned(cleaned)
    pieces = _telling([_piece(each, heads) for each in _wishes_of(sentences_of(cleaned))], heads)
    is_glossed = language in _GLOSSED_LANGUAGES
    words = [in_english(piece.text) if is_glossed else piece.text for piece in pieces]
    return _Read(cleaned, language, pieces, words)


def _piece(sentence: str, heads: Heads) -> _Piece:
    buckets = buckets_of(sentence)
    return _Piece(sentence, lexicon.judge(fold(sentence)), buckets, heads.letters(buckets))


def _judge(read: _Read, vectors: Floats, heads: Heads) -> Understanding:
    if not read.pieces:
        return Understanding(read.language, None, 0.0, "neutral", is_urgent=False)
    whole = _whole(vectors, read.pieces)
    shares, together = _shares(heads, vectors, whole, read.pieces)
    scores = _intent_scores(heads, shares, together, read.pieces)
    best = int(scores.argmax())
    intent, confidence = heads.canonical[best], float(scores[best])
    is_sure = confidence >= threshold_of(intent, read.language)
    sentiment = heads.sentiments[int(heads.sentiment(whole).argmax())]
    is_urgent = _URGENT.search(fold(read.cleaned)) is not None
    return Understanding(
        read.language,
        intent if is_sure else None,
        round(confidence, 4),
        sentiment,
        is_urgent,
        _wishes(heads, shares, read, (best, confidence)) if is_sure else (),
        intent,
    )


@dataclass(frozen=True, slots=True)
class Judged:
    """One sentence of a message as it was weighed: what its words decide, and what is likeliest.

    ``guesses`` are names of the catalogue with their shares, before the words had their say.
    """

    text: str
    verdict: lexicon.Verdict
    guesses: tuple[tuple[str, float], ...]
    telling: tuple[str, ...]


def sentences_judged(text: str, heads: Heads | None = None) -> list[Judged]:
    """The sentences of a message that were weighed; greetings and the like were left out."""
    heads = heads or get_heads()
    read = _read(text, heads)
    if not read.pieces:
        return []
    shares = heads.weighed(encode(read.words), [piece.letters for piece in read.pieces])
    judged = []
    for piece, row in zip(read.pieces, shares, strict=True):
        best = np.argsort(-row, kind="stable")[:_GUESSES_TOLD]
        guesses = tuple((heads.labels[at], round(float(row[at]), 2)) for at in best)
        judged.append(
            Judged(
                piece.text, piece.verdict, guesses, _telling_words(piece.text, int(best[0]), heads)
            )
        )
    return judged


def _telling_words(sentence: str, column: int, heads: Heads) -> tuple[str, ...]:
    """The words whose letters speak most for that name, the strongest first."""
    words = dict.fromkeys(sentence.split())
    weight = {word: float(heads.letters(buckets_of(word))[column]) for word in words}
    strongest = sorted((word for word in words if weight[word] > 0), key=lambda word: -weight[word])
    return tuple(word.strip('.,;:!?¡¿()"') for word in strongest[:_WORDS_TOLD])


def threshold_of(intent: str, language: str = "") -> float:
    """How sure the head must be before it claims this intent in this language."""
    wanted = THRESHOLDS.get(intent, DEFAULT_THRESHOLD)
    return LANGUAGE_THRESHOLDS.get((language, intent), wanted)


def _wishes(heads: Heads, shares: Floats, read: _Read, main: tuple[int, float]) -> tuple[Wish, ...]:
    """The main intent and those that a sentence of its own is sure of."""
    found = {main[0]: main[1]}
    wide = shares @ heads.widening
    for row, piece in zip(wide, read.pieces, strict=True):
        scores = _after_words(heads, row.copy(), [piece.verdict])
        column = int(scores.argmax())
        intent, confidence = heads.canonical[column], float(scores[column])
        if (
            intent not in _ASIDE
            and column != main[0]
            and confidence >= threshold_of(intent, read.language)
        ):
            found[column] = max(confidence, found.get(column, 0.0))
    others = sorted((column for column in found if column != main[0]), key=lambda c: -found[c])
    columns = [main[0], *others][:MAX_WISHES]
    return tuple(_wish(heads, shares, column, found[column]) for column in columns)


def _wish(heads: Heads, shares: Floats, column: int, confidence: float) -> Wish:
    """The likeliest name among those that count as this intent."""
    among = shares.max(axis=0) * heads.widening[:, column]
    name = heads.labels[int(among.argmax())]
    return Wish(name, get_intent(name).gorgias, round(confidence, 4))


def _wishes_of(sentences: list[str]) -> list[str]:
    """The sentences without greetings, thanks and names, unless nothing else was said."""
    wishes = [sentence for sentence in sentences if not _is_courtesy(sentence)]
    return wishes or sentences


def _telling(pieces: list[_Piece], heads: Heads) -> list[_Piece]:
    """Of a long letter the sentences that look most like a wish, as they stand, by letters alone.

    Encoding costs most of the time: a story of twelve sentences is read for what it asks.
    """
    if sum(len(piece.text) for piece in pieces) <= MAX_ENCODED_CHARS:
        return pieces
    promise = [_promise(piece, heads) for piece in pieces]
    room = MAX_ENCODED_CHARS
    kept: set[int] = set()
    for place in sorted(range(len(pieces)), key=lambda place: -promise[place]):
        if len(pieces[place].text) <= room or not kept:
            kept.add(place)
            room -= len(pieces[place].text)
    return [piece for place, piece in enumerate(pieces) if place in kept]


def _promise(piece: _Piece, heads: Heads) -> float:
    """How much the letters of a sentence speak for one of the wishes; words that decide, most."""
    if piece.verdict.confirmed or piece.verdict.likelier:
        return 2.0
    shares = heads.by_letters(piece.letters) @ heads.widening
    return float(max(shares[column] for column in heads.wanted))


def _is_courtesy(sentence: str) -> bool:
    folded = fold(sentence)
    if _COURTESY.match(folded):
        if folded[0] > "\u0e00":
            return len(folded) <= _COURTESY_CHARS_UNSPACED
        return len(folded.split()) <= _COURTESY_WORDS and "?" not in folded
    return _NAME.match(sentence) is not None and " " in sentence.strip()


def _whole(vectors: Floats, pieces: list[_Piece]) -> Floats:
    """One unit vector for the message: its sentences' vectors, longer ones counting more."""
    weights = np.sqrt(np.array([[len(piece.text)] for piece in pieces], dtype=np.float32))
    mixed = (vectors * weights).sum(axis=0, keepdims=True)
    unit: Floats = mixed / max(float(np.linalg.norm(mixed)), 1e-6)
    return unit


def _shares(
    heads: Heads, vectors: Floats, whole: Floats, pieces: list[_Piece]
) -> tuple[Floats, Floats]:
    """Of each sentence, and of all of them as one; in one go, which reads the weights once."""
    if len(pieces) == 1:
        shares = heads.weighed(vectors, [pieces[0].letters])
        return shares, shares[0]
    everything = heads.letters(sorted({each for piece in pieces for each in piece.buckets}))
    letters = [*(piece.letters for piece in pieces), everything]
    shares = heads.weighed(np.concatenate([vectors, whole]), letters)
    return shares[:-1], shares[-1]


def _intent_scores(heads: Heads, shares: Floats, together: Floats, pieces: list[_Piece]) -> Floats:
    """How likely each wider intent is the message's own."""
    wide = shares @ heads.widening
    if len(pieces) > 1:
        together = together @ heads.widening
        for column, label in enumerate(heads.canonical):
            if label in _ASIDE:
                wide[:, column] *= _ASIDE_FACTOR
                together[column] *= _ASIDE_FACTOR
        scores = (wide.max(axis=0) + together) / 2
    else:
        scores = wide[0].copy()
    return _after_words(heads, scores, [piece.verdict for piece in pieces])


def _after_words(heads: Heads, scores: Floats, verdicts: list[lexicon.Verdict]) -> Floats:
    confirmed = {verdict.confirmed for verdict in verdicts if verdict.confirmed}
    likelier = {verdict.likelier for verdict in verdicts if verdict.likelier}
    forbidden = {label for verdict in verdicts for label in verdict.forbidden}
    column_of = heads.canonical.index
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
