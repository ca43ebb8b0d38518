"""The one part of rendering that is C: fax lines to T.6."""
