"""Addresses of the widget's pages and files."""

from __future__ import annotations

from django.urls import path, re_path

from integrations.chat import pages

urlpatterns = [
    path("w.js", pages.bare_loader),
    re_path(rf"^w/(?P<name>{'|'.join(pages.SCRIPTS)})\.js$", pages.script),
    re_path(r"^w/(?P<site>ste_[A-Za-z0-9_-]+)\.js$", pages.site_loader),
    path("widget/frame/<str:site>", pages.frame),
    path("widget/assets/<str:name>", pages.asset),
]
