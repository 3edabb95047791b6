"""`make run` as a person types it, on other ports: it starts, the portal is there, Ctrl-C leaves nothing."""
import fcntl
import os
import pathlib
import pty
import re
import signal
import subprocess
import tempfile
import termios
import time

import pytest

import lab
from test_hub_change import PASSWORD, Person

STARTED_BY = "BOUCLIER_SCENE"  # in the environment of everything that make starts, and of nothing else


def is_tree_whole():
    """The tree that make works on: this one, unless its build is somebody else's (then make would build it anew)."""
    return (lab.ROOT / "build/build.ninja").exists() and pathlib.Path(lab.BINARY).resolve() == (lab.ROOT / "build/bouclier").resolve()


def started(mark):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if mark in entry.joinpath("environ").read_bytes() and entry.joinpath("stat").read_text().rpartition(")")[2].split()[0] != "Z":
                found.append(entry.joinpath("cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return found


class Run:
    """make run in a terminal of its own. WORDS go before it. One at a time: they share the tree's build and its .run."""

    def __init__(self, portal="demo", words=(), demo=""):
        self.alone = open(pathlib.Path(tempfile.gettempdir()) / "bouclier-make-run.lock", "wb")
        fcntl.flock(self.alone, fcntl.LOCK_EX)
        self.port, self.http_port, self.portal_port, metrics_port, console_port = (lab.free_port() for _ in range(5))
        self.mark = f"{STARTED_BY}={os.getpid()}-{self.port}"
        name, _, value = self.mark.partition("=")
        environment = {**os.environ, name: value, "PORT": str(self.port), "HTTP_PORT": str(self.http_port),
                       "PORTAL_PORT": str(self.portal_port), "METRICS_PORT": str(metrics_port), "CONSOLE_PORT": str(console_port), "DEMO": demo}
        self.hub_port = console_port
        self.terminal, inner = pty.openpty()
        self.process = subprocess.Popen([*words, "make", "run", f"PORTAL={portal}"], cwd=lab.ROOT, env=environment, stdin=inner, stdout=inner,
                                        stderr=inner, start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(inner)
        os.set_blocking(self.terminal, False)
        self.said = ""

    def listen(self):
        try:
            self.said += os.read(self.terminal, 65536).decode(errors="replace")
        except OSError:
            pass
        return self.said

    def wait(self, text, seconds=120):
        lab.wait_until(lambda: text in self.listen() or self.process.poll() is not None, seconds, f"{text!r} on the terminal")
        assert text in self.listen(), self.said

    def interrupt(self):
        """Ctrl-C: the terminal sends SIGINT to what runs in front."""
        os.write(self.terminal, b"\x03")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        os.close(self.terminal)
        self.alone.close()


def curl(*words):
    return subprocess.run(["curl", "-sk", "--max-time", "20", *words], capture_output=True, text=True, timeout=30).stdout


whole_tree = pytest.mark.skipif(not is_tree_whole(), reason="make would build another program than the one under test")


@whole_tree
def test_make_run():
    with Run() as run:
        run.wait("Ctrl-C stops all of it")
        page = curl(f"https://localhost:{run.port}/", "-w", "%{http_code} %{http_version}")
        assert "Aldersbeke" in page and page.endswith("200 2")
        assert curl("--http1.1", f"https://127.0.0.1:{run.port}/", "-o", "/dev/null", "-w", "%{http_code}") == "200"
        assert curl(f"http://localhost:{run.http_port}/x", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}") == \
            f"308 https://localhost:{run.port}/x"
        assert curl("-H", "Host: other.example", f"https://localhost:{run.port}/", "-o", "/dev/null", "-w", "%{http_code}") == "421"
        assert '"X-Forwarded-Proto",\n   "https"' in curl(f"https://localhost:{run.port}/headers")
        attack = re.search(r"curl -k '(https://\S+)' +\(an attack, 403", run.said)[1]
        refusal = curl(attack, "-w", "%{http_code}")
        assert refusal.endswith("403") and "mailto:it@aldersbeke.example" in refusal, refusal
        words = re.search(r"build/bouclier (explain REFERENCE --config \S+)", run.said)[1].split()
        words[1] = re.search(r"<code>([0-9a-f]{32})</code>", refusal)[1]
        lab.wait_until(lambda: "942100" in subprocess.run([lab.BINARY, *words], cwd=lab.ROOT, capture_output=True, text=True, timeout=20).stdout)
        lab.wait_until(lambda: "served in" in (lab.ROOT / ".run/probe.log").read_text(), what="a probe that is served")
        assert len(started(run.mark.encode())) >= 5
        run.interrupt()
        run.wait("Stopping.", 10)
        run.process.wait(20)
        lab.wait_until(lambda: not started(run.mark.encode()), what="nothing is left")
        for port in (run.port, run.http_port, run.portal_port):
            assert not curl(f"http://127.0.0.1:{port}/")


@whole_tree
def test_make_run_that_is_killed():
    """Whoever kills the script has killed what it started."""
    with Run() as run:
        run.wait("Ctrl-C stops all of it")
        script = next(int(entry.name) for entry in pathlib.Path("/proc").glob("[0-9]*") if is_script(entry, run.mark.encode()))
        os.kill(script, signal.SIGKILL)
        lab.wait_until(lambda: not started(run.mark.encode()), 20, "nothing is left")


def is_script(entry, mark):
    try:
        return entry.joinpath("cmdline").read_bytes().startswith(b"/bin/bash\0tools/run\0") and mark in entry.joinpath("environ").read_bytes()
    except OSError:
        return False


# The same tree at the same place, where only root may enter it: the mounts are this command's alone.
LOCKED = """\
mount -t tmpfs -o mode=0755 tmpfs "$1" && mkdir -m 0700 "$1/upper" && mkdir "$1/work" &&
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$2" && cd "$2" && shift 2 && exec "$@"
"""


@whole_tree
@pytest.mark.skipif(os.getuid() != 0, reason="needs root: mounts")
def test_make_run_in_a_locked_folder(tmp_path):
    with Run(words=["unshare", "-m", "--propagation", "private", "sh", "-c", LOCKED, "sh", str(tmp_path), str(lab.ROOT)]) as run:
        run.wait("Ctrl-C stops all of it")
        assert curl(f"https://localhost:{run.port}/", "-o", "/dev/null", "-w", "%{http_code}") == "200"
        folder = re.search(r"is in (/run/\S+) while it runs", run.said)[1]
        top = subprocess.run([lab.BINARY, "top", "--once", "--config", f"{folder}/bouclier.yaml"], capture_output=True, text=True, timeout=20)
        assert top.returncode == 0, top.stderr
        run.interrupt()
        run.wait("Stopping.", 10)
        run.process.wait(20)
        lab.wait_until(lambda: not started(run.mark.encode()), what="nothing is left")
        assert not pathlib.Path(folder).exists()


# The same tree, with another .run, which stays from one run to the next.
WITH_RUN = 'mkdir -p "$2/.run" && mount --bind "$1" "$2/.run" && cd "$2" && shift 2 && exec "$@"'


def demonstration(folder):
    return Run(words=["unshare", "-m", "--propagation", "private", "sh", "-c", WITH_RUN, "sh", str(folder), str(lab.ROOT)], demo="attack")


def incidents(person):
    """Not faster than a session may ask."""
    time.sleep(0.3)
    return person.good("GET", "/incidents")["incidents"]


def end(run):
    run.interrupt()
    run.wait("Stopping.", 10)
    run.process.wait(40)
    lab.wait_until(lambda: not started(run.mark.encode()), what="nothing is left")


@whole_tree
@pytest.mark.skipif(os.getuid() != 0, reason="needs root: mounts")
def test_the_attack_is_seen_each_time(tmp_path):
    """A newcomer sees an incident being born, contained and closed, makes an account on the way, and the next day sees another."""
    tmp_path.chmod(0o755)
    with demonstration(tmp_path) as run:
        run.wait("small attack begins")
        assert "with the account" not in run.said
        person = Person(run, "agnes", re.search(r"it asks for a code, once: (\S+)", run.said)[1])
        first = lab.wait_until(lambda: incidents(person), 60, "it is born")
        assert [(one["id"], one["family"], one["status"], one["sites"]) for one in first] == [(1, "attack", "new", ["localhost"])]
        lab.wait_until(lambda: incidents(person)[0]["status"] == "contained", 120, "it is contained")
        lab.wait_until(lambda: incidents(person)[0]["status"] == "closed", 60, "it is closed")
        assert incidents(person)[0]["waves"] == 1 and len(incidents(person)) == 1
        end(run)
    with demonstration(tmp_path) as run:
        run.wait("small attack begins")
        assert "with the account that you made before" in run.said and "asks for a code" not in run.said
        person.port, person.cookie, person.csrf = run.hub_port, None, None
        assert person.good("POST", "/session", {"name": "agnes", "password": PASSWORD})["person"]["name"] == "agnes"
        lab.wait_until(lambda: len(incidents(person)) == 2, 60, "another one is born")
        newest, oldest = incidents(person)
        assert (newest["id"], newest["status"], newest["waves"]) == (2, "new", 1) and (oldest["id"], oldest["status"], oldest["waves"]) == (1, "closed", 1)
        lab.wait_until(lambda: incidents(person) and [one["id"] for one in person.good("GET", "/incidents/2")["related"]] == [1], 30, "it is related to the first")
        end(run)


@whole_tree
def test_port_in_use():
    with lab.Origin() as origin:
        answer = subprocess.run(["tools/run"], cwd=lab.ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                                env={**os.environ, "PORT": str(origin.port)})
        assert answer.returncode == 1 and f"port {origin.port} is in use" in answer.stderr


def test_portal_is_named():
    answer = subprocess.run(["tools/run"], cwd=lab.ROOT, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                            env={**os.environ, "PORTAL": "wordpress"})
    assert answer.returncode == 1 and "demo, mediawiki" in answer.stderr
