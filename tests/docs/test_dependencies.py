"""docs/dependencies.md lists the dependencies of setup.cfg with their licences, and all packages that these require."""

from __future__ import annotations

import re
from configparser import ConfigParser
from importlib import metadata

import pytest

from bench import dependencies
from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
ROWS = {
    row[0]: row[1:]
    for line in PAGE.splitlines()
    if line.startswith("| `")
    and len(row := [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]) in {4, 6}
}
DIRECT = {name: row for name, row in ROWS.items() if len(row) == 5}
INDIRECT = {name: row for name, row in ROWS.items() if len(row) == 3}


def declared() -> dict[str, str]:
    """The requirements in setup.cfg by package."""
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    lines = config["options"]["install_requires"].split("\n")
    matches = [re.fullmatch(r"([\w.-]+)(.*)", line) for line in lines if line and not line.startswith("#")]
    return {match[1]: match[2] for match in matches if match}


def test_the_packages_and_requirements_are_those_of_setup_cfg() -> None:
    assert {name: row[0] for name, row in DIRECT.items()} == declared()
    assert {dependencies.normal_name(name) for name in DIRECT} == dependencies.MODULES.keys()


def test_the_packages_of_packages_are_complete() -> None:
    direct = {dependencies.normal_name(name) for name in DIRECT}
    assert dependencies.required_packages("calicoctl") - direct == set(INDIRECT)
    for name, (_, required_by, _) in INDIRECT.items():
        assert set(required_by.split(", ")) == {
            other for other in ROWS if name in {*dependencies.directly_required(dependencies.normal_name(other))}
        }


@pytest.mark.parametrize("name", ROWS)
def test_a_package_has_its_licence_and_a_size(name: str) -> None:
    licence, size = (ROWS[name][1], ROWS[name][3]) if name in DIRECT else (ROWS[name][0], ROWS[name][2])
    assert dependencies.licence(name) == licence
    assert 0.3 < int(size) / dependencies.installed_kibibytes(name) < 3, metadata.version(name)


def test_the_import_times_are_measured() -> None:
    heading, bare, *rows = dependencies.measure(1)
    assert (heading[0], bare[0]) == ("package", "(bare interpreter)")
    assert {row[0] for row in rows} == {dependencies.normal_name(name) for name in ROWS}
    assert [row[0] for row in rows if row[4] == "-"] == sorted(INDIRECT)
