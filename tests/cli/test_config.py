"""config, and --config, --context and --endpoints before and after the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.runner import Calicoctl, output_lines

CLOSED = "http://127.0.0.1:1"


@pytest.fixture
def config_file(tmp_path: Path, store: Etcd) -> str:
    """A file whose first context is unreachable; `test` is the store."""
    head = "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata: {name: NAME}\nspec:\n"
    production = f"  etcdEndpoints: {CLOSED}\n  etcdUsername: me\n  etcdPassword: hunter2\n"
    contexts = (("production", production), ("test", f"  etcdEndpoints: {store.endpoint}\n"))
    path = tmp_path / "calicoctl.cfg"
    path.write_text("---\n".join(head.replace("NAME", name) + spec for name, spec in contexts))
    return str(path)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("-c FILE --context test", ""),
        ("", "-c FILE --context test"),
        ("-c FILE", "--context test"),
        ("--context test", "-c FILE"),
        ("-c /nonexistent --context production", "--config=FILE --context=test"),
        ("-c FILE --endpoints STORE", ""),
        ("-c FILE --context test --endpoints http://127.0.0.1:1", "--endpoints STORE"),
        ("--endpoints STORE", ""),
    ],
)
def test_options_before_and_after_the_command(
    store: Etcd, calicoctl: Calicoctl, config_file: str, before: str, after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETCD_ENDPOINTS", CLOSED)

    def words(text: str) -> list[str]:
        return text.replace("FILE", config_file).replace("STORE", store.endpoint).split()

    result = calicoctl(*words(before), "version", *words(after))
    assert (result.exit_code, result.stderr) == (0, "")
    assert f"Datastore:         {store.endpoint}" in result.stdout


def test_the_variable_selects_a_context(store: Etcd, calicoctl: Calicoctl, config_file: str) -> None:
    test = {"CALICO_CONTEXT": "test"}
    assert store.endpoint in calicoctl("version", "-c", config_file, env=test).stdout
    result = calicoctl("version", "-c", config_file, "--context", "production", env=test)
    message = f"can't reach the datastore (endpoints from: {config_file}, context production)"
    assert (result.exit_code, result.stderr.splitlines()[0]) == (4, message)


def test_get_contexts(store: Etcd, calicoctl: Calicoctl, config_file: str) -> None:
    list_contexts = ("config", "get-contexts", "-c", config_file)
    rows = [line.split() for line in output_lines(calicoctl(*list_contexts))]
    assert rows == [["CURRENT", "NAME", "ENDPOINTS"], ["*", "production", CLOSED], ["test", store.endpoint]]
    assert output_lines(calicoctl(*list_contexts, "-o", "name")) == ["production", "test"]
    records = json.loads(calicoctl(*list_contexts, "--context", "test", "-o", "json").stdout)
    assert records[1] == {"name": "test", "current": True, "endpoints": [store.endpoint]}
    assert records[0]["current"] is False


def test_contexts_of_one_name(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    path = tmp_path / "x.cfg"
    context = "apiVersion: v1\nkind: calicoApiConfig\nmetadata: {name: a}\nspec: {etcdEndpoints: 'http://a:1'}\n"
    path.write_text(f"{context}---\n{context}---\n{context.replace('name: a', '')}---\n{context.replace('a}', 'b}')}")
    result = calicoctl("config", "get-contexts", "-c", str(path))
    message = f"warning: {path}: several contexts 'a': --context a is refused (give them different names)\n"
    assert (result.exit_code, result.stderr) == (0, message)
    assert calicoctl("config", "view", "-c", str(path), "--context", "a").exit_code == 2


def test_view(store: Etcd, calicoctl: Calicoctl, config_file: str) -> None:
    assert [line.split() for line in output_lines(calicoctl("config", "view", "-c", config_file))] == [
        ["SETTING", "VALUE", "ORIGIN"],
        ["etcdEndpoints", CLOSED, f"{config_file}:5:18"],
        ["etcdUsername", "me", f"{config_file}:6:17"],
        ["etcdPassword", "(hidden)", f"{config_file}:7:17"],
    ]
    result = calicoctl("--endpoints", store.endpoint, "config", "view", "-o", "json", env={"ETCD_PASSWORD": "hunter2"})
    assert (result.exit_code, "hunter2" in result.stderr) == (2, False)
    login = {"ETCD_USERNAME": "me", "ETCD_PASSWORD": "hunter2"}
    result = calicoctl("--endpoints", store.endpoint, "config", "view", "-o", "json", env=login)
    assert json.loads(result.stdout) == [
        {"field": "etcdEndpoints", "value": store.endpoint, "origin": "--endpoints"},
        {"field": "etcdUsername", "value": "me", "origin": "ETCD_USERNAME"},
        {"field": "etcdPassword", "value": None, "origin": "ETCD_PASSWORD"},
    ]


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("set", "logLevel", "none"), "no command 'config set' in this version: for settings of Felix and BGP, "),
        (("get", "asNumber"), "no command 'config get' in this version: for settings of Felix and BGP, "),
        (("use-context", "test"), "no command 'config use-context' in this version: use --context NAME or "),
        (("get-contexts", "-c", "/nonexistent"), "/nonexistent: no such file or directory\n"),
    ],
)
def test_commands_that_fail(calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    result = calicoctl("config", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("config", "view"),
        ("config", "view", "-o", "json"),
        ("config", "get-contexts", "-o", "json"),
        ("doctor",),
        ("doctor", "-o", "json"),
        ("get", "policy", "--log-level", "debug"),
        ("version", "--context", "production", "--log-level", "debug"),
    ],
)
def test_no_command_prints_a_password_or_a_key(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    path = tmp_path / "calicoctl.cfg"
    path.write_text(
        "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata: {name: production}\nspec:\n"
        f"  etcdEndpoints: {store.endpoint.replace('http', 'https')}\n  etcdUsername: me\n  etcdPassword: hunter2\n"
        "  etcdKey: |\n    -----BEGIN PRIVATE KEY-----\n    aHVudGVyMg\n    -----END PRIVATE KEY-----\n"
        "  etcdCert: |\n    -----BEGIN CERTIFICATE-----\n    aHVudGVyMg\n    -----END CERTIFICATE-----\n"
    )
    result = calicoctl(*arguments, "-c", str(path))
    output = result.stdout + result.stderr
    assert output
    assert "hunter2" not in output
    assert "aHVudGVyMg" not in output
