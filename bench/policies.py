"""Generated policies, similar in size to those of a real cluster."""

from __future__ import annotations

POLICIES_PER_SELECTOR = 10
"""Number of policies with the same selectors, as those of one application."""

_POLICY = """\
- apiVersion: v1
  kind: policy
  metadata:
    name: app-{number:05}
  spec:
    order: {order}
    selector: app == 'app-{group:04}'
    ingress:
    - action: allow
      protocol: tcp
      source:
        selector: app == 'front-{group:04}'
      destination:
        ports: [80, 443]
    - action: allow
      protocol: tcp
      source:
        selector: role in {{'monitor-{group:04}', 'backup'}}
      destination:
        ports: ['9100:9110']
    - action: deny
      source:
        nets: [10.0.0.0/8]
    egress:
    - action: allow
      protocol: tcp
      destination:
        selector: has(database) && tier == 'data-{group:04}'
        ports: [5432]
"""


def manifest(count: int, *, changed: bool = False) -> str:
    """Return a manifest of policies; with `changed`, every tenth has another order."""
    return "".join(_policy(number, changed=changed) for number in range(count))


def _policy(number: int, *, changed: bool) -> str:
    order = number % 1000 + (5000 if changed and number % 10 == 0 else 0)
    return _POLICY.format(number=number, order=order, group=number // POLICIES_PER_SELECTOR)
