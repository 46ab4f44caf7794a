"""Exact binomial and hypergeometric tails, and the bounds on a risk that follow from them.

Everything is computed without tables or normal approximations, for n up to 10 million: the
probability of one count by Loader's saddle-point form, which loses no digits for large n, and a
tail from it by the continued fraction of the incomplete beta function.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * math.log(2.0 * math.pi)
_SMALL = 16  # below it the error of Stirling's formula is tabulated, from it on a series is exact
_STIRLING_TABLE = np.array(
    [0.0]
    + [math.lgamma(n + 1.0) - (n + 0.5) * math.log(n) + n - _HALF_LOG_2PI for n in range(1, _SMALL)]
)


def _stirling_error(n: Floats) -> Floats:
    """log n! less Stirling's formula for it, for whole n >= 0 (0 for n = 0)."""
    big = np.maximum(n, float(_SMALL))
    square = big * big
    series = 1 / 1680 - 1 / (1188 * square)
    series = 1 / 1260 - series / square
    series = 1 / 360 - series / square
    series = (1 / 12 - series / square) / big
    small = _STIRLING_TABLE[np.minimum(n, _SMALL - 1).astype(np.intp)]
    return np.where(n < _SMALL, small, series)


def _deviance(x: Floats, mean: Floats) -> Floats:
    """x log(x / mean) + mean - x, for x > 0 and mean > 0; 0 where they are equal."""
    gap = (mean - x) / x
    near = np.abs(gap) < 0.5  # there the plain form would lose digits, elsewhere log1p would
    close = x * (gap - np.log1p(np.where(near, gap, 0.0)))
    return np.where(near, close, x * np.log(x / mean) + mean - x)


def _log_pmf(k: Floats, n: Floats, p: Floats) -> Floats:
    """log P(X = k) of a binomial; Loader, Fast and accurate computation of binomial
    probabilities (2000). Needs 0 <= k <= n and 0 < p < 1."""
    inner = (k > 0) & (k < n)
    kk, nn = np.where(inner, k, 1.0), np.where(inner, n, 2.0)
    rest = nn - kk
    value = (
        _stirling_error(nn)
        - _stirling_error(kk)
        - _stirling_error(rest)
        - _deviance(kk, nn * p)
        - _deviance(rest, nn * (1.0 - p))
        + 0.5 * np.log(nn / (kk * rest))
        - _HALF_LOG_2PI
    )
    edge = np.where(k <= 0, n * np.log1p(-p), n * np.log(p))
    return np.where(inner, value, edge)


def _fraction(a: Floats, b: Floats, x: Floats) -> Floats:
    """Continued fraction of the incomplete beta function by Lentz's method, all 1-D.

    Converges fast for x < (a + 1) / (a + b + 2), in about sqrt(max(a, b)) steps at worst (Press
    et al., Numerical Recipes, 6.4). What has converged leaves the loop.
    """
    tiny = 1e-300
    result = np.empty_like(x)
    rows = np.arange(x.size)
    c = np.ones_like(x)
    d = 1.0 - (a + b) * x / (a + 1.0)
    d = 1.0 / np.where(np.abs(d) < tiny, tiny, d)
    h = d.copy()
    m = 0
    while rows.size:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1.0 + even * d
        c = 1.0 + even / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        d = 1.0 / np.where(np.abs(d) < tiny, tiny, d)
        c = np.where(np.abs(c) < tiny, tiny, c)
        h = h * d * c
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 + odd * d
        c = 1.0 + odd / c
        d = 1.0 / np.where(np.abs(d) < tiny, tiny, d)
        c = np.where(np.abs(c) < tiny, tiny, c)
        step = d * c
        h = h * step
        going = np.abs(step - 1.0) > 1e-15
        if not going.all():
            result[rows[~going]] = h[~going]
            rows, a, b, x = rows[going], a[going], b[going], x[going]
            c, d, h = c[going], d[going], h[going]
        if m > 100_000:  # far beyond what n = 10 million needs
            raise ArithmeticError("the incomplete beta function did not converge")
    return result


