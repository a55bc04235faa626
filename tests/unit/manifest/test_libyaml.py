"""PyYAML without its own parser: the same exceptions, and the same events if libyaml is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest

PRINT_EVENTS = (
    "import calicoctl.manifest.libyaml as l; p = l.Parser('a: [1]'); n = 0\nwhile p.get_event(): n += 1\nprint(n)"
)


@pytest.mark.parametrize("first", ["", "import yaml", "import sys; sys.modules['yaml._yaml'] = None"])
def test_events(first: str) -> None:
    run = subprocess.run([sys.executable, "-c", f"{first}\n{PRINT_EVENTS}"], capture_output=True, text=True, check=True)
    assert run.stdout == "10\n"


def test_the_exception_of_the_reader() -> None:
    code = (
        "import calicoctl.manifest.libyaml as libyaml\n"
        "try: libyaml.Parser(b'\\xff').get_event()\n"
        "except Exception as error:\n"
        "    import yaml\n"
        "    assert isinstance(error, yaml.reader.ReaderError) and isinstance(error, yaml.YAMLError), error\n"
        "    assert yaml.safe_load('a: 1') == {'a': 1}\n"
        "else: raise AssertionError\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
