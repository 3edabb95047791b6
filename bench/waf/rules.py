"""The rule set that all subjects load: Debian's package, or a release of CRS as it is unpacked."""
import glob
from pathlib import Path

DEBIAN = ("/etc/modsecurity/crs/crs-setup.conf", "/usr/share/modsecurity-crs/rules/*.conf")
# CRS 3 asks the first, CRS 4 the others.
PARANOIA = ("paranoia_level", "blocking_paranoia_level", "detection_paranoia_level")


class RuleSet:
    """FOLDER None: Debian's."""

    def __init__(self, folder=None):
        self.folder = Path(folder).resolve() if folder else None
        setup, rules = DEBIAN
        if self.folder:
            found = [self.folder / name for name in ("crs-setup.conf", "crs-setup.conf.example") if (self.folder / name).exists()]
            setup = str(found[0]) if found else None
            rules = f"{self.folder}/rules/*.conf"
        if not setup or not glob.glob(rules):
            raise SystemExit(f"bench: {self.folder or DEBIAN[1]}: no crs-setup.conf, or no rules")
        self.setup, self.rules = setup, rules

    def lines(self, level):
        """In the language of rules."""
        values = ",".join(f"setvar:tx.{name}={level}" for name in PARANOIA)
        return f'Include {self.setup}\nSecAction "id:1,phase:1,nolog,pass,t:none,{values}"\nInclude {self.rules}'

    def files(self):
        """Each that LINES include, and what those name."""
        return [self.setup, *sorted(glob.glob(self.rules)), *sorted(glob.glob(str(Path(self.rules).with_suffix(".data"))))]

    def name(self):
        """As a site says it."""
        return str(self.folder) if self.folder else "crs"
