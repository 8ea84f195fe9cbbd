"""Answers that an admin wrote for the chat's first view, and finding them by what a shopper types.

A question and its answer stand in one or more of the site's languages. What is searched are the
words of the shopper's language, compared like everywhere (``tickets.search.normalise``), with
endings and one slip of the finger forgiven; rare words count more than those in every answer.
"""

from __future__ import annotations

import math
import uuid
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypedDict

from django.db import transaction

from helpdesk.lib.errors import InvalidInput, NotFound
from integrations.chat.models import HelpAnswer
from integrations.chat.sites import LANGUAGES, SiteConfig
from tickets.models import Channel
from tickets.search.normalise import Run, asked_runs, lexemes_of
from tickets.search.spelling import slips

MAX_ANSWERS = 60
MAX_QUESTION_CHARS = 120
MAX_ANSWER_CHARS = 4000
MAX_ASKED_CHARS = 200
FIRST = 4
FOUND = 6
IN_QUESTION, IN_ANSWER = 3.0, 1.0
EXACT, ENDING, SLIP = 1.0, 0.8, 0.6
MIN_STEM, MAX_ENDING, MIN_BEGINNING = 4, 3, 3
MIN_SHARE_OF_BEST = 0.34
MIN_SHARE_OF_RUN = 0.4
EVERYWHERE = 0.6
FULL_CHARS = 6


class AnswerText(TypedDict):
    question: str
    answer: str


class AnswerSettings(TypedDict):
    """An answer as an admin edits it: its texts by language."""

    id: str
    texts: dict[str, AnswerText]


class AnswerRecord(TypedDict):
    """An answer as the shopper reads it."""

    id: str
    question: str
    answer: str


@dataclass(frozen=True)
class _Words:
    question: frozenset[str]
    answer: frozenset[str]


# --- What an admin writes -------------------------------------------------------------------------


def answers_of(channel: Channel) -> list[AnswerSettings]:
    """The site's answers in their order, in all languages."""
    return [{"id": str(each.pk), "texts": each.texts} for each in _stored(channel)]


def set_answers(channel: Channel, answers: Any) -> None:
    """Put these in place of the answers there are; raises InvalidInput naming ``answers``.

    One that is known by its id keeps it, so that a link to it stays true.
    """
    texts = check_answers(answers)
    with transaction.atomic():
        # One admin after the other: two saves at once must not leave a mixture.
        Channel.objects.select_for_update().get(pk=channel.pk)
        known = {str(each.pk) for each in _stored(channel)}
        HelpAnswer.objects.filter(channel=channel).delete()
        HelpAnswer.objects.bulk_create(
            HelpAnswer(channel=channel, position=position, texts=each, **_same_id(given, known))
            for position, (given, each) in enumerate(zip(answers, texts, strict=True))
        )


def check_answers(answers: Any) -> list[dict[str, AnswerText]]:
    """Their texts as they will be kept; raises InvalidInput naming ``answers``."""
    if not isinstance(answers, list) or len(answers) > MAX_ANSWERS:
        raise _wrong(f"At most {MAX_ANSWERS} answers.")
    return [_checked_texts(each) for each in answers]


def _same_id(given: dict[str, Any], known: set[str]) -> dict[str, Any]:
    wanted = str(given.get("id") or "")
    if wanted not in known:
        return {}
    known.discard(wanted)  # the same id twice is a copy
    return {"id": uuid.UUID(wanted)}


def _checked_texts(given: Any) -> dict[str, AnswerText]:
    if not isinstance(given, dict) or set(given) - {"id", "texts"}:
        raise _wrong("An answer has texts by language.")
    texts = given.get("texts")
    if not isinstance(texts, dict) or set(texts) - set(LANGUAGES):
        raise _wrong(f"Languages are: {', '.join(LANGUAGES)}.")
    found: dict[str, AnswerText] = {}
    for language, text in texts.items():
        if not isinstance(text, dict) or set(text) - {"question", "answer"}:
            raise _wrong("Each language has a question and an answer.")
        question = " ".join(str(text.get("question") or "").split())
        answer = str(text.get("answer") or "").replace("\x00", "").strip()
        if not question and not answer:
            continue
        if not question or not answer:
            raise _wrong(f"In “{language}”, write both the question and the answer.")
        if len(question) > MAX_QUESTION_CHARS or len(answer) > MAX_ANSWER_CHARS:
            raise _wrong(
                f"A question has at most {MAX_QUESTION_CHARS} characters, "
                f"an answer {MAX_ANSWER_CHARS}."
            )
        found[language] = {"question": question, "answer": answer}
    if not found:
        raise _wrong("Write the question and the answer in at least one language.")
    return found


