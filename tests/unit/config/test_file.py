"""Connection settings from a file, and messages for invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import Settings, load
from calicoctl.config.known_fields import KUBERNETES_FIELDS, METADATA_FIELDS
from calicoctl.config.settings import SETTINGS
from calicoctl.errors import UsageError

HEAD = "apiVersion: v1\nkind: calicoApiConfig\nmetadata:\n"


def write_config(folder: Path, text: str) -> str:
    path = folder / "calicoctl.cfg"
    path.write_text(text)
    return str(path)


def config_problems(path: str) -> list[str]:
    with pytest.raises(UsageError) as caught:
        load(path, {})
    return [line.replace(path, "FILE") for line in caught.value.lines]


def test_a_file_is_used_alone(tmp_path: Path) -> None:
    path = write_config(tmp_path, HEAD + "spec:\n  etcdAuthority: host:1\n")
    environ = {"ETCD_ENDPOINTS": "http://a:1", "ETCD_USERNAME": "me", "ETCD_PASSWORD": "pw"}
    settings = Settings(("http://host:1",), origin=path)
    assert load(path, environ) == settings
    assert load(None, environ, default_file=path) == settings


def test_texts_stay_as_they_were_typed(tmp_path: Path) -> None:
    spec = "spec: {etcdEndpoints: 'http://a:1', etcdUsername: no, etcdPassword: 0123}\n"
    settings = load(write_config(tmp_path, HEAD + spec), {})
    assert (settings.username, settings.password) == ("no", "0123")


V3_HEAD = "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\nmetadata:\n"


def test_the_file_of_calico_3(tmp_path: Path) -> None:
    spec = "spec:\n  datastoreType: etcdv3\n  etcdEndpoints: http://a:1\n  etcdDiscoverySrv: ''\n  kubeconfig: ''\n"
    assert load(write_config(tmp_path, V3_HEAD + spec), {}).endpoints == ("http://a:1",)


@pytest.mark.parametrize(
    ("spec", "problems"),
    [
        (
            "{datastoreType: kubernetes, kubeconfig: /etc/kubeconfig, k8sClientQPS: 5}",
            ["FILE:4:23: spec.datastoreType: calicoctl needs etcd, not kubernetes (write etcdv3, and etcdEndpoints)"],
        ),
        ("{kubeconfig: /x}", ["FILE: spec.etcdEndpoints: missing (expected http://HOST:PORT)"]),
        (
            "{etcdDiscoverySrv: example.com}",
            ["FILE:4:26: spec.etcdDiscoverySrv: endpoints are not read from DNS (write their URLs in etcdEndpoints)"],
        ),
        (
            "{etcdEndpoints: 'https://a:1', etcdCACert: 'x', etcdCACertFile: /x}",
            ["FILE:4:50: spec.etcdCACert: cannot be combined with etcdCACertFile (write all as text or all as files)",
             "FILE:4:71: spec.etcdCACertFile: no such file or directory"],
        ),
        (
            "{etcdEndpoints: 'http://a:1', etcdCACert: 'x'}",
            ["FILE:4:49: spec.etcdCACert: not used with http:// endpoints (write https:// or remove it)"],
        ),
        (
            "{etcdEndpoints: 'http://a:1', etcdDiscoverySrv: example.com}",
            ["FILE:4:55: spec.etcdDiscoverySrv: cannot be combined with etcdEndpoints (remove it)"],
        ),
        ("{etcdPassword:hunter2}", ["FILE:4:8: spec: missing space after 'etcdPassword:'"]),
        (
            "{name: x, kind: y}",
            [
                "FILE:4:8: spec.name: wrong place (write it in metadata)",
                "FILE:4:17: spec.kind: wrong place (write it at the top level)",
            ],
        ),
        ("{[a]: b}", ["FILE:4:8: spec: unknown field"]),
        ("{etcdEndpoint: 'http://a:1'}", ["FILE:4:8: spec: unknown field (did you mean 'etcdEndpoints'?)"]),
    ],
)  # fmt: skip
def test_the_file_of_calico_3_that_is_wrong(tmp_path: Path, spec: str, problems: list[str]) -> None:
    assert config_problems(write_config(tmp_path, f"{V3_HEAD}spec: {spec}\n")) == problems


@pytest.mark.parametrize("field", [*KUBERNETES_FIELDS, *(setting.field for setting in SETTINGS)])
def test_every_field_of_calico_3_can_be_empty(tmp_path: Path, field: str) -> None:
    other = "" if field == "etcdEndpoints" else f"  {field}:\n"
    text = f"{V3_HEAD}spec:\n  etcdEndpoints: http://a:1\n{other}"
    assert load(write_config(tmp_path, text), {}).endpoints == ("http://a:1",)


def test_every_field_of_metadata(tmp_path: Path) -> None:
    fields = "".join(f"  {field}: {{a: b}}\n" for field in METADATA_FIELDS)
    text = f"{V3_HEAD}{fields}spec: {{etcdEndpoints: 'http://a:1'}}\n"
    assert load(write_config(tmp_path, text), {}).endpoints == ("http://a:1",)


def test_names_in_other_case_and_more_documents(tmp_path: Path) -> None:
    text = V3_HEAD + "Spec: {ETCDendpoints: 'http://a:1'}\n---\n- [\n"
    assert load(write_config(tmp_path, text), {}).endpoints == ("http://a:1",)


def test_kinds_and_versions_do_not_mix(tmp_path: Path) -> None:
    text = "apiVersion: projectcalico.org/v3\nkind: calicoApiConfig\nspec: {etcdEndpoints: 'http://a:1'}\n"
    assert config_problems(write_config(tmp_path, text)) == ["FILE:2:7: kind: expected CalicoAPIConfig"]


def test_json_and_fields_of_kubernetes(tmp_path: Path) -> None:
    path = write_config(
        tmp_path,
        '{"apiVersion": "v1", "kind": "calicoApiConfig", "metadata": {},'
        ' "spec": {"datastoreType": "etcdv3", "etcdEndpoints": "http://a:1",'
        ' "kubeconfig": "/x", "etcdUsername": null}}',
    )
    assert load(path, {}).endpoints == ("http://a:1",)


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", ["FILE: expected a mapping of kind calicoApiConfig"]),
        ("- a\n", ["FILE: expected a mapping of kind calicoApiConfig"]),
        ("a: [\n", ["FILE:2:1: did not find expected node content"]),
        (HEAD + "spec:\n\tetcdEndpoints: http://a:1\n", ["FILE:5:1: tab in the indentation (use spaces)"]),
        (HEAD + "spec:\n  etcdUsername: a\n  \tetcdPassword: b\n", ["FILE:6:3: tab in the indentation (use spaces)"]),
        (HEAD + "spec:\n  etcdUsername: a\n\tetcdPassword: b\n", ["FILE:6:1: tab in the indentation (use spaces)"]),
        (
            "apiVersion: v2\nkind: X\nspec: {etcdEndpoints: 'http://a:1'}",
            [
                "FILE:1:13: apiVersion: expected v1 or projectcalico.org/v3",
                "FILE:2:7: kind: expected calicoApiConfig or CalicoAPIConfig",
            ],
        ),
        (
            "spec: {etcdEndpoints: 'http://a:1'}",
            [
                "FILE:1:1: apiVersion: missing (expected v1 or projectcalico.org/v3)",
                "FILE:1:1: kind: missing (expected calicoApiConfig or CalicoAPIConfig)",
            ],
        ),
        (
            HEAD + "spec:\n  etcdEndpoint: http://a:1\n  foo: 1\n",
            [
                "FILE:5:3: spec: unknown field (did you mean 'etcdEndpoints'?)",
                "FILE:6:3: spec: unknown field",
            ],
        ),
        (
            HEAD + "specs: {}\nspec:\n  etcdEndpoints: http://a:1\n  etcdEndpoints: http://b:1\n",
            [
                "FILE:4:1: unknown field (did you mean 'spec'?)",
                "FILE:7:3: spec.etcdEndpoints: duplicate field (first in line 6)",
            ],
        ),
        (
            HEAD + "spec:\n  etcdEndpoints: ['http://a:1']\n  etcdUsername: {}\n",
            [
                "FILE:5:18: spec.etcdEndpoints: expected a string: URLs separated by commas",
                "FILE:6:17: spec.etcdUsername: expected a string",
            ],
        ),
        (
            "apiVersion: v1\nkind: calicoApiConfig\nmetadata: {nam: x}\nspec: [a]\n",
            ["FILE:3:12: metadata: unknown field (did you mean 'name'?)", "FILE:4:7: spec: expected a mapping"],
        ),
        (HEAD, ["FILE: spec.etcdEndpoints: missing (expected http://HOST:PORT)"]),
        (
            HEAD + "spec:\n  datastoreType: etcdv2\n  etcdEndpoints: a\n  etcdCACertFile: /no/such\n",
            [
                "FILE:6:18: spec.etcdEndpoints: invalid URL: expected http://HOST:PORT or https://HOST:PORT",
                "FILE:5:18: spec.datastoreType: etcdv2 is not supported (write etcdv3 or remove it)",
                "FILE:7:19: spec.etcdCACertFile: no such file or directory",
            ],
        ),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, text: str, problems: list[str]) -> None:
    assert config_problems(write_config(tmp_path, text)) == problems


def test_a_file_that_can_not_be_read(tmp_path: Path) -> None:
    assert config_problems(str(tmp_path / "missing")) == ["FILE: no such file or directory"]
    assert config_problems(str(tmp_path)) == ["FILE: is a directory"]
    assert config_problems("/dev/zero") == ["FILE: larger than 1 MiB (expected a configuration file)"]
    (tmp_path / "latin").write_bytes(b"spec: \xff\n")
    assert config_problems(str(tmp_path / "latin")) == ["FILE: invalid leading UTF-8 octet"]


def test_a_syntax_error_does_not_show_the_password(tmp_path: Path) -> None:
    path = write_config(tmp_path, HEAD + 'spec:\n  etcdPassword: "secret\n')
    assert "secret" not in "".join(config_problems(path))
