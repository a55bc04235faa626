"""The import graph of the code: no circles, and each external library in its packages."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import calicoctl

ROOT = Path(calicoctl.__file__).parent

Graph = Mapping[str, set[str]]
"""The modules that each module imports."""


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


def imported_modules(source: str, modules: Mapping[str, str]) -> Iterator[str]:
    """Modules that a source imports anywhere: also in functions and for type checking only."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module in modules:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names} & modules.keys()
            yield from submodules
            if len(submodules) < len(node.names):
                yield node.module


def import_graph(modules: Mapping[str, str]) -> Graph:
    return {name: {*imported_modules(source, modules)} - {name} for name, source in modules.items()}


def find_circle(graph: Graph) -> list[str]:
    """The modules of a circle, the first one also at the end; empty when there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle
    return []


def test_no_circle_of_imports() -> None:
    modules = {module_name(path): path.read_text(encoding="utf-8") for path in ROOT.rglob("*.py")}
    assert len(modules) > 100
    assert find_circle(import_graph(modules)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "from p.b import name",
        "from p import b",
        "import p.b",
        "def f():\n    from p.b import name",
        "if TYPE_CHECKING:\n    from p.b import name",
    ],
)
def test_a_circle_is_found_wherever_the_import_is(statement: str) -> None:
    graph = import_graph({"p": "", "p.a": statement, "p.b": "from p.c import name", "p.c": "from p import a"})
    assert sorted(set(find_circle(graph))) == ["p.a", "p.b", "p.c"]


PACKAGES_BY_LIBRARY = {
    "click": {"cli", "commands", "console"},
    "etcd3": {"datastore"},
    "grpc": {"datastore"},
    "yaml": {"manifest", "config"},
    "lark": {"selector"},
    "jsonschema": {"schema"},
    "jsonschema_rs": {"schema"},
}
"""As in docs/architecture.md."""


def test_each_library_is_imported_in_its_packages() -> None:
    found: dict[str, set[str]] = {}
    for path in ROOT.rglob("*.py"):
        roots = {
            name.partition(".")[0]
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        for library in roots & PACKAGES_BY_LIBRARY.keys():
            found.setdefault(library, set()).add(module_name(path).split(".")[1])
    assert found == PACKAGES_BY_LIBRARY
