"""schema: print the JSON Schema of a kind or of all manifests, or write all schemas."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

import click

from calicoctl.console import options, results
from calicoctl.console.completion import values
from calicoctl.printers import formats


@click.command()
@click.argument("kind", required=False, shell_complete=values.schema_names)
@click.option("--all", "directory", metavar="DIR", help="Directory to write all schemas and their catalog to.")
@click.option("--modeline", is_flag=True, help="Print the comment that names the schema, for the top of a manifest.")
@click.option(
    "--base-url", metavar="URL", help="URL of the directory that the schemas are published in, for $id and the comment."
)
@options.output_option(formats.SCHEMA)
@options.general_options("--log-level")
def command(
    kind: str | None, directory: str | None, modeline: bool, base_url: str | None, output: formats.SelectedFormat
) -> None:
    """Print the JSON Schema (2020-12) of a kind or of all manifests, or write all schemas to a directory.

    Kinds are also policyTest, storedObject, calicoApiConfig (the configuration file) and plan.

    An editor with a YAML language server completes and validates manifests that refer to the schema in a comment.
    catalog.json in DIR lists the schemas as SchemaStore does. Files in DIR with these names that are not schemas of
    calicoctl, and symbolic links, are not overwritten.

    \b
    Example:
      calicoctl schema policy
      calicoctl schema --all .schemas --modeline
    """
    from calicoctl.console.names import parse_schema_name
    from calicoctl.errors import UsageError
    from calicoctl.schema import published

    if directory == "":
        raise UsageError("--all is empty (name a directory)")
    if directory and kind and not modeline:
        raise UsageError("a kind cannot be combined with --all (it writes all schemas)")
    name = parse_schema_name(kind) if kind else published.MANIFEST
    base = None if base_url is None else _parse_base_url(base_url)
    place = os.path.join(directory, "") if directory else None  # noqa: PTH118 - with a slash at the end
    comment = _modeline(published.file_name(name, base or place)) if modeline else ""
    if directory:
        _write_all(directory, base)
    if modeline:
        results.print_document(comment)
    elif not directory:
        results.print_result(output.load()(published.load_published_schema(name, base)), output)


def _write_all(directory: str, base_url: str | None) -> None:
    from calicoctl.console import output_files
    from calicoctl.console.messages import current_messages
    from calicoctl.printers.record import format_json
    from calicoctl.schema.published import build_schema_files

    texts = {name: format_json(schema) for name, schema in build_schema_files(base_url).items()}
    _require_own_files([Path(directory, name) for name in texts])
    output_files.save_all(directory, texts, (), "schemas")
    current_messages().info(f"{len(texts)} files written to {directory}")


def _require_own_files(paths: Sequence[Path]) -> None:
    """Raise an error if a file to write is a symbolic link, or not a schema of calicoctl."""
    from calicoctl.errors import UsageError

    problems = [
        f"{path}: {problem}, nothing was written (remove it, or name another directory)"
        for path in paths
        if (problem := _overwrite_problem(path))
    ]
    if problems:
        raise UsageError(*problems)


def _overwrite_problem(path: Path) -> str:
    """Return why a schema cannot be written to this path; empty if it can."""
    from calicoctl.errors import os_reason
    from calicoctl.schema.published import is_schema_file

    if path.is_symlink():
        return "is a symbolic link"
    if not path.exists():
        return ""
    try:
        is_own = path.is_file() and is_schema_file(path.name, path.read_bytes())
    except OSError as error:
        return os_reason(error)
    return "" if is_own else "is not a schema of calicoctl"


def _parse_base_url(url: str) -> str:
    """Return the URL of a directory, with a slash at its end; raise UsageError if it is not one."""
    from calicoctl.errors import UsageError

    if not re.fullmatch(r"https?://[^\s?#]+", url):
        raise UsageError(f"--base-url {url}: expected the http:// or https:// URL of a directory")
    return url.removesuffix("/") + "/"


def _modeline(location: str) -> str:
    from calicoctl.errors import UsageError
    from calicoctl.schema.published import format_modeline

    if re.search(r"\s", location):
        raise UsageError(f"{location!r}: a modeline cannot contain spaces (name another directory)")
    return format_modeline(location)
