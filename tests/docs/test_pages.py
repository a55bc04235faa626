"""The pages in docs/ are true: their sessions run as printed, their links lead somewhere, and nothing is left out."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from calicoctl.printers import formats
from tests.docs import sessions
from tests.docs.conftest import GUIDE, PAGES, ROOT, Shell

TEXTS = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in PAGES}
SECTIONS = [
    pytest.param(name, heading, id=f"{name.removeprefix('docs/').removesuffix('.md')}: {heading}")
    for name, text in TEXTS.items()
    for heading, section in sessions.sections(text).items()
    if "```console\n" in section
]
DOCUMENTS = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "examples/README.md", *TEXTS]
SH = {
    "pip install .": "test_readme.py",
    "make bench": "test_bench.py",
    'make bench ARGS="--analysis"': "test_bench.py",
    'make bench ARGS="--fleet 200"': "test_fleet.py",
    'make bench ARGS="--dependencies"': "test_dependencies.py",
    "CALICOCTL_PEER=/usr/local/bin/calicoctl-3 make bench": "test_bench.py",
}
"""Commands in blocks that are not sessions, and where they are tested."""


@pytest.fixture
def stopped_etcd(shell: Shell) -> Iterator[None]:
    """Stops the etcd that `calicoctl etcd start` in a session started, if the session does not stop it."""
    yield
    stop = ["calicoctl", "etcd", "stop", "--data-dir", "try-etcd"]
    subprocess.run(stop, cwd=shell.folder, env=dict(shell.environment), capture_output=True, check=True)


@pytest.mark.parametrize(("page", "heading"), SECTIONS)
def test_the_sessions_of_a_section_run_as_printed(page: str, heading: str, shell: Shell, stopped_etcd: None) -> None:
    wrong = []
    for block in sessions.blocks(sessions.sections(TEXTS[page])[heading]):
        if block.file:
            (shell.folder / block.file).write_text(block.text, encoding="utf-8")
        if block.language != "console":
            continue
        steps = sessions.steps(block.text)
        for step, printed in zip(steps, sessions.run(steps, *shell), strict=True):
            if not sessions.agrees(step.output, printed):
                wrong.append(f"$ {step.command}--- {page} has\n{step.output}--- printed is\n{printed}")
    assert not wrong, "\n".join(wrong)


def test_every_session_is_in_a_section() -> None:
    """A session before the first heading of the second level is never run."""
    for page, text in TEXTS.items():
        below = "".join(sessions.sections(text).values())
        assert text.count("```console\n") == below.count("```console\n"), page


def test_other_blocks_hold_only_commands_that_are_tested_elsewhere() -> None:
    guide = "".join(path.read_text(encoding="utf-8") for path in GUIDE)
    lines = {line for block in sessions.blocks(guide) if block.language == "sh" for line in block.text.splitlines()}
    assert lines == set(SH)
    # text: commands that need Docker or a terminal, and pictures; python: test_library.py
    languages = {block.language for block in sessions.blocks(guide)}
    assert languages <= {"sh", "console", "yaml", "text", "python"}


def test_every_output_format_is_listed() -> None:
    text = TEXTS["docs/reference/output.md"]
    tables = [table for table in vars(formats).values() if isinstance(table, formats.OutputFormats)]
    rows = [f"| `{each.syntax}` | {each.description}" for table in tables for each in table]
    assert [row for row in rows if row not in text] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_links_lead_somewhere(name: str) -> None:
    document = ROOT / name
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(document.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        other = document.parent / path if path else document
        assert other.exists(), target
        assert not anchor or anchor in anchors(other.read_text(encoding="utf-8")), target


def without_code(markdown: str) -> str:
    return re.sub(r"^```.*?^```$|`[^`\n]+`", "", markdown, flags=re.MULTILINE | re.DOTALL)


def anchors(markdown: str) -> set[str]:
    """The anchors of headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_documents_are_plain(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"/(home|root|work)/", text), "paths of one machine"
    assert text.isascii() or name == "docs/style.md"  # it shows how a message is abbreviated
    assert [line for line in text.splitlines() if line.endswith(" ")] == []


def test_every_page_is_in_the_index() -> None:
    """Sphinx says so too; this says it without Sphinx."""
    index = TEXTS["docs/index.md"]
    names = {str(Path(name).relative_to("docs").with_suffix("")) for name in TEXTS if not name.startswith("docs/lint/")}
    assert {name for name in names - {"index", "style"} if f"\n{name}\n" not in index} == set()


def test_the_packages_of_the_architecture_exist() -> None:
    """The packages in its tables, and every path in the recipes of CONTRIBUTING.md."""
    cells = re.findall(r"^\| (?:\d+ \| )?(`[^|]+`) \|", TEXTS["docs/architecture.md"], re.MULTILINE)
    packages = [name for cell in cells for name in re.findall(r"`([\w/]+)`", cell) if not name.startswith("schemas")]
    assert len(packages) > 40
    missing = [
        name for name in packages if not is_module(name if name.startswith("calicoctl") else f"calicoctl/{name}")
    ]
    assert missing == []
    recipes = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:calicoctl|docs|schemas|tests)/[\w./-]+)`", recipes)
    templates = ("KIND", "NAME", "CODE", "MODULE", "FORMAT", "VERB", "_build")
    paths = [path for path in paths if not any(template in path for template in templates)]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def is_module(name: str) -> bool:
    return (ROOT / name).is_dir() or (ROOT / f"{name}.py").is_file()
