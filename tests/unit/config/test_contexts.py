"""Contexts: several documents in a configuration file, and the settings of the selected one."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.config import SettingsSource, SettingValue, build_settings, load, load_source
from calicoctl.config.overview import SettingSummary, describe_settings, list_contexts
from calicoctl.errors import UsageError

TWO_CONTEXTS = """\
apiVersion: projectcalico.org/v3
kind: CalicoAPIConfig
metadata: {name: production}
spec: {etcdEndpoints: 'http://a:1', etcdUsername: me, etcdPassword: secret}
---
apiVersion: v1
kind: calicoApiConfig
metadata: {name: test}
spec: {etcdAuthority: 'b:2'}
"""


@pytest.fixture
def config_file(tmp_path: Path) -> str:
    path = tmp_path / "calicoctl.cfg"
    path.write_text(TWO_CONTEXTS)
    return str(path)


def described(source: SettingsSource) -> list[SettingSummary]:
    return describe_settings(source, build_settings(source))


def option(name: str) -> SettingValue:
    return SettingValue(name, "--context")


@pytest.mark.parametrize(
    ("variables", "endpoint", "context"),
    [
        ({}, "http://a:1", ""),
        ({"CALICO_CONTEXT": ""}, "http://a:1", ""),
        ({"CALICO_CONTEXT": "production"}, "http://a:1", ", context production"),
        ({"CALICO_CONTEXT": "test", "ETCD_USERNAME": "ignored"}, "http://b:2", ", context test"),
    ],
)
def test_the_variable_selects_a_context(
    config_file: str, variables: dict[str, str], endpoint: str, context: str
) -> None:
    settings = load(config_file, variables)
    assert (settings.endpoints, settings.origin) == ((endpoint,), f"{config_file}{context}")


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("tst", "", "--context: no context 'tst' in FILE (did you mean 'test'?)"),
        ("", "", "--context: no context '' in FILE (list them: calicoctl config get-contexts)"),
        ("other", "", "--context: no context 'other' in FILE (list them: calicoctl config get-contexts)"),
        ("test", "---\nmetadata: {name: test}\n", "--context: several contexts 'test' in FILE (in lines 6, 11)"),
        ("test", "---\n- [\n", "FILE:12:1: did not find expected node content"),
        ("bad", "---\nmetadata: {name: bad}\n", "FILE:11:1: apiVersion: missing (expected v1 or projectcalico.org/v3)"),
    ],
)
def test_a_context_that_is_wrong(config_file: str, name: str, more: str, message: str) -> None:
    Path(config_file).write_text(TWO_CONTEXTS + more)
    with pytest.raises(UsageError) as caught:
        described(load_source(config_file, option(name), {}))
    assert caught.value.lines[0].replace(config_file, "FILE") == message


def test_a_context_requires_a_file() -> None:
    with pytest.raises(UsageError, match=r"^CALICO_CONTEXT: no configuration file \(contexts are in the file of"):
        load(None, {"CALICO_CONTEXT": "test"}, "/nonexistent")


def test_documents_of_other_contexts_are_not_checked(config_file: str) -> None:
    Path(config_file).write_text(f"{TWO_CONTEXTS}---\n- a\n---\nmetadata: {{name: [x]}}\n---\n")
    assert load_source(config_file, option("test"), {}).problems == ()


def test_the_contexts_of_a_file(config_file: str) -> None:
    Path(config_file).write_text(f"{TWO_CONTEXTS}---\nspec: {{etcdEndpoints: 'http://me:pw@c:1'}}\n---\n- a\n")
    assert list_contexts(config_file, None) == [
        ("production", True, ("http://a:1",)),
        ("test", False, ("http://b:2",)),
        ("", False, ()),
    ]
    assert [context.is_current for context in list_contexts(config_file, option("test"))] == [False, True, False]


def test_the_settings_in_use(config_file: str) -> None:
    assert described(load_source(config_file, None, {})) == [
        ("etcdEndpoints", "http://a:1", f"{config_file}:4:23"),
        ("etcdUsername", "me", f"{config_file}:4:51"),
        ("etcdPassword", None, f"{config_file}:4:69"),
    ]
    assert described(load_source(None, None, {"CALICO_ETCD_AUTHORITY": "c:3"}, "/nonexistent")) == [
        ("etcdAuthority", "c:3", "CALICO_ETCD_AUTHORITY")
    ]
    assert described(load_source(None, None, {}, "/nonexistent")) == [
        ("etcdEndpoints", "http://127.0.0.1:2379", "default")
    ]
