"""Deferred modules are loaded once, by the first use of an attribute, and gRPC does not load them."""

from __future__ import annotations

import importlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from calicoctl.deferred_imports import defer_import, defer_imports

MODULE = """
import time
time.sleep(0.05)  # another thread can use the module meanwhile
LOADS = globals().get("LOADS", 0) + 1
from deferred_package import neighbor
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    package = tmp_path / "deferred_package"
    package.mkdir()
    (package / "__init__.py").write_text("raise AssertionError('the parent is imported')\n")
    (package / "heavy.py").write_text(MODULE)
    (package / "neighbor.py").write_text("NAME = 'neighbor'\n")
    monkeypatch.syspath_prepend(tmp_path)
    for name in ("deferred_package", "deferred_package.heavy", "deferred_package.neighbor"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    defer_imports("deferred_package.heavy")
    (package / "__init__.py").write_text("")
    return importlib.import_module("deferred_package.heavy")


def test_import_loads_nothing(module: ModuleType) -> None:
    assert "LOADS" not in vars(module)
    assert module.LOADS == 1
    assert type(module) is ModuleType


def test_concurrent_uses_load_once(module: ModuleType) -> None:
    with ThreadPoolExecutor(4) as threads:
        names = list(threads.map(lambda _: (module.LOADS, module.neighbor.NAME), range(4)))
    assert names == [(1, "neighbor")] * 4


def test_missing_attribute(module: ModuleType) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'missing'"):
        _ = module.missing


def test_a_known_function_loads_the_module_when_it_is_called(module: ModuleType) -> None:
    del sys.modules[module.__name__]
    (Path(module.__file__ or "").parent / "heavy.py").write_text(
        f"{MODULE}def count(n, *, step): return n + step * LOADS\n"
    )
    defer_import(module.__name__, "count", LIMIT=5)
    deferred = sys.modules[module.__name__]
    count = deferred.count  # as `from ... import count` in a library
    assert (deferred.LIMIT, "LOADS" in vars(deferred)) == (5, False)
    assert (count(1, step=2), count(1, step=2), deferred.count(1, step=2)) == (3, 3, 3)
    assert type(deferred) is ModuleType
    assert deferred.count is not count


def test_loaded_and_missing_modules_are_left_alone() -> None:
    loaded = sys.modules["pathlib"]
    defer_imports("pathlib", "no_such_module", "no_such_package.module", "pathlib.module")
    assert sys.modules["pathlib"] is loaded
    assert not {"no_such_module", "no_such_package.module", "pathlib.module"} & sys.modules.keys()


@pytest.mark.parametrize(
    ("statements", "not_loaded"),
    [
        ("import calicoctl.datastore.client", "asyncio.tasks grpc.aio._call google.protobuf.internal.decoder"),
        ("from calicoctl.selector.parser import build_parser; build_parser()", "pickle getpass tempfile"),
        ("from calicoctl.manifest.yaml_reader import read_yaml; read_yaml('a: 1', print)", "yaml yaml.reader"),
        (
            "from calicoctl.schema.explain import explain_errors; list(explain_errors({'type': 'object'}, 5))",
            "rfc3987_syntax rfc3987_syntax.syntax_helpers",
        ),
    ],
    ids=["datastore", "selector", "yaml", "schema"],
)
def test_libraries_load_none(statements: str, not_loaded: str) -> None:
    loaded = (
        f"name for name in {not_loaded.split()} if '__builtins__' in vars(sys.modules.get(name, sys.implementation))"
    )
    program = f"{statements}; import sys; print(*({loaded}))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
