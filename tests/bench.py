"""Counts instructions under valgrind: repeatable, whatever else the machine is doing.

usage: bench.py PIPELINE_BINARY

First the cost of a log line in a batch. Each pipeline runs once with one round and once with
eleven; the difference is ten rounds of 1,000 lines, without start-up and without making the
payload. Then the cost of a line of half a megabyte and of one megabyte, of each kind: what is read
in one pass costs twice as much. Exits with 1 where a limit is exceeded.
"""

import re
import subprocess
import sys

LINES = 1_000
ROUNDS = 10
# By how many of 1,000 lines are errors: a name, and the most instructions that a line may cost.
SHARES = {30: ("3 % errors", 23_000), 1_000: ("100 % errors", 40_000)}
PIPELINES = ["floor", "tally", "obvious"]

KIB = 1_024
# Twenty milliseconds of a core that does two instructions in each cycle of 2.8 GHz.
MOST_FOR_A_LONG_LINE = 112_000_000
# Twice as long, and a little for what does not depend on the length.
MOST_FOR_TWICE_THE_LENGTH = 2.2


def instructions(binary: str, *arguments: str | int) -> int:
    """Count the instructions of one run."""
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    command = [*tool, binary, *map(str, arguments)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    counted = re.search(r"Collected : (\d+)", run.stderr)
    if counted is None:
        sys.exit(f"valgrind counted nothing:\n{run.stderr}")
    return int(counted[1])


def per_line(binary: str, pipeline: str, errors: int) -> float:
    """Return the instructions per line, start-up left out."""
    one = instructions(binary, pipeline, 1, errors)
    many = instructions(binary, pipeline, 1 + ROUNDS, errors)
    return (many - one) / (ROUNDS * LINES)


def batches(binary: str) -> list[str]:
    """Print a line per share of errors; return what exceeds its limit."""
    print(f"{'instructions per line':<24}{'floor':>10}{'tally':>10}{'obvious':>10}   tally is")
    exceeded = []
    for errors, (share, most) in SHARES.items():
        floor, tally, obvious = (per_line(binary, pipeline, errors) for pipeline in PIPELINES)
        print(
            f"{share:<24}{floor:>10,.0f}{tally:>10,.0f}{obvious:>10,.0f}"
            f"   {tally / floor:.1f} times the floor, {tally / obvious:.2f} of the obvious"
        )
        if tally > most:
            exceeded.append(
                f"{share}: {tally:,.0f} instructions per line, at most {most:,} allowed"
            )
    return exceeded


def long_lines(binary: str) -> list[str]:
    """Print a line per kind of long line; return what exceeds its limit."""
    print(f"\n{'instructions for a line':<24}{'512 KiB':>12}{'1 MiB':>12}")
    run = subprocess.run([binary, "kinds"], capture_output=True, text=True, check=True)
    exceeded = []
    for kind in run.stdout.split():
        half, whole = (
            instructions(binary, "line", 2, kib, kind) - instructions(binary, "line", 1, kib, kind)
            for kib in [KIB // 2, KIB]
        )
        print(f"{kind:<24}{half:>12,}{whole:>12,}")
        if whole > MOST_FOR_A_LONG_LINE:
            exceeded.append(
                f"{kind}: {whole:,} instructions for 1 MiB, at most {MOST_FOR_A_LONG_LINE:,}"
            )
        if whole > half * MOST_FOR_TWICE_THE_LENGTH:
            exceeded.append(f"{kind}: 1 MiB costs {whole / half:.1f} times as much as 512 KiB")
    return exceeded


def main() -> None:
    """Print every count, then every limit that is exceeded."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    exceeded = batches(sys.argv[1]) + long_lines(sys.argv[1])
    if exceeded:
        sys.exit("\ntoo slow:\n" + "\n".join(f"  {limit}" for limit in exceeded))


if __name__ == "__main__":
    main()
