"""Every exit code, and what goes to which stream with it."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, profile
from tests.support.runner import Calicoctl
from tests.support.stored_objects import CLUSTER_KEY, put_cluster_information

VALID_MANIFEST = manifest(profile("a"))
INVALID_MANIFEST = manifest({"kind": "profile"})


@pytest.mark.parametrize(
    ("code", "arguments", "text"),
    [
        (0, ("apply", "-f", "-"), VALID_MANIFEST),
        (0, ("get", "profile"), ""),
        (0, ("get", "profile", "x", "--ignore-not-found"), ""),
        (0, ("delete", "-s", "profile", "x"), ""),
        (0, ("version",), ""),
        (0, ("--help",), ""),
        (0, ("--version",), ""),
        (0, ("apply", "-h"), ""),
        (2, ("apply",), ""),
        (2, ("apply", "-f"), ""),
        (2, ("apply", "-f", "-", "-f", "-"), VALID_MANIFEST),
        (3, ("apply", "-f", "-", "more"), VALID_MANIFEST),
        (2, ("apply", "-f", "-", "--skip-exists"), VALID_MANIFEST),
        (2, ("get", "profile", "--timeout", "0"), ""),
        (2, ("get", "profile", "--timeout", "-1"), ""),
        (2, ("get", "profile", "--timeout", "nan"), ""),
        (2, ("get", "profile", "--timeout", "1e300"), ""),
        (2, ("get", "profile", "--timeout", "soon"), ""),
        (2, ("get", "profile", "--config", "missing.cfg"), ""),
        (2, ("--log-level", "loud", "get", "profile"), ""),
        (2, ("delete",), ""),
        (2, ("delete", "profile"), ""),
        (2, ("delete", "profile", "a", "-f", "-"), VALID_MANIFEST),
        (3, ("apply", "-f", "-"), INVALID_MANIFEST),
        (3, ("apply", "-f", "-"), ""),
        (3, ("apply", "-f", "-"), "# nothing\n---\n"),
        (3, ("apply", "-f", "missing.yaml"), ""),
        (3, ("delete", "-f", "-"), "kind: profile\n"),
        (3, ("get", "-f", "-"), "- just\n- texts\n"),
        (0, ("validate", "-f", "-"), VALID_MANIFEST),
        (2, ("validate",), ""),
        (2, ("validate", "-f", ""), ""),
        (2, ("validate", "-f", "-", "-f", "-"), VALID_MANIFEST),
        (2, ("validate", "-f", "-", "-o", "yaml"), VALID_MANIFEST),
        (5, ("replace", "-f", "-"), VALID_MANIFEST),
        (5, ("delete", "-f", "-"), VALID_MANIFEST),
        (6, ("get", "profile", "x"), ""),
        (6, ("get", "-f", "-"), VALID_MANIFEST),
    ],
)
def test_exit_code(store: Etcd, calicoctl: Calicoctl, code: int, arguments: tuple[str, ...], text: str) -> None:
    result = calicoctl(*arguments, input=text)
    assert result.exit_code == code
    assert bool(result.stderr) == bool(code)
    assert not (code and result.stdout)
    assert "Traceback" not in result.stderr
    assert "internal error" not in result.stderr


def test_exit_code_of_a_locked_store(store: Etcd, calicoctl: Calicoctl) -> None:
    put_cluster_information(store, datastoreReady=False)
    assert calicoctl("apply", "-f", "-", input=VALID_MANIFEST).exit_code == 8
    assert store.keys() == [CLUSTER_KEY]


def test_exit_code_of_an_existing_resource(store: Etcd, calicoctl: Calicoctl) -> None:
    assert [calicoctl("create", "-f", "-", input=VALID_MANIFEST).exit_code for _ in range(2)] == [0, 5]


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.mark.parametrize(
    "arguments", [("apply", "-f", "-"), ("get", "profile"), ("delete", "profile", "a"), ("version",)]
)
def test_etcd_that_is_down(clean_environment: None, calicoctl: Calicoctl, arguments: tuple[str, ...]) -> None:
    one, two = (f"http://127.0.0.1:{_closed_port()}" for _ in range(2))
    started = time.monotonic()
    result = calicoctl(*arguments, input=VALID_MANIFEST, env={"ETCD_ENDPOINTS": f"{one},{two}"})
    assert time.monotonic() - started < 6
    assert result.exit_code == 4
    assert result.stderr == (
        "can't reach the datastore (endpoints from: ETCD_ENDPOINTS)\n"
        f"  {one}: connection refused\n"
        f"  {two}: connection refused\n"
    )


def test_a_silent_server_causes_a_timeout(clean_environment: None, calicoctl: Calicoctl) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        result = calicoctl("get", "profile", "--timeout", "0.3", env={"ETCD_ENDPOINTS": endpoint})
        assert 0.25 < time.monotonic() - started < 3
    assert (result.exit_code, result.stdout) == (4, "")
    assert f"  {endpoint}: no answer within 0.3 s\n" in result.stderr


@pytest.mark.parametrize("arguments", [("apply", "-f", "-"), ("get", "-f", "-"), ("delete", "-f", "-")])
def test_an_invalid_manifest_is_reported_before_connecting(
    clean_environment: None, calicoctl: Calicoctl, arguments: tuple[str, ...]
) -> None:
    environment = {"ETCD_ENDPOINTS": f"http://127.0.0.1:{_closed_port()}"}
    assert calicoctl(*arguments, input=INVALID_MANIFEST, env=environment).exit_code == 3


@pytest.mark.parametrize(
    ("word", "stderr"),
    [
        ("aply", "no command 'aply' (did you mean 'apply'?)\n"),
        ("GET", "no command 'GET' (did you mean 'get'?)\n"),
        ("upgrade", "no command 'upgrade' (commands are apply, create, replace, delete, "),
        ("ipam", "no command 'ipam' ("),
        ("node", "no command 'node' ("),
    ],
)
def test_unknown_commands_take_one_line(calicoctl: Calicoctl, word: str, stderr: str) -> None:
    for rest in ((), ("get", "asNumber"), ("--help",)):
        result = calicoctl(word, *rest)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(stderr)
        assert len(result.stderr.splitlines()) == 1


def test_no_argument_shows_the_help(calicoctl: Calicoctl) -> None:
    result = calicoctl()
    assert result.exit_code == 2
    assert "Commands:" in result.stderr


def test_every_exit_code_is_in_the_help(calicoctl: Calicoctl) -> None:
    listed = re.findall(r"^ +(\d+) {2,}\w", calicoctl("--help").stdout, re.MULTILINE)
    assert listed == ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "70", "129", "130", "143"]


def test_a_bug_is_one_message_and_no_traceback(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("on purpose")

    monkeypatch.setattr("calicoctl.datastore.client.Datastore.read", fail)
    result = calicoctl("get", "profile")
    assert (result.exit_code, result.stdout) == (70, "")
    assert re.match(r"internal error: RuntimeError: on purpose \(.*test_exit_codes\.py:\d+\)\n", result.stderr)


CONFIG = "apiVersion: v1\nkind: calicoApiConfig\nmetadata:\nspec:\n"


@pytest.mark.parametrize(
    ("text", "stderr"),
    [
        (None, "{path}: no such file or directory\n"),
        (f"{CONFIG}  etcdEndpoint: http://h:1\n", "{path}:5:3: spec: unknown field (did you mean "),
        (f"{CONFIG}  datastoreType: kubernetes\n  etcdEndpoints: http://h:1\n", "{path}:5:18: spec.datastoreType: "),
        (f"{CONFIG}  datastoreType: etcdv2\n  etcdEndpoints: http://h:1\n", "{path}:5:18: spec.datastoreType: "),
        (CONFIG, "{path}: spec.etcdEndpoints: missing (expected http://HOST:PORT)\n"),
        ("- a\n", "{path}: expected a mapping of kind calicoApiConfig\n"),
    ],
)
def test_a_bad_configuration_file(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, text: str | None, stderr: str
) -> None:
    path = tmp_path / "calicoctl.cfg"
    if text is not None:
        path.write_text(text)
    for arguments in (("get", "profile"), ("version",), ("apply", "-f", "-")):
        result = calicoctl(*arguments, "--config", str(path), input=VALID_MANIFEST)
        assert result.exit_code == 2
        assert result.stderr.startswith(stderr.format(path=path))
    assert store.keys() == []


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_a_configuration_file_is_used_alone(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setenv("ETCD_ENDPOINTS", f"http://127.0.0.1:{_closed_port()}")
    path = tmp_path / "calicoctl.cfg"
    document = {"apiVersion": "v1", "kind": "calicoApiConfig", "spec": {"etcdEndpoints": store.endpoint}}
    yaml = f"{CONFIG}  datastoreType: etcdv3\n  etcdEndpoints: {store.endpoint}\n"
    path.write_text(yaml if form == "yaml" else json.dumps(document))
    assert calicoctl("get", "profile", "-c", str(path)).exit_code == 0


Environment = Callable[[str], dict[str, str]]
UNREACHABLE_ENDPOINT = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    "environment",
    [
        lambda endpoint: {"ETCD_ENDPOINTS": endpoint},
        lambda endpoint: {"CALICO_ETCD_ENDPOINTS": endpoint, "ETCD_ENDPOINTS": UNREACHABLE_ENDPOINT},
        lambda endpoint: {"ETCD_AUTHORITY": endpoint.removeprefix("http://")},
        lambda endpoint: {"ETCD_AUTHORITY": endpoint.removeprefix("http://"), "ETCD_SCHEME": "http"},
        lambda endpoint: {"CALICO_ETCD_AUTHORITY": endpoint.removeprefix("http://"), "ETCD_AUTHORITY": "127.0.0.1:1"},
        lambda endpoint: {"ETCD_ENDPOINTS": f"{UNREACHABLE_ENDPOINT},{endpoint}"},
        lambda endpoint: {"ETCD_ENDPOINTS": endpoint, "DATASTORE_TYPE": "etcdv3"},
    ],
)
def test_settings_in_the_environment(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch, environment: Environment
) -> None:
    monkeypatch.delenv("ETCD_ENDPOINTS")
    result = calicoctl("get", "profile", env=environment(store.endpoint))
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.parametrize("variable", ["DATASTORE_TYPE", "CALICO_DATASTORE_TYPE"])
@pytest.mark.parametrize("kind", ["etcdv2", "kubernetes", "consul"])
def test_other_datastores_are_refused(store: Etcd, calicoctl: Calicoctl, variable: str, kind: str) -> None:
    result = calicoctl("get", "profile", env={variable: kind})
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(f"{variable}: ")
    assert "etcdv3" in result.stderr
