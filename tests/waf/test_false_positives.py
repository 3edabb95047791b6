"""Harmless posts of tests/corpus, asked of the rules: no more of them are refused, and no rule fires on more of them, than
docs/waf/false-positives.md states. Where less is: python3 -m lab.false_positives, in tests/, writes the document anew."""
import collections
import pathlib
import urllib.parse

import pytest

from lab.false_positives import RUNS, count, stated
from lab.posts import all_posts
from lab.rules import RULES

pytestmark = pytest.mark.skipif(not pathlib.Path(RULES).is_dir(), reason="modsecurity-crs is not installed")


def test_the_corpus_is_what_the_document_says():
    posts = all_posts()
    languages = collections.Counter(post.language for post in posts)
    assert set(languages) == {"de", "en", "fr", "nl"}
    assert min(languages.values()) >= 75
    assert len(posts) >= 300
    assert len({post.request() for post in posts}) == len(posts)


@pytest.mark.parametrize("column", range(len(RUNS)), ids=lambda column: "paranoia %d%s" % (RUNS[column][0], " excluded" * RUNS[column][1]))
def test_no_more_than_stated(column):
    refused, rules = stated()
    found = count(*RUNS[column])
    print("%d of %d refused: %s" % (found.refused.total(), found.posts.total(), dict(found.rules)))
    assert found.posts.total() == len(all_posts())
    assert found.refused.total() <= refused["all"][column]
    worse = {rule: times for rule, times in found.rules.items() if times > rules.get(rule, [0] * len(RUNS))[column]}
    assert not worse


def test_exclusions_are_narrow():
    """An attack in another field of a path that has exclusions is refused as before."""
    attack = "1' UNION SELECT name, password FROM users -- <script>alert(1)</script>; cat /etc/passwd"
    posts = [post for post in all_posts() if post.kind in ("forum", "Forum") and post.body]
    assert len(posts) >= 30
    for post in posts:
        post.body = urllib.parse.urlencode({"onderwerp": attack, "tekst": attack}).encode()
    assert count(1, True, posts).refused.total() == len(posts)
