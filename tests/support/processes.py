"""calicoctl as a process: in a shell, on a terminal, and the modules that it imports."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tests.support.runner import Result
from tests.support.tcp_proxy import TcpProxy

COMMAND = (sys.executable, "-m", "calicoctl")


def run_in_shell(script: str, *arguments: str, text: str = "") -> Result:
    """Run a shell script in which `"$@"` is calicoctl with these arguments."""
    done = subprocess.run(
        ["/bin/sh", "-c", script, "sh", *COMMAND, *arguments],
        input=text,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Result(done.returncode, done.stdout, done.stderr)


def run_on_terminal(*arguments: str, text: str = "") -> tuple[int, str, str]:
    """Run calicoctl with a terminal as stderr; its exit code, stdout, and what the terminal shows."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [*COMMAND, *arguments], input=text, stdout=subprocess.PIPE, stderr=theirs, text=True, check=False
        )
        shown = b""
        while select.select([ours], [], [], 0.1)[0]:
            shown += os.read(ours, 65536)
        return done.returncode, done.stdout, shown.decode().replace("\r\n", "\n")
    finally:
        os.close(ours)
        os.close(theirs)


def run_disturbed(
    proxy: TcpProxy,
    marker: bytes,
    happens: Callable[[subprocess.Popen[str]], None],
    *arguments: str,
    text: str,
    endpoints: Iterable[str] = (),
) -> Result:
    """Run calicoctl through a proxy; when the marker passes it, something happens to the process.

    Args:
        proxy: the proxy in front of etcd.
        marker: bytes of a request.
        happens: what happens, given the process.
        arguments: of calicoctl.
        text: its stdin.
        endpoints: further endpoints, after that of the proxy.
    """
    environment = {**os.environ, "ETCD_ENDPOINTS": ",".join([proxy.endpoint, *endpoints])}
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([*COMMAND, *arguments], env=environment, **pipes) as process:
        proxy.on_request(marker, lambda: happens(process))
        stdout, stderr = process.communicate(text, timeout=60)
    return Result(process.returncode, stdout, stderr)


def imported_modules(*arguments: str, text: str = "") -> set[str]:
    """The modules that a run of calicoctl has imported."""
    code = (
        "import sys, json\n"
        "from calicoctl.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(json.dumps(list(sys.modules)), file=sys.__stderr__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], input=text, capture_output=True, text=True, check=False
    )
    modules: list[str] = json.loads(done.stderr.splitlines()[-1])
    return set(modules)
