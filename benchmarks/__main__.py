"""`make bench`: every benchmark in a process of its own, then the table. Minutes to an hour; wants a quiet machine."""

import os
import subprocess
import sys
from pathlib import Path

from benchmarks import report


def main() -> None:
    failed = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        if path.stem == "bench_ml" and not os.environ.get("CLIENTNEST_REAL_DATA"):
            print("== bench_ml is left out: CLIENTNEST_REAL_DATA does not name a folder of real posts", flush=True)
            continue
        print(f"== {path.stem}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], check=False).returncode != 0:
            failed.append(path.stem)
    report.main()
    if failed:
        sys.exit(f"Did not finish: {', '.join(failed)}")


if __name__ == "__main__":
    main()
