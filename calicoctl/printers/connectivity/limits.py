"""Size limits of the output formats of `connectivity`."""

from __future__ import annotations

from calicoctl.errors import UsageError


def check_limit(count: int, limit: int, output_format: str, noun: str) -> None:
    """Raise an error if the output has more than `limit` items.

    Args:
        count: number of items in the output.
        limit: maximum number of items.
        output_format: value of `-o`.
        noun: the kind of item, in the plural.

    Raises:
        UsageError: `count` exceeds `limit`.
    """
    if count > limit:
        raise UsageError(
            f"-o {output_format}: {count:,} {noun} exceed the limit of {limit:,} "
            "(use --group-by profile or class, --focus, or -o json)"
        )
