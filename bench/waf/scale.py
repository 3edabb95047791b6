"""Does inspection cost more than its share when there is more of a body, or anything when there are many exclusions?"""
from proxy.subjects import VARIANT_PORT_STEP, Kind, Party, Subject
from proxy.tables import Bar, Table

from . import engine, inspection
from .subjects import label
from .workloads import EXCLUSIONS, EXCLUSIONS_BAR, LINEAR, LINEAR_BAR, WORKLOADS

LEVEL = 1
RULES = (942100, 942140, 942160, 942170, 942190, 942220, 942230, 942240, 942250, 942270)  # of CRS 3 and 4


def _more_waf(kind, more):
    """KIND with MORE keys where it has rules."""
    return Kind(kind.name, kind.ports, kind.command, kind.files, values={**kind.values, "WAF": kind.values["WAF"].replace(" }", f", {more} }}")})


def _ratios(workload, times, base, small, large):
    """The cost of a byte of LARGE over that of SMALL; the faults of either are the ratio's."""
    table = Table(f"linear {workload.name}", f"{workload.title}: cost of a byte over its cost in {base.title}", "times", Bar(LINEAR_BAR))
    for name, row in large.rows.items():
        few, many = small.rows[name].values(), row.values()
        ratio = table.row(name)
        ratio.absence, ratio.faults = row.absence, small.rows[name].faults + row.faults
        for number in sorted(few.keys() & many.keys()):
            ratio.add({"with_us": row.rounds[number].get("with_us"), "few_us": few[number], "many_us": many[number]},
                      many[number] / few[number] / times)
    return table


def measure_linear(run, kinds, engines):
    """-> a table for each larger body."""
    for linear in LINEAR:
        names = {label(name, level) for name in linear.subjects if name != engine.NAME for level in (0, LEVEL)}
        chosen = [_more_waf(kind, linear.waf) if linear.waf else kind for kind in kinds if kind.name in names]
        alone = engines if engine.NAME in linear.subjects else {}
        with Party([Subject(kind, run.scratch) for kind in chosen]) as party:
            small, = inspection.measure(run, linear.base, party, alone, [LEVEL])
            for times, workload in linear.larger:
                large, = inspection.measure(run, workload, party, alone, [LEVEL])
                yield _ratios(workload, times, linear.base, small, large)


def _exclusion(number):
    """One in a hundred is below the path that is asked for; none is for its parameters."""
    path = f"/s/{number}" if number % 100 == 0 else f"/part/{number}"
    return f"{{rule: {RULES[number % len(RULES)]}, path: {path}, parameter: field{number}, reason: bench}}"


def _with_exclusions(kind):
    entries = ", ".join(_exclusion(number) for number in range(EXCLUSIONS))
    many = _more_waf(kind, f"exclusions: [{entries}]")
    many.name = f"{kind.name} {EXCLUSIONS} exclusions"
    return many


def measure_exclusions(run, kind):
    """The browser's GET, CPU time of the whole request."""
    many = _with_exclusions(kind)
    table = Table("exclusions", f"{EXCLUSIONS:,} exclusions beside none, a browser's GET", "us CPU",
                  Bar(EXCLUSIONS_BAR, (kind.name,), subject=many.name))
    workload = WORKLOADS[0]
    with Party([Subject(kind, run.scratch), Subject(many, run.scratch, port_step=VARIANT_PORT_STEP)]) as party:
        runs = [inspection.Runs(subject) for subject in party]
        for one in runs:
            one.warm(run, workload)
        for _ in range(run.rounds):
            for one in runs:
                one.measure(run, workload, workload.with_rules)
        for one in runs:
            row = table.row(one.subject.name)
            one.subject.is_alive()
            row.absence, row.faults = one.subject.absence, one.faults
            for figures in one.rounds:
                row.add(figures or {}, figures["each_us"] if figures else None)
    return table
