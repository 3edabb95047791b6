"""Tables for a person; the JSON is proxy/report.py's."""
from . import figures
from .figures import TIMES

HEADS = {"calm": "calm", "first": "first 3 s", "later": "from 3 s", "between": "between"}


def _percent(share):
    return f"{share.percent():.1f}" if share.all else "-"


def _ended(kind):
    """How pages ended that were not served, the commonest first."""
    rest = sorted(((count, name) for name, count in kind.ended.items() if name != "served"), reverse=True)
    return ", ".join(f"{name} {count:,}" for count, name in rest[:4])


def _kind_line(name, kind):
    shares = " ".join(f"{_percent(kind.shares[time]):>9s}" for time in TIMES)
    return f"    {name:11s} {kind.pages:6,d} {shares} {_percent(kind.seen_first):>9s} {kind.challenged:10,d}   {_ended(kind)}"


def _number(value, form):
    return form.format(value) if value is not None else "-"


def _middle(runs, key):
    found = sorted(run[key] for run in runs if run.get(key) is not None)
    return found[len(found) // 2] if found else None


def _sum_line(outcome):
    answered = {}
    for run in outcome.runs:
        for group in run["groups"]:
            if group["role"] != "visitor":
                for status, count in group["status"].items():
                    answered[status] = answered.get(status, 0) + count
    words = [f"attackers had {_number(outcome.origin.percent(), '{:.1f}')} % of the origin's time from second 3",
             f"{_number(outcome.each_refused_us(), '{:.1f}')} us CPU a refused request",
             f"core {_number(_middle(outcome.runs, 'core'), '{:.2f}')}",
             f"peak RSS {_number(_middle(outcome.runs, 'peak_mib'), '{:.0f}')} MiB"]
    played = _middle(outcome.runs, "played")
    if played is not None:
        words.append(f"{100 * played:.0f} % of the attack's requests were sent")
    if answered:
        counts = (f"{status if status != '0' else 'reset'}: {count:,}" for status, count in sorted(answered.items()))
        words.append("attackers saw " + ", ".join(counts))
    return "    " + "; ".join(words)


def print_scenario(scenario, outcomes, run_count):
    print(f"\n## {scenario.name}: {scenario.title}")
    print(f"  pages in time, percent; {run_count} run{'s' * (run_count > 1)} of {scenario.duration_s:g} s")
    head = " ".join(f"{HEADS[time]:>9s}" for time in TIMES)
    for outcome in outcomes:
        print(f"  {outcome.subject}\n    {'citizens':11s} {'pages':>6s} {head} {'3 s, seen':>9s} {'challenged':>10s}   not served")
        for name, kind in outcome.kinds.items():
            print(_kind_line(name, kind))
        if outcome.runs:
            print(_sum_line(outcome))
        if scenario.has_two_sites:
            waits = (figures.p99_ms(outcome.kinds, times) for times in (("calm",), ("first", "later")))
            print("    p99 of pages: calm {}, flooded {}".format(*(_number(wait, "{:.1f} ms") for wait in waits)))
        for fault in outcome.faults[:4]:
            print(f"    ! {fault}")


def print_bars(judged, rest):
    """What Bouclier promised in this scenario, a line a bar."""
    for bar, verdicts in judged:
        worst = sorted((verdict.value if verdict.value is not None else -1, name) for name, verdict in verdicts if verdict.outcome != "ok")
        words = ", ".join(f"{name} {value:.1f}" if value >= 0 else f"{name} -" for value, name in worst)
        print(f"  >= {bar.at_least:g} % of each kind in time, {bar.words}: "
              + (f"{len(worst)} of {len(verdicts)} missed: {words}" if worst else f"{len(verdicts)} ok"))
    for verdict in rest:
        value = _number(verdict.value, "{:.2f} ") + verdict.outcome if verdict.value is not None else f"not measured ({verdict.why})"
        print(f"  {verdict.words}: {value}" + (f" (aim {verdict.aim:g})" if verdict.aim else ""), flush=True)


def print_sum(verdicts):
    counts = {outcome: sum(verdict.outcome == outcome for verdict in verdicts) for outcome in ("ok", "missed", "not measured")}
    print("\n## bars\n  " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()))
    for name in dict.fromkeys(verdict.table for verdict in verdicts):
        missed = sum(verdict.table == name and verdict.outcome != "ok" for verdict in verdicts)
        print(f"  {name:18s} {'all ok' if not missed else f'{missed} not met'}", flush=True)
