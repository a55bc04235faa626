"""Subdirectories that are not read: named once, and pruning never deletes what lies in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy, profile
from tests.support.runner import Calicoctl

NAMED = "skipped 1 subdirectory with manifests: policies/dns (-R reads it)\n"


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    folder = Path("policies")
    for name, text in {
        "a.yaml": manifest(profile("a")),
        "dns/deep/b.yaml": manifest(policy("b")),
        "dns/notes.yaml": "kind: Deployment",
        "text/README.md": "no manifest",
        ".git/config.yaml": manifest(profile("hidden")),
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "link").symlink_to(folder / "dns")
    return folder


def test_they_are_named_by_every_command(store: Etcd, calicoctl: Calicoctl, policies: Path) -> None:
    for verb in ("validate", "diff", "plan", "apply", "get", "convert --to v3", "import", "lint"):
        result = calicoctl(*verb.split(), "-f", "policies")
        assert result.stderr.count(NAMED) == 1, (verb, result)
    named = ("-f", "policies", "-f", "policies/dns", "-f", "policies/dns/deep")
    assert calicoctl("validate", *named).stderr == ""
    assert calicoctl("validate", *named[:4]).stderr == NAMED.replace("dns", "dns/deep")
    assert calicoctl("validate", "-R", "-f", "policies").stderr == ""


def test_a_directory_with_subdirectories_only(calicoctl: Calicoctl, policies: Path) -> None:
    (policies / "a.yaml").unlink()
    result = calicoctl("validate", "-f", "policies")
    assert (result.exit_code, "no *.yaml, *.yml, *.json in this directory (-R reads its" in result.stdout) == (3, True)


def test_pruning_a_member_in_one_is_refused(store: Etcd, calicoctl: Calicoctl, policies: Path) -> None:
    (policies / "dns" / "notes.yaml").unlink()
    (policies / "old.yaml").write_text(manifest(profile("old")))
    assert calicoctl("apply", "-R", "-f", "policies", "--set", "s").exit_code == 0
    (policies / "old.yaml").unlink()
    prune = ("-f", "policies", "--set", "s", "--prune")
    revision = store.revision()
    for verb in (("apply",), ("apply", "--dry-run"), ("plan",), ("diff",), ("diff", "--semantic"), ("import",)):
        result = calicoctl(*verb, *prune)
        assert (result.exit_code, result.stdout, store.revision()) == (8, "", revision), (verb, result)
        reason = "would be pruned, but this manifest in a subdirectory has it (use -R, or name the directory with -f)"
        assert result.stderr.splitlines()[1:] == [
            f"policies/.git/config.yaml:2:1: profile/hidden: {reason}",
            f"policies/dns/deep/b.yaml:2:1: policy/b: {reason}",
        ]
    (policies / "dns" / "deep" / "b.yaml").unlink()
    (policies / ".git" / "config.yaml").unlink()
    assert calicoctl("apply", *prune).stdout.endswith("3 pruned\n")


def test_pruning_is_refused_if_a_member_can_be_in_a_manifest_with_an_error(
    store: Etcd, calicoctl: Calicoctl, policies: Path
) -> None:
    (policies / "old.yaml").write_text(manifest(profile("old")))
    assert calicoctl("apply", "-f", "policies", "--set", "s").exit_code == 0
    (policies / "old.yaml").unlink()
    (policies / "dns" / "deep" / "b.yaml").unlink()
    prune = ("apply", "-f", "policies", "--set", "s", "--prune")
    for text in ("bad: [", "{kind: profile, apiVersion: v1, metadata: {name: {{ .name }} }}", "\0"):
        (policies / "dns" / "broken.yaml").write_text(text)
        result = calicoctl(*prune)
        assert (result.exit_code, result.stdout) == (8, ""), text
        assert "policies/dns/broken.yaml:" in result.stderr
        assert "can have profile/old, which would be pruned (correct it, and use -R)" in result.stderr
    (policies / "dns" / "broken.yaml").write_text("kind: Deployment")
    assert calicoctl(*prune).stdout.endswith("1 pruned\n")


@pytest.mark.parametrize("recursive", [(), ("-R",)])
def test_pruning_a_member_behind_a_link_is_refused(
    store: Etcd, calicoctl: Calicoctl, policies: Path, recursive: tuple[str, ...]
) -> None:
    (policies / "dns" / "notes.yaml").unlink()
    elsewhere = policies.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "far.yaml").write_text(manifest(profile("far")))
    assert calicoctl("apply", "-R", "-f", "policies", "-f", "elsewhere", "--set", "s").exit_code == 0
    (policies / "elsewhere").symlink_to(elsewhere.absolute())
    result = calicoctl("apply", *recursive, "-f", "policies", "--set", "s", "--prune")
    assert (result.exit_code, "policies/elsewhere/far.yaml:2:1: profile/far: would be" in result.stderr) == (8, True)


def test_paths_that_cannot_be_read(calicoctl: Calicoctl, tmp_path: Path) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    for path in (str(loop), "x" * 5000, str(tmp_path / "missing")):
        result = calicoctl("validate", "-f", path)
        assert (result.exit_code, "can't be read" in result.stdout, result.stderr) == (3, True, "")
