"""Any document becomes fax pages. Knows nothing of mail, SQL or SIP.

`RenderPool` renders in processes of their own, for a server; `render_now` does it once, for a command.
docs/rendering.md tells how, and how to add a renderer.
"""

from renderers.charset import decoded
from renderers.document import FaxPages, SourceDocument
from renderers.errors import (
    ConverterCrashed,
    ConverterError,
    ConverterMissing,
    ConverterTimedOut,
    DocumentDamaged,
    DocumentEmpty,
    DocumentError,
    DocumentProtected,
    DocumentTooLarge,
    DocumentUnsupported,
    RenderError,
    TooManyPages,
)
from renderers.media_type import is_document, media_type_of
from renderers.pool import RenderPool, render_now
from renderers.profile import Paper, Profile, Resolution
from renderers.sandbox import Limits
from renderers.tiff_tags import read_description, read_fax_pages

__all__ = [
    "ConverterCrashed",
    "ConverterError",
    "ConverterMissing",
    "ConverterTimedOut",
    "DocumentDamaged",
    "DocumentEmpty",
    "DocumentError",
    "DocumentProtected",
    "DocumentTooLarge",
    "DocumentUnsupported",
    "FaxPages",
    "Limits",
    "Paper",
    "Profile",
    "RenderError",
    "RenderPool",
    "Resolution",
    "SourceDocument",
    "TooManyPages",
    "decoded",
    "is_document",
    "media_type_of",
    "read_description",
    "read_fax_pages",
    "render_now",
]
