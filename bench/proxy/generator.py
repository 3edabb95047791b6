"""Runs the generators on their core and says what went wrong, so that no figure is silently false."""
import json
import re
import subprocess
import time

from . import processes
from .subjects import LOAD_CORE, pin
from .workshop import SITE

PATIENCE_S = 60  # beyond what the run should take


class Faulty(Exception):
    """The run gave no figure at all."""


def load_command(scratch, port, options, seconds=None):
    command = [scratch / "bin" / "load", "-p", port, *options]
    return [str(part) for part in command + (["-d", seconds] if seconds is not None else [])]


def h2load_command(port, tls, options, seconds):
    scheme = "https" if tls else "http"
    return ["h2load", *options, "-D", str(max(1, round(seconds))), "--warm-up-time", "0",
            f"--connect-to=127.0.0.1:{port}", f"{scheme}://{SITE}:{port}/s/x"]


def read_load(text):
    try:
        return json.loads(text)
    except ValueError:
        raise Faulty(f"the generator printed no figures: {text[-300:]!r}") from None


def read_h2load(text, wall_s):
    counts = re.search(r"requests: (\d+) total, (\d+) started, (\d+) done, (\d+) succeeded, (\d+) failed, "
                       r"(\d+) errored, (\d+) timeout", text)
    statuses = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", text)
    if not counts or not statuses:
        raise Faulty(f"h2load printed no figures: {text[-300:]!r}")
    _, _, done, succeeded, failed, errored, timeout = (int(n) for n in counts.groups())
    status = {name: int(n) for name, n in zip(("200", "3xx", "4xx", "5xx"), statuses.groups()) if int(n)}
    # "failed" holds the errored, the timed out and the answers that are not 2xx or 3xx.
    return {"answered": succeeded, "broken": failed, "status": status, "wall_s": wall_s, "per_s": succeeded / wall_s,
            "lost": 0, "backlog": 0}


def run(subject, command, read, patience_s):
    """One measured run: the generator's figures, with the subject's CPU time beside them."""
    before = subject.pids()
    cpu, clock = processes.cpu_us(before), time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=patience_s + PATIENCE_S,
                              preexec_fn=pin(LOAD_CORE))
    except subprocess.TimeoutExpired:
        raise Faulty(f"the generator did not end within {patience_s + PATIENCE_S:.0f} s") from None
    wall_s = time.monotonic() - clock
    figures = read(done.stdout) if read is read_load else read(done.stdout, wall_s)
    return account(subject, figures, before, cpu, wall_s)


def account(subject, figures, before, cpu_before, wall_s):
    """EACH_US is the figure of the whole bench. A process that ended took its account along: then there is none."""
    after = subject.pids() if subject.is_alive() else []
    figures["ended_processes"] = sorted(set(before) - set(after))
    figures["cpu_us"] = figures["core"] = figures["each_us"] = None
    if not figures["ended_processes"]:
        cpu = processes.cpu_us(after) - cpu_before
        figures["cpu_us"], figures["core"] = cpu, cpu / 1e6 / wall_s
        figures["each_us"] = cpu / figures["answered"] if figures["answered"] else None
    return figures


class Kept:
    """A generator that has opened its connections and waits: told to go on, it prints its figures."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, preexec_fn=pin(LOAD_CORE))
        line = self.process.stderr.readline()  # the generator itself gives up preparing after a minute
        found = re.match(r"ready (\d+) broken (\d+)", line)
        if not found:
            self.end()
            raise Faulty(f"the generator could not open its connections: {line.strip()}")
        self.open = int(found.group(1))

    def go_on(self, patience_s=0):
        try:
            out, _ = self.process.communicate("go\n", timeout=patience_s + PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.end()
            raise Faulty("the generator did not end") from None
        return read_load(out)

    def end(self):
        self.process.kill()
        self.process.wait()


class Background:
    """A generator that runs while something else is measured. Told to end, it asks nothing more, waits for its last answers, and
    prints its figures."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, preexec_fn=pin(LOAD_CORE))

    def end(self):
        self.process.terminate()
        try:
            out, _ = self.process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Faulty("the generator did not end") from None
        return read_load(out)


def faults(figures, expected=None, rate=None, resumed=False, held=None):
    """What makes these figures not a measure of what they claim to be, in words."""
    found = []
    if not figures["answered"] and held is None:
        found.append("nothing was answered")
    for key in ("broken", "lost"):
        if figures.get(key):
            found.append(f"{figures[key]} {key}")
    wrong = {status: n for status, n in figures.get("status", {}).items() if expected and status != expected}
    found += [f"status {status}: {n}" for status, n in wrong.items()]
    if rate and figures["backlog"] > 0.01 * rate * figures["wall_s"]:
        found.append(f"{figures['backlog']} due and never sent")
    if resumed and figures["resumed"] < 0.95 * figures["handshakes"]:
        found.append(f"only {figures['resumed']} of {figures['handshakes']} resumed")
    if held is not None and figures["held"] < held:
        found.append(f"only {figures['held']} of {held} connections held")
    if figures.get("ended_processes"):
        found.append(f"processes ended during the run: {figures['ended_processes']}")
    return found
