#!/usr/bin/env python3
"""Writes the corpus of the benchmarks: different threat models that pass, about 3 KB each.

    corpus.py COUNT FOLDER [--json]           COUNT files in folders of a hundred
    corpus.py COUNT FOLDER --pages            COUNT Markdown pages of about 6 KB, each with front matter
    corpus.py COUNT FOLDER --tree OTHERS      COUNT files among OTHERS that are not threat models
    corpus.py BYTES FILE --one                one file of about so many bytes: one agent with many findings
    corpus.py COUNT FOLDER --problems           files with COUNT problems between them

The same arguments give the same bytes.
"""
import argparse
import json
import pathlib
import random

WORDS = (
    "agent tool prompt page mail ticket order invoice model memory vector store sandbox token account policy screening log "
    "trace guard filter human consent vendor plugin server secret tenant cluster queue budget search answer summary plan "
    "reads writes books pays sends calls trusts keeps drops copies blocks bounds leaks reaches guides beside within across "
    "every pair few other hostile hidden stale forged shared scoped pinned signed audited unchecked").split()
FACTORS = (
    "autonomy_of_action dynamic_tool_use natural_language_interface contextual_awareness non_determinism "
    "opacity_and_reflexivity persistent_memory dynamic_identity multi_agent_interactions self_modification").split()
LAYERS = (
    "foundation_models data_operations agent_frameworks deployment_and_infrastructure evaluation_and_observability "
    "security_and_compliance agent_ecosystem").split()
# Names of OWASP's core risks, so that a threat names what the factors raise.
RISKS = ["ASI01", "ASI02", "ASI03", "ASI04", "ASI06", "ASI07", "ASI08", "ASI09", "Critical Systems Interaction", "Untraceability"]
# Vectors with their base scores (FIRST's specification), as a threat model declares them.
VECTORS = (
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H", 94),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 93),
    ("CVSS:4.0/AV:N/AC:H/AT:N/PR:L/UI:N/VC:N/VI:N/VA:H/SC:N/SI:H/SA:H", 71),
    ("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:L/VI:L/VA:L/SC:H/SI:H/SA:L", 64),
    ("CVSS:4.0/AV:N/AC:H/AT:N/PR:N/UI:A/VC:H/VI:H/VA:N/SC:N/SI:N/SA:N", 74),
)


def sentence(chance, length):
    words = [chance.choice(WORDS) for _ in range(length)]
    return " ".join(words).capitalize() + "."


def model(number):
    chance = random.Random(number)
    vector, base = chance.choice(VECTORS)
    factors = [chance.choice((0, 5, 10)) for _ in FACTORS]
    # base and sum in tenths: (100 − base) ∕ 10 · sum ∕ 100 · 97 ∕ 100, brought to 1 ∕ 100,000.
    exact = base * 10_000 + (100 - base) * sum(factors) * 97
    tenths = (exact + 5_000) // 10_000
    layers = {}
    for at, layer in enumerate(LAYERS):
        threats = [
            {"id": f"T{chance.randint(1, 15)}", "title": sentence(chance, 4), "mitigation": sentence(chance, 5),
             "status": chance.choice(("open", "mitigated", "accepted"))}
            for _ in range(at % 3)
        ]
        for threat in threats:
            if threat["status"] == "accepted":
                threat.update(owner="agents@example.org", reason=sentence(chance, 5), due="2099-01-31")
        if layer == "data_operations":
            threats[0]["refs"] = RISKS
        layers[layer] = {"analysis": sentence(chance, 16), **({"threats": threats} if threats else {})}
    return {
        "aivss_threat_model": 1,
        "agent": {
            "name": f"{chance.choice(WORDS).capitalize()} agent {number}",
            "summary": sentence(chance, 24),
            "owner": "agents@example.org",
            "environment": chance.choice(("development", "testing", "production")),
            "tier": chance.choice(("low", "moderate", "high")),
        },
        "review": {"date": "2026-11-01", "by": "reviewer@example.org", "approved_by": "board@example.org"},
        "aivss": {
            "version": "0.8",
            "cvss": vector,
            "cvss_base": base / 10,
            "factors": {
                key: {"score": value / 10, "rationale": sentence(chance, 6)} for key, value in zip(FACTORS, factors)
            },
            "threat_multiplier": "proof-of-concept",
            "mitigation_factor": "none",
            "factor_sum": sum(factors) / 10,
            "score": tenths / 10,
        },
        "maestro": layers,
    }


