"""Completion in real shells: TAB on a terminal in bash and zsh, `complete -C` in fish."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from calicoctl.console.completion.items import TIMEOUT_VARIABLE
from tests.docs.conftest import put_calicoctl
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl

POOLS = """
- {apiVersion: v1, kind: ipPool, metadata: {cidr: "fd00:1::/64"}}
- {apiVersion: v1, kind: hostEndpoint, metadata: {name: eth0, node: host1}, spec: {interfaceName: eth0}}
"""
START = {
    "bash": ("bash", "--norc", "--noprofile", "-i"),
    "zsh": ("zsh", "-f", "-i"),
    "fish": ("fish", "--no-config"),
}
SHELL = pytest.mark.parametrize("name", ["bash", "zsh"])


def skip_without(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"there is no {name} here")


@pytest.fixture
def environment(store: Etcd, calicoctl: Calicoctl, tmp_path: Path) -> Mapping[str, str]:
    """Variables for a shell with calicoctl on its PATH, and some resources in the store."""
    several = manifest(profile("web"), profile("Net/One"), policy("db"))
    for text in (several, POOLS):
        assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    put_calicoctl(tmp_path / "bin")
    path = f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ours = {"PATH": path, "HOME": str(tmp_path), "TERM": "dumb", "LC_ALL": "C.UTF-8", TIMEOUT_VARIABLE: "60"}
    return {**os.environ, **ours}


class ShellTerminal:
    """A shell at a terminal, in which `calicoctl` shows the words that it is given: `<get><policy>`."""

    def __init__(self, end: int) -> None:
        self._end = end
        self._shown = ""

    def run_line(self, line: str) -> None:
        """Type a line, and wait until it has been carried out."""
        self.type_keys(f"{line}; echo 'do''ne'\n")
        self.wait_for(r"\ndone\r\n")

    def completed_words(self, keys: str) -> list[str]:
        """The words after `calicoctl` that the shell has when these keys and Return are typed after it."""
        self.type_keys(f"calicoctl {keys}")
        # A shell that has not read all keys can take Return for a part of the pasted text.
        self.wait_for(r"calicoctl ")
        time.sleep(0.1)
        self.type_keys("\n")
        return re.findall("<(.*?)>", self.wait_for(r"\n<.*>\r\n"))

    def type_keys(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def wait_for(self, pattern: str) -> str:
        """Return the next matching output, and drop the output before it."""
        deadline = time.monotonic() + 30
        while not (found := re.search(pattern, self._shown)):
            left = deadline - time.monotonic()
            assert left > 0, f"there is no {pattern!r} in {self._shown!r}"
            if select.select([self._end], [], [], left)[0]:
                self._shown += os.read(self._end, 65536).decode()
        self._shown = self._shown[found.end() :]
        return found[0]


@contextmanager
def terminal(name: str, folder: Path, environment: Mapping[str, str]) -> Iterator[ShellTerminal]:
    """A shell with completion loaded, in this folder."""
    process, end = pty.fork()
    if not process:  # pragma: no cover - the child
        os.chdir(folder)
        os.execvpe(START[name][0], START[name], dict(environment))  # noqa: S606
    try:
        shell = ShellTerminal(end)
        if name == "zsh":
            shell.run_line("autoload -Uz compinit && compinit -u -D")
        shell.run_line(f"source <(calicoctl completion {name})")
        # `env`, which the script uses, goes past it.
        shell.run_line("""calicoctl() { printf '<%s>' "$@"; echo; }""")
        yield shell
    finally:
        os.kill(process, signal.SIGKILL)
        os.close(end)
        os.waitpid(process, 0)


@SHELL
def test_tab(name: str, environment: Mapping[str, str], tmp_path: Path) -> None:
    skip_without(name)
    folder = tmp_path / "folder"
    (folder / "a folder").mkdir(parents=True)
    (folder / "policies.yaml").touch()
    expected = {
        "compl\tb\t": ["completion", "bash"],
        "get hoste\t": ["get", "hostEndpoint"],
        "get policy \t": ["get", "policy", "db"],
        "get profile w\t-o y\t": ["get", "profile", "web", "-o", "yaml"],
        "get profile N\t\t": ["get", "profile", "Net/One", "web"],
        "get pro/N\t": ["get", "pro/Net/One"],
        "get policy/db profi\tw\t": ["get", "policy/db", "profile/web"],
        "get ipPool fd00:\t": ["get", "ipPool", "fd00:1::/64"],
        "get ipPool 'fd00:\t": ["get", "ipPool", "fd00:1::/64"],
        "get hostEndpoint --node=h\t\t": ["get", "hostEndpoint", "--node=host1", "eth0"],
        "get hostEndpoint --node h\t": ["get", "hostEndpoint", "--node", "host1"],
        "get policy -o cust\tSEL\t,N\t": ["get", "policy", "-o", "custom-columns=SELECTOR,NAME"],
        "explain pol\t.sp\t.ord\t": ["explain", "policy.spec.order"],
        "trace --from profile:w\t--to=profile/w\t": ["trace", "--from", "profile:web", "--to=profile/web"],
        "connectivity --focus profile/N\t": ["connectivity", "--focus", "profile/Net/One"],
        "connectivity --focus=pro\tw\t": ["connectivity", "--focus=profile:web"],
        "apply -f pol\t--ato\t": ["apply", "-f", "policies.yaml", "--atomic"],
        "apply --filename=pol\t": ["apply", "--filename=policies.yaml"],
        "etcd start --data-dir a\tx": ["etcd", "start", "--data-dir", "a folder/x"],
        "get nonsense \tx": ["get", "nonsense", "x"],
    }
    with terminal(name, folder, environment) as shell:
        assert {keys: shell.completed_words(keys) for keys in expected} == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("comp", ["completion"]),
        ("get hoste", ["hostEndpoint"]),
        ("get profile ", ["Net/One", "web"]),
        ("get profile web ", ["Net/One"]),
        ("get pro/N", ["pro/Net/One"]),
        ("get ipPool fd00:", ["fd00:1::/64"]),
        ("get hostEndpoint --node=h", ["--node=host1"]),
        ("get hostEndpoint --node ", ["host1"]),
        ("trace --from profile:w", ["profile:web"]),
        ("trace --to=profile/N", ["--to=profile/Net/One"]),
        ("get --ign", ["--ignore-not-found"]),
        ("apply -f pol", ["policies.yaml"]),
        ("apply --filename=pol", ["--filename=policies.yaml"]),
        ("etcd start --data-dir a", ["a folder/"]),
        ("get nonsense ", []),
    ],
)
def test_fish(environment: Mapping[str, str], tmp_path: Path, line: str, words: list[str]) -> None:
    skip_without("fish")
    (tmp_path / "a folder").mkdir()
    (tmp_path / "policies.yaml").touch()
    script = f'calicoctl completion fish | source; complete -C "calicoctl {line}"'
    done = run([*START["fish"], "-c", script], tmp_path, environment)
    # The description follows the tab.
    assert (sorted(found.partition("\t")[0] for found in done.stdout.splitlines()), done.stderr) == (words, "")


FUNCTION = """
source <(calicoctl completion bash)
COMP_LINE=$1 COMP_POINT=${2:-${#1}}
_calicoctl_completion calicoctl
printf '%s\\n' "${COMPREPLY[@]}"
"""


def test_bash_calls_the_function(environment: Mapping[str, str], tmp_path: Path) -> None:
    line = "calicoctl get policy d and more"
    done = run(["bash", "-uec", FUNCTION, "bash", line, "23"], tmp_path, environment)
    assert done.stdout == "db\n"
    assert done.stderr == ""


def test_bash_prints_nothing_without_a_datastore(environment: Mapping[str, str], tmp_path: Path) -> None:
    down = {**environment, "ETCD_ENDPOINTS": "http://127.0.0.1:1"}
    done = run(["bash", "-uec", FUNCTION, "bash", "calicoctl get policy "], tmp_path, down)
    assert (done.stdout, done.stderr, done.returncode) == ("\n", "", 0)


def test_an_old_bash_gets_one_message(environment: Mapping[str, str], tmp_path: Path) -> None:
    # BASH_VERSINFO can't be set: an old bash is one whose script reads another variable.
    script = 'eval "$(calicoctl completion bash | sed s/BASH_VERSINFO/OLD/g)"; complete -p calicoctl'
    done = run(["bash", "-c", f"OLD=(3 2); {script}"], tmp_path, environment)
    first, second = done.stderr.splitlines()
    assert first.startswith("calicoctl: completion needs bash 4.4 or later, this is ")
    assert second.endswith("no completion specification")


def test_zsh_without_compinit_gets_a_message(environment: Mapping[str, str], tmp_path: Path) -> None:
    skip_without("zsh")
    done = run(["zsh", "-fc", "source <(calicoctl completion zsh)"], tmp_path, environment)
    assert done.stderr == ("calicoctl: completion needs zsh's own: put 'autoload -Uz compinit && compinit' before it\n")


def test_the_script_of_bash_in_another_shell(environment: Mapping[str, str], tmp_path: Path) -> None:
    skip_without("zsh")
    done = run(["zsh", "-fc", "source <(calicoctl completion bash)"], tmp_path, environment)
    assert done.stderr == "calicoctl: this completion is for bash; see calicoctl completion --help\n"


def run(command: list[str], folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env=dict(environment), capture_output=True, text=True, timeout=60, check=False
    )
