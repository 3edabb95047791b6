"""Two networks joined by one cable: the shield and the portal in ours, citizens and attackers in another, where every address of
the Internet is their own. Nothing of it leaves: neither network has a way out."""
import os
import subprocess
import time

SETTINGS = ("net.ipv4.ip_local_port_range=1024 65000", "net.ipv4.tcp_tw_reuse=1", "net.ipv4.conf.all.rp_filter=0",
            "net.core.somaxconn=65535")
WAIT_S = 10


class World:
    SERVER_V4, SERVER_V6 = "10.76.0.1", "fd76::1"
    _CROWD_V4, _CROWD_V6 = "10.76.0.2", "fd76::2"

    def __init__(self, scratch):
        self.scratch = scratch
        self.holder = None  # the process that keeps the crowd's network alive

    def inside_crowd(self):
        """In front of a command that is to run among citizens."""
        return ["nsenter", "-t", str(self.holder.pid), "-n"]

    def _run(self, line, inside=False):
        subprocess.run([*(self.inside_crowd() if inside else []), *line.split()], check=True)

    def _wait_for_network(self):
        ours, end = os.readlink("/proc/self/ns/net"), time.monotonic() + WAIT_S
        while os.readlink(f"/proc/{self.holder.pid}/ns/net") == ours:
            if time.monotonic() > end:
                raise SystemExit("bench: no second network namespace")
            time.sleep(0.01)

    def _address(self, device, v4, v6, inside):
        self._run("ip link set lo up", inside)
        self._run(f"ip addr add {v4}/24 dev {device}", inside)
        self._run(f"ip -6 addr add {v6}/64 dev {device} nodad", inside)
        self._run(f"ip link set {device} up", inside)

    def _spread_packets(self, device, mask, inside):
        """The work of receiving is done on the receiver's core (RPS), not on the sender's."""
        folder = self.scratch / f"sys_{device}"
        folder.mkdir()
        script = f"mount -t sysfs sysfs {folder} && echo {mask} > {folder}/class/net/{device}/queues/rx-0/rps_cpus"
        command = [*(self.inside_crowd() if inside else []), "unshare", "--mount", "sh", "-c", script]
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode:
            print(f"bench: packets for {device} are handled on the sender's core: no RPS here")

    def __enter__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._wait_for_network()
        self._run("ip link add shield0 type veth peer name crowd0")
        self._run(f"ip link set crowd0 netns {self.holder.pid}")
        self._address("shield0", self.SERVER_V4, self.SERVER_V6, False)
        self._address("crowd0", self._CROWD_V4, self._CROWD_V6, True)
        for family, via in (("-4", self._CROWD_V4), ("-6", self._CROWD_V6)):
            self._run(f"ip {family} route add local default dev lo table main", inside=True)
            self._run(f"ip {family} route add default via {via}")
        for setting in SETTINGS:
            subprocess.run([*self.inside_crowd(), "sysctl", "-qw", setting], check=True)
        self._spread_packets("shield0", 1, False)
        self._spread_packets("crowd0", 2, True)
        return self

    def __exit__(self, *_):
        self.holder.kill()
        self.holder.wait()
