"""The catalogues: what is found in the source, what lacks, what is compiled."""

from __future__ import annotations

import gettext

import messages
import pytest


@pytest.fixture
def app(tmp_path, monkeypatch):
    """An app with one Python file and one template."""
    folder = tmp_path / "shop"
    (folder / "templates/shop").mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "views.py").write_text('from django.utils.translation import gettext as _\nx = _("Hello")\n')
    template = '{% translate "By 5 %" %}{% blocktranslate trimmed %}\n Till {{ day }}{% endblocktranslate %}'
    (folder / "templates/shop/page.html").write_text(template)
    monkeypatch.setattr(messages, "SERVER", tmp_path)
    return folder


def test_texts_of_code_and_templates_are_found(app):
    assert {m.id for m in messages.read_source(app) if m.id} == {"Hello", "By 5 %%", "Till %(day)s"}


def test_text_without_translation_is_named_with_its_file(app):
    assert "shop/views.py: 'Hello'" in messages.missing_messages(app)


def test_translations_survive_an_update(app):
    messages.update_catalogue(app)
    path = messages.catalogue_of(app)
    path.write_text(
        path.read_text("utf-8").replace('msgid "Hello"\nmsgstr ""', 'msgid "Hello"\nmsgstr "您好"'), "utf-8"
    )
    messages.update_catalogue(app)
    assert messages.missing_messages(app) == [
        "shop/templates/shop/page.html: 'By 5 %%'",
        "shop/templates/shop/page.html: 'Till %(day)s'",
    ]
    messages.compile_catalogue(path)
    with path.with_suffix(".mo").open("rb") as file:
        assert gettext.GNUTranslations(file).gettext("Hello") == "您好"


def test_text_that_left_the_source_is_dropped(app):
    messages.update_catalogue(app)
    (app / "views.py").write_text("")
    messages.update_catalogue(app)
    assert "Hello" not in messages.catalogue_of(app).read_text("utf-8")


@pytest.mark.parametrize(
    ("template", "key"),
    [
        ("{% translate 'One' %}", "One"),
        ('{% translate "May" context "month" %}', "May"),
        ('{% include "a.html" with title=_("Two") %}', "Two"),
        (
            "{% blocktranslate count n=n %}{{ n }} day{% plural %}{{ n }} days{% endblocktranslate %}",
            ("%(n)s day", "%(n)s days"),
        ),
    ],
)
def test_template_forms_are_understood(template, key):
    assert [found for _line, found, _context in messages.template_messages(template)] == [key]


def test_apps_translate_one_text_alike():
    assert messages.disagreements() == []
