"""Findings as annotations of GitHub Actions."""

from __future__ import annotations

from calicoctl.errors import Position
from tests.support.findings import FINDINGS, render, single_finding

# --- github ------------------------------------------------------------------------------------------------


def test_github_annotates_lines() -> None:
    assert render("github", FINDINGS).splitlines() == [
        "::error file=a.yaml,line=9,col=13,title=policy/web%3A spec.ingress[0].action::'alow' is not allowed",
        "::error file=a.yaml,line=12,col=4,title=policy/web%3A spec.selector::expected '=='",
        "::error file=a.yaml,line=20,col=3,title=policy/db::duplicate resource",
        "::warning file=a.yaml,line=21,col=5,title=policy/db%3A metadata.labels.x::'no' is taken as text",
        "::error file=b.yaml,title=unreadable::can't be read: No such file or directory",
    ]


def test_github_without_errors_prints_a_summary() -> None:
    assert render("github") == "all is fine\n"


def test_github_stdin_is_no_file() -> None:
    assert render("github", single_finding(position=Position("-", 3, 4))) == "::error title=policy/web::-:3:4: wrong\n"


def test_github_takes_paths_from_the_root_of_the_repository() -> None:
    text = render("github", single_finding(position=Position("./p/a.yaml", 3, 4)))
    assert text.startswith("::error file=p/a.yaml,line=3,col=4,")


def test_github_escapes() -> None:
    found = single_finding(
        position=Position("50%,a:b\n.yaml", 1, 1), subject="policy/a,b", message="100%: x, y\r\n::error::z"
    )
    assert render("github", found) == (
        "::error file=50%25%2Ca%3Ab%0A.yaml,line=1,col=1,title=policy/a%2Cb::100%25: x, y%0D%0A::error::z\n"
    )
