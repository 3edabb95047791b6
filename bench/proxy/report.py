"""The tables as a person reads them, and as a program does."""
import json
import os
import platform
import re
import subprocess
from dataclasses import asdict
from statistics import median

WHY_MAX = 100
VERSIONS = {"nginx": ["nginx", "-v"], "haproxy": ["haproxy", "-v"], "h2o": ["h2o", "-v"], "h2load": ["h2load", "--version"],
            "apache": ["apache2", "-v"]}


def _number(value):
    if value is None:
        return "-"
    if abs(value) < 0.1:
        return f"{value:.4f}"
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"


def _times(ratio):
    return f"x{ratio:.2f}" if abs(ratio) >= 0.1 else f"x1/{1 / ratio:.0f}"


def _middle(row, key):
    found = [one[key] for one in row.rounds if one.get(key) is not None]
    return median(found) if found else None


def _counts(row):
    """What was answered, so that a reader sees that the figure is of what it claims."""
    statuses = {}
    for one in row.rounds:
        for status, count in one.get("status", {}).items():
            statuses[status] = statuses.get(status, 0) + count
    return "  ".join(f"{status}: {count:,}" for status, count in sorted(statuses.items()))


TRAFFIC_EXTRAS = (("per_s", "{:,.0f}/s"), ("core", "core {:.2f}"), ("p50_us", "p50 {:.0f} us"),
                  ("p99_us", "p99 {:.0f} us"))
OTHER_EXTRAS = (("gib_per_s", "{:.2f} GiB/s"), ("few_us", "{:.2f} us with few"), ("many_us", "{:.2f} us with many"),
                ("base_kib", "base {:,.0f} KiB"), ("pss_kib", "PSS {:,.0f} KiB"),
                ("made", "{:,.0f} made"), ("closed", "{:,.0f} resting connections closed"),
                ("early_kib", "{:,.0f} KiB first"), ("late_kib", "{:,.0f} KiB last"), ("late_files", "{:.0f} files held"),
                ("p99_ms", "p99 {:.0f} ms"), ("count", "{:.0f} times"),
                ("total_ns", "{:,.0f} ns with generator and cable"), ("arrived", "{:.1%} arrived"), ("answered", "{:.1%} answered"),
                ("with_us", "{:,.0f} us with"), ("without_us", "{:,.0f} us without"))


def _extras(row):
    """Rates and waits only where requests were the matter, not a transfer or connections at rest."""
    is_traffic = any("each_us" in one for one in row.rounds)
    words = []
    for key, form in (TRAFFIC_EXTRAS if is_traffic else ()) + OTHER_EXTRAS:
        value = _middle(row, key)
        if value is not None:
            words.append(form.format(value))
    resumed = sum(one.get("resumed", 0) for one in row.rounds)
    return words + ([f"resumed {resumed:,}"] if resumed else [])


def _line(table, name, row, reference):
    values = list(row.values().values())
    spread = f"[{_number(min(values))} - {_number(max(values))}]" if values else ""
    reference = row.beside or reference
    ratio = table.ratio(name, reference) if reference in table.rows and values else None
    against = _times(ratio) if ratio else ""
    extras = ", ".join(_extras(row))
    return f"  {name:20s} {_number(row.median()):>8s} {table.unit:7s}{spread:>18s} {against:>7s}   {extras}"


def print_table(table, verdicts):
    has_own = any(row.beside for row in table.rows.values())
    reference = table.reference() if (not table.bar or table.bar.against) and not has_own else None
    beside = f"   (x: beside {reference}, paired round by round)" if reference else ""
    print(f"\n## {table.name}: {table.title}{beside}")
    for name, row in table.rows.items():
        if row.rounds:
            print(_line(table, name, row, reference))
            if _counts(row):
                print(f"  {'':20s} answered  {_counts(row)}")
        if row.profile:
            print(f"  {'':20s} time in   " + ", ".join(f"{where} {share:.0f} %" for share, where in row.profile if share >= 1))
        if row.absence:
            print(f"  {name:20s} ! {row.absence}")
        for fault in row.faults[:4]:
            print(f"  {name:20s} ! {fault}")
        if len(row.faults) > 4:
            print(f"  {name:20s} ! and {len(row.faults) - 4} more faults")
    for verdict in verdicts:
        print(f"  {_sentence(verdict)}", flush=True)


def _shortened(text):
    """The row itself says all of it."""
    return text if len(text) <= WHY_MAX else text[:WHY_MAX] + " ..."


def _sentence(verdict):
    value = f"{_number(verdict.value)} {verdict.outcome}" if verdict.value is not None else verdict.outcome
    why = f" ({_shortened(verdict.why)})" if verdict.why else ""
    aim = f" (aim {verdict.aim:g})" if verdict.aim else ""
    return f"{verdict.words}: {value}{why}{aim}"


def print_verdicts(verdicts):
    if not verdicts:
        return
    print("\n## bars")
    for verdict in verdicts:
        print(f"  {verdict.table:14s} {_sentence(verdict)}")
    counts = {outcome: sum(v.outcome == outcome for v in verdicts) for outcome in ("ok", "missed", "not measured")}
    print("  " + ", ".join(f"{count} {outcome}" for outcome, count in counts.items()), flush=True)


def _version(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return (done.stdout + done.stderr).splitlines()[0] if done.stdout + done.stderr else None


def machine():
    try:
        with open("/proc/cpuinfo") as cpuinfo:
            model = re.search(r"model name\s*: (.*)", cpuinfo.read())
    except OSError:
        model = None
    return {"kernel": platform.release(), "cpu": model.group(1) if model else platform.machine(),
            "cores": os.cpu_count(), "load": os.getloadavg()[0],
            "versions": {name: _version(command) for name, command in VERSIONS.items()}}


def write_json(path, run, tables, verdicts):
    whole = {"machine": run.machine,
             "options": {key: value for key, value in vars(run).items() if key not in ("scratch", "machine")},
             "tables": [asdict(table) for table in tables], "bars": [asdict(verdict) for verdict in verdicts]}
    with open(path, "w") as file:
        json.dump(whole, file, indent=1, default=str)
        file.write("\n")
