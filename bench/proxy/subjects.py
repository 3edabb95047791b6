"""Who is measured: how each is configured, started, watched and stopped. Files in bench/subjects/."""
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import processes
from .workshop import BENCH, SITE

ORIGIN_PORT = 9000
PROXY_CORE, LOAD_CORE = 0, 1
LISTEN_S, STOP_S = 15, 10
DESCRIPTORS = 40000
VARIANT_PORT_STEP = 1000  # a second instance of the same subject listens this much higher


def pin(core):
    """For a child about to start: its core, and room for many connections."""
    def apply():
        os.sched_setaffinity(0, {core})
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
        except (OSError, ValueError):  # a root without CAP_SYS_RESOURCE, as in a container
            hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return apply


@dataclass
class Kind:
    """What Bouclier and each peer are, before any is started."""
    name: str
    ports: dict
    command: object  # (scratch, folder, ports) -> list
    files: dict = field(default_factory=dict)  # file to write -> (template, template per site or None)
    refuses: bool = True  # can be told to refuse a path by address
    streams_uploads: bool = True
    many_sites: bool = False
    values: dict = field(default_factory=dict)  # more of what templates name


KINDS = [
    Kind("relay", {"plain": 8000}, refuses=False, streams_uploads=False,
         command=lambda scratch, folder, ports: [scratch / "bin" / "relay", "-p", ports["plain"], "-u", ORIGIN_PORT]),
    Kind("nginx", {"plain": 8101, "tls": 8102, "h2c": 8109}, many_sites=True,
         files={"nginx.conf": ("nginx.conf", None), "sites.conf": (None, "nginx_site.conf")},
         command=lambda scratch, folder, ports: ["nginx", "-e", "stderr", "-c", folder / "nginx.conf"]),
    Kind("haproxy", {"plain": 8201, "tls": 8202, "h2c": 8201},
         files={"haproxy.cfg": ("haproxy.cfg", None)},
         command=lambda scratch, folder, ports: ["haproxy", "-db", "-f", folder / "haproxy.cfg"]),
    # h2o 2.2 keeps a whole request body before it forwards it, and refuses by address only through mruby.
    Kind("h2o", {"plain": 8401, "tls": 8402, "h2c": 8401}, refuses=False, streams_uploads=False,
         files={"h2o.conf": ("h2o.conf", None)},
         command=lambda scratch, folder, ports: ["h2o", "-c", folder / "h2o.conf"]),
    Kind("bouclier", {"plain": 8501, "tls": 8502, "h2c": 8509, "metrics": 8510}, many_sites=True,
         files={"bouclier.yaml": ("bouclier.yaml", "bouclier_site.yaml")},
         command=lambda scratch, folder, ports: [settings["bouclier"], "run", "--config", folder / "bouclier.yaml", "--root", scratch]),
]
settings = {}  # what the command line says about subjects: one run, one set


def set_up(bouclier, bulk_bytes):
    settings["bouclier"] = Path(bouclier).resolve()
    settings["body_gib"] = max(10, -(-bulk_bytes // 2**30))


def _fill_in(template, values):
    text = (BENCH / "subjects" / template).read_text()
    for name, value in values.items():
        text = text.replace(f"@{name}@", str(value))
    return text


class Subject:
    """One running (or absent, or dead) instance."""

    def __init__(self, kind, scratch, sites=(SITE,), label=None, port_step=0):
        self.kind, self.name = kind, label or kind.name
        self.scratch, self.sites = scratch, sites
        self.ports = {use: port + port_step for use, port in kind.ports.items()}
        self.folder = scratch / "subjects" / self.name.replace(" ", "_")
        self.process, self.absence = None, None

    def _write_files(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "state").mkdir()
        (self.folder / "state").chmod(0o1777)  # Apache's workers write there with rights of their own
        shared = {**self.kind.values, "DIR": self.folder, "TLS": self.scratch / "tls", "ORIGIN": ORIGIN_PORT, "PLAIN": self.ports["plain"],
                  "TLS_PORT": self.ports.get("tls"), "H2C": self.ports.get("h2c"), "METRICS": self.ports.get("metrics"),
                  "BODY": f"{settings['body_gib']}GiB"}
        for name, (whole, per_site) in self.kind.files.items():
            text = _fill_in(whole, shared) if whole else ""
            for number, site in enumerate(self.sites if per_site else ()):
                first = number == 0
                hosts = f'{site}, "127.0.0.1"' if first else site
                once = " backlog=65535" if first else ""  # nginx takes a socket's options once
                text += _fill_in(per_site, {**shared, "NAME": site, "HOSTS": hosts, "ONCE": once})
            (self.folder / name).write_text(text)

    def start(self):
        """Runs it and waits until it listens; else ABSENCE tells why not."""
        self._write_files()
        command = [str(part) for part in self.kind.command(self.scratch, self.folder, self.ports)]
        if not shutil.which(command[0]):
            self.absence = f"missing: {command[0]}"
            return
        with open(self.folder / "output", "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, cwd=self.folder, preexec_fn=pin(PROXY_CORE))
        end = time.monotonic() + LISTEN_S
        while self.is_alive() and not self._listens():
            if time.monotonic() > end:
                self.absence = f"does not listen on {self._deaf_ports()} after {LISTEN_S} s; {self._last_output()}"
                self.stop()
            time.sleep(0.05)

    def _deaf_ports(self):
        return sorted(port for port in set(self.ports.values()) if not _answers(port))

    def _listens(self):
        return not self._deaf_ports()

    def _last_output(self):
        text = (self.folder / "output").read_text(errors="replace").strip()
        lines = text.splitlines()[-5:]
        return "last output: " + " | ".join(lines)[-600:] if lines else "it printed nothing"

    def is_alive(self):
        if self.absence or not self.process:
            return False
        status = self.process.poll()
        if status is not None:
            self.absence = f"died (status {status}); {self._last_output()}"
        return status is None

    def pids(self):
        return processes.tree(self.process.pid)

    def stop(self):
        if not self.process or self.process.poll() is not None:
            return
        whole = self.pids()
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            pass
        # Nobody's orphan may keep a port or a core.
        processes.kill([pid for pid in whole if Path(f"/proc/{pid}").exists()], signal.SIGKILL)
        self.process.wait()


def _answers(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Origin:
    """The portal behind all of them, beside the generator. OPTIONS are the program's, NICE its priority."""

    def __init__(self, scratch, options=(), nice=0, port=ORIGIN_PORT):
        def apply():
            pin(LOAD_CORE)()
            os.nice(nice)
        self.process = subprocess.Popen([scratch / "bin" / "origin", "-p", str(port), *map(str, options)], preexec_fn=apply)
        end = time.monotonic() + LISTEN_S
        while not _answers(port):
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("bench: the origin does not start")
            time.sleep(0.05)

    def stop(self):
        """Its log is whole afterwards."""
        self.process.terminate()
        self.process.wait()


class Party:
    """Several subjects, started together and stopped together whatever happens."""

    def __init__(self, subjects):
        self.subjects = subjects

    def __enter__(self):
        for subject in self.subjects:
            subject.start()
        return self.subjects

    def __exit__(self, *_):
        for subject in self.subjects:
            subject.stop()
