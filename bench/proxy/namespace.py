"""A world of its own for one run: network, process numbers and /proc. Nothing inside can touch the machine's ports,
and nothing inside outlives the run: when its first process ends, the kernel ends the others."""
import os
import signal
import subprocess
import sys
import time

MARK = "BOUCLIER_BENCH_SCRATCH"
UNSHARE = ["unshare", "--net", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]
SETTINGS = {
    "net/core/somaxconn": "65535",
    "net/ipv4/ip_local_port_range": "10000 65000",
    "net/ipv4/tcp_tw_reuse": "1",
    "net/ipv4/tcp_max_syn_backlog": "65535",
}
GRACE_S = 15


def scratch_inside():
    """The scratch folder when we are inside, None outside."""
    return os.environ.get(MARK)


def _interrupted(number, frame):
    raise KeyboardInterrupt


def run_inside(scratch, arguments):
    """Runs this same program inside, with ARGUMENTS; its exit status."""
    signal.signal(signal.SIGTERM, _interrupted)
    environment = {**os.environ, MARK: str(scratch), "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
    inside = subprocess.Popen([*UNSHARE, sys.executable, sys.argv[0], *arguments], env=environment)
    try:
        return inside.wait()
    except KeyboardInterrupt:
        return _wait_or_kill(inside)


def _wait_or_kill(inside):
    """The terminal has told the inside as well; someone with kill(1) has not."""
    end = time.monotonic() + GRACE_S
    inside.send_signal(signal.SIGTERM)
    while inside.poll() is None and time.monotonic() < end:
        try:
            time.sleep(0.1)
        except KeyboardInterrupt:
            break
    inside.kill()
    inside.wait()
    return 130


def furnish():
    """First thing inside."""
    signal.signal(signal.SIGTERM, _interrupted)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for name, value in SETTINGS.items():
        with open(f"/proc/sys/{name}", "w") as setting:
            setting.write(value)
