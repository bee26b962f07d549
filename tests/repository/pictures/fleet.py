#!/usr/bin/env python3
"""Writes threat models of agents of which some fail, with a policy, for the pictures of the report.

    fleet.py COUNT FAILING FOLDER     COUNT agents, of which about FAILING have problems

The same arguments give the same bytes.
"""
import pathlib
import random
import re
import subprocess
import sys

NAMES = "Marketing Migration Search Clinic Payroll Telemetry Claims Credit Inventory Pricing Mortgage Travel Fraud Refund Audit Grid".split()
KINDS = "team co-pilot orchestrator planner assistant agent bot".split()
POLICY = """\
aivss_policy: 1
extends: [recommended]
limits: { score: 8.9 }
require: { owner: true, environment: true, tier: true, review_within: 180d }
overrides:
  - match: { environment: production, tier: high }
    limits: { score: 7.9 }
exceptions:
  - { rule: layer-blank, path: "000/agent-0000[0-4]*", reason: The platform team writes them., owner: platform@example.org, expires: 2026-12-20 }
  - { rule: review-overdue, path: "000/agent-0001*", reason: The review is under way., owner: board@example.org, expires: 2027-02-28 }
"""


def broken(text, at, dice):
    """A threat model with one to three problems."""
    for kind in dice.sample(["factor", "blank", "review", "score", "evidence", "uncertain"], dice.choice([1, 1, 2, 3])):
        if kind == "factor":
            text = re.sub(r"    (persistent_memory|dynamic_identity): .*\n", "", text, count=1)
        elif kind == "blank":
            text = re.sub(r"  data_operations:\n(    .*\n)+", "  data_operations: TODO\n", text)
        elif kind == "review":
            text = text.replace("date: 2026-11-01", "date: 2025-11-01")
        elif kind == "score":
            text = re.sub(r"  score: (\d)\.(\d)\n", lambda old: f"  score: {old[1]}.{(int(old[2]) + 3) % 10}\n", text)
        elif kind == "evidence":
            text = text.replace("  mitigation_factor: none\n", "  mitigation_factor: partial\n")
        else:
            text = re.sub(r"  evaluation_and_observability:\n    analysis", "  evaluation_and_observability:\n    status: uncertain\n    analysis", text)
    return text


def varied(text, at, dice):
    """A threat model with another name, and with layers that do not apply."""
    name = f"{NAMES[at % len(NAMES)]} {KINDS[at // len(NAMES) % len(KINDS)]}"
    text = re.sub(r"  name: .*", f"  name: {name}{f' {at}' if at >= 112 else ''}", text, count=1)
    if dice.random() < 0.3:
        layer = dice.choice(["foundation_models", "agent_ecosystem"])
        text = re.sub(rf"  {layer}:\n(    .*\n)+", f"  {layer}: {{ status: not_applicable, reason: The agent has none of this. }}\n", text)
    if dice.random() < 0.4:
        text = re.sub(r"  (security_and_compliance|agent_frameworks):\n    analysis", r"  \1:\n    status: uncertain\n    analysis", text, count=1)
    return text


def main():
    count, failing, folder = int(sys.argv[1]), int(sys.argv[2]), pathlib.Path(sys.argv[3])
    corpus = pathlib.Path(__file__).resolve().parents[3] / "benches/corpus.py"
    subprocess.run([sys.executable, corpus, str(count), folder], check=True)
    dice = random.Random(7)
    for at, path in enumerate(sorted(folder.rglob("*.threat-model.yaml"))):
        text = varied(path.read_text(), at, dice)
        path.write_text(broken(text, at, dice) if at * failing // count != (at + 1) * failing // count else text)
    (folder / "aivss-policy.yaml").write_text(POLICY)


main()
