"""Disks of a scene's own: small ones, that are full soon, and one that stands still when it is told to. Mounted, so for root only."""
import contextlib
import os
import pathlib
import subprocess

import pytest


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
    """A file that is a disk, whose writers stand still while it is frozen(): who has begun to write does not end, whatever he is sent."""

    def __init__(self, path, size):
        self.path = path
        image = path.with_suffix(".image")
        subprocess.run(["truncate", "-s", size, str(image)], check=True)
        for words in (["mkfs.ext4", "-q", str(image)], ["mount", "-o", "loop", str(image), str(path)]):
            done = subprocess.run(words, capture_output=True, text=True)
            if done.returncode:
                pytest.skip(f"no disk of a file here: {done.stderr.strip()}")
        path.joinpath("lost+found").rmdir()  # a shield takes a folder of root's that is empty

    @contextlib.contextmanager
    def frozen(self):
        subprocess.run(["fsfreeze", "--freeze", str(self.path)], check=True)
        try:
            yield
        finally:
            subprocess.run(["fsfreeze", "--unfreeze", str(self.path)], check=True)

    def close(self):
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
