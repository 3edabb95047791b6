"""What a run says about citizens. Pure functions of what was seen: pages, counts, the origin's log, CPU samples.

A page belongs to one time of the run:
    calm    begun and ended before the first burst
    first   begun in the first 3 seconds of a burst, or still under way when a burst began
    later   begun in a burst, from its second 3 on
    between begun after a burst and over before the next: what is left of it; no bar
"""
import bisect
import math
from dataclasses import dataclass, field

IN_TIME_MS = 2000
CHALLENGED_MS = 3000   # the one page on which somebody with script is challenged
FIRST_S = 3.0
TIMES = ("calm", "first", "later", "between")
REFUSED_MIN = 1000     # fewer are no figure
NEVER_MS = 10000       # what a page took that was not served: as long as citizens wait
P99_MIN = 300          # pages: fewer have no p99


def time_of(page, bursts):
    begin_s, end_s = page["begun_ms"] / 1000, (page["begun_ms"] + page["took_ms"]) / 1000
    for burst_begin, burst_end in bursts:
        if burst_begin <= begin_s < burst_end:
            return "first" if begin_s < burst_begin + FIRST_S else "later"
        if begin_s < burst_begin < end_s:
            return "first"
    return "calm" if not bursts or begin_s < bursts[0][0] else "between"


def allowed_ms(page, has_script):
    if not page["challenges"]:
        return IN_TIME_MS
    return CHALLENGED_MS if has_script else page["announced_ms"] + IN_TIME_MS


def is_in_time(page, has_script):
    return page["outcome"] == "served" and page["took_ms"] <= allowed_ms(page, has_script)


def is_decided(page, has_script):
    """The run ended while the page could still have come in time: nobody knows."""
    return page["outcome"] != "unfinished" or page["took_ms"] > allowed_ms(page, has_script)


@dataclass
class Share:
    """So many of so many."""
    good: int = 0
    all: int = 0

    def add(self, is_good):
        self.good += bool(is_good)
        self.all += 1

    def percent(self):
        return 100 * self.good / self.all if self.all else None


@dataclass
class KindFigures:
    """One kind of citizen, all runs together."""
    shares: dict = field(default_factory=lambda: {name: Share() for name in TIMES})
    seen_first: Share = field(default_factory=Share)  # of "first": who was served before
    pages: int = 0
    challenged: int = 0        # pages with at least one challenge
    calm_challenges: int = 0
    ended: dict = field(default_factory=dict)  # outcome -> pages
    took_ms: dict = field(default_factory=lambda: {name: [] for name in TIMES})  # of pages that were not served: the most there is

    def add(self, page, when, has_script):
        good = is_in_time(page, has_script)
        self.pages += 1
        self.shares[when].add(good)
        self.took_ms[when].append(page["took_ms"] if page["outcome"] == "served" else NEVER_MS)
        if when == "first" and page["seen"]:
            self.seen_first.add(good)
        self.challenged += page["challenges"] > 0
        self.calm_challenges += page["challenges"] if when == "calm" else 0
        ended = page["outcome"] if page["outcome"] != "status" else str(page["status"] or "reset")
        self.ended[ended] = self.ended.get(ended, 0) + 1


def kinds_of(pages, bursts, scripts, into=None):
    """SCRIPTS: kind -> has script. Pools into what earlier runs gave."""
    kinds = into if into is not None else {}
    for name in scripts:
        kinds.setdefault(name, KindFigures())
    for page in pages:
        has_script = scripts[page["page"]]
        if is_decided(page, has_script):
            kinds[page["page"]].add(page, time_of(page, bursts), has_script)
    return kinds


def p99_ms(kinds, times):
    """Of the pages of all kinds that were begun in TIMES; None: too few."""
    took = sorted(one for kind in kinds.values() for when in times for one in kind.took_ms[when])
    return took[math.ceil(0.99 * len(took)) - 1] if len(took) >= P99_MIN else None


def fewest_pages(kinds):
    return min((kind.pages for kind in kinds.values()), default=0)


def read_work_log(text):
    """[(done in us, who)] of the origin's log."""
    found = []
    for line in text.splitlines():
        done_us, _, who = line.partition(" ")
        if done_us.isdigit() and who:
            found.append((int(done_us), who))
    return found


def attackers_share(log, start_us, bursts, attackers):
    """Of what the origin computed in bursts from second 3 on: how much for ATTACKERS. Not told: a proxy that does not say for whom."""
    share = Share()
    for done_us, who in log:
        at_s = (done_us - start_us) / 1e6
        if any(begin + FIRST_S <= at_s < end for begin, end in bursts):
            if who == "-":
                return Share()
            share.add(who in attackers)
    return share


def cpu_at(samples, at_s):
    """CPU time by AT_S, between the samples [(seconds, us)] around it."""
    times = [one[0] for one in samples]
    after = bisect.bisect_left(times, at_s)
    if after == 0:
        return samples[0][1]
    if after == len(samples):
        return samples[-1][1]
    (t0, c0), (t1, c1) = samples[after - 1], samples[after]
    return c0 + (c1 - c0) * (at_s - t0) / (t1 - t0)


def core_share(samples):
    """Of one core, all the time."""
    if len(samples) < 2:
        return None
    (begin_s, begin_us), (end_s, end_us) = samples[0], samples[-1]
    return (end_us - begin_us) / 1e6 / (end_s - begin_s)


def burst_cpu_us(samples, bursts):
    """What bursts cost beyond what citizens cost anyway: the calm before the first burst says how much that is."""
    if len(samples) < 2 or not bursts or samples[0][0] >= bursts[0][0]:
        return None
    calm_a_second = (cpu_at(samples, bursts[0][0]) - samples[0][1]) / (bursts[0][0] - samples[0][0])
    return sum(cpu_at(samples, end) - cpu_at(samples, begin) - calm_a_second * (end - begin) for begin, end in bursts)


def refusals(groups, attackers):
    """Requests of ATTACKERS' groups that were answered by something else than the origin's page."""
    return sum(one["answered"] - one["pages"] for one in groups if one["group"] in attackers)


def cpu_each_refused_us(samples, bursts, groups, attackers):
    """An upper bound: it holds what connections and served requests of attackers cost, too."""
    refused, cpu = refusals(groups, attackers), burst_cpu_us(samples, bursts)
    return cpu / refused if cpu is not None and refused >= REFUSED_MIN else None


def played_share(groups, scenario):
    """How much of the requests that attackers were to send were sent."""
    due = sent = 0.0
    for group in scenario.attackers():
        if group.values["role"] in ("flood", "reset"):
            due += group.values["rate"] * sum(end - begin for begin, end in scenario.windows(group))
            sent += sum(one["asked"] for one in groups if one["group"] == group.name)
    return sent / due if due else None
