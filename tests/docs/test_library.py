"""docs/library.md: its examples run as one program, print what stands there, and need no more than they say."""

from __future__ import annotations

import re
import subprocess
import sys

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


def test_the_examples_print_what_stands_there() -> None:
    shown = "".join(text for language, text in BLOCKS if language == "text")
    printed = run(f"{PROGRAM}\nimport sys\nprint([name for name in {FOREIGN} if name in sys.modules])")
    assert printed == [*shown.splitlines(), "[]"]


def test_everything_in_the_table_is_there() -> None:
    from calicoctl import analysis
    from calicoctl.analysis.lockout import lockout
    from calicoctl.analysis.trace.trace import trace

    names = re.findall(r"^\| `(\w+)[(`.]", TEXT, re.MULTILINE)
    assert len(names) > 6
    assert {name for name in names if not hasattr(analysis, name)} == set()
    assert callable(trace)
    assert callable(lockout.find_lockouts)
    assert all(hasattr(analysis, name) for name in analysis.__all__)
