from dataclasses import replace

import pytest

from handsum.bundle import load_bundle
from handsum.charset import NUMBERS
from handsum.errors import BundleError
from handsum.reader.number_parts import read_second_look


@pytest.mark.parametrize("key", ["again", "afresh"])
def test_weights_that_lack_or_are_unknown_are_refused_by_name(key: str) -> None:
    bundle = load_bundle("numbers", kind="numbers")
    assert read_second_look(bundle, NUMBERS, 4, 1) is not None
    tree = dict(bundle.info.calibration["second_look"])
    if key in tree:
        del tree[key]
    else:
        tree[key] = 1.0
    calibration = {**bundle.info.calibration, "second_look": tree}
    other = replace(bundle, info=replace(bundle.info, calibration=calibration))
    with pytest.raises(BundleError, match=key):
        read_second_look(other, NUMBERS, 4, 1)
