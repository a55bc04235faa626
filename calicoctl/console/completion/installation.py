"""Installation of the completion: a line in the start-up file of the shell, or the script in its directory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from calicoctl.errors import UsageError

SHELL_NAMES = ("bash", "zsh", "fish", "powershell")

_PROGRAM_NAMES = {"pwsh": "powershell"}
"""Program to name of the shell, if they differ."""


class _StartupFile(NamedTuple):
    """File that a shell reads at its start, and the line that loads the completion."""

    home_variable: str
    """Variable with the directory; if it is not set, the directory is in the home directory."""
    default_directory: str
    name: str
    line: str


_STARTUP_FILES = {
    "bash": _StartupFile("HOME", "", ".bashrc", "source <(calicoctl completion bash)"),
    "zsh": _StartupFile("ZDOTDIR", "", ".zshrc", "source <(calicoctl completion zsh)"),
    "powershell": _StartupFile(
        "XDG_CONFIG_HOME",
        ".config",
        "powershell/Microsoft.PowerShell_profile.ps1",
        "calicoctl completion powershell | Out-String | Invoke-Expression",
    ),
}
_FISH_FILE = _StartupFile("XDG_CONFIG_HOME", ".config", "fish/completions/calicoctl.fish", "")
_COMPINIT = "autoload -Uz compinit && compinit"
"""Line that the completion of zsh requires before it."""


class Installation(NamedTuple):
    """Content of the file with the completion."""

    path: Path
    text: str
    is_changed: bool


def detect_shell(environ: Mapping[str, str], parent: str) -> str:
    """Return the shell in use: the parent process, or else the login shell.

    Raises:
        UsageError: the shell is unknown.
    """
    for program in (parent, Path(environ.get("SHELL", "")).name):
        name = _PROGRAM_NAMES.get(program, program)
        if name in SHELL_NAMES:
            return name
    raise UsageError(f"--install: unknown shell (write calicoctl completion --install {'|'.join(SHELL_NAMES)})")


def parent_program() -> str:
    """Return the name of the parent process; empty if the system does not have it."""
    try:
        return Path(f"/proc/{os.getppid()}/comm").read_text(encoding="utf-8").strip().lstrip("-")
    except OSError:
        return ""


def plan_installation(shell: str, script: str, environ: Mapping[str, str]) -> Installation:
    """Return the file with the completion of a shell. A line that is already in it is not added again.

    Raises:
        UsageError: the file is unreadable.
    """
    if shell == "fish":
        path = _locate(_FISH_FILE, environ)
        return Installation(path, script, _read(path) != script)
    startup_file = _STARTUP_FILES[shell]
    path = _locate(startup_file, environ)
    text = _read(path)
    if startup_file.line in text.splitlines():
        return Installation(path, text, False)
    lines = [startup_file.line]
    if shell == "zsh" and "compinit" not in text:
        lines.insert(0, _COMPINIT)
    separator = "\n" if text and not text.endswith("\n") else ""
    return Installation(path, text + separator + "".join(f"{line}\n" for line in lines), True)


def _locate(file: _StartupFile, environ: Mapping[str, str]) -> Path:
    directory = environ.get(file.home_variable)
    return (Path(directory) if directory else Path(environ.get("HOME", "~")).expanduser() / file.default_directory) / (
        file.name
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot add the completion: {error}") from None
