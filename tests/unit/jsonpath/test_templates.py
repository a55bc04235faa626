"""JSONPath templates with the results of kubectl: the examples of its documentation, and the parts of its grammar."""

from __future__ import annotations

import pytest

from calicoctl.jsonpath import JsonPathError, find_values, parse_field_path, parse_template, render_template

LIST = {
    "kind": "List",
    "items": [
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.1", "labels": {"kubernetes.io/hostname": "127.0.0.1"}},
            "status": {"capacity": {"cpu": "4"}, "addresses": [{"type": "LegacyHostIP", "address": "127.0.0.1"}]},
        },
        {
            "kind": "None",
            "metadata": {"name": "127.0.0.2"},
            "status": {
                "capacity": {"cpu": "8"},
                "addresses": [
                    {"type": "LegacyHostIP", "address": "127.0.0.2"},
                    {"type": "another", "address": "127.0.0.3"},
                ],
            },
        },
    ],
    "users": [{"name": "myself", "user": {}}, {"name": "e2e", "user": {"username": "admin", "password": "secret"}}],
}
"""Input of the examples in https://kubernetes.io/docs/reference/kubectl/jsonpath/."""

DOCUMENTED = [
    ("kind is {.kind}", "kind is List"),
    ("{.kind}", "List"),
    ("{['kind']}", "List"),
    ("{..name}", "127.0.0.1 127.0.0.2 myself e2e"),
    ("{.items[*].metadata.name}", "127.0.0.1 127.0.0.2"),
    ("{.users[0].name}", "myself"),
    ("{.items[*]['metadata.name', 'status.capacity']}", '127.0.0.1 127.0.0.2 {"cpu":"4"} {"cpu":"8"}'),
    ('{.users[?(@.name=="e2e")].user.password}', "secret"),
    (
        "{range .items[*]}[{.metadata.name}, {.status.capacity}] {end}",
        '[127.0.0.1, {"cpu":"4"}] [127.0.0.2, {"cpu":"8"}] ',
    ),
    ("{range .items[*]}{.metadata.name}{'\\t'}{end}", "127.0.0.1\t127.0.0.2\t"),
    (r"{.items[0].metadata.labels.kubernetes\.io/hostname}", "127.0.0.1"),
    ('{range .items[*]}{.metadata.name}{"\\t"}{.status.startTime}{"\\n"}{end}', "127.0.0.1\t\n127.0.0.2\t\n"),
    (r"{.items[?(@.metadata.labels.kubernetes\.io/hostname=='127.0.0.1')].kind}", "None"),
]


@pytest.mark.parametrize(("template", "text"), DOCUMENTED)
def test_examples_of_the_documentation(template: str, text: str) -> None:
    assert render_template(parse_template(template), LIST) == text


