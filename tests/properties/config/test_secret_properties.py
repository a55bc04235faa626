"""No message about a configuration contains a value of it, wherever a secret is written by mistake."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calicoctl.config import SettingValue, file, load, load_source
from calicoctl.config.known_fields import METADATA_FIELDS, SPEC_FIELDS, TOP_LEVEL_FIELDS
from calicoctl.config.settings import SETTINGS
from calicoctl.errors import UsageError

MARK = "s3cr3t"
"""The begin of each secret: no message contains it for another reason."""
SECRETS = st.text(alphabet="abcXYZ019+/=_-.:,#@!&*%{}[]\"'\\ \n\t\u00e9", max_size=30).map(MARK.__add__)
QUOTED = SECRETS.map(json.dumps)
VALID = "apiVersion: projectcalico.org/v3\nkind: CalicoAPIConfig\n"
FIELDS = [
    *(("spec", name) for name in SPEC_FIELDS),
    *(("metadata", name) for name in METADATA_FIELDS),
    *(("", name) for name in TOP_LEVEL_FIELDS),
]
ENTRIES = (
    "{field}: {secret}",
    "{field}: [{secret}]",
    "{field}: {{{secret}: {secret}}}",
    "{field}: {secret}\n{field}: {secret}",
    "{field}: [{{a: {secret}}}",
    "{field}:{secret}",
    "{{{field}:{secret}}}",
    "{field} {secret}",
    "{field}{secret}: x",
    "{secret}: {field}",
    "{secret}",
    "? [{secret}]\n: x",
    "? {{a: {secret}}}\n: x",
    "{field}: *{secret}",
    "{field}: &{secret} &{secret} x",
    "{field}: !{secret} x",
    "{field}: !{secret}!x x",
    "{field}: %{secret}",
    "{field}: 'x\n{secret}",
    "{field}: |9{secret}",
    "{field}: |\n  -----BEGIN PRIVATE KEY-----\n  {secret}\n",
    "{field}: -----BEGIN PRIVATE KEY-----{secret}",
    "{field}: http://me:{secret}@host:2379",
    "{field}: http://host:2379/{secret}",
    "{field}: http://[{secret}",
    "{field}: https://host:{secret}",
    "{field}: etcdv3 # {secret}\nx: y",
)


def messages(path: str | None, environ: dict[str, str]) -> str:
    """The lines of the error, without the name of the file."""
    lines: list[str] = []
    for read in (load, _read_another_context):
        try:
            read(path, environ, "/nonexistent")
        except UsageError as error:
            # The name of the test is in the path.
            lines += (line.replace(path or "\0", "FILE") for line in error.lines)
    return "\n".join(lines)


def _read_another_context(path: str | None, environ: dict[str, str], default_file: str) -> None:
    load_source(path, SettingValue("another", "--context"), environ, default_file)


def indent(text: str) -> str:
    return "".join(f"  {line}\n" for line in text.splitlines())


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config") / "calicoctl.cfg"


def check_file(
    path: Path, field: tuple[str, str], entry: str, secret: str, others: tuple[str, ...] = (), order: str = "first"
) -> None:
    section, name = field
    written = entry.format(field=name, secret=secret)
    blocks = {"": "", "metadata": "", "spec": "".join(f"  {other}\n" for other in others)}
    blocks[section] += indent(written) if section else f"{written}\n"
    top = blocks.pop("")
    sections = "".join(f"{heading}:\n{block}" for heading, block in blocks.items())
    text = {"first": top + VALID + sections, "last": VALID + sections + top, "alone": top + sections}[order]
    path.write_text(text, encoding="utf-8")
    assert MARK not in messages(str(path), {}), text


@pytest.mark.parametrize("entry", ENTRIES)
def test_every_field(config_file: Path, entry: str) -> None:
    for field in FIELDS:
        check_file(config_file, field, entry, f"{MARK}hunter2")


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_parser_in_python(config_file: Path, entry: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file, "_C_LOADER", None)
    check_file(config_file, ("spec", "etcdPassword"), entry, f"{MARK}hunter2")


@settings(max_examples=200)
@given(
    st.sampled_from(FIELDS),
    st.sampled_from(ENTRIES),
    SECRETS | QUOTED,
    st.sampled_from(((), ("etcdEndpoints: https://a:1",), ("datastoreType: kubernetes", "etcdKeyFile: /x"))),
    st.sampled_from(("first", "last", "alone")),
)
def test_a_file(
    config_file: Path, field: tuple[str, str], entry: str, secret: str, others: tuple[str, ...], order: str
) -> None:
    check_file(config_file, field, entry, secret, others, order)


@settings(max_examples=100)
@given(
    st.dictionaries(
        st.sampled_from([setting.variable for setting in SETTINGS if setting.variable]),
        st.sampled_from(("{}", "http://{}", "http://me:{}@a:1", "https://a:1,{}", "-----BEGIN KEY-----\n{}", "https://a:1"))
        .flatmap(lambda form: SECRETS.map(form.format)),
        min_size=1,
    )
)  # fmt: skip
def test_the_environment(environ: dict[str, str]) -> None:
    assert MARK not in messages(None, environ)
