"""Who is measured, each three times: without rules, at paranoia 1, at paranoia 2. Configurations in bench/subjects/waf_*."""
import re
from pathlib import Path

from proxy.subjects import Kind, settings

LEVELS = (1, 2)
PEERS = ("nginx", "apache")
NAMES = [*PEERS, "bouclier"]
# What Debian recommends with each: libmodsecurity's and ModSecurity's differ.
RECOMMENDED = {"nginx": Path("/usr/share/nginx/docs/modsecurity/modsecurity.conf"),
               "apache": Path("/etc/modsecurity/modsecurity.conf-recommended")}
NGINX_MODULE = Path("/usr/lib/nginx/modules/ngx_http_modsecurity_module.so")
APACHE_MODULE = Path("/usr/lib/apache2/modules/mod_security2.so")

# Debian package -> what it must have brought, beside those of bench/run proxy.
NEEDS = {
    "nginx": "nginx", "libnginx-mod-http-modsecurity": str(NGINX_MODULE), "apache2-bin": "apache2",
    "libapache2-mod-security2": str(APACHE_MODULE), "modsecurity-crs": "/usr/share/modsecurity-crs/rules",
}

# What a level adds to a configuration: modules, then directives.
NGINX = (f"load_module {NGINX_MODULE};", "modsecurity on; modsecurity_rules_file @DIR@/rules.conf;")
APACHE = (f"LoadModule unique_id_module /usr/lib/apache2/modules/mod_unique_id.so\nLoadFile libxml2.so.2\n"
          f"LoadModule security2_module {APACHE_MODULE}", "Include @DIR@/rules.conf")
BOUCLIER = ("", "waf: { mode: block, ruleset: @NAME@, paranoia_level: @LEVEL@ }")


def recommended(peer):
    """Its text, with the name of a file beside it made absolute; without the audit log, which rules.conf turns off, but whose
    folder a machine without the whole of Apache does not have. Empty where the package is not there."""
    path = RECOMMENDED[peer]
    text = path.read_text() if path.exists() else ""
    text = re.sub(r"(?m)^SecAuditLog .*$", "", text)
    return re.sub(r"(?m)^SecUnicodeMapFile unicode", f"SecUnicodeMapFile {path.parent}/unicode", text)


def _values(peer, words, level, rules):
    load, waf = words if level else ("", "")
    return {"LOAD": load, "WAF": waf.replace("@LEVEL@", str(level)).replace("@NAME@", rules.name()), "RULES": rules.lines(level),
            "RECOMMENDED": recommended(peer) if peer in RECOMMENDED else ""}


def label(name, level):
    return f"{name} PL{level}" if level else name


def _kind(name, level, port, config, words, rules, command):
    files = {config[0]: (config[1], None)}
    if level and name in PEERS:
        files["rules.conf"] = ("waf_rules.conf", None)
    ports = {"plain": port + level} | ({"metrics": port + 10 + level} if name == "bouclier" else {})
    return Kind(label(name, level), ports, command, files, values=_values(name, words, level, rules))


def _bouclier(rules):
    more = ["--root", rules.folder] if rules.folder else []
    return lambda scratch, folder, ports: [settings["bouclier"], "run", "--config", folder / "bouclier.yaml", "--root", scratch, *more]


def kinds(names, rules):
    found = []
    for level in (0, *LEVELS):
        found += [
            _kind("nginx", level, 8110, ("nginx.conf", "waf_nginx.conf"), NGINX, rules,
                  lambda scratch, folder, ports: ["nginx", "-e", "stderr", "-c", folder / "nginx.conf"]),
            _kind("apache", level, 8610, ("apache.conf", "waf_apache.conf"), APACHE, rules,
                  lambda scratch, folder, ports: ["apache2", "-f", folder / "apache.conf", "-DFOREGROUND"]),
            _kind("bouclier", level, 8510, ("bouclier.yaml", "waf_bouclier.yaml"), BOUCLIER, rules, _bouclier(rules)),
        ]
    return [kind for kind in found if kind.name.split()[0] in names]
