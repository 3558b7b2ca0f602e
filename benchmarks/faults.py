"""Many runs with random faults at random moments, each checked for what issue-proof runs must hold.

    python benchmarks/faults.py --runs 200 [--seed 0]

Each run has its own workspace of random projects, some of whose tests kill, hang, garble or litter, and its
own random options and signals. Checked: it ends by itself, no test has two outcomes, every test has one or is
named as not run (where nothing stopped the run), the JUnit file is valid with unique cases, the exit code is
right, and no process, socket or temporary file remains. Fresh workers (spawn) have nobody before the first of
them who could tidy up after a controller that is killed, so SIGKILL waits for a worker there.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

MARK = "MONOREPO_FAULTS_MARK"
LIMIT = 60.0

HEADER = "import os, signal, subprocess, sys, time, ctypes\nimport pytest\n"
GARBLE = """\
    for name in os.listdir("/proc/self/fd"):
        try:
            if os.readlink("/proc/self/fd/" + name).startswith("socket:"):
                os.write(int(name), {data!r})
        except OSError:
            pass
"""
DEADLY = {
    "segfault": "    ctypes.string_at(0)\n",
    "exit": "    os._exit({})\n",
    "kill": "    os.kill(os.getpid(), signal.SIGKILL)\n",
    "group": "    os.killpg(0, signal.SIGKILL)\n",
    "garbage": GARBLE.format(data=b"nonsense\n"),
    "half": GARBLE.format(data=b'["TestFin'),
    "closed": "    os.closerange(3, 200)\n",
}
HANGS = "    signal.signal(signal.SIGINT, signal.SIG_IGN)\n    time.sleep(300)\n"
LITTERS = '    subprocess.Popen(["sleep", "300"])\n'
INTERRUPTED = (2, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT)
SIGNALS = ("SIGINT", "SIGINT SIGINT", "SIGTERM", "SIGHUP", "SIGKILL")


@dataclass
class Case:
    """One generated workspace: its files, its tests by node id and those that must fail."""

    files: dict[str, str] = field(default_factory=dict)
    tests: set[str] = field(default_factory=set)
    failing: set[str] = field(default_factory=set)
    hangs: bool = False


def generate(chance: random.Random) -> Case:
    case = Case({"pyproject.toml": "[tool.pytest-monorepo]\n"})
    for number in range(chance.randint(1, 5)):
        project = f"p{number}"
        case.files[f"{project}/pyproject.toml"] = f'[project]\nname = "{project}"\nversion = "1"\n'
        for index in range(chance.randint(1, 3)):
            path = f"{project}/tests/test_{index}.py"
            case.files[path] = HEADER + "".join(
                _test(case, path, n, chance) for n in range(chance.randint(1, 5))
            )
    return case


def _test(case: Case, path: str, number: int, chance: random.Random) -> str:
    name = f"test_{number}"
    nodeid = f"{path}::{name}"
    case.tests.add(nodeid)
    pause = f"    time.sleep({chance.random() * 0.05:.3f})\n"
    kind = chance.random()
    if kind < 0.2:
        fault = chance.choice(sorted(DEADLY))
        case.failing.add(nodeid)
        return f"def {name}():\n{pause}{DEADLY[fault].format(chance.randint(0, 200))}\n"
    if kind < 0.23 and not case.hangs:
        case.hangs = True
        case.failing.add(nodeid)
        return f"def {name}():\n{pause}{HANGS}\n"
    if kind < 0.3:
        return f"def {name}():\n{pause}{LITTERS}\n"
    if kind < 0.36:
        case.failing.add(nodeid)
        return f"def {name}():\n{pause}    assert 0\n\n"
    return f"def {name}():\n{pause}\n"


def run(seed: int, keep: bool) -> list[str]:
    """What is wrong with one run; nothing where all is well."""
    chance = random.Random(seed)
    case = generate(chance)
    with tempfile.TemporaryDirectory(prefix="faults-") as parent:
        root, tmp = Path(parent, "repo"), Path(parent, "tmp")
        tmp.mkdir()
        for path, text in case.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        options = [
            f"--workers={chance.randint(1, 4)}",
            f"--monorepo-split={chance.choice(('none', 'file', 'test'))}",
            f"--monorepo-start={chance.choice(('fork', 'fork', 'spawn'))}",
            "--idle-timeout=4" if case.hangs else "--idle-timeout=20",
            "-v",
            "--junitxml=out.xml",
            *chance.choice(([], [], [], ["-x"])),
        ]
        sent = chance.choice(SIGNALS) if chance.random() < 0.3 else ""
        delay = 0.3 + chance.random() * 1.5
        if sent == "SIGKILL" and "--monorepo-start=spawn" in options:
            delay += 0.7
        environ = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
        environ.update({MARK: parent, "TMPDIR": str(tmp), "COLUMNS": "200"})
        environ["PYTHONPATH"] = str(Path(__file__).parents[1])
        plugin = ["-p", "pytest_monorepo.plugin", "--disable-plugin-autoload"]
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *plugin, "--monorepo", *options],
            cwd=root,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=(Path(parent) / "out.txt").open("wb"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        interrupted = _send(process, sent, delay)
        try:
            process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            return [f"did not end by itself; options {options}, signal {sent}"]
        out = (Path(parent) / "out.txt").read_text(errors="replace")
        wrong = _wrong(case, root, out, process.returncode, interrupted, "-x" in options)
        wrong += _left(parent, tmp)
        if wrong:
            wrong.append(f"options {options}, signal {sent!r} at {delay:.2f}s")
            if keep:
                kept = Path(tempfile.gettempdir(), f"faults-{seed}.txt")
                kept.write_text(out)
                wrong.append(f"output in {kept}")
        return wrong


def _send(process: subprocess.Popen[bytes], names: str, delay: float) -> str:
    """Send the signals in turn; which of them were sent while the run was still on."""
    sent: list[str] = []
    for name in names.split():
        try:
            process.wait(delay)
        except subprocess.TimeoutExpired:
            process.send_signal(getattr(signal, name))
            sent.append(name)
            delay = 0.2
        else:
            break
    return " ".join(sent)


def _wrong(case: Case, root: Path, out: str, code: int, interrupted: str, stops: bool) -> list[str]:
    wrong = []
    words = re.findall(r"^(p\d/\S+::test_\d) (PASSED|FAILED|ERROR)", out, re.MULTILINE)
    outcomes = Counter(nodeid for nodeid, _ in words)
    wrong += [f"{nodeid} has {n} outcomes" for nodeid, n in outcomes.items() if n > 1]
    failed = {nodeid for nodeid, word in words if word != "PASSED"}
    if not interrupted:
        expected = {1} if case.failing else {0}
        if code not in expected:
            wrong.append(f"exit code {code}, expected one of {expected}")
    elif interrupted != "SIGKILL" and not (code in INTERRUPTED or (stops and code == 1)):
        wrong.append(f"exit code {code} after {interrupted}")
    if not interrupted and not stops:
        not_run = set(re.findall(r"^(p\d/\S+::test_\d)$", out, re.MULTILINE))
        wrong += [f"{nodeid} is lost" for nodeid in sorted(case.tests - set(outcomes) - not_run)]
        wrong += [f"{nodeid} did not fail" for nodeid in sorted(case.failing - failed - not_run)]
    wrong += [f"{nodeid} failed" for nodeid in sorted(failed - case.failing)]
    if interrupted != "SIGKILL" and code >= 0:
        wrong += _wrong_junit(root / "out.xml", set(outcomes))
    return wrong


def _wrong_junit(path: Path, ran: set[str]) -> list[str]:
    try:
        cases = Counter((c.get("classname"), c.get("name")) for c in ET.parse(path).iter("testcase"))
    except (OSError, ET.ParseError) as error:
        return [] if not ran else [f"JUnit: {error}"]
    wrong = [f"JUnit has {n} cases of {case}" for case, n in cases.items() if n > 1]
    names = {f"{str(classname).replace('.', '/')}.py::{name}" for classname, name in cases}
    return wrong + [f"JUnit lacks {nodeid}" for nodeid in sorted(ran - names)]


def _left(mark: str, tmp: Path) -> list[str]:
    """What is there two seconds after the end."""
    until = time.monotonic() + 2
    while time.monotonic() < until and (_processes(mark) or _files(tmp)):
        time.sleep(0.05)
    processes = _processes(mark)
    for pid in processes:
        os.kill(pid, signal.SIGKILL)
    return [f"process left: {words}" for words in processes.values()] + [f"left: {n}" for n in _files(tmp)]


def _files(tmp: Path) -> list[str]:
    return [name for name in os.listdir(tmp) if not name.startswith("pytest-of-")]


def _processes(mark: str) -> dict[int, str]:
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                environ = Path("/proc", name, "environ").read_bytes()
                if f"{MARK}={mark}\0".encode() in environ:
                    words = Path("/proc", name, "cmdline").read_bytes().replace(b"\0", b" ")
                    found[int(name)] = words.decode(errors="replace")[:120]
            except OSError:
                pass
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0, help="of the first run; the others count up")
    parser.add_argument(
        "--keep", action="store_true", help="keep the output of runs in which something is wrong"
    )
    given = parser.parse_args()
    # a shell ignores it in what it starts in the background, and so would the runs
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bad = 0
    started = time.monotonic()
    for seed in range(given.seed, given.seed + given.runs):
        wrong = run(seed, given.keep)
        bad += bool(wrong)
        for sentence in wrong:
            print(f"seed {seed}: {sentence}", flush=True)
    print(f"{given.runs} runs in {time.monotonic() - started:.0f}s, {bad} with something wrong")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
