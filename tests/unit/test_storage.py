"""Objects to bytes as Calico's Go tools write them, and back."""

from __future__ import annotations

import uuid

import pytest

from calicoctl.storage import CorruptEntryError, StoredKind, StoredResource, encode, new_uid
from tests.support.decoding import decode

KIND = StoredKind("Profile", "profiles")
KEY = "/calico/resources/v3/projectcalico.org/profiles/a"


def test_keys() -> None:
    assert (KIND.prefix, KIND.key("a")) == ("/calico/resources/v3/projectcalico.org/profiles/", KEY)
    assert StoredResource(KEY, {}, {}).segment == "a"


def test_uids_are_random_uuids() -> None:
    uids = [new_uid() for _ in range(1000)]
    assert len(set(uids)) == 1000
    for uid in map(uuid.UUID, uids):
        assert (uid.version, uid.variant) == (4, uuid.RFC_4122)
    assert [str(uuid.UUID(uid)) for uid in uids] == uids


def test_bytes_are_compact_and_in_the_order_of_go() -> None:
    metadata = {
        "annotations": {"b": "2", "a": "1"}, "finalizers": ["x"], "labels": {"d": "", "c": "é"}, "name": "a",
        "creationTimestamp": "now", "uid": "u", "namespace": "n",
    }  # fmt: skip
    stored = StoredResource(KEY, metadata, {"b": 1, "a": [1.5, True]}, 7, {"status": {}})
    value = (
        '{"kind":"Profile","apiVersion":"projectcalico.org/v3","metadata":{"name":"a","namespace":"n","uid":"u",'
        '"creationTimestamp":"now","labels":{"c":"é","d":""},"annotations":{"a":"1","b":"2"},"finalizers":["x"]},'
        '"spec":{"b":1,"a":[1.5,true]},"status":{}}'
    )
    assert encode(stored, KIND) == value.encode()
    assert decode(KEY, value.encode(), 7) == stored


def test_bytes_are_safe_in_html() -> None:
    stored = StoredResource(KEY, {}, {"a": '<b> && \u2028\u2029 \\ " \n \x7f 😀'})
    value = encode(stored, KIND)
    assert value.endswith('"spec":{"a":"\\u003cb\\u003e \\u0026\\u0026 \\u2028\\u2029 \\\\ \\" \\n \x7f 😀"}}'.encode())
    assert decode(KEY, value, 0) == stored


def test_incomplete_objects_are_decoded() -> None:
    assert decode(KEY, b"{}", 3) == StoredResource(KEY, {}, {}, 3)
    assert decode(KEY, b'{"metadata":null,"spec":null,"status":null}', 3).extra == {"status": None}
    assert decode(KEY, b'{"metadata":{"annotations":null}}', 3).annotations == {}


CORRUPT = [
    (b"", "is not JSON (Expecting value: line 1 column 1 (char 0))"),
    (b"\xff", "is not JSON ("),
    (b"{", "is not JSON ("),
    (b"[]", "is not a JSON object"),
    (b"5", "is not a JSON object"),
    (b"[" * 100_000, "is nested too deeply"),
    (b'{"spec":{"order":NaN}}', "is not JSON (NaN is not a number)"),
    (b'{"metadata":[1]}', "has a metadata that is not an object"),
    (b'{"spec":"x"}', "has a spec that is not an object"),
    (b'{"spec":{"order":1e999}}', "is not JSON (1e999 is beyond the range of numbers)"),
    (b'{"spec":' + b"[" * 99 + b'"{",[]' + b"]" * 99 + b"}", "is nested too deeply"),
    ('{"spec":{}}'.encode("utf-16"), "is not JSON ("),
]


@pytest.mark.parametrize(("value", "message"), CORRUPT, ids=[message for _, message in CORRUPT])
def test_values_that_are_no_object(value: bytes, message: str) -> None:
    with pytest.raises(CorruptEntryError) as caught:
        decode(KEY, value, 0)
    assert str(caught.value).startswith(message)


def test_numbers_that_json_does_not_have_are_not_written() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        encode(StoredResource(KEY, {}, {"order": float("nan")}), KIND)
