"""Signals at any moment of the start: one message, never a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from calicoctl.errors import interruption
from calicoctl.signals import SIGNAL_EXIT_BASE, SIGNAL_MESSAGES
from tests.support.manifests import manifest, profile
from tests.support.processes import COMMAND

ENTRY_POINTS = {
    "module": "import runpy\nrunpy.run_module('calicoctl', run_name='__main__', alter_sys=True)",
    "console script": "from calicoctl.__main__ import run\nrun()",
}

# Each import of a module is an audit event, and each executed module another one. The signal is sent at the event with
# the given number after the first line of calicoctl.__main__.
SCRIPT = """
import os, sys
sys.argv = ["calicoctl", "validate", "-f", "-"]
moment, number, started, count = {moment}, {number}, False, 0

def hook(event, arguments):
    global started, count
    if started and event in ("import", "exec", "open"):
        count += 1
        if count == moment:
            os.kill(os.getpid(), number)
    started = started or (event == "exec" and arguments[0].co_filename.endswith("calicoctl/__main__.py"))

sys.addaudithook(hook)
{entry_point}
"""


def run_with_signal(entry_point: str, number: int, moment: int) -> tuple[int, str, str]:
    script = SCRIPT.format(entry_point=ENTRY_POINTS[entry_point], number=int(number), moment=moment)
    done = subprocess.run(
        [sys.executable, "-c", script], input=manifest(profile("a")), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("entry_point", ENTRY_POINTS)
def test_ctrl_c_at_any_import(entry_point: str) -> None:
    moments = [*range(1, 8), *range(8, 90, 20), *range(90, 400, 100)]
    for moment in moments:
        assert run_with_signal(entry_point, signal.SIGINT, moment) == (130, "", "interrupted\n"), moment


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_during_the_start(number: int) -> None:
    """Until calicoctl handles them, the operating system ends the process silently."""
    assert run_with_signal("module", number, 1) == (-number, "", "")
    for moment in (100, 200):
        expected = (SIGNAL_EXIT_BASE + number, "", f"{SIGNAL_MESSAGES[number]}\n")
        assert run_with_signal("module", number, moment) == expected


def test_ctrl_c_at_any_time() -> None:
    """Python reports Ctrl-C with a traceback until the first line of calicoctl."""
    for milliseconds in range(0, 160, 12):
        with subprocess.Popen([*COMMAND, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            time.sleep(milliseconds / 1000)
            process.send_signal(signal.SIGINT)
            _, stderr = process.communicate(timeout=30)
        if process.returncode == 130:
            assert stderr == b"interrupted\n"
        assert b"calicoctl" + os.sep.encode() not in stderr


def test_the_exit_codes_of_signals_are_in_the_table() -> None:
    for number in SIGNAL_MESSAGES:
        error = interruption(number)
        assert error.exit_code == SIGNAL_EXIT_BASE + number
        assert error.exit_code.meaning == SIGNAL_MESSAGES[number] == error.lines[0]


def test_a_signal_as_an_exception_is_one_line() -> None:
    """Click would report it with an empty line. A progress bar, which hides the cursor, requires an exception."""
    script = (
        "import os, signal\n"
        "from calicoctl.cli import main\n"
        "from calicoctl.commands.version import command\n"
        "from calicoctl.signals import install_handlers, raised_signals\n"
        "def interrupted(**_options):\n"
        "    with raised_signals():\n"
        "        os.kill(os.getpid(), signal.SIGTERM)\n"
        "command.callback = interrupted\n"
        "install_handlers()\n"
        "main(['version'])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (143, "", "terminated by SIGTERM\n")
