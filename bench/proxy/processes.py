"""A subject's whole process tree, as the kernel accounts for it."""
import os
import re
from pathlib import Path

PROC = Path("/proc")


def _parent(pid):
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except OSError:
        return None
    return int(stat[stat.rindex(")") + 2:].split()[1])


def tree(pid):
    """PID and all below it."""
    children = {}
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            children.setdefault(_parent(int(entry.name)), []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting += children.get(one, [])
    return found


def cpu_us(pids):
    """Time on a core so far, from the scheduler's own nanosecond clock: no sampling, no ticks."""
    total_ns = 0
    for pid in pids:
        for task in PROC.glob(f"{pid}/task/*/schedstat"):
            try:
                total_ns += int(task.read_text().split()[0])
            except OSError:
                pass  # the thread has ended; the caller compares the trees
    return total_ns / 1000


def ended_us(pids):
    """Time of children that have ended and were waited for: in ticks, which is fine for what takes many of them."""
    total = 0
    for pid in pids:
        try:
            stat = (PROC / str(pid) / "stat").read_text()
        except OSError:
            continue
        total += sum(int(field) for field in stat[stat.rindex(")") + 2:].split()[13:15])  # cutime, cstime
    return total * 1e6 / os.sysconf("SC_CLK_TCK")


def _kib(pid, file, key):
    try:
        found = re.search(rf"^{key}:\s+(\d+) kB", (PROC / str(pid) / file).read_text(), re.M)
    except OSError:
        return 0
    return int(found.group(1)) if found else 0


def pss_kib(pids):
    """Proportional: what a library shared by several costs is divided among them."""
    return sum(_kib(pid, "smaps_rollup", "Pss") for pid in pids)


def with_role(pids, role):
    """The newest of Bouclier's processes that has ROLE; None."""
    found = None
    for pid in pids:
        try:
            words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"--role" in words and words[words.index(b"--role") + 1] == role.encode():
            found = max(found or 0, pid)
    return found


def own_kib(pids):
    """Without pages of files: of a library, PSS changes whenever any other program on the machine begins or ends."""
    return sum(_kib(pid, "smaps_rollup", key) for pid in pids for key in ("Pss_Anon", "Pss_Shmem"))


def files_held(pid):
    """Descriptors that are no sockets: memory without a name above all, which no account of a process shows."""
    found = 0
    for entry in (PROC / str(pid) / "fd").iterdir():
        try:
            found += not os.readlink(entry).startswith("socket:")
        except OSError:
            pass  # closed meanwhile
    return found


def rss_kib(pids):
    return sum(_kib(pid, "status", "VmRSS") for pid in pids)


def peak_rss_kib(pids):
    return sum(_kib(pid, "status", "VmHWM") for pid in pids)


def peak_rss_forget(pids):
    """From now on the peak is the peak since now (proc(5), clear_refs)."""
    for pid in pids:
        (PROC / str(pid) / "clear_refs").write_text("5")


def kill(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
