"""Cache for functions of a rule: manifests repeat their rules."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Result = TypeVar("Result")

_MAX_RESULTS = 16_384
"""Maximum number of results in the cache of each function."""
_MARSHAL_VERSION = 2
"""Format of marshal without references, in which equal values have equal bytes."""


def memoized(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """Return the function with a cache. Callers must not modify the result: equal rules share it.

    The key is the marshalled rule, which distinguishes `True`, `1` and `1.0`.
    """
    results: dict[bytes, Result] = {}

    @wraps(function)
    def wrapper(rule: Any) -> Result:
        try:
            key = marshal.dumps(rule, _MARSHAL_VERSION)
        except ValueError:  # nested too deeply, or not a plain value
            return function(rule)
        if key in results:
            return results[key]
        result = function(rule)
        if len(results) < _MAX_RESULTS:
            results[key] = result
        return result

    return wrapper
