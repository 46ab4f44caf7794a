"""``handsum read``: the formats, the exit codes and the order that scripts rely on."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from faults import faults, pdf
from handsum.bundle import seal_manifest
from handsum.errors import StorageError
from penned import save_digit

Handsum = Callable[..., Any]

READING_KEYS = [
    "schema", "source", "page", "box", "content", "text", "value", "confidence", "decision",
    "basis", "max_risk", "origin", "candidates", "digits", "bundle",
]  # fmt: skip
"""Key for key as DESIGN.md has them."""


@pytest.fixture
def read(handsum: Handsum, drawn_bundle: Path) -> Handsum:
    """``handsum read`` with the small bundle."""

    def call(*arguments: object, **options: object) -> Any:
        return handsum("read", "--bundle", drawn_bundle, *arguments, **options)

    return call


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """A folder with a 3, a 7, an empty page and a broken file, in this order."""
    folder = tmp_path / "scans"
    save_digit(folder / "a.png", "3")
    save_digit(folder / "b.png", "7")
    Image.fromarray(np.full((50, 40), 240, np.uint8)).save(folder / "c.png")
    (folder / "d.png").write_bytes(b"no picture")
    return folder


def lines(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_jsonl_has_the_promised_keys(read: Handsum, scans: Path) -> None:
    ended = read(scans, "--format", "jsonl")
    assert ended.code == 1
    three, seven, blank, failure = lines(ended.out)
    for reading in (three, seven, blank):
        assert list(reading) == READING_KEYS
        assert (reading["schema"], reading["page"], reading["origin"]) == (1, 1, "read")
        assert list(reading["bundle"]) == ["name", "version", "sha256"]
    assert [list(c) for c in three["candidates"]] == [["text", "confidence"]] * 3
    assert [list(d) for d in three["digits"]] == [["symbol", "confidence", "box"]]
    assert (three["text"], three["value"], three["content"]) == ("3", "3", "number")
    assert (seven["text"], seven["source"]) == ("7", str(scans / "b.png"))
    assert (blank["text"], blank["value"], blank["content"]) == ("", None, "blank")
    assert (blank["candidates"], blank["digits"]) == ([], [])
    assert three["basis"] == "estimate"
    assert three["decision"] in ("accepted", "review")
    assert list(failure) == ["schema", "source", "error"]
    assert list(failure["error"]) == ["code", "message", "remedy"]
    assert failure["error"]["code"] == "image_format"


def test_json_is_a_list_of_the_same_objects(read: Handsum, scans: Path) -> None:
    as_lines = lines(read(scans, "--format", "jsonl").out)
    assert json.loads(read(scans, "--format", "json").out) == as_lines


def test_csv_is_a_row_a_reading(read: Handsum, scans: Path) -> None:
    as_lines = lines(read(scans, "--format", "jsonl").out)
    rows = list(csv.DictReader(io.StringIO(read(scans, "--format", "csv").out)))
    assert list(rows[0]) == [
        "source", "page", "x0", "y0", "x1", "y1", "content", "text", "value", "confidence",
        "decision", "basis", "max_risk", "origin", "error", "remedy",
    ]  # fmt: skip
    for row, line in zip(rows[:3], as_lines[:3], strict=True):
        assert [int(row[key]) for key in ("x0", "y0", "x1", "y1")] == line["box"]
        assert row["text"] == line["text"]
        assert float(row["confidence"]) == line["confidence"]
        assert (row["error"], row["value"]) == ("", line["value"] or "")
    assert rows[3]["error"].startswith("image_format: ")
    assert rows[3]["text"] == ""


def test_the_table_has_a_line_a_reading_and_says_what_an_estimate_is(
    read: Handsum, scans: Path
) -> None:
    ended = read(scans)
    head, *rows = ended.out.splitlines()
    assert head.split() == ["source", "reading", "confidence", "decision"]
    assert [row.split()[1] for row in rows[:4]] == ["3", "7", "(blank)", "[image_format]"]
    assert rows[3].split()[-1] == "failed"
    assert "This is an estimate, not a promise" in rows[-1]
    assert "d.png" in ended.err


def test_long_names_are_not_folded_into_a_pipe(read: Handsum, tmp_path: Path) -> None:
    path = save_digit(tmp_path / ("n" * 150) / "[bold]1:smile:.png", "1")
    assert str(path) in read(path).out


def test_all_read_is_exit_code_0_and_nothing_on_stderr(read: Handsum, scans: Path) -> None:
    ended = read(scans / "a.png", scans / "b.png")
    assert (ended.code, ended.err) == (0, "")


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--format", "xml", "a.png"),
        ("--as", "poem", "a.png"),
        ("--max-risk", "1.5", "a.png"),
        ("--max-risk", "nan", "a.png"),
        ("--top", "0", "a.png"),
        ("--colour", "a.png"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    read: Handsum, scans: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(scans)
    ended = read(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err


@pytest.mark.parametrize("fault", faults(), ids=lambda fault: fault.file)
def test_a_bad_input_fails_alone_with_code_and_remedy(
    read: Handsum, tmp_path: Path, fault: Any
) -> None:
    path = tmp_path / fault.file
    path.write_bytes(fault.data)
    ended = read(path, save_digit(tmp_path / "good.png", "4"), "--format", "jsonl")
    failure, good = lines(ended.out)
    assert (ended.code, failure["error"]["code"], good["text"]) == (1, fault.error.code, "4")
    assert failure["error"]["message"] in ended.err
    assert failure["error"]["remedy"] in ended.err
    assert "Traceback" not in ended.err


def test_paths_that_are_none_fail_alone(read: Handsum, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    good = save_digit(tmp_path / "good.png", "4")
    ended = read(tmp_path / "absent.png", tmp_path / "empty", good, "--format", "jsonl")
    assert ended.code == 1
    codes = [line.get("error", {}).get("code") for line in lines(ended.out)]
    assert codes == ["file_missing", "file_missing", None]


def test_stdin_is_read_where_it_stands(read: Handsum, scans: Path) -> None:
    data = (scans / "b.png").read_bytes()
    ended = read(scans / "a.png", "-", scans / "a.png", "--format", "jsonl", stdin=data)
    assert [(line["source"], line["text"]) for line in lines(ended.out)] == [
        (str(scans / "a.png"), "3"), ("-", "7"), (str(scans / "a.png"), "3"),
    ]  # fmt: skip


def test_an_empty_stdin_is_a_failure(read: Handsum) -> None:
    ended = read("-", "--format", "jsonl", stdin=b"")
    (failure,) = lines(ended.out)
    assert (ended.code, failure["error"]["code"]) == (1, "file_empty")


def test_pages_of_a_pdf_are_readings(read: Handsum) -> None:
    ended = read("-", "--format", "jsonl", stdin=pdf.document(pages=2))
    assert [line["page"] for line in lines(ended.out)] == [1, 2]


def test_folders_are_read_in_sorted_order(read: Handsum, tmp_path: Path) -> None:
    for i, name in enumerate(("z/1.png", "a/2.png", "m.png", "a/10.png")):
        save_digit(tmp_path / "in" / name, str(i))
    found = [Path(line["source"]) for line in lines(read(tmp_path / "in", "--format", "jsonl").out)]
    assert found == sorted(found)
    assert len(found) == 4


def test_max_risk_and_top_go_into_the_readings(read: Handsum, scans: Path) -> None:
    (line,) = lines(read(scans / "a.png", "--format", "jsonl", "--max-risk", "1", "--top", "2").out)
    assert (line["max_risk"], line["decision"], len(line["candidates"])) == (1.0, "accepted", 2)


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_out_writes_what_stdout_would_show(
    read: Handsum, scans: Path, tmp_path: Path, form: str
) -> None:
    shown = read(scans, "--format", form)
    ended = read(scans, "--format", form, "--out", tmp_path / "new" / "out")
    assert (ended.code, ended.out) == (1, "")
    assert (tmp_path / "new" / "out").read_text("utf-8") == shown.out


def test_out_is_whole_or_as_it_was(
    read: Handsum, scans: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(28, "No space left on device")

    (tmp_path / "out.csv").write_text("former", "utf-8")
    monkeypatch.setattr(os, "fsync", refuse)
    ended = read(scans, "--format", "csv", "--out", tmp_path / "out.csv")
    assert ended.code == StorageError.exit_code
    assert "No space left on device" in ended.err
    assert (tmp_path / "out.csv").read_text("utf-8") == "former"
    assert not list(tmp_path.glob(".out*"))


def test_overlay_writes_a_picture_a_page(read: Handsum, scans: Path, tmp_path: Path) -> None:
    (scans / "a.pdf").write_bytes(pdf.document(pages=2))
    read(scans, "--overlay", tmp_path / "look")
    names = sorted(path.name for path in (tmp_path / "look").iterdir())
    assert names == ["a-2.png", "a.png", "a_2.png", "b.png", "c.png"]
    drawn = np.asarray(Image.open(tmp_path / "look" / "b.png").convert("RGB")).reshape(-1, 3)
    assert (drawn.max(axis=1) - drawn.min(axis=1) > 60).any()  # a frame in colour


def test_a_name_that_is_no_utf_8_goes_through(read: Handsum, tmp_path: Path) -> None:
    try:
        path = save_digit(tmp_path / "1.png", "1").rename(tmp_path / os.fsdecode(b"\xff1.png"))
    except OSError:
        pytest.skip("this file system takes no such name")
    ended = read(path, "--format", "jsonl")
    assert ended.code == 0
    (line,) = lines(ended.out)
    assert os.fsencode(line["source"]) == os.fsencode(path)
    assert read(path).code == 0
    assert read(path, "--out", tmp_path / "out.csv", "--format", "csv").code == 0


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("schema", 2, "this handsum knows 1"),
        ("model_sha256", "0" * 64, "was changed"),
    ],
)
def test_a_bundle_that_does_not_fit_is_exit_code_3(
    read: Handsum, scans: Path, drawn_bundle: Path, key: str, value: object, message: str
) -> None:
    manifest = drawn_bundle / "bundle.json"
    tree = json.loads(manifest.read_text("utf-8"))
    manifest.write_bytes(seal_manifest(tree | {key: value}))
    ended = read(scans)
    assert (ended.code, ended.out) == (3, "")
    assert message in ended.err


def test_a_changed_byte_is_exit_code_3(read: Handsum, scans: Path, drawn_bundle: Path) -> None:
    model = bytearray((drawn_bundle / "model.onnx").read_bytes())
    model[-5] ^= 1
    (drawn_bundle / "model.onnx").write_bytes(model)
    ended = read(scans)
    assert ended.code == 3
    assert "was changed" in ended.err


def test_an_absent_bundle_is_exit_code_3(handsum: Handsum, scans: Path) -> None:
    ended = handsum("read", scans, "--bundle", "no-such")
    assert ended.code == 3
    assert "There is no bundle 'no-such'" in ended.err


def test_a_pipe_that_closes_early_is_no_traceback(drawn_bundle: Path, tmp_path: Path) -> None:
    for i in range(30):
        save_digit(tmp_path / "in" / f"{i:03d}.png", str(i % 10))
    program = [sys.executable, "-c", "import handsum.cli; handsum.cli.run()"]
    command = [*program, "read", str(tmp_path / "in"), "--bundle", str(drawn_bundle)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode != 2
