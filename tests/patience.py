"""How long a test waits for what must come, and would come at once on a quiet machine."""

#: Seconds. Longer than a busy machine, or one that stands still for a while, keeps anybody waiting.
PATIENCE = 100.0
