"""Parser of resource names on the command line: KIND,... NAME... with filters, or KIND/NAME..."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from calicoctl.console.filters import refuse_filters
from calicoctl.console.other_tools import kind_hint
from calicoctl.errors import UsageError
from calicoctl.kinds import KINDS, Kind, find_kind
from calicoctl.operations.read.query import Query
from calicoctl.resource import LocatedResource
from calicoctl.selector import Selector, SelectorError
from calicoctl.suggestion import suggestion

ALL_KINDS = "all"


def parse_names(words: Sequence[str], filters: Mapping[str, str]) -> tuple[Query, ...]:
    """Return a query for each name of each kind, or for each kind without names.

    Args:
        words: `all`, kinds separated by commas and names, or KIND/NAME arguments.
        filters: identifying fields from options, such as `node`.

    Raises:
        UsageError: unknown kind, mixed syntax, or a filter that the kind does not have.
    """
    for word in (*words, *filters.values()):
        _check_utf8(word)
    first = words[0]
    if "/" in first and find_kind(first) is None:
        refuse_filters(filters, "KIND/NAME")
        queries = tuple(_parse_slash_names(words))
    else:
        queries = tuple(_parse_kinds_and_names(first, words[1:], filters))
    _refuse_duplicates(queries)
    return queries


def refuse_files(words: Sequence[str]) -> None:
    """Raise UsageError if the first argument is a file, so that `delete FILE` is an error and does not delete by name.

    Only for commands with `-f`.
    """
    from calicoctl.manifest.sources import MANIFEST_SUFFIXES

    word = words[0] if words else ""
    if word == "-":
        raise UsageError("'-' is not a kind (write -f - to read manifests from stdin)")
    kind_words = word.partition("/")[0].split(",")
    if word in {"", ALL_KINDS} or any(map(find_kind, kind_words)):
        return
    if word.endswith(MANIFEST_SUFFIXES) or Path(word).exists():
        raise UsageError(f"{word!r} is a path, not a kind (write -f {word})")


def require_full_names(queries: Sequence[Query], verb: str, alternative: str = "") -> tuple[LocatedResource, ...]:
    """Return the resources of queries.

    Args:
        queries: the named resources.
        verb: the command, for messages.
        alternative: options that select resources without names, for messages.

    Raises:
        UsageError: a query does not identify one resource.
    """
    resources: list[LocatedResource] = []
    for item in queries:
        if not (identifier := item.identifier):
            last = item.kind.identifying_fields[-1]
            needed = [f"its {field}" if field == last else f"--{field}" for field in item.missing_fields]
            other = f", or {alternative}" if alternative and not item.has_name else ""
            raise UsageError(f"{item}: incomplete name ({verb} also requires {' and '.join(needed)}{other})")
        resources.append(LocatedResource(identifier))
    return tuple(resources)


def parse_kind(word: str, other_names: Sequence[str] = ()) -> Kind:
    """Return the kind for a name or an alias.

    Args:
        word: the name or alias.
        other_names: what the command takes as well, for messages.

    Raises:
        UsageError: unknown kind.
    """
    kind = find_kind(word)
    if kind is None:
        if word == ALL_KINDS:
            raise UsageError(f"{ALL_KINDS!r} cannot be combined with names or kinds (write the kinds: KIND,KIND)")
        names = list(dict.fromkeys([*(kind.name for kind in KINDS), *other_names]))
        words = {word: kind.name for kind in KINDS for word in (kind.name, *kind.aliases)}
        words |= {name: name for name in other_names}
        hint = kind_hint(word) or suggestion(word, words) or f" (kinds are {', '.join(names)})"
        raise UsageError(f"unknown kind {word!r}{hint}")
    return kind


def parse_document_kind(word: str) -> str:
    """Return the name of the kind for a name or an alias; also kinds of documents that are not resources.

    Raises:
        UsageError: unknown kind.
    """
    from calicoctl.schema.document_kinds import DOCUMENT_KINDS

    return _find_name(word, DOCUMENT_KINDS) or parse_kind(word, DOCUMENT_KINDS).name


def parse_schema_name(word: str) -> str:
    """Return the name of a schema for the name or an alias of a kind, or the name of another schema.

    Raises:
        UsageError: unknown kind.
    """
    from calicoctl.schema.published import SCHEMA_NAMES

    return _find_name(word, SCHEMA_NAMES) or parse_kind(word, SCHEMA_NAMES).name


def _find_name(word: str, names: Sequence[str]) -> str | None:
    """Return the name with another letter case, or None."""
    return {name.lower(): name for name in names}.get(word.lower())


def parse_selector(text: str, queries: Sequence[Query]) -> Selector:
    """Return the selector of `-l`.

    Raises:
        UsageError: syntax error, or a kind does not have labels.
    """
    from calicoctl.operations.read.labels import parse_label_selector

    require_labelled_kinds(queries, "-l")
    try:
        return parse_label_selector(text)
    except SelectorError as error:
        raise UsageError(f"-l: {error}{_equality_hint(text)}") from None


def _equality_hint(text: str) -> str:
    """Return the selector to write instead of one of kubectl, such as `role=web`, in parentheses."""
    match = re.fullmatch(r"([\w./-]+)=([\w.-]*)", text)
    return f" (write -l \"{match[1]} == '{match[2]}'\")" if match else ""


def parse_selection(queries: Sequence[Query], selector: str | None, *, select_all: bool) -> Selector | None:
    """Return the selector of a write with `-l` or `--all`; None for `--all`.

    Raises:
        UsageError: both or names are given, or the selector is empty (an unset variable) or invalid.
    """
    if selector is not None and select_all:
        raise UsageError("-l and --all cannot be combined")
    if any(query.has_name for query in queries):
        raise UsageError(f"{'--all' if select_all else '-l'} cannot be combined with names")
    if selector is None:
        return None
    if not selector.strip():
        raise UsageError("-l is empty (write --all for all resources of the kinds)")
    return parse_selector(selector, queries)


def require_labelled_kinds(queries: Sequence[Query], context: str) -> None:
    """Raise UsageError if a kind does not have labels, which `context` requires."""
    from calicoctl.operations.read.labels import LABELLED_KINDS

    for query in queries:
        if query.kind not in LABELLED_KINDS:
            names = ", ".join(kind.name for kind in LABELLED_KINDS)
            raise UsageError(f"{context}: {query.kind.name} does not have labels (kinds with labels are {names})")


def _check_utf8(word: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in word):  # bytes that are not UTF-8 (PEP 383)
        raise UsageError(f"{word!r} is not UTF-8")


def _check_filters(kind: Kind, filters: Mapping[str, str]) -> Mapping[str, str]:
    """Return the filters if the kind has all of their fields."""
    filter_fields = kind.identifying_fields[:-1]
    for field in filters:
        if field not in filter_fields:
            known = " and ".join(f"--{name}" for name in filter_fields) or "no filters"
            raise UsageError(f"--{field} is not a filter of {kind.name} (it has {known})")
    if filters.get("scope", "node") != "node" and "node" in filters:
        raise UsageError(f"--node cannot be combined with --scope={filters['scope']}: these peers have no node")
    return filters


def _parse_kinds_and_names(kind_words: str, names: Sequence[str], filters: Mapping[str, str]) -> Iterator[Query]:
    """Yield the queries of `KIND,... NAME...`. As in kubectl, each kind has all names."""
    if kind_words == ALL_KINDS and not names:
        refuse_filters(filters, ALL_KINDS)
        yield from (Query(kind, {}) for kind in KINDS)
        return
    for kind in dict.fromkeys(map(parse_kind, kind_words.split(","))):
        values = _check_filters(kind, filters)
        last = kind.identifying_fields[-1]
        yield from (_make_query(kind, {**values, last: name}) for name in names)
        if not names:
            yield _make_query(kind, values)


def _parse_slash_names(words: Sequence[str]) -> Iterator[Query]:
    for word in words:
        kind_word, slash, rest = word.partition("/")
        if not slash or not rest:
            raise UsageError(f"{word!r}: expected KIND/NAME (or write KIND NAME...)")
        if "," in kind_word:
            raise UsageError(f"{word!r}: KIND/NAME has one kind (write {kind_word} {rest})")
        kind = parse_kind(kind_word)
        fields = list(kind.identifying_fields)
        if "/" not in rest and set(kind.implied_fields({fields[-1]: rest})) == set(fields):
            fields = fields[-1:]  # the other fields follow from the last one
        if rest.startswith("global/") and fields[0] == "scope":
            fields.remove("node")
        parts = rest.split("/", len(fields) - 1)
        if len(parts) < len(fields):
            raise UsageError(f"{word!r}: write {kind.name}/{'/'.join(field.upper() for field in fields)}")
        values = [*(part.replace("%2f", "/") for part in parts[:-1]), parts[-1]]
        yield _make_query(kind, dict(zip(fields, values, strict=True)))


def _make_query(kind: Kind, values: Mapping[str, str]) -> Query:
    """Return a query with normalized values. Another value can be a raw name in the datastore."""
    normal = {}
    for field, text in values.items():
        try:
            normal[field] = kind.value_normalizers.get(field, str)(text)
        except ValueError as error:
            if len(kind.identifying_fields) > 1:
                raise UsageError(str(error)) from None
            normal[field] = text
    return Query(kind, normal)


def _refuse_duplicates(queries: Sequence[Query]) -> None:
    for index, item in enumerate(queries):
        if item in queries[:index]:
            raise UsageError(f"duplicate name {item}")
