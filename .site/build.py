"""Builds the website into _site, from the README and the stored notebooks; nothing is executed.

    python .site/build.py            into _site
    python .site/build.py FOLDER     into another folder, which is replaced

The environment may say where the repository is: GITHUB_REPOSITORY (owner/name), GITHUB_REF_NAME (a branch), and
SITE_URL (the site's own address). Without them the pages have no links to Binder, Codespaces, Colab and GitHub.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import ADDRESS, ROOT, pages, stage

HERE = Path(__file__).resolve().parent


def build(language: str, folder: Path) -> int:
    """Build the pages of one language; returns Sphinx's exit code, which a warning makes an error."""
    with tempfile.TemporaryDirectory() as work:
        source, out = Path(work) / "pages", Path(work) / "html"
        stage([page for page in pages() if page.language == language], source)
        shutil.copytree(HERE / "locales", Path(work) / "locales")  # Sphinx compiles them where they are
        options = ["-q", "-W", "--keep-going", "-d", f"{work}/doctrees", "-c", str(HERE)]
        command = [sys.executable, "-m", "sphinx", *options, str(source), str(out)]
        environment = {**os.environ, "SITE_LANGUAGE": language, "PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8"}
        code = subprocess.run(command, env=environment).returncode
        if not code:
            shutil.copytree(out, folder, ignore=shutil.ignore_patterns(".buildinfo*", "objects.inv"))
        return code


def main() -> int:
    folder = Path(sys.argv[1] if sys.argv[1:] else ROOT / "_site").resolve()
    shutil.rmtree(folder, ignore_errors=True)
    for language in dict.fromkeys(page.language for page in pages()):
        if code := build(language, folder if language == "en" else folder / language):
            return code
    (folder / ".nojekyll").touch()  # GitHub Pages would leave out what begins with an underscore
    if ADDRESS:
        lines = "\n".join(f"<url><loc>{ADDRESS}{page.address}</loc></url>" for page in pages())
        sitemap = f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{lines}\n</urlset>\n'
        (folder / "sitemap.xml").write_text(sitemap)
    print(f"The site is in {folder}: open {folder / 'index.html'}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