def _tails(k: npt.ArrayLike, n: npt.ArrayLike, p: npt.ArrayLike) -> tuple[Floats, Floats]:
    """P(X <= k) and P(X > k) of a binomial, each exact to its own last digits."""
    k_, n_, p_ = np.broadcast_arrays(
        np.asarray(k, np.float64), np.asarray(n, np.float64), np.asarray(p, np.float64)
    )
    if np.any(n_ < 0) or np.any(p_ < 0) or np.any(p_ > 1):
        raise ValueError("a binomial tail needs n >= 0 and 0 <= p <= 1")
    lower = np.asarray(np.where((k_ >= n_) | ((p_ == 0) & (k_ >= 0)), 1.0, 0.0))
    upper = np.asarray(1.0 - lower)
    inside = (k_ >= 0) & (k_ < n_) & (p_ > 0) & (p_ < 1)
    kk, nn, pp = k_[inside], n_[inside], p_[inside]
    left = (1.0 - pp) * (nn + 3.0) < nn - kk + 1.0  # then the fraction of the lower tail is quick
    low, up = np.empty_like(kk), np.empty_like(kk)
    k1, n1, p1 = kk[left], nn[left], pp[left]
    low[left] = np.exp(_log_pmf(k1, n1, p1)) * p1 * _fraction(n1 - k1, k1 + 1.0, 1.0 - p1)
    up[left] = 1.0 - low[left]
    k2, n2, p2 = kk[~left], nn[~left], pp[~left]
    up[~left] = np.exp(_log_pmf(k2 + 1.0, n2, p2)) * (1.0 - p2)
    up[~left] *= _fraction(k2 + 1.0, n2 - k2, p2)
    low[~left] = 1.0 - up[~left]
    lower[inside], upper[inside] = low, up
    return lower, upper


def binomial_cdf(k: npt.ArrayLike, n: npt.ArrayLike, p: npt.ArrayLike) -> Floats:
    """P(X <= k) for X binomial(n, p); arrays broadcast; ValueError for n < 0 or p outside 0..1."""
    return _tails(k, n, p)[0]


def binomial_sf(k: npt.ArrayLike, n: npt.ArrayLike, p: npt.ArrayLike) -> Floats:
    """P(X > k) for X binomial(n, p); arrays broadcast; ValueError for n < 0 or p outside 0..1."""
    return _tails(k, n, p)[1]


def upper_bound(wrong: int, n: int, delta: float) -> float:
    """Clopper-Pearson: with confidence 1 - delta a risk is not above this, ``wrong`` of n seen.

    The risk at which ``wrong`` or fewer would be seen with probability delta; 1 where n = 0.
    """
    _check_counts(wrong, n, delta)
    if wrong == n:
        return 1.0
    if wrong == 0:
        return -math.expm1(math.log(delta) / n)
    return _solve(wrong, n, delta)


def lower_bound(wrong: int, n: int, delta: float) -> float:
    """Clopper-Pearson: with confidence 1 - delta a risk is not below this; 0 where wrong = 0."""
    _check_counts(wrong, n, delta)
    if wrong == 0:
        return 0.0
    if wrong == n:
        return math.exp(math.log(delta) / n)
    return _solve(wrong - 1, n, 1.0 - delta)


def _check_counts(wrong: int, n: int, delta: float) -> None:
    if not (0 <= wrong <= n and 0.0 < delta < 1.0):
        raise ValueError(f"no bound for wrong={wrong} of n={n} at delta={delta}")


def _solve(k: int, n: int, level: float) -> float:
    """The p at which P(X <= k) = level, 0 <= k < n, by Newton steps kept inside a bracket.

    The logarithm of the tail is concave and falling in p, so Newton's steps come down on the root
    from the right without swinging.
    """
    low, high = 0.0, 1.0
    p = (k + 1.0) / (n + 1.0)
    for _ in range(200):
        below, above = _tails(k, n, p)
        tail = float(below)
        if tail > level:
            low = p
        else:
            high = p
        step = low  # outside the open bracket unless Newton finds better
        if tail > 0.0:
            # near 1 the tail itself has no digits left, its complement has
            log_tail = math.log(tail) if tail < 0.5 else math.log1p(-float(above))
            # d tail / dp = -n P(Bin(n - 1, p) = k) = -(n - k) / (1 - p) P(Bin(n, p) = k)
            log_mass = float(_log_pmf(*_floats(k, n, p)))
            slope = -(n - k) / (1.0 - p) * math.exp(log_mass - log_tail)
            if slope < 0.0:
                step = p - (log_tail - math.log(level)) / slope
        if not low < step < high:
            step = 0.5 * (low + high)
        if abs(step - p) <= 4e-16 * p or step == p:
            return step
        p = step
    return p


def _floats(k: float, n: float, p: float) -> tuple[Floats, Floats, Floats]:
    return np.asarray(k, np.float64), np.asarray(n, np.float64), np.asarray(p, np.float64)


