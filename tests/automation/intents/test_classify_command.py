import json

from automation.intents.classify_command import classify_lines


def test_each_line_is_answered_in_order_with_the_agreed_keys() -> None:
    lines = [
        json.dumps({"id": "a", "text": "Please cancel my order 1042."}),
        "\n",
        json.dumps({"id": 7, "text": "Wo ist meine Bestellung?"}),
    ]
    answers = list(classify_lines(lines))
    assert [(a["id"], a["language"], a["intent"]) for a in answers] == [
        ("a", "en", "cancel_order"),
        (7, "de", "order_status"),
    ]
    assert all(set(a) == {"id", "language", "intent", "confidence", "sentiment"} for a in answers)


def test_a_bad_line_is_refused_by_name_and_the_next_one_is_still_answered() -> None:
    answers = list(
        classify_lines(
            ["not json", '{"id": "b"}', "[1]", '{"id": "c", "text": "Thank you so much!"}']
        )
    )
    assert [a["id"] for a in answers] == [None, "b", None, "c"]
    assert "line 1 is not JSON" in str(answers[0]["error"])
    assert "line 2 needs a text" in str(answers[1]["error"])
    assert answers[3]["intent"] == "thanks"
