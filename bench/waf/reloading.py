"""Reloads under load: does a request fail, does memory grow, how long does one take, what do visitors notice?

Every reload but each fifth changes the site's own rules, which include CRS, so that all of it is compiled anew; each fifth changes nothing but
YAML, and the rules that serve are kept. That either is so is asked of the shield each time, and an attack that only the newest rule knows is sent.
"""
import http.client
import json
import socket
import time
from dataclasses import dataclass, field

from proxy import generator, processes
from proxy.generator import Background, Faulty
from proxy.subjects import Kind, Party, Subject
from proxy.tables import Bar, Table
from proxy.workshop import SITE

from .workloads import ATTACK, LOADS, RELOADS_FAILED_BAR, RELOADS_MEMORY_BAR_KIB

LEVEL = 1
YAML_EACH = 5      # of these one changes no rule
FEW_SHARE = 10     # the first mark is after this part of all
WINDOW = 10        # samples of which a mark is the least
QUIET_S, WARM_S, PATIENCE_S = 10, 1, 120
OWN_RULES_MAX = 50
RULE_ID = 1000
WHOLE = "bouclier"


class _Admin(http.client.HTTPConnection):
    """The shield's own socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=PATIENCE_S)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def _ask(connection, method, path, **more):
    try:
        connection.request(method, path, **more)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Faulty(f"{method} {path}: {error!r}") from None
    finally:
        connection.close()


def _own_rules(rules, number):
    """Another number of them each time, so that what is freed is not just what is needed next."""
    own = "".join(f'SecRule ARGS:word "@streq {_word(number)}" "id:{RULE_ID + nr},phase:2,deny"\n' for nr in range(1 + number % OWN_RULES_MAX))
    return f"SecRequestBodyAccess On\n{rules.lines(LEVEL)}\n{own}"


def _word(number):
    return f"reload{number}"


def _with_own_rules(kind, rules):
    waf = f"waf: {{ mode: block, ruleset: own.conf, paranoia_level: {LEVEL} }}"
    return Kind(f"{kind.name} own rules", kind.ports, kind.command, {**kind.files, "own.conf": ("waf_own.conf", None)},
                values={**kind.values, "WAF": waf, "OWN": _own_rules(rules, 0)})


@dataclass
class Reloads:
    """What was seen of them."""
    seconds: dict = field(default_factory=lambda: {"rules": [], "yaml": []})
    memory: dict = field(default_factory=lambda: {"edge": [], "keeper": []})  # KiB, after each
    files: dict = field(default_factory=lambda: {"edge": [], "keeper": []})
    faults: list = field(default_factory=list)


class _Reloader:
    def __init__(self, subject, rules):
        self.subject, self.rules, self.found = subject, rules, Reloads()
        self.config = subject.folder / "bouclier.yaml"
        self.text, self.number = self.config.read_text(), 0
        self.pids = {"keeper": subject.process.pid, "edge": processes.with_role(subject.pids(), "edge")}
        self.digest = self._rules_in_force()

    def _rules_in_force(self):
        status, body = _ask(_Admin(self.subject.folder / "admin.sock"), "GET", "/status")
        if status != 200:
            raise Faulty(f"the shield's status: {status}")
        return json.loads(body)["sites"][0]["waf"]["rules"]

    def _status_of(self, word):
        connection = http.client.HTTPConnection("127.0.0.1", self.subject.ports["plain"], timeout=PATIENCE_S)
        return _ask(connection, "GET", f"/s/x?word={word}", headers={"Host": SITE})[0]

    def _change(self, changes_rules):
        if changes_rules:
            self.number += 1
            (self.subject.folder / "own.conf").write_text(_own_rules(self.rules, self.number))
        else:  # the site is the last thing in the file
            moved = f"    routes: [{{ path: /moved-{time.monotonic_ns()}, redirect: {{ to: /new, status: 301 }} }}]\n"
            self.config.write_text(self.text + moved)

    def once(self, changes_rules):
        self._change(changes_rules)
        begin = time.monotonic()
        status, body = _ask(_Admin(self.subject.folder / "admin.sock"), "POST", "/reload")
        self.found.seconds["rules" if changes_rules else "yaml"].append(time.monotonic() - begin)
        if status != 200:
            raise Faulty(f"reload {len(self.found.memory['edge']) + 1}: {status} {body[-300:]!r}")
        self._check(changes_rules)
        self._sample()

    def _check(self, changes_rules):
        before, self.digest = self.digest, self._rules_in_force()
        if (before != self.digest) != changes_rules:
            self.found.faults.append(f"the rules are {'the same' if changes_rules else 'others'} after reload {self.number}")
        answers = self._status_of(_word(self.number)), self._status_of(_word(self.number - 1))
        if answers != (403, 200):
            self.found.faults.append(f"the rules of reload {self.number} answer {answers}")

    def _sample(self):
        for who, pid in self.pids.items():
            self.found.memory[who].append(processes.own_kib([pid]))
            self.found.files[who].append(processes.files_held(pid))


def _begin(run, subject):
    """All loads, each a generator of its own, until they are told to end."""
    port = subject.ports["plain"]
    return {name: Background(generator.load_command(run.scratch, port, ["-c", 8, "-r", load.rate, "-f", run.scratch / "requests" / load.request],
                                                    load.seconds_max)) for name, load in LOADS.items()}


def _end(loads):
    return {name: load.end() for name, load in loads.items()}


def _quiet(run, subject, seconds):
    loads = _begin(run, subject)
    time.sleep(seconds)
    return _end(loads)


def _failed(figures, expected):
    """Requests without an answer, or with another than theirs."""
    others = sum(count for status, count in figures["status"].items() if status != expected)
    return figures["broken"] + figures["unanswered"] + figures["backlog"] + others


def _requests_table(reloads, figures, faults):
    table = Table("reloads", f"requests that failed during {reloads} reloads under load, each but every {YAML_EACH}th with other rules", "failed",
                  Bar(RELOADS_FAILED_BAR))
    for name, load in LOADS.items():
        count = _failed(figures[name], load.expected)
        table.row(name).add({**figures[name], "made": figures[name]["answered"] + figures[name]["broken"] + figures[name]["unanswered"],
                             "each_us": None}, count)
    made = sum(table.rows[name].rounds[0]["made"] for name in LOADS)
    table.row(WHOLE).add({"made": made, "closed": sum(one["lost"] for one in figures.values())},
                         sum(table.rows[name].rounds[0]["value"] for name in LOADS), faults)
    return table


def _marks(samples, few):
    """The least of WINDOW samples up to reload FEW, and up to the last: what a request still holds, and what has not been given
    back yet, is above it and goes; what leaks stays and lifts it."""
    return min(samples[max(0, few - WINDOW):few]), min(samples[-WINDOW:])


def _memory_table(found, few):
    count = len(found.memory["edge"])
    table = Table("reloads memory", f"PSS without files' pages, the least of {WINDOW} samples: growth from reload {few} to {count}", "KiB",
                  Bar(RELOADS_MEMORY_BAR_KIB))
    whole = [sum(pair) for pair in zip(found.memory["edge"], found.memory["keeper"])]
    for name, samples in (("edge", found.memory["edge"]), ("keeper", found.memory["keeper"]), (WHOLE, whole)):
        early, late = _marks(samples, few)
        figures = {"early_kib": early, "late_kib": late, "samples": samples}
        if name in found.files:
            held = _marks(found.files[name], few)
            figures["early_files"], figures["late_files"] = held
            if held[1] > held[0]:
                table.row(WHOLE).faults.append(f"{name} keeps files: {held[0]}, then {held[1]}")
        table.row(name).add(figures, late - early)
    return table


def _share(sorted_values, share):
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


def _time_table(found):
    table = Table("reloads time", "from the question to \"in force\", proxy and check on one core under that load", "ms", None)
    for name, title in (("rules", "other rules"), ("yaml", "only YAML")):
        values = sorted(1000 * seconds for seconds in found.seconds[name])
        if values:
            table.row(title).add({"least_ms": values[0], "p99_ms": _share(values, 0.99), "count": len(values)}, _share(values, 0.5))
    return table


def _waits_table(quiet, busy):
    table = Table("reloads waits", "p99 of requests while reloading one time after the other, beside without (the proxy has one core for both)", "us p99")
    for name in LOADS:
        for label, figures in ((name, quiet), (f"{name} reloading", busy)):
            row = table.row(label)
            row.add({key: figures[name][key] for key in ("p50_us", "max_us", "per_s")}, figures[name]["p99_us"])
            row.beside = name
    return table


def _reload_all(run, reloader):
    for number in range(1, run.reloads + 1):
        reloader.once(number % YAML_EACH != 0)
        if not reloader.subject.is_alive():
            raise Faulty(reloader.subject.absence)
        if processes.with_role(reloader.subject.pids(), "edge") != reloader.pids["edge"]:
            raise Faulty(f"the edge was replaced by reload {number}")


def measure(run, kind, rules):
    """KIND: with rules. -> four tables, in a generator."""
    failed = Table("reloads", "requests that failed during reloads", "failed", Bar(RELOADS_FAILED_BAR))
    with Party([Subject(_with_own_rules(kind, rules), run.scratch)]) as (subject,):
        if not subject.is_alive():
            failed.row(WHOLE).absence = subject.absence
            yield failed
            return
        try:
            _quiet(run, subject, WARM_S)
            quiet = _quiet(run, subject, QUIET_S)
            reloader = _Reloader(subject, rules)
            loads = _begin(run, subject)
            try:
                _reload_all(run, reloader)
            finally:
                busy = _end(loads)
        except Faulty as fault:
            failed.row(WHOLE).fail(str(fault))
            yield failed
            return
    few = max(1, run.reloads // FEW_SHARE)
    yield _requests_table(run.reloads, busy, reloader.found.faults)
    yield _memory_table(reloader.found, few)
    yield _time_table(reloader.found)
    yield _waits_table(quiet, busy)
