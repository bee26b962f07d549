#!/usr/bin/env python3
"""Runs the commands of docs/guides/fleet.md: from ten repositories to rows, one page and five answers in DuckDB.

Usage: run.py PROGRAM [--agents COUNT]

Then the same SQL runs over COUNT generated agents (10,000), and over the examples. DuckDB is the package of .ci/tools.txt.
"""

import argparse
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import duckdb

ROOT = pathlib.Path(__file__).resolve().parents[3]
MODEL = (ROOT / "src/rules/stock.yaml").read_text()
ENVIRONMENTS = ["production", "staging", "development"]


def agent(at):
    """A threat model; of every five one is wrong, and one has a blank layer."""
    text = MODEL.replace("name: Planner", f"name: Agent {at}")
    environment, owner = ENVIRONMENTS[at % 3], f"team-{at % 7}@example.org"
    text = text.replace("agent:\n", f"agent:\n  environment: {environment}\n  owner: {owner}\n", 1)
    if at % 5 == 1:
        text = text.replace("score: 9.4", "score: 9.1")
    if at % 5 == 2:
        text = re.sub(r"(\n  data_operations:)[^\n]*", r"\1", text, count=1)
    if at % 5 == 3:
        due = datetime.date.today() + datetime.timedelta(days=at % 60)
        threat = f"      - {{ title: A poisoned page, status: open, severity: High, due: {due} }}\n"
        text = text.replace("    threats:\n", f"    threats:\n{threat}", 1)
    return text


def blocks(language):
    """The blocks of a language below the heading where rows are collected."""
    text = (ROOT / "docs/guides/fleet.md").read_text()
    text = text[text.index("\n## Collect them") : text.index("\n## Other engines")]
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shell(script, folder, program):
    """Runs a block as a user would, with the program on the path."""
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    subprocess.run(["bash", "-euo", "pipefail", "-c", script], cwd=folder, check=True, env={**os.environ, "PATH": path})


def answers(folder):
    """The results of the SQL blocks, the first of which makes the tables."""
    before = os.getcwd()
    os.chdir(folder)
    try:
        connection = duckdb.connect()
        setup, *questions = blocks("sql")
        connection.execute(setup)
        assert len(questions) == 5, f"{len(questions)} questions"
        parquet = connection.execute("SELECT count(*) FROM 'rows.parquet'").fetchone()
        assert parquet == connection.execute("SELECT count(*) FROM history").fetchone()
        return [connection.execute(question).fetchall() for question in questions]
    finally:
        os.chdir(before)


def rows(folder):
    lines = [line for file in sorted(folder.glob("rows/*.ndjson")) for line in file.read_text().splitlines()]
    return [json.loads(line) for line in lines]


def compare(folder):
    """Compares the answers with those that Python reads from the rows."""
    above, owners, layers, soon, failed = answers(folder)
    found = rows(folder)
    high = [row for row in found if row["environment"] == "production" and (row["score"] or 0) > 7.0]
    models = {(row["repository"], row["path"], row["agent"]) for row in high}
    assert len(above) == len(models), (len(above), len(models))
    assert sum(agents for _, agents, _ in owners) == len(models)
    blank = {layer: number for layer, number, *_ in layers}
    assert len(blank) == 7
    agents = {(row["repository"], row["path"], row["agent"]): row for row in found if row["kind"] in ("agent", "finding")}
    for layer, _, threats, *_ in layers:
        assert threats == sum(row[f"threats_{layer}"] or 0 for row in agents.values()), (layer, threats)
    expected = {
        (row["repository"], row["path"], row["agent"])
        for row in found
        if row["layer_data_operations"] == "blank"
    }
    assert blank["data_operations"] == len(expected), (blank, len(expected))
    limit = datetime.date.today() + datetime.timedelta(days=30)
    dates = [(row, row["next_due"] or row["next_expiry"]) for row in found]
    due = {(row["path"], row["repository"]) for row, date in dates if date and datetime.date.fromisoformat(date) <= limit}
    assert len(soon) == len(due), (len(soon), len(due))
    runs = [row for row in found if row["kind"] == "run" and row["verdict"] != "passed"]
    assert len(failed) == len(runs)
    return f"{len(found)} rows: {len(above)} above 7.0, {len(owners)} owners, {sum(blank.values())} blank layers, {len(soon)} due, {len(failed)} runs not passed"


def ten_repositories(folder, program):
    for at in range(10):
        repository = folder / "repositories" / f"repository-{at}"
        for number in range(4):
            path = repository / "agents" / str(number) / "threat-model.yaml"
            path.parent.mkdir(parents=True)
            path.write_text(agent(at * 4 + number))
        git = ["git", "-C", repository, "-c", "user.name=a", "-c", "user.email=a@example.org"]
        for arguments in (
            ["init", "--quiet"],
            ["remote", "add", "origin", f"https://user:secret@git.example/fleet/repository-{at}.git"],
            ["add", "."],
            ["commit", "--quiet", "--message", "base"],
        ):
            subprocess.run([*git, *arguments], check=True)
    (folder / "history").mkdir()
    for at in range(0, 10, 2):
        day = str(datetime.date.today() - datetime.timedelta(days=30))
        history = ["--exit-zero", "--today", day, "--format", "ndjson", "--output", f"history/{at}.ndjson"]
        subprocess.run([program, f"repositories/repository-{at}", *history], cwd=folder, check=True)
    for script in blocks("sh"):
        shell(script, folder, program)
    page = (folder / "fleet.html").read_text()
    assert "AI agent risk: 10 repositories" in page and "of 40 agents" in page
    assert "40 agents in 10 repositories" in (folder / "fleet.md").read_text()
    assert "<svg" in (folder / "fleet.svg").read_text() and "median" in (folder / "trend.svg").read_text()
    found = rows(folder)
    assert len({row["repository"] for row in found}) == 10 and not any("secret" in json.dumps(row) for row in found)
    print("ten repositories:", compare(folder))


def generated(folder, program, count):
    for at in range(count):
        path = folder / "models" / f"{at % 100:02}" / f"{at:05}.threat-model.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(agent(at))
    (folder / "rows").mkdir()
    check(program, folder, ["models", "--repository", "generated"], "rows/generated.ndjson")
    check(program, ROOT, ["examples", "--repository", "examples"], folder / "rows/examples.ndjson")
    print(f"{count} agents and the examples:", compare(folder))


def check(program, folder, arguments, output):
    command = [program, *arguments, "--format", "ndjson", "--output", output]
    code = subprocess.run(command, cwd=folder, check=False).returncode
    assert code == 1, f"{command}: exit status {code}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--agents", type=int, default=10_000)
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    with tempfile.TemporaryDirectory() as folder:
        ten_repositories(pathlib.Path(folder), program)
    with tempfile.TemporaryDirectory() as folder:
        generated(pathlib.Path(folder), program, arguments.agents)


if __name__ == "__main__":
    sys.exit(main())
