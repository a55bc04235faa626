"""completion: print the completion script of a shell."""

import click

from calicoctl.console import options, results
from calicoctl.printers import formats


@click.command(short_help="Print the completion script of bash, zsh or fish.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@options.output_option(formats.RECORD)
@options.general_options("--log-level")
@click.pass_context
def command(context: click.Context, shell: str, output: formats.SelectedFormat) -> None:
    """Print the completion script of a shell: commands, options, kinds, and names from the datastore.

    The command line and the environment select the datastore. If it does not answer within 0.3 seconds, no names are
    offered. CALICOCTL_COMPLETION_TIMEOUT sets another limit, in seconds.

    \b
    Example:
      source <(calicoctl completion bash)

    \b
    In every new shell:
      bash  echo 'source <(calicoctl completion bash)' >> ~/.bashrc
      zsh   echo 'source <(calicoctl completion zsh)' >> ~/.zshrc     after the line with compinit
      fish  calicoctl completion fish > ~/.config/fish/completions/calicoctl.fish

    bash 4.4 or later is required; macOS has 3.2. For zsh, the script can also be the file _calicoctl in a directory
    of $fpath.
    """
    from calicoctl.console.completion.shells import completion_script

    text = completion_script(context.find_root().command, shell)
    if output.name == "text":
        results.print_document(text)
    else:
        results.print_record({"shell": shell, "script": text}, text, output)
