"""Tracking numbers in any text: whose they are, whether the check digit agrees, where to follow them.

A shape with a check digit is believed when that agrees. A shape that many other numbers share is
believed only behind the carrier's name or a word for tracking. No network, no database.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote

from integrations.commerce.digits import in_plain_digits

MAX_TEXT_CHARS = 40_000
MAX_FOUND = 20
WORD_WITHIN_CHARS = 48
"""How far before a number its carrier or a word for tracking may stand."""


@dataclass(frozen=True)
class Carrier:
    """Who carries parcels. ``link`` holds ``{}`` where the number goes."""

    key: str
    name: str
    link: str
    words: str = ""
    """What they are called in texts, as a regular expression."""


@dataclass(frozen=True)
class TrackingNumber:
    """A number as carriers write it, without spaces. ``is_checked``: its check digit agrees."""

    number: str
    carrier: str
    carrier_name: str
    url: str
    is_checked: bool


@dataclass(frozen=True)
class _Shape:
    """``pattern`` must match the whole number; ``check`` is its check digit, where it has one."""

    carrier: str
    pattern: re.Pattern[str]
    check: Callable[[str], bool] | None = None
    needs_word: bool = False


_ALL = (
    Carrier("ups", "UPS", "https://www.ups.com/track?tracknum={}", r"ups"),
    Carrier("fedex", "FedEx", "https://www.fedex.com/fedextrack/?trknbr={}", r"fed\s?ex|tnt"),
    Carrier(
        "usps",
        "USPS",
        "https://tools.usps.com/go/TrackConfirmAction?tLabels={}",
        r"usps|us postal",
    ),
    Carrier(
        "dhl",
        "DHL",
        "https://www.dhl.com/global-en/home/tracking.html?tracking-id={}",
        r"dhl|deutsche post",
    ),
    Carrier("dpd", "DPD", "https://tracking.dpd.de/status/en_US/parcel/{}", r"dpd|chronopost"),
    Carrier("gls", "GLS", "https://gls-group.com/track/{}", r"gls"),
    Carrier(
        "laposte",
        "La Poste",
        "https://www.laposte.fr/outils/suivre-vos-envois?code={}",
        r"la poste|colissimo|lettre suivie",
    ),
    Carrier("inpost", "InPost", "https://inpost.pl/sledzenie-przesylek?number={}", r"inpost|paczkomat\w*"),
    Carrier("hermes", "Evri / Hermes", "https://www.evri.com/track/parcel/{}", r"hermes|evri"),
    Carrier(
        "royalmail",
        "Royal Mail",
        "https://www.royalmail.com/track-your-item#/tracking-results/{}",
        r"royal mail|parcelforce",
    ),
    Carrier("postnl", "PostNL", "https://postnl.nl/tracktrace/?B={}", r"postnl"),
    Carrier("packeta", "Packeta", "https://tracking.packeta.com/en/?id={}", r"packeta|z[aá]silkovn\w*"),
    Carrier(
        "ceskaposta",
        "Česká pošta",
        "https://www.postaonline.cz/en/trackandtrace/-/zasilka/cislo?parcelNumbers={}",
        r"[cč]esk\w* po[sš]t\w*|bal[ií]kovn\w*",
    ),
    Carrier(
        "pocztapolska",
        "Poczta Polska",
        "https://emonitoring.poczta-polska.pl/?numer={}",
        r"poczt\w* polsk\w*|pocztex",
    ),
    Carrier(
        "correos",
        "Correos",
        "https://www.correos.es/es/en/tools/tracker/items/details?tracking-number={}",
        r"correos",
    ),
    Carrier("pochta", "Почта России", "https://www.pochta.ru/tracking#{}", r"почт\w* росси\w*"),
    Carrier("cdek", "СДЭК", "https://www.cdek.ru/ru/tracking?order_id={}", r"сдэк|cdek"),
    Carrier("sf", "SF Express", "https://www.sf-express.com/chn/en/waybill/waybill-detail/{}", r"sf express|顺丰"),
    Carrier("chinapost", "China Post", "https://www.ems.com.cn/english/qrydetail.html?mailNum={}", r"china post|ems|邮政"),
    Carrier("yunexpress", "YunExpress", "https://www.yuntrack.com/parcelTracking?id={}", r"yun\s?express|云途"),
    Carrier("thaipost", "Thailand Post", "https://track.thailandpost.co.th/?trackNumber={}", r"thailand post|ไปรษณีย์(?:ไทย)?"),
    Carrier("flash", "Flash Express", "https://www.flashexpress.com/fle/tracking?se={}", r"flash express|แฟลช"),
    Carrier("jt", "J&T Express", "https://www.jtexpress.co.th/service/track?waybillNo={}", r"j\s?&\s?t"),
    Carrier("amazon", "Amazon Logistics", "https://track.amazon.com/tracking/{}", r"amazon"),
    Carrier("post", "Post", "https://parcelsapp.com/en/tracking/{}"),
)  # fmt: skip
CARRIERS: dict[str, Carrier] = {each.key: each for each in _ALL}

_POST_OF_COUNTRY = {
    "US": "usps", "GB": "royalmail", "FR": "laposte", "DE": "dhl", "NL": "postnl",
    "CZ": "ceskaposta", "PL": "pocztapolska", "ES": "correos", "RU": "pochta",
    "CN": "chinapost", "TH": "thaipost",
}  # fmt: skip

_TRACKING_WORDS = (
    r"track\w*|parcel|shipment|waybill|consignment|sendung\w*|paket\w*|verfolg\w*|colis|suivi|envoi|"
    r"paquete|env[ií]o|seguimiento|gu[ií]a|rastreo|paczk\w*|przesy[lł]k\w*|list\w* przewozow\w*|[sś]ledz\w*|"
    r"z[aá]silk\w*|bal[ií]k\w*|sledov\w*|посыл\w*|отправлен\w*|трек\w*|накладн\w*|"
    r"快递|单号|包裹|运单|物流|พัสดุ|ติดตาม|เลขพัสดุ"
)


# --- check digits -----------------------------------------------------------------------------


def _ups(number: str) -> bool:
    """Letters count (code - 63) mod 10; every second value doubles."""
    body, last = number[2:-1], number[-1]
    if not last.isdigit():
        return False
    values = [int(c) if c.isdigit() else (ord(c) - 63) % 10 for c in body]
    total = sum(v * (2 if i % 2 else 1) for i, v in enumerate(values))
    return (10 - total % 10) % 10 == int(last)


def _s10(number: str) -> bool:
    """The Universal Postal Union's S10."""
    digits = number[2:10]
    total = sum(int(d) * w for d, w in zip(digits, (8, 6, 4, 2, 3, 5, 9, 7), strict=True))
    wanted = 11 - total % 11
    return int(number[10]) == {10: 0, 11: 5}.get(wanted, wanted)


