"""The parser of libyaml, imported without PyYAML's own parser: an eighth of `validate` for one file.

PyYAML imports both. Its own reader alone compiles a regular expression of all printable characters, which takes a tenth
of such a `validate` in Python 3.11. The parser of libyaml uses the exceptions of these modules only.
"""

from __future__ import annotations

import importlib

from calicoctl.deferred_imports import defer_import, defer_imports

defer_imports("yaml")
defer_import("yaml.reader", "ReaderError")
_USED = (
    *("error", "tokens", "events", "nodes", "scanner", "parser", "composer"),
    *("constructor", "emitter", "serializer", "representer"),
)
for _name in _USED:
    importlib.import_module(f"yaml.{_name}")

from yaml.error import MarkedYAMLError  # noqa: E402 - the modules are deferred first
from yaml.events import (  # noqa: E402
    AliasEvent,
    DocumentEndEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

try:
    from yaml._yaml import CParser as Parser
except ImportError:  # PyYAML without libyaml: slower, same events
    from yaml import SafeLoader as Parser  # type: ignore[assignment]

__all__ = [
    "AliasEvent",
    "DocumentEndEvent",
    "MappingEndEvent",
    "MappingStartEvent",
    "MarkedYAMLError",
    "Parser",
    "ScalarEvent",
    "SequenceEndEvent",
    "SequenceStartEvent",
]
