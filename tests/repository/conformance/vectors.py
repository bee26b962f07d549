"""CVSS v4.0: base scores next to those of PyPI's `cvss` and of exact fractions; and what is refused."""

import json
from fractions import Fraction
from functools import cache
from itertools import product

from cvss import CVSS4
from cvss.constants4 import CVSS_LOOKUP_GLOBAL
from cvss.exceptions import CVSS4Error

from exact_cvss import rounded, unrounded
from metrics import BASE, GRAMMAR, METRICS, OPTIONAL, SCORING
from program import COMMON, MOST_FAULTS, TENTH, computed

TABLE = {name: Fraction(str(score)) for name, score in CVSS_LOOKUP_GLOBAL.items()}

# With factors of 0 the score is the base.
FACTORS = dict.fromkeys([*COMMON, TENTH[1]], 0)

# The rules that report a text that is not a vector.
REFUSALS = {"cvss-vector", "cvss-version", "cvss-old-metric"}


def block(vector, score):
    """A score that is declared to be right, so that a wrong one is reported."""
    declared = float(score)
    return json.dumps({"version": "0.8", "cvss": vector, "cvss_base": declared, "factors": FACTORS, "score": declared})


def written(metrics):
    return "/".join(["CVSS:4.0", *(f"{metric}:{value}" for metric, value in metrics.items())])


def every_base():
    return [dict(zip(BASE, values)) for values in product(*BASE.values())]


def with_more(random):
    """A base with each other metric there or not; some vectors have few of them, some nearly all."""
    share = random.choice([0.1, 0.5, 0.9])
    more = {metric: random.choice(values) for metric, values in OPTIONAL.items() if random.random() < share}
    return {metric: random.choice(values) for metric, values in BASE.items()} | more


def in_force(metrics):
    """The values that the full score is computed from."""
    chosen = {metric: metrics[metric] for metric in BASE}
    chosen |= {metric: metrics[metric] for metric in ("E", "CR", "IR", "AR") if metrics.get(metric, "X") != "X"}
    changed = {metric[1:]: value for metric, value in metrics.items() if metric[0] == "M" and value != "X"}
    return chosen | changed


@cache
def by_pypi(vector):
    return Fraction(str(CVSS4(vector).base_score))


@cache
def by_fractions(base):
    return unrounded(dict(zip(BASE, base)), TABLE)


def compare(program, vectors, tally):
    """Each vector (a dictionary) is scored three times."""
    exacts = [by_fractions(tuple(metrics[metric] for metric in BASE)) for metrics in vectors]
    blocks = (block(written(metrics), rounded(exact)) for metrics, exact in zip(vectors, exacts))
    answers = computed(program, blocks, MOST_FAULTS)
    for metrics, exact, (answer, broken) in zip(vectors, exacts, answers, strict=True):
        base = {metric: metrics[metric] for metric in BASE}
        tally["exact ties"] += exact * 20 % 2 == 1
        expected = rounded(exact)
        pypi = by_pypi(written(base))
        ours = answer and Fraction(answer["cvss_base"])
        beyond = any(metrics.get(metric, "X") != "X" for metric in SCORING)
        rules = ["cvss-beyond-base"] * beyond
        if len(metrics) > len(BASE):
            full = by_pypi(written(metrics))
            tally["full score is another"] += full != expected
            if full != rounded(unrounded(in_force(metrics), TABLE)):
                tally.differ(f"{written(metrics)}: PyPI's full score is {full}, which fractions do not give")
        if not ours == pypi == expected or Fraction(answer["score"]) != expected or broken != rules:
            shown = [float(score) if score is not None else None for score in (ours, pypi, expected)]
            tally.differ(f"{written(metrics)}: aivss-lint, PyPI, fractions: {shown}; rules {broken}")
        tally["compared"] += 1


def in_order(vector):
    """The same parts as the specification orders them."""
    head, *parts = vector.split("/")
    order = {metric: at for at, metric in enumerate(METRICS)}
    return "/".join([head, *sorted(parts, key=lambda part: order.get(part.split(":")[0], -1))])


def compare_refusals(program, vectors, tally):
    """The program accepts exactly the vectors of the grammar; PyPI's package accepts any order of metrics."""
    # A text has a dozen problems at most.
    answers = computed(program, (block(vector, Fraction(0)) for vector in vectors), MOST_FAULTS // 13)
    for vector, (answer, broken) in zip(vectors, answers, strict=True):
        is_vector = GRAMMAR.fullmatch(vector) is not None
        try:
            pypi = by_pypi(vector)
        except CVSS4Error:
            pypi = None
        if pypi is None and not is_vector:
            tally["refused by both"] += 1
        elif is_vector:
            tally["still vectors"] += 1
            base = dict(part.split(":") for part in vector.split("/")[1 : len(BASE) + 1])
            expected = rounded(by_fractions(tuple(base.values())))
            if pypi is None or not answer or Fraction(answer["cvss_base"]) != expected:
                tally.differ(f"{vector!r}: PyPI {pypi}, fractions {expected}; aivss-lint {answer}")
        elif GRAMMAR.fullmatch(in_order(vector)):
            tally["out of order: refused by aivss-lint, taken by PyPI"] += 1
        else:
            tally.differ(f"{vector!r}: no vector, and PyPI gives {pypi}")
        if not is_vector and (answer is not None or not REFUSALS.issuperset(broken) or not broken):
            tally.differ(f"{vector!r}: no vector; aivss-lint gives {answer}, rules {broken}")
        tally["compared"] += 1
