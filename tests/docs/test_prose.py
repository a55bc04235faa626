"""The check of the prose finds a wrong word where it is, and nothing in a right text."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import click
import pytest

from docs.prose.__main__ import check
from docs.prose.terms import term_list, vale_rule
from docs.prose.texts import Text, document, documents, help_texts, module_texts, modules

ROOT = Path(__file__).parents[2]

PATHS = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
needs_vale = pytest.mark.skipif(not shutil.which("vale", path=PATHS), reason="vale is not installed")


def found(*texts: Text) -> list[tuple[int, int, str]]:
    """Return the place and the rule of each finding."""
    return [(finding.line, finding.column, finding.rule.partition(".")[2]) for finding in check(iter(texts))]


def found_in_module(source: str) -> list[tuple[int, int, str]]:
    return found(*module_texts("module.py", source))


@needs_vale
@pytest.mark.parametrize(
    ("code", "word", "rule"),
    [
        ('"""What a rule matches."""', "What", "DocstringOpening"),
        ('"""So many rules at most."""', "So many", "DocstringOpening"),
        ('"""Return the endpoints besides this one."""', "besides", "Terms"),
        ('"""A label.\n\n    Ä Ö `somebody`: matched by nobody."""', "nobody", "Persons"),
        ("x = 1  # Ä nobody reads this", "nobody", "Persons"),
        ("problem = 'this is no label'", "is no", "IsNo"),
        ('problem = f"{name} is no {kind}"', "is no", "IsNo"),
        ('problem = f"ÄÖ {names[0]!r:>{width}} has gone"', "gone", "Terms"),
        ('click.option("-o", help="The policies that there are.")', "that there", "RelativeClause"),
    ],
)
def test_a_wrong_text_in_a_module_is_found_at_its_place(code: str, word: str, rule: str) -> None:
    before, _, _ = code.partition(word)
    line = 3 + before.count("\n")
    column = len(before) - before.rfind("\n")
    assert (line, column, rule) in found_in_module(f"import click\n\n{code}\n")


@needs_vale
def test_a_phrase_is_found_across_lines_and_literals_but_not_across_texts() -> None:
    source = """\
f(
    "the label is passed "
    f"over in {name}",  # a set
    "all labels are set", "back"
)  # back
# is set
# back
"""
    assert found_in_module(source) == [(2, 19, "Terms"), (6, 6, "Terms")]


@needs_vale
def test_a_right_module_has_no_findings() -> None:
    source = '''\
"""Label selectors. There is no limit, and `nobody` is code."""
import re

PATTERN = re.compile(r"nobody is there")
KEYS = {"nobody": 1}
EXAMPLE = """\\
apiVersion: v1
metadata: {name: is no label}
"""


def skip(name: str) -> str:
    """Skip the label.

    Raises:
        ValueError: the label is no longer stored.
    """
    nobody = name  # noqa: E731 besides
    return f"label '{nobody}' is not a label {'is no' if nobody else ''}"
'''
    assert found_in_module(source) == []


@needs_vale
def test_a_wrong_document_is_found_and_its_code_is_not() -> None:
    content = """\
# Lint

A rule that is heeded.

```console
$ echo nobody
```

- Then `nobody`,
  whom it
  passes
  over.
  - a rule set
    back

  A paragraph for nobody.
"""
    places = [(3, 16, "Terms"), (10, 3, "Persons"), (11, 3, "Terms"), (13, 12, "Terms"), (16, 19, "Persons")]
    assert found(document("a.md", content)) == places


@needs_vale
def test_a_wrong_help_of_a_subcommand_is_found() -> None:
    group = click.Group("tool", commands=[click.Command("prune", help="Delete resources that are gone.")])
    texts = list(help_texts(group, "tool"))
    [finding] = check(iter(texts[1:]))
    assert (finding.origin, finding.line, finding.rule) == ("tool prune --help", 3, "Calicoctl.Terms")
    assert finding.message == "write 'deleted, missing' instead of 'gone'"


@needs_vale
def test_the_guide_keeps_to_its_rules() -> None:
    assert check(text for text in documents(ROOT) if text.origin == "docs/style.md") == []


def test_all_documents_and_modules_are_checked() -> None:
    origins = {text.origin for text in (*documents(ROOT), *modules(ROOT))}
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/library.md", "calicoctl/cli.py"} <= origins


def test_the_term_list_is_the_rule() -> None:
    terms = term_list((ROOT / "docs/style.md").read_text(encoding="utf-8"))
    assert terms["passed over"] == "skip"
    rule = vale_rule(terms)
    assert '  "passed\\\\s+over": "skip"\n' in rule
    assert rule.count("\n") == len(terms) + 6


@pytest.mark.parametrize("table", ["", "| `a`, `b` | c | |\n| `b` | d | |\n"])
def test_a_wrong_term_list_is_an_error(table: str) -> None:
    with pytest.raises(ValueError, match=r"no section|'b' is listed twice"):
        term_list(f"# Guide\n\n## Term list\n\n{table}")
