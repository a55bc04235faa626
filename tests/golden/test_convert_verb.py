"""convert: v1 becomes what Calico's own converters make of it, and what calicoctl 3 was given becomes v1."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from calicoctl.conversion.stored import from_stored
from calicoctl.kinds import KINDS
from tests.golden.converters import ACCEPTED, RECORD_ANNOTATION, expected_messages, expected_v3
from tests.golden.normal_form import normal_form
from tests.support.decoding import decode
from tests.support.recordings import Manifest, Row, canonical_json, load_rows, parse_printed
from tests.support.runner import Calicoctl, Result

V3_INPUTS = load_rows("v3-manifests")
"""v3 manifests that real calicoctl 3.32 was given, with what it stored for them, or nothing where it refused."""
STORED = [row for row in V3_INPUTS if "etcd_value" in row]

UNREPRESENTABLE = {
    "profile-rule-ports-named": "spec.ingress[0].destination.ports[0]",
    "profile-rule-ports-sctp": "spec.ingress[0].destination.ports",
    "profile-rule-http": "spec.ingress[0].http",
    "profile-rule-rule-metadata": "spec.ingress[0].metadata",
    "gnp-rule-ports-named": "spec.egress[0].destination.ports[0]",
    "gnp-rule-rule-metadata": "spec.egress[0].metadata",
    "profile-meta": "metadata.annotations.z, metadata.annotations['projectcalico.org/v1'], metadata.labels.l",
    "profile-name-07": "metadata.name",
    "gnp-name-07": "metadata.name",
    "gnp-applyonforward": "spec.applyOnForward",
    "gnp-performancehints": "spec.performanceHints",
    "gnp-saselector": "spec.serviceAccountSelector",
    "gnp-meta": "metadata.labels.l",
    "hep-ports": "spec.ports",
    "hep-full": "spec.ports",
    "hep-star": "spec.interfaceName",
    "wep-noworkload": "metadata",
    "wep-ports": "spec.ports",
    "wep-nons": "metadata.namespace",
    "ippool-vxlan": "spec.vxlanMode",
    "ippool-block": "spec.blockSize",
    "bgppeer-noip": "spec.peerIP",
    "bgppeer-peersel": "spec.peerIP, spec.peerSelector",
    "bgppeer-nodesel": "spec.nodeSelector",
    "bgppeer-port": "spec.peerIP",
    "node-labels": "metadata.labels.a",
    "node-rr": "spec.bgp.routeReflectorClusterID",
    **dict.fromkeys(("felixconfig-default", "felixconfig-node", "gns", "np", "kcc"), "kind"),
}
"""Rows that hold what v1 can't say, and the fields that have to be named, each of them."""

LENIENT = {"profile-rule-nets-bareip", "gnp-rule-nets-unmasked", "gnp-donottrack-noaof"}
"""Rows that calicoctl 3.32 refuses and v1 has a meaning for."""


def _manifest(text: str) -> Manifest:
    (manifest,) = json.loads(text)
    assert isinstance(manifest, dict)
    return manifest


def _to_v3(calicoctl: Calicoctl, v1: Manifest) -> Manifest:
    result = calicoctl("convert", "-f", "-", "--to", "v3", "-o", "json", input=json.dumps(v1))
    assert result.exit_code == 0, result.stderr
    return _manifest(result.stdout)


def _to_v1(calicoctl: Calicoctl, text: str, *options: str) -> Result:
    """What is printed as JSON, and what is said in words about it."""
    words = calicoctl("convert", "-f", "-", "--to", "v1", *options, input=text)
    return calicoctl("convert", "-f", "-", "--to", "v1", "-o", "json", *options, input=text)._replace(
        stderr=words.stderr
    )


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: str(row["id"]))
def test_v1_becomes_what_the_converters_make_of_it(row: Row, calicoctl: Calicoctl) -> None:
    v3, wanted = _to_v3(calicoctl, row["v1"]), expected_v3(row)

    assert (v3["kind"], v3["apiVersion"]) == (wanted["kind"], wanted["apiVersion"])
    metadata = dict(v3["metadata"])
    annotations = {key: text for key, text in metadata.pop("annotations", {}).items() if key != RECORD_ANNOTATION}
    assert {**metadata, **({"annotations": annotations} if annotations else {})} == wanted["metadata"]
    for direction in ("ingress", "egress"):
        for rule in v3["spec"].get(direction, ()):
            rule.update({side: rule.get(side, {}) for side in ("source", "destination")})
    assert canonical_json(expected_messages(row, v3["spec"])) == canonical_json(expected_messages(row, wanted["spec"]))


