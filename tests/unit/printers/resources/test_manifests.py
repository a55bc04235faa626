"""Resources as YAML and JSON, with keys in the order of calicoctl 1.6.5."""

from __future__ import annotations

from tests.support.printed_resources import DB, render


def test_yaml_has_its_keys_in_natural_order_and_is_not_folded() -> None:
    assert render("yaml", DB) == (
        "- apiVersion: v1\n"
        "  kind: policy\n"
        "  metadata:\n"
        "    annotations:\n"
        "      A: |\n"
        "        x\n"
        "        y\n"
        '      a2: "1.10"\n'
        '      a10: "yes"\n'
        "    name: db\n"
        "  spec:\n"
        "    ingress:\n"
        "    - action: allow\n"
        "      destination:\n"
        "        notNets:\n"
        "        - 10.0.0.0/8\n"
        "        ports:\n"
        '        - "20:21"\n'
        "        - 80\n"
        "      protocol: tcp\n"
        "      source:\n"
        "        nets:\n"
        "        - 10.0.0.1/32\n"
        "        notTag: t\n"
        "        selector: has(a)\n"
        "    order: 1.2345675e+06\n"
        "    selector: role == 'db'\n"
        "    types:\n"
        "    - ingress\n"
    )


def test_json_has_its_fields_in_the_order_of_the_schema() -> None:
    assert (
        render("json", DB)
        == """\
[
  {
    "kind": "policy",
    "apiVersion": "v1",
    "metadata": {
      "name": "db",
      "annotations": {
        "A": "x\\ny\\n",
        "a10": "yes",
        "a2": "1.10"
      }
    },
    "spec": {
      "order": 1234567.5,
      "ingress": [
        {
          "action": "allow",
          "protocol": "tcp",
          "source": {
            "nets": [
              "10.0.0.1/32"
            ],
            "selector": "has(a)",
            "notTag": "t"
          },
          "destination": {
            "ports": [
              "20:21",
              80
            ],
            "notNets": [
              "10.0.0.0/8"
            ]
          }
        }
      ],
      "selector": "role == 'db'",
      "types": [
        "ingress"
      ]
    }
  }
]
"""
    )
