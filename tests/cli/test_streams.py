"""Pipes, terminals, signals and unusual files: calicoctl as a process among others."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from calicoctl.signals import SIGNAL_MESSAGES
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.processes import COMMAND, imported_modules, run_in_shell, run_on_terminal
from tests.support.runner import Calicoctl, Result

VALID_MANIFEST = manifest(profile("a"))


@pytest.mark.parametrize("arguments", [("apply", "-f", "-"), ("create", "-f", "-"), ("delete", "-s", "-f", "-")])
def test_writing_verbs_print_the_datastore_on_a_terminal(store: Etcd, arguments: tuple[str, ...]) -> None:
    code, stdout, shown = run_on_terminal(*arguments, text=VALID_MANIFEST)
    assert code == 0
    assert stdout.startswith("profile/a ")
    assert shown == f"datastore {store.endpoint} (from ETCD_ENDPOINTS)\n"


def test_the_config_file_of_the_datastore_is_printed(
    store: Etcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    path = tmp_path / "c.cfg"
    path.write_text(f"apiVersion: v1\nkind: calicoApiConfig\nspec: {{etcdEndpoints: '{store.endpoint}'}}\n")
    assert run_on_terminal("apply", "-f", "-", "-c", str(path), text=VALID_MANIFEST)[2] == (
        f"datastore {store.endpoint} (from {path})\n"
    )


def test_get_does_not_print_the_datastore(store: Etcd) -> None:
    code, stdout, shown = run_on_terminal("get", "profile")
    assert (code, stdout) == (0, "NAME\n")
    assert "datastore" not in shown  # a slow run shows its time


def test_the_datastore_is_not_printed_in_a_pipe(store: Etcd, calicoctl_process: Calicoctl) -> None:
    assert calicoctl_process("apply", "-f", "-", input=VALID_MANIFEST) == Result(
        0, "profile/a created\n1 created\n", ""
    )


def test_a_broken_pipe_is_not_an_error(store: Etcd, calicoctl: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(*(policy(f"p{index}") for index in range(100))))
    result = run_in_shell('{ "$@"; echo "exit $?" >&2; } | head -n 1', "get", "policy", "-o", "yaml")
    assert result == Result(0, "- apiVersion: v1\n", "exit 0\n")


@pytest.mark.parametrize("arguments", [("--help",), ("--version",), ("apply", "--help"), ("completion", "bash")])
def test_help_into_a_broken_pipe_is_not_an_error(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*COMMAND, *arguments], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_result_for_a_closed_stdout_is_an_error(store: Etcd) -> None:
    """As in coreutils and git: the result would be lost silently. Without a result, there is no error."""
    message = "cannot write the output: stdout is closed (redirect it to /dev/null to discard the output)\n"
    done = "the datastore is changed: 1 created\n"
    for arguments, code, stderr in (
        (("apply", "-f", "-"), 9, message + done),
        (("get", "profile"), 9, message),
        (("get", "policy", "-o", "name"), 0, ""),
        (("diff", "-f", "-"), 0, ""),
        (("version",), 9, message),
        (("--help",), 0, ""),
    ):
        assert run_in_shell('"$@" >&-', *arguments, text=VALID_MANIFEST) == Result(code, "", stderr)
    assert len(store.keys()) == 3


@pytest.mark.parametrize("redirection", ["2>&-", "2>/dev/full"])
def test_a_closed_stderr_changes_nothing(store: Etcd, redirection: str) -> None:
    assert run_in_shell(f'"$@" {redirection}', "apply", "-f", "-", text=VALID_MANIFEST) == Result(
        0, "profile/a created\n1 created\n", ""
    )
    for code, arguments in ((6, ("get", "profile", "x")), (2, ("apply",)), (2, ("get", "--nope"))):
        assert run_in_shell(f'"$@" {redirection}', *arguments).exit_code == code


def test_broken_pipe_on_stderr(store: Etcd) -> None:
    """A warning or an error that cannot be written does not change the exit code and does not prevent a write."""
    text = "apiVersion: v1\nkind: profile\nmetadata: {name: a, labels: {x: yes}}\n"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        for code, arguments in ((0, ("apply", "-f", "-")), (5, ("create", "-f", "-")), (2, ("get", "x"))):
            done = subprocess.run(
                [*COMMAND, *arguments],
                input=text,
                text=True,
                stdout=subprocess.PIPE,
                stderr=writing,
                check=False,
            )
            assert done.returncode == code
    finally:
        os.close(writing)
    assert len(store.keys()) == 3


def test_a_full_disk_is_reported_and_not_an_internal_error(store: Etcd) -> None:
    result = run_in_shell('"$@" >/dev/full', "get", "profile")
    assert result == Result(9, "", "cannot write the output: no space left on device\n")
    assert run_in_shell('"$@" >/dev/full', "--help") == result


def test_a_write_that_cannot_be_reported_is_done(store: Etcd) -> None:
    """Its exit code differs from that of a write that failed."""
    result = run_in_shell('"$@" >/dev/full', "apply", "-f", "-", text=manifest(profile("a"), profile("b")))
    assert result == Result(
        9, "", "cannot write the output: no space left on device\nthe datastore is changed: 2 created\n"
    )
    assert len(store.keys()) == 4
    dry_run = run_in_shell('"$@" >/dev/full', "delete", "profile", "a", "--dry-run")
    assert (dry_run.exit_code, dry_run.stderr) == (9, "cannot write the output: no space left on device\n")


def test_a_write_whose_report_nobody_reads_is_done(store: Etcd) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [*COMMAND, "apply", "-f", "-"]
    done = subprocess.run(command, input=VALID_MANIFEST.encode(), stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    said = b"the reader has closed the output; the datastore is changed: 1 created\n"
    assert (done.returncode, done.stderr) == (0, said)
    assert len(store.keys()) == 3


def test_a_closed_stdin(store: Etcd) -> None:
    assert run_in_shell('"$@" <&-', "apply", "-f", "-") == Result(2, "", "-: stdin is closed\n")
    assert run_in_shell('"$@" <&-', "get", "profile").exit_code == 0


def test_a_pipe_is_a_manifest(store: Etcd, tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text(VALID_MANIFEST)
    done = subprocess.run(
        ["/bin/sh", "-c", 'cat "$0" | "$@" -f /dev/stdin', str(tmp_path / "m.json"), *COMMAND, "apply"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "profile/a created\n1 created\n")


@pytest.mark.parametrize("number", SIGNAL_MESSAGES)
@pytest.mark.parametrize("arguments", [("get", "profile"), ("apply", "-f", "-"), ("get", "profile", "-o", "json")])
def test_a_signal_ends_it_at_once(clean_environment: None, arguments: tuple[str, ...], number: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {**os.environ, "ETCD_ENDPOINTS": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdin
        process.stdin.write(VALID_MANIFEST)
        process.stdin.close()
        process.stdin = None
        connection, _ = silent.accept()
        with connection:  # it waits for an answer now
            time.sleep(0.1)
            process.send_signal(number)
            started = time.monotonic()
            stdout, stderr = process.communicate(timeout=10)
    assert time.monotonic() - started < 5  # of the 6 that it would wait
    assert (process.returncode, stdout) == (128 + number, "")
    said = json.loads(stderr)["error"] if "json" in arguments else stderr.removesuffix("\n")
    assert said == SIGNAL_MESSAGES[number]


@pytest.mark.parametrize("place", ["before", "after"])
def test_the_log_goes_to_stderr(store: Etcd, calicoctl_process: Calicoctl, place: str) -> None:
    option = ("--log-level", "debug")
    words = ("get", "profile", "-o", "json")
    result = calicoctl_process(*((*option, *words) if place == "before" else (*words, *option)))
    assert (result.exit_code, result.stdout) == (0, "[]\n")
    assert f"datastore {store.endpoint}" in result.stderr
    assert all(" calicoctl." in line for line in result.stderr.splitlines())


@pytest.mark.parametrize("level", ["panic", "fatal", "error", "warn"])
def test_higher_log_levels_print_nothing(store: Etcd, calicoctl_process: Calicoctl, level: str) -> None:
    assert calicoctl_process("-l", level, "get", "profile") == Result(0, "NAME\n", "")


def test_output_is_utf_8_in_every_locale(store: Etcd, calicoctl: Calicoctl, calicoctl_process: Calicoctl) -> None:
    calicoctl("apply", "-f", "-", input=manifest(policy("p", annotations={"k": "Grüße ☃"})))
    for environment in ({"LC_ALL": "C"}, {"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}):
        result = calicoctl_process("get", "policy", "-o", "yaml", env=environment)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "k: Grüße ☃\n" in result.stdout


LATIN_1 = {"PYTHONIOENCODING": "latin-1"}


def test_formats_for_programs_are_utf_8_and_text_has_escapes(store: Etcd, tmp_path: Path) -> None:
    """A locale that lacks a character is not an internal error."""
    (tmp_path / "m.yaml").write_text(manifest(profile("a", labels={"k": "v"}), policy("p", selector="k == '☃é'")))
    environment = {**os.environ, **LATIN_1}

    def run(*arguments: str) -> bytes:
        done = subprocess.run([*COMMAND, *arguments], env=environment, capture_output=True, cwd=tmp_path, check=False)
        assert b"internal" not in done.stderr
        return done.stdout

    run("apply", "-f", "m.yaml")
    for form in ("yaml", "json", "custom-columns=SELECTOR"):
        assert "☃é" in run("get", "policy", "-o", form).decode()
    assert b"'\\u2603\xe9'" in run("get", "policy", "-o", "wide")  # é is in Latin-1


def test_file_names_that_are_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "m\udc80.yaml").write_text(manifest({"kind": "profile"}))
    for form in ("text", "json", "sarif", "junit", "github", "gitlab"):
        done = subprocess.run(
            [*COMMAND, "validate", "-R", "-f", str(tmp_path), "-o", form], capture_output=True, check=False
        )
        assert (done.returncode, done.stderr) == (3, b"")
        assert "udc80" in done.stdout.decode() or "%80" in done.stdout.decode()


@pytest.mark.parametrize(
    ("name", "data", "stderr"),
    [
        ("latin1.yaml", b"kind: profile\nname: Gr\xfc\xdfe\n", "{path}:2:9: byte 0xfc is not UTF-8 (save the file as"),
        ("empty.yaml", b"", "{path}: no resource in this manifest\n"),
        ("nul.yaml", b"kind: \0\n", "{path}:1:7: "),
        ("folder/", b"", "{path}: no *.yaml, *.yml, *.json in this directory\n"),
        ("missing.yaml", None, "{path}: can't be read: No such file or directory\n"),
    ],
)
def test_files_that_are_no_manifest(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, name: str, data: bytes | None, stderr: str
) -> None:
    path = tmp_path / name
    if name.endswith("/"):
        path.mkdir()
    elif data is not None:
        path.write_bytes(data)
    result = calicoctl("apply", "-f", str(path))
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr.startswith(stderr.format(path=path))


@pytest.mark.skipif(os.geteuid() == 0 and not shutil.which("setpriv"), reason="root may read everything")
def test_a_file_that_may_not_be_read(store: Etcd, tmp_path: Path) -> None:
    path = tmp_path / "secret.yaml"
    path.write_text(VALID_MANIFEST)
    path.chmod(0)
    rights = "-dac_override,-dac_read_search"  # with these, root can read files of any mode
    limited = ("setpriv", f"--bounding-set={rights}", f"--inh-caps={rights}") if os.geteuid() == 0 else ()
    done = subprocess.run([*limited, *COMMAND, "apply", "-f", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (3, "", f"{path}: can't be read: Permission denied\n")


def test_all_unreadable_files_are_reported_together(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(manifest({"kind": "profil"}))
    result = calicoctl("apply", "-f", str(tmp_path / "no.yaml"), "-f", str(tmp_path / "bad.yaml"))
    assert result.exit_code == 3
    assert f"{tmp_path}/no.yaml: can't be read" in result.stderr
    assert f"{tmp_path}/bad.yaml:2:" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text", "unwanted"),
    [
        (("--help",), "", ("grpc", "etcd3", "jsonschema", "jsonschema_rs", "tabulate", "yaml", "lark")),
        (("--version",), "", ("grpc", "etcd3", "jsonschema", "jsonschema_rs", "tabulate", "yaml", "lark")),
        (("apply", "--help"), "", ("grpc", "etcd3", "jsonschema", "jsonschema_rs", "tabulate", "yaml", "lark")),
        (("apply",), "", ("grpc", "etcd3", "jsonschema", "tabulate")),
        (("get", "nope"), "", ("grpc", "etcd3", "jsonschema", "tabulate")),
        (("apply", "-f", "-"), manifest({"kind": "profile"}), ("grpc", "etcd3", "tabulate")),
        (("apply", "-f", "missing.yaml"), "", ("grpc", "etcd3", "jsonschema", "tabulate")),
        (("apply", "-f", "-"), VALID_MANIFEST, ("jsonschema", "tabulate")),
        (("validate", "-f", "-"), VALID_MANIFEST, ("grpc", "etcd3", "jsonschema", "tabulate", "xml")),
        (("validate", "-f", "-", "-o", "sarif"), VALID_MANIFEST, ("grpc", "etcd3", "jsonschema", "tabulate", "xml")),
        (("get", "profile", "-o", "yaml"), "", ("jsonschema", "jsonschema_rs", "tabulate")),
        (("delete", "-s", "profile", "x"), "", ("jsonschema", "jsonschema_rs", "tabulate")),
    ],
)
def test_heavy_modules_are_imported_on_use_only(
    store: Etcd, arguments: Sequence[str], text: str, unwanted: Sequence[Any]
) -> None:
    assert set(unwanted) & imported_modules(*arguments, text=text) == set()
