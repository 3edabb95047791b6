"""Disks of a scene's own: small ones, that are full soon, and one that stands still when it is told to. Mounted, so for root only."""
import contextlib
import os
import pathlib
import shutil
import subprocess

import pytest


def run(*words):
    return subprocess.run(words, capture_output=True, text=True)


class SmallDisk:
    """In memory, SIZE as mount takes it ("12m")."""

    def __init__(self, path, size):
        self.path = path
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=0755", "tmpfs", str(path)], check=True)

    def resize(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", str(self.path)], check=True)

    def close(self):
        subprocess.run(["umount", str(self.path)], check=True)


class StandingDisk:
    """A file that is a disk, whose writers stand still from freeze() to thaw(): who has begun to write waits, and nothing ends him but thaw()."""

    def __init__(self, path, size):
        self.path, self.is_frozen = path, False
        image = path.with_suffix(".image")
        subprocess.run(["truncate", "-s", size, str(image)], check=True)
        for words in (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(path)]):
            done = run(*words)
            if done.returncode:
                pytest.skip(f"no disk of a file here: {done.stderr.strip()}")
        path.joinpath("lost+found").rmdir()  # a shield takes a folder of root's that is empty

    def freeze(self):
        subprocess.run(["fsfreeze", "--freeze", str(self.path)], check=True)
        self.is_frozen = True

    def thaw(self):
        if self.is_frozen:
            subprocess.run(["fsfreeze", "--unfreeze", str(self.path)], check=True)
        self.is_frozen = False

    def close(self):
        self.thaw()
        subprocess.run(["umount", str(self.path)], check=True)


@contextlib.contextmanager
def mounted(kind, folder, size):
    """A disk of KIND, mounted in FOLDER for as long as this lasts: whoever uses it has to have ended before."""
    if os.geteuid() != 0:
        pytest.skip("needs root: mounts")
    path = pathlib.Path(folder) / "disk"
    path.mkdir()
    disk = kind(path, size)
    try:
        yield disk
    finally:
        disk.close()
