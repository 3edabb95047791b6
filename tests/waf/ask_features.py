#!/usr/bin/python3
"""Asks a real ModSecurity 2.9.7 every row of feature_rows.py, and prints those where it answers otherwise.

    apt-get install apache2-bin libapache2-mod-security2     (Debian 12)
    tests/waf/ask_features.py [PART OF A ROW'S NAME]
    tests/waf/ask_features.py --write bodies       and writes feature_answers.json
    tests/waf/ask_features.py --random 300 --seed 7        random rows (random_rows.py), held against build/tests/waf-case

Apache listens on loopback, in a folder of its own, with a virtual host for each row; an origin says what the row says."""
import argparse
import json
import pathlib
import re
import socket
import socketserver
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import feature_rows  # noqa: E402
import random_rows  # noqa: E402
import test_features  # noqa: E402
from lab.modsecurity import MODULES, Apache  # noqa: E402
from lab.place import free_port  # noqa: E402

CONFIG = """LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_http_module {modules}/mod_proxy_http.so
"""
HOST = """
<VirtualHost 127.0.0.1:{port}>
ServerName row{number}
ProxyPreserveHost On
ProxyPass / http://127.0.0.1:{origin}/ disablereuse=on
SecRuleEngine On
SecRequestBodyAccess On
SecResponseBodyAccess On
SecResponseBodyMimeType text/html text/plain
{setup}{rules}
</VirtualHost>
"""


class Origin(socketserver.StreamRequestHandler):
    def handle(self):
        length, row = 0, None
        while (line := self.rfile.readline().strip()):
            name, _, value = line.decode("latin-1").partition(":")
            if name.lower() == "host":
                row = feature_rows.ROWS[int(value.strip()[3:])]
            if name.lower() == "content-length":
                length = int(value)
        self.rfile.read(length)
        self.wfile.write(row.response_bytes())


def ask(port, data):
    answer = b""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.settimeout(3)
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        try:
            while (piece := client.recv(65536)):
                answer += piece
        except OSError:
            pass
    return answer


def unescape(text):
    def one(found):
        letter = found[1]
        return chr(int(letter[1:], 16)) if letter[0] == "x" else {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "v": "\v"}.get(letter, letter)
    return re.sub(r"\\(x[0-9a-f]{2}|.)", one, text)


def said(log):
    messages = []
    for line in log.decode("latin-1").splitlines():
        found = re.search(r'\[msg "(.*?)(?<!\\)"\] ?(\[|$)', line)
        if found and "[security2:error]" in line:
            messages.append(unescape(unescape(found[1])))
    return " ".join(messages)


def status_of(answer, row):
    status = int(answer[9:12]) if answer[9:12].isdigit() else -1
    sent = int((row.response or "200")[:3])
    return 0 if status == sent else status


def draw(count, seed):
    """Random rows, each with what is said of it here; those that do not load here are left out."""
    random_rows.draw(count, seed)
    with tempfile.TemporaryDirectory() as name:
        for row in list(feature_rows.ROWS):
            try:
                row.said, row.status = test_features.ask(row, pathlib.Path(name))
            except AssertionError:
                feature_rows.ROWS.remove(row)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("wanted", nargs="?", default="")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--random", type=int, default=0)
    parser.add_argument("--seed", type=int, default=297)
    options = parser.parse_args()
    writes, wanted = options.write, options.wanted
    if options.random:
        draw(options.random, options.seed)
    socketserver.TCPServer.allow_reuse_address = True
    origin = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Origin)
    threading.Thread(target=origin.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as name:
        folder, port = pathlib.Path(name), free_port()
        folder.chmod(0o755)
        text = CONFIG.format(modules=MODULES)
        for number, row in enumerate(feature_rows.ROWS):
            text += HOST.format(port=port, number=number, origin=origin.server_address[1], setup=row.setup, rules=row.rules)
        with Apache(folder, text, port) as apache:
            different = 0
            for number, row in enumerate(feature_rows.ROWS):
                if wanted not in row.name:
                    continue
                begin = apache.log.stat().st_size
                answer = ask(port, row.request_bytes("row%d" % number))
                time.sleep(0.03)
                found = said(apache.log.read_bytes()[begin:]), status_of(answer, row)
                if writes and row.is_known:
                    feature_rows.KNOWN[row.key] = {**feature_rows.KNOWN.get(row.key, {}), "said": found[0], "status": found[1]}
                if found != (row.said, row.status):
                    different += not row.otherwise
                    if options.random:
                        print("%s\n%s" % (row.rules, row.request))
                    print("%s\n  here  %r\n  2.9.7 %r%s" % (row.name, (row.said, row.status), found,
                                                            "\n  " + row.otherwise if row.otherwise else ""))
            if writes:
                keys = {row.key for row in feature_rows.ROWS if row.is_known}
                known = {key: value for key, value in sorted(feature_rows.KNOWN.items()) if key in keys}
                feature_rows.ANSWERS.write_text(json.dumps(known, indent=0) + "\n")
            print("%d rows; 2.9.7 answers otherwise in %d that do not say why" % (number + 1, different))
    origin.shutdown()


if __name__ == "__main__":
    main()
