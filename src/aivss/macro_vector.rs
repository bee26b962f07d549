//! The base score of CVSS v4.0, in integers (specification, §8.2).
//!
//! A vector belongs to a macro-vector, whose score is that of its worst vectors. The score of the vector is lower, in
//! proportion to its distance from the worst, towards the scores of the next lower macro-vectors. Threat, environmental and
//! supplemental metrics have their defaults here, so some macro-vectors never occur.
//!
//! The scores of the macro-vectors and their depths are data of FIRST: `cvss_lookup.js` and `max_severity.js` of its
//! calculator (<https://github.com/FIRSTdotorg/cvss-v4-calculator>), under the license in `LICENSE-FIRST.txt`.

/// The number of metrics of a base vector.
pub(crate) const METRICS: usize = 11;

/// The scores of the macro-vectors in tenths, by EQ1, EQ2 and EQ4 (without its first level, which needs safety), and then
/// by EQ3 with EQ6: 00, 01, 10, 11, 21.
const SCORES: [[[[i64; 5]; 2]; 2]; 3] = [
    [[[100, 96, 93, 92, 79], [93, 90, 88, 80, 69]], [[95, 91, 92, 82, 71], [92, 81, 84, 70, 63]]],
    [[[94, 89, 86, 76, 65], [87, 75, 72, 57, 53]], [[90, 77, 74, 59, 58], [77, 66, 61, 52, 23]]],
    [[[86, 74, 72, 57, 47], [70, 54, 53, 36, 24]], [[73, 55, 61, 51, 24], [54, 43, 46, 18, 10]]],
];

/// A common multiple of the depths of macro-vectors.
const WHOLE: i64 = 280;

/// The score in tenths of base metrics in the order of the specification. Each is the index of its value, which is the
/// number of steps from the worst value.
pub(crate) fn tenths(metrics: [u8; METRICS]) -> i64 {
    let [av, ac, at, pr, ui, vc, vi, va, sc, si, sa] = metrics.map(i64::from);
    if [vc, vi, va, sc, si, sa] == [2; 6] {
        return 0;
    }
    let eq1 = match [av, pr, ui] {
        [0, 0, 0] => 0,
        [0..3, ..] if av == 0 || pr == 0 || ui == 0 => 1,
        _ => 2,
    };
    let eq2 = usize::from([ac, at] != [0, 0]);
    // While no requirement is lowered, EQ6 follows from EQ3.
    let eq3 = match [vc, vi, va] {
        [0, 0, _] => 0,
        [0, ..] | [_, 0, _] | [.., 0] => 1,
        _ => 2,
    };
    let eq4 = usize::from(sc > 0 && si > 0 && sa > 0);
    let scores = |eq1: usize, eq2: usize, eq4: usize| SCORES.get(eq1)?.get(eq2)?.get(eq4);
    let Some(own) = scores(eq1, eq2, eq4) else { return 0 };
    let at_eq3 = |scores: &[i64; 5]| scores[2 * eq3];
    let lower_eq3 = [Some(own[1].max(own[2])), Some(own[3]), None];
    // For each EQ the next lower score, the steps from the worst vector, and the maximum number of steps.
    let falls = [
        (scores(eq1 + 1, eq2, eq4).map(at_eq3), av + pr + ui - [0, 1, 3][eq1], [1, 4, 5][eq1]),
        (scores(eq1, eq2 + 1, eq4).map(at_eq3), ac + at - [0, 1][eq2], [1, 2][eq2]),
        (lower_eq3[eq3], vc + vi + va - [0, 1, 3][eq3], [7, 8, 10][eq3]),
        (scores(eq1, eq2, eq4 + 1).map(at_eq3), sc + si + sa - [0, 3][eq4], [5, 4][eq4]),
    ];
    let score = at_eq3(own);
    // EQ5, the threat, has a lower score as well, and no distance.
    let (mut count, mut fall) = (1, 0);
    for (lower, steps, depth) in falls {
        if let Some(lower) = lower {
            count += 1;
            fall += (score - lower) * steps * (WHOLE / depth);
        }
    }
    // The mean fall, and half a tenth more to round half up.
    let whole = WHOLE * count;
    (2 * (score * whole - fall) + whole).div_euclid(2 * whole)
}
