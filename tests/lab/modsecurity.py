"""ModSecurity 2.9.7 in Apache, asked what it makes of a request: the reference for the engine. Apache listens on loopback in a
folder of its own, and is stopped in the end."""
import pathlib
import re
import socket
import subprocess
import time

from lab.place import free_port, wait_until
from lab.rules import RULES, SETUP

APACHE = "/usr/sbin/apache2"
MODULES = pathlib.Path("/usr/lib/apache2/modules")
MODULE = MODULES / "mod_security2.so"
CONFIG = """ServerRoot {folder}
ServerName localhost
DefaultRuntimeDir {folder}
PidFile {folder}/pid
Listen 127.0.0.1:{port}
User www-data
Group www-data
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule unique_id_module {modules}/mod_unique_id.so
LoadFile libxml2.so.2
LoadModule security2_module {module}
ServerLimit 1
StartServers 1
ThreadsPerChild 2
ThreadLimit 2
MaxRequestWorkers 2
ErrorLog {folder}/error.log
DocumentRoot {folder}/www
SecTmpDir {folder}/state
SecDataDir {folder}/state
SecUploadDir {folder}/state
"""


class Apache:
    """Apache with ModSecurity, on `port`, and what it says in `log`. FOLDER must be one that www-data can read; TEXT: the rest of
    its configuration."""

    def __init__(self, folder, text, port=None, module=MODULE):
        self.log, self.port = folder / "error.log", port or free_port()
        (folder / "www").mkdir()
        (folder / "state").mkdir()
        (folder / "state").chmod(0o777)
        (folder / "apache.conf").write_text(CONFIG.format(folder=folder, port=self.port, modules=MODULES, module=module) + text, "latin-1")
        with open(folder / "said", "wb") as said:
            self.process = subprocess.Popen([APACHE, "-f", folder / "apache.conf", "-DFOREGROUND"], stdout=said, stderr=said)
        self.said = folder / "said"
        wait_until(self._listens, what="Apache listens")

    def _listens(self):
        assert self.process.poll() is None, "Apache does not start: " + self._why()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _why(self):
        return self.said.read_text("utf-8", "replace") + (self.log.read_text("utf-8", "replace") if self.log.exists() else "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(timeout=10)


class ModSecurity(Apache):
    """With CRS, and SETTINGS in front of it."""

    def __init__(self, folder, settings):
        recommended = pathlib.Path(SETUP + "/modsecurity.conf-recommended").read_text()
        recommended = re.sub(r"(?m)^SecUnicodeMapFile ", f"SecUnicodeMapFile {SETUP}/", recommended)
        # Opened at the start, whether or not anything is logged; and /var/log/apache2 is not everywhere.
        recommended = re.sub(r"(?m)^SecAuditLog .*", f"SecAuditLog {folder}/audit.log", recommended)
        (folder / "rules.conf").write_text(
            f"{recommended}\nSecAuditEngine Off\nSecTmpDir {folder}/state\nSecDataDir {folder}/state\n{settings}\n"
            f"Include {SETUP}/crs/crs-setup.conf\nInclude {RULES}/rules/*.conf\n")
        super().__init__(folder, "HttpProtocolOptions Unsafe\nAllowEncodedSlashes On\nLogLevel error\n"
                                 f"Include {folder}/rules.conf\n")

    def ask(self, request):
        """-> (status, the ids in its log). REQUEST must have Connection: close. The log is written before the answer, but for
        phase 5."""
        begin = self.log.stat().st_size
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as stream:
            stream.sendall(request)
            answer = b"".join(iter(lambda: stream.recv(65536), b""))
        time.sleep(0.002)
        ids = re.findall(rb'\[id "(\d+)"\]', self.log.read_bytes()[begin:])
        return int(answer[9:12]), {int(one) for one in ids}
