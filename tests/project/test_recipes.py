"""The recipes of CONTRIBUTING.md, each carried out on a copy of the source and run as a program.

Each test changes exactly the files in the numbered steps of its recipe, and fixes their number.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.source_copy import SourceCopy, files_of_recipe


@pytest.fixture
def source(tmp_path: Path, clean_environment: None, request: pytest.FixtureRequest) -> Iterator[SourceCopy]:
    if "store" in request.fixturenames:
        request.getfixturevalue("store")  # sets the variables of the copy
    copy = SourceCopy(tmp_path / "source")
    yield copy
    copy.close()


def check_files(source: SourceCopy, number: int, heading: str, **placeholders: str) -> None:
    assert source.touched == files_of_recipe(heading, **placeholders)
    assert len(source.touched) == number


def pool(burst: str) -> str:
    return f"apiVersion: v1\nkind: ipPool\nmetadata: {{cidr: 10.1.0.0/16}}\nspec: {{burst: {burst}}}\n"


def test_a_field_takes_a_schema_and_a_row(source: SourceCopy, store: Etcd) -> None:
    field = '"burst": {"description": "Addresses to assign at once.", "type": "integer", "minimum": 1, "maximum": 9},\n'
    source.insert("schemas/ipPool.json", '"disabled": {', field)
    source.insert(
        "calicoctl/kinds/ip_pool.py", 'FieldConversion("disabled"', 'FieldConversion("burst", "burstSize"),\n        '
    )
    check_files(source, 2, "A field", KIND="ipPool", MODULE="ip_pool")

    refused = source.calicoctl("apply", "-f", "-", stdin=pool("10"))
    assert (refused.exit_code, "spec.burst: 10 is out of range (1 to 9)" in refused.stderr) == (3, True)
    source.output("apply", "-f", "-", stdin=pool("5"))
    assert b'"burstSize":5' in (store.get("/calico/resources/v3/projectcalico.org/ippools/10-1-0-0-16") or b"")
    assert "burst: 5" in source.output("get", "ipPool", "-o", "yaml")
    assert "Addresses to assign at once." in source.output("explain", "ipPool.spec.burst")
    assert json.loads(source.output("schema", "ipPool"))["properties"]["spec"]["properties"]["burst"]["maximum"] == 9
    assert "`spec.burst`" in source.page("kinds:kinds_page")
    v3 = source.output("convert", "--to", "v3", "-f", "-", stdin=pool("5"))
    assert "burst: 5" in source.output("convert", "--to", "v1", "-f", "-", stdin=v3)
    bad_v3 = source.calicoctl("convert", "--to", "v1", "-f", "-", stdin=v3.replace("burstSize: 5", "burstSize: 10"))
    assert "spec.burstSize: 10 is out of range (1 to 9)" in bad_v3.stderr


PROFILE = """\
apiVersion: v1
kind: profile
metadata: {name: web}
spec:
  ingress:
  - {action: allow, protocol: tcp, notIPVersion: 4}
