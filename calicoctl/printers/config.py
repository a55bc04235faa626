"""Contexts and connection settings, as tables and JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from calicoctl.printable import align_columns, escape_unprintable, join_lines
from calicoctl.printers.record import format_json

if TYPE_CHECKING:
    from calicoctl.config.overview import ContextSummary, SettingSummary

HIDDEN = "(hidden)"
_NONE = "<none>"


def format_contexts(contexts: Sequence[ContextSummary]) -> str:
    """Return a table of contexts, as kubectl."""
    rows = [
        ("*" if context.is_current else "", context.name or _NONE, ",".join(context.endpoints) or _NONE)
        for context in contexts
    ]
    return _format_table(("CURRENT", "NAME", "ENDPOINTS"), rows)


def format_context_names(contexts: Sequence[ContextSummary]) -> str:
    """Return the names, one in each line."""
    return join_lines(context.name for context in contexts if context.name)


def format_contexts_json(contexts: Sequence[ContextSummary]) -> str:
    """Return a JSON list of contexts."""
    return format_json(
        [
            {"name": context.name or None, "current": context.is_current, "endpoints": context.endpoints}
            for context in contexts
        ]
    )


def format_settings(settings: Sequence[SettingSummary]) -> str:
    """Return a table of settings."""
    rows = [(setting.field, HIDDEN if setting.value is None else setting.value, setting.origin) for setting in settings]
    return _format_table(("SETTING", "VALUE", "ORIGIN"), rows)


def format_settings_json(settings: Sequence[SettingSummary]) -> str:
    """Return a JSON list of settings. A hidden value is null."""
    return format_json([setting._asdict() for setting in settings])


def _format_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return join_lines(align_columns([headings, *([escape_unprintable(cell) for cell in row] for row in rows)]))
