#!/usr/bin/env python3
"""Runs the check inside Spark and compares its rows with those of one run of the command line.

Usage: spark.py PROGRAM [--agents COUNT]

It needs Java 17 and the packages `pyspark`, `pandas`, `pyarrow` and `duckdb`. Spark reads the files (`binaryFile`), each task writes those of a
batch to a folder, checks it, and returns the rows (`mapInArrow`).
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import pyarrow
from pyspark.sql import SparkSession, functions

from run import agent

POLICY = "aivss_policy: 1\nextends: [recommended]\nlimits: { score: 9.0 }\n"


def checker(program, root, arguments):
    """The function that Spark applies to the files of a partition: paths and contents to rows."""

    def rows_of(batch, folder):
        names = []
        for path, content in zip(batch.column("path").to_pylist(), batch.column("content").to_pylist()):
            name = path.removeprefix("file:").removeprefix("//").removeprefix(f"{root}/")
            file = pathlib.Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            names.append(name)
        pathlib.Path(folder, "aivss-policy.yaml").write_text(POLICY)
        command = [program, *arguments, "--files-from", "-"]
        run = subprocess.run(command, cwd=folder, input="\0".join(names) + "\0", capture_output=True, text=True, check=False)
        lines = run.stdout.splitlines()
        last = json.loads(lines.pop())
        if last["kind"] != "run" or last["verdict"] == "cannot-judge":
            raise RuntimeError(last.get("reason") or run.stderr)
        return lines

    def check(batches):
        for batch in batches:
            with tempfile.TemporaryDirectory() as folder:
                yield pyarrow.RecordBatch.from_pydict({"row": rows_of(batch, folder)})

    return check


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--agents", type=int, default=10_000)
    given = parser.parse_args()
    program = str(given.program.resolve())
    arguments = ["--format", "ndjson", "--repository", "fleet", "--today", "2026-11-29"]
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for at in range(given.agents):
            file = root / f"{at % 100:02}" / f"{at:05}.threat-model.yaml"
            file.parent.mkdir(exist_ok=True)
            file.write_text(agent(at))
        (root / "aivss-policy.yaml").write_text(POLICY)
        start = time.monotonic()
        run = subprocess.run([program, *arguments], cwd=root, capture_output=True, text=True, check=False)
        expected = run.stdout.splitlines()[:-1]
        print(f"command line: {len(expected)} rows in {time.monotonic() - start:.1f} s, exit status {run.returncode}")

        spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
        spark = spark.config("spark.ui.showConsoleProgress", "false").getOrCreate()
        spark.sparkContext.setLogLevel("ERROR")
        start = time.monotonic()
        files = spark.read.format("binaryFile").option("recursiveFileLookup", "true")
        files = files.option("pathGlobFilter", "*.threat-model.yaml").load(str(root)).select("path", "content").coalesce(8)
        rows = files.mapInArrow(checker(program, str(root), arguments), "row string").cache()
        found = [row.row for row in rows.collect()]
        print(f"Spark {spark.version}: {len(found)} rows in {time.monotonic() - start:.1f} s, {files.rdd.getNumPartitions()} partitions")

        table = spark.read.json(rows.select("row").rdd.map(lambda row: row.row))
        high = table.where((table.environment == "production") & (table.score > 7.0))
        owners = high.groupBy("owner").agg(functions.count("*").alias("agents")).orderBy("owner").collect()
        print("production agents above 7.0:", {row.owner: row.agents for row in owners})
        spark.stop()
    if sorted(found) != sorted(expected):
        different = set(found).symmetric_difference(expected)
        sys.exit(f"{len(different)} rows differ, such as:\n{min(different)}")
    print(f"the {len(found)} rows are equal")


if __name__ == "__main__":
    main()
