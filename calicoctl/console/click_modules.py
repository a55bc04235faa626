"""Postpones modules that Click imports for rarely used functions: a tenth of the time of `--version` and `--help`."""

from __future__ import annotations

import os

from calicoctl.deferred_imports import defer_import


def defer_modules() -> None:
    """Postpone the imports of `inspect` and `platform`; to be called before Click is imported."""
    defer_import("inspect", cleandoc=_cleandoc)
    defer_import("platform", system=_system)


def _cleandoc(text: str) -> str:
    """Clean a help text as `inspect.cleandoc`. That of an option is one line."""
    if "\n" not in text and "\t" not in text:
        return text.lstrip(" ")
    import inspect

    _ = inspect.signature  # loads the module, which replaces its `cleandoc`
    return inspect.cleandoc(text)


def _system() -> str:
    """Return the same as `platform.system`, for the module `uuid`."""
    return os.uname().sysname
