"""Writes docs/reference.md, and the tables of README.md that the code knows best.

`python docs/generate.py` writes them; with `--check` it only tells whether they are as they should be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from calicoctl.cli import main as calicoctl  # noqa: E402  # of this checkout
from calicoctl.kinds import KINDS, Kind  # noqa: E402
from calicoctl.schema.store import schema_of  # noqa: E402

Schema = Mapping[str, Any]
Row = Sequence[str]

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "boolean",
    "object": "mapping",
    "array": "list",
}
_FORMATS = {
    "selector": "a [selector](../README.md#selectors)",
    "network": "a network or an address",
    "port": "a port or a range of ports",
    "address": "an address",
    "as-number": "an AS number",
}

# --- Tables ------------------------------------------------------------------------------------------------


def table(heading: Row, rows: Sequence[Row]) -> str:
    """A table in Markdown."""
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


def code(*words: object) -> str:
    """Words as code, with commas between them."""
    return ", ".join(f"`{word}`" for word in words)


# --- Fields, from the schemas ------------------------------------------------------------------------------


def fields(schema: Schema, parent: str = "") -> Iterator[Row]:
    """A row for each field, those of mappings after the mapping itself. Rules have a table of their own."""
    required = schema.get("required", ())
    for name, part in schema.get("properties", {}).items():
        path = f"{parent}{name}"
        default = "required" if name in required else _default(part)
        yield (f"`{path}`", _type(part), allowed(part), default, part.get("description", ""))
        yield from fields(part, f"{path}.")
        items = part.get("items", {})
        if not _is_rule(items):
            yield from fields(items, f"{path}[].")


def _is_rule(schema: Schema) -> bool:
    return schema.get("title") == "rule"


def _type(schema: Schema) -> str:
    if "items" in schema:
        return "list of [rules](#rules)" if _is_rule(schema["items"]) else f"list of {_plural(_type(schema['items']))}"
    if isinstance(schema.get("additionalProperties"), dict):
        return f"mapping of {_plural(_type(schema['additionalProperties']))}"
    types = schema.get("type", ())
    return " or ".join(_TYPES[name] for name in ([types] if isinstance(types, str) else types))


def _plural(words: str) -> str:
    return " or ".join(word if word == "text" else f"{word}s" for word in words.split(" or "))


def _default(schema: Schema) -> str:
    if "default" not in schema:
        return ""
    default = schema["default"]
    return code('""' if default == "" else str(default).lower() if isinstance(default, bool) else default)


def allowed(schema: Schema) -> str:
    """The values that a field may have, as far as there are any limits."""
    if "items" in schema:
        return "" if _is_rule(schema["items"]) else allowed(schema["items"])
    if "propertyNames" in schema:
        parts = [schema["propertyNames"].get("patternErrorMessage", ""), allowed(schema["additionalProperties"])]
        return "; ".join(filter(None, parts))
    return "; ".join(filter(None, (_listed(schema), _format(schema), _range(schema), _pattern(schema))))


def _listed(schema: Schema) -> str:
    values = schema.get("enum", [schema["const"]] if "const" in schema else ())
    return code(*('""' if value == "" else value for value in values))


def _format(schema: Schema) -> str:
    name = str(schema.get("format", ""))
    return _FORMATS.get(name, name.replace("-", " "))


def _range(schema: Schema) -> str:
    if "patternErrorMessage" in schema:
        return ""  # says it already
    low, high = schema.get("minimum"), schema.get("maximum")
    return f"{low} to {high}" if low is not None and high is not None else ""


def _pattern(schema: Schema) -> str:
    return str(schema.get("patternErrorMessage", ""))


# --- docs/reference.md -------------------------------------------------------------------------------------


def reference() -> str:
    """The whole of docs/reference.md."""
    rule = next(found for kind in KINDS if (found := _rule_within(schema_of(kind.name))))
    parts = [
        "# Reference\n",
        "Made by `python docs/generate.py` from `schemas/`, `calicoctl/kinds/` and the commands. Do not edit it.\n",
        "## Kinds\n",
        *(part for kind in KINDS for part in _kind(kind)),
        "## Rules\n",
        rule["description"] + "\n",
        table(_FIELD_HEADING, list(fields(rule))),
        "## Commands\n",
        *_commands(),
    ]
    return "\n".join(parts)


_FIELD_HEADING = ("field", "type", "allowed", "default", "meaning")


def _rule_within(schema: Any) -> Schema | None:
    """The schema of rules, wherever a kind has it."""
    if not isinstance(schema, dict) or _is_rule(schema):
        return schema if isinstance(schema, dict) else None
    return next((found for part in schema.values() if (found := _rule_within(part))), None)


def _kind(kind: Kind) -> Iterator[str]:
    schema = schema_of(kind.name)
    columns = [
        (f"`{column.heading}`", f"`{column.path}`", "`-o wide` only" if column.wide else "always")
        for column in kind.columns
    ]
    yield f"### {kind.name}\n"
    yield schema["description"] + "\n"
    yield f"- On the command line: {code(kind.name, *kind.aliases)}, in any case."
    yield f"- Named by: {code(*(f'metadata.{field}' for field in kind.identified_by))}."
    yield f"- Stored as: `{kind.stored_as.kind}`, under `{kind.stored_as.prefix}`.\n"
    yield table(_FIELD_HEADING, list(fields(schema)))
    yield f"Columns of `calicoctl get {kind.name}`, also for `-o custom-columns=`:\n"
    yield table(("heading", "field", "shown"), columns)


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
            schema_of(kind.name)["description"],
            code(kind.stored_as.kind),
        )
        for kind in KINDS
    ]
    return table(("kind", "also written", "what it is", "stored as"), rows)


_TABLES = {"exit-codes": _exit_code_table, "kinds": _kind_table}


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


def main(arguments: Sequence[str]) -> None:
    """Write the documents, or with `--check` exit with 1 when one is not what it should be."""
    readme = ROOT / "README.md"
    wanted = {readme: with_tables(readme.read_text(encoding="utf-8")), ROOT / "docs" / "reference.md": reference()}
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if "--check" in arguments:
            sys.exit(f"{path.relative_to(ROOT)} is not up to date: run python docs/generate.py")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