def _mod10(number: str) -> bool:
    """The check digit of GS1 (SSCC) and USPS: three, one, three … from the right."""
    *body, last = (int(d) for d in number)
    total = sum(d * (1 if i % 2 else 3) for i, d in enumerate(reversed(body)))
    return (10 - total % 10) % 10 == last


def _fedex_12(number: str) -> bool:
    total = sum(int(d) * (3, 1, 7)[i % 3] for i, d in enumerate(number[:-1]))
    return total % 11 % 10 == int(number[-1])


def _mod7(number: str) -> bool:
    """DHL Express: nine digits, and their remainder by seven."""
    return int(number[:-1]) % 7 == int(number[-1])


_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def _mod_37_36(number: str) -> bool:
    """ISO 7064 Mod 37,36: the check sign of DPD and of SSCC-like labels with letters."""
    product = 36
    for sign in number[:-1]:
        total = (product + _ALNUM.index(sign)) % 36 or 36
        product = total * 2 % 37
    return (37 - product) % 36 == _ALNUM.index(number[-1])


def _usps_after_zip(number: str) -> bool:
    return _mod10(number[8:])


def _shape(
    carrier: str,
    pattern: str,
    check: Callable[[str], bool] | None = None,
    *,
    needs_word: bool = False,
) -> _Shape:
    return _Shape(carrier, re.compile(pattern), check, needs_word)


