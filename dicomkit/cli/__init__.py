"""The command ``dicomkit``: one file for each verb. Verbs, click and rich are imported when they are needed."""

from dicomkit.cli.entry import main

__all__ = ["main"]
