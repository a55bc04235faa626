"""Writes docs/reference.md, the pages of lint's codes, a picture, and the tables of README.md that the code knows best.

`python docs/generate.py` writes them; with `--check` it only tells whether they are as they should be.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from calicoctl.analysis.lint import CHECKS  # noqa: E402  # of this checkout
from calicoctl.cli import main as calicoctl  # noqa: E402
from calicoctl.findings import MANIFEST_RULES  # noqa: E402
from calicoctl.kinds import KINDS, Kind  # noqa: E402
from calicoctl.kinds.kind import Column  # noqa: E402
from calicoctl.manifest.policytests import POLICY_TEST  # noqa: E402
from calicoctl.printers.connectivity import FORMS as CONNECTIVITY_FORMS  # noqa: E402
from calicoctl.printers.connectivity.json import FIELDS as CONNECTIVITY_FIELDS  # noqa: E402
from calicoctl.printers.findings import FORMS  # noqa: E402
from calicoctl.printers.findings.json import FIELDS  # noqa: E402
from calicoctl.printers.policytests import FORMS as TEST_FORMS  # noqa: E402
from calicoctl.schema.fields import Field, field_at, field_of, fields_within, root_field  # noqa: E402
from calicoctl.schema.store import Schema  # noqa: E402

Row = Sequence[str]

_LINKED = {"a selector": "a [selector](../README.md#selectors)", "list of rules": "list of [rules](#rules)"}
"""What the reference explains elsewhere."""

# --- Tables ------------------------------------------------------------------------------------------------


def table(heading: Row, rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(*words: object) -> str:
    """Words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)


# --- Fields, as `calicoctl explain` prints them --------------------------------------------------------------


def rows_within(field: Field) -> Iterator[Row]:
    """A row for each field, those of mappings after the mapping itself. Rules have a table of their own."""
    for inner in fields_within(field):
        yield _row(inner)
        if not _is_list_of_rules(inner.schema):
            yield from rows_within(inner)


def _row(field: Field) -> Row:
    default = "" if field.default is None else code(field.default)
    return (
        f"`{field.path}`",
        _LINKED.get(field.type, field.type),
        "; ".join(filter(None, (code(*field.values), _LINKED.get(field.limits, field.limits)))),
        "required" if field.required else default,
        field.meaning,
    )


def _is_list_of_rules(schema: Schema) -> bool:
    return bool(schema.get("items", {}).get("title") == "rule")


# --- docs/reference.md -------------------------------------------------------------------------------------


def reference() -> str:
    """The whole of docs/reference.md."""
    rule = field_of("", field_at("policy", "spec.ingress").schema["items"], required=True)
    parts = [
        "# Reference\n",
        "Made by `python docs/generate.py` from `schemas/`, `calicoctl/kinds/` and the commands. Do not edit it.\n",
        "## Kinds\n",
        *(part for kind in KINDS for part in _kind(kind)),
        "## Rules\n",
        rule.meaning + "\n",
        table(_FIELD_HEADING, list(rows_within(rule))),
        "## Policy tests\n",
        *_policy_tests(),
        "## Commands\n",
        *_commands(),
        "## Connectivity\n",
        *_connectivity(),
        "## Findings\n",
        *_findings(),
    ]
    return "\n".join(parts)


_FIELD_HEADING = ("field", "type", "allowed", "default", "meaning")


def _kind(kind: Kind) -> Iterator[str]:
    resource = root_field(kind.name)
    columns = [(f"`{column.heading}`", f"`{column.path}`", _shown_by(column)) for column in kind.columns]
    yield f"### {kind.name}\n"
    yield resource.meaning + "\n"
    yield f"- On the command line: {code(kind.name, *kind.aliases)}, in any case."
    yield f"- Named by: {code(*(f'metadata.{field}' for field in kind.identified_by))}."
    yield f"- Stored as: `{kind.stored_as.kind}`, under `{kind.stored_as.prefix}`.\n"
    yield table(_FIELD_HEADING, list(rows_within(resource)))
    yield f"Columns of `calicoctl get {kind.name}`, also for `-o custom-columns=`:\n"
    yield table(("heading", "field", "shown"), columns)


def _policy_tests() -> Iterator[str]:
    test = root_field(POLICY_TEST)
    yield test.meaning + "\n"
    yield table(_FIELD_HEADING, list(rows_within(test)))


def _shown_by(column: Column) -> str:
    if column.custom:
        return "`-o custom-columns` only"
    return "`-o wide` only" if column.wide else "always"


