"""validate: the same problems as in apply, without a datastore, in all formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest

from calicoctl.printers import formats
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.processes import imported_modules, run_in_shell
from tests.support.runner import Calicoctl, Result

ROOT = Path(__file__).parents[2]

VALID_MANIFEST = manifest(profile("a"), policy("b"))
MANIFEST_WITH_WARNING = "apiVersion: v1\nkind: profile\nmetadata: {name: a, labels: {x: no}}\n"
SUSPICIOUS_MANIFEST = manifest(profile("a", labels={"calico/k8s_ns": "x"}))
INVALID_MANIFEST = """\
- apiVersion: v1
  kind: policy
  metadata: {name: web, name: web}
  spec:
    order: soon
    selector: role = 'web'
    ingress: [{action: alow, icmp: {type: 8}}]
- text
- {apiVersion: v1, kind: polcy, metadata: {name: x}}
- {apiVersion: v1, kind: profile, metadata: {name: twice}}
- {apiVersion: v1, kind: profile, metadata: {name: twice}}
"""
EVERY_FORM = pytest.mark.parametrize("form", [each.name for each in formats.FINDINGS])

pytestmark = pytest.mark.usefixtures("no_datastore")


@pytest.fixture
def no_datastore(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Invalid settings, which validate must not read."""
    monkeypatch.setenv("ETCD_ENDPOINTS", "gopher://nowhere")
    return iter(())


def test_what_is_valid_is_counted(calicoctl: Calicoctl, tmp_path: Path) -> None:
    assert calicoctl("validate", "-f", "-", input=MANIFEST_WITH_WARNING.replace("no", "web")) == Result(
        0, "1 resource in 1 file is valid\n", ""
    )
    assert calicoctl("validate", "-f", "-", input=VALID_MANIFEST).stdout == "2 resources in 1 file are valid\n"
    (tmp_path / "a.yaml").write_text(VALID_MANIFEST)
    other = manifest(profile("c"))
    result = calicoctl("validate", "-f", str(tmp_path), "-f", "-", input=other)
    assert result == Result(0, "3 resources in 2 files are valid\n", "")


def test_directories_and_those_within(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "in" / "side").mkdir(parents=True)
    (tmp_path / "a.yaml").write_text(manifest(profile("a")))
    (tmp_path / "in" / "side" / "b.json").write_text(manifest(profile("b")))
    (tmp_path / "in" / "note.txt").write_text("not a manifest")
    assert calicoctl("validate", "-f", str(tmp_path)).stdout == "1 resource in 1 file is valid\n"
    assert calicoctl("validate", "-R", "-f", str(tmp_path)).stdout == "2 resources in 2 files are valid\n"


