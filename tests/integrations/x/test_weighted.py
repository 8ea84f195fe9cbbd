"""X's own counting of a post, by cases of its published rules."""

from __future__ import annotations

import pytest

from integrations.x.weighted import weight


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("", 0),
        ("a" * 280, 280),
        ("Grüße aus Köln", 14),
        ("cafe\u0301", 4),
        ("Пакет", 5),
        ("مرحبا", 5),
        ("包裹在哪里", 10),
        ("パッケージ", 10),
        ("택배", 4),
        ("“quoted” – so…", 15),
        ("https://shop.example/a/very/long/path?with=parameters&and=more#end", 23),
        ("See https://shop.example/x.", 4 + 23 + 1),
        ("See shop.com", 4 + 23),
        ("See shop.com/returns, please", 4 + 23 + 8),
        ("mail me at a@shop.com", 21),
        ("v1.2.3 is out", 13),
        ("one.two", 7),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🇩🇪🇫🇷", 4),
        ("❤️", 2),
        ("1️⃣", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("ok 👍 包", 3 + 2 + 1 + 2),
    ],
)
def test_a_post_weighs_what_x_says(text: str, units: int) -> None:
    assert weight(text) == units
