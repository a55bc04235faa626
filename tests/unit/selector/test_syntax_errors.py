"""Syntax errors of selectors: position and message."""

from __future__ import annotations

import pytest

from calicoctl.selector import SelectorError, parse

LONG = "a" * 513


CUT = "x" * 40 + "…"


SPACES = "only spaces and tabs may separate the parts of a selector, found"


OPERATORS = "(one of ==, !=, in, not in, contains, starts with, ends with)"


FIRST_QUOTE = "(a string ends at its first quote: use the other quotes)"


SUCH_AS = "(such as role == 'db' or has(role))"


NO_OPERATOR = "expected an operator after the label name"


END = "the end of the selector"


ERRORS = [
    # a condition is missing
    ("()", 2, "the parentheses are empty (write all() to select everything)"),
    ("has(a) && ( )", 13, "the parentheses are empty (write all() to select everything)"),
    ("*", 1, "expected a condition, found '*' (write all() to select everything)"),
    ("has(a) && ", 10, f"expected a condition after '&&', found {END} {SUCH_AS}"),
    ("has(a) || && b", 11, f"expected a condition after '||', found '&&' {SUCH_AS}"),
    ("! !", 4, f"expected a condition after '!', found {END} {SUCH_AS}"),
    ("[", 1, f"expected a condition, found '[' {SUCH_AS}"),
    ("é == 'x'", 1, f"expected a condition, found 'é' {SUCH_AS}"),
    ("'a' == b", 1, "expected a label name, found 'a' (a condition starts with a label name, without quotes)"),
    ("has(b) && == 'a'", 11, "expected a label name before '=='"),
    ("!= 'a'", 1, "expected a label name before '!='"),
    (f"b == '' && {LONG} == ''", 12, "label name too long: 513 characters (maximum 512)"),
    (f"has({LONG})", 5, "label name too long: 513 characters (maximum 512)"),
    ("a" * 512 + "in {'x'}", 1, "label name too long: 514 characters (maximum 512)"),
    # an operator is missing
    ("role = 'x'", 6, "expected '==', found '='"),
    ("role ! = 'x'", 6, "remove the space within '!='"),
    ("role is 'x'", 6, f"expected an operator after the label name 'role', found 'is' {OPERATORS}"),
    ("role 'x'", 6, "expected an operator between 'role' and 'x', such as =="),
    ("role", 5, f"{NO_OPERATOR} 'role', found {END} (write has(role) to require the label)"),
    ("(a) == 'x'", 3, f"{NO_OPERATOR} 'a', found ')' (write has(a) to require the label)"),
    (
        "a and b",
        3,
        "expected an operator after the label name 'a', found 'and'"
        " (write has(a) to require the label, && for 'and', || for 'or')",
    ),
    ("not has(a)", 1, "'not' does not negate a condition (write '!', as in !has(role))"),
    ("a not == 'x'", 3, "expected '!=', found 'not'"),
    ("a !in {'x'}", 3, "expected 'not in', found '!'"),
    ("a not {'x'}", 3, "expected 'not in', found 'not'"),
    ("a starts 'x'", 3, "expected 'starts with', found 'starts'"),
    ("a not contains 'x'", 3, "unknown operator 'not contains' (write '!' before the label name)"),
    ("a IN {'x'}", 3, "operators must be in lower case, found 'IN'"),
    ("a Starts With 'x'", 3, "operators must be in lower case, found 'Starts'"),
    ("Has(a)", 1, "'Has' must be in lower case to be a function"),
    ("has (a)", 5, "remove the space between 'has' and '('"),
    ("a == 'b' && any()", 13, "unknown function 'any' (functions are has(label), all() and global())"),
    ("a:b == 'x'", 2, "invalid character ':' in a label name (valid characters are A-Z, a-z, 0-9 and - _ . /)"),
    # a value is missing
    (
        "role == frontend",
        9,
        "expected a quoted string, found 'frontend' (write 'frontend' in quotes: role == 'frontend')",
    ),
    ("role  !=\t1", 10, "expected a quoted string, found '1' (write '1' in quotes: role  != '1')"),
    ("role == ", 8, f"expected a quoted string after '==', found {END}"),
    ("role === 'x'", 8, "expected a quoted string after '==', found '=' (the operators are == and !=)"),
    ("a == \u201cx\u201d", 6, "expected a quoted string after '==', found '\u201c' (use \" or ' as quotes)"),
    ("role == {'x'}", 9, "expected a quoted string, found '{' (write 'in' to compare with a set)"),
    ("role == 'x", 9, "unclosed string (expected another ' after it)"),
    ("role == 'it's'", 13, f"expected '&&' or '||', found 's' {FIRST_QUOTE}"),
    # sets
    ("role in 'x'", 9, "expected a set after 'in', found 'x' (write the values in braces: role in {'x'})"),
    ("rolenot in x", 12, "expected a set after 'in', found 'x' (such as rolenot in {'a', 'b'})"),
    ("role not in", 12, f"expected a set after 'not in', found {END} (such as role not in {{'a', 'b'}})"),
    ("role in {x}", 10, "expected a quoted string, found 'x' (write 'x' in quotes)"),
    ("role in {,}", 10, "expected a quoted string, found ',' (remove this comma)"),
    ("role in {'a',,}", 14, "expected a quoted string, found ',' (remove this comma)"),
    ("role in {'a' 'b'}", 14, "expected ',' or '}', found 'b' (separate the values with commas)"),
    ("role in {'a'", 13, f"expected ',' or '}}', found {END}"),
    ("role in {", 10, f"expected a quoted string or '}}', found {END}"),
    # functions
    ("has(role", 9, f"expected ')' to close 'has(role', found {END}"),
    ("has(a, b)", 6, "expected ')' to close 'has(a', found ','"),
    ("all(", 5, f"expected ')' to close 'all(', found {END}"),
    ("has()", 5, "expected a label name between 'has(' and ')'"),
    ("has('a')", 5, "expected a label name after 'has(', found 'a' (label names have no quotes)"),
    # something follows
    ("has(a) AND has(b)", 8, "expected '&&', found 'AND'"),
    ("has(a) or has(b)", 8, "expected '||', found 'or'"),
    ("has(a) & has(b)", 8, "expected '&&', found '&'"),
    ("has(a) | has(b)", 8, "expected '||', found '|'"),
    ("has(a) has(b)", 8, "expected '&&' or '||', found 'has'"),
    ("has(a) # why", 8, "expected '&&' or '||', found '#'"),
    ("has(a))", 7, "unmatched ')'"),
    ("(a == '(' && (has(b))", 1, "unclosed '(' (expected a ')' after it)"),
    ("(has(a)!)", 8, "expected '&&' or '||', found '!'"),
    # what separates
    ("has(a)\n", 7, f"{SPACES} a line break"),
    ("a\r\n== 'b'", 2, f"{SPACES} a line break"),
    ("has(\na)", 5, f"{SPACES} a line break"),
    ("a not\nin {'b'}", 6, f"{SPACES} a line break"),
    ("a\u00a0== 'b'", 2, f"{SPACES} U+00A0"),
    ("\ufeffhas(a)", 1, f"{SPACES} U+FEFF"),
    # columns are characters, messages are short and of one line
    ("a == '日本' b", 11, "expected '&&' or '||', found 'b'"),
    (
        f"a == {'x' * 99}",
        6,
        f"expected a quoted string, found '{CUT}' (write '{CUT}' in quotes: a == '{CUT}')",
    ),
    ("a in 'b\nc'", 6, "expected a set after 'in', found 'b c' (write the values in braces: a in {'b c'})"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), ERRORS, ids=[repr(row[0])[:40] for row in ERRORS])
def test_errors_have_message_and_column(text: str, column: int, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.message) == (column, message)
    assert str(caught.value) == f"column {column}: {message}"


def test_long_strings_do_not_slow_errors_down() -> None:
    with pytest.raises(SelectorError, match="found 'b'"):
        parse(f"x == '{'a' * 1_000_000}' b")


def test_an_error_is_found_again() -> None:
    for _ in range(2):
        with pytest.raises(SelectorError):
            parse("not a selector")
