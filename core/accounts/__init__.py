"""Adding, finding and removing accounts: state and vault in step."""
