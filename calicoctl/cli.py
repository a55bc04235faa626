"""The command line: verbs are loaded on use, and errors become text and exit codes here and nowhere else."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NoReturn

import click

from calicoctl import __version__
from calicoctl.commands import COMPLETE_VARIABLE, VERBS
from calicoctl.commands.options import general
from calicoctl.commands.speech import Speech
from calicoctl.errors import CalicoctlError, Interrupted, UsageProblem

INTERNAL_ERROR = CalicoctlError.exit_code
INTERRUPTED = Interrupted.exit_code

_EXIT_CODES = """\b
Exit codes:
  0    done
  1    something differs (diff), is not allowed (trace), not as expected (test), or doubtful (lint)
  2    wrong usage, or wrong connection settings
  3    a manifest is invalid, empty or can't be read
  4    the datastore can't be reached, or refuses the login
  5    conflict: exists already, does not exist, changed meanwhile
  6    not found (get, etcd status)
  7    timeout
  8    refused: the datastore is locked, something would be lost, or somebody locked out
  70   internal error
  130  interrupted
"""

_NOT_OURS = {
    "config": "settings of Felix and BGP: use calicoctl 3.x on the same datastore",
    "ipam": "addresses: use calicoctl 3.x on the same datastore",
    "node": "the Calico node itself: use calicoctl 3.x on its host",
}
"""Commands of calicoctl 1.6 that act on something else than resources."""


class _ReaderLeft(Exception):
    """Nobody reads the result any more."""


@contextlib.contextmanager
def _judged_here() -> Iterator[None]:
    """That the reader has left is ours to judge, not click's, which would exit with 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderLeft from error


class Calicoctl(click.Group):
    """The group of all verbs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order in which they are listed."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a verb, loaded now."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"calicoctl.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The verb that the arguments begin with."""
        name = args[0]
        if name in _NOT_OURS:
            raise UsageProblem(f"'{name}' is not a command of this calicoctl; {_NOT_OURS[name]}")
        if name not in VERBS and not name.startswith("-"):
            raise UsageProblem(f"there is no command '{name}'{_suggestion(name)}")
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the options, which prints what --help and --version ask for."""
        with _judged_here():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb."""
        with _judged_here():
            return super().invoke(ctx)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and exit with the code of what happened. A shell that completes is answered by click, in our forms."""
        if COMPLETE_VARIABLE in os.environ:
            from calicoctl.commands import shells

            shells.register()
        run: Callable[..., Any] = super().main
        arguments = args[0] if args else extra.get("args")
        speech = Speech.asked_for(sys.argv[1:] if arguments is None else arguments)
        sys.exit(_exit_code(lambda: run(*args, **{**extra, "standalone_mode": False, "obj": speech}), speech))


def _suggestion(name: str) -> str:
    import difflib

    near = difflib.get_close_matches(name.lower(), VERBS, n=1)
    return f" (did you mean '{near[0]}'?)" if near else f" (commands are {', '.join(VERBS)})"


def _exit_code(run: Callable[[], Any], speech: Speech) -> int:
    try:
        return _outcome(run, speech)
    except (BrokenPipeError, _ReaderLeft):
        # Whoever reads what we say has gone: nothing is wrong, and nothing more can be said.
        _drop_output()
        return speech.verdict


def _outcome(run: Callable[[], Any], speech: Speech) -> int:
    try:
        result = run()
        if sys.stdout:  # None when the caller has closed it
            sys.stdout.flush()
    except CalicoctlError as error:
        speech.fail(error)
        return error.exit_code
    except click.ClickException as error:
        return _wrong_usage(error, speech)
    except (click.Abort, KeyboardInterrupt):
        speech.fail(Interrupted("interrupted"))
        return INTERRUPTED
    except (BrokenPipeError, _ReaderLeft):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: a message, never a traceback
        failure = _cannot_print(error) if isinstance(error, OSError) and not error.filename else _internal_error(error)
        speech.fail(failure)
        return failure.exit_code
    return result if isinstance(result, int) else speech.verdict


def _wrong_usage(error: click.ClickException, speech: Speech) -> int:
    """Click's own words, with the usage and a hint where a person reads them."""
    if speech.json:
        speech.fail(UsageProblem(error.format_message()))
    else:
        with contextlib.suppress(OSError):
            error.show()
    return error.exit_code


def _drop_output() -> None:
    """Let stdout lead nowhere, so that Python does not fail once more when it flushes it at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _cannot_print(error: OSError) -> CalicoctlError:
    """The result has nowhere to go, as on a full disk; what was done is done."""
    _drop_output()
    return CalicoctlError(f"the result can't be printed: {(error.strerror or str(error)).lower()}")


def _internal_error(error: Exception) -> CalicoctlError:
    import logging

    logging.getLogger(__name__).debug("internal error", exc_info=error)
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    where = f" ({place.tb_frame.f_code.co_filename}:{place.tb_lineno})" if place else ""
    return CalicoctlError(
        f"internal error: {type(error).__name__}: {error}{where}",
        "  this is a bug in calicoctl; --log-level=debug shows more",
    )


@click.command(
    cls=Calicoctl,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="calicoctl", message="%(prog)s %(version)s")
@general("-l", "--log-level")
def main() -> None:
    """Manage Calico v1 profiles and policies in an etcd v3 datastore.

    \b
    cat policy.yaml | calicoctl apply -f -     write what a manifest says
    calicoctl get profile -o yaml              print what is in force
    """
