"""What a process costs, from /proc."""
import os
import pathlib
import re
import time


def memory(pid, kind):
    """Bytes."""
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M)[1]) * 1024


def pss(pid):
    """Memory, what is shared divided by those who share it."""
    return memory(pid, "Pss")


def rss(pid):
    """Memory that is there, shared or not."""
    return memory(pid, "Rss")


def at_rest(look, pid, seconds=1.0):
    """The least that LOOK(pid) sees in SECONDS: what is given back a moment later, as on a busy machine, is not kept."""
    end, least = time.monotonic() + seconds, look(pid)
    while time.monotonic() < end:
        time.sleep(0.05)
        least = min(least, look(pid))
    return least


def cpu_of(pid):
    """Seconds of processor time so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def descriptors_of(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))
