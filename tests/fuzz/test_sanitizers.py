"""All C under AddressSanitizer, UndefinedBehaviorSanitizer and LeakSanitizer, fed with strangers' bytes.

`python -m tests.fuzz.test_sanitizers SECONDS [SEED]` goes on for as long as you like.
"""

import itertools
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from renderers import Limits, Profile, SourceDocument, rehearsal
from renderers.native.build import HERE as PAGE_FOLDER
from renderers.native.build import LIBRARIES, build_worker
from renderers.native.build import SOURCES as PAGE_SOURCES
from renderers.native_worker import FOR_PYTHON, NativeWorker
from renderers.profile import Resolution
from renderers.work import document_to_wire, profile_to_wire
from telephony.native.build import HERE, compile_objects, libraries
from tests.fax_pages import Sheet, draw_fax
from tests.fix_sip import free_address

SAMPLES = Path(__file__).parents[2] / "samples" / "documents"
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

#: How often each driver tries: some seconds each, and the same on every machine.
PACKET_ROUNDS, FAX_ROUNDS, SIP_ROUNDS = 600, 400, 20000

#: What sofia-sip 1.12.11 allocates for itself, and loses; of what our own files allocate nothing may be left.
SOFIA_ALLOCATES = Path(__file__).with_name("sofia.supp")


def build_driver(folder: Path, name: str = "driver") -> Path:
    """The driver of that name and the core, instrumented."""
    objects = compile_objects(folder / "objects", *_SANITIZERS)
    driver, source = folder / name, Path(__file__).with_name(f"{name}.c")
    flags = ["-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-g", *_SANITIZERS, f"-I{HERE}"]
    subprocess.run(["cc", *flags, "-o", str(driver), str(source), *objects, *libraries()], check=True)
    return driver


def run(driver: Path, *words: object, **environment: str) -> str:
    done = subprocess.run(  # noqa: PLW1510 - the assertion says more
        [str(driver), *map(str, words)],
        env=os.environ | _OPTIONS | environment,
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
    run(driver, "packets", seed, PACKET_ROUNDS)


@pytest.mark.slow
def test_a_damaged_line_never_harms_a_fax_session(driver, tmp_path):
    fax = draw_fax(tmp_path / "fax.tif", [Sheet(rows=60), Sheet(rows=60)])

    run(driver, "fax", 3, FAX_ROUNDS, fax, tmp_path / "in.tif")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("runs", "sheets"),
    [(12, [Sheet(rows=60), Sheet(rows=60, y_dpi=196)]), (1000, [Sheet(rows=20, speckles=0)])],
    ids=["two kinds of pages", "a thousand faxes"],
)
def test_whole_faxes_leave_no_memory_behind(driver, tmp_path, runs, sheets):
    fax = draw_fax(tmp_path / "fax.tif", sheets)

    run(driver, "pair", runs, fax, tmp_path / "in.tif")


def run_sip(driver: Path, folder: Path, seed: int, rounds: int) -> str:
    """What the SIP driver says after so many rounds; it finds no name server, and is told so at once."""
    (folder / "resolv.conf").write_text("nameserver 127.0.0.1\nport 9\n")
    return run(
        driver,
        *free_address().split(":"),
        folder / "resolv.conf",
        seed,
        rounds,
        ASAN_OPTIONS=f"{_OPTIONS['ASAN_OPTIONS']}:fast_unwind_on_malloc=0",
        LSAN_OPTIONS=f"suppressions={SOFIA_ALLOCATES}:print_suppressions=0",
    )


@pytest.mark.slow
def test_no_sip_of_a_stranger_or_a_peer_harms_the_core(tmp_path):
    said = run_sip(build_driver(tmp_path, "sip_driver"), tmp_path, 4, SIP_ROUNDS)

    sent, heard, events = (int(number) for number in re.findall(r"\d+", said))
    assert sent > 1000
    assert heard > sent // 10  # requests of the core, and its answers
    assert events > 100


@pytest.mark.slow
def test_no_page_reaches_beyond_its_buffers(tmp_path):
    driver = tmp_path / "pages_driver"
    source = Path(__file__).with_name("pages_driver.c")
    # gcc 12 takes the entry before a table's first, which its own optimizer computed, for an access of ours
    flags = [*_SANITIZERS, "-fno-sanitize=object-size"]
    subprocess.run(
        [
            "cc",
            "-std=gnu11",
            "-g",
            *flags,
            "-I",
            PAGE_FOLDER,
            "-o",
            driver,
            source,
            *PAGE_SOURCES,
            *LIBRARIES,
        ],
        check=True,
    )

    said = run(driver, 1, 3000)

    assert int(said.split()[0]) > 1000


def test_documents_of_every_kind_of_damage_hurt_no_worker(tmp_path):
    program = tmp_path / "native_worker"
    build_worker(program, *_SANITIZERS, "-fno-sanitize=object-size")
    samples = [(SAMPLES / name).read_bytes() for name in ("letter.pdf", "scan.pdf", "logo.png", "photo.jpg")]
    chance = random.Random(1)
    worker = NativeWorker(tmp_path, Limits(memory_bytes=1 << 46), program)
    worker.start(rehearsal.a_pdf(tmp_path))

    for number in range(60):
        data = bytearray(samples[number % len(samples)])
        for _ in range(number % 7 * (1 + len(data) // 50_000)):
            data[chance.randrange(5, len(data))] = chance.randrange(256)
        (tmp_path / "a.pdf").write_bytes(data[: chance.randrange(5, len(data)) if number % 4 == 3 else None])
        profile = Profile(
            chance.choice(list(Resolution)), margin=float(number % 3), by_content=number % 5 == 0
        )
        job = {
            "verb": "render",
            "out": str(tmp_path / "a.tif"),
            "documents": [document_to_wire(SourceDocument("a.pdf", tmp_path / "a.pdf"))],
            "profile": profile_to_wire(profile),
        }
        (tmp_path / f"job{number}").mkdir()
        _, status = os.waitpid(worker.fork(job, tmp_path / f"job{number}"), 0)
        said = (tmp_path / f"job{number}" / "stderr").read_text()
        assert os.waitstatus_to_exitcode(status) in (0, FOR_PYTHON), said
        assert number or (tmp_path / "a.tif").exists(), said
    worker.stop()


if __name__ == "__main__":
    seconds, first = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sip, program = build_driver(folder, "sip_driver"), build_driver(folder)
        page = draw_fax(folder / "fax.tif", [Sheet(rows=60), Sheet(rows=60)])
        end = time.monotonic() + seconds
        for seed in itertools.count(first):
            print(f"seed {seed}: {run_sip(sip, folder, seed, SIP_ROUNDS)}", end="", flush=True)
            run(program, "packets", seed, PACKET_ROUNDS)
            run(program, "fax", seed, FAX_ROUNDS, page, folder / "in.tif")
            if time.monotonic() > end:
                break
