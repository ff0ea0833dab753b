"""The only home of SQL: tables, migrations, and what is loaded from and saved to them."""
