"""get: resources, formats, and names that do not exist."""

from __future__ import annotations

import json

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl, Result, output_lines
from tests.support.stored_objects import policy_key, put_object


@pytest.fixture
def populated_store(store: Etcd, calicoctl: Calicoctl) -> Etcd:
    resources = (
        profile("web", tags=["x", "y"]),
        profile("Net/One"),
        policy("db", order=1000000, selector="role == 'db'", ingress=[{"action": "allow"}]),
        policy("any"),
    )
    assert calicoctl("apply", "-f", "-", input=manifest(*resources)).exit_code == 0
    return store


@pytest.mark.parametrize(
    ("arguments", "stdout"),
    [
        (("profile",), "NAME\nNet/One\nweb\n"),
        (("profiles", "-o", "ps"), "NAME\nNet/One\nweb\n"),
        (("profile", "-o", "wide"), "NAME      TAGS\nNet/One\nweb       x,y\n"),
        (("PRO", "web"), "NAME\nweb\n"),
        (("profile/web",), "NAME\nweb\n"),
        (("profile", "web", "Net/One"), "NAME\nweb\nNet/One\n"),
        (("profile/Net/One",), "NAME\nNet/One\n"),
        (("policy", "-o", "wide"), "NAME   ORDER   SELECTOR\nany    <nil>\ndb     1e+06   role == 'db'\n"),
        (("pol", "-o", "custom-columns=SELECTOR,NAME"), "SELECTOR       NAME\n               any\nrole == 'db'   db\n"),
        (("pols", "-o", "custom-columns=name"), "NAME\nany\ndb\n"),
        (("Policies", "-o", "name"), "policy/any\npolicy/db\n"),
        (("policy/db", "profile/web"), "KIND     NAME\npolicy   db\n\nKIND      NAME\nprofile   web\n"),
        (("policy/db", "profile/web", "-o", "name"), "policy/db\nprofile/web\n"),
        (("policy,profile", "-o=name"), "policy/any\npolicy/db\nprofile/Net/One\nprofile/web\n"),
        (("profile,pol,PRO", "-oname"), "profile/Net/One\nprofile/web\npolicy/any\npolicy/db\n"),
        (("pro,pol", "any", "web", "--ignore-not-found", "-o=name"), "profile/web\npolicy/any\n"),
    ],
)
def test_forms_of_output(populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stdout: str) -> None:
    result = calicoctl("get", *arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [line.rstrip() for line in result.stdout.splitlines()] == stdout.splitlines()


def test_yaml(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("get", "policy", "db", "-o", "yaml").stdout == (
        "- apiVersion: v1\n"
        "  kind: policy\n"
        "  metadata:\n"
        "    name: db\n"
        "  spec:\n"
        "    ingress:\n"
        "    - action: allow\n"
        "      destination: {}\n"
        "      source: {}\n"
        "    order: 1000000\n"
        "    selector: role == 'db'\n"
        "    types:\n"
        "    - ingress\n"
    )


def test_json(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    text = calicoctl("get", "profile", "web", "-o", "json").stdout
    assert json.loads(text) == [profile("web", tags=["x", "y"])]
    assert text.index('"kind"') < text.index('"apiVersion"') < text.index('"metadata"') < text.index('"spec"')


@pytest.mark.parametrize(("form", "stdout"), [("ps", "NAME\n"), ("yaml", "[]\n"), ("json", "[]\n"), ("name", "")])
def test_nothing_there(store: Etcd, calicoctl: Calicoctl, form: str, stdout: str) -> None:
    assert calicoctl("get", "policy", "-o", form) == Result(0, stdout, "")


@pytest.mark.parametrize(
    ("arguments", "found", "stderr"),
    [
        (("profile", "nope"), "", "profile/nope not found\n"),
        (("profile", "nope", "none", "-o", "yaml"), "", "profile/nope not found\nprofile/none not found\n"),
        (("profile", "web", "nope", "none"), "NAME\nweb\n", "profile/nope not found\nprofile/none not found\n"),
        (("policy/nope", "profile/web", "-o", "name"), "profile/web\n", "policy/nope not found\n"),
        (("policy,profile", "web", "-o=csv"), 'KIND,NAME,TAGS\nprofile,web,"x,y"\n', "policy/web not found\n"),
        (("profile", "web", "nope", "-o=jsonpath={.items[*].metadata.name}"), "web", "profile/nope not found\n"),
    ],
)
def test_absent_names_are_an_error_after_the_others(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], found: str, stderr: str
) -> None:
    assert calicoctl("get", *arguments) == Result(6, found, stderr)
    assert calicoctl("get", *arguments, "--ignore-not-found").exit_code == 0


def test_ignore_not_found_shows_the_others(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("get", "profile", "nope", "web", "-o", "name", "--ignore-not-found") == Result(
        0, "profile/web\n", ""
    )


def test_f_shows_what_the_manifest_names(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    text = manifest(policy("db"), profile("Net/One"))
    assert calicoctl("get", "-f", "-", "-o", "name", input=text).stdout == "policy/db\nprofile/Net/One\n"
    assert calicoctl("get", "-f", "-", input=manifest(policy("nope"))) == Result(6, "", "policy/nope not found\n")


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        ((), "missing resources to get (write KIND, KIND NAME, KIND/NAME, or -f PATH)\n"),
        (("profil",), "unknown kind 'profil' (did you mean 'profile'?)\n"),
        (("polisies", "x"), "unknown kind 'polisies' (did you mean 'policy'?)\n"),
        (("polisy/x",), "unknown kind 'polisy' (did you mean 'policy'?)\n"),
        (("profile/x", "web"), "'web': expected KIND/NAME (or write KIND NAME...)\n"),
        (("profile/",), "'profile/': expected KIND/NAME (or write KIND NAME...)\n"),
        (("profile,polisy",), "unknown kind 'polisy' (did you mean 'policy'?)\n"),
        (("profile,",), "unknown kind '' (kinds are profile, "),
        (("profile,policy/x",), "'profile,policy/x': KIND/NAME has one kind (write profile,policy x)\n"),
        (("all", "x"), "'all' cannot be combined with names or kinds (write the kinds: KIND,KIND)\n"),
        (("profile,all",), "'all' cannot be combined with names or kinds (write the kinds: KIND,KIND)\n"),
        (("hep,policy", "--node", "n1"), "--node is not a filter of policy (it has no filters)\n"),
        (("profile", "x", "x"), "duplicate name profile/x\n"),
        (("profile", "x", "-f", "y"), "resource names and -f cannot be combined\n"),
        (("profile", "-o", "xml"), "-o xml: unknown format (formats are "),
        (("profile", "-o", "yaml=x"), "-o yaml=x: unknown format (formats are "),
        (
            ("profile", "-o", "custom-columns=NAME,FOO"),
            "unknown column FOO (columns are LABELS, NAME, SET, TAGS; or FOO:PATH)\n",
        ),
        (("profile", "-o", "custom-columns="), "missing heading (write custom-columns=NAME)\n"),
        (("profile", "-o", "go-template={{.}}"), "-o go-template: Go templates are not supported (use json"),
        (("profile", "\udcff"), "'\\udcff' is not UTF-8\n"),
    ],
)
def test_wrong_usage(store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str) -> None:
    result = calicoctl("get", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert stderr in result.stderr


def test_a_column_of_another_kind_is_unknown(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    result = calicoctl("get", "policy/db", "profile/web", "-o", "custom-columns=TAGS")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "unknown column TAGS (columns are NAME, ORDER, SELECTOR, SET; or TAGS:PATH)" in result.stderr


def test_names_sort_as_in_calicoctl_1(store: Etcd, calicoctl: Calicoctl) -> None:
    names = ["a-b", "a/b", "B", "a", "a10", "a2"]
    calicoctl("apply", "-f", "-", input=manifest(*map(profile, names)))
    assert calicoctl("get", "profile").stdout.split()[1:] == ["B", "a", "a/b", "a-b", "a10", "a2"]


def test_line_breaks_do_not_break_the_table(store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(store, policy_key("p"), {"selector": "a == 'b\nc'"})
    assert calicoctl("get", "policy", "-o", "wide").stdout.splitlines()[1].endswith(r"a == 'b\nc'")


def test_jsonpath_of_a_list_and_of_one_resource(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    names = "{range .items[*]}{.kind}/{.metadata.name}{'\\n'}{end}"
    assert calicoctl("get", "policy", f"-o=jsonpath={names}") == Result(0, "policy/any\npolicy/db\n", "")
    assert calicoctl("get", "policy/db", "-o", "jsonpath={.spec.order} {.metadata}") == Result(
        0, '1000000 {"name":"db"}', ""
    )
    assert (
        calicoctl("get", "policy", "db", "any", "-o", "jsonpath={.kind} {.items[0].metadata.name}").stdout == "List db"
    )
    one = calicoctl("get", "-f", "-", "-o", "jsonpath={.metadata.name}", input=manifest(policy("db")))
    assert one.stdout == "db"
    assert calicoctl("get", "policy/nope", "-o", "jsonpath={.kind}", "--ignore-not-found") == Result(0, "", "")
    wrong = calicoctl("get", "policy", "-o", "jsonpath={[0].kind}")
    assert wrong == Result(2, "", "-o jsonpath: index 0 requires a list, found a mapping\n")


def test_columns_with_a_path(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    columns = "custom-columns=NAME:.metadata.name,TAGS:{.metadata.tags[*]},First:spec.ingress[0].action"
    assert output_lines(calicoctl("get", "profile,policy", "-o", columns)) == [
        "NAME      TAGS     First",
        "Net/One   <none>   <none>",
        "web       x,y      <none>",
        "any       <none>   <none>",
        "db        <none>   allow",
    ]
    assert output_lines(calicoctl("get", "policy/db", "-o", "custom-columns=order,Types:.spec.types")) == [
        "ORDER   Types",
        '1e+06   ["ingress"]',
    ]
    wrong = calicoctl("get", "policy/db", "-o", "custom-columns=X:.spec[0]")
    assert wrong == Result(2, "", "-o custom-columns: X: policy/db: index 0 requires a list, found a mapping\n")


def test_tables_without_headings_and_with_labels(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    assert calicoctl("label", "profile", "web", "a=b", "c=").exit_code == 0
    assert calicoctl("get", "policy,profile", "--no-headers").stdout.split() == [
        *("policy", "any", "policy", "db", "profile", "Net/One", "profile", "web"),
    ]
    assert output_lines(calicoctl("get", "profile", "-A", "--show-labels")) == [
        "NAME      LABELS",
        "Net/One   <none>",
        "web       a=b,c=",
    ]
    assert output_lines(calicoctl("get", "policy/db", "--show-labels", "--no-headers", "-o=custom-columns=ORDER")) == [
        "1e+06   <none>"
    ]
    assert calicoctl("get", "node", "--no-headers").stdout == ""


def test_csv_and_markdown(populated_store: Etcd, calicoctl: Calicoctl) -> None:
    put_object(populated_store, policy_key("default.odd"), {"selector": "a == \"x|y\" || b in {'1', '2'}"})
    assert calicoctl("get", "policy", "-o", "csv").stdout == (
        "NAME,ORDER,SELECTOR\nany,,\ndb,1e+06,role == 'db'\nodd,,\"a == \"\"x|y\"\" || b in {'1', '2'}\"\n"
    )
    assert calicoctl("get", "profile,policy/x", "-o", "csv").exit_code == 2
    assert output_lines(calicoctl("get", "profile,policy", "-o", "csv", "--show-labels")) == [
        "KIND,NAME,TAGS,ORDER,SELECTOR,LABELS",
        "profile,Net/One,,,,",
        'profile,web,"x,y",,,',
        "policy,any,,,,",
        "policy,db,,1e+06,role == 'db',",
        'policy,odd,,,"a == ""x|y"" || b in {\'1\', \'2\'}",',
    ]
    assert calicoctl("get", "policy", "-o", "markdown").stdout == (
        "| NAME | ORDER | SELECTOR |\n"
        "| --- | --- | --- |\n"
        "| any |  |  |\n"
        "| db | 1e+06 | role == 'db' |\n"
        "| odd |  | a == \"x\\|y\" \\|\\| b in {'1', '2'} |\n"
    )
    assert calicoctl("get", "policy", "db", "-o", "markdown", "--no-headers").stdout.count("\n") == 1


def test_sort_by(store: Etcd, calicoctl: Calicoctl) -> None:
    orders = {"p-10": 2, "p-9": 10, "none": None, "p-1": 2}
    several = [policy(name, **({} if order is None else {"order": order})) for name, order in orders.items()]
    assert calicoctl("apply", "-", input=manifest(*several, profile("web"))).exit_code == 0

    def names(*options: str) -> list[str]:
        return output_lines(calicoctl("get", *options, "-o", "custom-columns=NAME", "--no-headers"))

    assert names("policy", "--sort-by", ".spec.order") == ["none", "p-1", "p-10", "p-9"]
    assert names("policy", "--sort-by={.metadata.name}") == ["none", "p-1", "p-9", "p-10"]
    assert names("policy") == ["none", "p-1", "p-10", "p-9"]
    lines = output_lines(calicoctl("get", "profile,policy", "--sort-by", "spec.order", "-o=name"))
    assert lines == ["profile/web", "policy/none", "policy/p-1", "policy/p-10", "policy/p-9"]
    assert names("node", "--sort-by", ".spec.nothing") == []


@pytest.mark.parametrize(
    ("arguments", "stderr"),
    [
        (("policy", "--sort-by", ".spec.ordr"), "--sort-by .spec.ordr: no resource has this field (write a path "),
        (("policy", "--sort-by", ".spec["), "--sort-by .spec[: column 6: missing ]\n"),
        (("policy", "--sort-by", ".spec[1]"), "--sort-by .spec[1]: index 1 requires a list, found a mapping\n"),
        (("policy", "--sort-by", ".spec.order", "--watch"), "--sort-by cannot be combined with --watch\n"),
        (("policy", "-o", "csv", "--watch"), "-o csv cannot be combined with --watch\n"),
        (("policy", "-o", "markdown", "-w"), "-o markdown cannot be combined with --watch\n"),
        (("policy", "-o", "jsonpath={.x", "-w"), "-o jsonpath: column 4: missing } at the end of an expression\n"),
    ],
)
def test_wrong_usage_of_fields(
    populated_store: Etcd, calicoctl: Calicoctl, arguments: tuple[str, ...], stderr: str
) -> None:
    result = calicoctl("get", *arguments)
    assert (result.exit_code, result.stdout, result.stderr[: len(stderr)]) == (2, "", stderr)
