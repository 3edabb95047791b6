"""What `make install` lays down: in the right places, the configuration of a running site untouched, and a unit that
systemd accepts.
"""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def house(tmp_path):
    """A copy of packaging/ beside a build/ that holds a stand-in for the program: only its place matters here."""
    shutil.copytree(ROOT / "packaging", tmp_path / "packaging")
    (tmp_path / "build/man").mkdir(parents=True)
    shutil.copy("/bin/true", tmp_path / "build/bouclier")
    (tmp_path / "build/man/bouclier.1.gz").write_bytes(b"")
    (tmp_path / "build/man/bouclier.yaml.5.gz").write_bytes(b"")
    (tmp_path / "build/man/bouclier.schema.json").write_bytes(b"{}")
    library = tmp_path / "build/src/waf/library"
    library.mkdir(parents=True)
    for name in ("libbouclier-waf.so.0.1.0", "libbouclier-waf.a"):
        (library / name).write_bytes(b"")
    (library / "bouclier-waf.pc").write_text((ROOT / "src/waf/library/bouclier-waf.pc.in").read_text().replace("@VERSION@", "0.1.0"))
    for name in ("src/waf/library/bouclier/waf.h", "examples/waf.c"):
        (tmp_path / name).parent.mkdir(parents=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def install(house, prefix, **settings):
    environment = {**os.environ, "PREFIX": prefix, "DESTDIR": str(house / "dest"), **settings}
    return subprocess.run([house / "packaging/install"], env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("prefix", ["/usr", "/usr/local", "/opt/bouclier"])
def test_everything_is_in_its_place(house, prefix):
    assert install(house, prefix).returncode == 0
    dest = pathlib.Path(f"{house}/dest{prefix}")
    assert os.access(dest / "bin/bouclier", os.X_OK)
    for path in ["lib/sysusers.d/bouclier.conf", "lib/tmpfiles.d/bouclier.conf", "share/doc/bouclier/bouclier.yaml", "share/bouclier/bouclier.schema.json",
                 "share/man/man1/bouclier.1.gz", "share/man/man5/bouclier.yaml.5.gz"]:
        assert (dest / path).is_file()
    for path in ["lib/libbouclier-waf.so.0.1.0", "lib/libbouclier-waf.so", "lib/libbouclier-waf.a", "include/bouclier/waf.h"]:
        assert (dest / path).is_file()
    assert (dest / "lib/pkgconfig/bouclier-waf.pc").read_text().startswith(f"prefix={prefix}\n")
    unit = (dest / "lib/systemd/system/bouclier.service").read_text()
    assert f"ExecStart={prefix}/bin/bouclier run --config /etc/bouclier/bouclier.yaml" in unit
    assert unit.index(f"ExecReload={prefix}/bin/bouclier check") < unit.index("ExecReload=/bin/kill -HUP")
    assert unit.index(f"ExecReload=-+{prefix}/bin/bouclier packet egress follow --attached ") < unit.index("ExecReload=/bin/kill -HUP")
    assert unit.index(f"ExecStartPre=-+{prefix}/bin/bouclier packet egress follow --config") < unit.index("ExecStart=")
    assert f"ExecStart={prefix}/bin/bouclier packet egress follow --attached " in (dest / "lib/systemd/system/bouclier-egress.service").read_text()
    assert "MemoryDenyWriteExecute=" not in unit
    assert f"$schema=file://{prefix}/share/bouclier/bouclier.schema.json\n" in (dest / "share/doc/bouclier/bouclier.yaml").read_text()
    # An example in the place of the configuration would keep `bouclier protect` from writing one.
    assert not (house / "dest/etc").exists()


def test_another_folder_of_configurations(house):
    assert install(house, "/usr", SYSCONFDIR="/opt/etc").returncode == 0
    dest = house / "dest/usr/lib"
    assert "--config /opt/etc/bouclier/bouclier.yaml\n" in (dest / "systemd/system/bouclier.service").read_text()
    assert "d /opt/etc/bouclier 0755" in (dest / "tmpfiles.d/bouclier.conf").read_text()
    assert "ReadWritePaths=/etc/bouclier-bgp\n" in (dest / "systemd/system/bouclier-bgp.service").read_text()   # as the program has it


def test_a_configuration_that_is_there_stays(house):
    own = house / "dest/etc/bouclier/bouclier.yaml"
    own.parent.mkdir(parents=True)
    own.write_text("mine\n")
    assert install(house, "/usr").returncode == 0
    assert own.read_text() == "mine\n"


@pytest.mark.parametrize("prefix", ["usr", "/usr; true", "/usr#x"])
def test_an_odd_prefix_is_refused(house, prefix):
    result = install(house, prefix)
    assert result.returncode == 1 and "PREFIX" in result.stderr
    assert not (house / "dest").exists()


def test_nothing_built_is_said(house):
    (house / "build/bouclier").unlink()
    result = install(house, "/usr")
    assert result.returncode == 1 and "run make first" in result.stderr


def test_the_services_beside_the_shield(house):
    assert install(house, "/opt/bouclier").returncode == 0
    units = house / "dest/opt/bouclier/lib/systemd/system"
    assert "ExecStart=/opt/bouclier/bin/bouclier packet run --config /etc/bouclier/bouclier.yaml" in (units / "bouclier-packet.service").read_text()
    attach = (units / "bouclier-packet-attach.service").read_text()
    for line in ("Restart=on-failure\n", "StartLimitBurst=6\n", "TimeoutStartSec=30s\n", "KillMode=process\n", "Wants=bouclier-packet.service\n"):
        assert line in attach, line
    bgp = (units / "bouclier-bgp.service").read_text()
    assert "ExecStart=/opt/bouclier/bin/bouclier packet bgp watch --config /etc/bouclier/bouclier.yaml" in bgp
    assert [line for line in bgp.splitlines() if line.startswith("ExecReload=")] == ["ExecReload=/bin/kill -HUP $MAINPID"], "it has no right that a check needs, and refuses a bad file by itself"
    for line in ("CapabilityBoundingSet=\n", "Before=bird.service\n", "Type=notify\n", "Restart=always\n", "StartLimitIntervalSec=0\n", "ConditionPathExists=/etc/bouclier-bgp\n",
                 "ReadWritePaths=/etc/bouclier-bgp\n"):
        assert line in bgp, line


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze")
@pytest.mark.parametrize("name", ["bouclier.service", "bouclier-packet.service", "bouclier-packet-attach.service", "bouclier-bgp.service", "bouclier-egress.service", "bouclier-egress.timer", "bouclier-probe.service", "bouclier-watch.service", "bouclier-backup.service", "bouclier-backup.timer"])
def test_systemd_accepts_the_units(house, name):
    assert install(house, "/usr").returncode == 0
    for unit in (house / "dest/usr/lib/systemd/system").iterdir():
        unit.write_text(unit.read_text().replace("/usr/bin/bouclier", f"{house}/dest/usr/bin/bouclier"))
    result = subprocess.run(["systemd-analyze", "verify", "--man=no", house / "dest/usr/lib/systemd/system" / name], capture_output=True, text=True)
    assert (result.returncode, result.stderr.strip()) == (0, "")
