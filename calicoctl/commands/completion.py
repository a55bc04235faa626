"""completion: print or install the completion script of a shell."""

from __future__ import annotations

import os

import click

from calicoctl.console import options, results
from calicoctl.console.completion.installation import SHELL_NAMES, detect_shell, parent_program, plan_installation
from calicoctl.errors import UsageError
from calicoctl.printers import formats


@click.command()
@click.argument("shell", required=False, type=click.Choice(SHELL_NAMES), metavar="[bash|zsh|fish|powershell]")
@click.option("--install", is_flag=True, help="Install the completion for new shells; without a shell, for this one.")
@options.output_option(formats.RECORD)
@options.general_options("--log-level")
@click.pass_context
def command(context: click.Context, shell: str | None, install: bool, output: formats.SelectedFormat) -> None:
    """Print the completion script of a shell: commands, options, kinds, and names from the datastore.

    The command line and the environment select the datastore. If it does not answer within 0.3 seconds, no names are
    offered. CALICOCTL_COMPLETION_TIMEOUT sets another limit, such as 2s.

    --install adds a line to ~/.bashrc, ~/.zshrc or the profile of PowerShell, or writes the script for fish to
    ~/.config/fish/completions. A second call changes nothing.

    \b
    Example:
      source <(calicoctl completion bash)
      calicoctl completion --install

    bash 4.4 or later is required; macOS has 3.2. For zsh, the script can also be the file _calicoctl in a directory
    of $fpath.
    """
    from calicoctl.console.completion.shells import completion_script

    if shell is None and not install:
        raise UsageError(f"missing shell (write calicoctl completion {'|'.join(SHELL_NAMES)}, or --install)")
    shell = shell or detect_shell(os.environ, parent_program())
    script = completion_script(context.find_root().command, shell)
    if install:
        _install(shell, script, output)
    elif output.name == "text":
        results.print_document(script)
    else:
        results.print_record({"shell": shell, "script": script}, script, output)


def _install(shell: str, script: str, output: formats.SelectedFormat) -> None:
    from calicoctl.console import output_files

    installation = plan_installation(shell, script, os.environ)
    if installation.is_changed:
        path = installation.path
        output_files.save_all(str(path.parent), {path.name: installation.text}, (), "completion")
    status = "installed" if installation.is_changed else "is already installed"
    record = {"shell": shell, "file": str(installation.path), "changed": installation.is_changed}
    text = f"completion for {shell} {status} in {installation.path} (new shells use it)\n"
    results.print_record(record, text, output)
