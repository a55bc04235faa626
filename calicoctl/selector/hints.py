"""The mistakes that people make in each part of a selector, and an advice for each.

A mistake is a pattern and a text. Patterns are tried in order where the parser stopped, spaces before them
skipped; the last of each table fits everything. A group named `at` moves the column to where it starts.

In the texts `{found}` is what stands there, `{after}` is " after '&&'" or what else came before, `{label}`
the label name before, `{comparison}` that label with its operator, and `{value}` the group of this name.
"""

from __future__ import annotations

from typing import Final, TypeAlias

LABEL: Final = r"[a-zA-Z0-9_./-]+"
_WORD_END: Final = r"(?![a-zA-Z0-9_./-])"
STRING: Final = r"\"[^\"]*\"|'[^']*'"
_FOREIGN_QUOTES: Final = "“”„«»`\u2018\u2019\u201a\u00b4"
_VALUE: Final = rf"(?P<value>[^\s\"'(){{}}\[\],&|=!<>{_FOREIGN_QUOTES}]+)"

_ADJACENT: Final = r"(?<=[\"'])[^\s\"',(){}&|!]"
"""Something right behind a string: mostly the rest of one with its own quote in it."""

Hints: TypeAlias = tuple[tuple[str, str], ...]

INVALID_SPACE: Final = "only spaces and tabs may separate the parts of a selector, found {found}"

CONDITION: Final[Hints] = (
    (r"(?<=\()[ \t]*\)", "the parentheses are empty (write all() to select everything)"),
    (r"\*", "expected a condition{after}, found '*' (write all() to select everything)"),
    (STRING, "expected a label name{after}, found {found} (label names have no quotes, and come first)"),
    # The "!" of a "!=" that nothing stands before was read as a negation.
    (r"(?<=(?P<at>!))=|==?", "expected a label name before {found}"),
    (r"", "expected a condition{after}, found {found} (such as role == 'db' or has(role))"),
)

# Matched from the start of the label on.
OPERATOR: Final[Hints] = (
    (rf"(?P<at>(?i:not)){_WORD_END}", "'{label}' does not negate a condition (write '!', as in !has(role))"),
    (r"(?:has|all|global)[ \t]+\(", "no space may stand between '{label}' and '('"),
    (r"(?P<at>(?i:has|all|global))\(", "'{label}' must be in lower case to be a function"),
    (
        rf"(?P<at>{LABEL})[ \t]*\(",
        "there is no function '{label}' (there are has(label), all() and global())",
    ),
    (rf"{LABEL}[ \t]*=", "expected '==', found '='"),
    (rf"{LABEL}[ \t]*![ \t]+=", "no space may stand within '!='"),
    (rf"{LABEL}[ \t]*![ \t]*in{_WORD_END}", "expected 'not in', found '!'"),
    (rf"{LABEL}[ \t]*not[ \t]*[=!]", "expected '!=', found 'not'"),
    (
        rf"{LABEL}[ \t]*(?:!|not)[ \t]*(?P<value>contains|starts|ends){_WORD_END}",
        "there is no 'not {value}' (put '!' before the label name)",
    ),
    (rf"{LABEL}[ \t]*(?:not|starts|ends)[ \t]*(?P<at>[^\S \t])", INVALID_SPACE),
    (
        rf"{LABEL}[ \t]+(?i:(?:not[ \t]*)?in|contains|(?:starts|ends)[ \t]*with){_WORD_END}",
        "operators must be in lower case, found {found}",
    ),
    (rf"{LABEL}[ \t]+(?P<value>starts|ends){_WORD_END}", "expected '{value} with', found {found}"),
    (rf"{LABEL}[ \t]+not{_WORD_END}", "expected 'not in', found 'not'"),
    (
        rf"{LABEL}[^\s\"'(){{}}\[\]=!<>~,&|a-zA-Z0-9_./-]",
        "{found} can't be part of a label name (A-Z, a-z, 0-9 and - _ . / can)",
    ),
    (rf"{LABEL}[ \t]*(?:{STRING})", "expected an operator between '{label}' and {found}, such as =="),
    (
        rf"{LABEL}[ \t]+(?i:and|or){_WORD_END}",
        "expected an operator after the label name '{label}', found {found}"
        " (has({label}) asks whether it is there; && is 'and', || is 'or')",
    ),
    (
        rf"{LABEL}[ \t]*(?:\)|&&|\|\||\Z)",
        "expected an operator after the label name '{label}', found {found} (has({label}) asks whether it is there)",
    ),
    (
        r"",
        "expected an operator after the label name '{label}', found {found}"
        " (one of ==, !=, in, not in, contains, starts with, ends with)",
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
    (r"\)", "this ')' closes nothing"),
    (
        _ADJACENT,
        "expected '&&' or '||', found {found} (a string ends at its first quote: use the other quotes)",
    ),
    (r"", "expected '&&' or '||', found {found}"),
)
