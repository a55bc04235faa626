"""Certificates and keys that a configuration file contains as text: files in memory, never on a disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from calicoctl.config.setting_value import SettingValue


def inline_problems(values: Mapping[str, SettingValue], inline_fields: Mapping[str, str]) -> Iterator[str]:
    """Yield the problems of texts that are combined with files, as Calico 3 rejects them.

    Args:
        values: the values by field.
        inline_fields: the fields with texts, and the field with the path for each.
    """
    for field, file_field in inline_fields.items():
        if field not in values:
            continue
        for other in inline_fields.values():
            if other in values:
                yield f"{values[field].origin}: cannot be combined with {other} (write all as text or all as files)"
        if not hasattr(os, "memfd_create"):
            yield f"{values[field].origin}: a text is supported on Linux only (write {file_field})"


def open_inline_texts(values: Mapping[str, SettingValue], inline_fields: Mapping[str, str]) -> dict[str, SettingValue]:
    """Return the values with each text replaced by the path of a file in memory that contains it."""
    opened = dict(values)
    for field, file_field in inline_fields.items():
        if field in opened:
            text, origin = opened.pop(field)
            opened[file_field] = SettingValue(_memory_file(text), origin)
    return opened


def _memory_file(text: str) -> str:
    memory: Any = os  # type checkers for other platforms do not know memfd_create
    descriptor = memory.memfd_create("calicoctl")
    os.write(descriptor, text.encode())
    return f"/proc/self/fd/{descriptor}"
