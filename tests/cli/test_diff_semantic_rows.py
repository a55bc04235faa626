"""`diff --semantic` as rows: Markdown, CSV and annotations, one row for each pair of peers."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from calicoctl.printers import semantic_rows
from tests.support.manifests import manifest, profile
from tests.support.runner import Calicoctl, Result

ANY = {"action": "allow"}
HTTP = {"action": "allow", "protocol": "tcp", "source": {"selector": "role == 'web'"}, "destination": {"ports": [80]}}
DNS = {**HTTP, "protocol": "udp", "destination": {"ports": [53]}}
WEB = [profile(name, labels={"role": "web"}, egress=[ANY]) for name in ("web1", "web2")]
BEFORE = manifest(*WEB, profile("db", ingress=[DNS]))
AFTER = manifest(*WEB, profile("db", ingress=[HTTP]))


@pytest.fixture
def compare(calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    monkeypatch.chdir(tmp_path)
    Path("before.json").write_text(BEFORE)
    Path("after.json").write_text(AFTER)
    return lambda *options: calicoctl("diff", "--semantic", "before.json", "after.json", *options)


def test_csv_has_a_row_for_each_pair(compare: Callable[..., Result]) -> None:
    result = compare("-o", "csv")
    heading, *rows = csv.reader(StringIO(result.stdout))
    assert (result.exit_code, heading) == (
        1,
        ["change", "from", "to", "services", "ip version", "before", "after", "interfaces"],
    )
    gained, lost = ([row for row in rows if row[0] == change] for change in ("gained", "lost"))
    ends = {(f"an endpoint of profile/web{n}", "an endpoint of profile/db") for n in (1, 2)}
    assert {(row[1], row[2]) for row in gained} == {(row[1], row[2]) for row in lost} == ends
    assert {tuple(row[3:]) for row in gained} == {
        (
            "tcp 80",
            "",
            "denied: ingress denied by default: no rule of its profiles matches",
            "allowed: ingress allowed by profile/db ingress[0] (after.json:4)",
            "",
        )
    }
    assert {row[3] for row in lost} == {"udp 53"}


def test_markdown_is_a_table(compare: Callable[..., Result]) -> None:
    lines = compare("-o", "markdown").stdout.splitlines()
    assert lines[0] == "**1 gained, 1 lost**"
    table = lines[lines.index("| change | from | to | services | ip version | before | after | interfaces |") :]
    assert table[1] == "| --- | --- | --- | --- | --- | --- | --- | --- |"
    assert len(table) == 6
    assert all(line.count(" | ") == 7 for line in table)
    assert r"profile/db ingress\[0\] (after.json:4)" in table[2]
    assert "| change" not in compare("-o", "markdown", "--summary").stdout


def test_names_have_no_effect_in_markdown(calicoctl: Calicoctl, tmp_path: Path) -> None:
    for name, text in (("before.json", BEFORE), ("a|b<i>*.json", AFTER)):
        (tmp_path / name).write_text(text)
    text = calicoctl("diff", "--semantic", *map(str, sorted(tmp_path.iterdir())), "-o", "markdown").stdout
    assert r"a&#124;b&#60;i&#62;\*.json" in text
    assert "<i>" not in text


def test_annotations_are_at_the_deciding_rules(compare: Callable[..., Result]) -> None:
    result = compare("-o", "github")
    lines = result.stdout.splitlines()
    assert (result.exit_code, lines[-1]) == (1, "::notice title=allowed traffic::1 gained, 1 lost")
    gained = [line for line in lines if "title=gained traffic" in line]
    assert len(gained) == 2
    assert all(
        line.startswith("::warning file=after.json,line=4,title=gained traffic::an endpoint of") for line in gained
    )
    # No rule of the manifests denies the lost traffic.
    assert sum(line.startswith("::warning title=lost traffic::") for line in lines) == 2


def test_many_rows_are_counted(compare: Callable[..., Result], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(semantic_rows, "MAX_MARKDOWN_ROWS", 1)
    monkeypatch.setattr(semantic_rows, "MAX_ANNOTATIONS", 3)
    assert compare("-o", "markdown").stdout.endswith("|\n\n3 more rows (-o csv has all)\n")
    assert compare("-o", "github").stdout.endswith("::1 gained, 1 lost, and 1 more pair (-o csv has all)\n")


@pytest.mark.parametrize("form", ["csv", "markdown", "github"])
def test_without_a_difference(compare: Callable[..., Result], calicoctl: Calicoctl, form: str) -> None:
    result = calicoctl("diff", "--semantic", "before.json", "./before.json", "-o", form)
    assert (result.exit_code, len(result.stdout.splitlines()) <= 4) == (0, True)
    assert form == "csv" or "no change in allowed traffic" in result.stdout


@pytest.mark.parametrize(
    ("option", "codes"), [("--widening-only", (1, 0)), ("--narrowing-only", (0, 1)), ("--summary", (1, 1))]
)
def test_gates(compare: Callable[..., Result], calicoctl: Calicoctl, option: str, codes: tuple[int, int]) -> None:
    Path("wide.json").write_text(manifest(*WEB, profile("db", ingress=[DNS, HTTP])))
    sides = ("before.json", "wide.json")
    assert tuple(calicoctl("diff", "--semantic", *pair, option).exit_code for pair in (sides, sides[::-1])) == codes


def test_wrong_usage(compare: Callable[..., Result], calicoctl: Calicoctl) -> None:
    assert compare("--widening-only", "--narrowing-only").exit_code == 2
    assert calicoctl("diff", "-f", "before.json", "--narrowing-only").exit_code == 2
    result = calicoctl("diff", "-f", "before.json", "-o", "csv")
    assert (result.exit_code, "--semantic has github, markdown and csv" in result.stderr) == (2, True)
