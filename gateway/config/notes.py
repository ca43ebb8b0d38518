"""What is no mistake in a configuration, and may surprise all the same. `faxgw check-config` says it."""

from collections.abc import Iterator

from gateway.config.schema import Config


def notes(config: Config) -> Iterator[str]:
    """One sentence or two each, with the setting in front."""
    for name, trunk in config.trunk.items():
        if trunk.srtp == "require" and trunk.t38 != "never" and not trunk.t38_in_clear:
            yield (
                f'trunk.{name}.t38: "{trunk.t38}" does not count beside srtp = "require", as T.38 has no '
                "encryption: faxes stay on G.711. t38_in_clear = true lets encrypted calls move to T.38."
            )