_SHAPES = (
    _shape("ups", r"1Z[A-Z0-9]{16}", _ups),
    _shape("s10", r"[A-Z]{2}\d{9}[A-Z]{2}", _s10),
    _shape("usps", r"9[1-5]\d{20}", _mod10),
    _shape("usps", r"420\d{5}9[1-5]\d{20}", _usps_after_zip),
    _shape("dhl", r"J(?:JD|VGL)\d{14,20}"),
    _shape("dhl", r"00340434\d{12}", _mod10),
    _shape("dhl", r"GM\d{16,20}"),
    _shape("pocztapolska", r"0\d559007\d{12}", _mod10),
    _shape("laposte", r"\d[A-Z]\d{11}"),
    _shape("postnl", r"3S[A-Z0-9]{11,13}"),
    _shape("hermes", r"H\d{19}"),
    _shape("packeta", r"Z\d{10}"),
    _shape("amazon", r"TBA\d{12}"),
    _shape("sf", r"SF\d{12,15}"),
    _shape("yunexpress", r"YT\d{16}"),
    _shape("flash", r"TH\d{11,13}[A-Z]\d?[A-Z]?"),
    _shape("jt", r"JT\d{12,15}"),
    _shape("fedex", r"\d{12}", _fedex_12),
    _shape("fedex", r"\d{15}", _mod10),
    _shape("dpd", r"\d{14}[A-Z0-9]", _mod_37_36, needs_word=True),
    _shape("dpd", r"\d{14}", needs_word=True),
    _shape("inpost", r"6\d{23}", needs_word=False),
    _shape("gls", r"\d{11,12}", needs_word=True),
    _shape("gls", r"[A-Z0-9]{8}", needs_word=True),
    _shape("dhl", r"\d{10}", _mod7, needs_word=True),
    _shape("dhl", r"\d{12}|\d{20}", needs_word=True),
    _shape("hermes", r"\d{14}|\d{16}", needs_word=True),
    _shape("royalmail", r"\d{16}", needs_word=True),
    _shape("pochta", r"\d{14}", needs_word=True),
    _shape("cdek", r"\d{10}", needs_word=True),
    _shape("sf", r"\d{12,15}", needs_word=True),
)

# Letters and digits in groups: "1Z 999 AA1 01 2345 6784". Bounded, so the time is linear.
_TOKEN = re.compile(r"(?<![A-Z0-9])[A-Z0-9]{1,34}(?![A-Z0-9])")
_GAP = re.compile(r"[ \u00a0\u202f-]")
MAX_GROUPS = 9
MAX_CHARS = 34
MIN_CHARS = 8
MIN_GROUP_CHARS = 2
_WORD_OF = {
    key: re.compile(
        rf"(?<!\w)(?:{each.words})(?!\w)" if key != "thaipost" else each.words, re.IGNORECASE
    )
    for key, each in CARRIERS.items()
    if each.words
}
_ANY_SHAPE = re.compile("|".join(f"(?:{each.pattern.pattern})" for each in _SHAPES))
_TRACKING_WORD = re.compile(_TRACKING_WORDS, re.IGNORECASE)


def find_tracking_numbers(text: str) -> list[TrackingNumber]:
    """The tracking numbers of a text in order of appearance, each once."""
    text = in_plain_digits(text[:MAX_TEXT_CHARS])
    # "ß".upper() would move positions: only what is one sign in both is raised.
    upper = "".join(u if len(u := sign.upper()) == 1 else sign for sign in text)
    tokens = list(_TOKEN.finditer(upper))
    found: dict[str, TrackingNumber] = {}
    at = 0
    while at < len(tokens) and len(found) < MAX_FOUND:
        best, used = _longest_at(text, upper, tokens, at)
        if best is not None:
            found.setdefault(best.number, best)
        at += used
    return list(found.values())


def tracking_number_of(
    text: str, *, carrier: str = "", is_expected: bool = True
) -> TrackingNumber | None:
    """What a field that holds nothing but a tracking number holds; None for anything else.

    ``carrier`` (a key, or a name as shops write it) decides between shapes that several share;
    ``is_expected`` False believes only shapes that are unmistakable.
    """
    number = re.sub(r"[\s\u00a0-]", "", in_plain_digits(text)).upper()
    wanted = carrier_of(carrier)
    return _judge(number, {wanted.key} if wanted else set(), has_word=is_expected)