def _fields(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _fields(item, path)
    elif isinstance(value, dict):
        for name, part in value.items():
            yield f"{path}.{name}"
            if name not in {"labelsToApply", "labels", "annotations"}:
                yield from _fields(part, f"{path}.{name}")


def test_v3_has_no_field_that_calicoctl_3_refuses(calicoctl: Calicoctl) -> None:
    """Its fields are among those of the manifests that it took, or that the converters make for it."""
    taken = [yaml.safe_load(row["v3_yaml"]) for row in STORED] + [expected_v3(row) for row in ACCEPTED]
    known = {f"{each['kind']}{path}" for each in taken for path in _fields(each)}
    known |= {f"{kind.stored_kind.kind}.metadata.annotations" for kind in KINDS}
    ours = [_to_v3(calicoctl, row["v1"]) for row in ACCEPTED]
    assert {f"{each['kind']}{path}" for each in ours for path in _fields(each)} <= known


@pytest.mark.parametrize("row", ACCEPTED, ids=lambda row: str(row["id"]))
def test_back_in_v1_it_is_the_normal_form(row: Row, calicoctl: Calicoctl) -> None:
    v3 = calicoctl("convert", "-f", "-", "--to", "v3", input=json.dumps(row["v1"])).stdout

    back = calicoctl("convert", "-f", "-", "--to", "v1", input=v3)

    assert back.exit_code == 0, back.stderr
    (manifest,) = parse_printed(back.stdout)
    assert canonical_json(manifest) == canonical_json(normal_form(row["v1"]))


@pytest.mark.parametrize(
    "row", [row for row in STORED if row["id"] not in UNREPRESENTABLE], ids=lambda row: str(row["id"])
)
def test_v3_becomes_what_get_shows_after_calicoctl_3_has_stored_it(row: Row, calicoctl: Calicoctl) -> None:
    result = _to_v1(calicoctl, row["v3_yaml"])

    assert result.exit_code == 0, result.stderr
    stored = json.loads(row["etcd_value"])
    (kind,) = (kind for kind in KINDS if kind.stored_kind.kind == stored["kind"])
    shown = from_stored(kind, decode(row["etcd_key"], row["etcd_value"].encode(), 0))
    assert canonical_json(_manifest(result.stdout)) == canonical_json(shown.manifest())


@pytest.mark.parametrize(
    "row", [row for row in V3_INPUTS if row["id"] in UNREPRESENTABLE], ids=lambda row: str(row["id"])
)
def test_fields_that_v1_cannot_represent_are_reported(row: Row, calicoctl: Calicoctl) -> None:
    result = _to_v1(calicoctl, row["v3_yaml"])

    assert (result.exit_code, result.stdout) == (8, "")
    *losses, advice = result.stderr.splitlines()
    assert advice == "nothing converted (--force omits fields that v1 cannot represent)"
    assert all("cannot be represented in v1 (" in loss for loss in losses)
    assert sorted(loss.split(": ")[2] for loss in losses) == UNREPRESENTABLE[row["id"]].split(", ")

    forced = _to_v1(calicoctl, row["v3_yaml"], "--force")
    assert forced.exit_code == 0
    assert {f"warning: {loss}" for loss in losses} <= set(forced.stderr.splitlines())
    if json.loads(forced.stdout):
        assert _to_v1(calicoctl, forced.stdout) == Result(0, forced.stdout, "")
    else:
        assert ": is omitted\n" in forced.stderr


@pytest.mark.parametrize("row", [row for row in V3_INPUTS if "etcd_value" not in row], ids=lambda row: str(row["id"]))
def test_rejections_of_calicoctl_3_have_a_position(row: Row, calicoctl: Calicoctl) -> None:
    result = _to_v1(calicoctl, row["v3_yaml"])

    assert result.exit_code in ({0} if row["id"] in LENIENT else {3, 8})
    assert all(line.startswith(("-:", "nothing converted")) for line in result.stderr.splitlines())


def test_all_rows_are_there() -> None:
    assert len(V3_INPUTS) == 154
    assert len(STORED) == 123
    assert set(UNREPRESENTABLE) | LENIENT <= {row["id"] for row in V3_INPUTS}
