"""Whether the cover pages that the configuration names exist and can be filled."""

from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.config.schema import Config
from gateway.errors import ConfigError
from gateway.rendering.covers.templates import NONE, CoverFailed, Templates, check


def check_covers(config: Config) -> None:
    """Every template that is named exists, and each one of the site can be filled.

    Raises:
        ConfigError: every mistake, one a line.
    """
    templates = Templates(config.cover.folder)
    named = {"cover.template": config.cover.template, "cover.continuation": config.cover.continuation}
    named |= {f"cover.numbers: {start}": name for start, name in config.cover.by_number.items()}
    named |= {f"cover.senders: {who}": name for who, name in config.cover.by_sender.items()}
    named |= {f"permission.{name}.cover": section.cover for name, section in config.permission.items()}
    mistakes = [
        f'{key}: there is no cover page "{name}"; `faxgw cover list` shows those there are'
        for key, name in named.items()
        if name not in ("", NONE) and templates.find(name) is None
    ]
    rest = templates.find(config.cover.continuation)
    if rest is not None and rest.is_word:
        mistakes.append("cover.continuation: must be an HTML template: no LibreOffice runs beside the calls")
    if config.cover.folder and not config.cover.folder.is_dir():
        mistakes.append(f"cover.folder: {config.cover.folder} is no folder")
    with TemporaryDirectory() as folder:
        for template in templates.all():
            try:
                check(template, Path(folder))
            except CoverFailed as error:
                mistakes.append(f"cover.folder: {str(error).rstrip('.')}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
