"""bench/run citizens: reads the options and the scenarios, goes inside, plays, prints."""
import argparse
import os
import sys
from pathlib import Path

from proxy import namespace, session, subjects, workshop
from proxy import report as machine_report

from . import bars, figures, names, play, report
from .scenario import Wrong, read_scenario
from .subjects import KINDS, PEERS, kinds_named
from .world import World

SCENARIOS = Path(__file__).resolve().parent / "scenarios"
NEEDS = {name: mark for name, mark in workshop.NEEDS.items() if name in workshop.WITHOUT_THEM_NOTHING | {"nginx", "haproxy"}} | {
    "libnghttp2-dev": "/usr/include/nghttp2/nghttp2.h", "procps": "sysctl"}
BENCH_NICE = -10
START_STOP_S = 8  # around each run


def scenario_names():
    """Files with a title; the others are only included."""
    return sorted(path.stem for path in SCENARIOS.glob("*.scn") if "\ntitle " in "\n" + path.read_text())


def _scenarios(text):
    """Names of ours, or paths of files."""
    found = []
    for name in text.split(","):
        path = Path(name) if "/" in name else SCENARIOS / f"{name}.scn"
        if "/" not in name and name not in scenario_names():
            raise argparse.ArgumentTypeError(f"{name}: not among {', '.join(scenario_names())}, nor a path")
        try:
            found.append(read_scenario(path))
        except Wrong as wrong:
            raise argparse.ArgumentTypeError(str(wrong)) from None
    return found


def read_options(arguments):
    parser = argparse.ArgumentParser(prog="bench/run citizens", description="How many of the citizens' pages come in time while the portal "
                                     "is attacked, side by side. Needs root, two cores and the peers from Debian.")
    session.add_common_options(parser)
    parser.add_argument("--scenario", type=_scenarios, default=",".join(scenario_names()), metavar="S",
                        help="names, with commas between, or paths of scenario files: " + ", ".join(scenario_names()))
    parser.add_argument("--subject", type=kinds_named, default=KINDS, metavar="S",
                        help="bouclier, nginx, haproxy (all theirs), or " + ", ".join(PEERS))
    parser.add_argument("--pages", type=session.at_least_1, default=1000, help="go on until each kind of citizen has had so many (1000)")
    parser.add_argument("--runs", type=session.at_least_1, default=4, help="but no more runs of each subject than this (4)")
    return parser.parse_args(arguments)


def main(arguments):
    return session.enter(read_options(arguments), ["citizens", *arguments], NEEDS, _fill, measure_all, groups=("build", "bench"))


def _fill(scratch):
    workshop.prepare(scratch, {"origin": workshop.PROGRAMS["origin"]} | workshop.CROWD)
    (scratch / "plans").mkdir()


def _play_scenario(world, run, scenario):
    """Rounds A B C A B C, so that what the machine does meanwhile hits all alike."""
    played = [kind for kind in run.subject if not scenario.has_two_sites or kind.many_sites]
    outcomes = [play.Outcome(scenario.name, scenario.title, kind.name) for kind in played]
    for count in range(1, run.runs + 1):
        for kind, outcome in zip(played, outcomes):
            play.play(world, run, scenario, kind, outcome)
        if all(figures.fewest_pages(outcome.kinds) >= run.pages or len(outcome.runs) < count for outcome in outcomes):
            break
    return outcomes


def _judge(scenario, outcomes):
    """Bouclier's bars, printed."""
    ours = next((outcome for outcome in outcomes if outcome.subject == "bouclier"), None)
    if not ours:
        return []
    judged = bars.judge_kinds(ours, bool(scenario.bursts), scenario.has_two_sites)
    rest = bars.judge_neighbour(ours) if scenario.has_two_sites else bars.judge_rest(ours, [one.each_refused_us() for one in outcomes if one is not ours], bool(scenario.bursts))
    report.print_bars(judged, rest)
    return [verdict for _, verdicts in judged for _, verdict in verdicts] + rest


def _go_before_others():
    """What else the machine does is not to be felt: all of the bench goes first, and among itself keeps its order."""
    try:
        os.setsid()
        with open("/proc/self/autogroup", "w") as group:
            group.write(str(BENCH_NICE))
    except OSError:
        pass  # it leads its session already, or the kernel groups nothing: then niceness alone counts
    os.nice(BENCH_NICE)


def _furnish(run):
    _go_before_others()
    namespace.furnish()
    names.start(run.scratch)
    os.sched_setaffinity(0, {subjects.LOAD_CORE})
    subjects.set_up(run.bouclier, 0)
    run.machine = machine_report.machine()
    most_s = sum(scenario.duration_s + START_STOP_S for scenario in run.scenario) * len(run.subject) * run.runs
    print(f"{run.machine['cpu']}, {run.machine['cores']} cores, kernel {run.machine['kernel']}; {len(run.scenario)} scenarios, "
          f"{len(run.subject)} subjects, at most {most_s / 60:.0f} minutes", flush=True)


def _write_json(run, outcomes, verdicts):
    run.scenario = [scenario.name for scenario in run.scenario]
    run.subject = [kind.name for kind in run.subject]
    machine_report.write_json(run.json, run, outcomes, verdicts)


def measure_all(run):
    _furnish(run)
    outcomes, verdicts = [], []
    try:
        with World(run.scratch) as world:
            for scenario in run.scenario:
                played = _play_scenario(world, run, scenario)
                report.print_scenario(scenario, played, max(len(outcome.runs) for outcome in played))
                outcomes += played
                verdicts += _judge(scenario, played)
    except KeyboardInterrupt:
        print("\nbench: interrupted", file=sys.stderr)
        return 130
    finally:
        if verdicts:
            report.print_sum(verdicts)
        if run.json:
            _write_json(run, outcomes, verdicts)
    return 1 if any(verdict.outcome != "ok" for verdict in verdicts) or any(outcome.faults for outcome in outcomes) else 0
