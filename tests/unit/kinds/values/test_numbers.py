"""Floats as Go writes them."""

from __future__ import annotations

import pytest

from calicoctl.kinds.values.numbers import format_manifest_float, format_short_float, normalize_float

# a float: its normal form, what tables show, what YAML shows
FLOATS: list[tuple[float, float, str, str]] = [
    (0, 0, "0", "0"),
    (-0.0, 0, "0", "0"),
    (1.0, 1, "1", "1"),
    (-1, -1, "-1", "-1"),
    (0.5, 0.5, "0.5", "0.5"),
    (-0.5, -0.5, "-0.5", "-0.5"),
    (1.5, 1.5, "1.5", "1.5"),
    (0.0001, 0.0001, "0.0001", "0.0001"),
    (0.00001, 1e-05, "1e-05", "1.0e-05"),
    (1.5e-07, 1.5e-07, "1.5e-07", "1.5e-07"),
    (100000, 100000, "100000", "100000"),
    (999999.5, 999999.5, "999999.5", "999999.5"),
    (1000000, 1000000, "1e+06", "1000000"),
    (6543215.321, 6543215.321, "6.543215321e+06", "6.543215321e+06"),
    (123456789, 123456789, "1.23456789e+08", "123456789"),
    (2**53 + 1, 2**53, "9.007199254740992e+15", "9007199254740992"),
    (2.0**64, 2**64, "1.8446744073709552e+19", "1.8446744073709552e+19"),
    (1e20, 10**20, "1e+20", "1.0e+20"),
    (1e21, 1e21, "1e+21", "1.0e+21"),
    (5e-324, 5e-324, "5e-324", "5.0e-324"),
    (-1.7976931348623157e308, -1.7976931348623157e308, "-1.7976931348623157e+308", "-1.7976931348623157e+308"),
]


@pytest.mark.parametrize(("number", "normal", "short", "manifest"), FLOATS)
def test_floats(number: float, normal: float, short: str, manifest: str) -> None:
    assert normalize_float(number) == normal
    assert isinstance(normalize_float(number), int) is isinstance(normal, int)
    assert (format_short_float(number), format_manifest_float(number)) == (short, manifest)
    assert float(manifest) == float(number)


def test_no_number_stays_none() -> None:
    assert normalize_float(None) is None
