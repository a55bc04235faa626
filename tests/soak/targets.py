"""What is fed with mutated inputs: manifests, stored values, configuration files and selectors; `plans` has the plans.

A target has valid inputs and a function that runs one input and returns the reason why the answer is wrong, if it is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

from calicoctl import config
from calicoctl.errors import ExitCode, UsageError
from calicoctl.kinds import kind_of_key
from calicoctl.selector import SelectorError, parse
from tests.soak.mutator import mutate, mutate_text
from tests.support.etcd_server import Etcd
from tests.support.recordings import load_rows, manifest_bytes
from tests.support.runner import Calicoctl, Result

EXAMPLES = Path(__file__).parents[2] / "examples"
_RAW = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Characters that no message may contain."""
_MAX_LINE_LENGTH = 2000
"""Longest line of a message in characters: a message with several clipped values."""
_OFFLINE = (
    ("validate", "-f", "-"),
    ("validate", "-f", "-", "-o", "json"),
    ("convert", "-f", "-", "--to", "v3"),
    ("convert", "-f", "-", "--to", "v1"),
    ("lint", "-f", "-"),
    ("connectivity", "-f", "-"),
)
_ONLINE = (
    ("get", "all", "-o", "yaml"),
    ("get", "all", "-o", "wide"),
    ("get", "all", "-o", "name"),
    ("get", "all", "--selector", "a == 'b'"),
    ("lint",),
    ("connectivity",),
    ("export",),
    ("delete", "profile", "good", "--dry-run"),
)
_LABELS: tuple[dict[str, str], ...] = ({}, {"a": "b"}, {"b": ""}, {"a": "a", "b": "&&"}, {"role": "db", "env": "prod"})


class Target(NamedTuple):
    """Something that reads inputs."""

    name: str
    corpus: Sequence[bytes]
    """Valid inputs."""
    run: Callable[[Random, bytes], str]
    """Runs one input; returns what is wrong with the answer, or an empty text."""
    mutate: Callable[[Random, bytes, Sequence[bytes]], bytes] = mutate
    """Makes an input from a valid one."""


def manifests(calicoctl: Calicoctl) -> Target:
    """Manifests, read by the commands that need no datastore."""
    recorded = [manifest_bytes(row["manifest"]) for row in load_rows("v1-oracle") if row.get("manifest")]
    converted = [json.dumps(row["v1"]).encode() for row in load_rows("convert") if row["accept"]]
    corpus = [*converted, *converted, *(path.read_bytes() for path in sorted(EXAMPLES.rglob("*.yaml"))), *recorded]

    def run(random: Random, data: bytes) -> str:
        command = random.choice(_OFFLINE)
        return wrong_answer(command, calicoctl(*command, input=data))

    return Target("manifests", [data for data in corpus if len(data) < 4000], run)


def stored_values(store: Etcd, calicoctl: Calicoctl) -> Target:
    """Values in the datastore beside a good one, read by the commands that list everything."""
    rows = [
        (row["etcd_key"], row["etcd_value"].encode()) for row in load_rows("storage") if kind_of_key(row["etcd_key"])
    ]
    keys = {value: key for key, value in rows}
    good = "/calico/resources/v3/projectcalico.org/profiles/good"

    def run(random: Random, data: bytes) -> str:
        store.wipe()
        store.put(good, b'{"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"good"},"spec":{}}')
        store.put(random.choice(list(keys.values())), data)
        command = random.choice(_ONLINE)
        result = calicoctl(*command)
        if command[-1] == "name" and "profile/good\n" not in result.stdout:
            return f"{command}: the other resource is missing: {result}"
        return wrong_answer(command, result)

    return Target("stored values", list(keys), run)


def configurations(path: Path) -> Target:
    """Configuration files, written to a path."""
    corpus = [
        b"apiVersion: v1\nkind: calicoApiConfig\nmetadata:\nspec:\n  etcdEndpoints: http://127.0.0.1:2379\n"
        b"  etcdUsername: user\n  etcdPassword: secret\n",
        b"apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata: {name: a}\nspec:\n"
        b"  datastoreType: etcdv3\n  etcdEndpoints: https://a:2379,https://b:2379\n  etcdKey: |\n    text\n",
        b'{"apiVersion": "v1", "kind": "calicoApiConfig", "spec": {"etcdAuthority": "a:1", "etcdScheme": "http"}}',
    ]

    def run(_random: Random, data: bytes) -> str:
        path.write_bytes(data)
        try:
            config.load(str(path), {})
        except UsageError as error:
            return wrong_text("".join(f"{line}\n" for line in error.lines))
        return ""

    return Target("configuration files", corpus, run)


def selectors() -> Target:
    """Selectors: the canonical form of an accepted one is accepted, and matches the same labels."""
    corpus = [row["sel"].encode("utf-8", "surrogatepass")[:500] for row in load_rows("selectors") if row["sel"]]

    def run(_random: Random, data: bytes) -> str:
        text = data.decode("utf-8", "surrogateescape")
        try:
            selector = parse(text)
        except SelectorError as error:
            return "" if str(error) else "an error with an empty message"
        canonical = parse(str(selector))
        differs = any(selector.matches(labels) != canonical.matches(labels) for labels in _LABELS)
        return f"{selector} matches other labels" if differs else ""

    return Target("selectors", corpus, run, mutate_text)


@contextmanager
def reported_exceptions() -> Iterator[list[str]]:
    """Collect an exception of the block as the reason why an answer is wrong."""
    reasons: list[str] = []
    try:
        yield reasons
    except Exception as error:  # noqa: BLE001 - any of them is a fault
        import traceback

        last = traceback.extract_tb(error.__traceback__)[-1]
        reasons.append(f"{type(error).__name__}: {str(error)[:200]} at {Path(last.filename).name}:{last.lineno}")


def wrong_answer(command: Sequence[str], result: Result) -> str:
    """Return why the answer of a command is wrong for any input, or an empty text."""
    if result.exit_code == ExitCode.INTERNAL or result.exit_code not in set(ExitCode):
        return f"{command}: exit code {result.exit_code}: {result.stderr[:300]}"
    if result.exit_code and not (result.stderr or result.stdout):
        return f"{command}: exit code {result.exit_code} without output"
    return wrong_text(result.stderr) and f"{command}: {wrong_text(result.stderr)}"


def wrong_text(text: str) -> str:
    """Return why messages are wrong: a raw control character, or a line without an end."""
    if raw := _RAW.search(text):
        return f"the raw character {raw[0]!r} in a message: {text[max(0, raw.start() - 80) : raw.end() + 20]!r}"
    longest = max(text.splitlines(), key=len, default="")
    return f"a message of {len(longest)} characters: {longest[:200]}" if len(longest) > _MAX_LINE_LENGTH else ""
