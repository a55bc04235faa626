"""The shells that complete: the script of each, and how it asks and is answered.

The scripts and the protocol are those of click, but for what click leaves out. Ours send the line up to the cursor
(COMP_LINE), since bash cuts words at `:` and `=`; answer with whole words, `--node=host1` after `--node=h`; put no
space behind what goes on (`policy/`); and never say a word when something is wrong.
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
from calicoctl.console.completion.values import time_left

_CURSOR = "\x1f"
"""Stands at the end of the line, so that the last word is the one at the cursor, even if it is empty."""
_OPTION = re.compile(r"-[a-zA-Z]|--[a-z-]+")
"""An option without a value in the same word."""


class _QuietShellComplete(ShellComplete):
    """What our three shells have in common."""

    def source(self) -> str:
        """The script. Whether the shell is new enough is for the shell to find out that runs it."""
        return self.source_template % self.source_vars()

    def get_completion_args(self) -> tuple[list[str], str]:
        """The words before the one at the cursor, and the beginning of that one."""
        if "COMP_LINE" not in os.environ:
            return super().get_completion_args()
        words = split_arg_string(os.environ["COMP_LINE"] + _CURSOR)
        return words[1:-1], words[-1].removesuffix(_CURSOR)

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What fits, as whole words: click looks at the value of `--option=value` alone."""
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
        """What the shell is told in time: nothing when something is wrong or takes too long."""
        # A timer ends even what hangs in the resolver or in a broken server's TLS.
        timer = Timer(time_left(), os._exit, (0,))
        timer.daemon = True
        timer.start()
        try:
            return super().complete()
        except Exception:  # noqa: BLE001 - whoever presses TAB wants no message, whatever it is
            return ""
        finally:
            timer.cancel()


def _needs_joining(previous: str, incomplete: str) -> bool:
    """Whether the word may be the value of an option before it.

    Click's parser stops at an option without a value, and then knows nothing of the other words. Joined, `-n=host1`,
    click sets the option aside before it parses; where it takes no value, that changes nothing.
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


class BashCompletion(_QuietShellComplete, BashComplete):
    """Bash 4.4 and later."""

    source_template = _BASH

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem[str]]:
        """What fits, less what stands before the part of the word that bash replaces."""
        items = super().get_completions(args, incomplete)
        if _is_quoted(os.environ.get("COMP_LINE", "")):
            return items
        breaks = [mark for mark in ":=@" if mark in os.environ.get("BREAKS", "")]
        prefix_length = max((incomplete.rfind(mark) + 1 for mark in breaks), default=0)
        for item in items:
            item.value = item.value[prefix_length:]
        return items


def _is_quoted(line: str) -> bool:
    """Whether the word at the end of the line is quoted: bash then does not cut it."""
    word = split_arg_string(line + _CURSOR)[-1]
    return (line + _CURSOR)[: -len(word)].endswith(("'", '"'))


class ZshCompletion(_QuietShellComplete, ZshComplete):
    """zsh with its completion system loaded."""

    source_template = _ZSH


class FishCompletion(_QuietShellComplete, FishComplete):
    """fish 3 and later; it puts no space behind what ends with `/`, `=` or `.`, without being told."""

    source_template = _FISH


SHELLS: dict[str, type[ShellComplete]] = {"bash": BashCompletion, "zsh": ZshCompletion, "fish": FishCompletion}
"""The shells by name."""


def register_shells() -> None:
    """Let click answer the three shells in our forms."""
    for name, shell in SHELLS.items():
        add_completion_class(shell, name)


def completion_script(command: Any, shell: str) -> str:
    """The script that makes a shell complete the command line."""
    return SHELLS[shell](command, {}, "calicoctl", COMPLETE_VARIABLE).source()
