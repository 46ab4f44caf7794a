from hypothesis import given, settings
from hypothesis import strategies as st

from handsum.decode.search import BestFirst, Expansion, beam


class Strings:
    """All words over ab up to four letters, with given scores and bounds that are sums."""

    def __init__(self, scores):
        self.scores = scores
        self.expanded = 0

    def root(self):
        return ""

    def bound(self, prefix):
        return sum(score for word, score in self.scores.items() if word.startswith(prefix))

    def expand(self, node):
        self.expanded += 1
        children = [(self.bound(node + letter), node + letter) for letter in "ab"]
        return Expansion(self.scores.get(node, 0.0), children)


scores = st.dictionaries(
    st.text("ab", max_size=4), st.floats(0.001, 1.0), min_size=1, max_size=12
).map(lambda found: {word: score / sum(found.values()) for word, score in found.items()})


@given(scores, st.integers(1, 5))
@settings(deadline=None)
def test_best_first_is_sorting(scores, k):
    found = BestFirst(Strings(scores), 0.0, 1000).take(k)
    assert found.exact
    assert [score for score, _ in found.texts] == sorted(scores.values(), reverse=True)[:k]
    assert all(scores[word] == score for score, word in found.texts)


@given(scores)
@settings(deadline=None)
def test_the_floor_and_the_budget_hold(scores):
    found = BestFirst(Strings(scores), 0.2, 1000).take(10)
    assert [s for s, _ in found.texts] == sorted(s for s in scores.values() if s >= 0.2)[::-1]
    tree = Strings(scores)
    BestFirst(tree, 0.0, 3).take(10)
    assert tree.expanded <= 3


@given(scores, st.integers(1, 3), st.integers(0, 4), st.integers(0, 8))
@settings(deadline=None)
def test_a_search_goes_on_where_it_stopped(scores, k, more, budget):
    search = BestFirst(Strings(scores), 0.0, budget)
    search.take(k)
    assert search.take(k + more) == BestFirst(Strings(scores), 0.0, budget).take(k + more)


@given(scores, st.integers(1, 4))
@settings(deadline=None)
def test_a_wide_beam_is_exact(scores, k):
    texts = beam(Strings(scores), k, 100, 4)
    assert [score for score, _ in texts] == sorted(scores.values(), reverse=True)[:k]


def test_a_narrow_beam_finds_something():
    assert beam(Strings({"ab": 0.6, "b": 0.4}), 2, 1, 4) == [(0.6, "ab")]
