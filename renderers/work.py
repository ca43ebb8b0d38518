"""What a worker process can be asked to do on untrusted files: render, show, stamp, make coarser or narrower.

A job is a dictionary of plain values because it crosses a socket; so is the answer. Whatever is written
appears under its name only when it is complete.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from renderers.document import FaxPages, SourceDocument
from renderers.profile import Paper, Profile, Resolution
from renderers.sandbox import Limits
from renderers.spec import Workshop

Job = Mapping[str, Any]
Answer = dict[str, Any]


def run(job: Job, folder: Path, office_socket: Path | None, limits: Limits) -> Answer:
    """The job's answer, its output file in place.

    Raises:
        RenderError: the job could not be done; there is no output file then.
    """
    out = Path(job["out"])
    part = part_of(out)
    answer = _VERBS[job["verb"]](job, part, folder, office_socket, limits)
    os.replace(part, out)  # noqa: PTH105  Path.replace would hide that this is the atomic one
    return answer


def part_of(out: Path) -> Path:
    """Where the output grows until it is complete."""
    return out.with_name(out.name + ".part")


def files_of(job: Job) -> tuple[list[Path], list[Path]]:
    """What the job reads, and the folder it writes to."""
    readable = [job["tiff"]] if "tiff" in job else []
    for document in job.get("documents", ()):
        readable += [document["path"], *document["parts"].values()]
    return [Path(file) for file in readable], [Path(job["out"]).parent]


def starts_programs(job: Job) -> bool:
    """Whether the job runs a program of the system: Tesseract."""
    return bool(job.get("ocr"))


def document_to_wire(document: SourceDocument) -> Answer:
    """The document as plain values, with absolute paths."""
    return {
        "name": document.name,
        "path": str(document.path.resolve()),
        "media_type": document.media_type,
        "parts": {name: str(path.resolve()) for name, path in document.parts.items()},
        "charset": document.charset,
    }


def profile_to_wire(profile: Profile) -> Answer:
    """The profile as plain values."""
    return {
        "resolution": profile.resolution.name,
        "paper": profile.paper.name,
        "margin": profile.margin,
        "page_limit": profile.page_limit,
        "drop_blank": profile.drop_blank,
        "by_content": profile.by_content,
        "description": profile.description,
    }


def profile_from_wire(facts: Job) -> Profile:
    """The profile that `profile_to_wire` made plain values of."""
    return Profile(
        Resolution[facts["resolution"]],
        Paper[facts["paper"]],
        facts["margin"],
        facts["page_limit"],
        facts["drop_blank"],
        facts["by_content"],
        facts["description"],
    )


def pages_from_wire(answer: Answer, path: Path) -> FaxPages:
    """The facts of the fax that `path` now holds."""
    resolutions = tuple(Resolution[name] for name in answer["resolutions"])
    return FaxPages(
        path=path,
        page_count=len(answer["rows"]),
        rows=tuple(answer["rows"]),
        resolution=resolutions[0],
        resolutions=resolutions,
        widths=tuple(answer["widths"]),
        dropped=answer["dropped"],
    )


def _pages_to_wire(pages: FaxPages) -> Answer:
    return {
        "rows": list(pages.rows),
        "resolutions": [resolution.name for resolution in pages.resolutions],
        "widths": list(pages.widths),
        "dropped": pages.dropped,
    }


def _render(job: Job, part: Path, folder: Path, office_socket: Path | None, limits: Limits) -> Answer:
    from renderers.pipeline import render

    documents = [_document(facts) for facts in job["documents"]]
    profile = profile_from_wire(job["profile"])
    seconds = (limits.office_seconds, limits.office_wait_seconds)
    return _pages_to_wire(render(documents, part, Workshop(profile, folder, office_socket, *seconds)))


def _document(facts: Job) -> SourceDocument:
    parts = {name: Path(path) for name, path in facts["parts"].items()}
    return SourceDocument(facts["name"], Path(facts["path"]), facts["media_type"], parts, facts["charset"])


def _to_pdf(job: Job, part: Path, *_: object) -> Answer:
    from renderers.viewing import to_pdf

    to_pdf(Path(job["tiff"]), part, ocr=job["ocr"])
    return {}


def _picture(job: Job, part: Path, *_: object) -> Answer:
    from renderers.viewing import picture

    picture(Path(job["tiff"]), part, page=job["page"], width=job["width"])
    return {}


def _stamp(job: Job, part: Path, *_: object) -> Answer:
    from renderers.header import stamp

    return _pages_to_wire(stamp(Path(job["tiff"]), part, job["lines"]))


def _narrowed(job: Job, part: Path, *_: object) -> Answer:
    from renderers.header import narrowed

    return _pages_to_wire(narrowed(Path(job["tiff"]), part))


def _coarsened(job: Job, part: Path, *_: object) -> Answer:
    from renderers.header import coarsened

    return _pages_to_wire(coarsened(Path(job["tiff"]), part, Resolution[job["finest"]]))


_VERBS: Mapping[str, Callable[..., Answer]] = {
    "render": _render,
    "to_pdf": _to_pdf,
    "picture": _picture,
    "stamp": _stamp,
    "coarsened": _coarsened,
    "narrowed": _narrowed,
}
