"""Where a subject's CPU time goes, by program and library: perf's samples of the CPU clock, which virtual machines have too."""
import re
import shutil
import signal
import subprocess
import time

SAMPLES_A_S = 997  # no multiple of the kernel's own tick
SETTLE_S = 0.3
SHOWN = 8
LINE = re.compile(r"^\s*(\d+\.\d+)%\s+(\S+)")


def is_possible():
    return shutil.which("perf") is not None


def take(run, subject, play):
    """[(share in percent, program or library)], largest first, while PLAY() loads the subject."""
    data = run.scratch / f"{subject.name}.perf"
    recording = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_A_S), "-o", str(data), "-p",
                                  ",".join(map(str, subject.pids()))], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(SETTLE_S)
    try:
        play()
    finally:
        recording.send_signal(signal.SIGINT)
        recording.wait(30)
    report = subprocess.run(["perf", "report", "-i", str(data), "--stdio", "-g", "none", "--sort", "dso"], capture_output=True, text=True)
    shares = [(float(found[1]), found[2].strip("[]").removesuffix(".kallsyms")) for found in map(LINE.match, report.stdout.splitlines()) if found]
    return sorted(shares, reverse=True)[:SHOWN]
