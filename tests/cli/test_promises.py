"""``handsum calibrate``, ``verify-promise`` and reading with promise, format and second key."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from handsum.bundle import seal_manifest
from handsum.reader import DigitReader
from penned import drawn_digits, save_digit
from scripted import draw_number

Handsum = Callable[..., Any]


def save_labelled(folder: Path, count: int, seed: int, wrong: int = 0) -> Path:
    """Drawn digits with labels, the first ``wrong`` of them false."""
    data = drawn_digits(count, seed)
    folder.mkdir(parents=True)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("file", "text", "book"))
        for i, (image, text) in enumerate(zip(data.images, data.texts, strict=True)):
            Image.fromarray(image).save(folder / f"{i}.png")
            label = text if i >= wrong else str((int(text) + 1) % 10)
            table.writerow((f"{i}.png", label, f"b{i % 4}"))
    return folder


@pytest.fixture
def promise(handsum: Handsum, drawn_bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "drawn.promise"
    labelled = save_labelled(tmp_path / "cal", 120, 5)
    ended = handsum(
        "calibrate", drawn_bundle, labelled, "-o", path, "--max-risk", "0.1", "--same-groups"
    )
    assert ended.code == 0, ended.err
    assert "Promised: of the accepted values at most 10 % are wrong" in ended.out
    assert "of m = 4 books" in ended.out
    assert "same books" in ended.err
    return path


def test_a_promise_is_kept_read_by_and_verified(
    handsum: Handsum, drawn_bundle: Path, promise: Path, tmp_path: Path
) -> None:
    tree = json.loads(promise.read_text("utf-8"))
    assert (tree["key"]["task"], tree["key"]["format"], tree["status"]) == ("digit", "", "valid")
    picture = save_digit(tmp_path / "a.png", "3")
    asked = ("read", picture, "--bundle", drawn_bundle, "--promise", promise)
    (line,) = handsum(*asked, "--format", "jsonl").out.splitlines()
    reading = json.loads(line)
    assert (reading["basis"], reading["max_risk"]) == ("promise", 0.1)
    sure = DigitReader(drawn_bundle).read(picture)[0].confidence >= tree["threshold"]
    assert reading["decision"] == ("accepted" if sure else "review")
    assert "Promised: of the accepted values at most 10 %" in handsum(*asked).out
    since = save_labelled(tmp_path / "since", 120, 6)
    ended = handsum("verify-promise", promise, since, "--bundle", drawn_bundle)
    assert ended.code == 0, ended.err
    assert ended.out.startswith(("The promise holds", "These values cannot tell"))


def test_a_broken_promise_is_marked_and_decides_nothing_more(
    handsum: Handsum, drawn_bundle: Path, promise: Path, tmp_path: Path
) -> None:
    since = save_labelled(tmp_path / "since", 100, 6, wrong=60)
    ended = handsum("verify-promise", promise, since, "--bundle", drawn_bundle)
    assert ended.code == 8
    assert ended.out.startswith("The promise is broken")
    assert json.loads(promise.read_text("utf-8"))["status"] == "broken"
    picture = save_digit(tmp_path / "a.png", "3")
    after = handsum("read", picture, "--bundle", drawn_bundle, "--promise", promise)
    assert (after.code, after.out) == (8, "")
    assert "The promise is broken since" in after.err


def test_the_very_labels_verify_nothing(
    handsum: Handsum, drawn_bundle: Path, promise: Path, tmp_path: Path
) -> None:
    ended = handsum("verify-promise", promise, tmp_path / "cal", "--bundle", drawn_bundle)
    assert ended.code == 8
    assert "the labels that the promise was made from" in ended.err


def test_a_bundle_that_did_not_ship_has_to_be_named(
    handsum: Handsum, promise: Path, tmp_path: Path
) -> None:
    ended = handsum("verify-promise", promise, tmp_path / "cal")
    assert ended.code == 8
    assert "--bundle" in ended.err


def test_what_the_data_cannot_carry_is_said_and_the_nearest_offered(
    handsum: Handsum, drawn_bundle: Path, tmp_path: Path
) -> None:
    labelled = save_labelled(tmp_path / "cal", 60, 5)
    asked = ("calibrate", drawn_bundle, labelled, "-o", tmp_path / "p", "--same-groups")
    ended = handsum(*asked, "--max-risk", "0.001")
    assert ended.code == 8
    assert "it takes 2,995 accepted values" in ended.err
    assert "Take the nearest that they can" in ended.err
    assert not (tmp_path / "p").exists()
    assert handsum(*asked, "--max-risk", "0.001", "--nearest").code == 0
    assert json.loads((tmp_path / "p").read_text("utf-8"))["max_risk"] > 0.001


def test_a_digit_has_no_format(handsum: Handsum, drawn_bundle: Path, tmp_path: Path) -> None:
    picture = save_digit(tmp_path / "a.png", "3")
    for option in (("--pattern", "9"), ("--length", "1"), ("--check", "luhn"), ("--decimal", ",")):
        ended = handsum("read", picture, "--bundle", drawn_bundle, *option)
        assert (ended.code, ended.out) == (2, "")
        assert "A single digit has no format" in ended.err


def test_a_risk_below_the_promised_one_is_refused(
    handsum: Handsum, drawn_bundle: Path, promise: Path, tmp_path: Path
) -> None:
    asked = ("read", save_digit(tmp_path / "a.png", "3"), "--bundle", drawn_bundle)
    ended = handsum(*asked, "--promise", promise, "--max-risk", "0.01")
    assert ended.code == 2
    assert "below the 0.1 that the promise keeps" in ended.err


def test_kinds_that_do_not_fit_are_refused(
    handsum: Handsum, drawn_bundle: Path, number_bundle: Path, tmp_path: Path
) -> None:
    picture = save_digit(tmp_path / "a.png", "3")
    for kind, bundle in (("number", drawn_bundle), ("digit", number_bundle)):
        ended = handsum("read", picture, "--as", kind, "--bundle", bundle)
        assert ended.code == 3
        assert f"not of {kind}s" in ended.err


def test_numbers_keep_to_format_and_list(
    handsum: Handsum, number_bundle: Path, tmp_path: Path
) -> None:
    # The bundle learned nothing, so it says anything: but only what it may.
    bundle = Path(shutil.copytree(number_bundle, tmp_path / "bundle"))
    tree = json.loads((bundle / "bundle.json").read_text("utf-8"))
    tree["calibration"]["number_threshold"] = 0.0
    (bundle / "bundle.json").write_bytes(seal_manifest(tree))
    Image.fromarray(draw_number("4711")).save(tmp_path / "a.png")
    (tmp_path / "list.txt").write_text("4711\n1848\n", "utf-8")
    asked = ("read", tmp_path / "a.png", "--bundle", bundle, "--format", "jsonl")
    (line,) = handsum(*asked, "--pattern", "99,9", "--decimal", ",").out.splitlines()
    reading = json.loads(line)
    assert len(reading["text"]) == 4
    whole, decimals = reading["text"].split(",")
    assert reading["value"] == f"{int(whole)}.{decimals}"
    assert reading["left_over"] > 0
    (line,) = handsum(*asked, "--list", tmp_path / "list.txt").out.splitlines()
    assert json.loads(line)["text"] in ("4711", "1848")
    ended = handsum(*asked, "--pattern", "9", "--length", "4")
    assert ended.code == 2
    assert "no text satisfies" in ended.err


def test_a_second_key_decides(handsum: Handsum, drawn_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    for name, digit in (("a", "3"), ("b", "7"), ("c", "1")):
        save_digit(folder / f"{name}.png", digit)
    (tmp_path / "typed.csv").write_text("file,text\na.png,3\nb.png,1\n", "utf-8")
    asked = ("read", folder, "--bundle", drawn_bundle, "--second-key", tmp_path / "typed.csv")
    ended = handsum(*asked, "--format", "jsonl")
    readings = [json.loads(line) for line in ended.out.splitlines()]
    assert [r["decision"] for r in readings] == ["accepted", "review", "review"]
    assert {r["basis"] for r in readings} == {"person"}
    assert "1 of 2 typed values agree with the reading. 1 readings were not typed" in ended.err
    assert "since a person typed the same" in handsum(*asked).out


def test_a_page_has_many_values_and_no_second_key(
    handsum: Handsum, number_bundle: Path, tmp_path: Path
) -> None:
    Image.fromarray(draw_number("4711")).save(tmp_path / "a.png")
    (tmp_path / "typed.csv").write_text("file,text\na.png,4711\n", "utf-8")
    asked = ("read", tmp_path / "a.png", "--as", "page", "--bundle", number_bundle)
    ended = handsum(*asked, "--second-key", tmp_path / "typed.csv")
    assert (ended.code, ended.out) == (2, "")
    assert "a page has many" in ended.err
    ended = handsum(*asked, "--format", "json")
    assert ended.code == 0
    assert all(r["content"] == "number" for r in json.loads(ended.out))
