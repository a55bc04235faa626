"""The HTML page and the SVG picture of `connectivity` in a headless browser: content, script and console messages."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from tests.support.manifests import manifest, profile
from tests.support.runner import Calicoctl

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FOUND = next(filter(None, map(shutil.which, PROGRAMS)), None)
pytestmark = pytest.mark.skipif(FOUND is None, reason=f"no browser installed: none of {', '.join(PROGRAMS)}")

NASTY = "x<img src=y onerror=alert(1)>"
COUNT = 14


class RenderedPage(NamedTuple):
    """DOM of a page after its script has run, and console messages of the browser."""

    dom: str
    console_errors: list[str]

    @property
    def visible_rows(self) -> list[str]:
        """Text of the rows that are not hidden."""
        table = self.dom.partition('<table id="rows">')[2].partition("</table>")[0]
        lines = re.findall(r"<tr( hidden(?:=\"\")?)?>(.*?)</tr>", table.partition("<tbody>")[2], re.DOTALL)
        return [re.sub(r"<[^>]*>", " ", cells) for hidden, cells in lines if not hidden]

    @property
    def row_count_text(self) -> str:
        found: list[str] = re.findall(r'<output id="count"[^>]*>(.*?)</output>', self.dom)
        return found[0]


RenderPage = Callable[[str], RenderedPage]


def browser(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the browser with a temporary profile and without network access."""
    assert FOUND
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")
    quiet = ("--disable-background-networking", "--disable-dev-shm-usage", "--enable-logging=stderr", "--v=0")
    return subprocess.run(
        [FOUND, *options, *quiet, f"--user-data-dir={folder / 'browser'}", *arguments],
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def console_messages(done: subprocess.CompletedProcess[str]) -> list[str]:
    """Return the lines of the browser console."""
    return [line for line in done.stderr.splitlines() if ":CONSOLE" in line]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture
def render_page(calicoctl: Calicoctl, folder: Path) -> RenderPage:
    """Return a function that opens the page with a URL fragment."""
    page = folder / "page.html"
    if not page.exists():
        some = [
            profile(
                f"p{number}",
                labels={"n": str(number)},
                ingress=[{"action": "allow", "protocol": "tcp", "destination": {"ports": [number + 1]}}],
                egress=[{"action": "allow", "destination": {"selector": f"n == '{(number + 1) % COUNT}'"}}],
            )
            for number in range(COUNT)
        ]
        result = calicoctl("connectivity", "-f", "-", "-o", "html", input=manifest(*some))
        assert result.exit_code == 0
        page.write_text(result.stdout, encoding="utf-8")

    def render(fragment: str) -> RenderedPage:
        done = browser(folder, "--dump-dom", f"{page.as_uri()}#{quote(fragment)}")
        assert done.returncode == 0, done.stderr
        return RenderedPage(done.stdout, console_messages(done))

    return render


def test_console_messages_are_captured(folder: Path) -> None:
    """Check a precondition of the other tests."""
    page = folder / "broken.html"
    page.write_text("<!doctype html><script>nonsense(</script>", encoding="utf-8")
    assert console_messages(browser(folder, "--dump-dom", page.as_uri()))


def test_the_page_shows_all_rows_without_console_errors(render_page: RenderPage) -> None:
    seen = render_page("")
    assert seen.console_errors == []
    assert re.search(r'<div id="search" class="search">', seen.dom), "the script has run and shows the search field"
    assert len(seen.visible_rows) == COUNT
    assert seen.row_count_text == ""
    assert ' dimmed"' not in seen.dom


def test_a_search_in_the_url_filters_table_and_picture(render_page: RenderPage) -> None:
    seen = render_page("from:p3 to:p4")
    assert seen.console_errors == []
    assert [" ".join(line.split()) for line in seen.visible_rows] == ["profile/p3 outside profile/p4 tcp 5"]
    assert seen.row_count_text.startswith("1 of ")
    cells = re.findall(r'<g class="(cell [^"]*)" data-from="(\d+)" data-to="(\d+)"', seen.dom)
    assert [(source, target) for classes, source, target in cells if " dimmed" not in classes] == [
        ("3", "4"),
        (str(COUNT), "4"),
    ]


def test_a_click_on_a_name_shows_only_its_traffic(render_page: RenderPage, folder: Path) -> None:
    render_page("")
    click = "document.querySelector('.head[data-from=\"3\"]').dispatchEvent(new MouseEvent('click'))"
    page = (folder / "page.html").read_text(encoding="utf-8")
    digest = b64encode(sha256(click.encode()).digest()).decode()
    page = page.replace("script-src ", f"script-src 'sha256-{digest}' ")
    clicked = folder / "clicked.html"
    clicked.write_text(page.replace("</body>", f"<script>{click}</script></body>"), encoding="utf-8")
    done = browser(folder, "--dump-dom", clicked.as_uri())
    assert console_messages(done) == []
    seen = RenderedPage(done.stdout, [])
    assert [" ".join(line.split()) for line in seen.visible_rows] == ["profile/p3 outside profile/p4 tcp 5"]
    assert seen.row_count_text == f"1 of {COUNT} shown: from profile/p3 (click it again for all)"
    cells = re.findall(r'<g class="(cell [^"]*)" data-from="(\d+)" data-to="(\d+)"', seen.dom)
    assert [(source, target) for classes, source, target in cells if " dimmed" not in classes] == [("3", "4")]


def test_names_are_never_run_as_scripts(calicoctl: Calicoctl, folder: Path) -> None:
    """Check that names from manifests are shown as text."""
    from calicoctl.analysis.connectivity.grouping import Grouping
    from calicoctl.analysis.connectivity.rows import compute_connectivity
    from calicoctl.analysis.sets.services import ALL_SERVICES
    from calicoctl.printers.connectivity.html import format_result
    from calicoctl.printers.connectivity.result import ConnectivityResult
    from tests.support.policies import policy_set_from

    rule = {"action": "allow", "source": {}, "destination": {}}
    metadata = {"name": "p", "labels": {"k": NASTY + "<script>document.title='run'</script>"}}
    policies = policy_set_from(
        [{"kind": "profile", "metadata": metadata, "spec": {"ingress": [rule], "egress": [rule]}}]
    )
    found = compute_connectivity(policies, Grouping(policies, "label", "k"))
    page = folder / "nasty.html"
    page.write_text(
        format_result(ConnectivityResult(found, "label:k", "", ALL_SERVICES, NASTY, [NASTY])), encoding="utf-8"
    )
    done = browser(folder, "--dump-dom", page.as_uri())
    assert console_messages(done) == []
    assert "<title>Allowed traffic, by label:k</title>" in done.stdout
    assert "<img" not in done.stdout
    assert done.stdout.count("<script>") == 1
    assert done.stdout.count("&lt;img src=y onerror=alert(1)&gt;") > 3


@pytest.mark.parametrize("output_format", ["svg", "html"])
def test_the_picture_is_rendered(calicoctl: Calicoctl, folder: Path, output_format: str) -> None:
    """The picture contains the color of allowed traffic."""
    text = manifest(profile("a", ingress=[{"action": "allow"}], egress=[{"action": "allow"}]))
    page, shot = folder / f"picture.{output_format}", folder / f"{output_format}.png"
    page.write_text(calicoctl("connectivity", "-f", "-", "-o", output_format, input=text).stdout, encoding="utf-8")
    done = browser(folder, "--window-size=1040,260", f"--screenshot={shot}", page.as_uri())
    assert console_messages(done) == []
    assert shot.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", shot.read_bytes()[16:24]) == (1040, 260)
    assert AMBER in pixel_colors(shot)


AMBER = (0xFF, 0xD9, 0x93)
"""`--f0` of the stylesheet: the color of `all` in light mode."""


def pixel_colors(shot: Path) -> set[tuple[int, int, int]]:
    """Return the colors of a PNG of 8 bits for each channel without interlacing (RFC 2083)."""
    import zlib

    content = shot.read_bytes()
    data, place, depth = b"", 8, 4
    while place < len(content):
        length, kind = struct.unpack(">I4s", content[place : place + 8])
        chunk = content[place + 8 : place + 8 + length]
        depth = {2: 3, 6: 4}[chunk[9]] if kind == b"IHDR" else depth
        data += chunk if kind == b"IDAT" else b""
        place += 12 + length
    width = struct.unpack(">I", content[16:20])[0]
    return png_pixels(zlib.decompress(data), width, depth)


def png_pixels(raw: bytes, width: int, depth: int) -> set[tuple[int, int, int]]:
    found: set[tuple[int, int, int]] = set()
    size, above = width * depth, bytearray(width * depth)
    for start in range(0, len(raw), size + 1):
        kind, line = raw[start], bytearray(raw[start + 1 : start + 1 + size])
        for at in range(size):
            left = line[at - depth] if at >= depth else 0
            corner = above[at - depth] if at >= depth else 0
            line[at] = (line[at] + png_predictor(kind, left, above[at], corner)) & 255
        found |= set(zip(line[::depth], line[1::depth], line[2::depth], strict=True))
        above = line
    return found


def png_predictor(kind: int, left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
    return (0, left, up, (left + up) // 2, near)[kind]
