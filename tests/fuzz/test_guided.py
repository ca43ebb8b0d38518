"""Fuzzers that are guided by the code they reach: libFuzzer for C, atheris for Python, for a bounded time.

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
SECONDS = 8
ROOT = Path(__file__).parents[2]
_SEEDS = Path(__file__).with_name("seeds")
_FLAGS = ["-fsanitize=address,undefined,fuzzer-no-link", "-fno-sanitize-recover=undefined", "-O1", "-g"]
#: Debian's gcc knows warnings that clang does not, and the other way round.
_QUIET = ["-Wno-unknown-warning-option", "-Wno-everything"]
#: Name of the target, its source, and what else it is compiled with.
TARGETS = {"packets": ("driver.c", ["-DGUIDED"]), "sip": ("sip_fuzzer.c", [])}


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


def fuzz(command: list[object], corpus: Path, seeds: Path, seconds: int) -> str:
    """What the fuzzer says at the end; it has found nothing."""
    corpus.mkdir()
    options = [
        f"-max_total_time={seconds}",
        "-seed=1",
        "-timeout=20",
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


def rounds(said: str) -> int:
    """How many inputs were tried."""
    (line,) = (line for line in said.splitlines() if "number_of_executed_units" in line)
    return int(line.split()[-1])


@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_that_reach_new_code_harm_the_core(name, objects, tmp_path):
    program = build(name, objects, tmp_path)

    said = fuzz([program], tmp_path / "corpus", _SEEDS / name, SECONDS)

    assert rounds(said) > 500


def test_no_bytes_that_reach_new_code_raise_what_nobody_expects(tmp_path):
    said = fuzz(
        [sys.executable, "-m", "tests.fuzz.text_fuzzer"], tmp_path / "corpus", _SEEDS / "text", SECONDS
    )

    assert rounds(said) > 500


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        work, limit = Path(name), int(sys.argv[1])
        core = build_objects(work / "objects")
        for target in TARGETS:
            print(fuzz([build(target, core, work)], work / f"{target}-corpus", _SEEDS / target, limit))
        python = [sys.executable, "-m", "tests.fuzz.text_fuzzer"]
        print(fuzz(python, work / "text-corpus", _SEEDS / "text", limit))
