"""Much to read is shared with copies of the process: nobody can tell, and none of them stays behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.policies import manifest
from tests.support.etcd_server import Etcd
from tests.support.runner import Result

MANY = manifest(340)
PROCESSORS = sorted(os.sched_getaffinity(0))


def run(*command: str, text: str = "", processors: int = len(PROCESSORS)) -> Result:
    """Run Python on something, with only so many processors."""
    os.sched_setaffinity(0, PROCESSORS[:processors])
    try:
        done = subprocess.run([sys.executable, *command], input=text, capture_output=True, text=True, check=False)
    finally:
        os.sched_setaffinity(0, PROCESSORS)
    return Result(done.returncode, done.stdout, done.stderr)


def spoilt(text: str, *numbers: int) -> str:
    """The policies, of which some have two mistakes each."""
    for number in numbers:
        before, name, after = text.partition(f"name: app-{number:05}\n")
        text = before + name + after.replace("allow", "alow", 1).replace("app ==", "app =", 1)
    return text


TEXTS = {
    "valid": (MANY, 0),
    "mistakes in both halves": (spoilt(MANY, 3, 4, 300, 339), 3),
    "the same twice, far apart": (MANY + MANY[: MANY.index("- apiVersion", 9)], 3),
    "not YAML at its end": (f"{MANY}- [", 3),
    "an alias": (MANY.replace("order: 0\n", "order: &o 0\n").replace("order: 339\n", "order: *o\n"), 0),
    "no resource at its end": (f"{MANY}- text\n", 3),
    "documents": (MANY.replace("- apiVersion", "---\n- apiVersion"), 0),
    "quotes around what looks like an item": (MANY.replace("'backup'", "'\n- backup'"), 3),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_answer_is_that_of_one_process(name: str) -> None:
    text, code = TEXTS[name]
    command = ("-m", "calicoctl", "validate", "-f", "-", "-o", "junit")
    shared = run(*command, text=text)
    assert shared.exit_code == code
    assert shared == run(*command, text=text, processors=1)


COUNTING = """
import os, sys
fork, forks = os.fork, []
os.fork = lambda: forks.append(fork()) or forks[-1]
from calicoctl.operations.load.manifests import LoadOptions, load_resources
loaded = load_resources(["-"], recursive=False, options=LoadOptions("identity" in sys.argv))
names = [item.identifier.name for item in loaded.resources]
resources = [item.resource for item in loaded.resources if item.resource]
print(len(forks), len(names), names == sorted(names), len(resources), loaded.resources[-1].position)
"""


@pytest.mark.skipif(len(PROCESSORS) == 1, reason="there is nobody to share with")
def test_it_is_shared_where_that_pays() -> None:
    forks = min(4, len(PROCESSORS)) - 1
    last = MANY[: MANY.rindex("- apiVersion")].count("\n") + 1
    assert run("-c", COUNTING, text=MANY).stdout == f"{forks} 340 True 340 -:{last}:3\n"
    assert run("-c", COUNTING, "identity", text=MANY).stdout == f"{forks} 340 True 0 -:{last}:3\n"
    assert run("-c", COUNTING, text=MANY, processors=1).stdout.startswith("0 340 True 340 ")
    assert run("-c", COUNTING, text=manifest(10)).stdout.startswith("0 10 True 10 ")
    threads = "import threading, time\nthreading.Thread(target=time.sleep, args=(3,), daemon=True).start()\n"
    assert run("-c", threads + COUNTING, text=MANY).stdout.startswith("0 340 True 340 ")


FAILING = """
import errno, os, signal, sys
from calicoctl.operations.load.parallel import fork_map
here = os.getpid()
def work(part):
    if os.getpid() != here:
        {fails}
    return part, os.getpid() == here
{before}
print(fork_map(work, [1, 2, 3]), os.listdir("/proc/self/fd"))
try:
    print(os.waitpid(-1, 0))
except ChildProcessError:
    print("nobody is left")
"""
NOTHING = "pass"


@pytest.mark.parametrize(
    ("fails", "before", "here"),
    [
        (NOTHING, NOTHING, (True, False, False)),
        ("raise ValueError('in a copy')", NOTHING, (True, True, True)),
        ("sys.exit(3)", NOTHING, (True, True, True)),
        ("os.kill(os.getpid(), signal.SIGKILL)", NOTHING, (True, True, True)),
        ("return lambda: part", NOTHING, (True, True, True)),
        (NOTHING, "def fork():\n    raise OSError(errno.EAGAIN, 'no')\nos.fork = fork", (True, True, True)),
    ],
)
def test_what_a_copy_does_not_say_is_found_here(fails: str, before: str, here: tuple[bool, ...]) -> None:
    result = run("-c", FAILING.format(fails=fails, before=before))
    assert result.stderr == ""
    answers = list(zip((1, 2, 3), here, strict=True))
    assert result.stdout == f"{answers} ['0', '1', '2', '3']\nnobody is left\n"


def test_an_error_here_ends_the_copies() -> None:
    script = FAILING.format(fails="signal.pause()", before="work_ = work\n").replace(
        "    return part,", "    raise KeyboardInterrupt\n    return part,"
    )
    started = time.monotonic()
    result = run("-c", script)
    assert result.stderr.endswith("KeyboardInterrupt\n")
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("to_all", [True, False])
def test_ctrl_c_while_reading(store: Etcd, tmp_path: Path, to_all: bool) -> None:
    """As a terminal sends it, to every process of the group, or only to the one that was started."""
    path = tmp_path / "many.yaml"
    path.write_text(MANY * 30, encoding="utf-8")
    command = [sys.executable, "-m", "calicoctl", "apply", "-f", str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        deadline = time.monotonic() + 20
        while len(PROCESSORS) > 1 and not children.read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        copies = children.read_text().split()
        if to_all:
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=30)
    assert (process.returncode, stderr.strip()) == (130, "interrupted")
    assert len(PROCESSORS) == 1 or copies
    deadline = time.monotonic() + 10  # they have closed stderr, and end now
    while (left := [copy for copy in copies if Path("/proc", copy).exists()]) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == []
    assert store.keys() == []
