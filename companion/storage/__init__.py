"""One encrypted database: tables, migrations, keys, retention, export, erase."""
