"""The process `layerproof`: interruptions are settled before the imports that take time."""

from verify import interruption


def main() -> None:
    """Run the command line that the process was started with."""
    interruption.install()
    from verify.cli import main as run

    run()


if __name__ == "__main__":
    main()
