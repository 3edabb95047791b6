#!/usr/bin/python3
"""Asks a real ModSecurity 2.9.7 what its transformations make of many values, and prints the answers as rows of
transform_answers.inc, which test_transform_answers.c compares with ours.

    apt-get install apache2-bin libapache2-mod-security2     (Debian 12)
    tests/waf/ask_modsecurity.py >tests/waf/transform_answers.inc

More random values, and others, to compare once: --random 1000 --seed 2, and the test built with what it prints.
Apache listens on loopback, in a folder of its own, and is stopped in the end. Each value is an argument of a form; the debug
log says what each transformation made of it.
"""
import argparse
import pathlib
import random
import re
import sys
import tempfile
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lab.modsecurity import MODULE, Apache  # noqa: E402

CONFIG = """SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecArgumentsLimit 2000
SecDebugLog {folder}/debug.log
SecDebugLogLevel 9
"""
RULE = 'SecRule ARGS "@unconditionalMatch" "id:{id},phase:2,pass,nolog,t:none,t:{name}"\n'

# What random values of a family are made of, and the transformations for which they mean something.
FAMILIES = {
    "base64": (["base64Decode", "base64DecodeExt", "base64Encode"],
               ["A", "Zg", "=", "==", "+", "/", "-", " ", "\0", "YWJj", "Q"]),
    "command": (["cmdLine"], list(" ,;\"'\\^/(\t\r\n\vAb\0\xc9")),
    "css": (["cssDecode"], ["\\", "\\", "4", "1", "f", "F", "0", "g", " ", "\n", "\r", "\t", "\v", "\f", "\0", "\\ff",
                            "\\00ff", "\\0", "\xff"]),
    "js": (["jsDecode", "escapeSeqDecode"],
           ["\\", "\\u", "\\x", "u", "x", "0", "1", "3", "4", "7", "8", "f", "ff", "00", "a", "n", "\\\\", "\0", "\\U",
            "\\X", "{", "\n", "\xff"]),
    "hex": (["hexDecode", "hexEncode", "sqlHexDecode"], ["0", "9", "a", "F", "g", "@", "\xff", " ", "\0", "x", "0x", "0X", "00"]),
    "html": (["htmlEntityDecode"],
             ["&", "&#", "&#x", "x", "X", "6", "5", "41", ";", "amp", "AMP", "lt", "gt", "quot", "nbsp", "&amp;", "&Lt", "g",
              "\0", "&#65", "#", "99999999", "ffffffff", " "]),
    "path": (["normalizePath", "normalizePathWin"],
             ["/", ".", "..", "/..", "/.", "//", "a", "bb", "\\", "/a/", "...", "a.", "bb..", "../", "./", "\0"]),
    "comment": (["removeComments", "removeCommentsChar", "replaceComments"],
                ["/*", "*/", "<!--", "-->", "--", "-", "#", "/", "*", "<", "!", "a", "b", "\0", ">"]),
    "url": (["urlDecode", "urlDecodeUni", "urlEncode"],
            ["%", "%4", "1", "%41", "+", "%u", "%U", "%uff", "%uff4", "0", "5", "f", "F", "g", "%00", "%u00", "\0", " "]),
    "utf8": (["utf8toUnicode"],
             list("\0A\x80\x9f\xa0\xbf\xc0\xc1\xc3\xdf\xe0\xe2\xed\xef\xf0\xf1\xf4\xf5\xf7\xf8\xff") +
             ["\xe2\x82\xac", "\xf0\x9f\x98\x80"]),
    "space": (["compressWhitespace", "removeWhitespace", "trim", "trimLeft", "trimRight", "removeNulls", "replaceNulls",
               "lowercase", "length"], list(" \t\n\v\f\r\xa0\x85\0aB\x1c")),
    "bytes": (["parityEven7bit", "parityOdd7bit", "parityZero7bit", "md5", "sha1"], [chr(c) for c in range(256)]),
}
NAMES = [name for names, _ in FAMILIES.values() for name in names] + ["normalisePath", "normalisePathWin"]

