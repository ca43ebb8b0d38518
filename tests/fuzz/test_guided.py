"""Fuzzers that are guided by the code they reach: libFuzzer for C, atheris for Python, so many inputs each.

`python -m tests.fuzz.test_guided SECONDS` goes on for as long as you like, each of them.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from telephony.native.build import HERE, compile_objects, libraries, system_includes
from tests.fuzz.test_sanitizers import SOFIA_ALLOCATES

pytestmark = [pytest.mark.slow, pytest.mark.needs("clang")]

CLANG = "clang-14"
#: Tries of each target: some seconds, and the same number on every machine.
TRIES = {"packets": 5000, "sip": 250_000, "text": 50_000}
#: A run is given up after so long: a machine that is busy with something else tries less, and proves less.
PATIENCE = 120
ROOT = Path(__file__).parents[2]
_SEEDS = Path(__file__).with_name("seeds")
_FLAGS = ["-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=undefined", "-O1", "-g"]
#: Debian's gcc knows warnings that clang does not, and the other way round.
_QUIET = ["-Wno-unknown-warning-option", "-Wno-everything"]
#: Name of the target, its source, and what else it is compiled with.
TARGETS = {"packets": ("driver.c", ["-DGUIDED"]), "sip": ("sip_fuzzer.c", [])}
TEXT_FUZZER: list[object] = [sys.executable, "-m", "tests.fuzz.text_fuzzer"]


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    return build_objects(tmp_path_factory.mktemp("guided"))


def build_objects(folder: Path) -> list[str]:
    """The core, instrumented for libFuzzer."""
    return compile_objects(folder, *_FLAGS, *_QUIET, compiler=CLANG)


def build(name: str, objects: list[str], folder: Path) -> Path:
    """The fuzzer of that name."""
    source, extra = TARGETS[name]
    program = folder / name
    flags = [
        "-std=gnu11",
        "-D_GNU_SOURCE",
        *_FLAGS,
        "-fsanitize=fuzzer",
        *_QUIET,
        f"-I{HERE}",
        *system_includes(),
        *extra,
    ]
    command = [CLANG, *flags, "-o", program, Path(__file__).with_name(source), *objects, *libraries()]
    subprocess.run(command, check=True)
    return program


def fuzz(command: list[object], corpus: Path, seeds: Path, seconds: int, tries: int = -1) -> str:
    """What the fuzzer says after so many tries, or seconds; it has found nothing."""
    corpus.mkdir()
    options = [
        f"-runs={tries}",
        f"-max_total_time={seconds}",
        "-seed=1",
        "-timeout=100",  # for one input; by the clock, so that a machine that stands still takes part of it
        "-max_len=4096",
        "-print_final_stats=1",
    ]
    done = subprocess.run(  # noqa: PLW1510 - the assertion says more
        [*map(str, command), *options, str(corpus), str(seeds)],
        cwd=ROOT,
        env=os.environ | {"LSAN_OPTIONS": f"suppressions={SOFIA_ALLOCATES}"},
        capture_output=True,
        text=True,
        timeout=seconds + 240,
    )
    assert done.returncode == 0, done.stderr[-8000:]
    return done.stderr


def tried(said: str) -> int:
    """How many inputs were tried."""
    (line,) = (line for line in said.splitlines() if "number_of_executed_units" in line)
    return int(line.split()[-1])


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_that_reach_new_code_harm_the_core(name, objects, tmp_path):
    program = build(name, objects, tmp_path)

    said = fuzz([program], tmp_path / "corpus", _SEEDS / name, PATIENCE, TRIES[name])

    assert tried(said) > len(list((_SEEDS / name).iterdir()))


def test_no_bytes_that_reach_new_code_raise_what_nobody_expects(tmp_path):
    said = fuzz(TEXT_FUZZER, tmp_path / "corpus", _SEEDS / "text", PATIENCE, TRIES["text"])

    assert tried(said) > len(list((_SEEDS / "text").iterdir()))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        work, limit = Path(name), int(sys.argv[1])
        core = build_objects(work / "objects")
        for target in TARGETS:
            print(fuzz([build(target, core, work)], work / f"{target}-corpus", _SEEDS / target, limit))
        print(fuzz(TEXT_FUZZER, work / "text-corpus", _SEEDS / "text", limit))
