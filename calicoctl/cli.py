"""The command line. Commands are loaded on use. Only this module turns errors into text and exit codes."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any, NoReturn

import click

from calicoctl import __version__
from calicoctl.commands import VERBS
from calicoctl.console.activity import ACTIVITY
from calicoctl.console.colors import render_colors
from calicoctl.console.completion import COMPLETE_VARIABLE
from calicoctl.console.messages import Messages
from calicoctl.console.option_syntax import normalize_args
from calicoctl.console.options import general_options, settings_options
from calicoctl.errors import CalicoctlError, ExitCode, Interrupted, OutputFailed, UsageError, interruption, os_reason
from calicoctl.signals import EXIT_NOTICE, SignalReceived

_EXIT_CODES = "\b\nExit codes:\n" + "".join(f"  {code:<4} {code.meaning}\n" for code in ExitCode)


class _OutputClosed(Exception):
    """The reader of stdout has closed it."""


@contextlib.contextmanager
def _click_handling_avoided() -> Iterator[None]:
    """Raise own errors instead of BrokenPipeError and KeyboardInterrupt.

    Click would turn the first one into exit code 1, and prints an empty line for the other one.
    """
    try:
        yield
    except BrokenPipeError as error:
        raise _OutputClosed from error
    except SignalReceived as error:
        raise _to_interruption(error) from error


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
        command.short_help = VERBS[cmd_name]
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the table of commands, without importing their modules."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the arguments begin with.

        Raises:
            UsageError: the command does not exist.
        """
        name = args[0]
        if name not in VERBS and not name.startswith("-"):
            from calicoctl.console.other_tools import command_hint

            raise UsageError(f"no command '{name}'{command_hint(name, tuple(VERBS))}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse the options before the command; the arguments after it get the syntax of Click, too."""
        return super().parse_args(ctx, normalize_args(self, ctx, args))

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Parse the options; prints the output of --help and --version."""
        with _click_handling_avoided():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _click_handling_avoided():
            return super().invoke(ctx)

    def main(self, *args: Any, **extra: Any) -> NoReturn:
        """Run, and exit with the exit code. Shell completion uses `completion.shells`."""
        if COMPLETE_VARIABLE in os.environ:
            from calicoctl.console.completion import shells

            shells.register_shells()
        run: Callable[..., Any] = super().main
        arguments = args[0] if args else extra.get("args")
        messages = Messages.from_argv(sys.argv[1:] if arguments is None else arguments)
        _prepare_exit_notice(messages)
        sys.exit(
            _run_to_exit_code(lambda: run(*args, **{**extra, "standalone_mode": False, "obj": messages}), messages)
        )


def _run_to_exit_code(run: Callable[[], Any], messages: Messages) -> int:
    try:
        return _run_and_report_errors(run, messages)
    except (BrokenPipeError, _OutputClosed):
        # The reader has closed stdout or stderr (broken pipe): exit without an error.
        _drop_output()
        if messages.finished_work:
            messages.info(f"the reader has closed the output; the datastore is changed: {messages.finished_work}")
        return messages.exit_code
    finally:
        ACTIVITY.stop()


def _run_and_report_errors(run: Callable[[], Any], messages: Messages) -> int:
    try:
        result = run()
        if sys.stdout:  # None when the caller has closed it
            sys.stdout.flush()
    except (BrokenPipeError, _OutputClosed):
        raise
    except (Exception, KeyboardInterrupt) as exception:  # noqa: BLE001 - the last resort: never a traceback
        error = _to_calicoctl_error(exception)
        if isinstance(error, OutputFailed):
            _drop_output()
            if messages.finished_work:
                error.messages = (*error.messages, f"the datastore is changed: {messages.finished_work}")
        messages.error(error)
        if isinstance(error, Interrupted):
            EXIT_NOTICE.silence()
        return error.exit_code
    return result if isinstance(result, int) else messages.exit_code


def _to_calicoctl_error(error: BaseException) -> CalicoctlError:
    """Return the error to report for an exception."""
    if isinstance(error, CalicoctlError):
        return error
    if isinstance(error, click.ClickException):
        from calicoctl.console.usage_errors import to_usage_error

        return to_usage_error(error)
    # In the body of a class, Python 3.11 and earlier make KeyboardInterrupt the cause of another exception.
    if isinstance(error, (click.Abort, KeyboardInterrupt)) or isinstance(error.__cause__, KeyboardInterrupt):
        return _to_interruption(error)
    if isinstance(error, OSError) and not error.filename:  # of stdout, such as the output of --help
        return OutputFailed(f"cannot write the output: {os_reason(error)}")
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:  # of any argument that can be a file
        return UsageError(f"{error.filename}: {os_reason(error)}")
    return _internal_error(error)


def _to_interruption(error: BaseException) -> CalicoctlError:
    """Return the error for a signal that was raised as an exception, or is the cause of another one."""
    origin = error if isinstance(error, SignalReceived) else error.__cause__
    number = origin.number if isinstance(origin, SignalReceived) else signal.SIGINT
    return interruption(number, *EXIT_NOTICE.consequences())


def _prepare_exit_notice(messages: Messages) -> None:
    """Format the notice of a process that a signal ends immediately like other errors."""

    def format_notice(signal_number: int) -> str:
        error = interruption(signal_number, *EXIT_NOTICE.consequences())
        return ACTIVITY.erasure() + render_colors(
            "".join(f"{line}\n" for line in messages.error_lines(error)), color=False
        )

    EXIT_NOTICE.reset()
    EXIT_NOTICE.format = format_notice


def _drop_output() -> None:
    """Redirect stdout to /dev/null, so that Python does not fail again when it flushes stdout at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _internal_error(error: BaseException) -> CalicoctlError:
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
