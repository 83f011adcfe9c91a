"""`python -m core`: the command line; and, by another first word, guard or engine of a face."""

import sys


def main() -> int:
    """The program's entry point; its exit code."""
    if sys.argv[1:2] == ["guard-process"]:
        # A small process: it loads nothing of the command line.
        from core.binding.lean import spare_openssl

        spare_openssl()
        from core.binding.guard import main as guard

        return guard(sys.argv[2:])
    if sys.argv[1:2] == ["engine-process"]:
        from core.cli.engine_process import engine_process

        return engine_process()
    from core.cli.main import main as command_line

    return command_line()


if __name__ == "__main__":
    sys.exit(main())
