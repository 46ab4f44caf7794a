import pytest
from hypothesis import given
from hypothesis import strategies as st

from handsum.charset import NUMBERS
from handsum.decode.lists import build_list, load_entries
from handsum.errors import DecodeError, FileEmptyError, FileMissingError, FileUnreadableError

texts = st.text("0123456789.-", min_size=1, max_size=6)


def spelled(built):
    """The text of every node by walking the trie."""
    found = {0: ""}
    for node in range(len(built.symbols)):
        for child in range(built.children[node], built.children[node + 1]):
            found[child] = found[node] + NUMBERS.decode([built.symbols[child]])
    return found


@given(st.lists(texts, min_size=1, max_size=30, unique=True))
def test_the_trie_spells_the_entries_and_their_prefixes(entries):
    built = build_list(entries, NUMBERS)
    nodes = spelled(built)
    prefixes = {entry[:n] for entry in entries for n in range(len(entry) + 1)}
    assert sorted(nodes.values()) == sorted(prefixes)
    assert len(nodes) == len(built.symbols)
    for node, text in nodes.items():
        assert built.levels[len(text)] <= node < built.levels[len(text) + 1]
        position = int(built.entry[node])
        assert (entries[position] == text) if position >= 0 else (text not in entries)
    assert len(built) == len(entries)
    for entry in entries:
        assert built.envelope.accepts(NUMBERS.encode(entry))
        assert built.holds(NUMBERS.encode(entry))
    for other in ["", "7", entries[0][:-1], entries[0] + "1", entries[0][::-1]]:
        assert built.holds(NUMBERS.encode(other)) == (other in entries)


@pytest.mark.parametrize(
    ("entries", "weights", "says"),
    [
        ([], None, "no entries"),
        (["12", "7", "12"], None, "'12' in rows 1 and 3"),
        (["1", "2", "1", "2", "3", "3", "4", "4", "5", "5"], None, "and 2 more"),
        (["12", ""], None, "row 2 of the list is empty"),
        (["12", "1a3"], None, "row 2 of the list, '1a3', has the symbol 'a'"),
        (["12", "7", "1é"], None, "'é'"),
        (["1" * 65], None, "row 1 of the list is too long"),
        (["12", "13"], [1.0], "1 weights for 2 entries"),
        (["12", "13"], [1.0, -1.0], "row 2, -1.0, is no share"),
        (["12", "13"], [float("nan"), 1.0], "row 1"),
        (["12", "13"], [0.0, 0.0], "weight 0"),
    ],
)
def test_bad_lists_are_refused_by_row(entries, weights, says):
    with pytest.raises(DecodeError) as caught:
        build_list(entries, NUMBERS, weights)
    assert says in caught.value.message
    assert caught.value.remedy


@given(st.dictionaries(texts, st.integers(0, 9), min_size=1, max_size=20))
def test_weights_stay_with_their_entries(weighed):
    if not any(weighed.values()):
        return
    built = build_list(list(weighed), NUMBERS, list(map(float, weighed.values())))
    most = max(weighed.values())
    for node, prefix in spelled(built).items():
        below = max(w for text, w in weighed.items() if text.startswith(prefix))
        assert built.heaviest[node] == pytest.approx(below / most)
        if built.entry[node] >= 0:
            assert built.weights[built.entry[node]] == pytest.approx(weighed[prefix] / most)


def test_entries_come_from_lines(tmp_path):
    path = tmp_path / "numbers.txt"
    path.write_bytes("\ufeff0012\r\n 7 \r\n\r\n-3\r\n\r\n".encode())
    assert load_entries(path) == ("0012", "7", "", "-3")
    with pytest.raises(DecodeError, match="row 3 of the list is empty"):
        build_list(load_entries(path), NUMBERS)


def test_files_that_are_no_lists(tmp_path):
    with pytest.raises(FileMissingError):
        load_entries(tmp_path / "none.txt")
    with pytest.raises(FileUnreadableError):
        load_entries(tmp_path)
    (tmp_path / "empty.txt").write_text("\n \n")
    with pytest.raises(FileEmptyError):
        load_entries(tmp_path / "empty.txt")
    (tmp_path / "latin.txt").write_bytes(b"12\n\xe9\n")
    with pytest.raises(DecodeError, match="byte 3"):
        load_entries(tmp_path / "latin.txt")
