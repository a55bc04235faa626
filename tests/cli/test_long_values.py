"""No message and no line of text for users shows more than some hundred or thousand characters of any value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from calicoctl.kinds import KINDS
from calicoctl.printable import MAX_LINE_LENGTH, MAX_MESSAGE_LENGTH
from calicoctl.schema.store import load_schema, load_stored_schema
from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl, Result
from tests.support.unreadable_objects import put_all, stored_document
from tests.support.wrong_types import MANIFESTS, fields, type_names, with_value

LONG = "x" * 1_000_000
STORED = "y" * 100_000
"""Long value in the store: a hundred of them fit into a few transactions."""
_PREFIX_LENGTH = 150
"""Maximum length of `warning:`, or of the names of the fields of a message in JSON."""
_MARKER_LENGTH = len("... [1,000,000 characters, sha256 01234567] ...")

TEST = """\
apiVersion: v1
kind: policyTest
metadata: {name: t}
spec:
  cases:
  - {name: VALUE, from: VALUE, expect: VALUE}
"""


def check_lines(result: Result, context: object) -> None:
    """Check the lines of text for users, and all messages."""
    for line in result.stderr.splitlines():
        limit = MAX_LINE_LENGTH if line.startswith("{") else MAX_MESSAGE_LENGTH  # JSON has the name of the file, too
        assert len(line) <= limit + _PREFIX_LENGTH + _MARKER_LENGTH, (context, line[:200])
    for line in result.stdout.splitlines():
        assert len(line) <= MAX_LINE_LENGTH + _MARKER_LENGTH, (context, line[:200])
    assert "internal error" not in result.stderr, (context, result.stderr)


def long_manifests() -> Iterator[tuple[str, Any]]:
    """Yield a name and a manifest for each field of each kind, with a long value or a long key."""
    for name, manifest in MANIFESTS.items():
        long = LONG if name == "policy" else STORED
        for path, schema in fields(load_schema(name)):
            if "egress" in path:  # as ingress
                continue
            for value in (long, {long: "x"}, [long]) if "object" in type_names(schema) else (long,):
                yield f"{name} {path}", with_value(manifest, path, value)
        yield f"{name} key", {**manifest, long: 1}


def test_long_values_in_manifests(calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    count = 0
    for name, manifest in long_manifests():
        path.write_text(json.dumps(manifest), encoding="utf-8")
        result = calicoctl("validate", "-f", str(path))
        check_lines(result, name)
        count += result.exit_code == 3
    assert count > 100


@pytest.mark.parametrize("form", ["json", "sarif", "junit", "github", "gitlab"])
def test_formats_for_programs_have_clipped_messages(calicoctl: Calicoctl, form: str) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "policy", "metadata": {"name": LONG}, "spec": {"types": [LONG]}})
    result = calicoctl("validate", "-f", "-", "-o", form, input=text)
    assert (result.exit_code, result.stderr) == (3, "")
    assert 200 < len(result.stdout) < 20_000


ARGUMENTS: list[tuple[str, ...]] = [
    (LONG,),
    ("get", LONG),
    ("get", "profile", LONG),
    ("get", f"profile/{LONG}"),
    ("get", "hostEndpoint", f"--{LONG}"),
    ("get", "hostEndpoint", "--node", LONG, "x"),
    ("get", "profile", "-o", LONG),
    ("get", "profile", "-o", f"custom-columns={LONG}"),
    ("get", "profile", "-l", LONG),
    ("get", "profile", "-l", f"a == '{LONG}' b"),
    ("get", "profile", "-c", LONG),
    ("get", "profile", "--timeout", LONG),
    ("get", "-f", LONG),
    ("apply", "-f", LONG),
    ("apply", "-f", LONG[:200]),
    ("apply", "-f", "/dev/null", "--set", LONG),
    ("apply", "--plan", LONG),
    ("delete", "profile", LONG),
    ("wait", f"profile/{LONG}", "--for=present", "--timeout=0"),
    ("label", "profile", LONG, "a=b"),
    ("label", "profile", "a", f"{LONG}={LONG}"),
    ("patch", "profile", "a", "-p", LONG),
    ("explain", LONG),
    ("explain", f"policy.{LONG}"),
    ("schema", LONG),
    ("lint", "--explain", LONG),
    ("trace", "--from", LONG, "--to", "outside"),
    ("trace", "--from", f"selector:{LONG}", "--to", "outside"),
    ("trace", "--from", f"labels:{LONG}", "--to", "outside"),
    ("trace", "--from", f"labels:a={LONG}", "--to", "outside"),
    ("trace", "--from", "outside", "--to", "outside", "--protocol", LONG),
    ("trace", "--from", "outside", "--to", "outside", "--protocol", "tcp", "--port", LONG),
    ("connectivity", "--focus", LONG),
    ("connectivity", "--group-by", LONG),
    ("connectivity", "--group-by", f"label:{LONG}"),
    ("test", LONG),
    ("diff", "--semantic", LONG, LONG),
    ("plan", "--show", LONG),
    ("convert", "-f", LONG, "--to", "v3"),
    ("completion", LONG),
]


def test_long_arguments(store: Etcd, calicoctl: Calicoctl) -> None:
    for arguments in ARGUMENTS:
        result = calicoctl(*arguments)
        check_lines(result, arguments[:2])
        assert result.exit_code in range(10), (arguments[:2], result.stderr)
        if result.exit_code > 1 and "-o" not in arguments:
            check_lines(calicoctl(*arguments, "-o", "json"), (*arguments[:2], "json"))


def test_long_values_in_policy_tests(calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(TEST.replace("VALUE", LONG), encoding="utf-8")
    result = calicoctl("test", str(path))
    assert result.exit_code == 3
    check_lines(result, "test")


@pytest.fixture
def long_store(store: Etcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Etcd:
    """A store with an object for each text of each kind, which is long."""
    monkeypatch.chdir(tmp_path)
    values = {}
    for kind in KINDS:
        document = stored_document(kind)
        namespace = "default/" if kind.name == "workloadEndpoint" else ""
        texts = [
            path for path, schema in fields(load_stored_schema(kind.stored_kind.kind)) if "string" in type_names(schema)
        ]
        for number, path in enumerate(texts):
            key = kind.stored_kind.key(f"{namespace}long-{number}")
            values[key] = json.dumps(with_value(document, path, STORED)).encode()
    for start in range(0, len(values), 8):
        put_all(store, dict(list(values.items())[start : start + 8]))
    Path("all.json").write_text(json.dumps(list(MANIFESTS.values())), encoding="utf-8")
    return store


def test_long_values_in_the_store(long_store: Etcd, calicoctl: Calicoctl) -> None:
    clipped = 0
    for command in (
        *(("get", kind.name, "-o", "wide") for kind in KINDS),
        ("get", "all"),
        ("lint",),
        ("connectivity",),
        ("connectivity", "--group-by", "endpoint"),
        ("trace", "--from", "outside", "--to", "selector:all()"),
        ("diff", "-f", "all.json"),
        ("diff", "-f", "all.json", "--semantic"),
        ("plan", "-f", "all.json"),
        ("label", "profile", "--all", "x=y", "--dry-run"),
        ("delete", "profile", "long-1"),
        ("version",),
    ):
        result = calicoctl(*command)
        check_lines(result, command)
        clipped += "characters" in result.stdout + result.stderr
    assert clipped >= 6


def test_names_and_custom_columns_are_complete(long_store: Etcd, calicoctl: Calicoctl) -> None:
    rows = calicoctl("get", "policy", "-o", "custom-columns=SELECTOR").stdout.splitlines()
    assert STORED in rows
