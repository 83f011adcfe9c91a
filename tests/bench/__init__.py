"""How fast it is, beside going direct and beside nginx: `python -m tests.bench.proxy`."""
