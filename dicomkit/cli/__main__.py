"""``python -m dicomkit.cli``."""

from dicomkit.cli.entry import main

main()
