"""Every check of lint: its bad example has only this finding, its good example none, and its page is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calicoctl.analysis import build_policy_set
from calicoctl.analysis.lint import CHECKS, Check
from calicoctl.findings import Finding, Severity
from calicoctl.operations.lint import run_lint
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_manifests

ROOT = Path(__file__).parents[5]
EVERY_CHECK = pytest.mark.parametrize("check", CHECKS, ids=[check.code for check in CHECKS])


def findings(folder: Path, text: str) -> list[Finding]:
    path = folder / "manifest.yaml"
    path.write_text(text, encoding="utf-8")
    intake = load_resources([str(path)], recursive=False, options=LoadOptions(positions=True))
    found = build_policy_set(sources_from_manifests(intake.resources).sources)
    return list(run_lint(found, intake.sources, intake.resources, "", Severity.WARNING).findings)


@EVERY_CHECK
def test_what_is_bad_gives_this_code_and_no_other(check: Check, tmp_path: Path) -> None:
    found = findings(tmp_path, check.bad_example)
    assert {finding.problem.code for finding in found} == {check.code}
    assert {finding.severity for finding in found} == {check.severity}
    assert all(finding.problem.position.line for finding in found)


@EVERY_CHECK
def test_what_is_good_gives_none(check: Check, tmp_path: Path) -> None:
    assert findings(tmp_path, check.good_example) == []


@EVERY_CHECK
def test_the_comment_of_the_page_silences_it(check: Check, tmp_path: Path) -> None:
    """At the end of the line, in the line above, at the resource, and for the file."""
    (finding, *_) = findings(tmp_path, check.bad_example)
    lines = check.bad_example.splitlines()
    row = finding.problem.position.line - 1
    assert f"ignore={check.code}" in check.documentation
    comment = f"# calicoctl: ignore={check.code} as an example"
    if "#" in lines[row]:  # it is about a comment already
        comments = [f"# calicoctl: ignore-file={check.code}"]
    else:
        comments = [comment.replace("ignore=", "ignore-file=")]
        at_end = [*lines[:row], f"{lines[row]}  {comment}", *lines[row + 1 :]]
        assert findings(tmp_path, "\n".join(at_end)) == []
        above = [*lines[:row], "# why, at length", comment, *lines[row:]]
        assert findings(tmp_path, "\n".join(above)) == []
    assert findings(tmp_path, "\n".join([*comments, "", *lines])) == []


def test_codes_are_there_once_in_their_order_and_names_are_words() -> None:
    assert [check.code for check in CHECKS] == [f"CAL{number:03}" for number in range(1, len(CHECKS) + 1)]
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", check.name) for check in CHECKS)
    assert all(check.title.endswith(".") and "\n" not in check.title for check in CHECKS)


@EVERY_CHECK
def test_the_page_in_the_documents_is_that_of_the_code(check: Check) -> None:
    assert (ROOT / "docs" / "lint" / f"{check.code}.md").read_text(encoding="utf-8") == check.documentation
    assert f"lint/{check.code}.md" in (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
