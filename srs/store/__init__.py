"""The database: tables, migrations, transactions, the quick look."""
