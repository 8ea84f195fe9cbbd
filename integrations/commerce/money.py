"""Money as people read it. Amounts are whole numbers in the currency's minor unit."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

MINUS = "\N{MINUS SIGN}"
_SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "CAD": "CA$", "AUD": "A$", "INR": "₹"}
_NO_MINOR_UNIT = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW"}
    | {"PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"}
)
_THREE_DIGITS = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})


def minor_digits(currency: str) -> int:
    """How many digits stand after the decimal point (ISO 4217)."""
    if currency in _NO_MINOR_UNIT:
        return 0
    return 3 if currency in _THREE_DIGITS else 2


def currencies_with(digits: int) -> list[str]:
    """The currencies with so many digits, which are none or three; all others have two."""
    return sorted(_NO_MINOR_UNIT if digits == 0 else _THREE_DIGITS if digits == 3 else ())


def minor_of(amount: object, currency: str) -> int:
    """``"84.90"`` or 84.9 as platforms write it, in the minor unit: 8490; raises ValueError."""
    try:
        units = Decimal(str(amount).strip() or "0") * 10 ** minor_digits(currency)
        return int(units.quantize(Decimal(1), rounding=ROUND_HALF_UP))
    except ArithmeticError as error:
        raise ValueError(f"“{amount}” is no amount of money.") from error


def decimal_of(amount_minor: int, currency: str) -> str:
    """8490 as platforms read it: ``84.90``; ``4800`` for yen."""
    digits = minor_digits(currency)
    return f"{Decimal(amount_minor).scaleb(-digits):.{digits}f}"


def format_money(amount_minor: int, currency: str) -> str:
    """``€1,284.00``, ``¥4,800``, ``CHF 19.00``; a real minus sign where money goes back."""
    digits = minor_digits(currency)
    whole, part = divmod(abs(amount_minor), 10**digits)
    number = f"{whole:,}.{part:0{digits}d}" if digits else f"{whole:,}"
    symbol = _SYMBOLS.get(currency, f"{currency}\N{NO-BREAK SPACE}")
    return f"{MINUS if amount_minor < 0 else ''}{symbol}{number}"
