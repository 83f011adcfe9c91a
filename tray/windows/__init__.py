"""Windows: each renders snapshots and sends wishes."""
