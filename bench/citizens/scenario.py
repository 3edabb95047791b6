"""Reads scenarios: who comes, from where, when, and what they do. What is wrong is said with FILE:LINE.

One statement a line, '#' begins a comment:
    title WORDS                     what a reader sees
    include FILE                    of the same folder
    level NAME                      what 100% is: see LEVELS
    duration SECONDS
    bursts none | LENGTH at S,S,S   when attackers come: 12 at 10,27,44 unless said
    citizens NAME KEY=VALUE ...     one kind of citizen; keys: see KEYS
    attackers NAME KEY=VALUE ...
    sites one | two         two: attackers have a site of their own (host=attacked.bench.test), and a portal of its own behind it
"""
import ipaddress
import re
from dataclasses import dataclass, field

DURATION_MAX_S = 300
GROUPS_MAX = 40
ADDRESSES_MAX = 70000  # of all groups together: a scenario is for two cores
INCLUDE_DEPTH = 4
LIVES = 20             # how many citizens after one another may have one place: their addresses may be no attacker's


@dataclass(frozen=True)
class Level:
    """The campaign of March 2025: requests a second, slow connections, sources."""
    requests: int
    slow: int
    sources: int


LEVELS = {"municipality": Level(2000, 500, 949), "federal": Level(20000, 5000, 4000)}
ROLES = ("visitor", "flood", "reset", "slow_head", "slow_body", "slow_read", "churn")
PROFILES = ("browser", "tool", "partner", "crawler")
DURING = ("burst", "first", "second", "always")  # halves of each burst: the method changes in the middle


class Wrong(Exception):
    """FILE:LINE: what is wrong."""


@dataclass
class Group:
    name: str
    is_citizen: bool
    place: str  # FILE:LINE
    values: dict

    def sources(self, lives=1):
        """Its addresses, on all its networks, as the generator counts them."""
        found = []
        for first in self.values["from"]:
            step = self.values["stride"] << (64 if first.version == 6 else 0)
            found += [first + number * step for number in range(self.values["ips"] * lives)]
        return found


@dataclass
class Scenario:
    name: str
    title: str = ""
    duration_s: float = 60.0
    bursts: list = field(default_factory=lambda: [(start, start + 12.0) for start in (10.0, 27.0, 44.0)])
    level: Level = LEVELS["municipality"]
    groups: list = field(default_factory=list)
    has_two_sites: bool = False

    def citizens(self):
        return [group for group in self.groups if group.is_citizen]

    def attackers(self):
        return [group for group in self.groups if not group.is_citizen]

    def attacker_addresses(self):
        return {str(address) for group in self.attackers() for address in group.sources()}

    def windows(self, group):
        """When the group acts, in seconds from the start."""
        if group.values["during"] == "always":
            return [(0.0, self.duration_s)]
        middles = [(begin, (begin + end) / 2, end) for begin, end in self.bursts]
        return {"burst": [(begin, end) for begin, _, end in middles], "first": [(begin, middle) for begin, middle, _ in middles],
                "second": [(middle, end) for _, middle, end in middles]}[group.values["during"]]


def _whole(least, most):
    def read(text, level):
        if not text.isdigit() or not least <= int(text) <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return int(text)
    return read


def _of_level(what, most):
    """A number, or a part of what the level says: 35.5%."""
    def read(text, level):
        try:
            value = float(text[:-1]) / 100 * getattr(level, what) if text.endswith("%") else float(text)
        except ValueError:
            value = -1
        if not 0 < value <= most:
            raise ValueError(f"a number up to {most}, or a percentage of the level's {what}")
        return value
    return read


def _count_of_level(what, most):
    read = _of_level(what, most)
    return lambda text, level: max(1, round(read(text, level)))


def _word(words):
    def read(text, level):
        if text not in words:
            raise ValueError(f"one of {', '.join(words)}")
        return text
    return read


def _flag(text, level):
    return _word(("yes", "no"))(text, level) == "yes"


def _ms(text, level):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s)", text)
    if not found or not 0 <= float(found[1]) <= 600000:
        raise ValueError("a time, such as 500ms or 5s")
    return round(float(found[1]) * (1000 if found[2] == "s" else 1))


