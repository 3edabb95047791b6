"""`bouclier drill`: a small attack on a shield of its own. It says what would become of citizens, touches nothing, and leaves nothing."""
import glob
import ipaddress
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import pytest

from lab import BINARY, HOST, Origin, Shield, free_port, make_folder, wait_until

LENGTH = ("--for", "10s")  # the shortest: 2.5 s calm, 5 s attacked, 2.5 s afterwards
NOBODY = 65534
KINDS = {"script", "no_script", "known", "shared", "partner"}


def drill(*words, **options):
    return subprocess.run([BINARY, "drill", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                          env={**os.environ, "NO_COLOR": "1"}, **options)


def folders():
    return set(glob.glob("/tmp/bouclier-drill-*"))


def parents():
    """{pid: parent} of all that runs."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = entry.joinpath("stat").read_text().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            if state != "Z":
                found[int(entry.name)] = int(parent)
    return found


def below(pid):
    """All descendants of PID."""
    known, found, grows = parents(), {pid}, True
    while grows:
        more = {child for child, parent in known.items() if parent in found} - found
        found |= more
        grows = bool(more)
    return found - {pid}


def role_of(pid):
    """The word behind `bouclier`, or --role's."""
    words = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    return words[2] if words[1] == "--role" else words[1]


def fact_of(pid, name):
    return re.search(rf"^{name}:\s*(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.M)[1]


def addresses_of(pids):
    """Every address, near and far, of every socket of the Internet's families that PIDS have."""
    inodes = set()
    for pid in pids:
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes |= set(re.findall(r"^socket:\[(\d+)\]$", os.readlink(link)))
            except OSError:
                pass  # closed meanwhile
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6"):
        for line in pathlib.Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            words = line.split()
            if words[9] in inodes:
                found += [address_of(words[1]), address_of(words[2])]
    return found


def address_of(text):
    digits = text.partition(":")[0]
    words = [bytes.fromhex(digits[i:i + 8])[::-1] for i in range(0, len(digits), 8)]
    return ipaddress.ip_address(b"".join(words))


def write(folder, origin, site=None, **top):
    """A configuration that nobody runs."""
    path = folder / "bouclier.yaml"
    path.write_text(json.dumps({"listen": [{"address": f"127.0.0.1:{free_port()}", "tls": False}], "state": str(folder / "state"),
                                "sites": [{"name": HOST, "origins": [origin.url], **(site or {})}], **top}))
    path.chmod(0o644)
    return path


class Stage:
    """A running shield with its origin, a drill of its site, and what both were before and after."""

    def __init__(self):
        with Origin() as origin, Shield(origin, site={"allowlist": ["192.0.2.0/24"], "cache": "declared", "waf": {"mode": "block"},
                                                      "routes": [{"path": "/x", "origins": [origin.url]}]}) as shield:
            assert shield.get().status == 200
            wait_until(lambda: shield.status()["sites"][0].get("decisions") == {"allow": 1}, what="the one request is counted")
            self.before = self.look(origin, shield)
            self.places = folders()
            self.done = drill("-c", shield.config, *LENGTH, "-o", "json")
            self.after = self.look(origin, shield)
            self.left = folders() - self.places

    @staticmethod
    def look(origin, shield):
        status = shield.status()
        own = {name: status["sites"][0].get(name) for name in ("decisions", "reasons", "statuses", "origins", "level")}
        return {"origin": (origin.accepted, len(origin.requests)), "site": own, "no_site": status["no_site"], "generation": status["generation"],
                "accepted": status["connections"]["accepted"], "pid": status["pid"], "file": shield.config.read_bytes()}


@pytest.fixture(scope="module")
def stage():
    return Stage()


def test_a_site_with_the_usual_settings_stays_reachable(stage):
    assert stage.done.returncode == 0, stage.done
    said = json.loads(stage.done.stdout)
    assert said["verdict"] == {"ok": True, "name": "reachable", "text": "Your portal would have stayed reachable.", "advice": []}
    assert (said["site"], said["rate"], said["calm_ms"], said["attack_ms"], said["after_ms"]) == (HOST, 400, 2500, 5000, 2500)
    assert said["citizens"].keys() == KINDS and not any(each["harmed"] for each in said["citizens"].values())
    for each in said["citizens"].values():
        assert all(each[window]["asked"] >= 3 for window in ("calm", "onset", "attack", "after"))
    assert said["routes_left_out"] and not said["own_rules_left_out"]


def test_it_was_an_attack_and_it_was_kept_out(stage):
    said = json.loads(stage.done.stdout)
    sent = sum(said["attacks"][kind]["sent"] for kind in ("get", "post"))
    assert 0.9 * 2000 <= sent <= 2000 and said["attacks"]["slow"]["sent"] >= 60
    assert said["decisions"]["challenge"] > 500 and sum(each["onset"]["challenged"] for each in said["citizens"].values()) > 0
    assert said["citizens"]["known"]["attack"]["challenged"] == 0 and said["citizens"]["partner"]["attack"]["challenged"] == 0
    assert said["portal"]["onset"]["attackers_ms"] > 0  # it did come through at first
    assert said["portal"]["attack"]["attackers_ms"] < said["portal"]["attack"]["citizens_ms"] / 4
    assert sum(each["calm"]["from_cache"] for each in said["citizens"].values()) > 0


def test_neither_the_running_shield_nor_its_origin_noticed(stage):
    assert stage.before["accepted"] > 0
    assert stage.after == stage.before


def test_nothing_is_left(stage):
    assert not stage.left
    assert not [pid for pid in below(os.getpid()) if role_of(pid) == "drill"]


def test_a_site_that_nothing_protects_would_not_and_is_told_why(folder):
    with Origin() as origin:
        before = folders()
        config = write(folder, origin, {"challenge": "off", "concurrency": "off"}, source_budgets="off")
        said = drill("-c", config, *LENGTH, **({"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}))
        assert said.returncode == 1, said
        assert "Your portal would not have stayed reachable for everybody." in said.stdout
        advice = re.findall(r"^- ([a-z_]+: off)\.", said.stdout, re.M)
        assert advice == ["challenge: off", "concurrency: off", "source_budgets: off"]
        rows = {line[:26].strip(): re.findall(r"(\d+)/(\d+)", line) for line in said.stdout.splitlines()}
        calm, onset = rows["with JavaScript"][:2]
        assert calm[0] == calm[1] and int(onset[0]) < 0.8 * int(onset[1])
        assert "partners of the allowlist" not in rows
        assert origin.accepted == 0 and folders() == before


def test_a_site_that_observes_is_tried_as_if_it_did_not(folder):
    with Origin() as origin:
        said = drill("-c", write(folder, origin, {"guard": "observe"}), *LENGTH)
    assert said.returncode == 0, said
    assert "The site only observes now (guard: observe), and turns nothing away." in said.stdout
    assert "With guard: on, your portal would have stayed reachable.\n- guard: observe." in said.stdout
    assert "Nothing that protects is switched off" not in said.stdout
    asked, refused = map(int, re.search(r"asked (\d+) requests to prove themselves first; turned away (\d+)", said.stdout).groups())
    assert asked + refused > 1000


@pytest.mark.parametrize("words, said", [
    (["--for", "9s"], "from 10s to 5m"), (["--for", "6m"], "from 10s to 5m"), (["--for", "20"], "a duration with its unit"),
    (["--rate", "49"], "from 50 to 2000"), (["--rate", "2001"], "from 50 to 2000"), (["--rate", "-1"], "from 50 to 2000"), (["--rate", "many"], "from 50 to 2000"),
    (["--address", "192.0.2.1"], "there is no option --address"), (["--port", "80"], "there is no option --port"), (["a", "b"], "does not know what to do with b"),
])
def test_what_is_not_understood(words, said, folder):
    done = drill(*words, "-c", folder / "none.yaml")
    assert done.returncode == 2 and said in done.stderr and not done.stdout


def test_what_cannot_be_tried(folder):
    with Origin() as origin:
        before = folders()
        config = write(folder, origin)
        done = drill("www.other.example", "-c", config)
        assert (done.returncode, done.stderr) == (1, "bouclier: there is no site www.other.example in the configuration\n")
        two = write(folder, origin, sites=[{"name": name, "origins": [origin.url]} for name in (HOST, "b.commune.example")])
        done = drill("-c", two)
        assert done.returncode == 1 and "has 2 sites: name the one to try (bouclier drill SITE)" in done.stderr
        passing = write(folder, origin, {"tls": {"mode": "passthrough"}}, listen=[f"127.0.0.1:{free_port()}"])
        done = drill("-c", passing)
        assert done.returncode == 1 and "there is nothing to try" in done.stderr
        bad = write(folder, origin, {"challange": "off"})
        done = drill("-c", bad)
        assert done.returncode == 1 and "did you mean challenge?" in done.stderr
        done = drill("-c", folder / "none.yaml")
        assert done.returncode == 1 and "there is no such file" in done.stderr
        assert folders() == before and origin.accepted == 0


class Running:
    """A drill that runs, until it is left: then nothing of it may be."""

    def __init__(self, *words, **options):
        self.folder, self.words, self.options = make_folder("drill-config"), words, options
        self.before = folders()

    def __enter__(self):
        self.origin = Origin()
        self.said = open(self.folder / "said", "w+")
        self.process = subprocess.Popen([BINARY, "drill", "-c", write(self.folder, self.origin), *LENGTH, *self.words], stdin=subprocess.DEVNULL,
                                        stdout=self.said, start_new_session=True, **{"stderr": self.said, **self.options})
        self.crew = set()
        return self

    def wait_for(self, word):
        wait_until(lambda: word in self.text() or self.process.poll() is not None, 60, f"{word} is said")
        assert self.process.poll() is None, self.text()
        self.crew = below(self.process.pid)
        return self

    def text(self):
        return pathlib.Path(self.said.name).read_text()

    def members(self, role):
        return [pid for pid in self.crew if role_of(pid) == role]

    def ends(self):
        code = self.process.wait(30)
        wait_until(lambda: not self.crew & set(parents()), 10, "the last process is gone")
        return code

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.said.close()
        self.origin.close()
        for left in (folders() - self.before) | {str(self.folder)}:
            shutil.rmtree(left)


def test_this_machine_only_and_without_rights_and_gone_at_ctrl_c():
    with Running() as drilled:
        drilled.wait_for("attack, 5 s")
        time.sleep(0.5)
        addresses = addresses_of(drilled.crew | {drilled.process.pid})
        assert len(addresses) > 100  # all of the attack's
        assert not [each for each in addresses if each.version != 4 or not (each.is_loopback or each == ipaddress.ip_address("0.0.0.0"))]
        near = addresses[0::2]
        assert not [each for each in near if not each.is_loopback]  # 0.0.0.0 is only ever the other end of who listens
        mine = drilled.members("drill")
        assert len(mine) == 2
        for pid in mine:
            assert os.geteuid() != 0 or fact_of(pid, "Uid") != "0"
            assert fact_of(pid, "NoNewPrivs") == "1"
        os.killpg(drilled.process.pid, signal.SIGINT)
        assert drilled.ends() == 1
        assert "the drill was ended; nothing of it is left" in drilled.text()
        assert folders() == drilled.before and drilled.origin.accepted == 0


@pytest.mark.parametrize("role, name", [("run", "shield"), ("drill", "portal"), ("drill", "players")])
def test_a_death_is_noticed(role, name):
    """The portal was started first, the players last."""
    with Running() as drilled:
        drilled.wait_for("calm, 2 s")
        os.kill((max if name == "players" else min)(drilled.members(role)), signal.SIGKILL)
        assert drilled.ends() == 1
        assert f"the drill's own {name} ended before its time: there is no verdict" in drilled.text()
        assert folders() == drilled.before


@pytest.mark.parametrize("role, name", [("run", "shield"), ("drill", "portal")])
def test_a_death_is_noticed_by_who_was_told_to_ignore_it(role, name):
    """Ignored SIGCHLD is inherited: children vanish, and their numbers go to others, whom root's drill must not end."""
    with Running(preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)) as drilled:
        drilled.wait_for("calm, 2 s")
        os.kill(min(drilled.members(role)), signal.SIGKILL)
        assert drilled.ends() == 1
        assert f"the drill's own {name} ended before its time: there is no verdict" in drilled.text()
        assert folders() == drilled.before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE])
def test_nothing_is_left_at_a_signal(number):
    with Running() as drilled:
        drilled.wait_for("calm, 2 s")
        assert folders() != drilled.before
        os.kill(drilled.process.pid, number)
        assert drilled.ends() == 1
        assert "the drill was ended; nothing of it is left" in drilled.text()
        assert folders() == drilled.before


def test_nothing_is_left_where_nobody_reads_any_more():
    """bouclier drill 2>&1 | head -1"""
    with Running(stderr=subprocess.PIPE) as drilled:
        assert drilled.process.stderr.readline() == b"calm, 2 s ...\n"
        drilled.crew = below(drilled.process.pid)
        assert drilled.crew and folders() != drilled.before
        drilled.process.stderr.close()
        assert drilled.ends() == 1
        assert folders() == drilled.before


def test_who_is_killed_takes_the_others_along():
    with Running() as drilled:
        drilled.wait_for("calm, 2 s")
        drilled.process.kill()
        assert drilled.ends() == -signal.SIGKILL
