"""A name server that says what a scene tells it to, and a shield that asks nobody else."""
import ipaddress
import os
import pathlib
import random
import socket
import struct
import subprocess
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "bench"))

from citizens import names  # noqa: E402  (the path comes first)

KINDS = {1: "A", 12: "PTR", 28: "AAAA"}
SERVFAIL = 0x8182


def reverse(address):
    return ipaddress.ip_address(address).reverse_pointer


class NameServer:
    """On an address of its own in 127.0.0.0/8. Everything that is not told does not exist.

    records   {(name, "PTR"): name, (name, "A"): address, ...}
    failing   names that are answered with SERVFAIL
    silent    names that are not answered at all
    asked     [(name, kind)] of what came
    """

    def __init__(self):
        if os.geteuid() or subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
            pytest.skip("this needs root, and a mount namespace")
        self.records, self.failing, self.silent, self.asked = {}, set(), set(), []
        self.address = f"127.{random.randrange(1, 255)}.{random.randrange(256)}.{random.randrange(1, 255)}"
        self.server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.server.bind((self.address, 53))
        threading.Thread(target=self.serve, daemon=True).start()

    def is_called(self, address, name, *, has=None):
        """ADDRESS has NAME, which has the address HAS: the same one, unless said otherwise; False: none."""
        self.records[reverse(address), "PTR"] = name
        has = address if has is None else has
        if has:
            self.records[name, "AAAA" if ":" in has else "A"] = has

    def look_up(self, name, number):
        kind = KINDS.get(number)
        said = self.records.get((name, kind))
        exists = any(one == name for one, _ in self.records)
        if said is None:
            return None, exists
        return names.name_bytes(said) if kind == "PTR" else ipaddress.ip_address(said).packed, True

    def serve(self):
        while True:
            try:
                query, client = self.server.recvfrom(512)
                name, number, end = names.read_question(query)
            except OSError:
                return
            except ValueError:
                continue
            self.asked.append((name, KINDS.get(number, number)))
            if name in self.failing:
                self.server.sendto(query[:2] + struct.pack("!5H", SERVFAIL, 1, 0, 0, 0) + query[12:end], client)
            elif name not in self.silent:
                self.server.sendto(names.answer(query, self.look_up), client)

    def asks_about(self, address):
        """How many questions came about ADDRESS."""
        return self.asked.count((reverse(address), "PTR"))

    def words(self, folder):
        """In front of the command of a shield that asks only here."""
        for name, text in (("resolv.conf", f"nameserver {self.address}\noptions timeout:1 attempts:1\n"), ("nsswitch.conf", "hosts: files dns\n")):
            folder.joinpath(name).write_text(text)
            folder.joinpath(name).chmod(0o644)
        mount = 'mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"'
        return ["unshare", "-m", "sh", "-c", mount, str(folder)]

    def close(self):
        self.server.close()