def test_every_problem_of_every_file_comes_at_once_on_stdout(calicoctl: Calicoctl, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(INVALID_MANIFEST)
    (tmp_path / "b.yaml").write_text(MANIFEST_WITH_WARNING)
    (tmp_path / "c").mkdir()
    paths = [str(tmp_path / name) for name in ("a.yaml", "b.yaml", "c", "missing.yaml")]
    result = calicoctl("validate", *(word for path in paths for word in ("-f", path)))
    assert (result.exit_code, result.stderr) == (3, "")
    assert result.stdout.replace(f"{tmp_path}/", "").splitlines() == [
        "a.yaml:3:25: policy/web: duplicate key 'name' (first on line 3)",
        "a.yaml:5:12: policy/web: spec.order: expected a number, found the text 'soon'",
        "a.yaml:6:20: policy/web: spec.selector: expected '==', found '='",
        "a.yaml:7:24: policy/web: spec.ingress[0].action: 'alow' is not one of 'allow', 'deny', 'log', 'pass'"
        " (did you mean 'allow'?)",
        "a.yaml:7:36: policy/web: spec.ingress[0].icmp: requires protocol icmp or icmpv6, but the rule has none"
        " (write protocol: icmp or protocol: icmpv6)",
        "a.yaml:8:3: expected a resource, found the text 'text'",
        "a.yaml:9:26: polcy/x: kind: unknown kind 'polcy' (did you mean 'policy'?)",
        "a.yaml:11:3: profile/twice: duplicate resource (first at a.yaml:10:3)",
        "warning: b.yaml:3:33: profile/a: metadata.labels.x: 'no' is taken as text; calicoctl 1.6 stored 'false'"
        " (quote it)",
        "c: no *.yaml, *.yml, *.json in this directory",
        "missing.yaml: can't be read: No such file or directory",
    ]


def test_each_sort_of_problem_has_its_code(calicoctl: Calicoctl, tmp_path: Path) -> None:
    def codes(*arguments: str, text: str | bytes = "") -> list[str]:
        return [each["code"] for each in json.loads(calicoctl("validate", "-o", "json", *arguments, input=text).stdout)]

    assert codes("-f", "-", text=INVALID_MANIFEST) == [
        "yaml",
        "schema",
        "selector",
        "schema",
        "semantics",
        "document",
        "document",
        "duplicate",
    ]
    assert codes("-f", "-", text=MANIFEST_WITH_WARNING) == ["ambiguous-text"]
    assert codes("-f", "-", text=SUSPICIOUS_MANIFEST) == ["misleading"]
    assert codes("-f", "-", text="a: [") == ["yaml"]
    assert codes("-f", "-", text="") == ["unreadable"]
    assert codes("-f", "-", text=b"\xff") == ["unreadable"]
    assert codes("-f", str(tmp_path)) == ["unreadable"]
    assert codes("-f", str(tmp_path / "missing.yaml")) == ["unreadable"]
    assert codes("-f", "-", text="kind: policyList\napiVersion: v1\nnope: 1\nitems: []\n") == ["document"]
    assert codes("-f", "-", text=VALID_MANIFEST.replace('"v1"', '"projectcalico.org/v3"')) == ["document", "document"]


@EVERY_FORM
@pytest.mark.parametrize(
    ("code", "text"),
    [
        (0, VALID_MANIFEST),
        (0, MANIFEST_WITH_WARNING),
        (0, SUSPICIOUS_MANIFEST),
        (3, INVALID_MANIFEST),
        (3, ""),
        (3, "a: ["),
    ],
)
def test_the_exit_code_does_not_depend_on_the_form(calicoctl: Calicoctl, form: str, code: int, text: str) -> None:
    result = calicoctl("validate", "-f", "-", "-o", form, input=text)
    assert (result.exit_code, result.stderr) == (code, "")


@EVERY_FORM
def test_a_file_that_is_missing_is_a_finding(calicoctl: Calicoctl, form: str) -> None:
    result = calicoctl("validate", "-f", "missing.yaml", "-o", form)
    assert (result.exit_code, result.stderr) == (3, "")
    assert "missing.yaml" in result.stdout


def test_junit_names_resources_in_full(calicoctl: Calicoctl) -> None:
    result = calicoctl("validate", "-f", str(ROOT / "examples" / "bgp" / "peers.yaml"), "-o", "junit")
    names = [case.get("name") for case in Xml.fromstring(result.stdout).iter("testcase")]
    assert names == ["bgpPeer/global/192.0.2.254", "bgpPeer/node/host1/192.0.2.253"]


@pytest.mark.parametrize(
    "text",
    [
        VALID_MANIFEST,
        MANIFEST_WITH_WARNING,
        SUSPICIOUS_MANIFEST,
        INVALID_MANIFEST,
        "",
        "a: [",
        "- just\n- texts\n",
        "kind: profile\n",
    ],
)
def test_the_judgement_is_that_of_apply(
    store: Etcd, calicoctl: Calicoctl, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    applied = calicoctl("apply", "-f", "-", input=text)
    validated = calicoctl("validate", "-f", "-", input=text)
    assert validated.exit_code == applied.exit_code
    said = sorted(line for line in validated.stdout.splitlines() if not line.endswith(" valid"))
    assert said == sorted(applied.stderr.splitlines())


def test_stdin_and_files_are_distinguished_in_every_format(calicoctl: Calicoctl) -> None:
    entry = json.loads(calicoctl("validate", "-f", "-", "-o", "json", input=INVALID_MANIFEST).stdout)[0]
    assert (entry["file"], entry["line"], entry["column"]) == ("-", 3, 25)
    assert calicoctl("validate", "-f", "-", "-o", "github", input=INVALID_MANIFEST).stdout.startswith(
        "::error title=policy/web::-:3"
    )


def test_a_broken_pipe_keeps_the_exit_code() -> None:
    script = '{ "$@"; echo "exit $?" >&2; } | true'
    many = manifest(*(policy(f"p{index}", order="x") for index in range(2000)))
    assert run_in_shell(script, "validate", "-f", "-", text=many) == Result(0, "", "exit 3\n")
    closed = run_in_shell('"$@" >&-', "validate", "-f", "-", text="a: [")
    message = "cannot write the output: stdout is closed (redirect it to /dev/null to discard the output)\n"
    assert closed == Result(9, "", message)
    full = run_in_shell('"$@" >/dev/full', "validate", "-f", "-", text=VALID_MANIFEST)
    assert full == Result(9, "", "cannot write the output: no space left on device\n")


@EVERY_FORM
def test_the_name_of_a_file_need_not_be_utf_8(calicoctl_process: Calicoctl, tmp_path: Path, form: str) -> None:
    (tmp_path / "latin-\udcfc.yaml").write_text("a: [")
    for environment in ({"LC_ALL": "C"}, {"LC_ALL": "C.UTF-8"}, {"PYTHONIOENCODING": "utf-8:strict"}):
        result = calicoctl_process("validate", "-f", str(tmp_path), "-o", form, env=environment)
        assert (result.exit_code, result.stderr) == (3, "")


def test_no_module_of_the_datastore_is_imported() -> None:
    unwanted = {"grpc", "etcd3", "calicoctl.datastore", "calicoctl.config"}
    assert unwanted & imported_modules("validate", "-f", "-", text=INVALID_MANIFEST) == set()
    modules = imported_modules("apply", "--dry-run=client", "-f", "-", text=VALID_MANIFEST)
    assert {"grpc", "etcd3", "calicoctl.schema.v3_objects"} & modules == set()
    assert "calicoctl.operations.history.recorder" in modules


@pytest.mark.parametrize(
    ("field", "message"),
    [
        ("disabled: !!bool yes", "'yes' is not a valid !!bool in YAML 1.2"),
        ("disabled: !!bool maybe", "'maybe' is not a valid !!bool in YAML 1.2"),
        ("disabled: !!int 1", "spec.disabled: expected true or false, found 1"),
    ],
)
def test_a_wrong_tag_is_one_problem(calicoctl: Calicoctl, field: str, message: str) -> None:
    text = f"apiVersion: v1\nkind: ipPool\nmetadata: {{cidr: 10.0.0.0/8}}\nspec:\n  {field}\n"
    (line,) = calicoctl("validate", "-f", "-", input=text).stdout.splitlines()
    assert line.endswith(message)


def test_other_verbs_warn_as_well_when_something_is_wrong(store: Etcd, calicoctl: Calicoctl) -> None:
    text = "apiVersion: v1\nkind: profile\nmetadata: {name: a, labels: {x: yes}}\nspec: {nope: 1}\n"
    for verb in ("apply", "diff", "plan"):
        result = calicoctl(verb, "-f", "-", input=text)
        assert result.exit_code == 3
        warning, problem = result.stderr.splitlines()
        assert (warning.startswith("warning: -:3:"), problem.startswith("-:4:8: profile/a: spec.nope")) == (True, True)
