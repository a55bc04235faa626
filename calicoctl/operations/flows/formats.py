"""Formats of files with flows: each splits lines into records. The first line determines the format."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from calicoctl.analysis.flows.flow import FlowError
from calicoctl.operations.flows.record_fields import (
    HEADER_EXAMPLE,
    Record,
    canonical_field,
    check_fields,
    check_repeated,
)

Lines = Iterator[tuple[int, str]]
"""Lines with their numbers, counted from 1."""


class NumberedRecord(NamedTuple):
    """A record with the number of its line."""

    line: int
    record: Record | FlowError
    """Values by canonical field; the error if the line has another syntax."""


RecordFormat = Callable[[Lines, "Header"], Iterator[NumberedRecord]]


class Header(NamedTuple):
    """First line that is not empty."""

    line: int
    text: str


def find_format(text: str) -> RecordFormat:
    """Return the format of a file by its first line that is not empty.

    Raises:
        FlowError: the line is the start of a JSON array.
    """
    if text.startswith("["):
        raise FlowError("a JSON array (write one object in each line, as `jq -c '.[]'` does)")
    if text.startswith("{"):
        return json_records
    return agent_records if text.startswith(_AGENT_START) else csv_records


def csv_records(lines: Lines, header: Header) -> Iterator[NumberedRecord]:
    """Yield the records of comma-separated values (RFC 4180) with a header; `;` and tabs separate values as well.

    Raises:
        FlowError: the header lacks a column.
    """
    separator = max(",;\t", key=header.text.count)
    try:
        names = next(csv.reader([header.text], delimiter=separator), [])
    except csv.Error as error:
        raise FlowError(f"invalid CSV: {error} (write a header: {HEADER_EXAMPLE})") from None
    fields = list(map(canonical_field, names))
    check_repeated(names)
    check_fields(fields)
    for number, line in lines:
        try:
            values = next(csv.reader([line], delimiter=separator, strict=True), [])
        except csv.Error as error:
            yield NumberedRecord(number, FlowError(f"invalid CSV: {error} (write one record in each line)"))
            continue
        if len(values) != len(fields):
            message = f"{len(values)} values, the header has {len(fields)} (write one for each column)"
            yield NumberedRecord(number, FlowError(message))
            continue
        record = {field: value.strip() for field, value in zip(fields, values, strict=True) if field}
        yield NumberedRecord(number, record)


def json_records(lines: Lines, header: Header) -> Iterator[NumberedRecord]:
    """Yield the records of JSON lines: an object in each line."""
    yield NumberedRecord(header.line, _json_record(header.text))
    for number, line in lines:
        yield NumberedRecord(number, _json_record(line))


def _json_record(text: str) -> Record | FlowError:
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):
        pairs = None
    if not isinstance(pairs, _Pairs):
        return FlowError("not a JSON object (write one object in each line)")
    values = [(name, _json_text(value)) for name, value in pairs]
    try:
        check_repeated(name for name, value in values if value)
    except FlowError as error:
        return error
    record: dict[str, str] = {}
    for name, value in values:
        if field := canonical_field(name):
            record[field] = value or record.get(field, "")
    return record


class _Pairs(tuple[tuple[str, Any], ...]):
    """Names and values of a JSON object."""

    __slots__ = ()


def _json_text(value: Any) -> str:
    """Return a scalar as text; empty for null, an object and a list."""
    return "" if value is None or isinstance(value, _Pairs | list) else str(value).strip()


_AGENT_START = "- Time="
_AGENT_ACTION = re.compile(r"- Time=.* Action=(\w+)")
_AGENT_FLOW = re.compile(
    r"\s+Src=\{(?P<source_type>\w+)\((?P<source_namespace>[^/()]*)/(?P<source_name>[^()]*)\)\}"
    r" Dst=\{(?P<dest_type>\w+)\((?P<dest_namespace>[^/()]*)/(?P<dest_name>[^()]*)\).*?\}"
    r" Proto=\{(?P<protocol>[^({}]+)\((?P<port>\d+)\).*"
)
_AGENT_OTHER_LINE = re.compile(r"\s+(?:Counts=|Enforced:|Pending:|- )|[a-z_]+:")


def agent_records(lines: Lines, header: Header) -> Iterator[NumberedRecord]:
    """Yield the records of `calico-node -flows` (Calico 3.32 `node/pkg/flowlogs/flowlogs.go`)."""
    action = _agent_action(header.text)
    for number, line in lines:
        if line.startswith(_AGENT_START):
            action = _agent_action(line)
        elif flow := _AGENT_FLOW.fullmatch(line):
            yield NumberedRecord(number, {**flow.groupdict(), "action": action})
        elif not _AGENT_OTHER_LINE.match(line):
            yield NumberedRecord(number, FlowError("not a line of `calico-node -flows` (write Src={...} Dst={...})"))


def _agent_action(line: str) -> str:
    found = _AGENT_ACTION.match(line)
    return found[1] if found else ""
