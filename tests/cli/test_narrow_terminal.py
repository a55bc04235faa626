"""Results of the analysis in a narrow terminal: complete, and readable without the line breaks of the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.conftest import ROOT
from tests.support.etcd_server import Etcd
from tests.support.manifests import manifest, policy
from tests.support.pseudo_terminal import show_on_terminal
from tests.support.runner import Calicoctl

SEED = str(ROOT / "examples" / "docker-networks" / "profiles.yaml")
PEERS = ("--from", "profile/frontend", "--to", "profile/database")


@pytest.fixture(autouse=True)
def narrow(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    (tmp_path / "p.yaml").write_text(Path(SEED).read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "other.yaml").write_text((tmp_path / "p.yaml").read_text().replace("3306", "80"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    "command",
    [
        ("trace", "-f", "p.yaml", *PEERS),
        ("connectivity", "-f", "p.yaml"),
        ("connectivity", "-f", "p.yaml", "--group-by", "endpoint"),
        ("diff", "--semantic", "p.yaml", "other.yaml"),
    ],
)
def test_lines_fit_and_nothing_is_lost(calicoctl: Calicoctl, command: tuple[str, ...]) -> None:
    _, shown = show_on_terminal(*command)
    wide = calicoctl(*command)
    for line in shown.splitlines():
        assert len(line) <= 40
    assert sorted(set(shown.split())) == sorted(set((wide.stdout + wide.stderr).split()))


def test_keys_of_the_datastore_are_broken_after_a_slash(store: Etcd, calicoctl: Calicoctl) -> None:
    names = {"frontend": f"frontend-{'x' * 60}", "database": "database"}
    text = Path("p.yaml").read_text(encoding="utf-8").replace("name: frontend", f"name: {names['frontend']}")
    assert calicoctl("apply", "-f", "-", input=text).exit_code == 0
    commands = (
        ("trace", "--from", f"profile/{names['frontend']}", "--to", "profile/database"),
        ("connectivity", "--group-by", "endpoint"),
    )
    for command in commands:
        _, shown = show_on_terminal(*command)
        wide = calicoctl(*command)
        assert all(len(line) <= 40 for line in shown.splitlines())
        if command[0] == "trace":  # in a narrow terminal, each row of connectivity has the headings
            assert "".join(shown.split()) == "".join(wide.stdout.split())
            assert "/profiles/\n" in shown


def test_a_wide_table_has_a_block_for_each_row() -> None:
    _, shown = show_on_terminal("connectivity", "-f", "p.yaml")
    assert "\n\nFROM      profile/frontend\nTO        profile/database\nALLOWED   tcp 3306\n\n" in shown


def test_a_table_that_fits_is_a_table(monkeypatch: pytest.MonkeyPatch, calicoctl: Calicoctl) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    for command in (("connectivity", "-f", "p.yaml"), ("trace", "-f", "p.yaml", *PEERS)):
        assert show_on_terminal(*command)[1] == calicoctl(*command).stdout


def test_a_wrapped_line_continues_with_an_indentation() -> None:
    _, shown = show_on_terminal("trace", "-f", "p.yaml", *PEERS)
    assert "\n  an endpoint of profile/frontend -> an\n      endpoint of profile/database: tcp\n" in shown


def test_messages_end_between_words(calicoctl: Calicoctl) -> None:
    command = ("trace", "-f", "p.yaml", "--from", "profile/fronted", "--to", "somewhere")
    code, shown = show_on_terminal(*command)
    message = calicoctl(*command).stderr
    assert code == 2
    assert len(message) > 40
    assert shown.split() == message.split()
    assert all(len(line) <= 40 for line in shown.splitlines())


def test_a_unified_diff_is_not_wrapped(store: Etcd, calicoctl: Calicoctl) -> None:
    """A continuation would be a line without `+` or `-`."""
    selector = " || ".join(f"role == 'role-{number}'" for number in range(5))
    Path("long.yaml").write_text(manifest(policy("web", selector=selector)), encoding="utf-8")
    code, shown = show_on_terminal("diff", "-f", "long.yaml")
    assert (code, shown) == (1, calicoctl("diff", "-f", "long.yaml").stdout)
    assert f"+    selector: {selector}\n" in shown
