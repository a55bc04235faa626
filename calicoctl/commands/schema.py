"""schema: print the JSON Schema of a kind or of all manifests."""

import click

from calicoctl.console import options, results
from calicoctl.console.completion import values
from calicoctl.printers import formats


@click.command()
@click.argument("kind", required=False, shell_complete=values.kinds)
@options.output_option(formats.SCHEMA)
@options.general_options("--log-level")
def command(kind: str | None, output: formats.SelectedFormat) -> None:
    """Print the JSON Schema (2020-12) of a kind, also of policyTest and storedObject, or of all manifests.

    An editor with a YAML language server completes and validates manifests that refer to the schema in a comment.

    \b
    Example:
      calicoctl schema > calico-v1.json
      # yaml-language-server: $schema=calico-v1.json
    """
    from calicoctl.console.names import parse_document_kind
    from calicoctl.schema.store import build_manifest_schema, load_schema

    schema = load_schema(parse_document_kind(kind)) if kind else build_manifest_schema()
    results.print_result(output.load()(schema), output)
