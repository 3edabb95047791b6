"""tools/assets: a folder becomes a table in C, the same one each time, and is made anew when a file changes."""
import gzip
import pathlib
import re
import subprocess
import sys

import pytest

from lab import ROOT

TOOL = ROOT / "tools/assets"
MESON = f"""project('p')
custom_target('t', output: 't.c', depfile: 't.d', build_by_default: true,
  command: [find_program('python3'), '{TOOL}', meson.project_source_root() / 'console', '@OUTPUT@', '@DEPFILE@'])
"""


def run(folder, output):
    return subprocess.run([sys.executable, TOOL, folder, output, f"{output}.d"], capture_output=True, text=True)


def made(folder, tmp_path):
    output = tmp_path / "out.c"
    ran = run(folder, output)
    assert (ran.returncode, ran.stderr) == (0, "")
    return output.read_text()


def write(folder, **files):
    for name, content in files.items():
        path = folder / name.replace("__", "/").replace("_html", ".html").replace("_js", ".js").replace("_txt", ".txt")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def copies(text, number):
    """The bytes of an entry, by coding."""
    found = re.findall(rf"bytes_{number}_(\d)\[\] =\n(.*?);\n", text, re.S)
    return {int(coding): bytes(int(octal, 8) for octal in re.findall(r"\\([0-7]{3})", body)) for coding, body in found}


def test_a_folder_becomes_a_table(tmp_path):
    folder = tmp_path / "console"
    write(folder, index_html="<p>" + "again " * 50, mark_txt="é")
    (folder / "assets").mkdir()
    (folder / "assets/app-Bx3kQ9_a.js").write_text("let a\n" * 60)
    (folder / "assets/plain.js").write_text("1")
    text = made(folder, tmp_path)
    entries = re.findall(r'\{ "(/[^"]*)", "([^"]*)", "([0-9a-f]{32})", (true|false), ', text)
    assert [(path, kept) for path, _, _, kept in entries] == [("/assets/app-Bx3kQ9_a.js", "true"), ("/assets/plain.js", "false"), ("/index.html", "false"), ("/mark.txt", "false")]
    assert len({digest for _, _, digest, _ in entries}) == 4
    script = copies(text, 0)
    assert script[0] == b"let a\n" * 60 and gzip.decompress(script[1]) == script[0] and len(script[1]) < len(script[0])
    assert copies(text, 3) == {0: "é".encode()}  # a copy would be longer
    assert made(folder, tmp_path) == text
    compiled = subprocess.run(["gcc", "-std=gnu17", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "src", "-c", tmp_path / "out.c", "-o", tmp_path / "out.o"], capture_output=True, text=True)
    assert (compiled.returncode, compiled.stderr) == (0, "")


def test_no_folder_is_an_empty_table(tmp_path):
    folder = tmp_path / "not/there"
    assert "web_console = { list, 0 };" in made(folder, tmp_path)
    assert folder.is_dir()  # so that it can be seen to change


@pytest.mark.parametrize("name, says", [("a b.js", "letters, digits"), ("é.js", "letters, digits"), ('x".js', "letters, digits"), ("app.exe", "nobody knows"), ("app", "nobody knows")])
def test_what_it_cannot_serve_is_named(tmp_path, name, says):
    folder = tmp_path / "console"
    write(folder, index_html="x")
    (folder / name).write_text("x")
    ran = run(folder, tmp_path / "out.c")
    assert ran.returncode == 1 and says in ran.stderr and not (tmp_path / "out.c").exists()


def test_files_without_a_page_are_no_console(tmp_path):
    folder = tmp_path / "console"
    write(folder, mark_txt="x")
    assert "no index.html" in run(folder, tmp_path / "out.c").stderr


def test_it_is_made_anew_when_a_file_changes(tmp_path):
    (tmp_path / "meson.build").write_text(MESON)
    subprocess.run(["meson", "setup", tmp_path / "build", tmp_path], check=True, capture_output=True)

    def ninja():
        subprocess.run(["ninja", "-C", tmp_path / "build"], check=True, capture_output=True)
        return pathlib.Path(tmp_path / "build/t.c").read_text()

    first = ninja()
    assert "list, 0 }" in first
    write(tmp_path / "console", index_html="one", assets__a_js="1")
    second = ninja()
    assert "list, 2 }" in second
    write(tmp_path / "console", assets__b_js="2")
    third = ninja()
    assert "list, 3 }" in third
    write(tmp_path / "console", index_html="two")
    assert ninja() not in (first, second, third)
    (tmp_path / "console/assets/a.js").unlink()
    assert "list, 2 }" in ninja()
    assert "no work to do" in subprocess.run(["ninja", "-C", tmp_path / "build"], check=True, capture_output=True, text=True).stdout
