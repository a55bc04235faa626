"""The committed parser tables are up to date."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


def test_the_tables_are_of_the_grammar() -> None:
    command = [sys.executable, "-m", "calicoctl.selector.build_tables", "--check"]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[3])
