"""Working ahead: what is shown of every platform, made in the helper's process before anybody asks for them."""

from collections.abc import Hashable
from contextlib import suppress
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from sim.record.model import Record
from sim.results.slices import platforms
from sim.view.dashboard import panels
from sim.view.dashboard.address import State
from sim.view.dashboard.library import Library
from sim.view.dashboard.tabs import OF_ONE_RUN, View


class Ahead:
    """Makes what is shown of a baseline on every platform, once."""

    def __init__(self, library: Library) -> None:
        self._library, self._begun, self._lock = library, set[str](), Lock()

    def begin(self, name: str) -> None:
        """Begin with a run, unless that was done before."""
        with self._lock:
            if name in self._begun:
                return
            self._begun.add(name)
        Thread(target=self._work, args=(name,), name=f"ahead {name}", daemon=True).start()

    def _work(self, name: str) -> None:
        """One platform after the other, so that other tasks of the helper come in between."""
        library = self._library
        with suppress(Exception):  # whatever cannot be made ahead is made, or told, when somebody asks for it
            making = library.making(name)
            if making is not None:
                making.result()
            for platform in ("", *platforms(library.run(name).scenario)):
                made = library.helper.submit(made_ahead, library.folder(name), platform, library.record).result()
                for key, value in made:
                    library.made.put(key, value)


def made_ahead(folder: Path, platform: str, record: Record | None) -> list[tuple[Hashable, Any]]:
    """All pictures and sentences of a run on a platform that depend on no other choice, with their keys."""
    library = Library(folder.parent, [folder], record)
    for tab in OF_ONE_RUN:
        panels.content(View(State(runs=(folder.name,), tab=tab, platform=platform), library))
    return library.made.all()
