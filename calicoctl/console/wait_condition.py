"""The option `--for` of `wait`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from calicoctl.console.completion.words import fixed_words

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from calicoctl.operations.wait import FieldCondition
    from calicoctl.operations.write.outcome import Action

_STATES = {"present": "present", "absent": "absent", "create": "present", "delete": "absent"}
"""Values of `--for`, with those of kubectl, and the state that each one waits for."""
_FIELD_PREFIX = "jsonpath="
_BRACED = re.compile(r"(\{.*?\})(?:=(.*))?", re.DOTALL)
_UNBRACED = re.compile(r"((?:[^={\[]|\[[^\]]*\])+)(?:=(.*))?", re.DOTALL)


class WaitConditionType(click.ParamType):  # type: ignore[type-arg,unused-ignore]  # generic in later versions of click
    """A value of `--for`; the command gets a state, `present` or `absent`, or a `FieldCondition`."""

    name = "condition"
    choices = ("present", "absent", "jsonpath=PATH[=VALUE]")
    """Values, without the equivalent ones of kubectl, for the message about a missing option."""

    def convert(
        self, value: str | Action | FieldCondition, param: click.Parameter | None, ctx: click.Context | None
    ) -> Action | FieldCondition:
        """Return the condition for a text."""
        from calicoctl.operations.write.outcome import Action

        if not isinstance(value, str) or isinstance(value, Action):
            return value
        if state := _STATES.get(value):
            return Action(state)
        if value.startswith(_FIELD_PREFIX):
            return self._parse_field(value.removeprefix(_FIELD_PREFIX), param, ctx)
        known = f"{', '.join(_STATES)} or jsonpath=PATH[=VALUE]"
        return self.fail(f"unknown condition {value!r} (write {known})", param, ctx)

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem[str]]:
        """Complete the states, and `jsonpath=`."""
        return fixed_words((*_STATES, _FIELD_PREFIX), incomplete)

    def _parse_field(self, text: str, param: click.Parameter | None, ctx: click.Context | None) -> FieldCondition:
        from calicoctl.jsonpath import JsonPathError, parse_field_path
        from calicoctl.operations.wait import FieldCondition

        match = (_BRACED if text.startswith("{") else _UNBRACED).fullmatch(text)
        if not match:
            self.fail(f"invalid condition {_FIELD_PREFIX}{text} (write jsonpath={{.FIELD}}=VALUE)", param, ctx)
        path, expected = match.groups()
        try:
            steps = parse_field_path(path)
        except JsonPathError as error:
            self.fail(f"{path}: {error}", param, ctx)
        return FieldCondition(path.strip("{}"), steps, None if expected is None else _unquote(expected))


def _unquote(text: str) -> str:
    """Return a text without quotes around it, as kubectl does."""
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text
