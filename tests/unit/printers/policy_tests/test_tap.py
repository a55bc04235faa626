"""Results of policy tests as TAP."""

from __future__ import annotations

import re
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from calicoctl.printable import escape_unprintable
from tests.support.policy_test_reports import case_result, make_report, render

# --- TAP -----------------------------------------------------------------------------------------------------


def tap_points(text: str) -> list[tuple[bool, int, str, Any]]:
    """The test points of TAP 14, read strictly: whether it is ok, its number, description, and YAML."""
    first, plan, *lines = text.splitlines()
    assert first == "TAP version 14"
    found: list[tuple[bool, int, str, Any]] = []
    block: list[str] | None = None
    for line in lines:
        if block is not None:
            assert line.startswith("  ")
            if line == "  ...":
                found[-1] = (*found[-1][:3], yaml.safe_load("\n".join(block)))
                block = None
            else:
                block.append(line[2:])
        elif line == "  ---":
            assert found[-1][3] is None
            block = []
        elif not line.startswith("#"):
            match = re.fullmatch(r"(not )?ok (\d+) - ((?:[^\\#]|\\[\\#])*)", line)
            assert match, line
            found.append((not match[1], int(match[2]), re.sub(r"\\(.)", r"\1", match[3]), None))
    assert block is None
    assert plan == f"1..{len(found)}"
    assert [number for _, number, _, _ in found] == list(range(1, len(found) + 1))
    return found


def test_tap() -> None:
    found = tap_points(render("tap"))
    assert [(ok, description) for ok, _, description, _ in found] == [
        (True, "t: ssh"),
        (False, "t: nothing"),
        (False, "t: gone"),
    ]
    assert found[0][3] is None
    assert found[1][3]["message"] == "expected deny, but tcp 22 is allowed"
    assert found[1][3]["at"] == {"file": "a.yaml", "line": 11}
    assert found[1][3]["explanation"][0].startswith("example: tcp 22 (source port 49152) from outside (198.51.100.1)")
    assert found[2][3] == {"message": "vacuous: nobody", "severity": "fail", "at": {"file": "a.yaml", "line": 15}}


def test_tap_has_a_point_for_the_required_coverage() -> None:
    assert "# coverage: 1 of 2 rules decide a case (50%)\n" in render("tap", asked=True)
    for least, ok in ((50, True), (50.5, False)):
        assert tap_points(render("tap", minimum=least))[-1][0] is ok


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n"), min_size=1))
def test_tap_escapes_names(name: str) -> None:
    for line in render("tap", make_report(case_result(name, 7, None, file=f"{name}.yaml"))).split("\n")[2:3]:
        description = re.sub(r"\\(.)", r"\1", line.removeprefix("not ok 1 - "), flags=re.DOTALL)
        assert description.split("t: ", 1)[1] == escape_unprintable(name)
