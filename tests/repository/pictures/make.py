#!/usr/bin/env python3
"""make.py PROGRAM SOURCES: runs PROGRAM in pseudo terminals and on a change of its own, and writes what it prints to SOURCES
as pages, with `shots.json`, the list of pictures to take of them. `run` does all of it."""

import fcntl
import html
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import termios

PROJECT = pathlib.Path(__file__).resolve().parents[3]
PROGRAM, OUT = str(pathlib.Path(sys.argv[1]).resolve()), pathlib.Path(sys.argv[2]).resolve()
TODAY = ["--today", "2026-11-25"]
SCHEMES = ["light", "dark"]
shots = []

# Ground, text, and the eight colors of the terminal.
TERMINALS = {
    "light": ("#ffffff", "#1f2328", ["#24292f", "#cf222e", "#116329", "#7d4e00", "#0969da", "#8250df", "#1b7c83", "#6e7781"]),
    "dark": ("#1f2227", "#d7dae0", ["#555b66", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#abb2bf"]),
}

# What is shown of the terminal: name, arguments, and the folder, which is `examples` or the repository with a change.
COMMANDS = [
    ("check", ["01-tool-misuse.threat-model.yaml", "02-access-control-violation.threat-model.yaml", *TODAY], PROJECT / "examples/owasp-0.5"),
    ("faults", ["examples/faults", "--max-problems", "12", *TODAY], PROJECT),
    ("pass", ["examples/smolagents", *TODAY], PROJECT),
    ("score", ["score", "examples/smolagents"], PROJECT),
    ("scores", ["score", "examples/owasp-0.5"], PROJECT),
    ("rules", ["rules"], PROJECT),
    ("explain", ["explain", "score-mismatch"], PROJECT),
    ("fix", ["fix", "--diff", "examples/owasp-0.5/01-tool-misuse.threat-model.yaml", *TODAY], PROJECT),
    ("list", ["list", "examples"], PROJECT),
    ("policy", ["policy", "show", "--policy", "strict"], PROJECT),
    ("help", ["--help"], PROJECT),
]


def terminal(arguments, columns, folder):
    """What the program prints on a terminal of this width."""
    pid, fd = pty.fork()
    if pid == 0:
        os.chdir(folder)
        environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(PROGRAM, ["aivss-lint", *arguments], environment)
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    printed = b""
    while True:
        try:
            part = os.read(fd, 65536)
        except OSError:
            break
        if not part:
            break
        printed += part
    os.waitpid(pid, 0)
    return printed.decode().replace("\r\n", "\n")


def colored(text, scheme):
    """The escape sequences for colors as HTML. Those for links are dropped."""
    text = re.sub(r"\x1b\]8;[^\x1b\x07]*(?:\x1b\\|\x07)", "", text)
    colors, styles, out = TERMINALS[scheme][2], {}, []
    for part in re.split(r"(\x1b\[[0-9;]*m)", text):
        codes = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if not codes:
            css = ";".join(f"{name}:{value}" for name, value in styles.items())
            out.append(f'<span style="{css}">{html.escape(part)}</span>' if css else html.escape(part))
            continue
        for code in (int(code or 0) for code in codes[1].split(";")):
            if code == 0:
                styles = {}
            elif code == 1:
                styles["font-weight"] = "bold"
            elif code == 2:
                styles["opacity"] = ".6"
            elif code == 4:
                styles["text-decoration"] = "underline"
            elif 30 <= code <= 37 or 90 <= code <= 97:
                styles["color"] = colors[code % 10]
    return "".join(out)


def shot(name, page, width, scheme, **more):
    """Lists the picture of a page, which is HTML or the file that contains it."""
    path = page if isinstance(page, pathlib.Path) else OUT / f"{name}.html"
    if path != page:
        path.write_text(page)
    shots.append({"name": name, "file": str(path), "width": width, "scheme": scheme, "scale": 1, **more})


def terminals(folder):
    commands = [*COMMANDS, ("diff", ["diff", "main", *TODAY], folder), ("change", ["--base", "main", *TODAY], folder)]
    for name, arguments, where in commands:
        for columns in (80, 100, 140):
            text = terminal(arguments, columns, where)
            shown = [word for word in arguments if word not in TODAY]
            for scheme in SCHEMES:
                ground, letters, _ = TERMINALS[scheme]
                # A line that is too long is broken, as a terminal does.
                page = (
                    f'<!doctype html><meta charset="utf-8"><body style="margin:0;background:{ground};color:{letters}">'
                    f'<pre style="margin:0;padding:14px;font:14px/18px \'DejaVu Sans Mono\',monospace;width:calc({columns}ch + 6px);white-space:pre-wrap;word-break:break-all">'
                    f"$ aivss-lint {html.escape(' '.join(shown))}\n{colored(text, scheme)}</pre>"
                )
                shot(f"terminal-{name}-{columns}-{scheme}", page, columns * 9 + 30, scheme)


def git(folder, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", *arguments], cwd=folder, check=True, capture_output=True
    )


def changed_repository():
    """A repository whose branch raises one agent's risk, loosens the policy, fixes a score and excepts a problem."""
    folder = OUT / "repository"
    shutil.rmtree(folder, ignore_errors=True)
    sources = {"planner": "smolagents/threat-model.yaml", "travel": "owasp-0.5/01-tool-misuse.threat-model.yaml", "search": "owasp-0.5/02-access-control-violation.threat-model.yaml", "clinic": "owasp-0.5/07-critical-systems-interaction.threat-model.yaml"}
    for name, source in sources.items():
        (folder / "agents" / name).mkdir(parents=True)
        shutil.copy(PROJECT / "examples" / source, folder / "agents" / name / "threat-model.yaml")
    policy = folder / "aivss-policy.yaml"
    policy.write_text("aivss_policy: 1\nextends: [recommended]\nlimits:\n  score: 8.9\n  increase: 0.5\n")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=base")
    exception = "exceptions:\n" + "".join(
        f"  - rule: {rule}\n    path: agents/search/**\n    reason: Quoted as printed.\n    owner: risk-team\n    expires: 2026-12-20\n"
        for rule in ("score-mismatch", "uplift-mismatch")
    )
    policy.write_text(policy.read_text().replace("8.9", "9.5") + exception)
    planner = folder / "agents/planner/threat-model.yaml"
    text = planner.read_text().replace("mitigation_factor: partial", "mitigation_factor: 1.0")
    planner.write_text(text.replace("autonomy_of_action: { score: 0.60", "autonomy_of_action: { score: 1.0"))
    subprocess.run([PROGRAM, "fix", "agents/travel"], cwd=folder, capture_output=True)
    return folder


def comments(folder):
    """The comment on a pull request, and that of a run without a base."""
    links = ["--links", "https://github.com/acme/agents/blob/0123abcd/"]
    runs = {
        "change": (["--base", "main", *links, *TODAY], folder),
        "run": (["examples/owasp-0.5", "examples/faults/layers-blank.threat-model.yaml", *TODAY], PROJECT),
        "pass": (["examples/owasp-0.8", *TODAY], PROJECT),
    }
    for name, (arguments, where) in runs.items():
        text = subprocess.run([PROGRAM, "--format", "markdown", *arguments], cwd=where, capture_output=True, text=True).stdout
        (OUT / f"{name}.md").write_text(text)
        for scheme in SCHEMES:
            for width in (1280, 900, 390):
                shots.append({"name": f"comment-{name}-{width}-{scheme}", "markdown": str(OUT / f"{name}.md"), "width": width, "scheme": scheme, "scale": 1})


def badges(folder):
    """All badges on one page, in their size and three times as large."""
    runs = [["examples/owasp-0.5/01-tool-misuse.threat-model.yaml"], ["examples/owasp-0.5"], ["examples/owasp-0.8"], ["examples/smolagents"], ["examples/owasp-0.5", "--agent", "News digest agent"], ["--subject", "gate", "examples/owasp-0.5"], ["--subject", "gate", "examples/smolagents"], ["examples/faults/layers-blank.threat-model.yaml", "examples/faults"]]
    pictures = [subprocess.run([PROGRAM, "badge", *run], cwd=PROJECT, capture_output=True, text=True).stdout for run in runs]
    for scheme in SCHEMES:
        ground = TERMINALS[scheme][0]
        rows = "".join(f'<p>{picture} <span style="zoom:3">{picture}</span></p>' for picture in pictures)
        shot(f"badges-{scheme}", f'<!doctype html><meta charset="utf-8"><body style="background:{ground}">{rows}', 900, scheme)


def pages(folder):
    """The pages of `report` for 1, 60 and 500 agents, on screens and on paper, and its pictures of 60."""
    fleet = PROJECT / "tests/repository/pictures/fleet.py"
    for count in (1, 60, 500):
        agents = PROJECT / "examples/smolagents"
        if count > 1:
            agents = OUT / f"fleet-{count}"
            subprocess.run([sys.executable, fleet, str(count), str(count // 2), agents], check=True)
        page = OUT / f"page-{count}.html"
        subprocess.run([PROGRAM, "report", *TODAY, "--title", "AI agent risk: acme/agents", "--output", page, "."], cwd=agents, capture_output=True)
        for width in (1280, 1920, 390):
            for scheme in SCHEMES:
                shot(f"page-{count}-{width}-{scheme}", page, width, scheme)
        shot(f"page-{count}-open", page, 1280, "light", open="#fix details, article:nth-of-type(-n+3) details")
        shot(f"page-{count}-paper", page, 1280, "light", paper=True)
    for figure in ("fleet", "layers"):
        picture = subprocess.run([PROGRAM, "report", *TODAY, "--figure", figure, "."], cwd=OUT / "fleet-60", capture_output=True, text=True).stdout
        shot(f"figure-{figure}", f'<!doctype html><meta charset="utf-8"><body>{picture}', 1200, "light")


OUT.mkdir(parents=True, exist_ok=True)
repository = changed_repository()
for make in (terminals, comments, badges, pages):
    make(repository)
(OUT / "shots.json").write_text(json.dumps(shots))
