import pytest

from handsum.forms.read_fields import find_pale

WRITTEN = [(n, 0.6 + 0.02 * n) for n in range(9)]
SHONE_THROUGH = [(20, 0.19), (21, 0.2), (22, 0.18)]


@pytest.mark.parametrize("exposure", [0.4, 1.0])
def test_what_shines_through_is_paler_than_the_pages_writing(exposure: float) -> None:
    page = [(n, exposure * contrast) for n, contrast in [*WRITTEN, *SHONE_THROUGH]]
    assert find_pale(page) == [20, 21, 22]


def test_of_few_numbers_none_is_too_pale_to_be_read() -> None:
    assert find_pale([*WRITTEN[:4], *SHONE_THROUGH]) == []


def test_a_page_in_pencil_with_one_number_in_ink_is_read() -> None:
    assert find_pale([(n, 0.25 + 0.01 * n) for n in range(12)] + [(30, 0.95)]) == []
