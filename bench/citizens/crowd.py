"""Plays a scenario: writes what each side does (bench/crowd/plan.h), starts both on one clock, reads what they saw."""
import json
import os
import subprocess
import time
from pathlib import Path

from proxy.subjects import LOAD_CORE, pin

PATIENCE_S = 20
START_IN_S = 1.0
CITIZENS_NICE = -10  # beyond the bench's own: what attackers cost the generator is not to colour what citizens wait
ACTORS_MAX = 16000   # of one process: each has a connection, and a container may give no more descriptors than 20,000
PLAN_COPIED = ("role", "profile", "host", "ips", "stride", "conns", "rate", "asset", "assets", "streams", "keep", "visits")


class Faulty(Exception):
    """The run gave no figures."""


def plan_line(scenario, group):
    values = group.values
    pairs = {key: values[key] for key in PLAN_COPIED}
    pairs |= {key: int(values[key]) for key in ("tls", "h2", "cookies", "script", "refresh")}
    pairs |= {f"{key}_ms": values[key] for key in ("interval", "hold", "think", "timeout")}
    pairs["from"] = ",".join(map(str, values["from"]))
    pairs["paths"] = ",".join(f"{weight:g}:{path}" for weight, path in values["path"])
    pairs["body_min"], pairs["body_max"] = values["body"]
    pairs["random_percent"], pairs["evil_ppm"] = values["random"] // 10000, values["evil"]
    pairs["windows"] = ",".join(f"{begin:g}-{end:g}" for begin, end in scenario.windows(group))
    return f"group {group.name} " + " ".join(f"{key}={value}" for key, value in pairs.items())


def divide(groups):
    """Lists of groups, each for one process."""
    parts, room = [], 0
    for group in groups:
        actors = group.values["ips"] * group.values["conns"]
        if not parts or actors > room:
            parts.append([])
            room = ACTORS_MAX
        parts[-1].append(group)
        room -= actors
    return parts


def write_plans(scenario, folder):
    """[(file, is for citizens)]: citizens are a process of their own."""
    plans = []
    for is_citizens, parts in ((True, [scenario.citizens()]), (False, divide(scenario.attackers()))):
        for number, groups in enumerate(parts):
            path = folder / f"{scenario.name}.{'citizens' if is_citizens else 'attackers'}_{number}"
            path.write_text("".join(plan_line(scenario, group) + "\n" for group in groups))
            plans.append((path, is_citizens))
    return plans


def read_lines(text):
    """Pages and groups' counts."""
    pages, groups = [], []
    for line in text.splitlines():
        try:
            one = json.loads(line)
        except ValueError:
            raise Faulty(f"the generator printed: {line[:200]!r}") from None
        (pages if "page" in one else groups).append(one)
    return pages, groups


class Crowd:
    """Both sides, under way. END gives (pages, groups) of all. What they print goes to files: a pipe that nobody empties would stop
    citizens in the middle of the run."""

    def __init__(self, world, scratch, scenario, ports, seed):
        self.start_ns = time.monotonic_ns() + int(START_IN_S * 1e9)
        self.end_s = self.start_ns / 1e9 + scenario.duration_s
        self.processes = []
        for plan, is_citizens in write_plans(scenario, scratch / "plans"):
            command = [*world.inside_crowd(), scratch / "bin" / "crowd", "-f", plan, "-4", world.SERVER_V4, "-6", world.SERVER_V6,
                       "-p", ports["plain"], "-t", ports["tls"], "-s", self.start_ns, "-d", scenario.duration_s, "-S", seed]
            self._start([str(part) for part in command], plan, CITIZENS_NICE if is_citizens else 0)

    def _start(self, command, plan, nice):
        with open(f"{plan}.seen", "w") as seen, open(f"{plan}.faults", "w") as faults:
            process = subprocess.Popen(command, stdout=seen, stderr=faults, preexec_fn=self._pin(nice))
        self.processes.append((process, plan))

    @staticmethod
    def _pin(nice):
        def apply():
            pin(LOAD_CORE)()
            os.nice(nice)
        return apply

    def end(self):
        pages, groups = [], []
        for process, plan in self.processes:
            try:
                process.wait(max(0, self.end_s - time.monotonic()) + PATIENCE_S)
            except subprocess.TimeoutExpired:
                raise Faulty("the generator did not end") from None
            faults = Path(f"{plan}.faults").read_text().strip()
            if process.returncode or faults:
                raise Faulty(f"the generator failed ({process.returncode}): {faults[-300:]}")
            more_pages, more_groups = read_lines(Path(f"{plan}.seen").read_text())
            pages += more_pages
            groups += more_groups
        return pages, groups

    def stop(self):
        for process, _ in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
