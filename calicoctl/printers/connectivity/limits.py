"""How much a form of output can hold."""

from __future__ import annotations

from calicoctl.errors import UsageProblem


def refuse_more(number: int, most: int, form: str, what: str) -> None:
    """Refuse what nobody could use.

    Raises:
        UsageProblem: there is more than `most` of it.
    """
    if number > most:
        raise UsageProblem(
            f"-o {form}: this would have {number:,} {what}, more than {most:,} "
            "(use --group-by profile or class, --focus PARTY, or -o json)"
        )
