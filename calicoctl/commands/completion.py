"""completion: the script that makes a shell complete command lines of calicoctl."""

import click

from calicoctl.console import options, results


@click.command(short_help="Print what makes bash, zsh or fish complete on TAB.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]), metavar="bash|zsh|fish")
@options.output_option
@options.general_options("--log-level")
@click.pass_context
def command(context: click.Context, shell: str, output_format: str) -> None:
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
    if output_format == "json":
        results.print_json({"shell": shell, "script": text})
    else:
        click.echo(text, nl=False)
