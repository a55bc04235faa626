"""How much a form of output can hold."""

from __future__ import annotations

from calicoctl.errors import UsageError


def check_limit(count: int, limit: int, output_format: str, noun: str) -> None:
    """Refuse what nobody could use.

    Raises:
        UsageProblem: there is more than `limit` of it.
    """
    if count > limit:
        raise UsageError(
            f"-o {output_format}: this would have {count:,} {noun}, more than {limit:,} "
            "(use --group-by profile or class, --focus PARTY, or -o json)"
        )
