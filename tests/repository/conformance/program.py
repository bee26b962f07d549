"""Asks the program as a user would: a threat model goes into standard input, a JSON report comes out."""

import json
import subprocess
from itertools import islice

# The program shows no more problems of a file.
MOST_FAULTS = 1_000

COMMON = """autonomy_of_action dynamic_tool_use contextual_awareness non_determinism opacity_and_reflexivity
persistent_memory dynamic_identity multi_agent_interactions self_modification""".split()
TENTH = ["goal_driven_planning", "natural_language_interface"]

# They are about the meaning of a score, not about its correctness.
ALLOWED = """cvss-unverified mitigation-below-floor mitigation-ignored mitigation-without-evidence risk-unaddressed score-below-base
score-without-impact threat-below-floor""".split()

LAYERS = """foundation_models data_operations agent_frameworks deployment_and_infrastructure
evaluation_and_observability security_and_compliance agent_ecosystem""".split()

# The agent's own score is the highest possible, so that no finding is above it.
HEAD = json.dumps(
    {
        "aivss_threat_model": 1,
        "agent": {"name": "Conformance", "summary": "Many scores."},
        "aivss": {
            "version": "0.8",
            "cvss_base": 10.0,
            "factors": dict.fromkeys([*COMMON, TENTH[1]], 1.0),
            "score": 10.0,
        },
        "maestro": {layer: f"What threatens {layer}." for layer in LAYERS},
    }
)


def computed(program, blocks, at_once):
    """For each `aivss` block (its JSON text): what was computed of it, or None, and the rules it breaks.

    Numbers are the digits that were printed. In one run so many blocks are asked for as have no more than
    `MOST_FAULTS` together.
    """
    blocks = iter(blocks)
    while chunk := list(islice(blocks, at_once)):
        findings = (f'{{"id":"{at}","title":"t","aivss":{block}}}' for at, block in enumerate(chunk))
        yield from checked(program, HEAD[:-1] + ',"findings":[' + ",".join(findings) + "]}", len(chunk))


def checked(program, text, count):
    allowed = [word for rule in ALLOWED for word in ("-A", rule)]
    command = [program, "check", "--format", "json", "--policy", "recommended", "--today", "2026-01-01", *allowed]
    command += ["--stdin-filename", "threat-model.json", "-"]
    run = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, check=False)
    if run.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)}: exit code {run.returncode}")
    report = json.loads(run.stdout, parse_float=str, parse_int=str)
    (file,) = report["files"]
    (model,) = file["models"]
    broken = [[] for _ in range(count)]
    for problem in file["diagnostics"]:
        if problem["finding"] is None:
            raise SystemExit(f"a problem outside the findings: {problem['rule']}: {problem['message']}")
        broken[int(problem["finding"])].append(problem["rule"])
    scores = {score["finding"]: score["computed"] for score in model["scores"]}
    if len(scores) != count + 1:
        raise SystemExit(f"{count} findings were given, {len(scores) - 1} were scored")
    return [(scores[str(at)], broken[at]) for at in range(count)]
