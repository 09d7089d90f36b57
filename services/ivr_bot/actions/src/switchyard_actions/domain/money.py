"""Amounts of money, in numbers and in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from switchyard_actions.domain.language import Language

_NO_MINOR_UNITS = frozenset({"JPY", "KRW", "VND"})
_CHINESE_UNITS: Mapping[str, str] = {
    "CNY": "元",
    "USD": "美元",
    "GBP": "英镑",
    "EUR": "欧元",
    "HKD": "港元",
    "TWD": "新台币",
    "JPY": "日元",
}
_ENGLISH_SIGNS: Mapping[str, str] = {"USD": "$", "GBP": "£", "EUR": "€", "HKD": "HK$"}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the smallest unit of its currency (ISO 4217), for instance fen or cents."""

    currency: str
    minor_units: int

    def plus(self, other: "Money") -> "Money":
        """The sum. Raises ValueError for another currency."""
        if other.currency != self.currency:
            raise ValueError("amounts of two currencies have no sum")
        return Money(self.currency, self.minor_units + other.minor_units)


def spoken(amount: Money, language: Language) -> str:
    """As people say it: 128 元, 28.99 美元; 128 yuan, $28.99, 30 CHF."""
    figure = _figure(amount, language)
    if language is Language.CHINESE:
        return f"{figure} {_CHINESE_UNITS.get(amount.currency, amount.currency)}"
    if amount.currency == "CNY":
        return f"{figure} yuan"
    sign = _ENGLISH_SIGNS.get(amount.currency)
    if sign is None:
        return f"{figure} {amount.currency}"
    return f"-{sign}{figure[1:]}" if figure.startswith("-") else f"{sign}{figure}"


def totals(amounts: tuple[Money, ...]) -> tuple[Money, ...]:
    """One sum a currency, in the order in which the currencies first appear."""
    sums: dict[str, Money] = {}
    for amount in amounts:
        before = sums.get(amount.currency)
        sums[amount.currency] = amount if before is None else before.plus(amount)
    return tuple(sums.values())


def in_parts(amount: Money, parts: int) -> tuple[Money, Money]:
    """An instalment and the last one, which takes what rounding leaves."""
    each = amount.minor_units // parts
    last = amount.minor_units - each * (parts - 1)
    return Money(amount.currency, each), Money(amount.currency, last)


def _figure(amount: Money, language: Language) -> str:
    places = 0 if amount.currency in _NO_MINOR_UNITS else 2
    sign = "-" if amount.minor_units < 0 else ""
    whole, rest = divmod(abs(amount.minor_units), 10**places)
    grouped = str(whole) if language is Language.CHINESE else f"{whole:,}"
    return f"{sign}{grouped}.{rest:0{places}}" if rest else f"{sign}{grouped}"
