"""schema --all and --modeline in an editor with yaml-language-server: completion, hover, and marks of problems."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from calicoctl.config.file import read_file
from calicoctl.errors import UsageError
from tests.docs.conftest import ROOT
from tests.support.language_server import NOT_INSTALLED, LanguageServer, running_language_server
from tests.support.recordings import Row, load_rows
from tests.support.runner import Calicoctl

pytestmark = NOT_INSTALLED

MISSPELLED = """apiVersion: v1
kind: policy
metadata: {name: web}
spec:
  ordr: 1
"""
MARK = "Property ordr is not allowed."


@pytest.fixture(scope="module")
def server() -> Iterator[LanguageServer]:
    with running_language_server() as running:
        yield running


def messages(server: LanguageServer, path: Path, text: str) -> list[tuple[int, str]]:
    return [(each.line, each.message) for each in server.check({path: text})[path]]


@pytest.fixture
def modeline(calicoctl: Calicoctl, tmp_path: Path) -> str:
    """The schemas in a directory beside the manifests, and the comment that names the one of manifests."""
    result = calicoctl("schema", "--all", str(tmp_path / ".schemas"), "--modeline")
    assert (result.exit_code, result.stderr) == (0, f"13 files written to {tmp_path}/.schemas\n")
    return result.stdout


@pytest.mark.parametrize("relative", [False, True])
def test_a_modeline_selects_the_schema(server: LanguageServer, modeline: str, tmp_path: Path, relative: bool) -> None:
    comment = modeline.replace(f"{tmp_path}/", "") if relative else modeline
    assert messages(server, tmp_path / "web.yaml", comment + MISSPELLED) == [(6, MARK)]


def test_each_document_needs_its_modeline(server: LanguageServer, modeline: str, tmp_path: Path) -> None:
    text = f"{modeline}{MISSPELLED}---\n{MISSPELLED}---\n{modeline}{MISSPELLED}"
    assert messages(server, tmp_path / "web.yaml", text) == [(6, MARK), (19, MARK)]


def test_a_list_has_one_modeline(server: LanguageServer, modeline: str, tmp_path: Path) -> None:
    item = MISSPELLED.replace("\n", "\n  ").strip()
    for head, items in (("", f"- {item}\n- {item}\n"), ("apiVersion: v1\nkind: List\nitems:\n", f"- {item}\n" * 2)):
        marks = messages(server, tmp_path / f"{len(head)}.yaml", modeline + head + items)
        assert [message for _, message in marks] == [MARK, MARK]


def test_fields_and_values_are_completed(server: LanguageServer, modeline: str, tmp_path: Path) -> None:
    path = tmp_path / "web.yaml"
    rule = "  ingress:\n  - action: \n    protocol: \n    source:\n      selector: \n"
    server.open(path, modeline + MISSPELLED.replace("  ordr: 1\n", rule) + "---\n" + modeline + "kind: \n")
    assert server.complete(path, 7, 13) == ["allow", "deny", "log", "pass"]
    assert {"tcp", "udp", "icmp", "icmpv6"} <= set(server.complete(path, 8, 15))
    assert "role == 'database'" in server.complete(path, 10, 17)
    assert {"policy", "profile", "policyTest", "List", "policyList"} <= set(server.complete(path, 13, 7))
    assert "`log` logs it and continues" in server.hover(path, 7, 6).replace("\\", "")
    fields = tmp_path / "fields.yaml"
    server.open(fields, modeline + MISSPELLED.replace("ordr: 1", "order: 1\n  "))
    # Those of a policy only; a policyTest, whose kind begins with the same letters, has others.
    assert server.complete(fields, 7, 3) == ["ingress", "egress", "selector", "doNotTrack", "preDNAT", "types"]


@pytest.mark.parametrize("kind", ["policyTest", "calicoApiConfig", "plan", "hostEndpoint"])
def test_each_schema_is_usable_alone(
    server: LanguageServer, calicoctl: Calicoctl, modeline: str, tmp_path: Path, kind: str
) -> None:
    comment = calicoctl("schema", kind, "--all", str(tmp_path / ".schemas"), "--modeline").stdout
    path = tmp_path / "file.yaml"
    assert (8, "Property extra is not allowed.") in messages(server, path, comment + "\n" * 6 + "extra: 1\n")
    words = server.complete(path, 5, 1)
    assert "kind" in words or kind == "plan"
    assert "apiVersion" in words or "digest" in words


def test_the_schemas_of_a_checkout_are_usable(server: LanguageServer, tmp_path: Path) -> None:
    comment = f"# yaml-language-server: $schema={ROOT}/schemas/policy.json\n"
    wrong = MISSPELLED.replace("ordr: 1", "ingress: [{action: allow, protocol: tpc}]")
    ((line, message),) = messages(server, tmp_path / "web.yaml", comment + wrong)
    assert (line, message[:17]) == (6, "a protocol is tcp")


def test_the_catalog_selects_schemas_by_file_name(calicoctl: Calicoctl, tmp_path: Path) -> None:
    handler = partial(_QuietHandler, directory=str(tmp_path / "site"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as site:
        url = f"http://127.0.0.1:{site.server_port}"
        assert calicoctl("schema", "--all", str(tmp_path / "site"), "--base-url", url).exit_code == 0
        threading.Thread(target=site.serve_forever, daemon=True).start()
        with running_language_server(schemaStore={"enable": True, "url": f"{url}/catalog.json"}) as server:
            assert messages(server, tmp_path / "web.calico.yaml", MISSPELLED) == [(5, MARK)]
            assert messages(server, tmp_path / "web.yaml", MISSPELLED) == []
            settings = "apiVersion: v1\nkind: calicoApiConfig\nspec:\n  etcdEndpoint: x\n"
            marks = messages(server, tmp_path / "calicoctl.cfg", settings)
            assert marks == [(4, "Property etcdEndpoint is not allowed.")]
        site.shutdown()


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Print nothing."""


