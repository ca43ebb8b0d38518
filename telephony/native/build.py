"""Builds the fax core: the C files of this folder, sofia-sip and spandsp, as one extension module (cffi).

python -m telephony.native.build        builds it in place
python -m telephony.native.build --sanitize OUT     an instrumented one for the fuzz tests
"""

import re
import subprocess
import sys
from pathlib import Path

from cffi import FFI

HERE = Path(__file__).parent
SOURCES = ["core.c", "sip.c", "sip_request.c", "sip_orders.c", "sip_say.c", "sip_digest.c", "sip_names.c",
           "sip_refused.c", "media.c", "verbs.c", "channel.c", "peer.c", "disk.c", "fax.c", "fax_t30.c",
           "fax_audio.c", "fax_patience.c", "digits.c", "rtp.c", "srtp.c", "udptl.c", "udptl_out.c", "pair.c",
           "lone.c"]  # fmt: skip
WARNINGS = [
    "-std=gnu11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wshadow", "-Wconversion", "-Wno-sign-conversion",
    "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wformat=2", "-Wvla",
]  # fmt: skip
HARDENING = ["-D_FORTIFY_SOURCE=2", "-fstack-protector-strong"]


def _pkg_config(flag: str, *libraries: str) -> list[str]:
    command = [
        "pkg-config",
        flag,
        *(libraries or ("sofia-sip-ua", "spandsp", "libssl", "libcrypto", "libsrtp2")),
    ]
    try:
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        sys.exit(
            "The libraries sofia-sip, spandsp, OpenSSL and libsrtp2 are missing. Install them: apt-get "
            "install pkg-config libsofia-sip-ua-dev libspandsp-dev libtiff-dev libssl-dev libsrtp2-dev"
        )


def libraries() -> list[str]:
    """What the compiled core is linked with, as arguments of the linker."""
    return [*_pkg_config("--libs"), "-ltiff", "-lpthread"]


def surface() -> str:
    """The declarations of faxcore.h, without comments, as cffi wants them."""
    return re.sub(r"/\*.*?\*/", "", (HERE / "faxcore.h").read_text(), flags=re.DOTALL)


def builder(objects: list[str], *extra: str) -> FFI:
    """The cffi builder of the module `telephony.native._faxcore` out of compiled `objects`."""
    ffi = FFI()
    ffi.cdef(surface())
    ffi.set_source(
        "telephony.native._faxcore",
        '#include "faxcore.h"',
        include_dirs=[str(HERE)],
        extra_compile_args=["-O2", "-g", *extra],
        extra_link_args=[*libraries(), *extra],
        extra_objects=objects,
    )
    return ffi


def compile_objects(folder: Path, *extra: str, compiler: str = "cc") -> list[str]:
    """The object files of our C sources, compiled with warnings as errors into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    version = _pkg_config("--modversion", "spandsp")[0]
    objects = []
    for name in SOURCES:
        target = folder / name.replace(".c", ".o")
        command = [
            compiler,
            "-c",
            f'-DFC_SPANDSP_VERSION="{version}"',
            "-fPIC",
            "-O2",
            "-g",
            "-Werror",
            *WARNINGS,
            *HARDENING,
            *system_includes(),
        ]
        subprocess.run([*command, *extra, "-o", str(target), str(HERE / name)], check=True)
        objects.append(str(target))
    return objects


def system_includes() -> list[str]:
    """Include paths of the libraries as system headers: their warnings are not ours to mend."""
    return [flag.replace("-I", "-isystem", 1) for flag in _pkg_config("--cflags")]


def build(work: Path, target: Path, *extra: str) -> None:
    """The extension module lies in the folder `target`; what it was made from stays in `work`."""
    ffi = builder(compile_objects(work / "objects", *extra), *extra)
    built = Path(ffi.compile(tmpdir=str(work)))
    (target / built.name).unlink(missing_ok=True)  # a running process keeps the old one
    (target / built.name).write_bytes(built.read_bytes())


def main() -> None:
    """The module lies beside this file, or with `--sanitize FOLDER` an instrumented one lies in FOLDER."""
    if sys.argv[1:2] == ["--sanitize"]:
        folder = Path(sys.argv[2])
        build(folder / "work", folder, "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
    else:
        build(HERE.parent.parent / "build" / "native", HERE)


if __name__ == "__main__":
    main()