"""


def test_a_field_of_a_rule_takes_five_files(source: SourceCopy, store: Etcd) -> None:
    field = '"notIPVersion": {"description": "Match the other IP version only.", "type": "integer", "enum": [4, 6]},\n'
    source.insert("schemas/rule.json", '"protocol": {', field)
    row = 'FieldConversion("notIPVersion", "notIPVersion"),\n    '
    source.insert("calicoctl/kinds/rules/convert.py", 'FieldConversion("protocol", "protocol"', row)
    criteria = "calicoctl/analysis/model/criteria.py"
    source.insert(criteria, "    protocol: int | None", "    not_ip_version: int | None = None\n")
    source.insert(
        criteria,
        '    if "ipVersion" in rule:',
        '    if "notIPVersion" in rule:\n        result["not_ip_version"] = rule["notIPVersion"]\n',
    )
    source.insert(
        "calicoctl/analysis/evaluation/rule_services.py",
        "    result = ALL_SERVICES\n",
        "    if rule.not_ip_version == version:\n        return NO_SERVICES\n",
    )
    source.insert(
        "calicoctl/analysis/trace/packet_match.py",
        "    name = protocol_name(service.protocol)\n",
        "    if rule.not_ip_version == version:\n"
        '        yield CriterionMismatch("notIPVersion", f"not {version}", str(version))\n',
    )
    check_files(source, 5, "A field of a rule")

    refused = source.calicoctl("validate", "-f", "-", stdin=PROFILE.replace("Version: 4", "Version: 5"))
    assert (refused.exit_code, "5 is not one of 4, 6" in refused.stdout) == (3, True)
    source.output("apply", "-f", "-", stdin=PROFILE)
    assert "notIPVersion: 4" in source.output("get", "profile", "-o", "yaml")
    assert "other IP version" in source.output("explain", "profile.spec.ingress.notIPVersion")
    v3 = source.output("convert", "--to", "v3", "-f", "-", stdin=PROFILE)
    assert "notIPVersion: 4" in source.output("convert", "--to", "v1", "-f", "-", stdin=v3)
    trace = ("trace", "--to", "profile:web", "--protocol", "tcp", "--port", "80", "-f", "-", "--from")
    assert source.calicoctl(*trace, "fd00::1", stdin=PROFILE).exit_code == 0
    denied = source.calicoctl(*trace, "10.0.0.1", stdin=PROFILE)
    assert (denied.exit_code, "notIPVersion" in denied.stdout) == (1, True)


HOST_GROUP_SCHEMA = """\
{
  "$id": "https://calicoctl.example/schemas/hostGroup.json",
  "title": "hostGroup",
  "description": "A group of hosts.",
  "examples": [{"apiVersion": "v1", "kind": "hostGroup", "metadata": {"name": "racks"}, "spec": {"hosts": ["a"]}}],
  "type": "object",
  "required": ["kind", "apiVersion", "metadata"],
  "additionalProperties": false,
  "properties": {
    "kind": {"description": "The kind of the resource.", "type": "string", "const": "hostGroup"},
    "apiVersion": {"$ref": "common.json#/$defs/apiVersion"},
    "metadata": {
      "description": "Identity of the group.",
      "type": "object",
      "required": ["name"],
      "additionalProperties": false,
      "properties": {"name": {"$ref": "common.json#/$defs/name"}}
    },
    "spec": {
      "description": "The hosts.",
      "type": "object",
      "additionalProperties": false,
      "properties": {"hosts": {"description": "Names.", "type": "array", "items": {"type": "string"}}}
    }
  }
}
"""

HOST_GROUP_MODULE = '''\
"""The kind hostGroup: a group of hosts."""

from calicoctl.kinds.field_table import FieldConversion, FieldTable
from calicoctl.kinds.column import Column, format_list
from calicoctl.kinds.kind import Kind, V3Object
from calicoctl.storage import StoredKind


class _HostGroup(Kind):
    name = "hostGroup"
    aliases = ("hostgroups", "hg")
    identifying_fields = ("name",)
    columns = (Column("NAME", "metadata.name"), Column("HOSTS", "spec.hosts", format_value=format_list))
    stored_kind = StoredKind("HostGroup", "hostgroups")
    spec_fields = FieldTable(FieldConversion("hosts", "hosts"))

    def normalize_metadata(self, metadata):
        return {"name": metadata["name"]}

    def to_v3(self, resource):
        return V3Object(self.spec_fields.to_v3(resource.spec))

    def metadata_from_v3(self, stored):
        return {"name": stored.segment}

    def stored_name(self, identifier):
        return identifier.values[0]


HOST_GROUP = _HostGroup()
'''

HOST_GROUP = "apiVersion: v1\nkind: hostGroup\nmetadata: {name: racks}\nspec: {hosts: [a, b]}\n"


def test_a_kind_takes_a_schema_a_module_an_entry_and_an_example(source: SourceCopy, store: Etcd) -> None:
    source.add("schemas/hostGroup.json", HOST_GROUP_SCHEMA)
    source.add("calicoctl/kinds/host_group.py", HOST_GROUP_MODULE)
    kinds = "calicoctl/kinds/__init__.py"
    source.insert(kinds, "from calicoctl.kinds.ip_pool", "from calicoctl.kinds.host_group import HOST_GROUP\n")
    source.insert(kinds, "WORKLOAD_ENDPOINT)", "HOST_GROUP, ")
    source.add("examples/host-groups/host-group.yaml", HOST_GROUP)
    example = "examples/host-groups/host-group.yaml"
    source.insert("calicoctl/commands/get.py", "hostEndpoint, workloadEndpoint or all", "hostGroup, ")
    check_files(source, 5, "A kind", KIND="hostGroup", MODULE="host_group", EXAMPLE="host-groups/host-group")

    assert source.calicoctl("validate", "-f", example.replace(".yaml", ".yml")).exit_code == 3
    source.output("apply", "-f", example)
    assert source.output("get", "hg").split() == ["NAME", "HOSTS", "racks", "a,b"]
    assert "hosts:" in source.output("get", "all", "-o", "yaml")
    assert "A group of hosts." in source.output("explain", "hostGroup")
    assert "hostGroup" in json.loads(source.output("schema"))["$defs"]
    v3 = source.output("convert", "--to", "v3", "-f", example)
    assert "kind: HostGroup" in v3
    assert "kind: hostGroup" in source.output("convert", "--to", "v1", "-f", "-", stdin=v3)
    assert "## hostGroup" in source.page("kinds:kinds_page")
    source.output("delete", "hostGroup", "racks")
    assert store.keys("/calico/resources/v3/projectcalico.org/hostgroups/") == []


def test_a_column_takes_a_line(source: SourceCopy, store: Etcd) -> None:
    column = 'Column("DISABLED", "spec.disabled", wide_only=True, format_value=_format_bool),\n        '
    source.insert("calicoctl/kinds/ip_pool.py", 'Column("NAME"', column)
    check_files(source, 1, "A column", MODULE="ip_pool")

    source.output("apply", "-f", "-", stdin=pool("1").replace("burst: 1", "disabled: true"))
    assert "DISABLED" not in source.output("get", "ipPool")
    assert "DISABLED" in source.output("get", "ipPool", "-o", "wide")
    assert source.output("get", "ipPool", "-o", "custom-columns=DISABLED").split() == ["DISABLED", "true"]
    assert "`DISABLED`" in source.page("kinds:kinds_page")


LINES_FORMATTER = '''\
"""Resources as lines of a count."""


def format_count(resources, kinds):
    """Return the number of resources."""
    return f"{len(resources)}\\n"
'''


def test_an_output_format_takes_a_formatter_and_a_line(source: SourceCopy, store: Etcd) -> None:
    source.add("calicoctl/printers/resources/count.py", LINES_FORMATTER)
    line = 'OutputFormat("count", "number of the resources", "resources.count:format_count"),\n    '
    source.insert("calicoctl/printers/formats.py", 'OutputFormat("wide"', line)
    check_files(source, 2, "An output format", RESULT="resources", FORMAT="count")

    source.output("apply", "-f", "-", stdin=pool("1").replace("burst: 1", ""))
    assert source.output("get", "ipPool", "-o", "count") == "1\n"
    assert "count" in source.output("get", "--help")
    assert "count" in source.calicoctl("get", "ipPool", "-o", "other").stderr
    assert "| `count` | number of the resources |" in source.page("output:output_page")


COUNT_COMMAND = '''\
"""count: count the keys of the datastore."""

import click

from calicoctl.console import connect, options, results
from calicoctl.printers import formats


@click.command(short_help="Count the resources.")
@options.output_option(formats.RECORD)
@options.connection_options
def command(connection, output):
    """Count the resources.

    \\b
    Example:
      calicoctl count
    """
    from calicoctl.operations.count import count_resources

    with connect.open_datastore(connection, announce=False) as datastore:
        number = count_resources(datastore)
    results.print_record({"count": number}, f"{number} resources\\n", output)
'''

COUNT_OPERATION = '''\
"""Implementation of `count`."""

from calicoctl.kinds import KINDS
from calicoctl.operations.get import get_resources
from calicoctl.operations.read.query import Query


def count_resources(datastore):
    """Return the number of resources."""
    return len(get_resources(datastore, [Query(kind, {}) for kind in KINDS]).resources)
'''


def test_a_command_takes_a_command_an_operation_and_two_entries(source: SourceCopy, store: Etcd) -> None:
    source.add("calicoctl/commands/count.py", COUNT_COMMAND)
    source.add("calicoctl/operations/count.py", COUNT_OPERATION)
    source.insert("calicoctl/commands/__init__.py", '    "wait": ', '    "count": "Count the resources.",\n')
    source.insert("docs/generators/tables.py", '    "get": ', '    "count": "guide/get.md",\n')
    check_files(source, 4, "A command", NAME="count")

    source.output("apply", "-f", "-", stdin=pool("1").replace("burst: 1", ""))
    assert source.program("count").stdout == "1 resources\n"
    assert json.loads(source.output("count", "-o", "json")) == {"count": 1}
    assert "Count the resources." in source.output("--help")
    assert "calicoctl count" in source.output("count", "--help")
    assert "## calicoctl count" in source.page("commands:commands_page")
    assert "docs/guide/get.md" in source.page("tables:_command_table")


def test_an_option_takes_the_module_of_the_command(source: SourceCopy) -> None:
    file = "calicoctl/commands/validate.py"
    source.insert(file, "@options.general_options", '@click.option("--quiet", is_flag=True, help="Print nothing.")\n')
    source.insert(file, "output: formats", "quiet: bool, ")
    source.insert(file, "    results.finish", "    if quiet:\n        raise SystemExit(code)\n")
    check_files(source, 1, "An option", NAME="validate")

    assert source.output("validate", "--quiet", "-f", "-", stdin=PROFILE.replace(", notIPVersion: 4", "")) == ""
    assert "Print nothing." in source.output("validate", "--help")
    assert "--quiet" in source.page("commands:commands_page")


CHECK = '''\
"""CAL099: policies with an order below zero."""

from calicoctl.analysis.lint.facts.check import Issue


def find(context):
    """Report policies with an order below zero."""
    for policy in context.input_policy_set.policies:
        if policy.order is not None and policy.order < 0:
            yield Issue(policy.origin, ("spec", "order"), "the order is below zero")
'''

BAD = """\
apiVersion: v1
kind: policy
metadata: {name: first}
spec:
  order: -1
  ingress: [{action: allow, protocol: tcp}]
  egress: [{action: allow, protocol: tcp}]
