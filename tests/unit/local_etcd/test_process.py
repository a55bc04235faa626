"""Processes: whether one is still running, and how it is terminated."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from calicoctl.local_etcd import process


class TestProcess:
    def test_it_began_at_some_time(self) -> None:
        own = process.start_time(os.getpid())
        assert own is not None
        assert process.is_running(process.Process(os.getpid(), own))
        assert not process.is_running(process.Process(os.getpid(), own + "1"))

    @pytest.mark.skipif(not Path("/bin/ps").exists(), reason="no ps")
    def test_systems_without_proc_ask_ps(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.setattr(process, "_PROC", tmp_path)
        self.test_it_began_at_some_time()
        with subprocess.Popen(["true"]) as ended:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
            assert process.start_time(ended.pid) is None

    def test_a_zombie_process_is_not_running(self) -> None:
        with subprocess.Popen(["true"]) as ended:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
            assert process.start_time(ended.pid) is None
        assert process.start_time(ended.pid) is None

    def test_one_that_ignores_sigterm_is_killed(self) -> None:
        with subprocess.Popen(["sh", "-c", "trap '' TERM; echo; exec sleep 60"], stdout=subprocess.PIPE) as deaf:
            assert deaf.stdout is not None
            deaf.stdout.readline()
            process.terminate(process.Process(deaf.pid, process.start_time(deaf.pid) or ""), timeout=0.1)
            assert deaf.wait() == -signal.SIGKILL
