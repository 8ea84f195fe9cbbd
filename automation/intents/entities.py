"""Numbers a customer quotes (candidates for order and tracking numbers), and products by name.

A candidate is only a candidate: the caller looks it up within the customer's own orders, and gives
the names of the products in them. Every pattern is bounded, so the time taken is linear in the
length of the text.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from automation.intents.text import fold, is_unspaced
from integrations.commerce import tracking_numbers
from integrations.commerce.digits import in_plain_digits

MAX_TEXT_CHARS = 100_000
MAX_CANDIDATES = 20
MIN_TELLING_WORD = 5
"""A single word of a product's name this long, without its ending, is not said by accident."""
MIN_STEM = 4
NAME_SLACK = 3
"""How many other words may stand between those of a product's name."""
_NAME_WORD = re.compile(r"[^\W_]+")

# A shop's number: digits, with short letter groups before or after (1042-A, ORD-002, LL10422, xyz98765).
_NUMBER = (
    r"(?:[A-Za-z]{1,6}[-_]?)?\d{1,20}(?:[-_/][A-Za-z0-9]{1,12}){0,3}(?:[A-Za-z]{1,3}(?![A-Za-z]))?"
)
_ORDER_WORD = (
    r"order(?:s| number| no| id| nr| ref(?:erence)?)?|purchase(?: number| order| id)?|"
    r"bestellung|bestell-?(?:nummer|nr)|bestellnr|auftrag(?:s-?(?:nummer|nr))?|"
    r"commandes?|achat|numéro de commande|pedidos?|órden(?:es)?|orden|compra|"
    r"zam[oó]wieni[aeu]|zam[oó]wieniem|zakupu?|nr zam[oó]wienia|"
    r"objedn[aá]vk[auyo]u?|obj|заказ(?:а|у|ом|е|ы)?|номер заказа|покупк[аиу]|"
    r"ordine|bestelling"
)
_ORDER_WORD_UNSPACED = r"订单号?|单号|订购号|訂單|คำสั่งซื้อ|ออเดอร์|ออร์เดอร์|หมายเลขคำสั่งซื้อ|ออเดอร์เลขที่"
_BETWEEN = r"(?:[\s:：.,#№=()\[\]-]|(?:no|nr|num|number|nummer|núm|número|numéro|n|c|č|číslo|cislo|numer|номер|id|is|ist|est|es|to|je|号|編號|编号|是|为|เลขที่|หมายเลข|เบอร์)(?![^\W\d_])|n[°º]){0,6}"

_HASHED = re.compile(rf"(?<![\w#&/])[#№]\s?({_NUMBER})")
_AFTER_WORD = re.compile(rf"(?<![^\W\d_])(?:{_ORDER_WORD}){_BETWEEN}({_NUMBER})", re.IGNORECASE)
_AFTER_UNSPACED_WORD = re.compile(
    rf"(?:{_ORDER_WORD_UNSPACED}){_BETWEEN}({_NUMBER})", re.IGNORECASE
)
_SHOP_CODE = re.compile(
    r"(?<![\w-])(?:ORD|SO|PO)-?\d{2,12}(?:-[A-Za-z0-9]{1,6})?(?![\w-])", re.IGNORECASE
)
# "order 1042 and 1043", "Bestellungen 1042, 1043"
_ANOTHER = re.compile(
    rf"\s*(?:,|and|und|et|y|e|i|a|и|&|和|กับ|และ)\s*#?({_NUMBER})(?![\w.%€$£])", re.IGNORECASE
)

_MONEY_OR_UNIT_AFTER = re.compile(
    r"^\s?(?:[€$£¥฿₽%]|(?:eur|euros?|usd|dollars?|gbp|zł|zl|pln|kč|kc|czk|руб|rub|бат|baht|บาท|元|块|件|ชิ้น|個|个|"
    r"days?|weeks?|hours?|minutes?|months?|items?|pieces?|pcs|tage?n?|wochen?|stunden?|stück|jours?|semaines?|heures?|articles?|"
    r"días?|semanas?|horas?|artículos?|dni|dzień|tygodni\w*|godzin\w*|sztuk\w*|dny|dní|týdn\w*|hodin\w*|kus\w*|"
    r"дн\w+|недел\w*|час\w*|шту\w*|วัน|สัปดาห์|ชั่วโมง|天|周|小时|月|日|cm|kg|mm|x|times|mal|fois|veces|razy|krát)(?![^\W\d_]))",
    re.IGNORECASE,
)
_DATE_OR_TIME = re.compile(
    r"^(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](?:\d{4}|\d{2})|\d{1,2}[-/.]\d{1,2}|\d{1,2}:\d{2}|\d{1,2}(?:st|nd|rd|th|er))$",
    re.IGNORECASE,
)
_PLACE_OR_TIME_BEFORE = re.compile(
    r"(?:\bon|\bat|\bof|\bam|\bvom|\bfür|\ble|\bdu|\bdel|\bel|\bz dnia|\bze dne|\bod|\bот)\s$",
    re.IGNORECASE,
)


