"""Counts what the rules refuse of tests/corpus, which is all harmless. Rewrites the figures in docs/waf/false-positives.md:

    cd tests && python3 -m lab.false_positives
"""
import collections
import re
import sys
import tempfile

import yaml

from lab.place import ROOT
from lab.posts import CORPUS, all_posts
from lab.rules import Rules, at_paranoia

DOCUMENT = ROOT / "docs" / "waf" / "false-positives.md"
HEADING = "## Rules that fire"
VERDICTS = range(949000, 1000000)  # rules that add scores up and decide: they say nothing of a post
RUNS = [(1, False), (1, True), (2, False), (2, True)]  # paranoia, with the exclusions


class Count:
    """What one run found."""

    def __init__(self):
        self.posts, self.refused = collections.Counter(), collections.Counter()  # by language
        self.kinds = collections.Counter()  # refused, by file of the corpus
        self.rules = collections.Counter()  # posts in which a rule fired
        self.first = {}                     # rule -> (message, post, what matched)

    def add(self, post, told):
        self.posts[post.language] += 1
        if told["verdict"]:
            self.refused[post.language] += 1
            self.kinds[post.name.split("/")[1].split(".")[0]] += 1
        fired = [match for match in told["rules"] if match["id"] not in VERDICTS]
        self.rules.update({match["id"] for match in fired})
        for match in fired:
            self.first.setdefault(match["id"], (match["msg"], post, match))


def _target(exclusion):
    parameter = exclusion["parameter"]
    return [parameter] if re.match("[A-Z_]+(:|$)", parameter) else ["ARGS:" + parameter, "ARGS_NAMES:" + parameter]


def as_rule(number, exclusion):
    """An entry of a site's waf.exclusions in the language of rules."""
    rule, path = str(exclusion["rule"]), exclusion.get("path", "")
    by = "Id" if re.fullmatch(r"\d+(-\d+)?", rule) else "Tag"
    if "parameter" in exclusion:
        acts = [f"ctl:ruleRemoveTargetBy{by}={rule};{target}" for target in _target(exclusion)]
    else:
        acts = [f"ctl:ruleRemoveBy{by}={rule}"]
    methods = "|".join(exclusion.get("method", ["[A-Z]+"]))
    return (f'SecRule REQUEST_FILENAME "@rx ^{re.escape(path)}(?:/|$)" "id:{number},phase:1,pass,nolog,t:none,{",".join(acts)},chain"\n'
            if path else f'SecAction "id:{number},phase:1,pass,nolog,t:none,{",".join(acts)}"\n') + (
            f'\tSecRule REQUEST_METHOD "@rx ^(?:{methods})$" "t:none"\n' if path else "")


def settings(paranoia, has_exclusions):
    text = at_paranoia(paranoia)
    if has_exclusions:
        entries = yaml.safe_load((CORPUS / "exclusions.yaml").read_text())
        text += "".join(as_rule(2000 + number, entry) for number, entry in enumerate(entries))
    return text


def count(paranoia, has_exclusions, posts=None):
    found = Count()
    with tempfile.TemporaryDirectory() as folder, Rules(folder, settings(paranoia, has_exclusions)) as rules:
        for post in posts or all_posts():
            found.add(post, rules.judge(post.request()))
    return found


def _example(post, match):
    text = re.search(r"Matched Data: (.*?) found within ", match["data"], re.S)
    shown = (text.group(1) if text else match["data"]).encode("latin-1").decode("utf-8", "replace")
    shown = re.sub(r"\s+", " ", shown).replace("|", "¦").replace("`", "'")[:36]
    return f"{post.name}, {match['name']}: `{shown}`"


def _refused_rows(counts):
    yield "| posts | " + " | ".join(f"paranoia {level}{', exclusions' if excluded else ''}" for level, excluded in RUNS) + " |"
    yield "|---|" + "---|" * len(RUNS)
    for language in sorted(counts[0].posts):
        yield f"| {language}, {counts[0].posts[language]} | " + " | ".join(str(one.refused[language]) for one in counts) + " |"
    yield f"| all, {counts[0].posts.total()} | " + " | ".join(str(one.refused.total()) for one in counts) + " |"


def figures(counts):
    """The part of the document that is counted, not written."""
    lines = [HEADING, "", "Refused posts:", "", *_refused_rows(counts), "",
             "Posts in which each rule fired, in the same order of runs, and the first of them:", "",
             "| rule | says | 1 | 1, excl. | 2 | 2, excl. | for instance |", "|---|---|---|---|---|---|---|"]
    for rule in sorted(set().union(*(one.rules for one in counts))):
        message, post, match = next(one.first[rule] for one in counts if rule in one.first)
        lines.append(f"| {rule} | {message} | " + " | ".join(str(one.rules[rule]) for one in counts) + f" | {_example(post, match)} |")
    return "\n".join(lines) + "\n"


def stated():
    """-> ({name of a row: counts of refused posts}, {rule: counts}) as the document has them."""
    refused, rules = {}, {}
    for line in DOCUMENT.read_text().split(HEADING)[1].splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"\d{6}", cells[0]):
            rules[int(cells[0])] = [int(cell) for cell in cells[2:6]]
        elif re.fullmatch(r"(\w\w|all), \d+", cells[0]):
            refused[cells[0].split(",")[0]] = [int(cell) for cell in cells[1:5]]
    return refused, rules


def main():
    written = DOCUMENT.read_text().split(HEADING)[0]
    DOCUMENT.write_text(written + figures([count(*run) for run in RUNS]))


if __name__ == "__main__":
    sys.exit(main())
