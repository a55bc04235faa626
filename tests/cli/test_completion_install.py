"""Installation of the completion, and the protocol of PowerShell."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from calicoctl.cli import main
from calicoctl.console.completion import COMPLETE_VARIABLE
from calicoctl.console.completion.installation import detect_shell
from calicoctl.console.completion.items import TIMEOUT_VARIABLE
from calicoctl.console.completion.shells import PowerShellCompletion
from calicoctl.errors import UsageError
from tests.docs.conftest import put_calicoctl
from tests.support.runner import Calicoctl

FILES = {
    "bash": ".bashrc",
    "zsh": ".zshrc",
    "fish": ".config/fish/completions/calicoctl.fish",
    "powershell": ".config/powershell/Microsoft.PowerShell_profile.ps1",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("ZDOTDIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.parametrize("shell", FILES)
def test_install_adds_the_completion_once(calicoctl: Calicoctl, home: Path, shell: str) -> None:
    path = home / FILES[shell]
    if shell != "fish":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("# mine", encoding="utf-8")
        path.chmod(0o600)
    result = calicoctl("completion", shell, "--install")
    assert result.stdout == f"completion for {shell} installed in {path} (new shells use it)\n"
    text = path.read_text(encoding="utf-8")
    assert f"calicoctl completion {shell}" in text or shell == "fish"
    assert shell == "fish" or (text.startswith("# mine\n") and path.stat().st_mode & 0o777 == 0o600)
    again = calicoctl("completion", shell, "--install")
    assert again.stdout == f"completion for {shell} is already installed in {path} (new shells use it)\n"
    assert path.read_text(encoding="utf-8") == text


def test_install_for_zsh_starts_its_completion(calicoctl: Calicoctl, home: Path) -> None:
    calicoctl("completion", "zsh", "--install")
    assert (home / ".zshrc").read_text().splitlines() == [
        "autoload -Uz compinit && compinit",
        "source <(calicoctl completion zsh)",
    ]
    (home / ".zshrc").write_text("autoload -Uz compinit\ncompinit -u\n")
    calicoctl("completion", "zsh", "--install")
    assert (home / ".zshrc").read_text().count("compinit") == 2


def test_a_link_to_a_start_up_file_stays(calicoctl: Calicoctl, home: Path) -> None:
    (home / "dotfiles").mkdir()
    (home / "dotfiles" / "bashrc").write_text("# mine\n")
    (home / ".bashrc").symlink_to(home / "dotfiles" / "bashrc")
    calicoctl("completion", "bash", "--install")
    assert (home / ".bashrc").is_symlink()
    assert "calicoctl completion bash" in (home / "dotfiles" / "bashrc").read_text()


def test_the_shell_in_use() -> None:
    assert detect_shell({"SHELL": "/bin/zsh"}, "bash") == "bash"
    assert detect_shell({"SHELL": "/bin/zsh"}, "pwsh") == "powershell"
    assert detect_shell({"SHELL": "/usr/bin/fish"}, "make") == "fish"
    with pytest.raises(UsageError, match="unknown shell"):
        detect_shell({"SHELL": "/bin/dash"}, "sh")


def test_an_installed_completion_works_in_a_new_bash(home: Path) -> None:
    put_calicoctl(home / "bin")
    environment = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}"}
    words = ["bash", "-c", "calicoctl completion --install >/dev/null; bash -i -c 'complete -p calicoctl'"]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("complete -o nosort -F _calicoctl_completion calicoctl"), done


def test_a_shell_or_install_is_required(calicoctl: Calicoctl) -> None:
    result = calicoctl("completion")
    assert (result.exit_code, result.stderr) == (
        2,
        "missing shell (write calicoctl completion bash|zsh|fish|powershell, or --install)\n",
    )


def test_powershell_gets_type_value_and_help(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TIMEOUT_VARIABLE, "3600")
    for line, expected in (
        ("calicoctl compl", ["plain\tcompletion\tPrint or install the completion script of a shell."]),
        ("calicoctl get hoste", ["plain\thostEndpoint\t"]),
        ("calicoctl get hostEndpoint -o y", ["plain\tyaml\t"]),
        ("calicoctl apply -f ", ["file\t\t"]),
    ):
        monkeypatch.setenv("COMP_LINE", line)
        shell = PowerShellCompletion(main, {}, "calicoctl", COMPLETE_VARIABLE)
        assert shell.complete().splitlines() == expected


def test_tab_in_powershell(home: Path) -> None:
    if shutil.which("pwsh") is None:
        pytest.skip("there is no pwsh here")
    put_calicoctl(home / "bin")
    environment = {**os.environ, "PATH": f"{home / 'bin'}{os.pathsep}{os.environ['PATH']}", TIMEOUT_VARIABLE: "60"}
    script = (
        "calicoctl completion powershell | Out-String | Invoke-Expression; "
        "$line = 'calicoctl get hoste'; "
        "(TabExpansion2 $line $line.Length).CompletionMatches.CompletionText"
    )
    done = subprocess.run(
        ["pwsh", "-NoProfile", "-Command", script], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["hostEndpoint"], done
