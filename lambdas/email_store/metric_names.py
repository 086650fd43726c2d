"""MetricNames: the names of a day, by which a series is a short code in the table.

A name is written once a day, and a series names it by its place in the list. So an item has its
numbers only, and is one write unit. The lists are limited: someone who sends to thousands of
domains, or gives each email a tag of its own, makes a limited number of items.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from email_store.metrics import OTHER, Series

__all__ = ["LIMITS", "MetricNames"]

LIMITS = {"tags": 100, "templates": 50, "domains": 50, "mails": 200}
"""Names of a kind in a day. The names after them are counted as `OTHER`."""
NAME_LIMIT = 1_024
"""Bytes of a name: a longer one is counted as `OTHER`. SES takes 255 characters."""
TAGS_LIMIT = 50
"""Tags of an email that count: the library takes no more."""
LARGE_PROVIDERS = (
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com",
    "icloud.com", "aol.com", "gmx.de", "gmx.net", "web.de", "mail.ru", "yandex.ru", "qq.com",
    "163.com",
)  # fmt: skip
"""Domains that are always counted by name, however many others come before them in a day."""
NONE, REST = "", "*"
"""In a code: no name, and a name that counts as `OTHER`."""


@dataclass(frozen=True, slots=True)
class MetricNames:
    """The names of one day, in the order in which they came. Names are added and never removed.

    A *mail* is what emails have in common: stream, template and tags. Its tags and template are
    places in the other lists.
    """

    tags: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    domains: tuple[str, ...] = LARGE_PROVIDERS
    mails: tuple[str, ...] = ()
    version: int = field(default=0, compare=False)
    """The number of times that names were added."""

    def with_names_of(self, wanted: Iterable[Series]) -> MetricNames:
        """Return the names and the new ones of the series, as far as the limits allow."""
        names = self
        for series in wanted:
            templates = [series.template_id] if series.template_id else []
            names = replace(
                names,
                tags=_extended(names.tags, series.tags[:TAGS_LIMIT], LIMITS["tags"]),
                templates=_extended(names.templates, templates, LIMITS["templates"]),
            )
            if series.domain:
                limit = len(LARGE_PROVIDERS) + LIMITS["domains"]
                names = replace(names, domains=_extended(names.domains, [series.domain], limit))
            mail, mail_of_rest = names._mail(series), names._mail(series, with_tags=False)
            if mail not in names.mails and len(names.mails) >= LIMITS["mails"]:
                mail = mail_of_rest
            if mail not in names.mails:
                names = replace(names, mails=(*names.mails, mail))
        return names

    def code(self, series: Series) -> str:
        """Return the code of a series. A part of it without a name counts as `OTHER`."""
        place = f"{series.stream}{REST}"
        for mail in (self._mail(series), self._mail(series, with_tags=False)):
            if mail in self.mails:
                place = str(self.mails.index(mail))
                break
        return f"{place}#{_place(self.domains, series.domain)}"

    def series(self, day: date, code: str) -> Series:
        """Return the series of a code."""
        mail_place, _, domain = code.partition("#")
        if mail_place.endswith(REST):
            stream, template, tags = mail_place.removesuffix(REST), REST, REST
        else:
            stream, template, tags = self.mails[int(mail_place)].split("/")
        return Series(
            day=day,
            stream=stream,
            template_id=_named(self.templates, template),
            tags=tuple(_named(self.tags, tag) or "" for tag in tags.split(",") if tag),
            domain=_named(self.domains, domain),
        )

    def _mail(self, series: Series, *, with_tags: bool = True) -> str:
        tags = [_place(self.tags, tag) for tag in series.tags[:TAGS_LIMIT]]
        if not with_tags and tags:
            tags = [REST]
        template = _place(self.templates, series.template_id)
        return f"{series.stream}/{template}/{','.join(sorted(set(tags)))}"


def _extended(names: tuple[str, ...], wanted: Sequence[str], limit: int) -> tuple[str, ...]:
    new = [name for name in dict.fromkeys(filter(_is_fit, wanted)) if name not in names]
    return (*names, *new[: max(0, limit - len(names))]) if new else names


def _is_fit(name: str) -> bool:
    """Return whether a name may be stored. One with an address would outlive an erasure."""
    return name != OTHER and "@" not in name and len(name.encode(errors="replace")) <= NAME_LIMIT


def _place(names: tuple[str, ...], name: str | None) -> str:
    if not name:
        return NONE
    return str(names.index(name)) if name in names else REST


def _named(names: tuple[str, ...], place: str) -> str | None:
    if place == NONE:
        return None
    return OTHER if place == REST else names[int(place)]
