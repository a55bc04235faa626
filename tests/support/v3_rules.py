"""v3 rules, with and without criteria that v1 has no field for."""

from __future__ import annotations

from typing import Any


def rule(action: str = "Allow", **more: Any) -> dict[str, Any]:
    return {"action": action, "source": {}, "destination": {}, **more}


def rule_with_selector(selector: str, **more: Any) -> dict[str, Any]:
    return rule(source={"selector": selector, **more})


HTTP_RULE = {"methods": ["GET"]}


ANNOTATED_RULE = {"annotations": {"a": "b"}}
