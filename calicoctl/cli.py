"""The command line. Commands are loaded on use. Only this module turns errors into text and exit codes."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NoReturn

import click

from calicoctl import __version__
from calicoctl.commands import VERBS
from calicoctl.console.completion import COMPLETE_VARIABLE
from calicoctl.console.messages import Messages
from calicoctl.console.option_syntax import normalize_args
from calicoctl.console.options import general_options, settings_options
from calicoctl.errors import CalicoctlError, ExitCode, Interrupted, UsageError
from calicoctl.suggestion import suggestion

_EXIT_CODES = "\b\nExit codes:\n" + "".join(f"  {code:<4} {code.meaning}\n" for code in ExitCode)

_REMOVED_COMMANDS = {
    "ipam": "for addresses, use calicoctl 3.x on the same datastore",
    "node": "for the Calico node, use calicoctl 3.x on its host",
}
"""Commands of calicoctl 1.6 that do not operate on resources, and their replacements."""


class _OutputClosed(Exception):
    """The reader of stdout has closed it."""


@contextlib.contextmanager
def _broken_pipe_handled() -> Iterator[None]:
    """Raise `_OutputClosed` instead of BrokenPipeError, which Click would turn into exit code 1."""
    try:
        yield
    except BrokenPipeError as error:
        raise _OutputClosed from error


class CalicoctlGroup(click.Group):
    """Group of all commands."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command; None if it does not exist."""
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"calicoctl.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with.

        Raises:
            UsageError: the command does not exist, or exists in calicoctl 1.6 only.
        """
        name = args[0]
        if name in _REMOVED_COMMANDS:
            raise UsageError(f"no command '{name}' in this version: {_REMOVED_COMMANDS[name]}")
        if name not in VERBS and not name.startswith("-"):
            hint = suggestion(name, VERBS) or f" (commands are {', '.join(VERBS)})"
            raise UsageError(f"no command '{name}'{hint}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command; the arguments after it get the syntax of Click, too."""
        return super().parse_args(ctx, normalize_args(self, ctx, args))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the options; prints the output of --help and --version."""
        with _broken_pipe_handled():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _broken_pipe_handled():
            return super().invoke(ctx)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and exit with the exit code. Shell completion uses `completion.shells`."""
        if COMPLETE_VARIABLE in os.environ:
            from calicoctl.console.completion import shells

            shells.register_shells()
        run: Callable[..., Any] = super().main
        arguments = args[0] if args else extra.get("args")
        messages = Messages.from_argv(sys.argv[1:] if arguments is None else arguments)
        sys.exit(
            _run_to_exit_code(lambda: run(*args, **{**extra, "standalone_mode": False, "obj": messages}), messages)
        )


def _run_to_exit_code(run: Callable[[], Any], messages: Messages) -> int:
    try:
        return _run_and_report(run, messages)
    except (BrokenPipeError, _OutputClosed):
        # stdout or stderr is closed (broken pipe): exit without an error.
        _drop_output()
        return messages.exit_code


def _run_and_report(run: Callable[[], Any], messages: Messages) -> int:
    try:
        result = run()
        if sys.stdout:  # None when the caller has closed it
            sys.stdout.flush()
    except CalicoctlError as error:
        messages.error(error)
        return error.exit_code
    except click.ClickException as error:
        return _report_usage_error(error, messages)
    except (click.Abort, KeyboardInterrupt):
        messages.error(Interrupted("interrupted"))
        return ExitCode.INTERRUPTED
    except (BrokenPipeError, _OutputClosed):
        raise
    except Exception as error:  # noqa: BLE001 - the last resort: a message, never a traceback
        if isinstance(
            error.__cause__, KeyboardInterrupt
        ):  # Python 3.11 and earlier, during the execution of a class body
            messages.error(Interrupted("interrupted"))
            return ExitCode.INTERRUPTED
        reported = _output_error(error) if isinstance(error, OSError) and not error.filename else _internal_error(error)
        messages.error(reported)
        return reported.exit_code
    return result if isinstance(result, int) else messages.exit_code


def _report_usage_error(error: click.ClickException, messages: Messages) -> int:
    """Report an error of Click, as text with the usage of the command."""
    if messages.json:
        messages.error(UsageError(error.format_message()))
    else:
        with contextlib.suppress(OSError):
            error.show()
    return error.exit_code


def _drop_output() -> None:
    """Redirect stdout to /dev/null, so that Python does not fail again when it flushes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _output_error(error: OSError) -> CalicoctlError:
    """Return the error for output that cannot be written, such as on a full disk. Writes to the datastore are kept."""
    _drop_output()
    return CalicoctlError(f"cannot write the output: {(error.strerror or str(error)).lower()}")


def _internal_error(error: Exception) -> CalicoctlError:
    import logging

    logging.getLogger(__name__).debug("internal error", exc_info=error)
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    location = f" ({traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno})" if traceback else ""
    return CalicoctlError(
        f"internal error: {type(error).__name__}: {error}{location}",
        "  this is a bug in calicoctl (see --log-level=debug)",
    )


@click.command(
    cls=CalicoctlGroup,
    epilog=_EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="calicoctl", message="%(prog)s %(version)s")
@general_options("-l", "--log-level")
@settings_options
def main() -> None:
    """Manage Calico v1 profiles and policies in an etcd v3 datastore.

    \b
    cat policy.yaml | calicoctl apply -f -     write the resources of a manifest
    calicoctl get profile -o yaml              print the stored profiles
    """
