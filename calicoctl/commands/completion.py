"""completion: the script that makes a shell complete command lines of calicoctl."""

import click

from calicoctl.console import options, results
from calicoctl.printers import formats


@click.command(short_help="Print what makes bash, zsh or fish complete on TAB.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@options.output_option(formats.RECORD)
@options.general_options("--log-level")
@click.pass_context
def command(context: click.Context, shell: str, output: formats.SelectedFormat) -> None:
    """Print the script that makes a shell complete commands, options, kinds, and names from the datastore.

    Names are those of the datastore that the command line and the environment lead to. When it does not answer
    within 0.3 seconds none are offered, and nothing is said; CALICOCTL_COMPLETION_TIMEOUT is another time in seconds.

    \b
    Example:
      source <(calicoctl completion bash)

    \b
    For every new shell:
      bash  echo 'source <(calicoctl completion bash)' >> ~/.bashrc
      zsh   echo 'source <(calicoctl completion zsh)' >> ~/.zshrc     after the line with compinit
      fish  calicoctl completion fish > ~/.config/fish/completions/calicoctl.fish

    bash has to be 4.4 or later; that of macOS is 3.2. The script of zsh can also be stored as a file _calicoctl in
    a directory of $fpath.
    """
    from calicoctl.console.completion.shells import completion_script

    text = completion_script(context.find_root().command, shell)
    results.print_record({"shell": shell, "script": text}, text, output)
