"""New text is told from quotes and signatures, in every language, without losing a word (G5)."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from integrations.email.html_text import html_to_text
from integrations.email.mime import parse_body
from integrations.email.reply_text import split_reply
from tests.integrations.email.reply_samples import (
    ATTRIBUTIONS,
    MOBILE_SIGNATURES,
    NOT_SIGNATURES,
)

NEW = "Hi Linden,\n\nwhere is my order 1042? It was due on 3 March.\n\nThanks, Eva"


@pytest.mark.parametrize(("name", "header"), ATTRIBUTIONS, ids=[one[0] for one in ATTRIBUTIONS])
def test_text_above_a_quote_header_is_the_reply(name: str, header: str) -> None:
    """G5.2"""
    plain = split_reply(f"{NEW}\n\n{header}\n\nHello Eva,\n\nyour order left us.\n")
    marked = split_reply(f"{NEW}\n\n{header}\n\n> Hello Eva,\n>\n> your order left us.\n")
    assert plain.reply_text == NEW
    assert marked.reply_text == NEW
    assert "your order left us." in plain.quoted_text
    assert "> your order left us." in marked.quoted_text
    assert plain.quote_start == len(NEW) + 2


@pytest.mark.parametrize("line", MOBILE_SIGNATURES)
def test_a_phones_last_line_is_a_signature(line: str) -> None:
    parts = split_reply(f"{NEW}\n\n{line}\n")
    assert parts.reply_text == NEW
    assert parts.signature_text == line


@pytest.mark.parametrize("line", NOT_SIGNATURES)
def test_a_sentence_that_resembles_a_phones_last_line_stays(line: str) -> None:
    assert split_reply(f"{NEW}\n\n{line}\n").reply_text == f"{NEW}\n\n{line}"


def test_answers_between_quoted_lines_stay_with_what_they_answer() -> None:
    """G5.2"""
    text = (
        "See below.\n\nOn 4 Mar 2025, at 09:15, Linden <help@linden.example> wrote:\n"
        "> Which size?\n\nMedium.\n\n> Which colour?\n\nBlue, please.\n\n> Regards\n"
    )
    assert split_reply(text).reply_text == (
        "See below.\n\n> Which size?\n\nMedium.\n\n> Which colour?\n\nBlue, please."
    )


def test_an_answer_below_the_quote_is_the_reply() -> None:
    """G5.2"""
    text = (
        "On 4 Mar 2025, at 09:15, Linden <h@l.example> wrote:\n> Which size?\n\nMedium, please.\n"
    )
    assert split_reply(text).reply_text == "Medium, please."


def test_a_sentence_about_what_somebody_wrote_is_no_quote_header() -> None:
    text = "On 3 March I ordered two shirts and your colleague wrote:\nthey ship today.\n\nThey did not."
    assert split_reply(text).reply_text == text


def test_a_forwarded_mail_without_own_words_is_shown_whole() -> None:
    text = "---------- Forwarded message ---------\nFrom: Ada <a@x.example>\nDate: Tue\nSubject: Hi\nTo: b@x.example\n\nPlease help."
    assert split_reply(text).reply_text == "Please help."


def test_two_dashes_begin_the_signature() -> None:
    parts = split_reply("It broke.\n-- \nEva Example\n+49 30 1234\n")
    assert parts.reply_text == "It broke."
    assert parts.signature_text == "-- \nEva Example\n+49 30 1234"


def test_a_polite_ending_is_not_taken_away() -> None:
    assert (
        split_reply("It broke.\n\nBest regards,\nEva\n").reply_text
        == "It broke.\n\nBest regards,\nEva"
    )


def test_every_word_is_in_the_reply_the_quote_or_the_signature() -> None:
    """Quotes are folded, never dropped."""
    for _, header in ATTRIBUTIONS:
        text = f"{NEW}\n\n{header}\n\nHello Eva,\nyour order left us.\n\n-- \nLinden & Loom\n"
        parts = split_reply(text)
        kept = f"{parts.reply_text} {parts.quoted_text} {parts.signature_text}".split()
        assert sorted(kept) == sorted(text.split())


@pytest.mark.parametrize(
    "html",
    [
        '<div>Blue, please.</div><div class="gmail_quote"><div class="gmail_attr">Am x schrieb y:<br></div><blockquote>Which?</blockquote></div>',
        '<div>Blue, please.</div><div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><b>From:</b> x</div><div>Which?</div>',
        '<p>Blue, please.</p><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>Unbekannt:</b> x</p></div><p>Which?</p>',
        '<div>Blue, please.</div><div class="yahoo_quoted">Which?</div>',
        '<p>Blue, please.</p><div class="moz-cite-prefix">X:</div><blockquote type="cite">Which?</blockquote>',
        '<div>Blue, please.</div><div class="protonmail_quote">Which?</div>',
    ],
)
def test_markup_of_mail_programs_tells_the_quote(html: str) -> None:
    mail = parse_body(html, "html")
    assert mail.reply_text == "Blue, please."
    assert "Which?" in mail.text


def test_scripts_and_styles_of_html_are_no_text() -> None:
    text = html_to_text(
        "<style>p{}</style><p>One<br>two &amp; &lt;three&gt;</p><script>x</script><ul><li>a<li>b</ul>"
    ).text
    assert text.split("\n") == ["One", "two & <three>", "", "* a", "* b"]


def _cpu_seconds(work: Callable[[], object]) -> float:
    best = 99.0
    for _ in range(3):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


NEAR_MISSES = [
    "> ",
    ">\n",
    "On 3 May 2025,\n",
    "On 3 May 2025, ",
    "From: x\n",
    "--\n",
    "-",
    "_ ",
    "On Mon wrote ",
    "-----Original Message",
    "Sent from my ",
    "<a@b.c ",
    "1:11 ",
    "le le le ",
    "*",
    "| ",
]


@pytest.mark.parametrize("chunk", NEAR_MISSES)
def test_near_misses_take_time_in_proportion_to_length(chunk: str) -> None:
    """A29: twice the text takes at most 2.5 times as long, and never seconds."""
    small, large = (chunk * (size // len(chunk)) for size in (50_000, 100_000))
    seconds_large = _cpu_seconds(lambda: split_reply(large))
    assert seconds_large < 2
    if seconds_large > 0.05:
        assert seconds_large / _cpu_seconds(lambda: split_reply(small)) < 2.5


@pytest.mark.parametrize(
    "chunk",
    [
        "<",
        "<a ",
        '<a "',
        "<!--",
        "<!-- >",
        "<! ",
        "<style>",
        '<a x=">',
        "<blockquote>x",
        "&",
        "<p class=",
    ],
)
def test_html_near_misses_take_time_in_proportion_to_length(chunk: str) -> None:
    """A29"""
    small, large = (chunk * (size // len(chunk)) for size in (250_000, 500_000))
    seconds_large = _cpu_seconds(lambda: html_to_text(large))
    assert seconds_large < 2
    if seconds_large > 0.05:
        assert seconds_large / _cpu_seconds(lambda: html_to_text(small)) < 2.5
