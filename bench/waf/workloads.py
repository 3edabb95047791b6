"""What is measured. The numbers in the bars are the project's promises."""
from dataclasses import dataclass

from proxy.tables import Bar


@dataclass
class Workload:
    """One request; its name is that of its file. Bars are of the cost with rules minus without."""
    name: str
    title: str
    connections: int        # few where one request takes long: what is half done when the clock stops is nobody's figure
    times: int              # that the engine alone judges it for one figure
    bars: tuple
    with_rules: str = "200"  # the only status that may be answered


NGINX_25, NGINX_50 = Bar(1 / 25, ("nginx",)), Bar(1 / 50, ("nginx",))

ATTACK = Workload("attack", "an SQL injection, refused", 16, 1000, (NGINX_25,), with_rules="403")
WORKLOADS = [
    Workload("get", "a browser's GET, 3 arguments", 16, 2000, (Bar(1 / 25, ("nginx",), 1 / 40),)),
    Workload("form", "a form of 2 KiB", 4, 500, (NGINX_25,)),
    Workload("json", "8 KiB of JSON, 480 leaves", 1, 200, (NGINX_50,)),
    Workload("upload", "an upload of 1 MiB", 1, 500, (NGINX_50, Bar(1 / 8, ("apache",)))),
    ATTACK,
]


@dataclass
class Linear:
    """Bodies of a kind, the smallest, and larger ones with how many times as much they are."""
    base: Workload
    larger: tuple
    subjects: tuple = ("nginx", "apache", "bouclier", "engine alone")
    waf: str = ""           # more keys of Bouclier's `waf`


LINEAR_BAR = 1.1
LINEAR = [
    # Eight times as much: in the same fields, and in eight times as many.
    Linear(Workload("form8k", "a form of 8 KiB in 8 fields", 4, 200, ()),
           ((8, Workload("form_long", "a form of 64 KiB in 8 fields", 1, 50, ())), (8, Workload("form_many", "a form of 64 KiB in 64 fields", 1, 50, ())))),
    # Peers read no body beyond 12.5 MiB by what Debian recommends for them.
    Linear(Workload("upload64k", "an upload of 64 KiB", 1, 50, ()),
           ((16, Workload("upload", "an upload of 1 MiB", 1, 50, ())), (256, Workload("upload16m", "an upload of 16 MiB", 1, 50, ()))),
           subjects=("bouclier",), waf="upload_limit: 32MiB"),
]
EXCLUSIONS, EXCLUSIONS_BAR = 10000, 1.02
LOAD_BAR_MS = 300
MEMORY_BAR_MIB = 16 + 24  # a rule set, and the databases that Vectorscan makes of it
SHARED_SITES, SHARED_BAR_MIB = 100, 16  # a rule set alone, however many sites


@dataclass
class Load:
    """A steady one beside reloads."""
    request: str
    rate: int                # a second
    expected: str = "200"
    seconds_max: int = 3600  # it is told to end before


LOADS = {"get": Load("get", 800), "form": Load("form", 200), "attack": Load("attack", 50, ATTACK.with_rules)}
RELOADS, RELOADS_FAILED_BAR = 200, 0
RELOADS_MEMORY_BAR_KIB = 512
NAMES = [one.name for one in WORKLOADS] + ["linear", "exclusions", "load", "reloads"]
