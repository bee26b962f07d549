#!/usr/bin/env python3
"""Compares the program's numbers with independent ones: tests/repository/conformance/run.py PROGRAM [--sample N]

CVSS v4.0 base scores with those of PyPI's `cvss` and of exact fractions, the formulas with exact fractions. Without
`--sample` that is every base vector there is, and a million scores. The cases are the same in each run. Exits with 1
where anything differs. See docs/about/conformance.md.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
import venv
from collections import Counter
from importlib import metadata, util
from pathlib import Path
from random import Random

# No files are left next to the sources.
sys.dont_write_bytecode = True

ROOT = Path(__file__).resolve().parents[3]
SEED = 40
WITH_MORE, SLIPPED, SCORES = 200_000, 10_000, 1_000_000


class Tally(Counter):
    """What was counted of a comparison. The first differences are shown."""

    def differ(self, text):
        self["different"] += 1
        if self["different"] <= 20:
            print(f"  {text}", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="the aivss-lint to ask", type=Path)
    parser.add_argument("--sample", help="so many cases of each kind", type=int, metavar="N")
    arguments = parser.parse_args()
    if arguments.sample is not None and arguments.sample < 1:
        parser.error("a sample has a case at least")
    if util.find_spec("cvss") is None:
        in_environment_of_its_own()
    import formulas
    import vectors
    from slips import slipped

    program, sample = str(arguments.program.resolve()), arguments.sample
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"{version}, PyPI's cvss {metadata.version('cvss')}, Python {platform.python_version()}, seed {SEED}")

    def size(whole):
        return whole if sample is None else min(sample, whole)

    def bases(tally):
        every = vectors.every_base()
        vectors.compare(program, Random(SEED).sample(every, size(len(every))), tally)

    def beyond(tally):
        random = Random(SEED)
        vectors.compare(program, [vectors.with_more(random) for _ in range(size(WITH_MORE))], tally)

    def no_vectors(tally):
        random = Random(SEED)
        texts = [slipped(random, vectors.written(vectors.with_more(random))) for _ in range(size(SLIPPED))]
        vectors.compare_refusals(program, texts, tally)

    def scores(tally):
        formulas.compare(program, Random(SEED), size(SCORES), tally)

    steps = {
        "CVSS v4.0, base vectors": bases,
        "CVSS v4.0, vectors with other metrics, of which the base counts": beyond,
        "CVSS v4.0, texts with slips": no_vectors,
        "AIVSS, inputs in one of three formulas": scores,
    }
    different = 0
    for name, step in steps.items():
        tally, began = Tally(different=0), time.monotonic()
        step(tally)
        print(f"{name}: {tally.pop('compared'):,} compared, {tally['different']:,} different")
        different += tally.pop("different")
        for what, count in sorted(tally.items()):
            print(f"  {count:>9,}  {what}")
        print(f"  {time.monotonic() - began:>9.1f}  seconds", flush=True)
    sys.exit(1 if different else 0)


def in_environment_of_its_own():
    """Starts again where the pinned packages are."""
    place = ROOT / "target" / "conformance"
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    if Path(sys.prefix) == place:
        raise SystemExit("cvss is not there, although it was installed")
    venv.create(place, with_pip=True)
    pins = (ROOT / ".ci" / "tools.txt").read_text().splitlines()
    pins = [pin for pin in pins if pin.startswith("cvss==")]
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pins], check=True)
    sys.exit(subprocess.run([python, *sys.argv], check=False).returncode)


if __name__ == "__main__":
    main()
