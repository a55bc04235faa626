"""Contexts of a configuration file, and the settings in use with their origin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from calicoctl.config.build import endpoint_urls
from calicoctl.config.endpoints import parse_endpoints
from calicoctl.config.file import read_contexts
from calicoctl.config.setting_value import SettingValue
from calicoctl.config.settings import SETTINGS, Setting, Settings, SettingsSource


class ContextSummary(NamedTuple):
    """A context of a configuration file."""

    name: str
    """`metadata.name`; empty if it is missing."""
    is_current: bool
    """Whether commands use it."""
    endpoints: tuple[str, ...]
    """The valid endpoints."""


class SettingSummary(NamedTuple):
    """A setting in use."""

    field: str
    value: str | None
    """None for a password or a key."""
    origin: str
    """Position in the file, environment variable, option, or `default`."""


def list_contexts(path: str, requested: SettingValue | None) -> list[ContextSummary]:
    """Return the contexts of a file in their order.

    Args:
        path: the file.
        requested: the context of the command line or the environment; None for the first.

    Raises:
        UsageError: the file is unreadable or has a syntax error.
    """
    return [
        ContextSummary(name, _is_current(index, name, requested), _valid_endpoints(source))
        for index, (name, source) in enumerate(read_contexts(path))
    ]


def duplicate_names(contexts: Sequence[ContextSummary]) -> list[str]:
    """Return the names that several contexts have, once each."""
    counts = Counter(each.name for each in contexts if each.name)
    return [name for name, count in counts.items() if count > 1]


def describe_settings(source: SettingsSource, settings: Settings) -> list[SettingSummary]:
    """Return the settings in use.

    Args:
        source: the settings with their origin.
        settings: the settings that were built from `source`.
    """
    used = [_describe(setting, source.values[setting.field]) for setting in SETTINGS if setting.field in source.values]
    if settings.is_default:
        used.insert(0, SettingSummary("etcdEndpoints", ",".join(settings.endpoints), settings.origin))
    return used


def _is_current(index: int, name: str, requested: SettingValue | None) -> bool:
    return index == 0 if requested is None else name == requested.text


def _valid_endpoints(source: SettingsSource) -> tuple[str, ...]:
    if not source.has_endpoints:
        return ()
    endpoints, problems = parse_endpoints(endpoint_urls(source.values))
    return () if problems else endpoints


def _describe(setting: Setting, value: SettingValue) -> SettingSummary:
    text = "text" if setting.text_of else value.text
    origin = value.origin.removesuffix(f": spec.{setting.field}")
    return SettingSummary(setting.field, None if setting.is_secret else text, origin)
