"""docs/reference/kinds.md: the fields and columns of every kind, as `calicoctl explain` prints them."""

from __future__ import annotations

from collections.abc import Iterator

from calicoctl.kinds import KINDS, Kind
from calicoctl.kinds.column import Column
from calicoctl.manifest.policy_tests import POLICY_TEST
from calicoctl.manifest.stored_objects import STORED_OBJECT
from calicoctl.schema.fields import Field, child_fields, find_field, make_field, root_field
from calicoctl.schema.store import Schema
from docs.generators.markdown import Row, code, table

_LINKED = {"a selector": "a [selector](../guide/selectors.md)", "list of rules": "list of [rules](#rules)"}
"""Types that another page explains."""

_FIELD_HEADING = ("field", "type", "allowed", "default", "meaning")


def kinds_page() -> Iterator[str]:
    """The fields and columns of every kind, of rules, of policy tests and of stored objects."""
    rule = make_field("", find_field("policy", "spec.ingress").schema["items"], required=True)
    test, stored_object = root_field(POLICY_TEST), root_field(STORED_OBJECT)
    yield "# Kinds\n"
    for kind in KINDS:
        yield from _kind(kind)
    for heading, field in (("Rules", rule), ("Policy tests", test), ("Stored objects", stored_object)):
        yield f"## {heading}\n"
        yield field.description + "\n"
        yield table(_FIELD_HEADING, list(_rows(field)))


def _kind(kind: Kind) -> Iterator[str]:
    resource = root_field(kind.name)
    columns = [(f"`{column.heading}`", f"`{column.path}`", _output_of(column)) for column in kind.columns]
    yield f"## {kind.name}\n"
    yield resource.description + "\n"
    yield f"- On the command line: {code(kind.name, *kind.aliases)}, in any case."
    yield f"- Identified by: {code(*(f'metadata.{field}' for field in kind.identifying_fields))}."
    yield f"- Stored as: `{kind.stored_kind.kind}`, under `{kind.stored_kind.prefix}`.\n"
    yield table(_FIELD_HEADING, list(_rows(resource)))
    yield f"Columns of `calicoctl get {kind.name}`, and for `-o custom-columns=`:\n"
    yield table(("heading", "field", "shown"), columns)


def _output_of(column: Column) -> str:
    if column.custom_only:
        return "`-o custom-columns` only"
    if column.omit_empty:
        return "`-o wide` only, if a resource of the table has the value"
    return "`-o wide` only" if column.wide_only else "always"


def _rows(field: Field) -> Iterator[Row]:
    """A row for each field; the fields of a mapping follow it. Rules have a separate table."""
    for inner in child_fields(field):
        default = "" if inner.default is None else code(inner.default)
        constraints = _LINKED.get(inner.constraints, _escaped(inner.constraints))
        yield (
            f"`{inner.path}`",
            _LINKED.get(inner.type, inner.type),
            "; ".join(filter(None, (code(*inner.allowed_values), constraints))),
            "required" if inner.required else default,
            inner.description,
        )
        if not _is_list_of_rules(inner.schema):
            yield from _rows(inner)


def _escaped(text: str) -> str:
    """Plain text as Markdown: an underscore does not begin emphasis."""
    return text.replace("_", "\\_")


def _is_list_of_rules(schema: Schema) -> bool:
    return bool(schema.get("items", {}).get("title") == "rule")
