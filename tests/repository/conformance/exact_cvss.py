"""CVSS v4.0 scores in exact fractions, from the text of the specification (section 8).

Only the scores of the 270 MacroVectors are taken from elsewhere: they are a table, and given. The highest vectors of
a MacroVector, and its depth, which other implementations keep as tables too, are worked out here from the
definitions of the equivalence sets.
"""

from fractions import Fraction
from functools import cache
from itertools import product

# The values of each metric, the most severe first. Safety, S, is only in the environmental group (MSI and MSA).
SEVERITY = {
    "AV": "NALP", "AC": "LH", "AT": "NP", "PR": "NLH", "UI": "NPA",
    "VC": "HLN", "VI": "HLN", "VA": "HLN", "SC": "HLN", "SI": "SHLN", "SA": "SHLN",
    "E": "APU", "CR": "HML", "IR": "HML", "AR": "HML",
}


def eq1(av, pr, ui):
    if (av, pr, ui) == ("N", "N", "N"):
        return 0
    return 1 if av != "P" and "N" in (av, pr, ui) else 2


def eq2(ac, at):
    return 0 if (ac, at) == ("L", "N") else 1


def eq3(vc, vi, va):
    if (vc, vi) == ("H", "H"):
        return 0
    return 1 if "H" in (vc, vi, va) else 2


def eq4(sc, si, sa):
    if "S" in (si, sa):
        return 0
    return 1 if "H" in (sc, si, sa) else 2


def eq5(e):
    return SEVERITY["E"].index(e)


def eq3_and_eq6(vc, vi, va, cr, ir, ar):
    required = ("H", "H") in ((vc, cr), (vi, ir), (va, ar))
    return eq3(vc, vi, va), 0 if required else 1


# Sets of metrics that are scored together, each with what level its values are of.
SETS = [
    (("AV", "PR", "UI"), eq1),
    (("AC", "AT"), eq2),
    (("VC", "VI", "VA", "CR", "IR", "AR"), eq3_and_eq6),
    (("SC", "SI", "SA"), eq4),
    (("E",), eq5),
]


def severities(metrics, values):
    return tuple(SEVERITY[metric].index(value) for metric, value in zip(metrics, values))


@cache
def highest_and_depth(metrics, level_of, level):
    """The most severe combinations of a level, and how many steps its mildest one is away from them, and one more."""
    combinations = product(*(SEVERITY[metric] for metric in metrics))
    members = [severities(metrics, values) for values in combinations if level_of(*values) == level]
    highest = [one for one in members if not any(other != one and covers(other, one) for other in members)]
    depth = max(distance(highest, member) for member in members) + 1
    return highest, depth


def covers(one, other):
    return all(high <= low for high, low in zip(one, other))


def distance(highest, member):
    """The steps to a most severe combination that is at least as severe in each metric."""
    (steps,) = {sum(member) - sum(high) for high in highest if covers(high, member)}
    return steps


def lower(level):
    """The levels that a step down leads to. EQ3 and EQ6 are scored together: from 00 there are two."""
    if not isinstance(level, tuple):
        return [level + 1]
    third, sixth = level
    return {(0, 0): [(0, 1), (1, 0)], (1, 0): [(1, 1)]}.get(level, [(third + 1, sixth)])


def macro_vector(levels):
    first, second, (third, sixth), fourth, fifth = levels
    return f"{first}{second}{third}{fourth}{fifth}{sixth}"


def unrounded(metrics, table):
    """The score of metrics (a dictionary) before rounding; `table` has the scores of the MacroVectors."""
    if all(metrics[impact] == "N" for impact in ("VC", "VI", "VA", "SC", "SI", "SA")):
        return Fraction(0)
    metrics = {"E": "A", "CR": "H", "IR": "H", "AR": "H"} | metrics
    chosen = [tuple(metrics[metric] for metric in names) for names, _ in SETS]
    levels = [level_of(*values) for (_, level_of), values in zip(SETS, chosen)]
    top = table[macro_vector(levels)]
    parts = []
    for at, ((names, level_of), values) in enumerate(zip(SETS, chosen)):
        below = [macro_vector([*levels[:at], step, *levels[at + 1 :]]) for step in lower(levels[at])]
        below = [table[name] for name in below if name in table]
        if below:
            highest, depth = highest_and_depth(names, level_of, levels[at])
            parts.append((top - max(below)) * Fraction(distance(highest, severities(names, values)), depth))
    return top - sum(parts) / len(parts) if parts else top


def rounded(score):
    """To a tenth, half up."""
    return Fraction((score * 20 + 1) // 2, 10)
