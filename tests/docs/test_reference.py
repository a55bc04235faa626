"""The reference is made from the code, is up to date, and has every command, option, kind, field and column."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import click
import pytest

from calicoctl.cli import main
from calicoctl.kinds import KINDS, Kind
from calicoctl.schema.store import load_schema
from tests.docs.conftest import GUIDE, ROOT
from tests.support.runner import Calicoctl

COMMAND_PAGE = (ROOT / "docs" / "reference" / "commands.md").read_text(encoding="utf-8")
KIND_PAGE = (ROOT / "docs" / "reference" / "kinds.md").read_text(encoding="utf-8")
MANIFESTS = (ROOT / "docs" / "guide" / "manifests.md").read_text(encoding="utf-8")
PROSE = "".join(path.read_text(encoding="utf-8") for path in GUIDE)

EVERY_KIND = pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])


def all_commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield " ".join((*path, name)), command
        if isinstance(command, click.Group):
            yield from all_commands(command, (*path, name))


COMMANDS = dict(all_commands(main))
EVERY_COMMAND = pytest.mark.parametrize("name", COMMANDS)


def section(page: str, heading: str) -> str:
    """The text below a heading of the second level."""
    _, found, rest = page.partition(f"\n## {heading}\n")
    assert found, f"docs/reference has no section '{heading}': run python docs/generate.py"
    return rest.partition("\n## ")[0]


def test_the_documents_are_as_the_generator_makes_them() -> None:
    command = [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@EVERY_COMMAND
def test_a_command_is_there_with_all_of_its_options(name: str) -> None:
    text = section(COMMAND_PAGE, f"calicoctl {name}")
    shown = (each for each in COMMANDS[name].params if not getattr(each, "hidden", False))
    options = [option for parameter in shown for option in parameter.opts if option.startswith("-")]
    assert [option for option in options if option not in text] == []


@EVERY_COMMAND
def test_a_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]
    assert command.help
    assert isinstance(command, click.Group) or "Example:\n" in command.help
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


@EVERY_COMMAND
def test_the_guide_mentions_a_command(name: str) -> None:
    assert f"calicoctl {name}" in PROSE


@EVERY_COMMAND
def test_the_guide_mentions_every_option(name: str) -> None:
    options = [parameter for parameter in COMMANDS[name].params if isinstance(parameter, click.Option)]
    assert [option.opts for option in options if not any(word in PROSE for word in option.opts)] == []


@EVERY_KIND
def test_a_kind_is_there_with_its_words_and_columns(kind: Kind) -> None:
    text = section(KIND_PAGE, kind.name)
    words = [kind.name, *kind.aliases, kind.stored_kind.kind, *(column.heading for column in kind.columns)]
    assert [word for word in words if f"`{word}`" not in text] == []
    assert f"[`{kind.name}`](../reference/kinds.md#{kind.name.lower()})" in MANIFESTS


@EVERY_KIND
def test_every_field_is_there_with_its_meaning(kind: Kind) -> None:
    fields = list(named_fields(load_schema(kind.name)))
    assert [path for path, _ in fields if f"| `{path}` |" not in KIND_PAGE] == []
    assert [path for path, meaning in fields if not meaning] == []


@EVERY_KIND
def test_the_reference_says_what_explain_prints(kind: Kind, calicoctl: Calicoctl) -> None:
    """Of each field: type, values, limits, default, meaning."""
    unlike = [
        path for path, _ in named_fields(load_schema(kind.name)) if not agrees_with_explain(kind, path, calicoctl)
    ]
    assert unlike == []


def agrees_with_explain(kind: Kind, path: str, calicoctl: Calicoctl) -> bool:
    """Whether the row of a field has what `calicoctl explain` prints; of links only the words count."""
    own = section(KIND_PAGE, kind.name)
    table = own if f"| `{path}` |" in own else section(KIND_PAGE, "Rules")
    row = next(line for line in table.splitlines() if line.startswith(f"| `{path}` |"))
    _, type_, allowed, default, meaning = (
        re.sub(r"\[(.*?)\]\(.*?\)", r"\1", row).replace("\\_", "_").strip("| ").split(" | ", 4)
    )
    whole = path if table == own else f"spec.ingress.{path}"
    printed = explained(calicoctl("explain", f"{kind.name}.{whole}").stdout)
    values = ", ".join(f"`{value}`" for value in printed["VALUES"].split(", ") if value)
    limits = "; ".join(filter(None, (values, printed["LIMITS"])))
    required = "required" if printed["FIELD"].endswith("(required)") else ""
    wanted = (printed["TYPE"], limits, required or (printed["DEFAULT"] and f"`{printed['DEFAULT']}`"), printed[""])
    return (type_, allowed.strip(), default.strip(), meaning) == wanted


def explained(text: str) -> defaultdict[str, str]:
    """What explain prints, by its headings; the meaning, which has none, in one line."""
    facts, _, rest = text.partition("\n\n")
    found = re.findall(r"^([A-Z]+): +(.*)$", facts, re.MULTILINE)
    return defaultdict(str, [*found, ("", " ".join(rest.partition("\n\nFIELDS:")[0].split()))])


def named_fields(schema: dict[str, Any], parent: str = "") -> Iterator[tuple[str, str]]:
    for name, part in schema.get("properties", {}).items():
        yield f"{parent}{name}", part.get("description", "")
        yield from named_fields(part, f"{parent}{name}.")
        items = part.get("items", {})
        yield from named_fields(items, "" if items.get("title") == "rule" else f"{parent}{name}[].")
