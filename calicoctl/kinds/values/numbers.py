"""Floats as Go formats them: the order of a policy in normal form, in tables and in manifests."""

from __future__ import annotations


def normalize_float(number: float | None) -> int | float | None:
    """Return a number as a Go float64; integral values as int, negative zero as 0."""
    if number is None:
        return None
    value = float(number)
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def format_short_float(number: float) -> str:
    """Return Go's shortest text of a float, which calicoctl 1.6.5 prints in tables.

    It has an exponent if that is below -4 or above 5: `1e+06`, `6.543215321e+06`, `100000`, `-0.5`.
    """
    digits, exponent, sign = _shortest_digits(float(number))
    if -4 <= exponent < 6:
        return sign + _format_plain(digits, exponent)
    return sign + _format_with_exponent(digits, exponent)


def format_manifest_float(number: float) -> str:
    """Return the text of a float in YAML that YAML 1.1 parsers read as the same number: `1000000`, `1.0e+20`."""
    value = float(number)
    if value.is_integer() and abs(value) < 2**64:
        return str(int(value))
    digits, exponent, sign = _shortest_digits(value)
    if -4 <= exponent < 6:
        return sign + _format_plain(digits, exponent)
    return sign + _format_with_exponent(digits if len(digits) > 1 else digits + "0", exponent)


def _shortest_digits(value: float) -> tuple[str, int, str]:
    """Return the shortest digits of a float, the decimal exponent of the first digit, and the sign."""
    if not value:
        return "0", 0, ""
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    first = len(digits) - len(fraction) - 1  # below 0 if the digits start after zeros behind the point
    return digits.rstrip("0"), first + int(exponent or 0), "-" if value < 0 else ""


def _format_plain(digits: str, exponent: int) -> str:
    if exponent < 0:
        return "0." + "0" * (-exponent - 1) + digits
    whole, fraction = digits[: exponent + 1].ljust(exponent + 1, "0"), digits[exponent + 1 :]
    return f"{whole}.{fraction}" if fraction else whole


def _format_with_exponent(digits: str, exponent: int) -> str:
    mantissa = digits[0] + ("." + digits[1:] if len(digits) > 1 else "")
    return f"{mantissa}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
