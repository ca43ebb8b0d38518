"""A voice mailbox: baresip answers every call, says a text that espeak-ng speaks, beeps and listens."""

import asyncio
import contextlib
import shutil
import subprocess
import wave
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np

from tests.fix_sip import free_address
from tests.patience import PATIENCE

NUMBER = "+49301"
_RATE = 8000
_TEXT = (
    "Hello. You have reached the voice mailbox of Miller and Sons. Nobody can take your call at the moment. "
    "Please leave a message after the tone, and we will call you back as soon as we can. "
)
_CONFIG = """\
sip_listen {address}
audio_source aufile,{folder}/greeting.wav
audio_player aufile,{folder}/message.wav
audio_alert aufile,{folder}/alert.wav
rtp_ports 40000-49999
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module srtp.so
module_app account.so
module_app menu.so
"""


def _greeting(file: Path) -> None:
    """Speech, and a beep of a second, as a telephone carries it; then silence."""
    spoken = file.with_name("spoken.wav")
    subprocess.run(["espeak-ng", "-w", str(spoken), _TEXT * 2], check=True)
    with wave.open(str(spoken)) as source:
        sound = np.frombuffer(source.readframes(source.getnframes()), np.int16)
        times = np.arange(0, len(sound), source.getframerate() / _RATE)
    speech = np.interp(times, np.arange(len(sound)), sound)
    beep = 9000 * np.sin(2 * np.pi * 1000 / _RATE * np.arange(_RATE))
    with wave.open(str(file), "wb") as target:
        target.setparams((1, 2, _RATE, 0, "NONE", "NONE"))
        target.writeframes(np.concatenate([speech, beep, np.zeros(60 * _RATE)]).astype(np.int16).tobytes())


@contextlib.asynccontextmanager
async def a_voice_mailbox(folder: Path, parameters: str = "") -> AsyncIterator[str]:
    """The SIP address of one; `parameters` of its account, like ";mediaenc=srtp-mand"."""
    for program, package in (("baresip", "baresip-core"), ("espeak-ng", "espeak-ng")):
        if not shutil.which(program):
            raise RuntimeError(f"{program} is not installed. Run: apt-get install {package}")
    address = free_address()
    await asyncio.to_thread(_greeting, folder / "greeting.wav")
    (folder / "config").write_text(_CONFIG.format(address=address, folder=folder))
    (folder / "accounts").write_text(f"<sip:{NUMBER}@{address}>;regint=0;answermode=auto{parameters}\n")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            ["baresip", "-f", str(folder), "-n", "127.0.0.1"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while "baresip is ready" not in (folder / "log").read_text(errors="replace"):
                    assert process.poll() is None, (folder / "log").read_text()[-4000:]
                    await asyncio.sleep(0.05)
            yield address
        finally:
            process.terminate()
            process.wait(PATIENCE)