"""

PAGE = f"""\
# CAL099: `negative-order`

The order of a policy is below zero.

Severity: warning

## Why

It is unusual.

## Repair

Use another order.

## Bad example

```yaml
{BAD}```

## Good example

```yaml
{BAD.replace("-1", "1")}```

## Suppression

Add `# calicoctl: ignore=CAL099`.
"""


def test_a_lint_check_takes_a_module_a_page_and_an_entry(source: SourceCopy) -> None:
    source.add("calicoctl/analysis/lint/checks/negative_order.py", CHECK)
    source.add("docs/lint/CAL099.md", PAGE)
    checks = "calicoctl/analysis/lint/__init__.py"
    source.insert(checks, "    one_ip_version,\n", "    negative_order,\n")
    line = '    Check("CAL099", "negative-order", Severity.WARNING, negative_order.find),\n'
    source.insert(checks, "    WRONG_IGNORE,\n", line)
    check_files(source, 3, "A lint check", NAME="negative_order", CODE="CAL099")

    def codes(manifest: str) -> list[str]:
        found = json.loads(source.calicoctl("lint", "-f", "-", "-o", "json", stdin=manifest).stdout)
        return [finding["code"] for finding in found if finding["code"] != "CAL029"]  # no endpoint

    assert (codes(BAD), codes(BAD.replace("-1", "1"))) == (["CAL099"], [])
    assert "It is unusual." in source.output("lint", "--explain", "CAL099")
    assert "| [CAL099](lint/CAL099.md) | `negative-order` |" in source.page("output:lint_index")


def test_a_connection_setting_takes_a_line_and_its_use(source: SourceCopy, store: Etcd) -> None:
    settings = "calicoctl/config/settings.py"
    line = 'Setting("etcdMaxBytes", "ETCD_MAX_BYTES", "Maximum size of an answer", "max_bytes"),\n    '
    source.insert(settings, 'Setting("datastoreType"', line)
    source.insert(settings, "    origin: str = DEFAULT_ORIGIN", '    max_bytes: str = "-1"\n')
    use = '_CHANNEL_OPTIONS = (("grpc.max_receive_message_length", int(settings.max_bytes)), *_CHANNEL_OPTIONS)\n    '
    source.insert("calicoctl/datastore/connection.py", "connections = [", f"global _CHANNEL_OPTIONS\n    {use}")
    check_files(source, 2, "A connection setting")

    assert source.output("get", "profile")
    limited = source.calicoctl("get", "profile", ETCD_MAX_BYTES="1", ETCD_ENDPOINTS=store.endpoint)
    assert limited.exit_code == 4
    config = source.folder / "calicoctl.cfg"
    spec = f"spec: {{etcdEndpoints: '{store.endpoint}', etcdMaxBytes: 1}}\n"
    config.write_text(f"apiVersion: v1\nkind: calicoApiConfig\nmetadata:\n{spec}", encoding="utf-8")
    assert source.calicoctl("get", "profile", "--config", str(config)).exit_code == 4
    assert "| `etcdMaxBytes` | `ETCD_MAX_BYTES` | Maximum size of an answer |" in source.page("tables:_settings_table")
    assert "ETCD_MAX_BYTES" in source.page("manpages:pages")


def test_an_exit_code_stands_in_one_place(source: SourceCopy) -> None:
    errors = "calicoctl/errors.py"
    source.insert(errors, "    INTERNAL = 70", '    QUOTA = 10, "datastore full"\n')
    error = 'class QuotaExceeded(CalicoctlError):\n    """Full datastore."""\n\n    exit_code = ExitCode.QUOTA\n\n\n'
    source.insert(errors, "class Timeout(", error)
    check_files(source, 1, "An error")

    # The place that raises it.
    source.insert(
        "calicoctl/operations/validate.py",
        "    sources, unreadable",
        "    from calicoctl.errors import QuotaExceeded\n\n    raise QuotaExceeded('the datastore is full')\n",
    )
    result = source.program("validate", "-f", "-")
    assert (result.exit_code, result.stderr) == (10, "the datastore is full\n"), result.stderr
    assert "10   datastore full" in source.output("--help")
    assert "| 10 | datastore full |" in source.page("output:exit_codes_page")


def test_an_operator_takes_five_files(source: SourceCopy) -> None:
    nodes = "calicoctl/selector/nodes.py"
    operator = '''\
class Like(ValueComparison):
    """`label like 'value'`: the label exists and has this value in any case."""

    __slots__ = ()
    operator = "like"

    def matches(self, labels: Mapping[str, str], /) -> bool:
        """Whether the labels match."""
        return self.label in labels and labels[self.label].lower() == self.value.lower()


'''
    source.insert(nodes, "@dataclass(frozen=True)\nclass Has:", operator)
    source.insert(nodes, "Equals | NotEquals | In | NotIn | Contains", "Like | ")
    grammar = "calicoctl/selector/selector.lark"
    source.insert(grammar, "          | LABEL _CONTAINS STRING", "          | LABEL _LIKE STRING -> like\n")
    source.insert(grammar, "_CONTAINS:  ", "_LIKE: /like(?![a-zA-Z0-9_.\\/-])/\n")
    assert source.program(module="calicoctl.selector.build_tables").exit_code == 0
    source.touched.add("calicoctl/selector/parser_tables.py")
    satisfiable = "calicoctl/analysis/lint/facts/satisfiable.py"
    source.insert(satisfiable, "    NotEquals,\n", "    Like,\n")
    source.insert(satisfiable, "Equals | NotEquals | Contains", "Like | ")
    source.insert(satisfiable, "Equals | NotEquals)}", "Like | ")
    index = "calicoctl/analysis/evaluation/selector_index.py"
    source.insert(index, "Node, Or", "Like, ")
    source.insert(index, "Has | Contains", "Like | ")
    check_files(source, 5, "A selector operator")

    policy = BAD.replace("order: -1", "selector: SELECTOR")
    finding = source.calicoctl("validate", "-f", "-", stdin=policy.replace("SELECTOR", '"a like B"')).stdout
    assert "write 'B' in quotes: a like 'B'" in finding
    both = policy.replace("SELECTOR", """ "a like 'DB' && a == 'db' " """)
    assert "no labels match" not in source.calicoctl("lint", "-f", "-", stdin=both).stdout
    never = policy.replace("SELECTOR", """ "a like 'DB' && a == 'x' " """)
    assert "no labels match" in source.calicoctl("lint", "-f", "-", stdin=never).stdout