def _addresses(text, level):
    try:
        found = [ipaddress.ip_address(one) for one in text.split(",")]
    except ValueError:
        found = []
    if not 1 <= len(found) <= 4:
        raise ValueError("one to four addresses, with commas between")
    return found


def _paths(text, level):
    found = []
    for one in text.split(","):
        weight = re.fullmatch(r"(\d+(?:\.\d+)?):(/\S*)", one)
        found.append((float(weight[1]), weight[2]) if weight else (1.0, one))
    if len(found) > 12 or any(not path.startswith("/") or len(path) > 200 for _, path in found) or not any(weight for weight, _ in found):
        raise ValueError("up to 12 paths, each with its weight: 9:/search?q=$v,91:/")
    return found


def _path(text, level):
    if not text.startswith("/") or len(text) > 200:
        raise ValueError("a path")
    return text


def _host(text, level):
    if not re.fullmatch(r"[a-z0-9.-]{1,100}", text):
        raise ValueError("the name of a site")
    return text


def _bytes_range(text, level):
    found = re.fullmatch(r"(\d{1,4})-(\d{1,4})", text)
    if not found or not 0 < int(found[1]) <= int(found[2]) <= 4000:
        raise ValueError("bytes from 1 to 4000, such as 215-394")
    return int(found[1]), int(found[2])


def _share_ppm(text, level):
    found = re.fullmatch(r"(\d+(?:\.\d+)?)%", text)
    if not found or float(found[1]) > 100:
        raise ValueError("a percentage, such as 0.1%")
    return round(float(found[1]) * 10000)


# Key -> (reader, what it is when not said). The header of bench/crowd/plan.h says what each does.
KEYS = {
    "role": (_word(ROLES), "flood"), "profile": (_word(PROFILES), None), "during": (_word(DURING), None),
    "from": (_addresses, None), "ips": (_count_of_level("sources", 20000), 1), "stride": (_whole(0, 1000000), 1),
    "conns": (_whole(1, 1000), 1), "connections": (_count_of_level("slow", 20000), None),
    "rate": (_of_level("requests", 200000), 1.0), "path": (_paths, [(1.0, "/page?id=$n&q=$v")]), "asset": (_path, "/s/$n.css"),
    "host": (_host, "bench.test"),
    "assets": (_whole(0, 20), None), "body": (_bytes_range, (0, 0)), "random": (_share_ppm, 700000), "evil": (_share_ppm, 0),
    "tls": (_flag, False), "h2": (_flag, False), "cookies": (_flag, None), "script": (_flag, None), "refresh": (_flag, None),
    "streams": (_whole(1, 100), 10), "keep": (_whole(0, 100000), 0), "visits": (_whole(0, 1000), 0),
    "interval": (_ms, 1000), "hold": (_ms, 0), "think": (_ms, 5000), "timeout": (_ms, None),
}
# What is different for citizens and attackers when not said: citizens are browsers, attackers tools.
MORE_DEFAULTS = {
    True: {"profile": "browser", "during": "always", "cookies": True, "script": True, "refresh": True, "assets": 3, "timeout": 10000},
    False: {"profile": "tool", "during": "burst", "cookies": False, "script": False, "refresh": False, "assets": 0, "timeout": 5000},
}


def _read_pairs(words, level, place):
    values = {}
    for word in words:
        key, equals, text = word.partition("=")
        if key not in KEYS or not equals:
            raise Wrong(f"{place}: {word}: not one of {', '.join(KEYS)}")
        if key in values:
            raise Wrong(f"{place}: {key}: said twice")
        try:
            values[key] = KEYS[key][0](text, level)
        except ValueError as wanted:
            raise Wrong(f"{place}: {key}={text}: must be {wanted}") from None
    return values


