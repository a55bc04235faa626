"""Files with flows: each format gives the same flows, and each invalid line is named with its remedy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from calicoctl.analysis.flows.flow import Flow, FlowEnd
from calicoctl.errors import InvalidManifest
from calicoctl.operations.flows.reader import MAX_PROBLEMS, FlowReader

WEB, DATABASE = FlowEnd("shop/web-1", "pod"), FlowEnd("shop/db-*", "pod")
AGENT_LOG = """\
- Time=2026-11-01 10:00:00 +0000 UTC Reporter=Src Action=Allow
  Src={wep(shop/web-1)} Dst={wep(shop/db-*) Svc:shop/db} Proto={tcp(5432) Svc:sql/5432}
  Counts={Ingress: 1Pkts/60Bytes Egress:1Pkts/60Bytes} Connections={Started:1 Completed:0 Live:1}
  Enforced:
  - kind:Profile name:"kns.shop" action:Allow
  Pending:

- Time=2026-11-01 10:00:00 +0000 UTC Reporter=Dst Action=Deny
  Src={net(-/pub)} Dst={hep(-/node-1) Svc:-/-} Proto={icmp6(0) Svc:-/0}
  Counts={Ingress: 1Pkts/60Bytes Egress:1Pkts/60Bytes} Connections={Started:1 Completed:0 Live:1}
  Enforced:

  Pending:

