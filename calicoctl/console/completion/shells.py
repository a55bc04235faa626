"""Completion scripts of bash, zsh, fish and PowerShell, and their protocol.

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

from calicoctl.console.completion import COMPLETE_VARIABLE
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


_BASH = """\
%(complete_func)s() {
    local -a response
    COMPREPLY=()
    mapfile -t response < <(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" BREAKS="$COMP_WORDBREAKS" \\
        %(complete_var)s=bash_complete "${1/#\\~\\//$HOME/}" 2>/dev/null </dev/null)
    case "${response[0]-}" in
        "") ;;
        file,*) compopt -o default 2>/dev/null ;;
        dir,*) compopt -o dirnames 2>/dev/null ;;
        *)
            COMPREPLY=("${response[@]#*,}")
            if [[ ${#response[@]} -eq 1 && ${response[0]} == nospace,* ]]; then
                compopt -o nospace 2>/dev/null
            fi
            ;;
    esac
    return 0
}

if [ -z "${BASH_VERSION-}" ]; then
    echo "%(prog_name)s: this completion is for bash; see %(prog_name)s completion --help" >&2
elif [ "${BASH_VERSINFO[0]}" -lt 4 ] || { [ "${BASH_VERSINFO[0]}" -eq 4 ] && [ "${BASH_VERSINFO[1]}" -lt 4 ]; }; then
    echo "%(prog_name)s: completion needs bash 4.4 or later, this is $BASH_VERSION" >&2
else
    complete -o nosort -F %(complete_func)s %(prog_name)s
fi
"""

_ZSH = """\
#compdef %(prog_name)s

%(complete_func)s() {
    local type value help
    local -a response plain described open open_described
    response=("${(@f)$(env COMP_LINE="${words[1,CURRENT-1]} $QIPREFIX$PREFIX" %(complete_var)s=zsh_complete \\
        ${~words[1]} 2>/dev/null </dev/null)}")
    for type value help in "${response[@]}"; do
        case "$type:$help" in
            file:*) [[ $PREFIX == --*=* ]] && compset -P "*="; _files; return ;;
            dir:*) [[ $PREFIX == --*=* ]] && compset -P "*="; _files -/; return ;;
            plain:_) plain+=("$value") ;;
            plain:*) described+=("$value:$help") ;;
            nospace:_) open+=("$value") ;;
            nospace:*) open_described+=("$value:$help") ;;
        esac
    done
    (( $#described )) && _describe -V '' described -U
    (( $#open_described )) && _describe -V '' open_described -U -S ''
    (( $#plain )) && compadd -U -V plain -a plain
    (( $#open )) && compadd -U -V open -S '' -a open
    return 0
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    %(complete_func)s "$@"
elif (( $+functions[compdef] )); then
    compdef %(complete_func)s %(prog_name)s
else
    echo "%(prog_name)s: completion needs zsh's own: put 'autoload -Uz compinit && compinit' before it" >&2
fi
"""

_FISH = """\
function %(complete_func)s
    set -l program (commandline -opc)[1]
    type -q -- $program; or set program %(prog_name)s
    set -l line (commandline -cp | string collect)
    for item in (env COMP_LINE="$line" %(complete_var)s=fish_complete $program 2>/dev/null </dev/null)
        set -l parts (string split -m 1 , -- $item)
        set -l option (string match -r -- '^--[^=]*=' $parts[2])
        set -l path (string replace -r -- '^--[^=]*=' '' $parts[2])
        switch $parts[1]
            case dir
                for each in (__fish_complete_directories "$path"); echo "$option$each"; end
            case file
                for each in (__fish_complete_path "$path"); echo "$option$each"; end
            case '*'
                echo $parts[2]
        end
    end
end

complete --no-files --command %(prog_name)s --arguments '(%(complete_func)s)'
"""


_POWERSHELL = """\
Register-ArgumentCompleter -Native -CommandName %(prog_name)s -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $length = [Math]::Max($cursorPosition - $commandAst.Extent.StartOffset, 0)
    $env:COMP_LINE = $commandAst.Extent.Text.PadRight($length).Substring(0, $length)
    $env:%(complete_var)s = 'powershell_complete'
    try {
        $items = @(& %(prog_name)s 2>$null)
    } finally {
        Remove-Item -ErrorAction SilentlyContinue Env:COMP_LINE, Env:%(complete_var)s
    }
    foreach ($item in $items) {
        $type, $value, $help = $item -split "`t", 3
        if ($type -eq 'file' -or $type -eq 'dir') { continue }  # without results, PowerShell completes files
        $text = if ($value -match '^[\\w./:=-]+$') { $value } else { "'" + $value.Replace("'", "''") + "'" }
        if (-not $help) { $help = $value }
        [System.Management.Automation.CompletionResult]::new($text, $value, 'ParameterValue', $help)
    }
}
"""


class BashCompletion(_QuietShellComplete, BashComplete):
    """Completion for bash 4.4 and later."""

    source_template = _BASH

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

    source_template = _ZSH


class FishCompletion(_QuietShellComplete, FishComplete):
    """Completion for fish 3 and later, which adds no space after `/`, `=` and `.`."""

    source_template = _FISH


class PowerShellCompletion(_QuietShellComplete):
    """Completion for Windows PowerShell 5.1 and PowerShell 7."""

    name = "powershell"
    source_template = _POWERSHELL

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
