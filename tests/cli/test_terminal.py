"""No raw control character reaches a terminal, in any text of any command; a pipe would hide some of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from calicoctl.console import activity, progress_bar
from calicoctl.kinds import KINDS
from calicoctl.kinds.values.set_membership import SET_ANNOTATION
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, profile
from tests.support.pseudo_terminal import show_on_terminal
from tests.support.stored_objects import put_cluster_information
from tests.support.unreadable_objects import put_all, stored_document
from tests.support.wrong_types import MANIFESTS

CONTROLS = "\x1b[35m\x1b]0;t\x07\x9b35m\x85\x7f\u202e\u2066\u061c\r\nSPOOFED"
"""Escape sequences of 7 and 8 bits, other controls, controls of the direction, and a line of its own."""
RAW = re.compile(
    "(?!\x1b\\[(?:0|1|3[1236])m|\r\n)"
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Matches raw controls; the colors of calicoctl itself are others, and CSV has its line ends."""
MULTILINE_FORMATS = {"junit", "csv", "svg", "html", "jsonpath={.items[*].metadata.name}"}
"""Formats for programs whose values can have line breaks."""
TEST = """\
kind: policyTest
apiVersion: v1
metadata: {name: t}
spec:
  cases:
  - {name: c, from: {outside: true}, to: {profile: PROFILE}, expect: deny}
"""
PROFILE = f"a{CONTROLS}"

STORE_COMMANDS: list[tuple[str, ...]] = [
    *(("get", "all", "-o", form) for form in ("ps", "wide", "yaml", "json", "name")),
    *(("get", kind.name, "-o", "wide") for kind in KINDS),
    ("get", "profile", "-o", "custom-columns=NAME,LABELS"),
    *(("get", "profile", "-o", form) for form in ("csv", "markdown", "jsonpath={.items[*].metadata.name}")),
    ("get", "profile", "--show-labels"),
    ("get", "profile", PROFILE),
    ("get", "policy", f"none{CONTROLS}"),
    ("get", f"no{CONTROLS}kind"),
    ("get", "profile", "-l", f"a == '{CONTROLS}"),
    ("get", "profile", f"--unknown{CONTROLS}"),
    ("get", "profile", "-o", f"x{CONTROLS}"),
    (f"verb{CONTROLS}",),
    ("explain", f"policy.{CONTROLS}"),
    ("trace", "--from", f"profile:{PROFILE}", "--to", "outside"),
    ("trace", "--from", f"profile:{PROFILE}", "--to", "outside", "-o", "json"),
    ("trace", "--from", f"no{CONTROLS}", "--to", "outside"),
    *(("connectivity", "-o", form) for form in ("text", "json", "csv", "dot", "mermaid", "svg", "html")),
    ("connectivity", "--focus", f"profile:{PROFILE}", "--group-by", "endpoint"),
    *(("lint", "-o", form) for form in ("text", "json", "sarif", "junit", "github", "gitlab")),
    *(("test", "--with-datastore", "test.yaml", "-o", form) for form in ("text", "json", "junit", "tap", "github")),
    ("test", "--with-datastore", "test.yaml", "--only", f"x{CONTROLS}"),
    ("version",),
    ("doctor",),
    ("set", "list"),
    *(("set", "show", f"{name}{CONTROLS}") for name in "sx"),
    ("set", "show", f"s{CONTROLS}", "-o", "json"),
    ("config", "view", "-c", "clusters.yaml"),
    ("config", "get-contexts", "-c", "clusters.yaml"),
    ("get", "profile", "--context", f"x{CONTROLS}", "-c", "clusters.yaml"),
    ("diff", "-f", "test.yaml", "--unmanaged"),
    *(("diff", "-f", "new.json", "--unmanaged", "-o", form) for form in ("text", "json")),
    ("diff", "-f", "new.json", "--unmanaged", "--summary"),
    *(
        ("diff", "--semantic", "datastore", f"x{CONTROLS}.yaml", "-o", form)
        for form in ("github", "markdown", "csv", "json")
    ),
    ("export",),
    ("label", "profile", PROFILE, "x=y", "--dry-run"),
    ("label", "profile", "x", f"a{CONTROLS}=b"),
    ("patch", "profile", PROFILE, "-p", '{"spec":{}}', "--dry-run"),
    ("wait", f"profile/x{CONTROLS}", "--for=present", "--timeout=0"),
    ("delete", f"profile/x{CONTROLS}"),
    ("delete", "profile", PROFILE),
    ("apply", "-f", f"no{CONTROLS}.yaml"),
    ("apply", "-f", f"x{CONTROLS}.yaml"),
    ("apply", "--plan", f"x{CONTROLS}.yaml"),
    ("plan", "--show", "x.plan"),
    ("plan", "-f", "changed.json", "--save", f"saved{CONTROLS}.plan"),
    ("plan", "--show", f"saved{CONTROLS}.plan"),
    ("apply", "--plan", f"saved{CONTROLS}.plan", "--dry-run"),
    ("validate", "-f", f"x{CONTROLS}.yaml"),
    *(
        ("validate", "-f", f"bad{CONTROLS}.yaml", "-o", form)
        for form in ("text", "json", "sarif", "junit", "github", "gitlab")
    ),
    ("diff", "-f", f"x{CONTROLS}.yaml"),
    ("diff", "-f", f"x{CONTROLS}.yaml", "--semantic"),
    ("diff", "--semantic", "datastore", f"x{CONTROLS}.yaml"),
    ("diff", "-f", f"x{CONTROLS}.yaml", "--summary"),
    ("plan", "-f", f"x{CONTROLS}.yaml"),
    ("convert", "-f", f"x{CONTROLS}.yaml", "--to", "v3"),
    ("get", "profile", "-c", f"x{CONTROLS}.cfg"),
]


