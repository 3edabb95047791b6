"""The shield itself has no database: what reads strangers' requests is not linked with one, however the rooms grow."""
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BOUCLIER = pathlib.Path(os.environ.get("BOUCLIER", ROOT / "build/bouclier"))


def needed(program):
    dynamic = subprocess.run(["readelf", "-d", program], check=True, capture_output=True, text=True).stdout
    return [line.split("[")[1].rstrip("]") for line in dynamic.splitlines() if "(NEEDED)" in line]


# What the hub alone may have in its memory.
OF_THE_HUB = ("sqlite", "libcurl", "libargon2", "libfido2", "libcbor")


def test_the_shield_is_not_linked_with_what_is_the_hubs():
    libraries = needed(BOUCLIER)
    assert any(name.startswith("libcrypto") for name in libraries)  # it was read at all
    assert not [name for name in libraries if name.startswith(OF_THE_HUB) or "sqlite" in name]


def test_one_file_includes_sqlite():
    found = [path.relative_to(ROOT).as_posix() for path in (ROOT / "src").rglob("*.[ch]") if "sqlite3.h" in path.read_text()]
    assert found == ["src/store/sqlite.c"]
