"""Rules asked without a socket: Debian's Core Rule Set in the shield's engine alone (build/tests/waf-case), or in libmodsecurity."""
import glob
import json
import os
import pathlib
import re
import subprocess

from lab.place import ROOT

PROGRAM = os.environ.get("WAF_CASE", str(ROOT / "build" / "tests" / "waf-case"))
OTHER = str(pathlib.Path(PROGRAM).with_name("ask-libmodsecurity"))  # there where libmodsecurity-dev was when tests were built
RULES = "/usr/share/modsecurity-crs"
SETUP = "/etc/modsecurity"
UNMATCHED = "SecRule MULTIPART_UNMATCHED_BOUNDARY"


def crs_files():
    """Every file that Debian's set is read from."""
    files = [SETUP + "/modsecurity.conf-recommended", SETUP + "/unicode.mapping", RULES + "/owasp-crs.load"]
    for pattern in (SETUP + "/crs/*.conf", RULES + "/rules/*.conf", RULES + "/rules/*.data"):
        files += sorted(glob.glob(pattern))
    return files


def at_paranoia(level):
    """Settings for Rules: the engine decides, at this paranoia level."""
    return f'SecRuleEngine On\nSecAction "id:1,phase:1,nolog,pass,setvar:tx.paranoia_level={level}"\n'


class Asked:
    """A program that is given requests, and tells in a line of JSON for each which rules matched."""

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, request, response=b""):
        self.process.stdin.write(b"%d %d\n" % (len(request), len(response)) + request + response)
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def judge(self, request):
        return json.loads(self.ask(request))

    def close(self):
        self.process.stdin.close()
        return self.process.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.close() == 0


class Rules(Asked):
    """The engine. SETTINGS stand between ModSecurity's recommended file and the set; FILES are what they include."""

    def __init__(self, folder, settings="", files=(), options=()):
        start = pathlib.Path(folder) / "case.conf"
        start.write_text(f"Include {SETUP}/modsecurity.conf-recommended\n{settings}\nInclude {RULES}/owasp-crs.load\n")
        super().__init__([PROGRAM, *options, str(start), *map(str, files), *crs_files()])


class Libmodsecurity(Asked):
    """The same rules and settings, but for directives that libmodsecurity does not know, and logs."""

    def __init__(self, folder, settings=""):
        start = pathlib.Path(folder) / "libmodsecurity.conf"
        text = pathlib.Path(SETUP + "/modsecurity.conf-recommended").read_text()
        text = re.sub(r"(?m)^(SecRequestBodyInMemoryLimit|SecAuditLog) .*$", "", text)
        text = re.sub(r"(?m)^SecUnicodeMapFile ", f"SecUnicodeMapFile {SETUP}/", text)
        text = text.replace(UNMATCHED + ' "!@eq 0"', UNMATCHED + ' "@eq 1"')  # as its own recommended file asks
        start.write_text(f"{text}\nSecAuditEngine Off\n{settings}\nInclude {SETUP}/crs/crs-setup.conf\nInclude {RULES}/rules/*.conf\n")
        super().__init__([OTHER, str(start)])
