"""export: print the contents of the datastore as manifests."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from calicoctl.console import connect, options, results
from calicoctl.console.completion import values
from calicoctl.console.messages import current_messages
from calicoctl.errors import InvalidManifest, UsageError

if TYPE_CHECKING:
    from calicoctl.operations.export import Export

_FORMAT_NAMES = ("json", "yaml")
"""Values of `-o` of other commands, rejected because users mean the format; `-o json` also prints messages as JSON."""


@click.command()
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    shell_complete=values.files,
    help="File to write. A directory, or a path that ends in /, gets one file for each kind.  [default: stdout]",
)
@click.option("--from-etcd2", metavar="URL", help="Read a v1 datastore in etcd v2, such as http://127.0.0.1:2379.")
@options.connection_options
def command(output: str | None, from_etcd2: str | None, connection: options.ConnectionOptions) -> None:
    """Print the contents of the datastore, read at one revision, as manifests for import.

    Resources that v1 can represent completely are v1 manifests, which other commands read, too. All other objects are
    documents of kind storedObject, which only import reads.

    \b
    Example:
      calicoctl export > backup.yaml
      calicoctl export -o backup/
      calicoctl export --from-etcd2 http://127.0.0.1:2379 | calicoctl import -f -
    """
    _check_output(output)
    export = _read_datastore(connection) if from_etcd2 is None else _read_etcd2(from_etcd2, connection)
    current_messages().warn(export.warnings)
    _print_export(export, output)
    if export.problems:
        raise InvalidManifest(export.problems)


def _check_output(output: str | None) -> None:
    if output == "":
        raise UsageError("-o is empty (name a file or a directory)")
    if output in _FORMAT_NAMES:
        raise UsageError(f"-o names a file, export always prints YAML (write ./{output} for a file of that name)")


def _read_datastore(connection: options.ConnectionOptions) -> Export:
    from calicoctl.console.progress_bar import DelayedProgressBar
    from calicoctl.operations.export import export_datastore

    with connect.open_datastore(connection, announce=True) as datastore, DelayedProgressBar() as bar:
        return export_datastore(datastore, bar)


def _read_etcd2(url: str, connection: options.ConnectionOptions) -> Export:
    from calicoctl.operations.export_etcd2 import export_etcd2

    return export_etcd2(connect.load_settings(connection._replace(endpoints=url), "--from-etcd2"))


def _print_export(export: Export, output: str | None) -> None:
    from calicoctl.console import output_files
    from calicoctl.operations.export import EXPORTED_KINDS
    from calicoctl.printers import export as printer

    if output is None:
        results.print_document(printer.format_manifest(export.documents))
        return
    if output.endswith("/") or Path(output).is_dir():
        stale = [printer.file_name(kind) for kind in EXPORTED_KINDS if kind not in export.documents]
        output_files.save_all(output, printer.format_files(export.documents), stale, "export")
    else:
        output_files.save(output, printer.format_manifest(export.documents), "export")
    current_messages().info(f"{printer.format_summary(export.documents)} exported to {output}")
