from collections import Counter

from automation.intents.catalog import NAMES
from automation.intents.czech import in_english
from automation.intents.model import get_heads
from automation.intents.training.corpora import own_examples

LANGUAGES = {"en", "de", "fr", "es", "pl", "cs", "ru", "zh", "th"}


def test_every_language_has_its_sentences_and_every_label_is_one_the_head_knows() -> None:
    examples = own_examples()
    assert {example.language for example in examples} == LANGUAGES
    assert {example.intent for example in examples} == set(get_heads().labels)


def test_every_intent_has_60_sentences_in_each_language() -> None:
    counts = Counter((example.intent, example.language) for example in own_examples())
    cells = {
        (intent, language): counts[intent, language] for intent in NAMES for language in LANGUAGES
    }
    assert {cell: count for cell, count in cells.items() if count < 60} == {}


def test_no_sentence_carries_two_labels_in_one_language() -> None:
    labels: dict[tuple[str, str], set[str]] = {}
    for example in own_examples():
        labels.setdefault((example.language, example.text), set()).add(example.intent)
    assert {text: found for text, found in labels.items() if len(found) > 1} == {}


def test_czech_is_read_through_english_words() -> None:
    assert in_english("Zrušte prosím mou objednávku") == "cancel please my order"
