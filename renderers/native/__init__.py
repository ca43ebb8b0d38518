"""The part of rendering that is C: grey to black and white by a threshold, and fax lines to T.6."""