VALUES = {
    "list": [0, 1, 2, 3],
    "mixed": [True, "one", 1, 1.5, None, {"b": 2, "a": "ä"}],
    "empty": [],
    "rules": [
        {"action": "allow", "port": 80},
        {"action": "deny", "port": "http", "log": True},
        {"action": "allow", "port": 443, "log": False},
    ],
    "labels": {"a.b/c": "dotted", "k8s-app": "dash", "a": {"b/c": "path"}},
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{@}{$}", 2 * '{"empty":[],"labels":'),
        ("{.list}", "[0,1,2,3]"),
        ("{.list[0]}", "0"),
        ("{.list[-1]}", "3"),
        ("{.list[1:3]}", "1 2"),
        ("{.list[:2]}", "0 1"),
        ("{.list[-2:]}", "2 3"),
        ("{.list[::2]}", "0 2"),
        ("{.list[0,3]}", "0 3"),
        ("{.list[?(@>1)]}", "2 3"),
        ("{.list[?(@<=1)]}", "0 1"),
        ("{.list[?(@!=1)]}", "0 2 3"),
        ("{.list[?(@==1.0)]}", "1"),
        ("{.mixed[*]}", 'true one 1 1.5 null {"a":"ä","b":2}'),
        ("{.mixed}", '[true,"one",1,1.5,null,{"a":"ä","b":2}]'),
        ("{.empty[*]}-{.empty[0:0]}", "-"),
        ("{range .empty[*]}{.x}, {end}x", "x"),
        ("{range .rules[*]}{range .port}{@};{end}{end}", "80;http;443;"),
        ("{range .rules[0:2]}{.action}", "allowdeny"),  # the end of the last range can be missing
        ("{.rules[?(@.log)].port}", "http 443"),
        ("{.rules[?(@.log==true)].port}", "http"),
        ("{.rules[?(@.port=='http')].action}", "deny"),
        ("{.rules[?(@.port==80)].action}", "allow"),
        ('{.rules[?(@.action!="allow")].port}', "http"),
        ("{.rules[?('deny'==@.action)].port}", "http"),
        ("{.rules[*]['action','port']}", "allow deny allow 80 http 443"),
        ("{.rules[*].*}", "allow 80 deny http true allow 443 false"),
        ("{..action}", "allow deny allow"),
        ("{..rules[1].port}", "http"),
        ("{.labels.k8s-app}", "dash"),
        (r"{.labels.a\.b/c}", "dotted"),
        ("{.labels['a.b/c']}", "dotted"),
        ('{.labels["a.b/c"]}', "dotted"),
        ("{.labels['a.b/d']}{.labels.none.deep}", ""),
        ("{.labels['a']['b/c']}", "path"),
        ("{ .list[0] }{'{'}{\"}\"}", "0{}"),
        (r"""{"\u00e4\x41\101\\\'\""}{.x}""", "äAA\\'\""),
        ("plain }{.list[0]}\n]", "0\n]"),
    ],
)
def test_grammar(template: str, text: str) -> None:
    rendered = render_template(parse_template(template), VALUES)
    if template.startswith("plain"):
        assert rendered == f"plain }}{text}"
    elif template == "{@}{$}":
        assert rendered[: len(rendered) // 2] == rendered[len(rendered) // 2 :]
        assert rendered.startswith(text[: len(text) // 2])
    else:
        assert rendered == text


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("", "no path in braces"),
        ("text", "no path in braces"),
        (".kind", "no path in braces (write {.kind})"),
        ("{.kind", "column 7: missing } at the end of an expression"),
        ("{.kind\n}", "column 7: missing } at the end of an expression"),
        ("{kind}", "column 2: unknown word 'kind' (write .kind for a field)"),
        ("{end}", "column 2: {end} without {range}"),
        ("{range .a[*]}{end}{end}", "column 20: {end} without {range}"),
        ("{.a[}", "column 4: missing ]"),
        ("{.a[]}", "column 4: invalid index [] ("),
        ("{.a[x]}", "column 4: invalid index [x] (write [NUMBER], [START:STOP], [*], ['KEY'] or [?(FILTER)])"),
        ("{.a[::-1]}", "column 4: the step of a slice must be above 0"),
        ("{.a[?(@.b=='c']}", 'column 4: unclosed filter (write [?(@.FIELD=="VALUE")])'),
        ("{.a[?(@.b=~'c')]}", "column 4: unknown operator '=~' in a filter (regular expressions are not supported)"),
        ("{.a[?(@.b<>'c')]}", "column 4: unknown operator '<>' in a filter (operators are ==, !=, <=, >=, <, >)"),
        ("{.a[?(@.b=='c' && @.d=='e')]}", "column 4: && and || are not supported in a filter"),
        ("{'x}", "column 2: missing closing quote"),
        ("{'\\q'}", "unknown escape '\\\\q' ("),
        ("{1.2.3}", "column 7: invalid number '1.2.3'"),
        ("{.a{.b}}", "column 4: unexpected '{'"),
        ("{..}" * 3 + "{#}", "column 14: unknown word '#' (write .# for a field)"),
        ("{.a[?(" + "@[?(" * 3000 + "x" + ")]" * 3000 + ")]}", ""),
    ],
)
def test_syntax_errors(template: str, message: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        parse_template(template)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{.list[4]}", "index 4 is out of range (the list has 4 items)"),
        ("{.labels[0]}", "index 0 requires a list, found a mapping"),
        ("{.list[0][*]}", "a slice requires a list, found 0"),
        ("{.labels[?(@.a)]}", "a filter requires a list, found a mapping"),
        ("{.rules[?(@.*=='x')]}", "a filter compares single values (the path has several results)"),
        ("{.rules[?(@.port>79)]}", "cannot compare http > 79"),
        ("{.rules[?(@.log>true)]}", "cannot compare true > true"),
    ],
)
def test_values_that_a_path_cannot_be_applied_to(template: str, message: str) -> None:
    with pytest.raises(JsonPathError) as caught:
        render_template(parse_template(template), VALUES)
    assert str(caught.value) == message


@pytest.mark.parametrize("path", [".list[1]", "list[1]", "{.list[1]}", "{list[1]}", " .list[1] "])
def test_a_field_path_needs_no_braces(path: str) -> None:
    assert find_values(parse_field_path(path), VALUES) == [1]


@pytest.mark.parametrize("path", ["", "{}", "{.a}{.b}", "x{.a}", "{.a", ".a["])
def test_invalid_field_paths(path: str) -> None:
    with pytest.raises(JsonPathError):
        parse_field_path(path)
