"""Results of policy tests as text."""

from __future__ import annotations

from calicoctl.printers import formats
from calicoctl.printers.policy_tests.output import PolicyTestOutput
from tests.support.policy_test_reports import MIXED_REPORT, PASSED_REPORT, render


def test_text_has_colors_if_requested() -> None:
    shown = PolicyTestOutput(MIXED_REPORT, None, None, lambda word: f"<{word}>")
    words = [
        line.split()[0]
        for line in formats.POLICY_TESTS.select("text").load()(shown).splitlines()
        if line.startswith("  <")
    ]
    assert words == ["<ok>", "<FAILED>", "<FAILED>"]
    assert render("text", PASSED_REPORT).splitlines() == [
        "policyTest/t (1 profile)",
        "  ok ssh (a.yaml:7)",
        "1 passed, 0 failed",
    ]
