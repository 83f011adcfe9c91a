"""Where each fact has its one home on disk."""
