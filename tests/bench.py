"""Counts instructions per log line under valgrind: repeatable, whatever else the machine is doing.

usage: bench.py PIPELINE_BINARY

Each pipeline runs once with one round and once with eleven; the difference is ten rounds of 1,000
lines, without start-up and without making the payload.
"""

import re
import subprocess
import sys

LINES = 1_000
ROUNDS = 10
SHARES = {"3 % errors": 30, "100 % errors": 1_000}
PIPELINES = ["floor", "tally", "obvious"]


def instructions(binary: str, pipeline: str, rounds: int, errors: int) -> int:
    """Count the instructions of one run."""
    run = subprocess.run(
        [
            "valgrind",
            "--tool=callgrind",
            "--callgrind-out-file=/dev/null",
            binary,
            pipeline,
            str(rounds),
            str(errors),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    counted = re.search(r"Collected : (\d+)", run.stderr)
    if counted is None:
        sys.exit(f"valgrind counted nothing:\n{run.stderr}")
    return int(counted[1])


def per_line(binary: str, pipeline: str, errors: int) -> float:
    """Return the instructions per line, start-up left out."""
    one = instructions(binary, pipeline, 1, errors)
    many = instructions(binary, pipeline, 1 + ROUNDS, errors)
    return (many - one) / (ROUNDS * LINES)


def main() -> None:
    """Print a line per pipeline."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(f"{'instructions per line':<24}{'floor':>10}{'tally':>10}{'obvious':>10}   tally is")
    for share, errors in SHARES.items():
        floor, tally, obvious = (per_line(sys.argv[1], pipeline, errors) for pipeline in PIPELINES)
        print(
            f"{share:<24}{floor:>10,.0f}{tally:>10,.0f}{obvious:>10,.0f}"
            f"   {tally / floor:.1f} times the floor, {tally / obvious:.2f} of the obvious"
        )


if __name__ == "__main__":
    main()