DIFFERENT_CONFIGURATIONS = {
    "the type of the datastore is checked when calicoctl connects": (
        *(f"datastoreType {wrong}" for wrong in ("etcdv2", "x")),
        "kubernetes",
    ),
    "a schema distinguishes letter case": ("lower case field", "upper case field", "lower case kind field"),
    "a name of a wrong type selects no context": ("metadata.name [a]",),
    "a context that is not selected is not checked": ("second document invalid",),
    "a blank document is valid in an editor": ("empty",),
    "the editor supports merge keys": ("merge key",),
    "the editor does not mark a field without a value in braces": ("missing space in flow",),
}
"""Recorded files that only the editor marks, or only calicoctl reports, and the reason."""


def test_recorded_configuration_files_are_marked_if_a_field_is_wrong(
    server: LanguageServer, calicoctl: Calicoctl, tmp_path: Path
) -> None:
    comment = calicoctl("schema", "calicoApiConfig", "--all", str(tmp_path / ".schemas"), "--modeline").stdout
    texts = {tmp_path / f"{row['name'].replace('/', '-')}.cfg": _text(row) for row in load_rows("configuration")}
    marks = server.check({path: comment + text for path, text in texts.items()})
    different = set()
    for path, text in texts.items():
        path.write_text(text)
        if bool(_problems(path)) != bool(marks[path]):
            different.add(path.stem)
    assert different == {name for names in DIFFERENT_CONFIGURATIONS.values() for name in names}


def _text(row: Row) -> str:
    text: str = row["file"].replace("@ENDPOINT@", "http://127.0.0.1:1").replace("@AUTHORITY@", "127.0.0.1:1")
    return text


def _problems(path: Path) -> tuple[str, ...]:
    """Problems of the first context, of its syntax and of its fields."""
    try:
        return read_file(str(path)).problems
    except UsageError as error:
        return (str(error),)
