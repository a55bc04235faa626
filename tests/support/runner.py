"""Runs of calicoctl: the type of the fixtures that run it, and their results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol


class Result(NamedTuple):
    """What a run of calicoctl did."""

    exit_code: int
    stdout: str
    stderr: str


class Calicoctl(Protocol):
    """Runs calicoctl with arguments, text for stdin and variables to add to the environment."""

    def __call__(
        self,
        *args: str,
        input: str | bytes | None = None,  # noqa: A002  # as in subprocess
        env: Mapping[str, str] | None = None,
    ) -> Result: ...


def output_lines(result: Result) -> list[str]:
    assert (result.exit_code, result.stderr) == (0, "")
    return [line.rstrip() for line in result.stdout.splitlines()]
