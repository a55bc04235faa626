"""docs/library.md: the examples run as one program, print the output shown, and use documented names only."""

from __future__ import annotations

import re
import subprocess
import sys

from calicoctl import analysis
from tests.docs.conftest import ROOT

TEXT = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(python|text)\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
PROGRAM = "\n".join(text for language, text in BLOCKS if language == "python")
FOREIGN = ("click", "yaml", "etcd3", "grpc", "jsonschema")


def run(program: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60, cwd=ROOT
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_examples_print_the_output_shown() -> None:
    shown = "".join(text for language, text in BLOCKS if language == "text")
    printed = run(f"{PROGRAM}\nimport sys\nprint([name for name in {FOREIGN} if name in sys.modules])")
    assert printed == [*shown.splitlines(), "[]"]


def test_all_names_in_the_table_exist() -> None:
    names = re.findall(r"^\| `(\w+)[(`]", TEXT, re.MULTILINE)
    assert len(names) > 10
    assert {name for name in names if not hasattr(analysis, name)} == set()


def test_examples_use_public_names_only() -> None:
    assert set(re.findall(r"analysis\.(\w+)", PROGRAM)) <= set(analysis.__all__)
    assert re.findall(r"^from .*|^import .*", PROGRAM, re.MULTILINE) == ["from calicoctl import analysis"]


def test_all_public_names_exist() -> None:
    assert all(hasattr(analysis, name) for name in analysis.__all__)
