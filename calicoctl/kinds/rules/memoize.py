"""Functions of a rule that remember what they gave: manifests repeat their rules as they repeat their selectors."""

from __future__ import annotations

import marshal
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

Result = TypeVar("Result")

_MAX_RESULTS = 16_384
"""So many different rules are remembered by each function; further ones are worked out each time."""
_MARSHAL_VERSION = 2
"""The format of marshal that tells only what a value is, so that equal values give equal bytes."""


def memoized(function: Callable[[Any], Result]) -> Callable[[Any], Result]:
    """The function, which gives the same object for equal rules, so that nobody may change what it gives.

    A rule is told by its bytes: `True`, `1` and `1.0` are not the same, and to make them is cheaper than any work.
    """
    results: dict[bytes, Result] = {}

    @wraps(function)
    def wrapper(rule: Any) -> Result:
        try:
            key = marshal.dumps(rule, _MARSHAL_VERSION)
        except ValueError:  # too deep, or no plain value
            return function(rule)
        if key in results:
            return results[key]
        result = function(rule)
        if len(results) < _MAX_RESULTS:
            results[key] = result
        return result

    return wrapper
