"""The portal that is flooded: nginx, which answers everything itself, over IPv4 and IPv6."""
from .cable import wait_until


def listens(link, port):
    return f":{port}" in link.server.run("ss", "-Hltn", "sport", "=", f":{port}")


def start(link, folder, port, backlog=511):
    folder.joinpath("nginx.conf").write_text(f"""
worker_processes 1; daemon off; pid {folder}/pid; error_log {folder}/errors; user root;
events {{ worker_connections 4096; }}
http {{ access_log off; server {{ listen [::]:{port} ipv6only=off backlog={backlog}; location / {{ return 200 "ok"; }} }} }}
""")
    process = link.server.start("nginx", "-e", folder / "errors", "-c", folder / "nginx.conf")
    wait_until(lambda: listens(link, port), "nginx listens")
    return process
