"""schema: the JSON Schemas that other tools can use, and their files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from calicoctl.config.settings import SETTINGS
from calicoctl.schema.published import SCHEMA_NAMES
from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import host_endpoint, node, peer, policy, pool, profile, workload_endpoint
from tests.support.runner import Calicoctl, Result
from tests.support.schemas import printed_schema
from tests.support.stored_objects import object_key, put_object

EXAMPLES = sorted((ROOT / "examples").rglob("*.yaml"))


RESOURCES: list[dict[str, Any]] = [
    profile("a", tags=["t"], labels={"a": "b"}, ingress=[{"action": "allow"}]),
    policy("p", order=1.5, selector="a == 'b'"),
    node("n", bgp={"ipv4Address": "10.0.0.1/24", "asNumber": "1.2"}),
    pool("10.0.0.0/16", ipip={"enabled": True, "mode": "always"}),
    peer("192.0.2.1", "n", asNumber=64512),
    host_endpoint("n", "eth0", labels={"a": "b"}),
    workload_endpoint("n", "k8s", "ns.pod", "eth0", ipNetworks=["10.0.0.1"]),
]


def test_schema_of_an_unknown_kind(calicoctl: Calicoctl) -> None:
    assert calicoctl("schema", "polcy") == Result(2, "", "unknown kind 'polcy' (did you mean 'policy'?)\n")
    assert calicoctl("schema", "policytset") == Result(
        2, "", "unknown kind 'policytset' (did you mean 'policyTest'?)\n"
    )
    result = calicoctl("schema", "nope")
    assert (result.exit_code, result.stdout) == (2, "")
    names = result.stderr.removeprefix("unknown kind 'nope' (kinds are ").removesuffix(")\n").split(", ")
    assert sorted(names) == sorted(SCHEMA_NAMES)


def test_files_of_others_are_not_overwritten(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (folder := tmp_path / "schemas").mkdir()
    assert calicoctl("schema", "--all", str(folder)).exit_code == 0
    assert calicoctl("schema", "--all", str(folder), "--base-url", "https://example.org/x").exit_code == 0
    assert calicoctl("schema", "--all", str(folder)).exit_code == 0
    written = {path.name: path.read_bytes() for path in folder.iterdir()}
    (outside := tmp_path / "outside.json").write_bytes(written["node.json"])
    (folder / "node.json").unlink()
    (folder / "node.json").symlink_to(outside)
    (folder / "plan.json").unlink()
    (folder / "plan.json").symlink_to(tmp_path / "missing.json")
    foreign = {
        "bgpPeer.json": b"[]",
        "catalog.json": b'{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "catalog.json"}',
        "ipPool.json": b"\xff",
        "policy.json": b'{"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "mine.json"}',
        "profile.json": b'{"$id": "profile.json"}',
    }
    for name, content in foreign.items():
        (folder / name).write_bytes(content)
    (folder / "hostEndpoint.json").unlink()
    result = calicoctl("schema", "--all", str(folder))
    assert (result.exit_code, result.stdout) == (2, "")
    remedy = "nothing was written (remove it, or name another directory)"
    assert sorted(result.stderr.splitlines()) == [
        f"{folder / name}: {problem}, {remedy}"
        for name, problem in sorted(
            {
                **dict.fromkeys(foreign, "is not a schema of calicoctl"),
                **dict.fromkeys(("node.json", "plan.json"), "is a symbolic link"),
            }.items()
        )
    ]
    assert outside.read_bytes() == written["node.json"]
    assert {name: (folder / name).read_bytes() for name in foreign} == foreign
    assert not (folder / "hostEndpoint.json").exists()
    assert not (tmp_path / "missing.json").exists()


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{path.parent.name}/{path.stem}" for path in EXAMPLES])
def test_the_schema_takes_every_example(calicoctl: Calicoctl, example: Any) -> None:
    validator = Draft202012Validator(printed_schema(calicoctl))
    for document in yaml.safe_load_all(example.read_text(encoding="utf-8")):
        # Label values such as `true` become text when they are applied; to YAML's own rules they are booleans.
        texts = json.loads(json.dumps(document), parse_constant=str)
        assert [error.message for error in validator.iter_errors(_labels_as_text(texts))] == []


def _labels_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_labels_as_text(item) for item in value]
    if isinstance(value, dict) and isinstance(labels := value.get("metadata", {}).get("labels"), dict):
        texts = {key: str(text).lower() if isinstance(text, bool) else text for key, text in labels.items()}
        return {**value, "metadata": {**value["metadata"], "labels": texts}}
    return value


@pytest.mark.parametrize("resource", RESOURCES, ids=[each["kind"] for each in RESOURCES])
def test_schemas_accept_valid_and_reject_invalid_manifests(calicoctl: Calicoctl, resource: dict[str, Any]) -> None:
    whole = Draft202012Validator(printed_schema(calicoctl))
    kind = Draft202012Validator(printed_schema(calicoctl, resource["kind"]))
    wrong = [
        {**resource, "spec": {**resource["spec"], "unknown": 1}},
        {**resource, "metadata": {}},
        {**resource, "apiVersion": "v2"},
        {**resource, "kind": "nonsense"},
    ]
    for validator in (whole, kind):
        assert validator.is_valid(resource)
        assert [each for each in wrong if validator.is_valid(each)] == []
    assert whole.is_valid(RESOURCES)
    assert not whole.is_valid([*RESOURCES, wrong[0]])
    assert sum(kind.is_valid(each) for each in RESOURCES) == 1


def test_the_schema_takes_an_exported_file(every_kind_stored: Etcd, calicoctl: Calicoctl) -> None:
    put_object(every_kind_stored, object_key("networksets", "prod/set"), {"nets": ["10.0.0.0/8"]}, namespace="prod")
    exported = yaml.safe_load(calicoctl("export").stdout)
    whole, kind = (Draft202012Validator(printed_schema(calicoctl, *names)) for names in ((), ("storedObject",)))
    assert [error.message for error in whole.iter_errors(exported)] == []
    (stored,) = (each for each in exported if each.get("spec", {}).get("kind") == "networksets")
    wrong = [
        {**stored, "metadata": {"key": "/other/key"}},
        {**stored, "metadata": {"key": stored["metadata"]["key"] + "\n"}},
        {**stored, "metadata": {**stored["metadata"], "name": "x"}},
        {**stored, "spec": "text"},
        {**stored, "status": {}},
    ]
    for validator in (whole, kind):
        assert validator.is_valid(stored)
        assert [each for each in wrong if validator.is_valid(each)] == []


def schema_files(calicoctl: Calicoctl, folder: Path, *options: str) -> dict[str, Any]:
    """The files that `schema --all` writes."""
    result = calicoctl("schema", "--all", str(folder), *options)
    files = {path.name: json.loads(path.read_text(encoding="utf-8")) for path in folder.iterdir()}
    assert result == Result(0, "", f"{len(files)} files written to {folder}\n")
    return files


def _values(part: Any, keyword: str) -> list[Any]:
    """The values of a keyword at any depth."""
    if isinstance(part, list):
        return [value for item in part for value in _values(item, keyword)]
    if not isinstance(part, dict):
        return []
    own = [part[keyword]] if keyword in part else []
    return own + [value for item in part.values() for value in _values(item, keyword)]


def test_all_schemas_are_written_self_contained_and_with_valid_examples(calicoctl: Calicoctl, tmp_path: Path) -> None:
    files = schema_files(calicoctl, tmp_path / "schemas")
    del files["catalog.json"]
    assert files.keys() == {f"{name}.json" for name in ("calico-v1", *SCHEMA_NAMES)}
    for name, schema in files.items():
        assert (schema["$id"], bool(schema["title"])) == (f"https://calicoctl.example/schemas/{name}", True)
        assert schema["description"].endswith(".")
        references = _values(schema, "$ref")
        assert [each for each in references if each.removeprefix("#/$defs/") not in schema["$defs"]] == []
        assert not _values(schema, "otherNames") + _values(schema, "otherValues") + _values(schema, "laterFields")
        validator = Draft202012Validator(schema)
        assert [error.message for each in schema["examples"] for error in validator.iter_errors(each)] == []
        assert schema == printed_schema(calicoctl, *([] if name == "calico-v1.json" else [name.removesuffix(".json")]))


def test_examples_of_schemas_are_accepted_by_the_commands_that_read_them(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    examples = {name: printed_schema(calicoctl, name)["examples"] for name in SCHEMA_NAMES}
    (plan,), (configuration,), (stored,) = (examples.pop(name) for name in ("plan", "calicoApiConfig", "storedObject"))
    manifests = json.dumps([each for found in examples.values() for each in found])
    assert calicoctl("validate", "-f", "-", input=manifests).exit_code == 0
    (tmp_path / "database.plan").write_text(json.dumps(plan))
    assert calicoctl("apply", "--plan", str(tmp_path / "database.plan")).stdout.endswith("1 created\n")
    assert calicoctl("import", "-f", "-", input=json.dumps(stored)).exit_code == 0
    configuration["spec"]["etcdCACertFile"] = "/dev/null"
    (tmp_path / "calicoctl.cfg").write_text(json.dumps(configuration))
    assert calicoctl("config", "get-contexts", "-c", str(tmp_path / "calicoctl.cfg")).exit_code == 0


def test_the_catalog_has_the_form_of_schemastore(calicoctl: Calicoctl, tmp_path: Path) -> None:
    files = schema_files(calicoctl, tmp_path / "schemas", "--base-url", "https://example.org/calico")
    catalog = files.pop("catalog.json")
    assert (catalog["$schema"], catalog["version"]) == ("https://json.schemastore.org/schema-catalog.json", 1)
    entries = catalog["schemas"]
    assert [each for each in entries if not {"name", "description", "url"} <= each.keys()] == []
    assert {key for each in entries for key in each} == {"name", "description", "url", "fileMatch"}
    assert len({each["name"] for each in entries}) == len(entries)
    assert {each["url"] for each in entries} == {f"https://example.org/calico/{name}" for name in files}
    assert {schema["$id"] for schema in files.values()} == {each["url"] for each in entries}


@pytest.mark.parametrize(
    ("arguments", "location"),
    [
        ((), "calico-v1.json"),
        (("policies",), "policy.json"),
        (("CalicoApiConfig",), "calicoApiConfig.json"),
        (("--base-url", "https://example.org/s/"), "https://example.org/s/calico-v1.json"),
        (("plan", "--base-url", "http://example.org"), "http://example.org/plan.json"),
    ],
)
def test_the_modeline_names_the_schema(calicoctl: Calicoctl, arguments: tuple[str, ...], location: str) -> None:
    expected = f"# yaml-language-server: $schema={location}\n"
    assert calicoctl("schema", *arguments, "--modeline") == Result(0, expected, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("policy", "--all", "x"), "a kind cannot be combined with --all (it writes all schemas)"),
        (("--all", ""), "--all is empty (name a directory)"),
        (
            ("--modeline", "--all", "a b"),
            "'a b/calico-v1.json': a modeline cannot contain spaces (name another directory)",
        ),
        (("--base-url", "x"), "--base-url x: expected the http:// or https:// URL of a directory"),
        (("--base-url", ""), "--base-url : expected the http:// or https:// URL of a directory"),
    ],
)
def test_wrong_usage(
    calicoctl: Calicoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert calicoctl("schema", *arguments) == Result(2, "", f"{message}\n")
    assert [*tmp_path.iterdir()] == []


def test_settings_and_their_schema_have_the_same_fields(calicoctl: Calicoctl) -> None:
    fields = printed_schema(calicoctl, "calicoApiConfig")["properties"]["spec"]["properties"]
    suggested = {name: field for name, field in fields.items() if not field.get("doNotSuggest")}
    assert {name: field["description"] for name, field in suggested.items()} == {
        each.field: f"{each.description}." for each in SETTINGS
    }
