"""Order of the resources of `get --sort-by`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from calicoctl.errors import UsageError
from calicoctl.jsonpath import JsonPathError, Path, find_values, format_value, parse_field_path
from calicoctl.resource import Resource

_DIGITS = re.compile(r"([0-9]+)")


def parse_sort_field(text: str) -> Path:
    """Return the path of `--sort-by`.

    Raises:
        UsageError: invalid path.
    """
    try:
        return parse_field_path(text)
    except JsonPathError as error:
        raise UsageError(f"--sort-by {text}: {error}") from None


def sort_resources(resources: Sequence[Resource], path: Path, field: str) -> list[Resource]:
    """Return the resources in the order of a field: those without it, then numbers, then texts.

    Digits in texts are compared as numbers, as in kubectl: `web-2` is before `web-10`.

    Args:
        resources: the resources.
        path: the field.
        field: the value of `--sort-by`, for messages.

    Raises:
        UsageError: no resource has the field.
    """
    try:
        values = [find_values(path, resource.manifest()) for resource in resources]
    except JsonPathError as error:
        raise UsageError(f"--sort-by {field}: {error}") from None
    if resources and not any(values):
        raise UsageError(f"--sort-by {field}: no resource has this field (write a path such as .metadata.name)")
    pairs = sorted(zip(values, resources, strict=True), key=lambda pair: _sort_key(pair[0]))
    return [resource for _, resource in pairs]


def _sort_key(values: Sequence[Any]) -> tuple[int, Any]:
    if not values:
        return 0, 0
    value = values[0]
    if isinstance(value, (int, float)):
        return 1, value
    parts = _DIGITS.split(format_value(value))  # text and digits alternate
    return 2, [int(part) if index % 2 else part for index, part in enumerate(parts)]