def _spread_connections(values, level):
    """So many connections in all, over as many sources as there are."""
    wanted = values.pop("connections", None)
    if wanted is not None:
        values["ips"] = min(wanted, level.sources)
        values["conns"] = -(-wanted // values["ips"])


def _read_group(words, is_citizen, level, place):
    if not words or not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", words[0]):
        raise Wrong(f"{place}: a name of small letters, digits and _ must follow")
    said = _read_pairs(words[1:], level, place)
    values = {key: default for key, (_, default) in KEYS.items() if key != "connections"} | MORE_DEFAULTS[is_citizen] | said
    _spread_connections(values, level)
    if not values["from"]:
        raise Wrong(f"{place}: {words[0]}: from= is missing")
    if is_citizen != (values["role"] == "visitor"):
        raise Wrong(f"{place}: {words[0]}: citizens, and only they, have role=visitor")
    if values["role"] == "reset" and not (values["h2"] and values["tls"]):
        raise Wrong(f"{place}: {words[0]}: role=reset needs tls=yes h2=yes")
    return Group(words[0], is_citizen, place, values)


def _read_bursts(words, place):
    if words == ["none"]:
        return []
    try:
        length, at, starts = words
        found = [(float(start), float(start) + float(length)) for start in starts.split(",")]
    except ValueError:
        found, at = [], None
    if at != "at" or not found or float(length) <= 3 or any(a[1] > b[0] for a, b in zip(found, found[1:])):
        raise Wrong(f"{place}: bursts: none, or LENGTH at START,START: longer than 3 seconds, one after the other")
    return found


class _Reader:
    def __init__(self, name):
        self.scenario = Scenario(name)

    def read(self, path, place, depth=0):
        try:
            lines = path.read_text().splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise Wrong(f"{place}: cannot read {path.name}: {error}") from None
        for number, line in enumerate(lines, 1):
            words = line.partition("#")[0].split()
            if words:
                self._statement(words[0], words[1:], path, f"{path}:{number}", depth)

    def _statement(self, word, words, path, place, depth):
        scenario = self.scenario
        if word == "title":
            scenario.title = " ".join(words)
        elif word == "include" and len(words) == 1 and depth < INCLUDE_DEPTH and "/" not in words[0]:
            self.read(path.parent / words[0], place, depth + 1)
        elif word == "level" and words and words[0] in LEVELS:
            if scenario.attackers():
                raise Wrong(f"{place}: level: must stand before the attackers")
            scenario.level = LEVELS[words[0]]
        elif word == "duration" and len(words) == 1 and words[0].isdigit() and 5 <= int(words[0]) <= DURATION_MAX_S:
            scenario.duration_s = float(words[0])
        elif word == "sites" and words in (["one"], ["two"]):
            scenario.has_two_sites = words == ["two"]
        elif word == "bursts":
            scenario.bursts = _read_bursts(words, place)
        elif word in ("citizens", "attackers"):
            scenario.groups.append(_read_group(words, word == "citizens", scenario.level, place))
        else:
            raise Wrong(f"{place}: {' '.join([word, *words])[:80]}: not a statement, or not a value it can have (level: "
                        f"{', '.join(LEVELS)}; duration: 5 to {DURATION_MAX_S}; include: a file of this folder)")


def _judge_groups(scenario, path):
    names = set()
    for group in scenario.groups:
        if group.name in names:
            raise Wrong(f"{group.place}: {group.name}: there is a group of that name already")
        names.add(group.name)
    if not scenario.citizens():
        raise Wrong(f"{path}: no citizens: nothing would be measured")
    if len(scenario.groups) > GROUPS_MAX or sum(g.values["ips"] * g.values["conns"] for g in scenario.groups) > ADDRESSES_MAX:
        raise Wrong(f"{path}: more than {GROUPS_MAX} groups, or more than {ADDRESSES_MAX} of them altogether")
    if scenario.bursts and scenario.bursts[-1][1] > scenario.duration_s:
        raise Wrong(f"{path}: the last burst ends after the run")
    attackers = scenario.attacker_addresses()
    for group in scenario.citizens():
        shared = {str(address) for address in group.sources(LIVES)} & attackers
        if shared:
            raise Wrong(f"{group.place}: {group.name}: {min(shared)} is an attacker's address too: the origin's time could not be told apart")


def read_scenario(path):
    """The scenario in PATH; Wrong says what is not one."""
    reader = _Reader(path.stem)
    reader.read(path, str(path))
    try:
        _judge_groups(reader.scenario, path)
    except ipaddress.AddressValueError as error:
        raise Wrong(f"{path}: sources beyond the last address: {error}") from None
    return reader.scenario
