"""The C core under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer, fed with strangers' bytes.

`python -m tests.fuzz.test_sanitizers SECONDS [SEED]` goes on for as long as you like.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from telephony.native.build import HERE, compile_objects, libraries
from tests.fax_pages import Sheet, draw_fax

_SANITIZERS = [
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-fno-omit-frame-pointer",
    "-O1",
]
_OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def build_driver(folder: Path) -> Path:
    """The driver and the core, instrumented."""
    objects = compile_objects(folder / "objects", *_SANITIZERS)
    driver = folder / "driver"
    source = Path(__file__).with_name("driver.c")
    command = ["cc", "-std=gnu11", "-g", *_SANITIZERS, f"-I{HERE}", "-o", str(driver), str(source), *objects]
    subprocess.run([*command, *libraries()], check=True)
    return driver


def run(driver: Path, *words: object) -> str:
    done = subprocess.run(  # noqa: PLW1510 - the assertion says more
        [str(driver), *map(str, words)],
        env=os.environ | _OPTIONS,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-8000:]
    return done.stdout


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    return build_driver(tmp_path_factory.mktemp("driver"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_packets_never_reach_beyond_their_buffers(driver, seed):
    said = run(driver, "packets", seed, 4)

    assert int(said.split()[0]) > 100


@pytest.mark.slow
def test_a_damaged_line_never_harms_a_fax_session(driver, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=60)])

    said = run(driver, "fax", 3, 6, fax, tmp_path / "in.tif")

    assert int(said.split()[0]) > 0


@pytest.mark.slow
def test_whole_faxes_leave_no_memory_behind(driver, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=60, y_dpi=196)])

    run(driver, "pair", 12, fax, tmp_path / "in.tif")


if __name__ == "__main__":
    seconds, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as folder:
        program = build_driver(Path(folder))
        page = draw_fax(Path(folder, "fax.tif"), [Sheet(rows=60), Sheet(rows=60)])
        print(run(program, "packets", seed, seconds // 2))
        print(run(program, "fax", seed, seconds // 2, page, Path(folder, "in.tif")))
