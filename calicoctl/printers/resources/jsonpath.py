"""Resources through a JSONPath template, as `kubectl get -o jsonpath=`."""

from __future__ import annotations

from collections.abc import Sequence

from calicoctl.errors import UsageError
from calicoctl.jsonpath import JsonPathError, Template, parse_template, render_template
from calicoctl.printers.resources.print_options import PrintOptions
from calicoctl.resource import API_VERSION, Resource


def check_template(text: str, _options: PrintOptions) -> None:
    """Raise UsageError if a template is invalid."""
    _parse(text)


def format_resources(text: str, resources: Sequence[Resource], options: PrintOptions) -> str:
    """Return the text of a template, without a line break at its end.

    It applies to a resource that was requested by name, and otherwise to an object of kind List with `items`.
    """
    template = _parse(text)
    if options.single:
        return "".join(_render(template, resource.manifest()) for resource in resources)
    items = [resource.manifest() for resource in resources]
    return _render(template, {"kind": "List", "apiVersion": API_VERSION, "items": items})


def format_events(text: str, events: Sequence[tuple[str, Resource]]) -> str:
    """Return the text of a template for the resource of each watch event."""
    template = _parse(text)
    return "".join(_render(template, resource.manifest()) for _, resource in events)


def _parse(text: str) -> Template:
    try:
        return parse_template(text)
    except JsonPathError as error:
        raise UsageError(f"-o jsonpath: {error}") from None


def _render(template: Template, root: object) -> str:
    try:
        return render_template(template, root)
    except JsonPathError as error:
        raise UsageError(f"-o jsonpath: {error}") from None
