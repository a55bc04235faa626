"""What `--from` and `--to` mean: the forms in which a party is written on the command line."""

from __future__ import annotations

from calicoctl.analysis import PolicySet, naming
from calicoctl.analysis.addresses import network
from calicoctl.analysis.naming import NobodyError, SeveralError
from calicoctl.analysis.parties import Party
from calicoctl.errors import UsageProblem

FORMS = "an endpoint, profile:NAME, selector:SELECTOR, an address or network, outside, or labels:KEY=VALUE"


def party(text: str, policy_set: PolicySet) -> Party:
    """The party that a text on the command line means.

    Raises:
        UsageProblem: it means nothing, or several things.
    """
    word, colon, rest = text.partition(":")
    if text == "outside":
        return naming.outside(text)
    if colon and word in _FORMS:
        try:
            return _FORMS[word](text, rest, policy_set)
        except NobodyError as error:
            raise UsageProblem(f"{text}: {error}") from None
    try:
        net = network(text)
    except ValueError:
        return _of_endpoint(text, policy_set)
    return naming.within(text, net, policy_set)


def _of_selector(text: str, written: str, policy_set: PolicySet) -> Party:
    from calicoctl.kinds.rules import selector_to_v3
    from calicoctl.selector import SelectorError, parse

    try:
        selector = parse(selector_to_v3(written.strip()))
    except SelectorError as error:
        raise UsageProblem(f"{text}: {error}") from None
    return naming.of_selector(text, selector, policy_set)


def _of_labels(text: str, written: str, policy_set: PolicySet) -> Party:
    """An endpoint that is not there yet: `role=db,profile=NAME`."""
    labels: dict[str, str] = {}
    for part in filter(None, written.split(",")):
        key, equals, value = part.partition("=")
        if not equals or not key:
            raise UsageProblem(f"{text}: {part!r} is no label (write KEY=VALUE)")
        labels[key] = value
    profile = labels.pop("profile", "")
    return naming.of_labels(text, labels, profile, f"an endpoint with {written}", policy_set)


_FORMS = {"profile": naming.of_profile, "selector": _of_selector, "labels": _of_labels}


def _of_endpoint(text: str, policy_set: PolicySet) -> Party:
    try:
        return naming.of_endpoint(text, text, policy_set)
    except SeveralError as error:
        raise UsageProblem(str(error)) from None
    except NobodyError as error:
        raise UsageProblem(f"{error} (write {FORMS})") from None