def _texts_with_controls(value: Any, path: tuple[str, ...] = ()) -> Any:
    """Return a stored object with controls at the end of its names and free texts."""
    if isinstance(value, dict):
        return {key: _texts_with_controls(part, (*path, key)) for key, part in value.items()}
    if isinstance(value, list):
        return [_texts_with_controls(part, path) for part in value]
    free = path and (path[-1] in {"name", "node", "pod", "endpoint", "workload"} or "labels" in path)
    return value + CONTROLS if isinstance(value, str) and free else value


@pytest.fixture
def hostile_store(store: Etcd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Etcd:
    monkeypatch.chdir(tmp_path)
    for module in (activity, progress_bar):  # the progress of a busy machine
        monkeypatch.setattr(module, "_DELAY_SECONDS", 600.0)
    put_cluster_information(store, calicoVersion=f"v3{CONTROLS}", clusterType=f"x{CONTROLS}", datastoreReady=True)
    objects = {}
    for kind in KINDS:
        document = stored_document(kind)
        namespace = "default/" if kind.name == "workloadEndpoint" else ""
        objects[kind.stored_kind.key(f"{namespace}{kind.name}")] = json.dumps(document).encode()
        hostile = json.dumps(_texts_with_controls(document)).encode()
        objects[kind.stored_kind.key(f"{namespace}a{CONTROLS}")] = hostile
        objects[kind.stored_kind.key(f"{namespace}broken{CONTROLS}")] = b"{"
    document = stored_document(KINDS[0])
    document["metadata"].update(name="member", annotations={SET_ANNOTATION: f"s{CONTROLS}", f"k{CONTROLS}": CONTROLS})
    objects[KINDS[0].stored_kind.key("member")] = json.dumps(document).encode()
    put_all(store, objects)
    Path("new.json").write_text(manifest(profile("new")), encoding="utf-8")
    Path("changed.json").write_text(manifest(profile("member", labels={"x": "y"})), encoding="utf-8")
    manifests = [dict(each) for each in MANIFESTS.values()]
    manifests[0]["metadata"] = {"name": "new", "annotations": {f"k{CONTROLS}": f"v{CONTROLS}"}}
    Path(f"x{CONTROLS}.yaml").write_text(json.dumps(manifests), encoding="utf-8")
    manifests[0]["spec"] = {f"no{CONTROLS}": 1, "selector": f"a == '{CONTROLS}", "types": [f"x{CONTROLS}"]}
    Path(f"bad{CONTROLS}.yaml").write_text(json.dumps(manifests), encoding="utf-8")
    Path("test.yaml").write_text(TEST.replace("PROFILE", json.dumps(PROFILE)), encoding="utf-8")
    context = {"apiVersion": "v1", "kind": "calicoApiConfig", "metadata": {"name": f"a{CONTROLS}"}}
    context["spec"] = {"etcdEndpoints": f"http://a{CONTROLS}:1"}
    Path("clusters.yaml").write_text(json.dumps(context), encoding="utf-8")
    Path("x.plan").write_text(json.dumps({"formatVersion": CONTROLS, "resources": [CONTROLS]}), encoding="utf-8")
    return store


def test_no_raw_control_reaches_a_terminal(hostile_store: Etcd) -> None:
    shown_escapes = 0
    for command in STORE_COMMANDS:
        code, shown = show_on_terminal(*command)
        raw = RAW.search(shown)
        assert not raw, (command, raw, shown[max(0, raw.start() - 200) : raw.end() + 50])
        if not MULTILINE_FORMATS & set(command):
            assert not re.search("^SPOOFED", shown, re.MULTILINE), (command, shown)
        assert shown, command
        assert "internal error" not in shown, (command, shown)
        assert code != 70, command
        shown_escapes += "\\x1b" in shown or "\\u001b" in shown
    assert shown_escapes > len(STORE_COMMANDS) * 0.8
