"""Money as the documents of quote-to-cash carry it: decimal amounts, ISO 4217 exponents, tax by category.

Rounding is half up (away from zero for credits). Lines are rounded to the currency's exponent (EN 16931
BR-DEC-23), tax is computed once per category subtotal and rounded there (BR-CO-17), and totals are sums of
what is shown (BR-CO-10, BR-CO-13, BR-CO-15): a reader who adds up the document gets the same figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation, localcontext
from typing import Final

from quote_to_cash.errors import MoneyInvalid

PRECISION_DIGITS: Final = 50
AMOUNT_SCALE_MAX: Final = 6
AMOUNT_INTEGER_DIGITS_MAX: Final = 15

# ISO 4217 list one: exponents other than 2, and the currencies whose exponent is 2.
_OTHER_EXPONENTS: Final[Mapping[int, str]] = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}
_TWO_DIGITS: Final = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
    "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD "
    "HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT "
    "MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR "
    "SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU "
    "UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
EXPONENTS: Final[Mapping[str, int]] = {
    **dict.fromkeys(_TWO_DIGITS.split(), 2),
    **{code: exponent for exponent, codes in _OTHER_EXPONENTS.items() for code in codes.split()},
}


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency. Arithmetic between two currencies is an error, never a conversion."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        if self.currency not in EXPONENTS:
            raise MoneyInvalid(f"{self.currency!r} is not a currency code of ISO 4217")
        if not self.amount.is_finite():
            raise MoneyInvalid("an amount must be a finite number")

    def __add__(self, other: Money) -> Money:
        if other.currency != self.currency:
            raise MoneyInvalid(f"cannot add {other.currency} to {self.currency}")
        with localcontext(_context()):
            return Money(self.amount + other.amount, self.currency)

    def rounded(self) -> Money:
        """The amount at the scale of its currency, half up."""
        return Money(round_amount(self.amount, self.currency), self.currency)

    def as_json(self) -> dict[str, str]:
        """The canonical ``{amount, currency}``; the amount at least at the scale of its currency."""
        return {"amount": amount_text(self.amount, self.currency), "currency": self.currency}


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """One line's contribution to a tax subtotal; ``rate_percent`` 19 means 19 %."""

    net: Money
    category: str
    rate_percent: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """What one currency of a document comes to."""

    net: Money
    tax: Money
    gross: Money

    @property
    def currency(self) -> str:
        """The one currency of the three."""
        return self.net.currency


def parse_amount(text: str) -> Decimal:
    """The decimal string of the contracts; refuses what does not fit 15 integer digits and 6 decimals."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise MoneyInvalid(f"{text!r} is not a decimal number") from None
    if not amount.is_finite():
        raise MoneyInvalid(f"{text!r} is not a finite number")
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent > AMOUNT_SCALE_MAX:
        raise MoneyInvalid(f"{text!r} has more than {AMOUNT_SCALE_MAX} decimals")
    if amount.adjusted() >= AMOUNT_INTEGER_DIGITS_MAX:
        raise MoneyInvalid(f"{text!r} has more than {AMOUNT_INTEGER_DIGITS_MAX} digits before the point")
    return amount


def parse_money(value: Mapping[str, object]) -> Money:
    """``{amount: "36800.00", currency: "EUR"}`` as Money; MoneyInvalid otherwise."""
    return Money(parse_amount(str(value["amount"])), str(value["currency"]))


def zero(currency: str) -> Money:
    """Nothing, in a currency."""
    return Money(Decimal(0), currency).rounded()


def round_amount(amount: Decimal, currency: str) -> Decimal:
    """Half up to the currency's exponent."""
    with localcontext(_context()):
        return amount.quantize(Decimal(1).scaleb(-EXPONENTS[currency]), rounding=ROUND_HALF_UP)


def amount_text(amount: Decimal, currency: str) -> str:
    """Plain notation, never scientific, never a minus zero, with at least the currency's decimals."""
    exponent = amount.as_tuple().exponent
    scale = max(EXPONENTS[currency], -exponent if isinstance(exponent, int) else 0)
    with localcontext(_context()):
        shown = amount.quantize(Decimal(1).scaleb(-scale))
    return format(abs(shown) if shown.is_zero() else shown, "f")


def has_document_scale(amount: Decimal, currency: str) -> bool:
    """Whether the amount is payable: no fraction below the currency's smallest unit."""
    return amount == round_amount(amount, currency)


def fits(money: Money) -> bool:
    """Whether the contracts can carry the amount: at most 15 digits before the point."""
    return money.amount.is_zero() or money.amount.adjusted() < AMOUNT_INTEGER_DIGITS_MAX


def line_net(quantity: Decimal, unit_price: Money, discount_percent: Decimal = Decimal(0)) -> Money:
    """quantity x unit price x (1 - discount), rounded once at the end."""
    with localcontext(_context()):
        exact = quantity * unit_price.amount * (Decimal(100) - discount_percent) / Decimal(100)
    return Money(exact, unit_price.currency).rounded()


def sum_money(amounts: Iterable[Money], currency: str) -> Money:
    """The sum in a currency; zero of it for nothing."""
    total = zero(currency)
    for amount in amounts:
        total = total + amount
    return total


def totals_by_currency(lines: Iterable[TaxedAmount]) -> tuple[Totals, ...]:
    """One Totals per currency, in order of first appearance; tax is rounded per category and rate."""
    subtotals: dict[str, dict[tuple[str, Decimal], Money]] = {}
    for line in lines:
        by_category = subtotals.setdefault(line.net.currency, {})
        key = (line.category, line.rate_percent)
        by_category[key] = by_category.get(key, zero(line.net.currency)) + line.net
    return tuple(_totals(currency, by_category) for currency, by_category in subtotals.items())


def _totals(currency: str, subtotals: Mapping[tuple[str, Decimal], Money]) -> Totals:
    net = sum_money(subtotals.values(), currency).rounded()
    with localcontext(_context()):
        taxes = [
            Money(taxable.amount * rate / Decimal(100), currency).rounded()
            for (_, rate), taxable in subtotals.items()
        ]
    tax = sum_money(taxes, currency)
    return Totals(net, tax, net + tax)


def _context() -> Context:
    return Context(prec=PRECISION_DIGITS, rounding=ROUND_HALF_UP)