# Corners that chance would seldom find.
CORNERS = {
    "base64": ["", "=", "YQ==", "YQ", "Y=Q=", "YQ=x", "Y=", "YW=Jj", "YW\0Jj", "YWJjY", "YWJjY=", "Y WJ-_j"],
    "command": ["", "C^OMMAND /C \"DIR\"", "a \"/", "  a  ", "a\0b", "A ;,\r\n\v/ (b", " "],
    "css": ["", "\\", "a\\", "\\41\\41 \\ 41\\00041\\000041 z\\0000041", "\\41  b", "\\41\r\nb", "\\\r\nb",
            "\\ff41\\0ff41x\\00ff41\\ff5f\\1ff41\\ff00\\12ff41", "\\\0  x", "\\141", "\\1141"],
    "js": ["", "\\", "a\\", "\\a\\b\\f\\n\\r\\t\\v\\\\\\?\\'\\\"", "\\x41\\xg\\x4\\x4g\\X41\\x", "\\101\\1\\12\\400\\777\\8\\0\\08\\18",
           "\\u0041\\u00g1\\u41\\u\\uff41\\uff00\\uff5f\\uff5e\\uff01\\u0141\\u{41}\\U0041", "\\u004", "\\1234", "\\0000"],
    "hex": ["", "4", "414", "zz", "@1", "0x410x42", "0x4100x42", "0x410x42a0x43", "0x0x41", "0x00410x42", "\x000x41", "0x4", "0X4142zz0x4"],
    "html": ["", "&#65;", "&#x141;", "&#9223372036854775807;", "&#9223372036854775808;", "&#18446744073709551617;",
             "&#x7fffffffffffffff;", "&#x10000000000000041;", "&#00000000000000000000000065;", "&AMP;", "&nbsp;x", "&ampx",
             "&apos;", "&#x;", "&#;", "&", "&#", "&#x", "&#4\x001;", "&#0;", "&amp;lt;"],
    "path": ["", "/a/..", "/..", "/.", "/a/.", "./", "..", "a/..", "a/../", "a/../..", "a../x", "aa../x", "b/a../x",
             "/foo/bar../x", "b/.../x", "a/../b/../x", "a/../bb/../x", "../../a/../../x", "//", "/a//b", "foo./..", "/a\0/..",
             "aa..", "...", "/...", "\\a\\..\\b", "a\\\\b", "a\\\\\\b", "a/\\\\b", "a\\//b", "a\\\\\\.\\b", "a/b\\\\\\..\\c",
             "x/b\\..\\\\a", "x/.\\\\a", "..\\\\a", "/../\\bb..", "//.bb\\.../../\\"],
    "comment": ["", "a/*b*/c", "a/*b", "a/*/b", "x/*a*/", "/**/", "a<!--b-->", "a/*b*/#c", "a/*b*//*c*/d", "a/*b-->c",
                "a<!--b*/c", "/*<!--*/x-->y", "a-->b", "a<!-->b", "a--b", "a#b", "//**", "---", "/*a*/*b*/", "a/*x*/*/"],
    "url": ["", "%41", "%4", "%", "%zz", "%%41", "%4%41", "%u004", "%U0041", "%uff00", "%uff5f", "%uff5e", "%uff01", "%u00%41",
            "%u004%31", "aZ09*-_.~ +%/\0\xff!@()", "%u2025"],
    "utf8": ["", "\xc3", "\xc3x", "\xc0\xaf", "\xc0\x80", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80",
             "a\0b", "\xe2\x82x", "\xf0\x80\x80\xaf", "\xfc\x80\x80\x80\x80\xaf", "\xf7\xbf\xbf\xbf", "\xdf\xbf"],
    "space": ["", " ", "a  b", "\xa0a\xa0", "\va\v", "a\x85\0 ", "\ta", "1", "a B", "\0"],
    "bytes": ["", "A\0B\xc9", "".join(map(chr, range(128))), "".join(map(chr, range(128, 256)))],
}
ESCAPES = {"b": 8, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, '"': 34}


def unescape(text):
    return re.sub(rb"\\(x[0-9a-f]{2}|.)",
                  lambda found: bytes([int(found[1][1:], 16) if found[1][:1] == b"x" else ESCAPES[found[1].decode()]]), text)


class Reference(Apache):
    def __init__(self, folder, module):
        folder.chmod(0o755)
        rules = "".join(RULE.format(id=number, name=name) for number, name in enumerate(NAMES, 1))
        super().__init__(folder, CONFIG.format(folder=folder) + rules, module=module)
        (folder / "www" / "index.html").write_text("yes\n")
        self.debug_log = folder / "debug.log"

    def ask(self, values):
        """{name: [what became of each value]}"""
        begin = self.debug_log.stat().st_size
        body = b"&".join(b"a=" + b"".join(b"%%%02x" % byte for byte in value) for value in values)
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/index.html", body).read()
        answers, name = {}, None
        for line in self.debug_log.read_bytes()[begin:].split(b"\n"):
            rule = re.search(rb'\] Rule .*,t:none,t:(\w+)"$', line)
            answer = re.search(rb'\]\[9\] T \(\d\) \w+: "(.*)"$', line)
            if rule:
                name = rule[1].decode()
                answers[name] = []
            elif answer:
                answers[name].append(unescape(answer[1]))
        assert all(len(answers[name]) == len(values) for name in NAMES)
        return answers


def draw(draws, family):
    parts = FAMILIES[family][1]
    return "".join(draws.choice(parts) for _ in range(draws.choice([2, 3, 4, 5, 6, 8, 12, 20]))).encode("latin-1")


def literal(value):
    return '"' + "".join(chr(c) if 32 <= c < 127 and chr(c) not in '"\\?' else "\\%03o" % c for c in value) + '"'


def print_rows(reference, per_family, seed):
    draws = random.Random(seed)
    for family, (names, _) in FAMILIES.items():
        values = [text.encode("latin-1") for text in CORNERS[family]] + [draw(draws, family) for _ in range(per_family)]
        answers = reference.ask(values)
        for name in names:
            for value, answer in sorted(set(zip(values, answers[name])), key=lambda row: values.index(row[0])):
                print(f'{{ "{name}", SPAN_INIT({literal(value)}), SPAN_INIT({literal(answer)}) }},')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", default=MODULE)
    parser.add_argument("--random", type=int, default=12, help="random values of each family")
    parser.add_argument("--seed", type=int, default=297)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        with Reference(pathlib.Path(folder), options.module) as reference:
            print_rows(reference, options.random, options.seed)


if __name__ == "__main__":
    main()
