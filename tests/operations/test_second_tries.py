"""`make test` runs a few tests that failed once more, and names them rightly."""

from pathlib import Path

from scripts.test import failed_in, is_final

REPORT = """<testsuites><testsuite tests="4" failures="1" errors="1" skipped="0">
<testcase classname="tests.e2e.test_lists" name="test_rows[chromium]" time="1"/>
<testcase classname="tests.e2e.test_lists" name="test_counts[chromium]"><failure message="x"/></testcase>
<testcase classname="tests.e2e.test_live" name="test_live[chromium]"><error message="y"/></testcase>
<testcase classname="tests.contracts.test_x.TestX" name="test_slow"><failure message="z"/></testcase>
</testsuite></testsuites>"""


def test_what_failed_and_what_broke_is_named_as_pytest_takes_it(tmp_path: Path) -> None:
    report = tmp_path / "browser.xml"
    report.write_text(REPORT)

    assert failed_in(report) == [
        "tests/e2e/test_lists.py::test_counts[chromium]",
        "tests/e2e/test_live.py::test_live[chromium]",
        "tests/contracts/test_x.py::TestX::test_slow",
    ]


def test_no_report_means_nothing_to_try_again(tmp_path: Path) -> None:
    assert failed_in(tmp_path / "browser.xml") == []


def test_what_was_lost_once_is_never_tried_again():
    assert is_final("tests/torture/test_inbound_kills.py::test_no_mail_is_lost")
    assert is_final("tests/attacks/test_bad_input.py::test_x")
    assert not is_final("tests/e2e/test_live.py::test_live[chromium]")
