"""What a run says: pure functions of pages, counts, the origin's log and CPU samples."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from citizens import bars, figures  # noqa: E402  (the path comes first)
from citizens.play import Outcome  # noqa: E402
from citizens.scenario import read_scenario  # noqa: E402

BURSTS = [(10.0, 22.0), (27.0, 39.0)]


def page(begun_ms, took_ms=100.0, outcome="served", **more):
    return {"page": "someone", "begun_ms": begun_ms, "took_ms": took_ms, "outcome": outcome, "status": 200, "challenges": 0, "announced_ms": 0,
            "seen": True} | more


@pytest.mark.parametrize("begun, took, when", [
    (0, 100, "calm"), (9950, 40, "calm"), (9950, 60, "first"), (10000, 1, "first"), (12999, 1, "first"), (13000, 1, "later"), (21999, 9000, "later"),
    (22000, 1, "between"), (26990, 20, "first"), (27000, 1, "first"), (30000, 1, "later"), (39000, 1, "between"), (8000, 9000, "first")])
def test_when_a_page_was(begun, took, when):
    assert figures.time_of(page(begun, took), BURSTS) == when


def test_without_bursts_all_is_calm():
    assert figures.time_of(page(55000), []) == "calm"


@pytest.mark.parametrize("one, script, good", [
    (page(0, 2000), True, True), (page(0, 2000.1), True, False), (page(0, 10, "status"), True, False),
    (page(0, 3000, challenges=1), True, True), (page(0, 3001, challenges=1), True, False), (page(0, 3000, challenges=1), False, False),
    (page(0, 7900, challenges=1, announced_ms=6000), False, True), (page(0, 8001, challenges=1, announced_ms=6000), False, False),
    (page(0, 7900, challenges=1, announced_ms=6000), True, False), (page(0, 10, "unfinished"), True, False)])
def test_in_time(one, script, good):
    assert figures.is_in_time(one, script) is good


def test_what_nobody_can_know_is_left_out():
    pages = [page(59000, 1000, "unfinished"), page(57000, 3000, "unfinished"), page(1000)]
    kinds = figures.kinds_of(pages, [], {"someone": True})
    assert (kinds["someone"].pages, kinds["someone"].shares["calm"].good) == (2, 1)


def test_runs_are_pooled():
    kinds = figures.kinds_of([page(1000), page(11000, 9000, seen=False)], BURSTS, {"someone": True, "other": True})
    kinds = figures.kinds_of([page(14000), page(15000, 10, "status", status=429), page(11000), page(2000, 900, challenges=2)], BURSTS,
                             {"someone": True, "other": True}, kinds)
    one = kinds["someone"]
    assert (one.pages, one.challenged, one.calm_challenges, one.ended) == (6, 1, 2, {"served": 5, "429": 1})
    reset = figures.kinds_of([page(3000, 10, "status", status=0)], BURSTS, {"someone": True})
    assert reset["someone"].ended == {"reset": 1}
    assert (one.shares["later"].good, one.shares["later"].all) == (1, 2)
    assert (one.shares["first"].good, one.shares["first"].all) == (1, 2)
    assert (one.seen_first.good, one.seen_first.all) == (1, 1)
    assert figures.fewest_pages(kinds) == 0 and kinds["other"].shares["calm"].percent() is None


LOG = "".join(f"{at} {who}\n" for at, who in ((1_000_000, "1.1.1.1"), (11_500_000, "6.6.6.6"), (14_100_000, "6.6.6.6"), (15_000_000, "1.1.1.1"),
                                               (16_000_000, "2001:db8::1"), (22_500_000, "6.6.6.6"), (31_500_000, "6.6.6.6")))


def test_attackers_share_of_the_origin():
    """Begun at 1 s of the clock: from second 3 of a burst to its end."""
    log = figures.read_work_log(LOG + "torn li\n\n12345\n")
    assert len(log) == 7
    share = figures.attackers_share(log, 1_000_000, BURSTS, {"6.6.6.6"})
    assert (share.good, share.all) == (3, 5)
    assert figures.attackers_share(log, 1_000_000, BURSTS, {"2001:db8::1"}).good == 1
    assert figures.attackers_share([*log, (15_000_000, "-")], 1_000_000, BURSTS, {"6.6.6.6"}).percent() is None


def groups(refused):
    return [{"group": "bots", "answered": refused + 50, "pages": 50, "asked": refused + 60}, {"group": "someone", "answered": 9, "pages": 1, "asked": 9}]


def test_cpu_of_a_refused_request():
    """0.1 of a core when calm, 0.5 in bursts: 0.4 of 24 s over 4,000 refusals."""
    samples, cpu = [], 0.0
    for half in range(0, 100):
        at = half / 2
        samples.append((at, cpu))
        cpu += 5e5 * (0.5 if any(begin <= at < end for begin, end in BURSTS) else 0.1)
    assert figures.burst_cpu_us(samples, BURSTS) == pytest.approx(0.4 * 24e6)
    assert figures.cpu_each_refused_us(samples, BURSTS, groups(4000), {"bots"}) == pytest.approx(2400)
    assert figures.cpu_each_refused_us(samples, BURSTS, groups(999), {"bots"}) is None
    assert figures.burst_cpu_us(samples[:1], BURSTS) is None and figures.burst_cpu_us(samples, []) is None


def test_how_much_of_the_attack_was_played(tmp_path):
    (tmp_path / "a.scn").write_text("citizens someone role=visitor from=10.0.0.1\nduration 40\nbursts 10 at 5\nattackers bots from=10.1.0.1 rate=100\n")
    scenario = read_scenario(tmp_path / "a.scn")
    assert figures.played_share(groups(740), scenario) == pytest.approx(0.8)
    assert figures.played_share([], scenario) == 0


def outcome(good, all_pages, scenario="get"):
    kind = figures.KindFigures()
    for name in figures.TIMES:
        kind.shares[name] = figures.Share(good, all_pages)
    kind.seen_first = figures.Share(good, all_pages)
    return Outcome(scenario, "", "bouclier", {"someone": kind}, figures.Share(1, 100))


def verdicts(judged):
    return {bar.words: verdict.outcome for bar, found in judged for _, verdict in found}


def test_bars():
    assert verdicts(bars.judge_kinds(outcome(995, 1000), True)) == {
        "calm": "missed", "first 3 s of bursts": "ok", "first 3 s, of those seen before": "ok", "from second 3 on": "ok"}
    assert verdicts(bars.judge_kinds(outcome(994, 1000), True)) == {
        "calm": "missed", "first 3 s of bursts": "ok", "first 3 s, of those seen before": "missed", "from second 3 on": "missed"}
    assert set(verdicts(bars.judge_kinds(outcome(0, 0), True)).values()) == {"not measured"}
    assert verdicts(bars.judge_kinds(outcome(5, 5), False)) == {"calm": "ok"}
    assert verdicts(bars.judge_kinds(outcome(950, 1000, "bots_solve"), True))["from second 3 on"] == "ok"
    assert "from second 3 on" not in verdicts(bars.judge_kinds(outcome(950, 1000, "bots_solve_many"), True))


def test_bars_of_all_together():
    ours = outcome(5, 5)
    ours.runs = [{"cpu_each_refused_us": cost} for cost in (30.0, 10.0, 20.0)]
    challenges, origin, cpu = bars.judge_rest(ours, [None, 25.0, 40.0], True)
    assert (challenges.outcome, origin.outcome, origin.value) == ("ok", "ok", 1.0)
    assert (cpu.outcome, cpu.value) == ("ok", pytest.approx(0.8))
    ours.kinds["someone"].calm_challenges = 1
    ours.origin = figures.Share(11, 100)
    challenges, origin, cpu = bars.judge_rest(ours, [None], True)
    assert (challenges.outcome, origin.outcome, cpu.outcome) == ("missed", "missed", "not measured")
    ours.scenario, ours.origin = "low_and_slow", figures.Share(10, 100)
    assert bars.judge_rest(ours, [], True)[1].outcome == "ok"
    assert len(bars.judge_rest(ours, [], False)) == 1


def test_what_a_neighbours_flood_adds():
    """The 99th of a hundred, of all kinds together; a page that was not served took the most there is."""
    def outcome(flooded_ms, failed=0):
        one = Outcome("neighbour", "", "bouclier")
        pages = [page(1000 + n, 10.0 + n / 100) for n in range(400)]
        pages += [page(11000 + n, flooded_ms) for n in range(400 - failed)] + [page(14000, 3, "connection")] * failed
        figures.kinds_of(pages, BURSTS, {"someone": True}, one.kinds)
        return one
    assert figures.p99_ms(outcome(60).kinds, ("calm",)) == pytest.approx(13.95)
    (fine,), (late,) = bars.judge_neighbour(outcome(63)), bars.judge_neighbour(outcome(64))
    assert fine.outcome == "ok" and late.outcome == "missed" and late.value == pytest.approx(50.05)
    assert bars.judge_neighbour(outcome(60, 5))[0].value > 9000
    assert bars.judge_neighbour(Outcome("neighbour", "", "bouclier"))[0].outcome == "not measured"


def test_neighbours_are_in_time_from_the_first_second():
    one = Outcome("neighbour", "", "bouclier")
    figures.kinds_of([page(11000)] * 95 + [page(11000, 9000)] * 5, BURSTS, {"someone": True}, one.kinds)
    def said(has_two_sites):
        return [found.outcome for bar, verdicts in bars.judge_kinds(one, True, has_two_sites) for _, found in verdicts if bar.words == "first 3 s of bursts"]
    assert said(False) == ["ok"] and said(True) == ["missed"]
