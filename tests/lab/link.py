"""Two network namespaces with a cable between them, for scenes in which packets are invented: a server's and a client's side. They belong to
processes of the scene and end with them; nothing on the machine has a name of theirs."""
import contextlib
import json
import os
import pathlib
import subprocess
import time

import pytest

from lab.place import BINARY, WAIT, wait_until

SERVER, CLIENT = "192.0.2.1", "192.0.2.2"
CITIZENS = "198.51.100.0"  # 250 addresses, all of them on the client's side
SERVER_V6, CLIENT_V6 = "2001:db8::1", "2001:db8::2"
ETHERNET = {"server": "020000000001", "client": "020000000002"}
TOOLS = pathlib.Path(BINARY).resolve().parent / "tests" / "packet"


def tool(name):
    """A program of tests/packet."""
    path = TOOLS / f"packet-{name}"
    if not path.exists():
        pytest.skip(f"{path} was not built")
    return str(path)


class Side:
    """One end. run() and start() are subprocess's, inside."""

    def __init__(self, name):
        self.name, self.started = name, []
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.inside = ["nsenter", "--net", f"--target={self.holder.pid}"]
        outer = os.readlink("/proc/self/ns/net")
        wait_until(lambda: self.holder.poll() is not None or os.readlink(f"/proc/{self.holder.pid}/ns/net") != outer, WAIT, "a network namespace")
        assert self.holder.poll() is None

    def run(self, *words, **options):
        return subprocess.run([*self.inside, *map(str, words)], check=True, capture_output=True, text=True, **options).stdout

    def start(self, *words, **options):
        self.started.append(subprocess.Popen([*self.inside, *map(str, words)], text=True, **options))
        return self.started[-1]

    def set(self, name, value):
        """A sysctl of this namespace."""
        self.run("sh", "-c", f"echo {value} > /proc/sys/{name}")

    def close(self):
        for process in reversed(self.started):
            process.terminate()
            try:
                process.wait(WAIT)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.holder.kill()
        self.holder.wait()


class Link:
    """Both, and what a scene does with them."""

    def __init__(self):
        if os.geteuid() != 0:
            pytest.skip("no CAP_BPF")
        self.server, self.client = Side("server"), Side("client")
        try:
            self._join()
        except BaseException:
            self.close()
            raise

    def _join(self):
        self.client.run("ip", "link", "add", "far", "type", "veth", "peer", "name", "near", "netns", self.server.holder.pid)
        for side, name, addresses in ((self.server, "near", (SERVER, SERVER_V6)), (self.client, "far", (CLIENT, CLIENT_V6))):
            octets = ETHERNET[side.name]
            side.run("ip", "link", "set", name, "address", ":".join(octets[i:i + 2] for i in range(0, 12, 2)))
            side.run("ip", "link", "set", "lo", "up")
            side.run("ip", "addr", "add", f"{addresses[0]}/24", "dev", name)
            side.run("ip", "addr", "add", f"{addresses[1]}/64", "dev", name, "nodad")
            side.run("ip", "link", "set", name, "up")
            side.run("ethtool", "-K", name, "gro", "on", "tx", "off")  # what XDP sends back is taken; checksums are real ones
            for which in ("all", name):
                side.set(f"net/ipv4/conf/{which}/rp_filter", 0)
        self.client.run("ip", "route", "add", "local", f"{CITIZENS}/24", "dev", "lo")
        self.server.run("ip", "route", "add", "default", "via", CLIENT)  # answers to invented sources go back over the cable

    @contextlib.contextmanager
    def filtered(self, flags, port, *more):
        """The kernel filter before the server; yields a dict that holds, afterwards, what it counted."""
        holder = self.server.start(tool("hold"), "near", flags, port, *more, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        counts = {}
        if holder.stdout.readline() != "ready\n":
            said = holder.communicate()[1]
            if "Operation not permitted" in said:
                pytest.skip("no CAP_BPF")
            raise AssertionError(said)
        try:
            yield counts
        finally:
            counts.update(json.loads(holder.communicate(timeout=WAIT)[0]))

    def flood(self, seconds, per_second, recipe, sources="10.0.0.0", count=1 << 24):
        """Begins it. RECIPE as in tests/packet/recipe.h, to the server's Ethernet address already; finished() has its figures."""
        words = f"{recipe} poke f 0 {ETHERNET['server']}{ETHERNET['client']}"
        flood = self.client.start(tool("flood"), "far", seconds, per_second, words, CITIZENS, sources, count, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.3)
        return flood

    def citizens(self, port, seconds, per_second, patience=3.0, server=SERVER):
        """Begins them: over IPv4 each of 250 in turn, over IPv6 from one address."""
        start = [] if ":" in server else [CITIZENS[:-1] + "1"]
        return self.client.start(tool("honest"), server, port, seconds, per_second, patience, *start, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def close(self):
        self.client.close()
        self.server.close()


def finished(process, seconds=20):
    """What a tool said."""
    out, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0 and out, errors
    return json.loads(out)
