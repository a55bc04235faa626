"""explain: what a field of a manifest means and what may stand there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from calicoctl.commands import completing, options, session

if TYPE_CHECKING:
    from calicoctl.schema.fields import Field


@click.command(short_help="Print what a field means and what may stand there.")
@click.argument("path", metavar="KIND[.FIELD...]", shell_complete=completing.fields)
@options.output
@options.general("--log-level")
def command(path: str, report_form: str) -> None:
    """Print what a field means, what may stand there, and the fields within it.

    \b
    Example:
      calicoctl explain policy.spec.ingress.action
    """
    from calicoctl.commands.naming import described_kind
    from calicoctl.errors import UsageProblem
    from calicoctl.schema.fields import UnknownFieldError, field_at, fields_within

    word, _, rest = path.partition(".")
    kind = described_kind(word)
    try:
        field = field_at(kind, rest)
    except UnknownFieldError as error:
        raise UsageProblem(str(error)) from None
    if report_form == "json":
        session.say_json({"kind": kind, **_record(field), "fields": [*map(_record, fields_within(field))]})
    else:
        click.echo("\n".join(_lines(kind, field)))


def _record(field: Field) -> dict[str, Any]:
    shown = ("path", "type", "values", "limits", "default", "required", "meaning")
    return {name: value for name, value in field._asdict().items() if name in shown}


def _lines(kind: str, field: Field) -> list[str]:
    from calicoctl.schema.fields import fields_within

    lines = [f"KIND:     {kind}"]
    if field.path:
        lines.append(f"FIELD:    {field.path}{' (required)' if field.required else ''}")
    lines.append(f"TYPE:     {field.type}")
    if field.values:
        lines.append(f"VALUES:   {', '.join(field.values)}")
    if field.limits:
        lines.append(f"LIMITS:   {field.limits}")
    if field.default is not None:
        lines.append(f"DEFAULT:  {field.default}")
    lines += ["", click.wrap_text(field.meaning, 88)]
    within = list(fields_within(field))
    if within:
        names = [inner.path.rpartition(".")[2] for inner in within]
        width = max(map(len, names))
        lines += ["", "FIELDS:"]
        lines += (
            f"  {name:<{width}}  {inner.type}{' (required)' if inner.required else ''}"
            for name, inner in zip(names, within, strict=True)
        )
    return lines
