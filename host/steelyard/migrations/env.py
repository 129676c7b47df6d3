"""What alembic runs for a migration: the revisions, on the connection that it is given.

Owns: nothing. Refuses: nothing; the transaction around it is `bring_up`'s. Units: none.
"""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
