"""Money adds up: against the standard library's fractions, and by the properties an invoice must have."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quote_to_cash.errors import MoneyInvalid
from quote_to_cash.money import (
    EXPONENTS,
    Money,
    TaxedAmount,
    amount_text,
    has_document_scale,
    line_net,
    parse_amount,
    parse_money,
    totals_by_currency,
    zero,
)

currencies = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF"])
amounts = st.decimals("-999999999", "999999999", places=6, allow_nan=False)
prices = st.decimals("0", "999999", places=6, allow_nan=False)
percents = st.decimals("0", "100", places=2, allow_nan=False)


def half_up(exact: Fraction, exponent: int) -> Fraction:
    """Rounding half away from zero by integers, independent of the decimal module."""
    scaled = abs(exact) * 10**exponent
    rounded = int(scaled + Fraction(1, 2))
    return Fraction(rounded if exact >= 0 else -rounded, 10**exponent)


@given(amounts, currencies)
def test_rounding_is_half_up_away_from_zero(amount: Decimal, currency: str) -> None:
    rounded = Money(amount, currency).rounded()
    assert Fraction(rounded.amount) == half_up(Fraction(amount), EXPONENTS[currency])
    assert has_document_scale(rounded.amount, currency)


@given(prices, prices, percents, currencies)
def test_a_line_is_rounded_once_at_the_end(
    quantity: Decimal, price: Decimal, discount: Decimal, currency: str
) -> None:
    exact = Fraction(quantity) * Fraction(price) * (100 - Fraction(discount)) / 100
    net = line_net(quantity, Money(price, currency), discount)
    assert Fraction(net.amount) == half_up(exact, EXPONENTS[currency])


@given(
    st.lists(
        st.tuples(
            amounts,
            currencies,
            st.sampled_from([("S", "19.00"), ("S", "7"), ("S", "7.00"), ("AE", "0"), ("O", "0")]),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_totals_are_sums_with_tax_rounded_once_per_category_and_rate(
    rows: list[tuple[Decimal, str, tuple[str, str]]],
) -> None:
    lines = [
        TaxedAmount(Money(amount, currency).rounded(), category, Decimal(rate))
        for amount, currency, (category, rate) in rows
    ]
    totals = totals_by_currency(lines)
    assert [t.currency for t in totals] == list(dict.fromkeys(currency for _, currency, _ in rows))
    for total in totals:
        mine = [line for line in lines if line.net.currency == total.currency]
        assert total.net.amount == sum(line.net.amount for line in mine)
        assert total.gross.amount == total.net.amount + total.tax.amount
        subtotals: dict[tuple[str, Fraction], Fraction] = {}
        for line in mine:
            key = (line.category, Fraction(line.rate_percent))
            subtotals[key] = subtotals.get(key, Fraction(0)) + Fraction(line.net.amount)
        expected = sum(
            half_up(taxable * rate / 100, EXPONENTS[total.currency])
            for (_, rate), taxable in subtotals.items()
        )
        assert Fraction(total.tax.amount) == expected


@given(amounts, currencies)
def test_written_money_is_read_back_as_the_same_value(amount: Decimal, currency: str) -> None:
    money = Money(amount, currency)
    assert parse_money(money.as_json()) == money
    assert "E" not in money.as_json()["amount"]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        ("1", "EUR", "1.00"),
        ("1", "JPY", "1"),
        ("1.5", "KWD", "1.500"),
        ("185.125", "USD", "185.125"),
        ("-0.00", "EUR", "0.00"),
        ("1E+2", "EUR", "100.00"),
    ],
)
def test_amounts_are_written_plainly_with_the_decimals_of_their_currency(
    amount: str, currency: str, text: str
) -> None:
    assert amount_text(Decimal(amount), currency) == text


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1.1234567", "1000000000000000", "ten", ""])
def test_what_no_document_can_carry_is_no_amount(text: str) -> None:
    with pytest.raises(MoneyInvalid):
        parse_amount(text)


def test_two_currencies_are_never_added() -> None:
    with pytest.raises(MoneyInvalid):
        zero("EUR") + zero("USD")


def test_an_unknown_currency_is_refused() -> None:
    with pytest.raises(MoneyInvalid):
        Money(Decimal(1), "AAA")


def test_tax_by_category_differs_from_tax_by_line_where_rounding_shows() -> None:
    lines = [TaxedAmount(Money(Decimal("0.03"), "EUR"), "S", Decimal(19))] * 3
    (total,) = totals_by_currency(lines)
    assert total.tax.amount == Decimal("0.02")
