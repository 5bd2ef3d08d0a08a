"""The system's Chromium, and how it is started."""

import shutil

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
# Without the last flags Chromium looks up addresses outside this machine.
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu"),
    *("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
]