def yaml(value, indent=0):
    """Block style, as people write it."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, dict) and key in FACTORS:
                lines.append(f"{pad}{key}: {{ score: {item['score']}, rationale: {item['rationale']} }}")
            elif isinstance(item, list) and all(isinstance(word, str) for word in item):
                lines.append(f"{pad}{key}: [{', '.join(item)}]")
            elif isinstance(item, (dict, list)) and item:
                lines.append(f"{pad}{key}:\n{yaml(item, indent + 1)}")
            elif isinstance(item, str) and len(item) > 90:
                lines.append(f"{pad}{key}: >-\n{pad}  {item}")
            else:
                lines.append(f"{pad}{key}: {scalar(key, item)}")
        return "\n".join(lines)
    items = (yaml(item, indent + 1) for item in value)
    return "\n".join(f"{pad}- {item.lstrip()}" for item in items)


def scalar(key, value):
    return f'"{value}"' if key == "version" else value


def write(path, value, as_json):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, indent=2, ensure_ascii=False) if as_json else yaml(value)
    path.write_text(text + "\n", encoding="utf-8")


def many(count, folder, as_json):
    extension = "json" if as_json else "yaml"
    for number in range(count):
        write(folder / f"{number // 100:03}" / f"agent-{number:05}.threat-model.{extension}", model(number), as_json)


def page(number):
    """A page as teams write them: front matter, prose, and a table of threats in every second layer."""
    value = model(number)
    chance = random.Random(-number - 1)
    layers, agent = value.pop("maestro"), value["agent"]
    name, summary = agent.pop("name"), agent.pop("summary")
    lines = ["---", yaml(value), "---", f"# Threat model: {name}", "", "## Executive Summary", "", summary, ""]
    for at, (layer, answer) in enumerate(layers.items()):
        title = layer.replace("_and_", " & ").replace("_", " ").title()
        lines += [f"## Layer {at + 1}: {title}", "", answer["analysis"], "", sentence(chance, 20), ""]
        if answer.get("threats"):
            lines += ["| ID | Threat | Severity | Mitigation | Status | References |", "|---|---|---|---|---|---|"]
            severities = ("Low", "Medium", "High", "Critical")
            lines += [
                f"| {threat['id']} | {threat['title']} | {chance.choice(severities)} | {threat['mitigation']} | mitigated "
                f"| {', '.join(threat.get('refs', []))} |"
                for threat in answer["threats"]
            ]
        lines += [""] + [f"- {sentence(chance, 12)}" for _ in range(3)] + [""]
    return "\n".join(lines)


def pages(count, folder):
    for number in range(count):
        path = folder / f"{number // 100:03}" / f"agent-{number:05}.threat-model.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(number), encoding="utf-8")


def tree(count, folder, others):
    """Folders of folders, in which most files are something else."""
    every = max(1, others // max(1, count))
    for number in range(others + count):
        place = folder / f"a{number % 7}" / f"b{number % 31}" / f"c{number % 97}"
        if number % (every + 1) == 0 and number // (every + 1) < count:
            write(place / f"agent-{number:05}.threat-model.yaml", model(number), False)
        else:
            place.mkdir(parents=True, exist_ok=True)
            (place / f"module-{number:05}.py").write_text(f"value = {number}\n", encoding="utf-8")


def worst(number):
    """An agent whose own score is not below that of any finding."""
    value = model(number)
    for factor in value["aivss"]["factors"].values():
        factor["score"] = 1.0
    value["aivss"].update(cvss=VECTORS[0][0], cvss_base=9.4, factor_sum=10.0, score=10.0)
    return value


def one(size, path):
    value = worst(0)
    findings, written = [], 0
    while written < size:
        other = model(len(findings) + 1)
        finding = {"id": f"F-{len(findings)}", "title": other["agent"]["summary"], "aivss": other["aivss"]}
        findings.append(finding)
        written += len(yaml(finding))
    write(path, {**value, "findings": findings}, False)


def problems(count, folder):
    """A hundred problems per file: factors out of range, one in each finding."""
    for number in range(-(-count // 100)):
        value = worst(number)
        findings = []
        for at in range(100):
            finding = {"id": f"F-{at}", "title": "A factor out of range", "aivss": model(number * 100 + at)["aivss"]}
            finding["aivss"]["factors"][FACTORS[at % 10]]["score"] = 1.5
            findings.append(finding)
        write(folder / f"agent-{number:05}.threat-model.yaml", {**value, "findings": findings}, False)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first")
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--tree", type=int)
    parser.add_argument("--one", action="store_true")
    parser.add_argument("--problems", action="store_true")
    parser.add_argument("--pages", action="store_true")
    given = parser.parse_args()
    number = int(given.first)
    if given.one:
        one(number, given.path)
    elif given.problems:
        problems(number, given.path)
    elif given.pages:
        pages(number, given.path)
    elif given.tree is not None:
        tree(number, given.path, given.tree)
    else:
        many(number, given.path, given.json)


if __name__ == "__main__":
    main()
