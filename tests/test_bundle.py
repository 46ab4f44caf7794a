"""What a bundle must be to be loaded, and how each misfit is told."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from handsum import bundle as bundle_module
from handsum.bundle import MANIFEST, MODEL, find_bundle, load_bundle, seal_manifest
from handsum.errors import BundleError
from handsum.imaging.normalize import IMAGING_VERSION
from handsum.reader import DigitReader


def change(folder: Path, alter: Callable[[dict[str, Any]], object]) -> None:
    tree = json.loads((folder / MANIFEST).read_text("utf-8"))
    alter(tree)
    (folder / MANIFEST).write_bytes(seal_manifest(tree))


def test_what_was_saved_is_loaded(drawn_bundle: Path) -> None:
    bundle = load_bundle(drawn_bundle, kind="digits", imaging_version=IMAGING_VERSION)
    assert bundle.info.charset == "0123456789"
    assert bundle.info.classes == ("not_a_number",)
    assert bundle.ref.sha256 == bundle.info.model_sha256
    assert [golden.text for golden in bundle.info.golden] == list("02468")
    assert all((drawn_bundle / golden.file).is_file() for golden in bundle.info.golden)
    assert [entry["name"] for entry in bundle.info.training["data"]] == [
        "drawn:train",
        "drawn:scribbles",
    ]


def test_one_changed_byte_is_found(drawn_bundle: Path) -> None:
    model = bytearray((drawn_bundle / MODEL).read_bytes())
    model[len(model) // 2] ^= 1
    (drawn_bundle / MODEL).write_bytes(model)
    with pytest.raises(BundleError, match=r"model\.onnx was changed: its SHA-256 is"):
        load_bundle(drawn_bundle)


def test_a_changed_manifest_is_found(drawn_bundle: Path) -> None:
    path = drawn_bundle / MANIFEST
    text = path.read_text("utf-8")
    path.write_text(text.replace('"temperature": ', '"temperature": 1', 1), "utf-8")
    with pytest.raises(BundleError, match=r"bundle\.json was changed"):
        load_bundle(drawn_bundle)
    path.write_text(json.dumps(json.loads(text), indent=1, sort_keys=True), "utf-8")
    load_bundle(drawn_bundle)  # it says the same


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda t: t.update(schema=2), "has schema 2; this handsum knows 1"),
        (lambda t: t.update(kind="letters"), "unknown kind 'letters'"),
        (lambda t: t.update(kind="numbers"), "holds a reader of numbers, not of digits"),
        (lambda t: t["imaging"].update(version=99), "learned with imaging version 99"),
        (lambda t: t.pop("charset"), "'charset' is missing"),
        (lambda t: t.update(classes=[1]), "'classes' are not texts"),
        (lambda t: t.update(colour="red"), "unknown key 'colour'"),
        (lambda t: t.update(golden=["a.png"]), "golden:"),
        (lambda t: t.update(model_sha256="0" * 64), "was changed"),
    ],
)
def test_a_manifest_that_does_not_fit_is_refused(
    drawn_bundle: Path, alter: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(drawn_bundle, alter)
    with pytest.raises(BundleError, match=message):
        load_bundle(drawn_bundle, kind="digits", imaging_version=IMAGING_VERSION)


@pytest.mark.parametrize(
    ("alter", "message"),
    [
        (lambda t: t.update(charset="012345678"), "the bundle speaks of pictures"),
        (lambda t: t["imaging"]["parameters"].update(size=32), "the bundle speaks of pictures"),
        (lambda t: t["imaging"]["parameters"].update(colour=1), "an imaging of other parameters"),
        (lambda t: t["calibration"].pop("temperature"), r"calibration\.temperature is None"),
        (lambda t: t["calibration"].update(temperature=0), r"calibration\.temperature is 0"),
        (lambda t: t["calibration"].update(blank_confidence=2), "blank_confidence is 2"),
    ],
)
def test_the_reader_refuses_what_it_cannot_read_with(
    drawn_bundle: Path, alter: Callable[[dict[str, Any]], object], message: str
) -> None:
    change(drawn_bundle, alter)
    with pytest.raises(BundleError, match=message):
        DigitReader(drawn_bundle)


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_a_manifest_that_is_none_is_refused(drawn_bundle: Path, content: bytes) -> None:
    (drawn_bundle / MANIFEST).write_bytes(content)
    with pytest.raises(BundleError, match=r"bundle\.json"):
        load_bundle(drawn_bundle)


def test_a_net_that_is_none_is_refused(drawn_bundle: Path) -> None:
    import hashlib

    (drawn_bundle / MODEL).write_bytes(b"no net")
    change(drawn_bundle, lambda t: t.update(model_sha256=hashlib.sha256(b"no net").hexdigest()))
    with pytest.raises(BundleError, match="no net that ONNX Runtime can load"):
        DigitReader(drawn_bundle)
    (drawn_bundle / MODEL).unlink()
    with pytest.raises(BundleError, match="no readable"):
        load_bundle(drawn_bundle)


def test_a_bare_name_ships_and_a_path_never_does(
    drawn_bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    monkeypatch.setattr(bundle_module, "SHIPPED", shipped)
    with pytest.raises(BundleError, match=r"no bundle 'digits'.*one of: none"):
        find_bundle("digits")
    drawn_bundle.rename(shipped / "digits")
    assert find_bundle("digits") == shipped / "digits"
    monkeypatch.chdir(tmp_path)
    for path in ("./digits", "", ".", "..", "shipped"):
        with pytest.raises(BundleError, match="There is no bundle"):
            find_bundle(path)
    assert find_bundle("shipped/digits") == Path("shipped/digits")
