"""How results are counted: nothing that failed is counted as passed, and nothing is counted twice."""
import pathlib
import subprocess
import sys

COUNT = pathlib.Path(__file__).resolve().parents[2] / "tools/count"
FAILED = "<failure message='no'>it said no</failure>"


def report(folder, name, **cases):
    path = folder / f"{name}.xml"
    body = "".join(f"<testcase classname='scene' name='{case}'>{inner}</testcase>" for case, inner in cases.items())
    path.write_text(f"<testsuites><testsuite>{body}</testsuite></testsuites>")
    return path


def count(folder, *reports):
    counts = folder / "counts"
    ended = subprocess.run([sys.executable, COUNT, "pytest", reports[0], counts, *reports[1:]], capture_output=True, text=True)
    return ended.returncode, counts.read_text(), ended.stdout


def test_what_fails_twice_has_failed(tmp_path):
    first = report(tmp_path, "first", good="", bad=FAILED, away="<skipped message='no right'/>")
    code, counts, out = count(tmp_path, first, report(tmp_path, "again", bad=FAILED))
    assert (code, counts) == (1, "1 1 1\n") and "it said no" in out and "unsteady" not in out


def test_what_passes_alone_is_passed_and_named(tmp_path):
    first = report(tmp_path, "first", good="", bad=FAILED, worse=FAILED)
    code, counts, out = count(tmp_path, first, report(tmp_path, "again", bad="", worse="<error message='no'>gone</error>"))
    assert (code, counts) == (1, "2 1 0\n") and "scene.bad (unsteady" in out and "--- scene.worse\nit said no" in out
    assert count(tmp_path, report(tmp_path, "one", bad=FAILED), tmp_path / "again.xml")[0] == 0, "all that failed passed then"


def test_what_is_skipped_or_missing_the_second_time_has_failed(tmp_path):
    first = report(tmp_path, "first", bad=FAILED)
    assert count(tmp_path, first, report(tmp_path, "again", bad="<skipped message='no'/>"))[0] == 1
    assert count(tmp_path, first, report(tmp_path, "again", other=""))[0] == 1
    assert count(tmp_path, first, tmp_path / "never.xml")[0] == 1
    (tmp_path / "cut.xml").write_text("<testsuites><test")
    assert count(tmp_path, first, tmp_path / "cut.xml")[0] == 1


def test_no_report_is_a_failure(tmp_path):
    assert count(tmp_path, tmp_path / "never.xml")[0:2] == (2, "0 1 0\n")
