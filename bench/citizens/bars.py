"""The promises, held against what was seen."""
from dataclasses import dataclass

from proxy.tables import Verdict

from . import figures

CALM_PERCENT, FIRST_PERCENT, LATER_PERCENT = 100, 90, 99.5
ORIGIN_PERCENT = 2
# Where another promise holds: low and slow bots are below any sane limit; those that solve cannot be told from citizens at once.
ORIGIN_PERCENTS = {"low_and_slow": 10}
LATER_PERCENTS = {"bots_solve": 95, "bots_solve_many": None}  # None: published, no bar
REFUSED_RATIO, REFUSED_AIM = 1.0, 0.9
P99_MORE_MS = 50  # what the flood of another site may add


@dataclass(frozen=True)
class ShareBar:
    """Of each kind of citizen."""
    time: str
    words: str
    at_least: float
    of_seen: bool = False

    def share(self, kind):
        return kind.seen_first if self.of_seen else kind.shares[self.time]


def share_bars(scenario, has_bursts, has_two_sites):
    bars = [ShareBar("calm", "calm", CALM_PERCENT)]
    if has_bursts:
        bars += [ShareBar("first", "first 3 s of bursts", LATER_PERCENT if has_two_sites else FIRST_PERCENT),
                 ShareBar("first", "first 3 s, of those seen before", LATER_PERCENT, True)]
        later = LATER_PERCENTS.get(scenario, LATER_PERCENT)
        bars += [ShareBar("later", "from second 3 on", later)] if later else []
    return bars


def _verdict(scenario, words, value, is_ok, why="", aim=None):
    outcome = "not measured" if value is None else "ok" if is_ok(value) else "missed"
    return Verdict(scenario, words, value, outcome, why if value is None else "", aim)


def judge_kinds(outcome, has_bursts, has_two_sites=False):
    """[(bar, [(kind, verdict)])]"""
    found = []
    for bar in share_bars(outcome.scenario, has_bursts, has_two_sites):
        verdicts = []
        for name, kind in outcome.kinds.items():
            words = f"{name}, {bar.words}: in time >= {bar.at_least:g} %"
            verdicts.append((name, _verdict(outcome.scenario, words, bar.share(kind).percent(), lambda value: value >= bar.at_least, "no pages")))
        found.append((bar, verdicts))
    return found


def judge_neighbour(outcome):
    """Citizens of one site, while another is flooded."""
    calm, attacked = (figures.p99_ms(outcome.kinds, times) for times in (("calm",), ("first", "later")))
    more = attacked - calm if calm is not None and attacked is not None else None
    return [_verdict(outcome.scenario, f"p99 of pages of the other site: flooded minus calm, < {P99_MORE_MS} ms", more,
                     lambda value: value < P99_MORE_MS, "too few pages")]


def judge_rest(outcome, peers, has_bursts):
    """Of all citizens together. PEERS: what each peer's refusal costs, in us, None where it refused too little."""
    name = outcome.scenario
    challenges = sum(kind.calm_challenges for kind in outcome.kinds.values())
    verdicts = [_verdict(name, "challenges on a calm day: 0", challenges, lambda value: value == 0)]
    if not has_bursts:
        return verdicts
    at_most = ORIGIN_PERCENTS.get(name, ORIGIN_PERCENT)
    verdicts.append(_verdict(name, f"attackers' share of the origin's time from second 3 on <= {at_most} %", outcome.origin.percent(),
                             lambda value: value <= at_most, "the origin was not told for whom it computed, or computed nothing"))
    ours, theirs = outcome.each_refused_us(), [cost for cost in peers if cost is not None]
    ratio = ours / min(theirs) if ours is not None and theirs and min(theirs) > 0 else None
    verdicts.append(_verdict(name, f"CPU of a refused request <= {REFUSED_RATIO} of the better peer", ratio,
                             lambda value: value <= REFUSED_RATIO, "too few refused by Bouclier, or by every peer of this run", REFUSED_AIM))
    return verdicts
