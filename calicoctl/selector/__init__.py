"""Label selectors: parser, canonical form, match function.

::

    selector = parse("role == 'db' && !has(test)")
    selector.matches({"role": "db"})    True
    str(selector)                       (role == "db" && !has(test))
    selector.root                       And of Equals and Not, see `calicoctl.selector.nodes`

The syntax is that of Felix 3.32 (`selector.lark`).
"""

from calicoctl.selector.parser import Selector, parse
from calicoctl.selector.syntax_errors import SelectorError

__all__ = ["Selector", "SelectorError", "parse"]
