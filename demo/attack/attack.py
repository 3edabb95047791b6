#!/usr/bin/env python3
"""A short attack on the demonstration portal, beside citizens who go on reading: for whoever wants to see an incident being born.

    demo/attack/attack.py --port 8443 [--seconds 20] [--calm 20]

It goes to this machine's loopback addresses and nowhere else, asks at most RATE times a second, and ends by itself. Citizens read for CALM seconds before and
after it, so that there is somebody to be served.
"""
import argparse
import http.client
import itertools
import ssl
import threading
import time

RATE = 80       # requests of all attackers together, a second
ATTACKERS = 8
CITIZENS = 3
ATTACKS = [  # what scanners send first; the rules know each
    "/?q=1%27+OR+%271%27%3D%271%27+--+-",
    "/en/search?q=%3Cscript%3Ealert(document.cookie)%3C/script%3E",
    "/en/search?q=..%2F..%2F..%2F..%2Fetc%2Fpasswd",
    "/?cmd=;cat+/etc/passwd",
    "/?q=1+UNION+SELECT+username,password+FROM+users",
    "/en/?page=php://filter/convert.base64-encode/resource=index",
]
PAGES = ["/", "/en/", "/nl/", "/fr/", "/de/"]


def connect(port, source):
    context = ssl.create_default_context()
    context.check_hostname = False  # the demonstration's certificate is self-signed, and says so
    context.verify_mode = ssl.CERT_NONE
    return http.client.HTTPSConnection("127.0.0.1", port, timeout=5, source_address=(source, 0), context=context)


class Asking(threading.Thread):
    """Asks for PATHS in turn, one each PAUSE seconds, until END."""

    def __init__(self, port, source, paths, pause, begin, end):
        super().__init__(daemon=True)
        self.port, self.source, self.paths, self.pause, self.begin, self.end = port, source, itertools.cycle(paths), pause, begin, end
        self.statuses = {}

    def run(self):
        connection = connect(self.port, self.source)
        due = self.begin
        while (now := time.monotonic()) < self.end:
            if now < due:
                time.sleep(min(due - now, self.end - now))
                continue
            due = max(due + self.pause, now)
            status = self.ask(connection)
            self.statuses[status] = self.statuses.get(status, 0) + 1

    def ask(self, connection):
        try:
            connection.request("GET", next(self.paths), headers={"Host": "localhost", "User-Agent": "demonstration"})
            answer = connection.getresponse()
            answer.read()
            return answer.status
        except OSError:
            connection.close()
            return "cut"
        except http.client.HTTPException:
            connection.close()
            return "cut"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--calm", type=float, default=20)
    asked = parser.parse_args()
    start = time.monotonic()
    attack, end = start + asked.calm, start + asked.calm + asked.seconds
    citizens = [Asking(asked.port, f"127.0.9.{n + 1}", PAGES[n:] + PAGES[:n], 0.5, start, end + asked.calm) for n in range(CITIZENS)]
    attackers = [Asking(asked.port, f"127.0.7.{n + 1}", ATTACKS[n % len(ATTACKS):] + ATTACKS, ATTACKERS / RATE, attack, end) for n in range(ATTACKERS)]
    for one in citizens + attackers:
        one.start()
    for one in citizens + attackers:
        one.join()
    for name, group in (("attackers", attackers), ("citizens", citizens)):
        sums = {}
        for one in group:
            for status, count in one.statuses.items():
                sums[status] = sums.get(status, 0) + count
        print(f"{name}: " + ", ".join(f"{count} x {status}" for status, count in sorted(sums.items(), key=str)), flush=True)


if __name__ == "__main__":
    main()
