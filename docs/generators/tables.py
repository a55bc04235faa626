"""Generated tables in pages that are written by hand, each between `<!-- begin NAME -->` and `<!-- end NAME -->`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

import yaml

from calicoctl.config.settings import SETTINGS
from calicoctl.kinds import KINDS
from calicoctl.operations.permissions import ROLES, Permission
from calicoctl.printers import formats
from calicoctl.printers.roles import describe_commands
from calicoctl.schema.fields import root_field
from calicoctl.storage import PREFIX
from docs.generators.commands import program, subcommands
from docs.generators.markdown import code, table
from docs.generators.output import format_table

_ROOT = Path(__file__).resolve().parents[2]

GUIDES = {
    "apply": "guide/apply.md",
    "create": "guide/apply.md",
    "replace": "guide/apply.md",
    "delete": "guide/apply.md#delete",
    "edit": "guide/edit.md",
    "patch": "guide/edit.md#patch",
    "label": "guide/edit.md#label",
    "validate": "guide/ci.md",
    "diff": "guide/apply.md#diff",
    "plan": "guide/apply.md#plans",
    "get": "guide/get.md",
    "wait": "guide/watch.md#wait",
    "set": "guide/sets.md",
    "trace": "guide/trace.md",
    "connectivity": "guide/connectivity.md",
    "test": "guide/policy-tests.md",
    "lint": "guide/lint.md",
    "history": "guide/history.md",
    "rollback": "guide/history.md#roll-back",
    "convert": "guide/convert.md",
    "export": "datastore/export.md",
    "import": "datastore/export.md#import",
    "explain": "guide/get.md#explain-a-field",
    "schema": "guide/editors.md",
    "version": "install.md",
    "config": "datastore/connection.md#contexts",
    "doctor": "datastore/doctor.md",
    "completion": "guide/completion.md",
    "help": "guide/get.md#help",
    "etcd": "datastore/local-etcd.md",
}
"""The page of the guide that describes each command."""


def _command_table() -> str:
    rows = [(f"[`{each.words[0]}`](docs/{GUIDES[each.words[0]]})", each.summary) for each in subcommands(program())]
    return table(("command", "purpose"), rows)


def _kind_table() -> str:
    rows = [
        (
            f"[`{kind.name}`](../reference/kinds.md#{kind.name.lower()})",
            code(*kind.aliases),
            root_field(kind.name).description,
            code(kind.stored_kind.kind),
        )
        for kind in KINDS
    ]
    return table(("kind", "aliases", "meaning", "stored as"), rows)


def _settings_table() -> str:
    rows = [(f"`{each.field}`", code(*filter(None, [each.variable])), each.description) for each in SETTINGS]
    return table(("field in the file", "environment variable", "meaning"), rows)


def _action_table() -> str:
    """The inputs of the GitHub action."""
    return _input_table("input", _ROOT / "action.yml", "inputs", "default")


def _gitlab_table() -> str:
    """The variables of the GitLab template."""
    return _input_table("variable", _ROOT / ".gitlab" / "calicoctl.gitlab-ci.yml", "variables", "value")


def _input_table(heading: str, file: Path, section: str, default: str) -> str:
    """The inputs in a section of a file, with their field `default`."""
    inputs = yaml.safe_load(file.read_text(encoding="utf-8"))[section]
    rows = [(f"`{name}`", code(*filter(None, [each[default]])), each["description"]) for name, each in inputs.items()]
    return table((heading, "default", "meaning"), rows)


def _role_table() -> str:
    rows = [
        (f"`{role.name}`", role.purpose, describe_commands(role), "<br>".join(_permission_cells(role.permissions)))
        for role in ROLES
    ]
    return table(("role", "user", "commands", "permissions"), rows)


def _permission_cells(permissions: Sequence[Permission]) -> Iterator[str]:
    """Yield each access with its prefixes. Those of resources are shortened."""
    for access in ("readwrite", "read"):
        prefixes = [each.prefix for each in permissions if each.access == access]
        if prefixes:
            yield f"{access}: {code(*(_short_prefix(prefix) for prefix in prefixes))}"


def _short_prefix(prefix: str) -> str:
    """Return the kind of Calico, or a prefix of other keys."""
    kind = prefix.removeprefix(PREFIX)
    return prefix if kind in {"", prefix} else kind.rstrip("/")


TABLES: Mapping[str, Mapping[str, Callable[[], str]]] = {
    "README.md": {"commands": _command_table},
    "docs/datastore/connection.md": {"settings": _settings_table},
    "docs/datastore/roles.md": {"roles": _role_table},
    "docs/guide/manifests.md": {"kinds": _kind_table},
    "docs/guide/ci.md": {
        "findings-forms": partial(format_table, formats.FINDINGS),
        "action-inputs": _action_table,
        "gitlab-variables": _gitlab_table,
    },
    "docs/guide/flows.md": {"flows-forms": partial(format_table, formats.FLOWS)},
    "docs/guide/connectivity.md": {"connectivity-forms": partial(format_table, formats.CONNECTIVITY)},
    "docs/guide/policy-tests.md": {"test-forms": partial(format_table, formats.POLICY_TESTS)},
}


def with_tables(page: Path, tables: Mapping[str, Callable[[], str]]) -> str:
    """The text of a page with its generated tables up to date."""
    text = page.read_text(encoding="utf-8")
    for name, make in tables.items():
        begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
        before, _, rest = text.partition(begin)
        _, found, after = rest.partition(end)
        if not found:
            sys.exit(f"{page}: '{begin.strip()}' with a following '{end.strip()}' is missing")
        text = f"{before}{begin}\n{make()}\n{end}{after}"
    return text
