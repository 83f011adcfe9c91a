"""From a checkout to something that runs: bootstrap, pinned versions, packages."""