def carriers_of(text: str) -> list[Carrier]:
    """Every carrier whose numbers look like this, the surest first."""
    number = re.sub(r"[\s\u00a0-]", "", in_plain_digits(text)).upper()
    keys = [
        _carrier_key(shape, number)
        for shape in _SHAPES
        if shape.pattern.fullmatch(number) and (shape.check is None or shape.check(number))
    ]
    return [CARRIERS[key] for key in dict.fromkeys(keys)]


def carrier_of(name: str) -> Carrier | None:
    """The carrier by key or by a name that shops use: ``DHL Paket``, ``Colissimo``, ``FedEx Ground``."""
    if name.lower() in CARRIERS:
        return CARRIERS[name.lower()]
    for key, words in _WORD_OF.items():
        if name and words.search(name.replace("_", " ")):
            return CARRIERS[key]
    return None


def tracking_link(number: str, carrier: str = "") -> str | None:
    """Where the parcel can be followed, or None where we do not know whose it is."""
    found = tracking_number_of(number, carrier=carrier)
    known = carrier_of(carrier)
    if found is not None and (known is None or found.carrier == known.key):
        return found.url
    clean = re.sub(r"\s", "", number)
    return known.link.format(quote(clean, safe="")) if known and clean else None


def _longest_at(
    text: str, upper: str, tokens: list[re.Match[str]], at: int
) -> tuple[TrackingNumber | None, int]:
    """The longest number that begins with this token, and how many tokens it takes."""
    number = ""
    best: TrackingNumber | None = None
    used = 1
    start = tokens[at].start()
    named: set[str] | None = None
    has_word = False
    for count, token in enumerate(tokens[at : at + MAX_GROUPS], start=1):
        if count > 1 and len(token.group()) < MIN_GROUP_CHARS:
            break
        if count > 1 and not _GAP.fullmatch(upper[tokens[at + count - 2].end() : token.start()]):
            break
        number += token.group()
        if len(number) > MAX_CHARS:
            break
        if len(number) < MIN_CHARS or not _ANY_SHAPE.fullmatch(number):
            continue
        if not any(sign.isdigit() for sign in number):
            continue
        if named is None:
            before = text[max(0, start - WORD_WITHIN_CHARS) : start]
            named, has_word = _named_in(before), _TRACKING_WORD.search(before) is not None
        judged = _judge(number, named, has_word=has_word or bool(named), is_split=count > 1)
        if judged is not None:
            best, used = judged, count
    is_phone = start > 0 and text[start - 1] == "+"
    return (None, used) if is_phone else (best, used)


def _named_in(text: str) -> set[str]:
    return {key for key, words in _WORD_OF.items() if words.search(text)}


def _judge(
    number: str, named: set[str], *, has_word: bool, is_split: bool = False
) -> TrackingNumber | None:
    """The likeliest shape: of a carrier that is named, with an agreeing check digit, then first."""
    likeliest: tuple[int, _Shape] | None = None
    for shape in _SHAPES:
        if not shape.pattern.fullmatch(number):
            continue
        is_checked = shape.check is not None
        if shape.check is not None and not shape.check(number):
            continue
        is_named = _carrier_key(shape, number) in named
        if shape.needs_word and not (is_named or (has_word and number.isdigit() and not named)):
            continue
        if is_split and not (is_checked or is_named):
            continue
        points = 4 * is_named + 2 * is_checked + (not shape.needs_word)
        if likeliest is None or points > likeliest[0]:
            likeliest = points, shape
    return _found(number, likeliest[1]) if likeliest else None


def _found(number: str, shape: _Shape) -> TrackingNumber:
    carrier = CARRIERS[_carrier_key(shape, number)]
    url = carrier.link.format(quote(number, safe=""))
    return TrackingNumber(number, carrier.key, carrier.name, url, shape.check is not None)


def _carrier_key(shape: _Shape, number: str) -> str:
    if shape.carrier != "s10":
        return shape.carrier
    return _POST_OF_COUNTRY.get(number[-2:], "post")