"""
ENTERPRISE_LOG: list[dict[str, Any]] = [
    {
        "source_ip": "10.0.0.9",
        "source_name": "web-1",
        "source_name_aggr": "web-*",
        "source_namespace": "shop",
        "source_type": "wep",
        "source_port": None,
        "dest_ip": None,
        "dest_name": "-",
        "dest_name_aggr": "db-*",
        "dest_namespace": "shop",
        "dest_type": "wep",
        "dest_port": 5432,
        "proto": "tcp",
        "action": "allow",
        "reporter": "src",
        "policies": {"all_policies": ["0|__PROFILE__|__PROFILE__.kns.shop|allow|0"]},
    },
    {
        "source_ip": None,
        "source_name": "-",
        "source_name_aggr": "pub",
        "source_namespace": "-",
        "source_type": "net",
        "dest_name": "eth0",
        "dest_name_aggr": "node-1",
        "dest_namespace": "-",
        "dest_type": "hep",
        "dest_port": None,
        "proto": "icmp6",
        "action": "deny",
    },
]
WHISKER_LOG: list[dict[str, Any]] = [
    {
        "source_name": "web-1",
        "source_namespace": "shop",
        "dest_name": "db-*",
        "dest_namespace": "shop",
        "protocol": "tcp",
        "dest_port": 5432,
        "action": "Allow",
        "reporter": "Src",
        "policies": {"enforced": []},
    },
    {
        "source_name": "PUBLIC NETWORK",
        "source_namespace": "-",
        "dest_name": "node-1",
        "dest_namespace": "-",
        "protocol": "icmp6",
        "dest_port": 0,
        "action": "Deny",
    },
]


def read(path: Path, text: str | bytes) -> tuple[list[Flow], list[str]]:
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    reader = FlowReader(str(path))
    flows = list(reader.read())
    return flows, [str(problem).removeprefix(f"{path}:") for problem in reader.problems]


def json_lines(records: Sequence[object]) -> str:
    return "".join(f"{json.dumps(record)}\n" for record in records)


@pytest.mark.parametrize("text", [AGENT_LOG, json_lines(ENTERPRISE_LOG), json_lines(WHISKER_LOG)])
def test_flow_logs_of_calico(tmp_path: Path, text: str) -> None:
    flows, problems = read(tmp_path / "flows", text)
    assert problems == []
    assert [flow._replace(line=0) for flow in flows] == [
        Flow(WEB, DATABASE, 6, None, 5432, 0, "allow"),
        Flow(FlowEnd("public network", "public network"), FlowEnd("node-1", "host"), 58, None, None, 0, "deny"),
    ]


@pytest.mark.parametrize(
    ("protocol", "port", "expected"),
    [
        ("icmp", 2048, (1, 8, 0)),
        ("icmp", 769, (1, 3, 1)),
        ("icmp", 8, (1, 8, 0)),
        ("icmp", 0, (1, None, None)),
        ("icmp6", 128, (58, 128, 0)),
        ("icmp6", 0, (58, None, None)),
    ],
)
def test_the_agent_records_icmp_types_as_ports(
    tmp_path: Path, protocol: str, port: int, expected: tuple[int, int | None, int | None]
) -> None:
    """The port is 256 * type + code; with eBPF, type + 256 * code."""
    agent = AGENT_LOG.replace("icmp6(0)", f"{protocol}({port})")
    logs = [
        [ENTERPRISE_LOG[1] | {"proto": protocol, "dest_port": port, "source_port": 17 if port else 0}],
        [WHISKER_LOG[1] | {"protocol": protocol, "dest_port": port}],
    ]
    for text in (agent, *map(json_lines, logs)):
        flows, problems = read(tmp_path / "flows", text)
        assert problems == []
        assert flows[-1][2:5] == expected


@pytest.mark.parametrize(
    "text",
    [
        "from,to,protocol,port,source port\nweb,10.0.0.1,tcp,80,40000\nweb,10.0.0.1,icmp,,\n",
        "\ufeffFrom;To;Protocol;Port;Source_Port;Bytes\r\n\r\nweb;10.0.0.1;TCP;80;40000;1\r\nweb;10.0.0.1;1;;;2\r\n",
        'source\tdst\tproto\tdest_port\tsourcePort\n"web"\t10.0.0.1\t6\t80\t40000\nweb\t10.0.0.1\ticmp\t-\t-',
        '{"from": "web", "to": "10.0.0.1", "protocol": "tcp", "port": 80, "sourcePort": 40000}\n'
        '{"from": "web", "to": "10.0.0.1", "protocol": 1, "port": null}\n',
    ],
)
def test_csv_and_json_lines(tmp_path: Path, text: str) -> None:
    flows, problems = read(tmp_path / "flows", text)
    ends = FlowEnd("web"), FlowEnd("10.0.0.1")
    assert problems == []
    assert [flow._replace(line=0) for flow in flows] == [Flow(*ends, 6, 40000, 80), Flow(*ends, 1)]


def test_each_invalid_line_is_named(tmp_path: Path) -> None:
    header = "from,to,protocol,port,source port,icmp type,icmp code,action\n"
    lines = {
        "a,b,tcp,,,,,": "no port (write a port from 0 to 65535 for tcp)",
        "a,b,tcp,65536,,,,": "port '65536' is invalid (write a number from 0 to 65535)",
        "a,b,tcp,80,x,,,": "source port 'x' is invalid (write a number from 0 to 65535)",
        "a,b,icmp,,,8,256,": "ICMP code '256' is invalid (write a number from 0 to 255)",
        "a,b,icmp,,,,0,": "an ICMP code without a type (write both)",
        "a,b,tpc,80,,,,": "protocol 'tpc' is unknown (write tcp, udp, icmp, icmpv6, sctp, or 0 to 255)",
        ",b,tcp,80,,,,": "no value for 'from' (write an address or a name)",
        "a,b,icmp,80,,,,": "port is given, but icmp has none (remove the port, or change the protocol)",
        "a,b,1,,80,8,,": "source port is given, but icmp has none (remove the source port, or change the protocol)",
        "a,b,47,80,,,,": "port is given, but 47 has none (remove the port, or change the protocol)",
        "a,b,tcp,80,,8,,": "ICMP type is given, but tcp has none (remove the ICMP type, or change the protocol)",
        "a,b,47,,,,0,": "ICMP code is given, but 47 has none (remove the ICMP code, or change the protocol)",
        "a,b,tcp,80,,,,bogus": "action 'bogus' is unknown (write allow or deny, or nothing)",
        "a,b,tcp": "3 values, the header has 8 (write one for each column)",
        'a,"b,tcp,80': "invalid CSV: unexpected end of data (write one record in each line)",
        "\xff": "not UTF-8 (save the file as UTF-8)",
    }
    text = header.encode() + "\n".join(lines).encode("latin-1") + b"\na,b,udp,53,,,,Deny\na,b,icmp,0,,8,0,-\n"
    flows, problems = read(tmp_path / "flows", text)
    assert problems == [f"{number}:1: {message}" for number, message in enumerate(lines.values(), 2)]
    assert [(flow.line, flow.recorded_action) for flow in flows] == [(len(lines) + 2, "deny"), (len(lines) + 3, "")]

    _, problems = read(
        tmp_path / "flows",
        '{"from": "a", "to": "b", "proto": "tcp", "port": 1}\n{"from"\n[]\n{"to": "b"}\n'
        '{"from": "a", "src": "b"}\n{"from": "a", "from": "b"}\n{"from": "a", "src": null, "dest": {"a": 1}}\n',
    )
    assert [problem[:35] for problem in problems] == [
        "2:1: not a JSON object (write one o",
        "3:1: not a JSON object (write one o",
        "4:1: no field 'from' (write from,to",
        "5:1: 'from' and 'src' have the same",
        "6:1: 'from' and 'from' have the sam",
        "7:1: no field 'protocol' (write fro",
    ]
    _, problems = read(
        tmp_path / "flows", AGENT_LOG + "  Src={ns(-/vips)} Dst={wep(a/b) Svc:-/-} Proto={tcp(1) Svc:-/0}\n  Src=x\n"
    )
    assert problems[0].endswith("'vips' is a network set, which is not an end (write the address instead)")
    assert "not a line of `calico-node -flows`" in problems[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no flow (write a header: from,to,protocol,port)"),
        ("a,b,tcp,80\n", "1:1: no field 'from' (write from,to,protocol,port)"),
        ("\xff\n".encode("latin-1"), "1:1: not UTF-8 (save the file as UTF-8)"),
        ("x" * 200_000, "1:1: invalid CSV: field larger than field limit"),
        ("from,to,protocol,port,Source\n", "1:1: 'from' and 'Source' have the same meaning (remove one of them)"),
        ("port,from,to,protocol,port\n", "1:1: 'port' and 'port' have the same meaning (remove one of them)"),
        ("from,to,port\n", "1:1: no field 'protocol' (write from,to,protocol,port)"),
        ('[{"from": "a"}]', "1:1: a JSON array (write one object in each line, as `jq -c '.[]'` does)"),
        ("from,to,protocol,port\n" + "x\n" * MAX_PROBLEMS, f"stopped after {MAX_PROBLEMS:,} invalid lines"),
    ],
)
def test_a_file_without_valid_flows_is_an_error(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(InvalidManifest) as caught:
        read(tmp_path / "flows", text)
    assert message in str(caught.value)
