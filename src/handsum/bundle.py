"""A bundle: a folder with ``model.onnx`` and ``bundle.json`` that says all there is to know of it.

Loading checks the schema, the hashes of manifest and model, and that this version of the imaging
prepares pictures as the net learned them. Nothing is ever unpickled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from handsum.errors import BundleError
from handsum.files import write_atomically
from handsum.readings import BundleRef

BUNDLE_SCHEMA = 1
MANIFEST, MODEL = "bundle.json", "model.onnx"
SHIPPED = Path(__file__).parent / "bundles"
_SEAL = "manifest_sha256"  # of what the manifest says
CELLS = "cells"
"""The bundle of digits that stand in a comb's cell or are cut out of a number: they look otherwise
than those that are written alone."""

Kind = Literal["digits", "numbers"]


@dataclass(frozen=True)
class Golden:
    """A picture in the bundle with the reading that it must give."""

    file: str
    content: str
    text: str


@dataclass(frozen=True)
class BundleInfo:
    """What ``bundle.json`` holds, checked.

    ``charset`` lists the symbols in the order of the outputs; ``classes`` the outputs beside
    them (such as "not_a_number"). ``input`` is height, width (None = any) and the ink's
    polarity, ``imaging`` the version and parameters of the preparation, ``calibration`` the map
    from outputs to confidence, ``training`` recipe, seed and data with licences, ``metrics`` the
    measured figures.
    """

    kind: Kind
    name: str
    version: str
    charset: str
    classes: tuple[str, ...]
    input: dict[str, Any]
    imaging: dict[str, Any]
    calibration: dict[str, Any]
    training: dict[str, Any]
    metrics: dict[str, Any]
    model_sha256: str
    golden: tuple[Golden, ...] = ()
    about: str = ""
    schema: int = field(default=BUNDLE_SCHEMA)


@dataclass(frozen=True)
class Bundle:
    """A checked bundle in its folder."""

    folder: Path
    info: BundleInfo

    @property
    def model_path(self) -> Path:
        """The net's file."""
        return self.folder / MODEL

    @property
    def ref(self) -> BundleRef:
        """How readings name this bundle."""
        return BundleRef(self.info.name, self.info.version, self.info.model_sha256)


def list_bundles() -> list[Path]:
    """The folders of the bundles that ship with this installation, by name."""
    return sorted(path.parent for path in SHIPPED.glob(f"*/{MANIFEST}"))


def find_bundle(name: str | Path) -> Path:
    """The folder of a shipped bundle by its name (a str), or of any bundle by its path."""
    shipped = {path.name: path for path in list_bundles()}
    # Only the bare text is a name: ./digits is a folder, and never the bundle that ships.
    if isinstance(name, str) and name in shipped:
        return shipped[name]
    if (Path(name) / MANIFEST).is_file():
        return Path(name)
    raise BundleError(
        f"There is no bundle {str(name)!r}.",
        f"Name a folder with {MANIFEST}, or one of: {', '.join(shipped) or 'none'}.",
    )


def load_bundle(
    name: str | Path, *, kind: Kind | None = None, imaging_version: int | None = None
) -> Bundle:
    """Read and check a bundle; BundleError where anything does not fit.

    ``kind`` and ``imaging_version`` are what the caller can work with.
    """
    folder = find_bundle(name)
    info = _read_manifest(folder / MANIFEST)
    if kind is not None and info.kind != kind:
        raise BundleError(
            f"{folder} holds a reader of {info.kind}, not of {kind}.", f"Name a bundle of {kind}."
        )
    version = info.imaging.get("version")
    if imaging_version is not None and version != imaging_version:
        raise BundleError(
            f"{folder} learned with imaging version {version}; this handsum has {imaging_version}.",
            "Use the handsum version that the bundle was made with, or a newer bundle.",
        )
    try:
        found = hashlib.sha256((folder / MODEL).read_bytes()).hexdigest()
    except OSError as error:
        raise BundleError(f"{folder} has no readable {MODEL}.", "Copy the bundle again.") from error
    if found != info.model_sha256:
        raise BundleError(
            f"{folder / MODEL} was changed: its SHA-256 is {found[:12]}..., "
            f"the bundle says {info.model_sha256[:12]}....",
            "Copy the bundle again from where it came.",
        )
    return Bundle(folder, info)


def save_bundle(folder: Path, info: BundleInfo, model: bytes, golden: dict[str, bytes]) -> None:
    """Write a bundle: net and pictures first, the manifest that vouches for them last."""
    for name, picture in golden.items():
        write_atomically(folder / name, picture)
    write_atomically(folder / MODEL, model)
    write_atomically(folder / MANIFEST, seal_manifest(asdict(info)))


def seal_manifest(tree: Mapping[str, Any]) -> bytes:
    """A manifest's JSON with the SHA-256 of what it says, by which a later change is seen."""
    text = json.dumps({**tree, _SEAL: _hash_manifest(tree)}, indent=2, ensure_ascii=False)
    return (text + "\n").encode()


def _hash_manifest(tree: Mapping[str, Any]) -> str:
    """SHA-256 of the JSON in one line, keys sorted, without the hash itself."""
    said = {key: value for key, value in tree.items() if key != _SEAL}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


def _read_manifest(path: Path) -> BundleInfo:
    remedy = "Copy the bundle again from where it came."
    try:
        tree = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BundleError(f"{path} cannot be read: {error.strerror}.", remedy) from error
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path} is not JSON: {error}.", remedy) from error
    if not isinstance(tree, dict):
        raise BundleError(f"{path} is not a bundle's manifest.", remedy)
    if tree.get("schema") != BUNDLE_SCHEMA:
        raise BundleError(
            f"{path} has schema {tree.get('schema')!r}; this handsum knows {BUNDLE_SCHEMA}.",
            "Update handsum, or use a bundle made for this version.",
        )
    fields: dict[str, type] = {
        "kind": str, "name": str, "version": str, "charset": str, "classes": list, "input": dict,
        "imaging": dict, "calibration": dict, "training": dict, "metrics": dict,
        "model_sha256": str, "golden": list, "about": str, "schema": int, _SEAL: str,
    }  # fmt: skip
    for key in fields.keys() | tree.keys():
        if key not in fields:
            raise BundleError(f"{path}: unknown key {key!r}.", remedy)
        if not isinstance(tree.get(key), fields[key]):
            raise BundleError(
                f"{path}: {key!r} is missing or not a {fields[key].__name__}.", remedy
            )
    if tree.pop(_SEAL) != _hash_manifest(tree):
        raise BundleError(
            f"{path} was changed: it does not have the SHA-256 that it states.", remedy
        )
    if tree["kind"] not in get_args(Kind):
        raise BundleError(
            f"{path}: unknown kind {tree['kind']!r}.", "Update handsum, or use another bundle."
        )
    if not all(isinstance(name, str) for name in tree["classes"]):
        raise BundleError(f"{path}: 'classes' are not texts.", remedy)
    try:
        golden = tuple(Golden(**entry) for entry in tree["golden"])
    except TypeError as error:
        raise BundleError(f"{path}: golden: {error}.", remedy) from error
    return BundleInfo(**{**tree, "classes": tuple(tree["classes"]), "golden": golden})
