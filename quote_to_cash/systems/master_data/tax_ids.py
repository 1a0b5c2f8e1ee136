"""Whether a tax identifier can exist: its structure, and its check digits where the register has them.

Structures of EU VAT numbers are those of Directive 2006/112/EC Art. 215 as VIES publishes them; check digits
follow the national rules named at each function. That a number can exist does not say that it is registered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

_EU_STRUCTURES: Final[Mapping[str, str]] = {
    "AT": r"U\d{8}",
    "BE": r"[01]\d{9}",
    "BG": r"\d{9,10}",
    "CY": r"\d{8}[A-Z]",
    "CZ": r"\d{8,10}",
    "DE": r"[1-9]\d{8}",
    "DK": r"\d{8}",
    "EE": r"\d{9}",
    "EL": r"\d{9}",
    "ES": r"[A-Z0-9]\d{7}[A-Z0-9]",
    "FI": r"\d{8}",
    "FR": r"[A-HJ-NP-Z0-9]{2}\d{9}",
    "HR": r"\d{11}",
    "HU": r"\d{8}",
    "IE": r"\d[A-Z0-9+*]\d{5}[A-Z]{1,2}",
    "IT": r"\d{11}",
    "LT": r"(\d{9}|\d{12})",
    "LU": r"\d{8}",
    "LV": r"\d{11}",
    "MT": r"\d{8}",
    "NL": r"\d{9}B\d{2}",
    "PL": r"\d{10}",
    "PT": r"\d{9}",
    "RO": r"\d{2,10}",
    "SE": r"\d{12}",
    "SI": r"\d{8}",
    "SK": r"\d{10}",
    "XI": r"(\d{9}|\d{12}|GD\d{3}|HA\d{3})",
}
# Greece is GR in ISO 3166 and EL in VAT numbers.
_VAT_PREFIX: Final[Mapping[str, str]] = {"GR": "EL"}
_SCHEME_COUNTRIES: Final[Mapping[str, str]] = {
    "GB_VAT": "GB",
    "US_EIN": "US",
    "CH_UID": "CH",
    "IN_GSTIN": "IN",
}
_GSTIN_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def tax_id_fault(scheme: str, country: str, tax_id: str) -> str | None:
    """What is wrong with the identifier, in words, or None when it can exist.

    ``scheme`` is one of EU_VAT, GB_VAT, US_EIN, CH_UID, IN_GSTIN; of others only the form is looked at.
    Blanks, dots and hyphens do not count.
    """
    compact = re.sub(r"[\s./-]", "", tax_id).upper()
    if scheme == "EU_VAT":
        return _eu_vat_fault(country, compact)
    expected = _SCHEME_COUNTRIES.get(scheme)
    if expected is None:
        return None if compact else "The identifier is empty."
    if country != expected:
        return f"{scheme} belongs to {expected}, not to {country}."
    return _RULES[scheme](compact)


def scheme_of(country: str) -> str:
    """The register meant when a registration names only its country."""
    if _VAT_PREFIX.get(country, country) in _EU_STRUCTURES:
        return "EU_VAT"
    return next((scheme for scheme, of in _SCHEME_COUNTRIES.items() if of == country), "OTHER")


def is_eu_country(country: str) -> bool:
    """Whether the country (ISO 3166-1) is in the EU VAT area; Northern Ireland (XI) is not for services."""
    return country != "XI" and _VAT_PREFIX.get(country, country) in _EU_STRUCTURES


def _eu_vat_fault(country: str, compact: str) -> str | None:
    prefix = _VAT_PREFIX.get(country, country)
    structure = _EU_STRUCTURES.get(prefix)
    if structure is None:
        return f"{country} gives no EU VAT numbers."
    if not compact.startswith(prefix):
        return f"An EU VAT number of {country} starts with {prefix}."
    number = compact.removeprefix(prefix)
    if not re.fullmatch(structure, number):
        return f"The number does not have the structure of an EU VAT number of {country}."
    check = _EU_CHECKS.get(prefix)
    if check is not None and not check(number):
        return "The check digit is wrong."
    return None


def _digits(number: str) -> list[int]:
    return [int(character) for character in number]


def _de(number: str) -> bool:
    """ISO 7064 MOD 11,10."""
    product = 10
    for digit in _digits(number[:8]):
        product = 2 * ((digit + product) % 10 or 10) % 11
    return (11 - product) % 10 == int(number[8])


def _at(number: str) -> bool:
    """Umsatzsteuer-Identifikationsnummer: Luhn-like with an offset of 4."""
    digits = _digits(number[1:])
    total = sum(digits[0:7:2]) + sum(d * 2 // 10 + d * 2 % 10 for d in digits[1:6:2])
    return (10 - (total + 4) % 10) % 10 == digits[7]


def _be(number: str) -> bool:
    """97 less the remainder of the first eight digits."""
    return 97 - int(number[:8]) % 97 == int(number[8:])


def _fr(number: str) -> bool:
    """The numeric key of the SIREN; keys with letters are let through."""
    if not number.isdigit():
        return True
    return (int(number[2:]) * 100 + 12) % 97 == int(number[:2])


def _it(number: str) -> bool:
    """Luhn."""
    digits = _digits(number)
    return sum(sum(divmod(2 * d, 10)) if place % 2 else d for place, d in enumerate(digits)) % 10 == 0


def _weighted(number: str, weights: tuple[int, ...], modulus: int) -> int:
    return sum(digit * weight for digit, weight in zip(_digits(number), weights, strict=False)) % modulus


def _pl(number: str) -> bool:
    """NIP: weights modulo 11."""
    return _weighted(number, (6, 5, 7, 2, 3, 4, 5, 6, 7), 11) == int(number[9])


def _dk(number: str) -> bool:
    """CVR: weights modulo 11."""
    return _weighted(number, (2, 7, 6, 5, 4, 3, 2, 1), 11) == 0


def _lu(number: str) -> bool:
    """The first six digits modulo 89."""
    return int(number[:6]) % 89 == int(number[6:])


_EU_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "AT": _at,
    "BE": _be,
    "DE": _de,
    "DK": _dk,
    "FR": _fr,
    "IT": _it,
    "LU": _lu,
    "PL": _pl,
}


def _gb_fault(compact: str) -> str | None:
    number = compact.removeprefix("GB")
    if not re.fullmatch(r"\d{9}(\d{3})?", number):
        return "A GB VAT number has 9 or 12 digits."
    # HMRC: modulus 97, or the later "9755" variant.
    total = _weighted(number[:7], (8, 7, 6, 5, 4, 3, 2), 97 * 97) + int(number[7:9])
    return None if total % 97 == 0 or (total + 55) % 97 == 0 else "The check digits are wrong."


def _us_fault(compact: str) -> str | None:
    if not re.fullmatch(r"\d{9}", compact):
        return "An EIN has 9 digits."
    # IRS: these campus prefixes were never assigned.
    unassigned = {"00", "07", "08", "09", "17", "18", "19", "28", "29", "49", "69", "70", "78", "79", "89"}
    return "The IRS assigns no such prefix." if compact[:2] in unassigned | {"96", "97"} else None


def _ch_fault(compact: str) -> str | None:
    number = re.sub(r"(MWST|TVA|IVA)$", "", compact).removeprefix("CHE")
    if not re.fullmatch(r"\d{9}", number):
        return "A UID has 9 digits after CHE."
    check = (11 - _weighted(number[:8], (5, 4, 3, 2, 7, 6, 5, 4), 11)) % 11
    return None if check == int(number[8]) else "The check digit is wrong."


def _in_fault(compact: str) -> str | None:
    if not re.fullmatch(r"\d{2}[A-Z]{5}\d{4}[A-Z][1-9A-Z]Z[0-9A-Z]", compact):
        return "A GSTIN has state, PAN, entity, Z and check character."
    # GSTN: base 36 Luhn.
    total = sum(
        sum(divmod(_GSTIN_ALPHABET.index(character) * (1 + place % 2), 36))
        for place, character in enumerate(compact[:14])
    )
    return None if _GSTIN_ALPHABET[-total % 36] == compact[14] else "The check character is wrong."


_RULES: Final[Mapping[str, Callable[[str], str | None]]] = {
    "GB_VAT": _gb_fault,
    "US_EIN": _us_fault,
    "CH_UID": _ch_fault,
    "IN_GSTIN": _in_fault,
}
