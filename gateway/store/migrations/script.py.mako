"""${message}.

Expand before contract: nodes of this version and of the one before use these tables at the same time.
"""

import sqlalchemy as sa
from alembic import op

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """The tables have it."""