def find_order_numbers(text: str) -> list[str]:
    """Order number candidates in order of appearance, each once, without `#`: `["1042-A"]`.

    Prices, dates, times, durations and telephone numbers are not candidates.
    """
    text = in_plain_digits(unicodedata.normalize("NFC", text[:MAX_TEXT_CHARS]))
    found: dict[str, int] = {}
    for pattern in (_HASHED, _AFTER_WORD, _AFTER_UNSPACED_WORD):
        for match in pattern.finditer(text):
            _keep(found, match, text)
    for match in _SHOP_CODE.finditer(text):
        found.setdefault(match.group(), match.start())
    return sorted(found, key=lambda number: found[number])[:MAX_CANDIDATES]


def find_tracking_numbers(text: str) -> list[str]:
    """The tracking numbers of a text without their spaces, in order of appearance, each once."""
    return [each.number for each in tracking_numbers.find_tracking_numbers(text)]


def find_products(text: str, names: Iterable[str]) -> list[str]:
    """Those of the product names that the text says, in the order given, each once.

    A name counts as said when all its telling words stand near one another ("the blue linen
    duvet" says "Linen Duvet Cover, blue" only with "cover"), or the one word that no other of the
    names has, where it is long enough to be no accident ("the duvet" among a duvet and two lamps).
    """
    given = [name for name in dict.fromkeys(names) if name.strip()]
    if not given:
        return []
    folded = fold(unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARS]))
    said = [_stem(word) for word in _NAME_WORD.findall(folded)]
    words = {name: _telling_words(name) for name in given}
    in_names = Counter(word for each in words.values() for word in set(each))
    return [
        name
        for name in given
        if (is_unspaced(name) and fold(name) in folded)
        or _stand_together(words[name], said)
        or any(
            len(word) >= MIN_TELLING_WORD and in_names[word] == 1 and word in said
            for word in words[name]
        )
    ]


def _telling_words(name: str) -> list[str]:
    """The words of a name without sizes, colours' numbers and little words, each once."""
    found = (_stem(word) for word in _NAME_WORD.findall(fold(unicodedata.normalize("NFKC", name))))
    return list(dict.fromkeys(word for word in found if len(word) > 2 and not word.isdecimal()))


def _stem(word: str) -> str:
    """One form for one thing and for several of it, as far as a cut ending goes."""
    for ending in ("es", "s", "en", "n", "e", "y", "i", "a", "u"):
        if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM:
            return word[: -len(ending)]
    return word


def _stand_together(words: list[str], said: list[str]) -> bool:
    if len(words) < 2 or not set(words) <= set(said):
        return False
    reach = len(words) + NAME_SLACK
    return any(
        set(words) <= set(said[start : start + reach])
        for start, word in enumerate(said)
        if word in words
    )


def _keep(found: dict[str, int], match: re.Match[str], text: str) -> None:
    """Keep the number of a match and those listed after it."""
    current: re.Match[str] | None = match
    while current is not None and len(found) < MAX_CANDIDATES:
        number = current.group(1)
        if not is_candidate(number, text[current.start(1) : current.end(1) + 24]):
            return
        found.setdefault(number, current.start(1))
        current = _ANOTHER.match(text, current.end(1))


def is_candidate(number: str, with_what_follows: str) -> bool:
    """Whether it is neither a sum, a date, a time nor a duration, by what stands behind it."""
    after = with_what_follows[len(number) :]
    if _DATE_OR_TIME.match(number) or _MONEY_OR_UNIT_AFTER.match(after):
        return False
    # 1.042,00 and 10:30 are amounts and times; 12.5.2024 is a date.
    return re.match(r"[.,:]\d", after) is None and (len(number) > 1 or not number.isdigit())
