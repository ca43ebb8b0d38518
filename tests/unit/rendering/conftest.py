"""The rendering stage on a real store, with a renderer that draws nothing; `section` is its configuration."""

import pytest

from gateway.config.schema import RenderingSection
from tests.fakes.renderer import FakeRenderer
from tests.unit.rendering.mails import a_stage


@pytest.fixture
def renderer():
    return FakeRenderer()


@pytest.fixture
def section():
    return RenderingSection()


@pytest.fixture
def stage(opened, renderer, tmp_path, section):
    return a_stage(opened, renderer, tmp_path, section)
