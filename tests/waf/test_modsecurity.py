"""The engine and ModSecurity 2.9.7 in Apache are asked the same requests, with the same rules: the ids are the same, but for what is
listed here and explained in docs/waf/libmodsecurity-differences.md and engine.md."""
import collections

import pytest

from lab.modsecurity import MODULE, ModSecurity
from lab.posts import all_posts
from lab.random_requests import bent_requests, random_requests
from lab.rules import Rules

SETTINGS = 'SecRuleEngine DetectionOnly\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.paranoia_level=%d"\n'
VERDICTS = 949000
RANDOM = 400
BROKEN = {200002, 200003, 200004}  # a body that cannot be read as what it says it is
# Rule -> why 2.9.7 has it and we do not (-1), or we have it and 2.9.7 does not (1).
KNOWN = {
    (930110, 1): "Apache resolves dots in a path before phase 2",
    (930120, 1): "an automaton of 2.9.7 overlooks a phrase that begins within another (\"/boot.ini\" behind \"windows\")",
}

pytestmark = pytest.mark.skipif(not MODULE.exists(), reason="libapache2-mod-security2 is not installed")


def closing(request):
    return request.replace(b" HTTP/1.1\r\n", b" HTTP/1.1\r\nConnection: close\r\n", 1)


def is_apaches(request, status):
    """Apache refused it by itself, ModSecurity gave up on its body, or (TRACE) no rule of phase 2 was asked."""
    return status in (400, 500) or request.startswith(b"TRACE ")


def ask_both(requests, paranoia, folder):
    """-> (request, our ids, those of 2.9.7), for each that Apache let reach the rules."""
    folder.chmod(0o755)
    (folder / "apache").mkdir()
    with Rules(folder, SETTINGS % paranoia) as engine, ModSecurity(folder / "apache", SETTINGS % paranoia) as reference:
        for request in map(closing, requests):
            status, ids = reference.ask(request)
            if not is_apaches(request, status):
                ours = {match["id"] for match in engine.judge(request)["rules"] if match["id"] < VERDICTS}
                yield request, ours, {one for one in ids if one < VERDICTS}


def compare(requests, paranoia, folder):
    """-> how many requests were compared, in how many the ids are equal, and counts of (rule, direction)."""
    compared, equal, other = 0, 0, collections.Counter()
    for _, ours, theirs in ask_both(requests, paranoia, folder):
        compared, equal = compared + 1, equal + (ours == theirs)
        other.update([(rule, 1) for rule in ours - theirs] + [(rule, -1) for rule in theirs - ours])
    print(f"{equal} of {compared} equal at paranoia {paranoia}; {dict(other)}")
    return compared, equal, other


@pytest.mark.parametrize("paranoia", [1, 2])
def test_the_corpus(paranoia, folder):
    posts = all_posts()
    compared, equal, other = compare([post.request() for post in posts], paranoia, folder)
    assert compared == len(posts)
    assert set(other) <= set(KNOWN)
    assert equal >= compared - 1


def test_random_requests(folder):
    compared, equal, other = compare(random_requests(1, RANDOM), 4, folder)
    assert compared > RANDOM / 2
    assert set(other) <= set(KNOWN)
    assert equal >= 0.9 * compared


def test_bent_bodies_are_not_taken_lightly(folder):
    """Of a broken body the two may see different parts. What 2.9.7 finds in one is found here, or the body is refused as broken."""
    compared, broken = 0, 0
    for request, ours, theirs in ask_both(bent_requests(1, RANDOM), 4, folder):
        compared += 1
        broken += bool(ours & BROKEN)
        lost = {rule for rule in theirs - ours if (rule, -1) not in KNOWN}
        assert not lost or ours & BROKEN, (lost, request)
        assert ours & BROKEN or not theirs & BROKEN, request
    print(f"{compared} compared, {broken} refused as broken")
    assert compared > RANDOM / 2 and broken > compared / 10
