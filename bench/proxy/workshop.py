"""Makes, in the scratch folder, what a run needs: the C programs, a certificate, the requests."""
import os
import shutil
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
CFLAGS = ["-std=gnu17", "-O2", "-Wall", "-Wextra", "-Werror"]
# libssl goes into the generator: shared, its pages would be divided among the generator and the subjects, and a
# subject would look smaller while the generator runs.
STATIC_TLS = ["-l:libssl.a", "-l:libcrypto.a", "-pthread", "-ldl"]
PROGRAMS = {"load": STATIC_TLS, "origin": [], "relay": []}
CROWD = {"crowd": ["-lnghttp2", "-lssl", "-lcrypto", "-lm"]}
# What a program has of another's sources: its folder, and which.
SHARED = {"crowd": ("load", ["reply.c", "wire.c"])}
SITE = "bench.test"

# Debian package -> what it must have brought.
NEEDS = {
    "gcc": "cc", "libssl-dev": "/usr/include/openssl/ssl.h", "openssl": "openssl", "util-linux": "unshare",
    "iproute2": "ip", "nghttp2-client": "h2load", "nginx": "nginx", "haproxy": "haproxy", "h2o": "h2o",
}
WITHOUT_THEM_NOTHING = {"gcc", "libssl-dev", "openssl", "util-linux", "iproute2"}

BROWSER = (
    "GET /s/search?q=blue+bicycle&page=2&sort=price HTTP/1.1\r\n"
    f"Host: {SITE}\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Accept-Language: en-US,en;q=0.5\r\n"
    "Accept-Encoding: gzip, deflate, br\r\n"
    f"Referer: https://{SITE}/index.html\r\n"
    "Cookie: session=9f86d081884c7d659a2feaa0c55ad015; consent=yes; theme=dark; _ga=GA1.2.1234567890.1700000000\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "Sec-Fetch-Dest: document\r\n"
    "Sec-Fetch-Mode: navigate\r\n\r\n")
REFUSED = f"GET /refused/x HTTP/1.1\r\nHost: {SITE}\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"
ONE_OF_MANY = f"GET /s/x HTTP/1.1\r\nHost: site-####.{SITE}\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"


def _is_there(mark):
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    return Path(mark).exists() if mark.startswith("/") else shutil.which(mark, path=path) is not None


def missing_packages(needs):
    return sorted(package for package, mark in needs.items() if not _is_there(mark))


def install(needs, groups):
    """True: what cannot be done without is there. GROUPS are those of tools/install."""
    installer = ROOT / "tools" / "install"
    if missing_packages(needs) and os.access(installer, os.X_OK):
        subprocess.run([installer, *groups], check=False)
    missing = missing_packages(needs)
    if missing:
        print(f"bench: missing Debian packages: apt-get install {' '.join(missing)}", file=sys.stderr)
    return not WITHOUT_THEM_NOTHING & set(missing)


def sources_of(name):
    """Its files, and options of the compiler with which they find each other."""
    folder, files = SHARED.get(name, (name, []))
    return [*sorted((BENCH / name).rglob("*.c")), *(BENCH / folder / file for file in files), f"-I{BENCH / name}", f"-I{BENCH / folder}"]


def _compile(scratch, programs):
    for name, libraries in programs.items():
        sources = sources_of(name)
        subprocess.run(["cc", *CFLAGS, "-o", scratch / "bin" / name, *sources, *libraries], check=True)


def _certify(tls):
    """ECDSA P-256, self-signed, for the site and every name below it."""
    names = f"subjectAltName=DNS:{SITE},DNS:*.{SITE},IP:127.0.0.1"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", f"/CN={SITE}", "-addext", names,
                    "-keyout", tls / "key.pem", "-out", tls / "certificate.pem"], check=True, capture_output=True)
    (tls / "both.pem").write_text((tls / "certificate.pem").read_text() + (tls / "key.pem").read_text())


def _write_requests(folder, bulk_bytes):
    requests = {
        "browser": BROWSER, "refused": REFUSED, "one_of_many": ONE_OF_MANY,
        "bulk_down": f"GET /s/bulk/{bulk_bytes} HTTP/1.1\r\nHost: {SITE}\r\n\r\n",
        "bulk_up": f"POST /s/bulk/0 HTTP/1.1\r\nHost: {SITE}\r\nContent-Type: application/octet-stream\r\n"
                   f"Content-Length: {bulk_bytes}\r\n\r\n",
    }
    for name, text in requests.items():
        (folder / name).write_bytes(text.encode())


def prepare(scratch, programs=None):
    """Folders, programs, a certificate: what every bench needs."""
    for folder in ("bin", "tls", "requests", "subjects"):
        (scratch / folder).mkdir()
    _compile(scratch, programs or PROGRAMS)
    _certify(scratch / "tls")


def fill(scratch, bulk_bytes):
    prepare(scratch)
    _write_requests(scratch / "requests", bulk_bytes)
