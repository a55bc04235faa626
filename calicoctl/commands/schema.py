"""schema: the JSON Schema of a kind, or of a whole manifest, for editors and other tools."""

import click

from calicoctl.commands import completing, options, session


@click.command(short_help="Print the JSON Schema of manifests.")
@click.argument("kind", required=False, shell_complete=completing.kinds)
@options.output
@options.general("--log-level")
def command(kind: str | None, report_form: str) -> None:  # noqa: ARG001 - a schema is JSON in either form
    """Print the JSON Schema (2020-12) of a kind, of policyTest too, or of manifests of any kind.

    An editor with a YAML language server completes and checks a manifest that names the schema in a comment.

    \b
    Example:
      calicoctl schema > calico-v1.json
      # yaml-language-server: $schema=calico-v1.json
    """
    from calicoctl.commands.naming import described_kind
    from calicoctl.schema.store import manifest_schema, schema_of

    schema = schema_of(described_kind(kind)) if kind else manifest_schema()
    session.say_json(schema)
