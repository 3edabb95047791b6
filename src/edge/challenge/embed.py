#!/usr/bin/env python3
"""Writes the script and the style of the challenge page as C strings, and the policy that lets a browser run these and no others:
embed.py SCRIPT STYLE OUTPUT

Comments and indentation stay here. The policy has the SHA-256 of each, so that both are changed by changing their files.
"""
import base64
import hashlib
import pathlib
import sys


def lines_of(path):
    lines = [line.strip() for line in pathlib.Path(path).read_text(encoding="ascii").splitlines()]
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def literal(text):
    return "\n".join('\t"' + line.replace("\\", "\\\\").replace('"', '\\"') + '\\n"' for line in text.split("\n"))


def digest(text):
    return "'sha256-" + base64.b64encode(hashlib.sha256((text + "\n").encode()).digest()).decode() + "'"


if __name__ == "__main__":
    script, style = lines_of(sys.argv[1]), lines_of(sys.argv[2])
    if "</" in script or "</" in style or "<!--" in script:
        sys.exit("embed.py: what looks like an end of an element would end it")
    policy = (f"default-src 'none'; script-src {digest(script)}; style-src {digest(style)}; form-action 'self'; connect-src 'self'; "
              "frame-ancestors 'none'; base-uri 'none'")
    with open(sys.argv[3], "w", encoding="ascii") as output:
        print("/* Written by embed.py from challenge.js and challenge.css. */", file=output)
        print(f'#define CHALLENGE_POLICY "{policy}"', file=output)
        print(f"#define CHALLENGE_LINK_POLICY \"default-src 'none'; style-src {digest(style)}; frame-ancestors 'none'; base-uri 'none'\"", file=output)
        print(f"static const char challenge_script[] =\n{literal(script)};", file=output)
        print(f"static const char challenge_style[] =\n{literal(style)};", file=output)