def _commands() -> Iterator[str]:
    """The help of every command, as it is printed 80 columns wide."""
    for path, command in commands():
        context = click.Context(command, info_name=" ".join(("calicoctl", *path)), terminal_width=80)
        yield f"### calicoctl {' '.join(path)}\n"
        yield f"```text\n{command.get_help(context)}\n```\n"


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that lead to it, those of groups included."""

    def walk(group: click.Group, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        context = click.Context(group)
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            assert command is not None  # noqa: S101 - it is listed
            yield (*path, name), command
            if isinstance(command, click.Group):
                yield from walk(command, (*path, name))

    return walk(calicoctl, ())


def _connectivity() -> Iterator[str]:
    """What `connectivity -o json` prints."""
    yield "What `calicoctl connectivity -o json` prints: an object with these fields.\n"
    yield table(("field", "meaning"), [(f"`{name}`", meaning) for name, meaning in CONNECTIVITY_FIELDS.items()])


def _findings() -> Iterator[str]:
    """What verbs that check say about manifests: the fields of `-o json`, and the codes."""
    yield "What `calicoctl validate` and `calicoctl lint` print.\n"
    yield "With `-o json` a finding has these fields; `null` is what is not known.\n"
    yield table(("field", "meaning"), [(f"`{name}`", meaning) for name, meaning in FIELDS.items()])
    yield "The codes of `lint` have [pages](lint.md).\n"
    yield "Those of `validate`, which are the rules of `-o sarif` and the types of failures of `-o junit` as well:\n"
    yield table(("code", "meaning"), [(f"`{code}`", meaning) for code, meaning in MANIFEST_RULES.items()])


# --- docs/lint.md, and a page for each code ------------------------------------------------------------------


def lint_index() -> str:
    """The codes of lint, each with a link to its page."""
    rows = [
        (f"[{check.code}](lint/{check.code}.md)", f"`{check.name}`", check.severity.value, check.title)
        for check in CHECKS
    ]
    return (
        "# Codes of lint\n\nMade by `python docs/generate.py` from `calicoctl/analysis/lint/`. Do not edit it. "
        "`calicoctl lint --explain CODE` prints a page.\n\n" + table(("code", "name", "severity", "what it is"), rows)
    )


# --- README.md ---------------------------------------------------------------------------------------------


def exit_codes() -> list[tuple[int, str]]:
    """The exit codes, as `calicoctl --help` lists them."""
    return [
        (int(number), meaning)
        for number, meaning in re.findall(r"^ +(\d+) +(.+)$", calicoctl.epilog or "", re.MULTILINE)
    ]


def _exit_code_table() -> str:
    return table(("code", "meaning"), [(str(number), meaning) for number, meaning in exit_codes()])


def _kind_table() -> str:
    rows = [
        (
            f"[`{kind.name}`](docs/reference.md#{kind.name.lower()})",
            code(*kind.aliases),
            root_field(kind.name).meaning,
            code(kind.stored_as.kind),
        )
        for kind in KINDS
    ]
    return table(("kind", "also written", "what it is", "stored as"), rows)


def _form_table(forms: Mapping[str, str]) -> str:
    return table(("form", "what it is"), [(f"`{name}`", meaning) for name, meaning in forms.items()])


_TABLES: Mapping[str, Callable[[], str]] = {
    "exit-codes": _exit_code_table,
    "findings-forms": partial(_form_table, FORMS),
    "connectivity-forms": partial(_form_table, CONNECTIVITY_FORMS),
    "kinds": _kind_table,
    "test-forms": partial(_form_table, TEST_FORMS),
}


def with_tables(readme: str) -> str:
    """The README with its tables made anew, each between `<!-- begin NAME -->` and `<!-- end NAME -->`."""
    for name, make in _TABLES.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
        before, _, rest = readme.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            sys.exit(f"README.md: there is no '{begin.strip()}' with '{end.strip()}' after it")
        readme = f"{before}{begin}\n{make()}\n{end}{after}"
    return readme


def picture() -> str:
    """The picture in the README: what its own example says."""
    files = [word for part in ("policies", "profiles") for word in ("-f", f"examples/policies-by-label/{part}.yaml")]
    command = [sys.executable, "-m", "calicoctl", "connectivity", *files, "-o", "svg"]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, encoding="utf-8").stdout


def main(arguments: Sequence[str]) -> None:
    """Write the documents, or with `--check` exit with 1 when one is not what it should be."""
    readme = ROOT / "README.md"
    wanted = {
        readme: with_tables(readme.read_text(encoding="utf-8")),
        ROOT / "docs" / "reference.md": reference(),
        ROOT / "docs" / "connectivity.svg": picture(),
        ROOT / "docs" / "lint.md": lint_index(),
        **{ROOT / "docs" / "lint" / f"{check.code}.md": check.page for check in CHECKS},
    }
    if spare := set((ROOT / "docs" / "lint").glob("*")) - set(wanted):
        sys.exit(f"{min(spare).relative_to(ROOT)} is of no code that there is: remove it")
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            sys.exit(f"{path.relative_to(ROOT)} is not up to date: run python docs/generate.py")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
