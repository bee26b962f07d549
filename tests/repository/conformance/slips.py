"""Slips in a vector, as people and programs make them."""

from metrics import METRICS


def parts_changed(change):
    def slip(random, text):
        head, *parts = text.split("/")
        if parts:
            change(random, parts)
        return "/".join([head, *parts])

    return slip


def somewhere(random, parts):
    return random.randrange(len(parts))


@parts_changed
def missing(random, parts):
    parts.pop(somewhere(random, parts))


@parts_changed
def doubled(random, parts):
    parts.insert(random.randint(0, len(parts)), random.choice(parts))


@parts_changed
def one_more(random, parts):
    metric = random.choice(list(METRICS))
    parts.insert(random.randint(0, len(parts)), f"{metric}:{random.choice(METRICS[metric])}")


@parts_changed
def swapped(random, parts):
    one, other = somewhere(random, parts), somewhere(random, parts)
    parts[one], parts[other] = parts[other], parts[one]


@parts_changed
def shuffled(random, parts):
    random.shuffle(parts)


@parts_changed
def wrong_value(random, parts):
    at = somewhere(random, parts)
    values = ["", "X", "R", "C", "U", "F", "M", "S", "0", "High", "NN", "Ｎ", "N:N", "clear", "RED"]
    parts[at] = parts[at].split(":")[0] + ":" + random.choice(values)


@parts_changed
def lower_case(random, parts):
    at = somewhere(random, parts)
    metric, _, value = parts[at].partition(":")
    parts[at] = random.choice([f"{metric.lower()}:{value}", f"{metric}:{value.lower()}", parts[at].lower()])


@parts_changed
def unknown(random, parts):
    strange = ["C:H", "I:H", "A:H", "S:U", "S:C", "RL:O", "MS:C", "Au:N", "XX:N", "AV", "AV:", ":N", ":", "é:N"]
    parts.insert(random.randint(0, len(parts)), random.choice(strange))


def other_version(random, text):
    heads = ["CVSS:3.1/", "CVSS:3.0/", "CVSS:2.0/", "CVSS:4.1/", "CVSS:4/", "CVSS:4.00/", "cvss:4.0/", "CVSS4.0/"]
    return random.choice([*heads, "/", ""]) + text.partition("/")[2]


def stray_sign(random, text):
    at = random.randint(0, len(text))
    return text[:at] + random.choice([" ", "/", ":", "\t", "\n", "\u200b", "(", ",", "0", "N"]) + text[at:]


def cut(random, text):
    return text[: random.randint(0, len(text))]


SLIPS = [
    missing, doubled, one_more, swapped, shuffled, wrong_value, lower_case, unknown, other_version,
    stray_sign, cut,
]


def slipped(random, text):
    """A vector with one or two slips, some of which leave it a vector."""
    for _ in range(random.choice([1, 1, 2])):
        text = random.choice(SLIPS)(random, text)
    return text
