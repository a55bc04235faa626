"""explain: print the documentation of a field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from calicoctl.console import options, results
from calicoctl.console.completion import values
from calicoctl.printable import align_columns, join_lines
from calicoctl.printers import formats

if TYPE_CHECKING:
    from calicoctl.schema.fields import Field


@click.command()
@click.argument("path", required=False, metavar="[KIND[.FIELD...]]", shell_complete=values.field_paths)
@options.output_option(formats.RECORD)
@options.general_options("--log-level")
def command(path: str | None, output: formats.SelectedFormat) -> None:
    """Print meaning, type, values and subfields of a field. Without a kind, list the kinds.

    \b
    Example:
      calicoctl explain policy.spec.ingress.action
    """
    from calicoctl.console.names import parse_document_kind
    from calicoctl.errors import UsageError
    from calicoctl.schema.document_kinds import DOCUMENT_KINDS
    from calicoctl.schema.fields import UnknownFieldError, child_fields, find_field

    if path is None:
        records = [*map(_kind_record, DOCUMENT_KINDS)]
        results.print_record(records, _format_kinds(records), output)
        return
    kind_word, field_path = _split_path(path)
    kind = parse_document_kind(kind_word)
    try:
        field = find_field(kind, field_path)
    except UnknownFieldError as error:
        raise UsageError(str(error)) from None
    record = {"kind": kind, **_field_record(field), "fields": [*map(_field_record, child_fields(field))]}
    results.print_record(record, "\n".join([*_format_field(kind, field), ""]), output)


def _kind_record(name: str) -> dict[str, Any]:
    from calicoctl.kinds import find_kind
    from calicoctl.schema.fields import root_field

    kind = find_kind(name)
    return {"kind": name, "aliases": list(kind.aliases) if kind else [], "meaning": root_field(name).description}


def _format_kinds(records: Sequence[Mapping[str, Any]]) -> str:
    rows = [(each["kind"], ", ".join(each["aliases"]), each["meaning"]) for each in records]
    return join_lines(align_columns([("KIND", "ALIASES", "MEANING"), *rows]))


def _split_path(path: str) -> tuple[str, str]:
    """Return the kind and the path of the field, also of a resource as in messages: `policy/web: spec.order`."""
    if "/" in path.partition(".")[0]:
        return path.partition("/")[0], path.partition(": ")[2]
    kind, _, field_path = path.partition(".")
    return kind, field_path


def _field_record(field: Field) -> dict[str, Any]:
    return {
        "path": field.path,
        "type": field.type,
        "values": field.allowed_values,
        "limits": field.constraints,
        "default": field.default,
        "required": field.required,
        "meaning": field.description,
    }


def _format_field(kind: str, field: Field) -> list[str]:
    from calicoctl.schema.fields import child_fields

    lines = [f"KIND:     {kind}"]
    if field.path:
        lines.append(f"FIELD:    {field.path}{' (required)' if field.required else ''}")
    lines.append(f"TYPE:     {field.type}")
    if field.allowed_values:
        lines.append(f"VALUES:   {', '.join(field.allowed_values)}")
    if field.constraints:
        lines.append(f"LIMITS:   {field.constraints}")
    if field.default is not None:
        lines.append(f"DEFAULT:  {field.default}")
    lines += ["", click.wrap_text(field.description, 88)]
    inner_fields = list(child_fields(field))
    if inner_fields:
        names = [inner.path.rpartition(".")[2] for inner in inner_fields]
        width = max(map(len, names))
        lines += ["", "FIELDS:"]
        lines += (
            f"  {name:<{width}}  {inner.type}{' (required)' if inner.required else ''}"
            for name, inner in zip(names, inner_fields, strict=True)
        )
    return lines
