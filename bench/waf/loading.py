"""What a rule set costs before the first request: CPU time until the subject has answered one, and memory after a few."""
from proxy import generator, processes
from proxy.generator import Faulty
from proxy.subjects import Kind, Party, Subject
from proxy.tables import Bar, Row, Table
from proxy.workshop import SITE

from . import engine
from .subjects import NAMES, label
from .workloads import ATTACK, LOAD_BAR_MS, MEMORY_BAR_MIB, SHARED_BAR_MIB, SHARED_SITES

LEVEL, WARM_S, FIRST_S = 1, 0.5, 30


def _start(run, kind, has_rules):
    """-> (CPU ms, PSS MiB, PSS MiB without pages of files) of a fresh instance."""
    with Party([Subject(kind, run.scratch)]) as (subject,):
        if not subject.is_alive():
            raise Faulty(subject.absence)
        get = ["-f", run.scratch / "requests" / "get"]
        command = generator.load_command(run.scratch, subject.ports["plain"], ["-c", 1, "-n", 1, *get], FIRST_S)
        generator.run(subject, command, generator.read_load, FIRST_S)  # a socket may listen before anybody behind it can answer
        cpu_ms = (processes.cpu_us(subject.pids()) + processes.ended_us(subject.pids())) / 1000
        command = generator.load_command(run.scratch, subject.ports["plain"], ["-c", 8, *get], WARM_S)
        found = generator.faults(generator.run(subject, command, generator.read_load, WARM_S), "200")
        if has_rules:
            command = generator.load_command(run.scratch, subject.ports["plain"], ["-n", 16, "-f", run.scratch / "requests" / "attack"], WARM_S)
            found += generator.faults(generator.run(subject, command, generator.read_load, WARM_S), ATTACK.with_rules)
        if found:
            raise Faulty("; ".join(found))
        return cpu_ms, processes.pss_kib(subject.pids()) / 1024, processes.own_kib(subject.pids()) / 1024


def _differences(run, kinds, name, load, memory):
    for _ in range(run.rounds):
        try:
            base, ours = _start(run, kinds[name], False), _start(run, kinds[label(name, LEVEL)], True)
        except Faulty as fault:
            load.fail(str(fault))
            memory.fail(str(fault))
            return
        load.add({}, ours[0] - base[0])
        memory.add({"pss_kib": ours[1] * 1024, "base_kib": base[1] * 1024}, ours[1] - base[1])


def measure(run, kinds, alone):
    """KINDS by name; ALONE may be None. -> two tables."""
    load = Table("load", "CPU until one request is answered, with CRS minus without", "ms CPU", Bar(LOAD_BAR_MS))
    memory = Table("memory", "PSS after a few requests, with CRS minus without", "MiB", Bar(MEMORY_BAR_MIB))
    for name in NAMES:
        if name in kinds:
            _differences(run, kinds, name, load.row(name), memory.row(name))
    if alone:
        load.rows[engine.NAME] = row = Row(absence=alone.absence)
        for _ in range(run.rounds if not alone.absence else 0):
            try:
                row.add({}, alone.load_ms())
            except Faulty as fault:
                row.fail(str(fault))
    return load, memory


def _with_sites(kind, count):
    """KIND with COUNT sites that say the same."""
    more = "".join(f'\n  - name: s{number}.{SITE}\n    origins: ["http://127.0.0.1:@ORIGIN@"]\n    {kind.values["WAF"]}' for number in range(1, count))
    return Kind(f"{kind.name} {count} sites", kind.ports, kind.command, kind.files,
                values={**kind.values, "WAF": kind.values["WAF"] + more})


def measure_shared(run, kinds):
    """What a rule set takes when one site has it, and when a hundred share it. Without libraries: those are the program's, and `memory` has them."""
    name = f"bouclier {SHARED_SITES} sites"
    table = Table("memory shared", "PSS without files' pages after a few requests, with CRS minus without", "MiB", Bar(SHARED_BAR_MIB, subject=name))
    for count in (1, SHARED_SITES):
        row = table.row(name if count > 1 else "bouclier 1 site")
        for _ in range(run.rounds):
            try:
                base = _start(run, _with_sites(kinds["bouclier"], count), False)
                ours = _start(run, _with_sites(kinds[label("bouclier", LEVEL)], count), True)
                row.add({"base_kib": base[2] * 1024}, ours[2] - base[2])
            except Faulty as fault:
                row.fail(str(fault))
                break
    return table
