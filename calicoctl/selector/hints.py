"""Frequent mistakes in each part of a selector, with their messages.

A hint is a pattern and a message. The patterns of a part are matched in order at the offset where the parser stopped,
after white space. The last pattern of a part matches everything. A group named `at` moves the column to its start.

Placeholders in messages: `{found}` is the token at the offset, `{after}` is " after '&&'" or another token before it,
`{label}` is the label name before it, `{comparison}` is that label name with its operator, and `{value}` is the group
of this name.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, TypeAlias

from calicoctl.selector.nodes import OPERATORS

LABEL: Final = r"[a-zA-Z0-9_./-]+"
_WORD_END: Final = r"(?![a-zA-Z0-9_./-])"
STRING: Final = r"\"[^\"]*\"|'[^']*'"
_FOREIGN_QUOTES: Final = "“”„«»`\u2018\u2019\u201a\u00b4"
_VALUE: Final = rf"(?P<value>[^\s\"'(){{}}\[\],&|=!<>{_FOREIGN_QUOTES}]+)"

_ADJACENT: Final = r"(?<=[\"'])[^\s\"',(){}&|!]"
"""A character directly after a string: mostly the rest of a string that contains its own quote."""

_OPERATOR_TEXTS: Final = tuple(operator.operator for operator in OPERATORS)
_WORD_OPERATORS: Final = tuple(text for text in _OPERATOR_TEXTS if text[0].isalpha())
_FIRST_WORDS: Final = {text.split()[0]: text for text in _WORD_OPERATORS if " " in text}
"""First words of operators with a space: `{"not": "not in", …}`."""
_WITHOUT_NEGATION: Final = tuple(
    text.split()[0] for text in _WORD_OPERATORS if not text.startswith("not ") and f"not {text}" not in _OPERATOR_TEXTS
)
"""First words of the operators without a negated form."""


def _any_of(words: Iterable[str]) -> str:
    """Return a pattern that matches any of the words; the space within an operator is optional."""
    return "|".join(word.replace(" ", r"[ \t]*") for word in words)


SYMBOLS: Final = _any_of(text for text in _OPERATOR_TEXTS if text not in _WORD_OPERATORS)
WORDS: Final = _any_of(_WORD_OPERATORS)

Hints: TypeAlias = tuple[tuple[str, str], ...]

INVALID_SPACE: Final = "only spaces and tabs may separate the parts of a selector, found {found}"

CONDITION: Final[Hints] = (
    (r"(?<=\()[ \t]*\)", "the parentheses are empty (write all() to select everything)"),
    (r"\*", "expected a condition{after}, found '*' (write all() to select everything)"),
    (STRING, "expected a label name{after}, found {found} (a condition starts with a label name, without quotes)"),
    # The parser reads the "!" of a "!=" without a label name as a negation.
    (r"(?<=(?P<at>!))=|==?", "expected a label name before {found}"),
    (r"", "expected a condition{after}, found {found} (such as role == 'db' or has(role))"),
)

# Matched at the start of the label name, not at the offset.
OPERATOR: Final[Hints] = (
    (rf"(?P<at>(?i:not)){_WORD_END}", "'{label}' does not negate a condition (write '!', as in !has(role))"),
    (r"(?:has|all|global)[ \t]+\(", "remove the space between '{label}' and '('"),
    (r"(?P<at>(?i:has|all|global))\(", "'{label}' must be in lower case to be a function"),
    (
        rf"(?P<at>{LABEL})[ \t]*\(",
        "unknown function '{label}' (functions are has(label), all() and global())",
    ),
    (rf"{LABEL}[ \t]*=", "expected '==', found '='"),
    (rf"{LABEL}[ \t]*![ \t]+=", "remove the space within '!='"),
    (rf"{LABEL}[ \t]*![ \t]*in{_WORD_END}", "expected 'not in', found '!'"),
    (rf"{LABEL}[ \t]*not[ \t]*[=!]", "expected '!=', found 'not'"),
    (
        rf"{LABEL}[ \t]*(?:!|not)[ \t]*(?P<value>{_any_of(_WITHOUT_NEGATION)}){_WORD_END}",
        "unknown operator 'not {value}' (write '!' before the label name)",
    ),
    (rf"{LABEL}[ \t]*(?:{_any_of(_FIRST_WORDS)})[ \t]*(?P<at>[^\S \t])", INVALID_SPACE),
    (
        rf"{LABEL}[ \t]+(?i:{WORDS}){_WORD_END}",
        "operators must be in lower case, found {found}",
    ),
    *(
        (rf"{LABEL}[ \t]+{word}{_WORD_END}", f"expected '{text}', found {{found}}")
        for word, text in _FIRST_WORDS.items()
    ),
    (
        rf"{LABEL}[^\s\"'(){{}}\[\]=!<>~,&|a-zA-Z0-9_./-]",
        "invalid character {found} in a label name (valid characters are A-Z, a-z, 0-9 and - _ . /)",
    ),
    (rf"{LABEL}[ \t]*(?:{STRING})", "expected an operator between '{label}' and {found}, such as =="),
    (
        rf"{LABEL}[ \t]+(?i:and|or){_WORD_END}",
        "expected an operator after the label name '{label}', found {found}"
        " (write has({label}) to require the label, && for 'and', || for 'or')",
    ),
    (
        rf"{LABEL}[ \t]*(?:\)|&&|\|\||\Z)",
        "expected an operator after the label name '{label}', found {found} (write has({label}) to require the label)",
    ),
    (
        r"",
        f"expected an operator after the label name '{{label}}', found {{found}} (one of {', '.join(_OPERATOR_TEXTS)})",
    ),
)

QUOTED_STRING: Final[Hints] = (
    (r"=", "expected a quoted string{after}, found '=' (the operators are == and !=)"),
    (f"[{_FOREIGN_QUOTES}]", "expected a quoted string{after}, found {found} (use \" or ' as quotes)"),
    (r"(?<===)[ \t]*[{\[]", "expected a quoted string, found {found} (write 'in' to compare with a set)"),
    (r"(?<=!=)[ \t]*[{\[]", "expected a quoted string, found {found} (write 'not in' to compare with a set)"),
    (_VALUE, "expected a quoted string, found {found} (write {found} in quotes: {comparison} '{value}')"),
    (r"", "expected a quoted string{after}, found {found}"),
)

SET: Final[Hints] = (
    (STRING, "expected a set{after}, found {found} (write the values in braces: {comparison} {{{found}}})"),
    (r"", "expected a set{after}, found {found} (such as {comparison} {{'a', 'b'}})"),
)

VALUE_IN_SET: Final[Hints] = (
    (r",", "expected a quoted string, found ',' (remove this comma)"),
    (_VALUE, "expected a quoted string, found {found} (write {found} in quotes)"),
    (r"", "expected a quoted string or '}}', found {found}"),
)

COMMA: Final[Hints] = (
    (
        _ADJACENT,
        "expected ',' or '}}', found {found} (a string ends at its first quote: use the other quotes)",
    ),
    (STRING, "expected ',' or '}}', found {found} (separate the values with commas)"),
    (r"", "expected ',' or '}}', found {found}"),
)

HAS_LABEL: Final[Hints] = (
    (r"\)", "expected a label name between 'has(' and ')'"),
    (rf"(?P<at>{STRING})", "expected a label name after 'has(', found {found} (label names have no quotes)"),
    (r"", "expected a label name after 'has(', found {found}"),
)

CLOSE: Final[Hints] = ((r"", "expected ')' to close '{call}', found {found}"),)

CHAIN: Final[Hints] = (
    (rf"(?i:and){_WORD_END}|&", "expected '&&', found {found}"),
    (rf"(?i:or){_WORD_END}|\|", "expected '||', found {found}"),
    (r"\)", "unmatched ')'"),
    (
        _ADJACENT,
        "expected '&&' or '||', found {found} (a string ends at its first quote: use the other quotes)",
    ),
    (r"", "expected '&&' or '||', found {found}"),
)
