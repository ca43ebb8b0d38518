"""faxgw cover: the templates of cover pages, and how they look."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gateway.cli.options import json_option, load_config, show_json, show_table
from gateway.config.schema import CoverSection, RenderingSection
from gateway.errors import ConfigError, DocumentRejected

if TYPE_CHECKING:
    from gateway.rendering.covers.fields import CoverFields

_config = click.option(
    "-c",
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    envvar="FAXGW_CONFIG",
    metavar="FILE",
    help="The configuration, for the site's own templates; without it there are those built in.",
)


@click.group()
def cover() -> None:
    """Look at the templates of cover pages."""


@cover.command("list")
@_config
@json_option
def list_templates(config_file: Path | None, as_json: bool) -> None:
    """Show all templates: name, language and file."""
    from gateway.rendering.covers.templates import Templates

    templates = Templates(_sections(config_file)[0].folder).all()
    if as_json:
        show_json([{"name": t.name, "language": t.language, "file": str(t.path)} for t in templates])
    else:
        show_table(("NAME", "LANGUAGE", "FILE"), [(t.name, t.language or "any", t.path) for t in templates])


@cover.command()
@click.argument("template")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), metavar="OUT.png|.pdf|.tif")
@click.option(
    "--field",
    "given",
    multiple=True,
    metavar="NAME=VALUE",
    help='A field, for example subject="Our offer"; the others are examples. May be repeated.',
)
@click.option("--language", default="", help='For example "de"; otherwise that of [cover].')
@_config
def preview(
    template: str, output: Path, given: tuple[str, ...], language: str, config_file: Path | None
) -> None:
    """Fill TEMPLATE (a name, or a file) and show it as it is faxed."""
    from dataclasses import replace
    from tempfile import TemporaryDirectory

    from gateway.cli.views import check_view, write_view
    from gateway.rendering.covers.templates import CoverFailed, Templates, fill, named_file
    from gateway.rendering.profiles import profile_of
    from renderers import RenderError, render_now

    check_view(output)
    section, rendering = _sections(config_file)
    languages = [wanted for wanted in (language, section.language) if wanted]
    found = named_file(Path(template)) or Templates(section.folder).find(template, *languages)
    if found is None:
        raise CoverFailed(f'There is no cover page "{template}". `faxgw cover list` shows those there are.')
    fields = replace(_filled(given), language=found.language or languages[0])
    with TemporaryDirectory() as folder:
        try:
            filled = fill(found, fields, Path(folder))
            profile = replace(profile_of(rendering), drop_blank=False)
            pages = render_now([filled], profile, Path(folder) / "cover.tif")
            write_view(pages, output)
        except RenderError as error:
            raise DocumentRejected(f"{error.sentence} {error.remedy} {error.detail}".strip()) from error
    click.echo(f"{output}: {pages.page_count} page{'s' * (pages.page_count != 1)}")


def _sections(config_file: Path | None) -> tuple[CoverSection, RenderingSection]:
    """What says which templates there are, and how pages look."""
    if config_file is None:
        return CoverSection(), RenderingSection()
    config = load_config(config_file, ())
    return config.cover, config.rendering


def _filled(given: tuple[str, ...]) -> "CoverFields":
    from dataclasses import replace

    from gateway.rendering.covers.fields import EXAMPLE

    names = EXAMPLE.for_templates
    found: dict[str, str | int] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in names:
            raise ConfigError(f"--field {text}: write NAME=VALUE; names are {', '.join(sorted(names))}.")
        own = name.replace("from", "sender", 1) if name.startswith("from") else name
        if isinstance(names[name], int) and not value.isdecimal():
            raise ConfigError(f"--field {text}: must be a number.")
        found[own] = int(value) if isinstance(names[name], int) else value.replace("\\n", "\n")
    return replace(EXAMPLE, **found)  # type: ignore[arg-type]
