"""Who shields the portal: Bouclier at its default, and peers as good administrators harden them. Files in bench/subjects/citizens_*."""
import argparse
from dataclasses import replace

from proxy.subjects import Kind, settings

PORTS = {"plain": 80, "tls": 443}
ATTACKED_PORT = 9001  # of the portal that attackers have for themselves, in scenarios of two sites


def _haproxy(name):
    return Kind(name, PORTS, lambda scratch, folder, ports: ["haproxy", "-db", "-f", folder / "haproxy.cfg"],
                {"haproxy.cfg": (f"citizens_{name}.cfg", None)})


KINDS = [
    Kind("nginx_hard", PORTS, lambda scratch, folder, ports: ["nginx", "-e", "stderr", "-c", folder / "nginx.conf"],
         {"nginx.conf": ("citizens_nginx_hard.conf", None)}),
    _haproxy("haproxy_hard"),
    _haproxy("haproxy_queue"),
    Kind("bouclier", {**PORTS, "metrics": 9180},
         lambda scratch, folder, ports: [settings["bouclier"], "run", "--config", folder / "bouclier.yaml", "--root", scratch],
         {"bouclier.yaml": ("citizens_bouclier.yaml", None)}, many_sites=True),
]
PEERS = ("nginx_hard", "haproxy_hard", "haproxy_queue")


def with_two_sites(kind):
    """KIND as it is where attackers have a site of their own."""
    return replace(kind, files={"bouclier.yaml": ("citizens_bouclier_two.yaml", None)}, values={"ATTACKED": ATTACKED_PORT})


def kinds_named(text):
    """nginx and haproxy stand for all theirs."""
    found = []
    for name in text.split(","):
        named = [kind for kind in KINDS if kind.name == name or kind.name.startswith(name + "_")]
        if not named:
            raise argparse.ArgumentTypeError(f"{name}: not among nginx, haproxy, {', '.join(kind.name for kind in KINDS)}")
        found += [kind for kind in named if kind not in found]
    return found
