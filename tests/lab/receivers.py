"""Who is told by the hub's alerts, as real programs: Debian's exim (mail), Debian's rsyslog (syslog over TLS); and a peer of webhooks, which may be anybody."""
import email
import email.policy
import hashlib
import hmac
import http.server
import json
import os
import pathlib
import pwd
import shutil
import socket
import ssl
import subprocess
import threading

from lab.place import HOST, free_port, make_folder, wait_until
from lab.tls import make_certificate

EXIM = "/usr/sbin/exim4"
RSYSLOG = "/usr/sbin/rsyslogd"


def is_open(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Program:
    """A server in the foreground, with a folder of its own; it may end and come again on the same port."""

    def __init__(self, kind):
        self.folder, self.port, self.process = make_folder(kind), free_port(), None

    def start(self):
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=open(self.folder / "stderr", "ab"))
        wait_until(lambda: is_open(self.port) or self.process.poll() is not None, what=f"{self.command()[0]} to listen")
        assert self.process.poll() is None, (self.folder / "stderr").read_text()
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10)
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)


class Mail(Program):
    """Exim, delivering what comes for anybody at commune.example but `nobody` into one maildir. PASSWORD: who sends logs in as `shield`. TLS_ONLY: from the first byte."""

    def __init__(self, password=None, starttls=True, tls_only=False):
        super().__init__("exim")
        user = pwd.getpwnam("Debian-exim")
        self.box = self.folder / "box"
        self.certificate = make_certificate(self.folder / "server.pem", "localhost", HOST)
        for path in (self.folder / "spool", self.box):
            path.mkdir()
        login = f"""
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{shield}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
""" if password else ""
        (self.folder / "exim.conf").write_text(f"""
primary_hostname = mail.commune.example
exim_path = {EXIM}
spool_directory = {self.folder}/spool
log_file_path = {self.folder}/%slog
pid_file_path = {self.folder}/pid
daemon_smtp_ports = {self.port}
local_interfaces = 127.0.0.1
{'tls_on_connect_ports = ' + str(self.port) if tls_only else ''}
tls_advertise_hosts = {'*' if starttls or tls_only else ''}
tls_certificate = {self.certificate}
tls_privatekey = {self.certificate}
acl_smtp_rcpt = rcpt
queue_only = false
host_lookup =
rfc1413_hosts =
deliver_drop_privilege = true
keep_environment =
domainlist ours = commune.example
begin acl
rcpt:
  deny message = no such user here
       local_parts = nobody
  {'deny !authenticated = *' if password else ''}
  accept domains = +ours
  deny message = relay not permitted
begin routers
ours:
  driver = accept
  domains = +ours
  transport = box
begin transports
box:
  driver = appendfile
  directory = {self.box}
  maildir_format
  create_directory
  envelope_to_add
  batch_max = 20
  user = Debian-exim
{login}""")
        for path in [self.folder, *self.folder.rglob("*")]:
            os.chown(path, user.pw_uid, user.pw_gid)
        os.chown(self.folder / "exim.conf", 0, 0)

    def command(self):
        return [EXIM, "-bdf", "-C", str(self.folder / "exim.conf")]

    def messages(self):
        """As parsed by a strict reader, oldest first."""
        paths = sorted((path for path in self.box.glob("new/*")), key=lambda path: path.stat().st_mtime_ns)
        return [email.message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in paths]

    def wait_for(self, count):
        return wait_until(lambda: len(self.messages()) >= count and self.messages(), seconds=20, what=f"{count} mails, of {len(self.messages())}; {self.log()}")

    def log(self):
        path = self.folder / "mainlog"
        return path.read_text() if path.exists() else ""


class Syslog(Program):
    """Rsyslog over TLS, which takes messages from clients with a certificate of ours only. DRIVER: ossl or gtls."""

    def __init__(self, driver="ossl"):
        super().__init__("rsyslog")
        self.lines = self.folder / "lines"
        self.ca = make_certificate(self.folder / "ca.pem")
        make_certificate(self.folder / "server.pem", "localhost", issuer=self.ca)
        self.client = make_certificate(self.folder / "client.pem", "shield.commune.example", issuer=self.ca)
        (self.folder / "rsyslog.conf").write_text(f"""
global(workDirectory="{self.folder}" defaultNetstreamDriver="{driver}" defaultNetstreamDriverCAFile="{self.ca}"
       defaultNetstreamDriverCertFile="{self.folder}/server.pem" defaultNetstreamDriverKeyFile="{self.folder}/server.pem")
module(load="imtcp" streamDriver.name="{driver}" streamDriver.mode="1" streamDriver.authMode="x509/name" permittedPeer="shield.commune.example")
input(type="imtcp" port="{self.port}" address="127.0.0.1")
template(name="json" type="list" option.jsonf="on") {{
  property(outname="pri" name="pri" format="jsonf") property(outname="host" name="hostname" format="jsonf") property(outname="app" name="app-name" format="jsonf")
  property(outname="msgid" name="msgid" format="jsonf") property(outname="data" name="structured-data" format="jsonf") property(outname="msg" name="msg" format="jsonf")
  property(outname="time" name="timereported" dateformat="rfc3339" format="jsonf") property(outname="version" name="protocol-version" format="jsonf")
}}
action(type="omfile" file="{self.lines}" template="json")
""")

    def command(self):
        return [RSYSLOG, "-n", "-f", str(self.folder / "rsyslog.conf"), "-i", str(self.folder / "pid"), "-C"]

    def messages(self):
        return [json.loads(line) for line in self.lines.read_text().splitlines()] if self.lines.exists() else []

    def wait_for(self, count):
        return wait_until(lambda: len(self.messages()) >= count and self.messages(), seconds=20, what=f"{count} messages")


class Webhook:
    """Somebody who is called: over TLS, or in the clear. What came is in `calls`: headers and body. ANSWER: the status of the next calls, and headers."""

    def __init__(self, tls=True, secret=b"0123456789abcdef"):
        self.folder, self.port, self.calls, self.answer, self.secret = make_folder("webhook"), free_port(), [], (204, {}), secret
        self.certificate = make_certificate(self.folder / "server.pem", "localhost") if tls else None
        self.server = None

    def start(self):
        calls = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                calls.calls.append((self.headers, body))
                status, headers = calls.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, count):
        wait_until(lambda: len(self.calls) >= count, seconds=20, what=f"{count} calls")
        return self.calls

    def is_signed(self, call):
        headers, body = call
        made = hmac.new(self.secret, headers["Bouclier-Timestamp"].encode() + b"." + body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(f"v1={made}", headers["Bouclier-Signature"])

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.folder)
