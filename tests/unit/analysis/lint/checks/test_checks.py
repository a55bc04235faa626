"""Every check of lint: its page has the fixed structure, and the examples in the page are true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from calicoctl.analysis import build_policy_set
from calicoctl.analysis.lint import CHECKS, Check
from calicoctl.findings import Finding, Severity
from calicoctl.operations.lint import LintOptions, run_lint
from calicoctl.operations.load.manifests import LoadOptions, load_resources
from calicoctl.operations.policy_sets.sources import sources_from_manifests

ROOT = Path(__file__).parents[5]
EVERY_CHECK = pytest.mark.parametrize("check", CHECKS, ids=[check.code for check in CHECKS])


def findings(folder: Path, text: str, *, with_optional: bool = False) -> list[Finding]:
    path = folder / "manifest.yaml"
    path.write_text(text, encoding="utf-8")
    intake = load_resources([str(path)], recursive=False, options=LoadOptions(positions=True))
    policy_set = build_policy_set(sources_from_manifests(intake.resources).sources)
    options = LintOptions(Severity.WARNING, with_optional)
    return list(run_lint(policy_set, intake.sources, intake.resources, "", options).findings)


def example(check: Check, heading: str) -> str:
    match = re.fullmatch(r"```yaml\n(.*)```", check.page.sections[heading], re.DOTALL)
    assert match, f"{heading} of {check.code} is not one YAML block"
    return match[1]


@EVERY_CHECK
def test_a_page_has_the_fixed_structure(check: Check) -> None:
    page = check.page
    assert page.text.startswith(
        f"# {check.code}: `{check.name}`\n\n{page.title}\n\nSeverity: {check.severity.value}\n\n## Why\n"
    )
    assert page.title.endswith(".")
    assert "\n" not in page.title
    assert list(page.sections) == ["Why", "Repair", "Bad example", "Good example", "Suppression"]
    assert all(page.sections.values())
    assert f"`# calicoctl: ignore={check.code}`" in page.sections["Suppression"]


def test_there_is_one_page_for_each_code() -> None:
    assert {path.name for path in (ROOT / "docs" / "lint").iterdir()} == {f"{check.code}.md" for check in CHECKS}


@EVERY_CHECK
def test_the_bad_example_results_in_this_code_only(check: Check, tmp_path: Path) -> None:
    found = findings(tmp_path, example(check, "Bad example"), with_optional=check.is_optional)
    assert {finding.problem.code for finding in found} == {check.code}
    assert {finding.severity for finding in found} == {check.severity}
    assert all(finding.problem.position.line for finding in found)


@EVERY_CHECK
def test_the_good_example_results_in_no_finding(check: Check, tmp_path: Path) -> None:
    assert findings(tmp_path, example(check, "Good example"), with_optional=check.is_optional) == []


@EVERY_CHECK
def test_a_comment_suppresses_the_finding(check: Check, tmp_path: Path) -> None:
    """At the end of the line, in the line above, and for the file."""
    bad_example = example(check, "Bad example")
    (finding, *_) = findings(tmp_path, bad_example, with_optional=check.is_optional)
    lines = bad_example.splitlines()
    row = finding.problem.position.line - 1
    comment = f"# calicoctl: ignore={check.code} as an example"
    if "#" in lines[row]:  # the finding is about a comment
        file_comment = f"# calicoctl: ignore-file={check.code}"
    else:
        file_comment = comment.replace("ignore=", "ignore-file=")
        at_end = [*lines[:row], f"{lines[row]}  {comment}", *lines[row + 1 :]]
        assert findings(tmp_path, "\n".join(at_end), with_optional=check.is_optional) == []
        above = [*lines[:row], "# a longer reason", comment, *lines[row:]]
        assert findings(tmp_path, "\n".join(above), with_optional=check.is_optional) == []
    assert findings(tmp_path, "\n".join([file_comment, "", *lines]), with_optional=check.is_optional) == []


def test_optional_checks_report_on_request_only(tmp_path: Path) -> None:
    (check,) = (each for each in CHECKS if each.is_optional)
    assert findings(tmp_path, example(check, "Bad example")) == []


def test_codes_are_consecutive_and_names_are_unique() -> None:
    assert [check.code for check in CHECKS] == [f"CAL{number:03}" for number in range(1, len(CHECKS) + 1)]
    assert len({check.name for check in CHECKS}) == len(CHECKS)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", check.name) for check in CHECKS)


@EVERY_CHECK
def test_the_module_of_a_check_has_its_name(check: Check) -> None:
    if check.find:
        assert check.find.__module__ == f"calicoctl.analysis.lint.checks.{check.name.replace('-', '_')}"


@EVERY_CHECK
def test_the_index_links_to_the_page(check: Check) -> None:
    assert f"(lint/{check.code}.md)" in (ROOT / "docs" / "lint.md").read_text(encoding="utf-8")
