"""Does a request cost more when there are many connections, or many sites?"""
from . import generator, processes
from .generator import Faulty, Kept
from .subjects import VARIANT_PORT_STEP, Party, Subject
from .tables import Bar, Table
from .workloads import SITES_BAR
from .workshop import SITE

IN_FLIGHT = 64
SITES = 1000


def _kept_cost(run, subject, connections):
    """CPU for each request, 64 at a time on CONNECTIONS kept connections used in turn; opening them is not counted."""
    command = generator.load_command(run.scratch, subject.ports["plain"],
                                     ["-c", connections, "-w", IN_FLIGHT, "-S", run.sources], run.seconds)
    kept = Kept(command)
    before = subject.pids()
    cpu = processes.cpu_us(before)
    figures = generator.account(subject, kept.go_on(run.seconds), before, cpu, run.seconds)
    found = generator.faults(figures, "200")
    if kept.open < connections:
        found.append(f"only {kept.open} of {connections} connections opened")
    return figures["each_us"], found


def _slope_round(run, subject, row):
    try:
        few, found_few = _kept_cost(run, subject, IN_FLIGHT)
        many, found_many = _kept_cost(run, subject, run.connections)
    except Faulty as fault:
        row.fail(str(fault))
        return
    slope = many / few if many and few else None
    row.add({"few_us": few, "many_us": many}, slope, found_few + found_many)


def measure_connections(run, subjects):
    title = f"a request's cost with {run.connections:,} kept connections over its cost with {IN_FLIGHT}"
    table = Table("connections", title, "times", Bar(1.0, ("nginx",)))
    for _ in range(run.rounds):
        for subject in subjects:
            if subject.is_alive():
                _slope_round(run, subject, table.row(subject.name))
    for subject in subjects:
        subject.is_alive()
        table.row(subject.name).absence = subject.absence
    return table


def _names(count):
    return [f"site-{number:04d}.{SITE}" for number in range(count)]


def _site_pairs(run, kinds):
    for kind in kinds:
        yield Subject(kind, run.scratch, _names(1), f"{kind.name} 1 site")
        yield Subject(kind, run.scratch, _names(SITES), f"{kind.name} {SITES} sites", port_step=VARIANT_PORT_STEP)


def _site_cost(run, subject, row):
    options = ["-c", 64, "-f", run.scratch / "requests" / "one_of_many", "-V", len(subject.sites)]
    command = generator.load_command(run.scratch, subject.ports["plain"], options, run.seconds)
    try:
        figures = generator.run(subject, command, generator.read_load, run.seconds)
    except Faulty as fault:
        row.fail(str(fault))
        return
    figures["pss_kib"] = processes.pss_kib(subject.pids()) if subject.is_alive() else None
    row.add(figures, figures["each_us"], generator.faults(figures, "200"))


def measure_sites(run, kinds):
    """The same requests, the Host one of one or one of a thousand in turn."""
    bar = Bar(SITES_BAR, ("bouclier 1 site",), subject=f"bouclier {SITES} sites")
    table = Table("sites", f"{SITES:,} sites beside one, HTTP/1.1 kept alive", "us CPU", bar)
    for kind in kinds:
        if kind.many_sites:
            table.row(f"{kind.name} 1 site")
            table.row(f"{kind.name} {SITES} sites").beside = f"{kind.name} 1 site"
    with Party(list(_site_pairs(run, [kind for kind in kinds if kind.many_sites]))) as subjects:
        for _ in range(run.rounds):
            for subject in subjects:
                if subject.is_alive():
                    _site_cost(run, subject, table.row(subject.name))
        for subject in subjects:
            subject.is_alive()
            table.row(subject.name).absence = subject.absence
    return table