def values_needed(max_risk: float, delta: float = 0.05, wrong: int = 0) -> int:
    """Smallest n of which ``wrong`` errors still bound the risk by max_risk with 1 - delta.

    299 for 1 %, 598 for 0.5 %, 2,995 for 0.1 %, at 95 % and without an error.
    """
    if not (0.0 < max_risk < 1.0 and 0.0 < delta < 1.0 and wrong >= 0):
        raise ValueError(f"no count for max_risk={max_risk}, delta={delta}, wrong={wrong}")
    low = wrong  # fails always: all of them wrong
    high = max(wrong + 1, math.ceil(math.log(delta) / math.log1p(-max_risk)) + 1)
    if wrong == 0:  # (1 - max_risk)^n <= delta; a look on both sides settles the rounding
        low = max(high - 3, 0)
    while binomial_cdf(wrong, high, max_risk) > delta:
        high *= 2
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_cdf(wrong, middle, max_risk) > delta:
            low = middle
        else:
            high = middle
    return high


def wrong_allowed(n: int, max_risk: float, delta: float = 0.05) -> int:
    """Most errors among n that still bound the risk by max_risk with 1 - delta; -1 if none may."""
    low, high = -1, n  # allowed, not allowed (all n wrong bounds nothing)
    while high - low > 1:
        middle = (low + high) // 2
        if binomial_cdf(middle, n, max_risk) <= delta:
            low = middle
        else:
            high = middle
    return low


@lru_cache(maxsize=64)  # it depends on nothing else, and whoever simulates asks it 10,000 times
def values_needed_steps(n: int, max_risk: float, delta: float) -> npt.NDArray[np.int64]:
    """``values_needed`` for 0, 1, 2, ... errors, as far as it stays within n; rising, read-only.

    ``np.searchsorted(steps, m, "right") - 1`` is then ``wrong_allowed(m)`` for any m up to n.
    """
    wrong = np.arange(wrong_allowed(n, max_risk, delta) + 1, dtype=np.int64)
    low, high = wrong.copy(), np.full_like(wrong, n)  # too few, enough
    while np.any(high - low > 1):
        middle = (low + high) // 2
        enough = binomial_cdf(wrong, middle, max_risk) <= delta
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    high.flags.writeable = False
    return high


def _log_hypergeometric(k: Floats, pile: float, bad: float, n: float) -> Floats:
    """log P(k bad among n drawn of a pile), as three binomials of the same p (Loader 2000)."""
    p = np.asarray(n / pile)
    return (
        _log_pmf(k, np.asarray(bad), p)
        + _log_pmf(n - k, np.asarray(pile - bad), p)
        - _log_pmf(np.asarray(n), np.asarray(pile), p)
    )


def hypergeometric_cdf(k: int, pile: int, bad: int, n: int) -> float:
    """P(at most k bad ones) among n drawn without putting back from ``pile`` that holds ``bad``.

    ValueError unless 0 <= bad <= pile and 0 <= n <= pile.
    """
    if not (0 <= bad <= pile and 0 <= n <= pile):
        raise ValueError(f"no draw of n={n} with bad={bad} from a pile of {pile}")
    least, most = max(0, n + bad - pile), min(n, bad)
    if k < least:
        return 0.0
    if k >= most:
        return 1.0
    if n == pile:  # all are drawn, so the count is known
        return float(k >= bad)
    if k <= n * bad / pile:
        counts = np.arange(least, k + 1, dtype=np.float64)
        return float(np.exp(_log_hypergeometric(counts, pile, bad, n)).sum())
    counts = np.arange(k + 1, most + 1, dtype=np.float64)
    return 1.0 - float(np.exp(_log_hypergeometric(counts, pile, bad, n)).sum())


def hypergeometric_upper(wrong: int, n: int, pile: int, delta: float) -> int:
    """Most wrong ones that a pile may hold, with 1 - delta, when n drawn from it hold ``wrong``.

    The largest number at which ``wrong`` or fewer would be drawn with a probability above delta.
    """
    _check_counts(wrong, n, delta)
    if n > pile:
        raise ValueError(f"cannot draw n={n} from a pile of {pile}")
    low, high = wrong, pile - (n - wrong)  # possible for sure; more contradicts the right ones seen
    while low < high:
        middle = (low + high + 1) // 2
        if hypergeometric_cdf(wrong, pile, middle, n) > delta:
            low = middle
        else:
            high = middle - 1
    return low
