"""A shield with a hub beside it: its API by the unix socket, its store as it lies on the disk."""
import json
import os
import signal
import socket
import sqlite3

from lab import wire
from lab.place import free_port, wait_until
from lab.shield import Shield


class HubShield(Shield):
    """As Shield, with the section `hub`. HUB: keys added to it."""

    def __init__(self, origin=None, *, hub=None, wait=True, **keywords):
        self.hub_port = free_port()
        keywords.setdefault("may_die", True)  # a hub that is killed is no fault of the shield's
        start = keywords.pop("start", True)
        super().__init__(origin, start=False, **keywords)
        self.write({**self.settings, "hub": {"listen": f"127.0.0.1:{self.hub_port}", **(hub or {})}})
        if start:
            try:
                self.start()
                if wait:
                    self.wait_hub()
            except BaseException:
                self.stop(check=False)
                raise

    @property
    def hub_folder(self):
        return self.state / "hub"

    @property
    def url(self):
        return f"http://127.0.0.1:{self.hub_port}"

    def hub_status(self):
        """What `bouclier status` knows of it."""
        return self.status()["hub"]

    def hub(self):
        """The hub's pid, once it runs."""
        return self.hub_status()["pid"] or None

    def wait_hub(self, other_than=None, seconds=20):
        def runs():
            hub = self.hub_status()
            return hub["state"] == "running" and hub["pid"] != other_than and hub["pid"]
        return wait_until(runs, seconds, f"the hub runs\n{self.said()}")

    def kill_hub(self):
        """kill -9, and the next one."""
        hub = self.hub()
        os.kill(hub, signal.SIGKILL)
        return self.wait_hub(other_than=hub)

    def role(self, name):
        return next((pid for pid, role in self.children().items() if role == name), None)

    # -- the API, as root --

    def ask_hub(self, path, method="GET", body=None, timeout=30):
        """By the hub's unix socket: the response. BODY: bytes, or what becomes JSON."""
        fields = []
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            fields.append(("Content-Type", "application/json"))
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(timeout)
        with sock:
            sock.connect(str(self.hub_folder / "hub.sock"))
            stream = wire.Stream(sock, timeout)
            stream.send(wire.request(path, *fields, method=method, body=body, host="localhost"))
            return wire.read_response(stream, method)

    def api(self, method, path, body=None):
        """(status, JSON of the answer; None where it has none)."""
        reply = self.ask_hub(path, method, body)
        return reply.status, json.loads(reply.text) if reply.text else None

    # -- the store --

    def query(self, file, words, *values):
        """Rows of a file of the store, as the hub has committed them."""
        path = self.hub_folder / file
        if not path.exists():
            return []
        store = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        try:
            return store.execute(words, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):  # it is being made
                return []
            raise
        finally:
            store.close()

    def rows(self):
        """Every line that is a row, as a mapping, in the order of the journal."""
        found = []
        for path in sorted(self.hub_folder.glob("events-*.db")):
            found += self.query(path.name, "SELECT id, line FROM events")
        return [json.loads(line) for _, line in sorted(found)]

    def documents(self, kind):
        """{key: text} of the documents of a kind, by its number (store/document.h)."""
        return dict(self.query("main.db", "SELECT key, text FROM documents WHERE kind = ?", kind))

    def incidents(self):
        """As they are kept, by id."""
        return [json.loads(text) for _, text in sorted(self.documents(1).items())]

    def total(self, kind):
        """A sum over everything that was ever counted: "events", "decisions.block"."""
        rows = self.query("main.db", "SELECT sum(n) FROM hours JOIN names ON names.id = hours.kind WHERE names.name = ?", kind)
        return rows[0][0] or 0 if rows else 0

    def wait_followed(self, seconds=20, least=0):
        """Every line of the journal is a row, once; LEAST of them are there, for the edge writes a moment after its answers."""
        def is_followed():
            written = {line["event.sequence"] for line in self.journal()}
            return len(written) >= least and written <= {row["event.sequence"] for row in self.rows()}
        wait_until(is_followed, seconds, "the hub has read the journal")