def _wrong(message: str) -> InvalidInput:
    return InvalidInput.field("answers", message)


# --- What a shopper reads -------------------------------------------------------------------------


def first_answers(channel: Channel, locale: str) -> list[dict[str, str]]:
    """The questions that are offered before anybody asks, in the admin's order."""
    readable = _readable(channel, locale)[:FIRST]
    return [{"id": each["id"], "question": each["question"]} for each in readable]


def get_answer(channel: Channel, answer_id: uuid.UUID, locale: str) -> AnswerRecord:
    """One answer; raises NotFound."""
    found = next(
        (each for each in _readable(channel, locale) if each["id"] == str(answer_id)), None
    )
    if found is None:
        raise NotFound("There is no such answer.")
    return found


def find_answers(channel: Channel, asked: str, locale: str) -> list[AnswerRecord]:
    """The answers that what was typed is about, best first; none where nothing fits."""
    runs = asked_runs(asked[:MAX_ASKED_CHARS])
    readable = _readable(channel, locale)
    words = [_words_of(each["question"], each["answer"]) for each in readable]
    scores = [0.0] * len(readable)
    for run in runs:
        fits = [_fit(run, each) for each in words]
        among = sum(fit > 0 for fit in fits)
        if not among or (len(words) > 2 and among > EVERYWHERE * len(words)):
            continue  # a word of nearly every answer tells none apart
        weight = _weight(run) * (1 + math.log(len(words) / among))
        scores = [score + weight * fit for score, fit in zip(scores, fits, strict=True)]
    ranked = sorted(zip(scores, range(len(readable)), strict=True), key=lambda each: -each[0])
    best = ranked[0][0] if ranked else 0.0
    good = [index for score, index in ranked if score and score >= MIN_SHARE_OF_BEST * best]
    return [readable[index] for index in good[:FOUND]]


def _stored(channel: Channel) -> list[HelpAnswer]:
    return list(HelpAnswer.objects.filter(channel=channel).order_by("position", "id"))


def _readable(channel: Channel, locale: str) -> list[AnswerRecord]:
    """Each in the shopper's language, else in the first of the site's that it is written in."""
    config = SiteConfig.of(channel)
    wanted = [config.locale_for(locale), *config.languages]
    found: list[AnswerRecord] = []
    for each in _stored(channel):
        language = next((tag for tag in wanted if tag in each.texts), None)
        if language is not None:
            text = each.texts[language]
            found.append(
                {"id": str(each.pk), "question": text["question"], "answer": text["answer"]}
            )
    return found


@lru_cache(maxsize=2048)
def _words_of(question: str, answer: str) -> _Words:
    return _Words(frozenset(lexemes_of(question)), frozenset(lexemes_of(answer)))


def _weight(run: Run) -> float:
    """Short words are the ones that hold a sentence together: they say less."""
    return 1.0 if run.is_unspaced else min(1.0, len(run.lexemes[0]) / FULL_CHARS)


def _fit(run: Run, words: _Words) -> float:
    """How well one word that was typed fits an answer; 0 where it is not in it."""
    in_question = IN_QUESTION * _found(run, words.question)
    return in_question or IN_ANSWER * _found(run, words.answer)


def _found(run: Run, written: frozenset[str]) -> float:
    if run.is_unspaced:
        share = sum(each in written for each in run.lexemes) / len(run.lexemes)
        return share if share >= MIN_SHARE_OF_RUN else 0.0
    (word,) = run.lexemes
    if word in written:
        return EXACT
    if any(_is_form_of(word, each) for each in written):
        return ENDING
    return SLIP if written.intersection(_slips(word)) else 0.0


def _is_form_of(asked: str, written: str) -> bool:
    """``parcel`` and ``parcels``, ``доставка`` and ``доставку``; ``ship`` begins ``shipping``."""
    if len(asked) >= MIN_BEGINNING and written.startswith(asked):
        return True
    same = 0
    for one, other in zip(asked, written, strict=False):
        if one != other:
            break
        same += 1
    endings = max(len(asked), len(written)) - same
    return same >= MIN_STEM and endings <= MAX_ENDING


@lru_cache(maxsize=256)
def _slips(word: str) -> frozenset[str]:
    return frozenset(slips(word))
