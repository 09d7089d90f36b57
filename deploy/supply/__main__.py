"""Writes the bill of materials of an environment: `python -m deploy.supply [SITE_PACKAGES]`."""

import json
import sys
from pathlib import Path

from deploy.supply.bill import bill
from deploy.supply.licences import installed


def main() -> None:
    """Print CycloneDX JSON of this environment, or of the one whose site-packages are named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if folder is not None and not folder.is_dir():
        raise SystemExit(f"{folder}: no such folder; name an environment's site-packages")
    print(json.dumps(bill("switchyard", "0.1.0", installed(folder)), indent=2))


if __name__ == "__main__":
    main()
