"""Migrations of the queue's tables, applied by Alembic."""
