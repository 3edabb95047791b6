"""A field that three rules about text hit: from how many rules of a kind on should it be excused from the kind? Half of the forum posts of
tests/corpus teach exclusions, the other half is then asked of the rules that are left; 400 times, in another order each time. Prints
what docs/waf/sites.md says:

    cd tests && python3 -m lab.kinds
"""
import collections
import glob
import random
import re
import tempfile

from lab.posts import all_posts
from lab.rules import RULES, Rules, at_paranoia

KINDS = ("attack-xss", "attack-sqli", "attack-rce", "attack-lfi", "attack-injection-php")
ROUNDS = 400


def kinds_of_rules():
    """-> {rule: kind}, of rules about text."""
    found = {}
    for path in glob.glob(RULES + "/rules/*.conf"):
        for number, text in re.findall(r"\bid:(\d+),(.*?)(?=SecRule|SecAction|SecMarker|\Z)", open(path, encoding="utf-8").read(), re.S):
            kind = next((kind for kind in KINDS if f"tag:'{kind}'" in text), None)
            if kind:
                found[int(number)] = kind
    return found


def hits_of_posts(rules_of):
    """Of each forum post the rules about text that it hits."""
    with tempfile.TemporaryDirectory() as folder, Rules(folder, at_paranoia(1)) as rules:
        return [{match["id"] for match in rules.judge(post.request())["rules"] if match["id"] in rules_of}
                for post in all_posts() if post.kind.lower() == "forum"]


def learn(posts, rules_of, least):
    """Rules that are excused after POSTS: those that hit, and where there are three of them all of a kind that LEAST are of."""
    hit = set().union(*posts)
    per_kind = collections.Counter(rules_of[rule] for rule in hit)
    return hit | {rule for rule, kind in rules_of.items() if len(hit) >= 3 and per_kind[kind] >= least}


def main():
    rules_of = kinds_of_rules()
    posts = hits_of_posts(rules_of)
    draw = random.Random(1)
    for least, name in ((1, "one rule"), (2, "two rules"), (3, "three rules"), (10 ** 6, "never")):
        refused = taken = 0
        for _ in range(ROUNDS):
            draw.shuffle(posts)
            half = len(posts) // 2
            excused = learn(posts[:half], rules_of, least)
            taken += len(excused)
            refused += sum(bool(post - excused) for post in posts[half:]) / (len(posts) - half)
        print(f"a kind from {name} of it on: {refused / ROUNDS:.0%} of later posts refused, {taken / ROUNDS:.0f} of {len(rules_of)} rules excused")


if __name__ == "__main__":
    main()
