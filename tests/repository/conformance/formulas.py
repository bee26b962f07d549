"""The formulas: what the program computes, next to rational arithmetic (`fractions`) over the same digits."""

from fractions import Fraction

from exact_cvss import rounded
from program import COMMON, MOST_FAULTS, TENTH, computed

VERSIONS = ["0.5", "0.8", "0.8-floor"]
THREAT = {"attacked": "1.00", "proof-of-concept": "0.97", "unreported": "0.50"}
MITIGATION = {"none": "1.00", "partial": "0.83", "strong": "0.67"}
TEN = Fraction(10)

# The number of findings of one run: a sixteenth of them has a problem.
AT_ONCE = 10 * MOST_FAULTS


def exact(version, base, factor_sum, threat, mitigation):
    """Uplift and score before rounding."""
    if version == "0.5":
        return factor_sum, min((base + factor_sum) / 2 * threat, TEN)
    uplift = (10 - base) * (factor_sum / 10) * threat
    if version == "0.8":
        return uplift, min((base + uplift) * mitigation, TEN)
    return uplift, min(base + uplift * mitigation, TEN)


def in_floats(version, base, factor_sum, threat, mitigation):
    """The same as most programs would compute it."""
    return float(exact(version, *map(float, (base, factor_sum, threat, mitigation)))[1])


def sum_for(version, score, base, threat, mitigation):
    """The factor sum that leads to a score before rounding; None where each does, or none."""
    if version == "0.5":
        return score * 2 / threat - base
    uplift = score / mitigation - base if version == "0.8" else (score - base) / mitigation
    room = (10 - base) * threat
    return uplift * 10 / room if room else None


def digits(value, places):
    """A number with exactly so many decimals, rounded down."""
    units = int(value * 10**places)
    text = f"{units:0{places + 1}d}"
    return f"{text[:-places]}.{text[-places:]}" if places else text


def number(random, most):
    """Digits from 0 to `most` with 0 to 4 decimals, most often the few that people write."""
    places = random.choice([0, 1, 1, 1, 2, 2, 3, 4])
    return digits(Fraction(random.randint(0, most * 10**places), 10**places), places)


def multiplier(random, names, most):
    """A name, or digits above 0; with the value that is meant."""
    kind = random.random()
    if kind < 0.3:
        name = random.choice(list(names))
        return f'"{name}"', names[name]
    simple = ["1", "1.0", "0.5", "0.8", "0.25", "0.625", "0.83", "0.67", "0.97"]
    text = random.choice(simple) if kind < 0.6 else number(random, most)
    return (text, text) if Fraction(text) > 0 else ("1.0", "1.0")


def shared_out(random, total):
    """Ten factors from 0 to 1, of at most four decimals, that add up to `total` (which has no more)."""
    units = int(total * 10_000)
    step = next(step for step in (10_000, 5_000, 1_000, 100, 10, 1) if units % step == 0)
    factors = [0] * 10
    left = units // step
    most = 10_000 // step
    for at in range(10):
        others = (9 - at) * most
        factors[at] = random.randint(max(0, left - others), min(most, left))
        left -= factors[at]
    random.shuffle(factors)
    return [Fraction(factor * step, 10_000) for factor in factors]


