"""The engine and libmodsecurity 3 are asked the same random requests, with the same rules at paranoia 4. Where they differ, one of the
reasons in docs/waf/libmodsecurity-differences.md must hold, or the test fails: a difference nobody has explained is a bug until then.

    cd tests && PYTHONPATH=. /usr/bin/python3 waf/test_libmodsecurity.py 5000 7     more requests, of another seed: prints what differs
"""
import collections
import os
import re
import sys
import tempfile

import pytest

from lab.random_requests import random_requests
from lab.rules import OTHER, Libmodsecurity, Rules

SEED, COUNT = 3, 1500
EQUAL_AT_LEAST = 900
SETTINGS = 'SecRuleEngine DetectionOnly\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.paranoia_level=4"\n'
VERDICTS = 949000  # from here on rules add up and decide

pytestmark = pytest.mark.skipif(not os.access(OTHER, os.X_OK), reason="libmodsecurity-dev was not there when the tests were built")


def has(pattern):
    return lambda request: re.search(pattern, request, re.I) is not None


def is_kind(*kinds):
    return lambda request: re.search(rb"\r\nContent-Type: (?:application/|text/|multipart/)(?:soap\+)?(?:%s)" % b"|".join(kinds), request) is not None


NULL = has(rb"\0|%(?:25)?00|&#0+;|(?:\\|%(?:25)?5c)u0000|%26%230+%3b")
BACKSLASH = has(rb"\\|%(?:25)?5c|(?:&|%(?:25)?26)(?:#|%(?:25)?23)92")
LINE_END = has(rb"%(?:25)?0[ad]|&#1[03];|%26%231[03]|\\u000[ad]|\\[nr]|\r\n\r\n(?s:.)*[^-]\r\n[^-C]")
ANY = range(920000, VERDICTS)

# name in the document -> (who has the rule more, rules, what the request must have)
REASONS = {
    "backslashes": ("both", {920460, 930110, 932130, 932190, 932200, 942440}, lambda request: BACKSLASH(request) or NULL(request)),
    "REQUEST_URI": ("both", {920220, 920271, 920272, 930110}, has(rb"^\S+ [^ ]*%")),
    "REQUEST_BODY": ("theirs", {920270, 920271, 920272, 920273, 921110, 944100, 944110, 944120, 944130, 944200, 944210, 944240, 944250},
                     is_kind(b"xml", b"json", b"form-data")),
    "null bytes": ("both", ANY, NULL),
    "names in JSON": ("both", {921180, 942431, 942432, 943110, 943120}, is_kind(b"json")),
    "lines": ("theirs", {921110, 931130, 932106, 932150, 932170, 932171, 942110, 942180}, LINE_END),
    "line ends in multipart": ("ours", ANY, lambda request: is_kind(b"form-data")(request) and LINE_END(request)),
    "a line that starts with --": ("ours", {200004}, lambda request: is_kind(b"form-data")(request) and has(rb"\n--(?!B0undary)")(request)),
    "dots in paths": ("both", {930120}, has(rb"\.\.(?:/|%2f)")),
    "MATCHED_VAR": ("both", {932200}, has(rb"&|\r\nCookie:|\r\n\r\n.")),
    "the map of Unicode": ("theirs", ANY, has(rb"%(?:25)?[c-f][0-9a-f]%|[\x80-\xff]|\\u00[89a-f]|&#\d{3,};")),
}


def reason_of(rule, is_ours, request):
    for name, (whose, rules, holds) in REASONS.items():
        if rule in rules and whose in ("both", "ours" if is_ours else "theirs") and holds(request):
            return name
    return None


def ids_of(told):
    return {match["id"] for match in told["rules"] if match["id"] < VERDICTS}


def differences(requests, folder):
    """-> [(request, rule, is it ours)], and in how many requests there is none."""
    found, equal = [], 0
    with Rules(folder, SETTINGS) as engine, Libmodsecurity(folder, SETTINGS) as other:
        for request in requests:
            ours, theirs = ids_of(engine.judge(request)), ids_of(other.judge(request))
            equal += ours == theirs
            found += [(request, rule, rule in ours) for rule in ours ^ theirs]
    return found, equal


def told_of(found):
    """-> counts by (reason, rule), and those without one."""
    counts, unexplained = collections.Counter(), []
    for request, rule, is_ours in found:
        reason = reason_of(rule, is_ours, request)
        counts[reason] += 1
        if reason is None:
            unexplained.append(("ours" if is_ours else "theirs", rule, request))
    return counts, unexplained


def test_differences_are_explained(tmp_path):
    found, equal = differences(random_requests(SEED, COUNT), tmp_path)
    counts, unexplained = told_of(found)
    print(f"{equal} of {COUNT} equal; {dict(counts)}")
    assert not unexplained, f"{len(unexplained)}, for one: {unexplained[0]}"
    assert equal >= EQUAL_AT_LEAST


def test_random_requests_reach_most_rules(tmp_path):
    """Nothing is compared by requests that no rule cares for."""
    with Rules(tmp_path, SETTINGS) as engine:
        reached = set().union(*(ids_of(engine.judge(request)) for request in random_requests(SEED, COUNT)))
    assert len(reached) > 100


def test_the_same_seed_gives_the_same():
    assert random_requests(1, 20) == random_requests(1, 20) != random_requests(2, 20)


def main():
    count, seed = (int(word) for word in sys.argv[1:3])
    with tempfile.TemporaryDirectory() as folder:
        found, equal = differences(random_requests(seed, count), folder)
    counts, unexplained = told_of(found)
    print(f"{equal} of {count} equal; {dict(counts)}")
    for (whose, rule), requests in _grouped(unexplained).items():
        print(whose, rule, len(requests), min(requests, key=len)[:500])


def _grouped(unexplained):
    grouped = collections.defaultdict(list)
    for whose, rule, request in unexplained:
        grouped[whose, rule].append(request)
    return grouped


if __name__ == "__main__":
    main()
