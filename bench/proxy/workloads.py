"""The list of everything that is measured. The numbers in the bars are the project's promises."""
from dataclasses import dataclass

from .tables import Bar

BOTH = ("nginx", "haproxy")


@dataclass
class Workload:
    """One kind of traffic, measured in CPU time for each of it, or (RATE) in how long citizens wait."""
    name: str
    title: str
    port: str
    load: tuple = ()
    h2load: tuple = ()
    request: str = None        # a file of the requests folder
    expected: str = "200"      # the only status that may be answered
    bar: Bar = None
    subjects: tuple = ("nginx", "haproxy", "h2o", "bouclier")
    at_rate: bool = False
    resumed: bool = False


WITH_FLOOR = ("relay", "nginx", "haproxy", "h2o", "bouclier")

TRAFFIC = [
    Workload("plain", "HTTP/1.1 kept alive", "plain", ("-c", 64), bar=Bar(1.0, BOTH, 0.9), subjects=WITH_FLOOR),
    Workload("browser", "a browser's GET, kept alive", "plain", ("-c", 64), request="browser",
             bar=Bar(1.0, BOTH, 0.9), subjects=WITH_FLOOR),
    Workload("new", "a new connection for each request", "plain", ("-c", 64, "-k"), bar=Bar(1.0, BOTH, 0.9)),
    Workload("tls", "TLS 1.3, HTTP/1.1 kept alive", "tls", ("-c", 64, "-s"), bar=Bar(1.0, BOTH, 0.9)),
    Workload("tls_h2", "TLS 1.3, HTTP/2, 16 connections of 16 streams", "tls", h2load=("-c", "16", "-m", "16"),
             bar=Bar(1.0, ("h2o",))),
    Workload("h2c", "HTTP/2 without TLS, 16 connections of 16 streams", "h2c", h2load=("-c", "16", "-m", "16"),
             bar=Bar(1.0, ("h2o",))),
    Workload("handshake", "full TLS 1.3 handshake, ECDSA P-256, X25519", "tls", ("-c", 32, "-s", "-H"),
             bar=Bar(1.05, ("nginx",), 0.95)),
    Workload("resumed", "resumed TLS 1.3 handshake", "tls", ("-c", 32, "-s", "-H", "-t"), resumed=True),
    Workload("refused", "refused (403), kept alive", "plain", ("-c", 64), request="refused", expected="403",
             bar=Bar(1.0, BOTH, 0.9), subjects=("nginx", "haproxy", "bouclier")),
    Workload("wait", "wait at equal load: p99 of HTTP/1.1 kept alive", "plain", ("-c", 64), at_rate=True,
             bar=Bar(1.1, BOTH), subjects=WITH_FLOOR),
]

IDLE = {  # name -> title, port, options of load, bar in KiB
    "idle": ("idle connection, plain", "plain", (), 1),
    "idle_tls": ("idle connection, TLS 1.3, HTTP/1.1", "tls", ("-s",), 15),
    "idle_h2": ("idle connection, TLS 1.3, HTTP/2", "tls", ("-s", "-2"), 24),
}
BULK = {  # name -> title, port, options of load, request, is an upload
    "bulk_down": ("one download, HTTP/1.1", "plain", (), "bulk_down", False),
    "bulk_up": ("one upload, HTTP/1.1", "plain", (), "bulk_up", True),
    "bulk_down_tls": ("one download, TLS 1.3", "tls", ("-s",), "bulk_down", False),
    "bulk_up_tls": ("one upload, TLS 1.3", "tls", ("-s",), "bulk_up", True),
}
BASE_BAR_MIB, BULK_BAR_MIB, SITES_BAR = 12, 20, 1.05

NAMES = [one.name for one in TRAFFIC] + ["connections", "sites", "base", *IDLE, *BULK]
