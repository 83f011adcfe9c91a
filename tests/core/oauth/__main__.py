"""`python -m tests.core.oauth 10000 [SEED]`: torture of the refresh lane, as long as wanted."""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.core.oauth.torture import torture


def main() -> int:
    """Print what the kills have cost; 1 if an account was lost."""
    kills, seed = int(sys.argv[1]), int((*sys.argv, "1")[2])
    with tempfile.TemporaryDirectory() as scratch:
        began = time.monotonic()
        toll = asyncio.run(torture(Path(scratch), kills, seed=seed))
    sys.stdout.write(f"{toll} ({time.monotonic() - began:.0f} s, seed {seed})\n")
    sys.stdout.writelines(f"{line}\n" for line in toll.lost)
    return 1 if toll.lost or toll.revoked else 0


if __name__ == "__main__":
    sys.exit(main())
