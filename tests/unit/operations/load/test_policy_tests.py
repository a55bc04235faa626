"""Policy tests that can't be loaded: all problems of all files at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from calicoctl.errors import InvalidManifest
from calicoctl.operations.load.policy_tests import read_tests
from tests.support.policy_test_files import CASE, HEAD


def test_problems_of_tests_and_manifests_are_reported_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t").mkdir()
    (tmp_path / "bad.yaml").write_text("{apiVersion: v1, kind: policy, metadata: {name: p}, spec: {ordr: 1}}\n")
    (tmp_path / "twice.yaml").write_text("{apiVersion: v1, kind: policy, metadata: {name: p}}\n")
    spec = "  manifests: ['../*.yaml', ../gone.yaml, 'x/*.yaml', ../twice.yaml]\n  cases: [{name: a}]\n"
    (tmp_path / "t" / "one.yaml").write_text(HEAD + spec)
    (tmp_path / "t" / "two.yaml").write_text(
        HEAD + "  manifests: [../bad.yaml]\n  cases: [CASE]\n".replace("CASE", CASE)
    )
    (tmp_path / "t" / "alone").mkdir()
    (tmp_path / "t" / "alone" / "three.yaml").write_text(HEAD + f"  cases: [{CASE}]\n")
    with pytest.raises(InvalidManifest) as raised:
        read_tests(["t"], recursive=True)
    assert [line.split(": ")[0] for line in raised.value.lines] == [
        "bad.yaml:1:60",
        "t/alone/three.yaml:5:3",
        "t/one.yaml:5:28",
        "t/one.yaml:5:42",
        "t/one.yaml:6:11",
    ]
    text = "\n".join(raised.value.lines)
    assert "'../gone.yaml': no such file or directory (relative to t)" in text
    assert "'x/*.yaml': no manifest matches (relative to t)" in text
    assert "no manifests to test (name them in manifests, or use --with-datastore)" in text


def test_the_same_resource_in_two_manifests_of_a_test_is_a_problem(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text("{apiVersion: v1, kind: policy, metadata: {name: p}}\n")
    (tmp_path / "t.yaml").write_text(HEAD + f"  cases: [{CASE}]\n")
    with pytest.raises(InvalidManifest, match="duplicate resource"):
        read_tests([str(tmp_path / "t.yaml")], recursive=False)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no resource in this manifest"),
        ("{apiVersion: v1, kind: policy, metadata: {name: p}}", "no policyTest found (write kind: policyTest)"),
        ("kind: [", "did not find expected"),
        ("{apiVersion: v1, kind: PolicyTests}", ":1:24: PolicyTests/?: kind: unknown kind 'PolicyTests' (did you mean"),
        (HEAD + f"  cases: [{CASE}]\n", "no manifests to test"),
    ],
)
def test_documents_that_are_not_policy_tests(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "t.yaml"
    path.write_text(text)
    with pytest.raises(InvalidManifest) as raised:
        read_tests([str(path)], recursive=False)
    assert message in str(raised.value)
