"""Session descriptions of fax calls: G.711 audio and T.38 image (RFC 8866, RFC 3264, ITU-T T.38 annex D)."""
