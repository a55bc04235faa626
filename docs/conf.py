"""The configuration of Sphinx; `make docs` builds the site into docs/_build/html."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from calicoctl import __version__  # noqa: E402  # of this checkout

project = "calicoctl"
release = version = __version__
copyright = "the calicoctl authors"  # noqa: A001  # the name that Sphinx reads

extensions = ["myst_parser"]
exclude_patterns = ["_build"]
nitpicky = True
# Anchors of headings as GitHub makes them, so that links work there too.
myst_heading_anchors = 3
# Quotes and dashes of messages and options stay as the program prints them.
smartquotes = False

html_theme = "furo"
html_title = f"calicoctl {__version__}"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_static_path = ["_static"]
html_css_files = ["calicoctl.css"]
html_theme_options = {"navigation_with_keys": True}

_NAMED_BLOCK = re.compile(r"^```(\w+) ([\w.-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _prepare(app: Sphinx, page: str, source: list[str]) -> None:  # noqa: ARG001  # the event passes them
    """Show the file name of a block such as `yaml policy.yaml` as its caption."""
    source[0] = _NAMED_BLOCK.sub(r"```{code-block} \1\n:caption: \2\n\n\3```", source[0])


def setup(app: Sphinx) -> None:
    """Register the event handlers."""
    app.connect("source-read", _prepare)
