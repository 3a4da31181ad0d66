"""Check and compile the Chinese message catalogue of each server app.

The English text in the source is the key; every one has a translation in
``src/tongzhou/server/<app>/locale/zh_Hans/LC_MESSAGES/django.po`` (the shared templates' in ``kernel``).
Without an option: write the catalogues anew from the source (translations kept, absent strings dropped).
``--missing`` lists what has no translation, error sentences (``tools/sentences.py``) too, and fails on any.
``--compile`` makes the ``.mo`` files.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from sentences import missing_sentences

ROOT = Path(__file__).resolve().parents[1]
SERVER = ROOT / "src/tongzhou/server"
HEADER = """\
msgid ""
msgstr ""
"Language: zh_Hans\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

"""
Message = str | tuple[str, str]
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
TRANSLATE = re.compile(
    r"""{%-?\s*(?:trans|translate)\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)')(?P<rest>[^%]*)%}""", re.S
)
INLINE = re.compile(r"""_\((?:"([^"]*)"|'([^']*)')\)""")
BLOCK = re.compile(
    r"{%\s*blocktrans(?:late)?\b(?P<head>[^%]*)%}(?P<body>.*?){%\s*endblocktrans(?:late)?\s*%}", re.S
)
PLURAL = re.compile(r"{%\s*plural\s*%}")
CONTEXT = re.compile(r"""\bcontext\s+["']([^"']+)["']""")


def _block_text(text: str, is_trimmed: bool) -> str:
    """Return the key that Django looks up for the body of a block."""
    if is_trimmed:
        text = " ".join(line.strip() for line in text.strip().splitlines() if line.strip())
    return re.sub(r"{{\s*([\w.]+)\s*}}", r"%(\1)s", text.replace("%", "%%"))


def template_messages(text: str) -> Iterator[tuple[int, Message, str | None]]:
    """Yield line, key and context of each translated text of a template."""
    for found in TRANSLATE.finditer(text):
        key = found["double"] if found["double"] is not None else found["single"]
        context = CONTEXT.search(found["rest"])
        yield text.count("\n", 0, found.start()) + 1, key.replace("%", "%%"), context[1] if context else None
    for found in BLOCK.finditer(text):
        parts = [_block_text(part, "trimmed" in found["head"]) for part in PLURAL.split(found["body"])]
        context = CONTEXT.search(found["head"])
        key: Message = parts[0] if len(parts) == 1 else (parts[0], parts[1])
        yield text.count("\n", 0, found.start()) + 1, key, context[1] if context else None
    for found in INLINE.finditer(text):
        yield text.count("\n", 0, found.start()) + 1, (found[1] or found[2]).replace("%", "%%"), None


def source_messages(path: Path) -> Iterator[tuple[int, Message, str | None]]:
    """Yield line, key and context of each translated text of a Python file or template."""
    if path.suffix != ".py":
        yield from template_messages(path.read_text(encoding="utf-8"))
        return
    for line, key, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
        yield line, key, context


def read_source(app: Path) -> Catalog:
    """Return the messages that the source of an app asks for."""
    catalog = Catalog(locale="zh_Hans", fuzzy=False)
    paths = [*app.rglob("*.py"), *app.rglob("templates/**/*.*")]
    if app.name == "kernel":
        paths += (SERVER / "templates").rglob("*.*")
    for path in sorted(path for path in paths if path.is_file() and "migrations" not in path.parts):
        for _line, key, context in source_messages(path):
            if key:
                flags = ["python-format"] if "%(" in str(key) else []
                location = (path.relative_to(SERVER).as_posix(), None)
                catalog.add(key, locations=[location], context=context, flags=flags)  # type: ignore[list-item]
    return catalog


def catalogue_of(app: Path) -> Path:
    """Return where the Chinese catalogue of an app stands."""
    return app / "locale/zh_Hans/LC_MESSAGES/django.po"


def read_catalogue(path: Path) -> Catalog:
    """Return a catalogue, empty where there is none yet."""
    if not path.exists():
        return Catalog(locale="zh_Hans")
    with path.open("rb") as file:
        return read_po(file, locale="zh_Hans", abort_invalid=True)


def is_translated(catalog: Catalog, key: Message, context: str | None) -> bool:
    """Tell whether a catalogue has the whole translation of a message."""
    message = catalog.get(key if isinstance(key, str) else key[0], context)
    if message is None or message.fuzzy:
        return False
    return all(message.string) if isinstance(message.string, tuple | list) else bool(message.string)


def missing_messages(app: Path) -> list[str]:
    """Return the texts of an app without a translation, with the file that has them."""
    catalog = read_catalogue(catalogue_of(app))
    return [
        f"{message.locations[0][0]}: {message.id!r}"
        for message in read_source(app)
        if message.id and not is_translated(catalog, message.id, message.context)
    ]


def disagreements() -> list[str]:
    """Return the texts that two apps translate differently: one of them would be shown for both."""
    seen: dict[tuple[str, str | None], dict[str, str]] = {}
    for path in sorted(SERVER.rglob("django.po")):
        for message in read_catalogue(path):
            if message.id:
                told = seen.setdefault((str(message.id), message.context), {})
                told[path.parents[3].name] = str(message.string)
    return [f"{key[0]!r}: {told}" for key, told in seen.items() if len(set(told.values())) > 1]


def update_catalogue(app: Path) -> None:
    """Write the catalogue of an app anew: what the source asks for, with the translations there are."""
    known, asked = read_catalogue(catalogue_of(app)), read_source(app)
    for message in asked:
        old = known.get(message.id[0] if isinstance(message.id, tuple) else message.id, message.context)
        if message.id and old is not None:
            message.string = old.string
    if not len(asked):
        return
    catalogue_of(app).parent.mkdir(parents=True, exist_ok=True)
    with catalogue_of(app).open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, asked, width=110, omit_header=True, sort_output=True, include_lineno=False)


def compile_catalogue(path: Path) -> None:
    """Write the ``.mo`` file of a catalogue."""
    with path.with_suffix(".mo").open("wb") as file:
        write_mo(file, read_catalogue(path))


def main() -> int:
    """Do what the option says; return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--missing", action="store_true", help="list texts without a translation; fail on any"
    )
    parser.add_argument("--compile", action="store_true", help="make the .mo files")
    parser.add_argument("apps", nargs="*", help="names of apps (default: all)")
    arguments = parser.parse_args()
    folders = sorted(path for path in SERVER.glob("*/") if (path / "__init__.py").exists())
    apps = [app for app in folders if not arguments.apps or app.name in arguments.apps]
    if arguments.compile:
        for path in sorted(SERVER.rglob("*.po")):
            compile_catalogue(path)
        return 0
    if not arguments.missing:
        for app in apps:
            update_catalogue(app)
        return 0
    lacking = [line for app in apps for line in missing_messages(app)]
    lacking += [*missing_sentences(), *disagreements()]
    print("\n".join(lacking) or "Every message has its Chinese translation.")
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
