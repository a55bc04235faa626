"""Frame and style that the generated pictures share."""

from __future__ import annotations

from collections.abc import Iterable

_STYLE = """
:root { --ground: #ffffff; --panel: #f1f5fa; --ink: #1a2733; --quiet: #51626f; --edge: #b6c4d3; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #10161d; --panel: #1b2430; --ink: #e8eef5; --quiet: #a8b5c2; --edge: #4a5a6b; }
}
text { font: 13px system-ui, sans-serif; fill: var(--quiet); }
.name { font: 600 13px ui-monospace, monospace; fill: var(--ink); }
.box { fill: var(--panel); stroke: var(--edge); }
.ground { fill: var(--ground); }
.arrow { stroke: var(--edge); stroke-width: 2; fill: none; }
"""


def svg_document(width: int, height: int, label: str, elements: Iterable[str]) -> str:
    """Return an SVG document with a background below the elements, sizes in pixels."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label="{label}">\n<style>{_STYLE}</style>\n'
        f'<rect class="ground" width="{width}" height="{height}"/>\n' + "\n".join(elements) + "\n</svg>\n"
    )
