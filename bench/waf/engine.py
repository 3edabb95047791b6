"""Bouclier's engine without Bouclier: build/tests/waf-case, which judges a request many times and tells its CPU time."""
import re
import resource
import subprocess

from proxy.generator import Faulty
from proxy.subjects import PROXY_CORE, pin

from .subjects import recommended

NAME = "engine alone"
PATIENCE_S = 120
START = "{recommended}\nSecRuleEngine On\nSecResponseBodyAccess Off\n{rules}\n"


class Engine:
    """PROGRAM is told the rules of LEVEL; a subject of one row."""

    def __init__(self, program, scratch, level, rules):
        self.program, self.files = program, rules.files()
        self.start = scratch / "subjects" / f"engine{level}.conf"
        self.start.write_text(START.format(recommended=recommended("apache"), rules=rules.lines(level)))
        self.absence = None if program.exists() else f"missing: {program}"

    def _run(self, words, text):
        return subprocess.run([self.program, *words, self.start, *self.files], input=text, capture_output=True, timeout=PATIENCE_S,
                              preexec_fn=pin(PROXY_CORE))

    def request_us(self, request, times):
        done = self._run(["-n", str(times)], b"%d 0\n" % len(request) + request)
        found = re.search(rb"([\d.]+) us of CPU a request", done.stderr)
        if not found:
            raise Faulty(f"waf-case printed no figure: {done.stderr[-200:]!r}")
        return float(found[1])

    def load_ms(self):
        """CPU time of a start that judges nothing."""
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        if self._run([], b"").returncode:
            raise Faulty("waf-case does not start")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1000
