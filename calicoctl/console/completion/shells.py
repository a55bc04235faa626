"""Completion of bash, zsh, fish and PowerShell: the protocol of the scripts.

Scripts and protocol extend those of Click. The scripts send the line up to the cursor (COMP_LINE), because bash splits
words at `:` and `=`. Answers are whole words: `--node=host1` for `--node=h`. No space follows an incomplete word
(`policy/`). Errors produce no output.
"""

from __future__ import annotations

import os
import re
from threading import Timer
from typing import Any

from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    split_arg_string,
)

from calicoctl.console.completion import COMPLETE_VARIABLE, scripts
from calicoctl.console.completion.items import time_left

_CURSOR = "\x1f"
"""Marks the end of the line, so that the last word is at the cursor even if it is empty."""
_OPTION = re.compile(r"-[a-zA-Z]|--[a-z-]+")
"""Matches an option without a value in the same argument."""


class _QuietShellComplete(ShellComplete):
    """Base class of all shells."""

    def source(self) -> str:
        """Return the script. The script itself checks the version of the shell."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """Return the words before the cursor, and the beginning of the word at the cursor."""
        if "COMP_LINE" not in os.environ:
            return super().get_completion_args()
        words = split_arg_string(os.environ["COMP_LINE"] + _CURSOR)
        return words[1:-1], words[-1].removesuffix(_CURSOR)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return completions as whole words; Click completes only the value of `--option=value`."""
        option, equals, _ = incomplete.partition("=")
        if args and _needs_joining(args[-1], incomplete):
            items = super().get_completions(args[:-1], f"{args[-1]}={incomplete}")
        else:
            items = super().get_completions(args, incomplete)
        if equals and option.startswith("--"):
            for item in items:
                item.value = f"{option}={item.value}"
        return items

    def complete(self) -> str:
        """Return the answer for the shell; empty after an error or a timeout."""
        # A timer also ends calls that block in the resolver or in a TLS handshake.
        timer = Timer(time_left(), os._exit, (0,))
        timer.daemon = True
        timer.start()
        try:
            return super().complete()
        except Exception:  # noqa: BLE001 - no messages during completion
            return ""
        finally:
            timer.cancel()


def _needs_joining(previous: str, incomplete: str) -> bool:
    """Whether the word can be the value of the option before it.

    The parser of Click stops at an option without a value and ignores the other words. If option and value are joined
    (`-n=host1`), Click removes the option before it parses. For an option without a value that has no effect.
    """
    return bool(_OPTION.fullmatch(previous)) and not incomplete.startswith("-")


class BashCompletion(_QuietShellComplete, BashComplete):
    """Completion for bash 4.4 and later."""

    source_template = scripts.BASH

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """Return completions without the part of the word that bash keeps."""
        items = super().get_completions(args, incomplete)
        if _is_quoted(os.environ.get("COMP_LINE", "")):
            return items
        breaks = [mark for mark in ":=@" if mark in os.environ.get("BREAKS", "")]
        prefix_length = max((incomplete.rfind(mark) + 1 for mark in breaks), default=0)
        for item in items:
            item.value = item.value[prefix_length:]
        return items


def _is_quoted(line: str) -> bool:
    """Whether the last word of the line is quoted: bash does not split it then."""
    word = split_arg_string(line + _CURSOR)[-1]
    return (line + _CURSOR)[: -len(word)].endswith(("'", '"'))


class ZshCompletion(_QuietShellComplete, ZshComplete):
    """Completion for zsh with compinit."""

    source_template = scripts.ZSH


class FishCompletion(_QuietShellComplete, FishComplete):
    """Completion for fish 3 and later, which adds no space after `/`, `=` and `.`."""

    source_template = scripts.FISH


class PowerShellCompletion(_QuietShellComplete):
    """Completion for Windows PowerShell 5.1 and PowerShell 7."""

    name = "powershell"
    source_template = scripts.POWERSHELL

    def format_completion(self, item: CompletionItem[str]) -> str:
        """Return type, value and help, separated by tabs."""
        return "\t".join((item.type, item.value, " ".join((item.help or "").split())))


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashCompletion,
    "zsh": ZshCompletion,
    "fish": FishCompletion,
    "powershell": PowerShellCompletion,
}
"""Completion classes by name of the shell."""


def register_shells() -> None:
    """Register the completion classes of this module with Click."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def completion_script(command: Any, shell: str) -> str:
    """Return the completion script of a shell."""
    return SHELLS[shell](command, {}, "calicoctl", COMPLETE_VARIABLE).source()
