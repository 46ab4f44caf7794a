import pytest

from handsum.charset import DIGITS, NUMBERS
from handsum.decode.constraint import Constraint, compile_constraint
from handsum.decode.values import Separators
from handsum.errors import DecodeError


def accepted(constraint: Constraint, *texts: str) -> list[str]:
    compiled = compile_constraint(constraint, NUMBERS)
    return [text for text in texts if compiled.accepts(text)]


def test_parts_are_joined():
    constraint = Constraint(pattern="9{3,5}", length="4-6", check="luhn", range="0..5000")
    assert accepted(constraint, "0018", "018", "2346", "00018", "9001", "x") == ["0018", "00018"]


def test_without_a_pattern_only_digits_are_read():
    assert accepted(Constraint(length="2-3"), "12", "1.2", "-12", "123", "1") == ["12", "123"]
    assert accepted(Constraint(check="damm"), "5724", "5-724", "572.4") == ["5724"]
    assert accepted(Constraint(length="2", pattern="[-]9.9"), "1.2", "-1.2", "12") == [
        "1.2",
        "-1.2",
    ]


def test_lists_are_narrowed_by_the_rest():
    constraint = Constraint(entries=("5724", "5725", "1-1", "00"), check="damm")
    assert accepted(constraint, "5724", "5725", "00", "0000") == ["5724", "00"]
    compiled = compile_constraint(constraint, NUMBERS)
    assert len(compiled.entries) == 2


def test_nothing_is_no_constraint():
    assert compile_constraint(Constraint(), NUMBERS) is None


@pytest.mark.parametrize(
    ("constraint", "says"),
    [
        (Constraint(pattern="9{4}", length="5"), "no text satisfies pattern '9{4}', length '5'"),
        (Constraint(check="ean13", length="8"), "no text satisfies"),
        (Constraint(pattern="999", range="1000..2000"), "no text satisfies"),
        (Constraint(pattern="99,9", range="0..50"), "nothing says what ',' means"),
        (Constraint(entries=("12", "13"), length="3"), "no entry of the list"),
        (Constraint(weights=(1.0,)), "weights without a list"),
        (Constraint(check="crc"), "no check 'crc'"),
    ],
)
def test_contradictions_are_named(constraint, says):
    with pytest.raises(DecodeError) as caught:
        compile_constraint(constraint, NUMBERS)
    assert says in caught.value.message
    assert caught.value.remedy


def test_ranges_use_the_declared_separators():
    constraint = Constraint(pattern="9{1,2}[,9]", range="0..50", separators=Separators(","))
    assert accepted(constraint, "50", "50,0", "50,1", "7,5", "7.5") == ["50", "50,0", "7,5"]


def test_ranges_alone_read_integers():
    assert accepted(Constraint(range="-3..12"), "12", "012", "-3", "-4", "1.5") == [
        "12",
        "012",
        "-3",
    ]
    assert compile_constraint(Constraint(range="3..12"), DIGITS).accepts("7")
