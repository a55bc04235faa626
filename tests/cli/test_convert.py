"""convert: input, order of output, no datastore; and v3 manifests in other commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, node, pool, profile
from tests.support.runner import Calicoctl, Result

V3 = "projectcalico.org/v3"


def v3(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    return {"apiVersion": V3, "kind": kind, "metadata": {"name": name}, "spec": spec}


MIXED = manifest(
    {"apiVersion": V3, "kind": "ProfileList", "items": [{"metadata": {"name": "b"}}, v3("Profile", "c")]},
    profile("a"),
    {"apiVersion": "v1", "kind": "List", "items": [v3("Profile", "e"), profile("d")]},
)


@pytest.mark.parametrize("version", ["v1", "v3"])
def test_lists_and_versions_in_any_mix_are_printed_in_their_order(calicoctl: Calicoctl, version: str) -> None:
    result = calicoctl("convert", "-f", "-", "--to", version, "-o", "json", input=MIXED)

    assert (result.exit_code, result.stderr) == (0, "")
    printed = json.loads(result.stdout)
    assert [each["metadata"]["name"] for each in printed] == ["b", "c", "a", "e", "d"]
    kind = {"v1": ("v1", "profile"), "v3": (V3, "Profile")}[version]
    assert {(each["apiVersion"], each["kind"]) for each in printed} == {kind}


@pytest.mark.parametrize("verb", ["apply", "create", "replace", "delete", "get"])
@pytest.mark.parametrize(
    ("document", "place"),
    [
        (v3("GlobalNetworkPolicy", "web", nonsense=[1], order="x"), "2:16: GlobalNetworkPolicy/web"),
        ({"apiVersion": V3, "kind": "TierList", "items": [v3("Tier", "a"), v3("Tier", "b")]}, "2:16: TierList/?"),
        ({"apiVersion": "v1", "kind": "List", "items": [v3("Profile", "a")]}, "2:63: Profile/a"),
    ],
    ids=["one", "typed list", "list"],
)
def test_other_verbs_point_to_it_in_one_line(
    store: Etcd, calicoctl: Calicoctl, tmp_path: Path, verb: str, document: dict[str, Any], place: str
) -> None:
    path = tmp_path / "my file.json"
    path.write_text(manifest(document))
    command = f"calicoctl convert -f '{path}' --to v1"
    assert calicoctl(verb, "-f", str(path)) == Result(
        3, "", f"{path}:{place}: is a Calico v3 manifest (convert it: {command})\n"
    )
    assert store.keys() == []


@pytest.mark.parametrize(
    ("arguments", "documents", "code", "stderr"),
    [
        (
            ["--to", "v3", "--force"],
            [profile("a")],
            2,
            "--force cannot be combined with --to v3 (no field is omitted)\n",
        ),
        (["--to", "v3"], [profile("a"), v3("Profile", "a")], 3, "-:3:1: Profile/a: duplicate resource"),
        (["--to", "v3"], [node("N"), node("n")], 3, "-:3:1: Node/n: duplicate resource"),
        (["--to", "v1"], [profile("a"), v3("Profile", "a")], 3, "-:3:1: profile/a: duplicate resource"),
        (["--to", "v1"], [{"apiVersion": V3, "kind": "ProfileList", "items": 5}], 3, "items must be a list"),
        (["--to", "v1"], [{"apiVersion": V3, "kind": "ProfileList", "items": [5]}], 3, "expected a resource, found"),
        (["--to", "v3"], [{"apiVersion": V3, "kind": "Profile", "metadata": 5}], 3, "expected a mapping, found 5\n"),
        (["--to", "v1"], [v3("Tier", "a"), v3("Profile", "a", ingress=5)], 3, "expected a list, found 5\n"),
    ],
)
def test_what_it_refuses(
    calicoctl: Calicoctl, arguments: list[str], documents: list[dict[str, Any]], code: int, stderr: str
) -> None:
    result = calicoctl("convert", "-f", "-", *arguments, input=manifest(*documents))
    assert (result.exit_code, result.stdout) == (code, "")
    assert stderr in result.stderr


def test_rejections_of_calicoctl_3_are_warnings(calicoctl: Calicoctl) -> None:
    result = calicoctl("convert", "-f", "-", "--to", "v3", input=manifest(node("n"), pool("::/64")))
    assert result.exit_code == 0
    (replaced,) = result.stderr.splitlines()
    assert replaced.startswith("warning: -:2:1: node/n: calicoctl 3.x replaces a complete Node")
    assert "name: 0---64\n" in result.stdout


def test_no_module_of_the_datastore_is_imported() -> None:
    code = """
import sys
from calicoctl.cli import main
try:
    main(["convert", "-f", "-", "--to", "v3"])
except SystemExit as end:
    sys.exit(end.code or any(name in sys.modules for name in ("etcd3", "grpc", "calicoctl.config")))
"""
    done = subprocess.run([sys.executable, "-c", code], input=manifest(profile("a")), text=True, check=False)
    assert done.returncode == 0