class Case:
    """Inputs as a file writes them, and what follows from them."""

    def __init__(self, random):
        self.version = random.choice(VERSIONS)
        self.base = number(random, 10)
        self.threat, threat = multiplier(random, THREAT, 2)
        self.mitigation, mitigation = multiplier(random, MITIGATION, 1)
        values = Fraction(self.base), Fraction(threat), Fraction(mitigation)
        self.factors = self.chosen_factors(random, *values)
        self.sum = sum(map(Fraction, self.factors))
        self.inputs = (values[0], self.sum, *values[1:])
        self.uplift, self.raw = exact(self.version, *self.inputs)
        self.score = rounded(self.raw)
        # One in sixteen declares a wrong score, which must be reported.
        self.is_wrong = random.randrange(16) == 0
        self.block = self.written(random)

    def chosen_factors(self, random, base, threat, mitigation):
        """Any ten numbers, or, in two cases of three, such that the score comes to lie at the middle of two tenths."""
        if random.randrange(3) > 0:
            middle = Fraction(random.randrange(5, 1_000, 10), 100)
            wanted = sum_for(self.version, middle, base, threat, mitigation)
            if wanted is not None and 0 <= wanted < 10:
                below = Fraction(int(wanted * 10_000), 10_000)
                # Exactly there where four decimals allow it; and the nearest numbers on either side.
                total = min(below + Fraction(random.choice([0, 0, 0, 0, 1, 1, -1]), 10_000), TEN)
                return [shortest(random, factor) for factor in shared_out(random, max(total, Fraction(0)))]
        return [number(random, 1) for _ in range(10)]

    def written(self, random):
        factors = list(zip([*COMMON, random.choice(TENTH)], self.factors))
        random.shuffle(factors)
        score = self.score
        if self.is_wrong:
            score += Fraction(1 if score < 5 else -1, 10)
        block = {
            "version": f'"{self.version}"',
            "cvss_base": self.base,
            "factors": "{" + ",".join(f'"{name}":{value}' for name, value in factors) + "}",
            "threat_multiplier": self.threat,
            "mitigation_factor": self.mitigation,
            "factor_sum": at_precision(random, self.sum),
            "aars": at_precision(random, self.uplift),
            "score": digits(score, 1),
            "severity": f'"{band(self.score)}"',
        }
        # What has a default may be left out where it is just that.
        for key, usual in (("threat_multiplier", '"proof-of-concept"'), ("mitigation_factor", '"none"')):
            if block[key] == usual and random.random() < 0.5:
                del block[key]
        keys = list(block)
        random.shuffle(keys)
        return "{" + ",".join(f'"{key}":{block[key]}' for key in keys) + "}"


def shortest(random, factor):
    """A factor's digits, without zeros at the end or with one more."""
    text = digits(factor, 4).rstrip("0").rstrip(".")
    return text + random.choice(["", ".0"]) if "." not in text else text


def at_precision(random, value):
    """An intermediate as a file declares it: rounded half up to some decimals."""
    places = random.randint(1, 6)
    return digits(value + Fraction(1, 2 * 10**places), places)


def band(score):
    for name, least in (("Critical", 9), ("High", 7), ("Medium", 4)):
        if score >= least:
            return name
    return "Low" if score > 0 else "None"


def compare(program, random, count, tally):
    for begun in range(0, count, AT_ONCE):
        cases = [Case(random) for _ in range(min(AT_ONCE, count - begun))]
        answers = computed(program, (case.block for case in cases), AT_ONCE)
        for case, (answer, broken) in zip(cases, answers, strict=True):
            compare_one(case, answer, broken, tally)


def compare_one(case, answer, broken, tally):
    keys = ("cvss_base", "factor_sum", "aars", "raw", "score")
    expected = (case.inputs[0], case.sum, case.uplift, case.raw, case.score)
    given = answer and tuple(Fraction(answer[key]) for key in keys)
    rules = ["score-mismatch"] if case.is_wrong else []
    if given != expected or answer["severity"] != band(case.score) or broken != rules:
        tally.differ(f"{case.block}: {dict(zip(keys, map(str, expected)))}; aivss-lint {answer}, rules {broken}")
    off = abs(case.raw * 10 % 1 - Fraction(1, 2)) / 10
    tally["compared"] += 1
    tally[f"by {case.version}"] += 1
    tally["exactly between two tenths"] += off == 0
    tally["within 0.0001 of that"] += 0 < off <= Fraction(1, 10_000)
    tally["declared a tenth wrong, and found"] += case.is_wrong
    tally["wrong in binary floats"] += Fraction(f"{in_floats(case.version, *case.inputs):.1f}") != case.score
