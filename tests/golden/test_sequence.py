"""A long random sequence in which calicoctl 3.32.1, other parts of Calico and calicoctl write one datastore.

Each row of `sequence.jsonl` is a step: its author, its command, the manifest if calicoctl ran it, the exit code, and
the keys that it changed with their new values. The steps of calicoctl 3.32.1 were recorded from the real program on an
etcd; those of `other` are objects as calico/node, CNI plugins, Docker's plugin and kube-controllers store them. After
each recorded step, both tools listed the same resources.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from calicoctl.kinds import kind_of_key
from tests.support.etcd_server import Etcd
from tests.support.recordings import load_rows, parse_printed
from tests.support.runner import Calicoctl

ROWS = load_rows("sequence")
_CHECKED_STEPS = 5
"""Number of steps between two checks of the whole datastore."""
_EDITED = {"order": "31", "asNumber": "64777", "interfaceName": "ed0"}
"""Values that the editor of the recorded steps wrote."""


def comparable(value: str | bytes | None) -> Any:
    """The object without the values that differ at each write."""
    if value is None:
        return None
    document = json.loads(value)
    for name in ("uid", "creationTimestamp"):
        document.get("metadata", {}).pop(name, None)
    return document


@pytest.fixture
def editor(tmp_path_factory: pytest.TempPathFactory) -> str:
    script = tmp_path_factory.mktemp("editor") / "editor.sh"
    edits = " ".join(f'-e "s/{field}: .*/{field}: {text}/"' for field, text in _EDITED.items())
    script.write_text(f'#!/bin/sh\nsed -i {edits} "$1"\n', encoding="utf-8")
    script.chmod(0o755)
    return str(script)


def check_whole_store(store: Etcd, calicoctl: Calicoctl) -> None:
    """All objects of v1 kinds are listed, found by their names, and applied without a change."""
    names = calicoctl("get", "all", "-o", "name").stdout.split()
    assert len(set(names)) == len(names) == sum(kind_of_key(key) is not None for key in store.keys("/calico/"))
    if not names:
        return
    before = store.revision()
    manifests = calicoctl("get", "all", "-o", "yaml").stdout
    assert len(parse_printed(manifests)) == len(names)
    applied = calicoctl("apply", "-f", "-", input=manifests)
    assert (applied.exit_code, applied.stdout.splitlines()[-1]) == (0, f"{len(names)} unchanged"), applied.stderr
    found = calicoctl("get", *names, "-o", "name")
    assert (found.exit_code, sorted(found.stdout.split())) == (0, sorted(names))
    assert store.revision() == before


def test_each_step_stores_what_was_recorded(store: Etcd, calicoctl: Calicoctl, editor: str) -> None:
    for number, row in enumerate(ROWS):
        expected = {key: comparable(value) for key, value in row["changes"].items()}
        if row["by"] == "calicoctl":
            before = store.values()
            command = [word for word in row["command"] if word != "-f -"]
            result = calicoctl(*command, input=row["input"], env={"EDITOR": editor})
            assert result.exit_code == row["exit"], (number, command, result.stderr)
            after = store.values()
            changed = {key for key in {*before, *after} if after.get(key) != before.get(key)}
            assert {key: comparable(after.get(key)) for key in changed} == expected, (number, command)
        for key, value in row["changes"].items():  # with the recorded uid and time
            if value is None:
                store.delete(key)
            else:
                store.put(key, value)
        if number % _CHECKED_STEPS == 0:
            check_whole_store(store, calicoctl)
    check_whole_store(store, calicoctl)


def test_all_authors_and_kinds_take_part() -> None:
    assert {row["by"] for row in ROWS} == {"calicoctl 3.32.1", "calicoctl", "other"}
    assert len({kind_of_key(key) for row in ROWS for key in row["changes"]} - {None}) == 7
    assert len(ROWS) == 243
