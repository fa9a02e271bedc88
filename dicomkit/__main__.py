"""``python -m dicomkit``."""

from dicomkit.cli.entry import main

main()
