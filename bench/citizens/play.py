"""One run: a fresh origin, a fresh shield, both sides of the crowd; what was seen."""
import time
from dataclasses import dataclass, field

from proxy import processes
from proxy.subjects import Origin, Party, Subject

from . import figures
from .crowd import Crowd, Faulty
from .subjects import ATTACKED_PORT, with_two_sites

WORK_US = 5000       # a page: the portal computes 200 a second
ORIGIN_NICE = -10    # beyond the bench's own: the portal has a machine of its own, and the generator is not to slow it down
SAMPLE_S = 0.5
LAGGED_MAX = 0.01    # of the pages: more, and what was measured is the machine
SETTLE_S = 0.5


@dataclass
class Outcome:
    """All runs of one subject in one scenario."""
    scenario: str
    title: str
    subject: str
    kinds: dict = field(default_factory=dict)
    origin: figures.Share = field(default_factory=figures.Share)  # what attackers had of it
    runs: list = field(default_factory=list)                      # figures of each, and its groups' counts
    faults: list = field(default_factory=list)

    def each_refused_us(self):
        """The median of its runs."""
        found = sorted(run["cpu_each_refused_us"] for run in self.runs if run.get("cpu_each_refused_us") is not None)
        return found[len(found) // 2] if found else None


def _sample(subject, crowd):
    """CPU time of the shield, [(seconds from the start, us)], until the crowd goes home."""
    samples = []
    while time.monotonic() < crowd.end_s and subject.is_alive():
        now_s = time.monotonic() - crowd.start_ns / 1e9
        if now_s >= 0:
            samples.append((now_s, processes.cpu_us(subject.pids())))
        time.sleep(SAMPLE_S)
    return samples


def _watch(world, run, scenario, subject, seed):
    """Plays; (start in us, pages, groups, samples, peak KiB)."""
    crowd = Crowd(world, run.scratch, scenario, subject.ports, seed)
    try:
        samples = _sample(subject, crowd)
        peak_kib = processes.peak_rss_kib(subject.pids()) if subject.is_alive() else None
        return crowd.start_ns / 1000, *crowd.end(), samples, peak_kib
    finally:
        crowd.stop()


def _account(outcome, scenario, seen, log):
    start_us, pages, groups, samples, peak_kib = seen
    attackers = {group.name for group in scenario.attackers()}
    scripts = {group.name: group.values["script"] for group in scenario.citizens()}
    figures.kinds_of(pages, scenario.bursts, scripts, outcome.kinds)
    share = figures.attackers_share(log, start_us, scenario.bursts, scenario.attacker_addresses())
    outcome.origin.good += share.good
    outcome.origin.all += share.all
    played = figures.played_share(groups, scenario)
    starved, lagged = sum(one["starved"] for one in groups), sum(one["lagged"] for one in groups if one["role"] == "visitor")
    if lagged > LAGGED_MAX * len(pages):
        outcome.faults.append(f"run {len(outcome.runs) + 1}: citizens themselves were late {lagged} times: the machine is busy")
    if starved:
        outcome.faults.append(f"run {len(outcome.runs) + 1}: {starved} connections that the generator had no descriptor or port for")
    outcome.runs.append({
        "pages": len(pages), "groups": groups, "played": played, "peak_mib": peak_kib / 1024 if peak_kib else None,
        "computed": len(log), "core": figures.core_share(samples),
        "cpu_each_refused_us": figures.cpu_each_refused_us(samples, scenario.bursts, groups, attackers)})


def _stop(origins):
    for origin in origins:
        origin.stop()


def play(world, run, scenario, kind, outcome):
    """Adds a run to OUTCOME, or a fault."""
    log = run.scratch / "work.log"
    origins = [Origin(run.scratch, ["-w", WORK_US, "-l", log], ORIGIN_NICE)]
    try:
        if scenario.has_two_sites:
            origins.append(Origin(run.scratch, ["-w", WORK_US], ORIGIN_NICE, ATTACKED_PORT))
            kind = with_two_sites(kind)
        with Party([Subject(kind, run.scratch)]) as (subject,):
            if not subject.is_alive():
                outcome.faults.append(subject.absence)
                return
            time.sleep(SETTLE_S)
            seen = _watch(world, run, scenario, subject, len(outcome.runs) + 1)
            if not subject.is_alive():
                outcome.faults.append(subject.absence)
        _stop(origins)
        _account(outcome, scenario, seen, figures.read_work_log(log.read_text()))
    except Faulty as fault:
        outcome.faults.append(str(fault))
    finally:
        _stop(origins)
