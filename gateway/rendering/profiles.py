"""How pages shall look, as [rendering] and the sender say."""

from gateway.config.schema import RenderingSection
from renderers import Paper, Profile


def profile_of(section: RenderingSection, resolution: str = "") -> Profile:
    """The profile of the configuration, with the resolution that was asked for, if any."""
    return Profile.of(
        resolution or section.resolution,
        paper=Paper[section.paper.upper()],
        margin=section.margin,
        page_limit=section.page_limit,
        drop_blank=section.blank_pages == "drop",
    )
