#!/usr/bin/env python3
"""The timing of compare.sh: commands in turn, their times as whole processes, ratios pair by pair."""
import datetime
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOOLS, CORPUS, ROUNDS = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
ROOT = pathlib.Path(__file__).resolve().parent.parent
GATE = ROOT / "target/release/aivss-lint"
SCHEMA = str(ROOT / "schemas/threat-model.json")
VENV = TOOLS / "venv/bin"


def files(name):
    return sorted(str(path) for path in (CORPUS / name).rglob("*.threat-model.*"))


def once(command, folder=None):
    """Wall seconds and CPU seconds of one run in a folder; its exit code."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, os.waitstatus_to_exitcode(status)


def peak(command, folder=None):
    """The largest resident size of one run, the highest of three. A small program starts each run, because a process counts
    the size of its parent as well."""
    if not os.access("/usr/bin/time", os.X_OK):
        return "?"
    sizes = []
    for _ in range(3):
        with tempfile.NamedTemporaryFile("r") as found:
            timed = ["/usr/bin/time", "-f", "%M", "-o", found.name, *command]
            subprocess.run(timed, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            sizes.append(int(found.read().split()[-1]) / 1024)
    return f"{max(sizes):.1f} MiB"


def changed_checkout():
    """A checkout of the 10,000 files on a branch that changes one of them."""
    folder = CORPUS / "change"
    if not folder.exists():
        shutil.copytree(CORPUS / "yaml-10000", folder)

        def git(*arguments):
            subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments], cwd=folder, check=True)

        git("init", "--quiet", "--initial-branch=main")
        git("add", "--all")
        git("commit", "--quiet", "--message", "base")
        git("switch", "--quiet", "--create", "change")
        first = pathlib.Path(files("change")[0])
        first.write_text(first.read_text().replace("summary: ", "summary: Really. ", 1))
        git("commit", "--quiet", "--all", "--message", "change")
    return folder.name


def compare(folder, theirs, rounds, expected=0, arguments=()):
    """Times aivss-lint on a folder of the corpus, and another program, in turn. A run that fails early is not fast, so
    aivss-lint must end with the expected exit status. Returns pairs of figures, and the peaks of both."""
    pairs, ours = [], [str(GATE), *arguments]
    for at in range(rounds + 1):
        one, other = once(ours, CORPUS / folder), once(theirs) if theirs else None
        if one[2] != expected:
            sys.exit(f"the gate ended with {one[2]} in {folder}")
        if at:  # The first is for the caches.
            pairs.append((one, other))
    return pairs, (peak(ours, CORPUS / folder), peak(theirs) if theirs else None)


def middle(values):
    return statistics.median(values)


def row(name, compared):
    pairs, (peak, other_peak) = compared
    wall, cpu = (middle([one[at] for one, _ in pairs]) for at in range(2))
    cells = [name, f"{wall * 1000:.1f} ms", f"{cpu * 1000:.1f} ms", peak]
    if other_peak:
        other_wall = middle([other[0] for _, other in pairs])
        ratios = [middle([one[at] / other[at] for one, other in pairs]) for at in range(2)]
        cells += [f"{other_wall * 1000:.1f} ms", other_peak, f"{ratios[0]:.2f}", f"{ratios[1]:.2f}"]
    return "| " + " | ".join(cells) + " |"


def version(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip().splitlines()[0]
    except (OSError, IndexError, subprocess.SubprocessError):
        return "?"


def rivals():
    """Each with its name, its command for a list of files, how many files it is given, and how often it is run."""
    schema = ["--schemafile", SCHEMA]
    # The binary itself: the wrapper in front of it starts Python.
    raw = next(TOOLS.glob(f"venv/lib/python*/site-packages/sourcemeta_jsonschema/jsonschema-linux-{platform.machine()}"), None)
    found = [
        ("boon-cli", TOOLS / "bin/boon", lambda names: [SCHEMA, *names], (1000, 10000), ROUNDS),
        ("jsonschema-cli", TOOLS / "bin/jsonschema-cli",
         lambda names: ["validate", SCHEMA, "--errors-only", *(part for name in names for part in ("-i", name))],
         (1000, 10000), ROUNDS),
        ("sourcemeta jsonschema", raw or VENV / "jsonschema", lambda names: ["validate", "--fast", SCHEMA, *names], (1000,), ROUNDS),
        ("check-jsonschema", VENV / "check-jsonschema", lambda names: [*schema, *names], (1000,), 3),
    ]
    return [rival for rival in found if rival[1].exists()]


def main():
    lines = []
    here = f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    lines.append("# Figures\n")
    lines.append(
        f"Written by `benches/compare.sh` on {datetime.date.today()}: {model}, {here}; {version([str(GATE), '--version'])}, "
        f"{version(['rustc', '--version'])}; medians of {ROUNDS} rounds in turn (3 for what takes seconds). The gate does "
        "everything on every file (schema, CVSS, AIVSS, layers, policy `recommended`) and finds the files by itself; the "
        "others validate the schema of files that are named to them. A ratio below 1 means that aivss-lint is faster.\n")
    lines.append("## Next to validators\n")
    lines.append("| files, and against | gate, wall | cpu | peak | other, wall | peak | wall ratio | cpu ratio |")
    lines.append("|---|---|---|---|---|---|---|---|")
    for name, binary, arguments, sizes, rounds in rivals():
        for size in sizes:
            for kind in ("yaml", "json") if size == 1000 else ("yaml",):
                folder = f"{kind}-{size}"
                command = [str(binary), *arguments(files(folder))]
                if sum(map(len, command)) > 1_500_000:
                    continue
                lines.append(row(f"{size:,} {kind.upper()}, {name}", compare(folder, command, rounds)))
        command = [str(binary), *arguments(files("one"))]
        lines.append(row(f"1 YAML, {name}", compare("one", command, max(rounds, 25))))
    lines.append("\n## Alone\n")
    lines.append("| what | wall | cpu | peak |")
    lines.append("|---|---|---|---|")
    thousand = compare("yaml-1000", None, ROUNDS)
    ten = compare("yaml-10000", None, ROUNDS)
    alone = compare("yaml-10000", None, ROUNDS, arguments=("--threads", "1"))
    lines.append(row("1,000 files", thousand))
    pages = compare("pages-1000", None, ROUNDS)
    lines.append(row("1,000 Markdown pages", pages))
    lines.append(row("10,000 files", ten))
    lines.append(row("10,000 files on one thread", alone))
    lines.append(row("a tree of 20,000 files, 1,000 of them models", compare("tree", None, ROUNDS)))
    lines.append(row("one file of 10 MB", compare("large", None, ROUNDS)))
    lines.append(row("five files of 10 MB", compare("larges", None, ROUNDS)))
    lines.append(row("10,000 problems in 100 files", compare("problems", None, ROUNDS, expected=1)))
    checkout, against = changed_checkout(), ("--base", "main")
    runs = [[once([str(GATE), *arguments], CORPUS / checkout) for arguments in ((), against)] for _ in range(ROUNDS + 1)]
    over = [middle([based[at] / plain[at] for plain, based in runs[1:]]) for at in range(2)]
    lines.append(row("10,000 files with `--base`, one of them changed", compare(checkout, None, ROUNDS, arguments=against)))
    times = [middle([one[0] for one, _ in pairs]) for pairs, _ in (thousand, ten, alone)]
    ratio, threads = times[1] / times[0], times[2] / times[1]
    page = middle([one[0] for one, _ in pages[0]])
    lines.append(f"\n1,000 pages take {page / times[0]:.2f} times the time of 1,000 YAML files.")
    lines.append(f"\nTen times the files take {ratio:.1f} times the time. One thread takes {threads:.2f} times the time of {os.cpu_count()}.")
    largest = max(path.stat().st_size for path in (CORPUS / "large").iterdir()) / 2**20
    lines.append(f"The large file has {largest:.1f} MiB.\n")
    lines.append(f"With `--base` and one changed file, a run takes {over[0]:.2f} times the wall time of a plain one, and "
                 f"{over[1]:.2f} times the CPU time.\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
