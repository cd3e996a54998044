"""Where the numbers of a scenario come from: what its files say beside them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from os.path import relpath
from pathlib import Path

from yaml import MappingNode, Node, ScalarNode

from sim.scenario.comments import comments
from sim.scenario.paths import Keys, joined
from sim.scenario.settings import Settings
from sim.scenario.yaml_nodes import find

TAGS = {
    "law": "the law sets it",
    "S": "a public source says so",
    "D": "derived from sourced figures",
    "X": "extrapolated, an assumption",
}
"""How well a number is founded, as its comment says in brackets; the best first."""
_TAG = re.compile(rf"\[({'|'.join(TAGS)})\]")
SETTING = "setting "
"""With this begins what takes the place of a file's name for values that stand in no file."""
SET = "set for this run, outside the files"


class Source(Settings):
    """Where a number comes from."""

    text: str = ""
    "what is said of it, with the tags [law], [S], [D], [X]"
    place: str = ""
    "file and line of the number, seen from the scenario file; empty if it stands in none"

    @property
    def tag(self) -> str:
        """How well the number is founded, a key of `TAGS`: the weakest that is said, '' if none is."""
        return max(_TAG.findall(self.text), key=list(TAGS).index, default="")

    @property
    def words(self) -> str:
        """What is said, without the tag at its beginning."""
        said = _TAG.match(self.text)
        return self.text[said.end() :].strip() if said else self.text


def nearest(sources: Mapping[str, Source], keys: Keys) -> tuple[str, Source]:
    """The source of a setting, its own or that of the nearest group that has one, and the path that it is given for."""
    for length in range(len(keys), 0, -1):
        path = joined(keys[:length])
        if path in sources:
            return path, sources[path]
    return "", Source()


def written_sources(
    tree: Node, rows: Iterable[tuple[Keys, list[Keys]]], said: Mapping[str, Source], folder: Path
) -> dict[str, Source]:
    """The sources of all numbers that a tree of files says, by path; those without a comment have an empty text.

    `rows`: settings with the numbers in them; numbers of one setting with the same comment are told together, as the
    setting's. `said`: the sources that a file gives as settings, for numbers that have no comment there. Places are
    told as seen from `folder`.
    """
    said_in = _file_of(find(tree, "sources"))
    found: dict[str, Source] = {}
    for keys, numbers in rows:
        here: dict[str, Source] = {}
        for number in numbers:
            node = _written(tree, number)
            if node is None:
                continue
            source = _source(node, folder)
            path, told = nearest(said, number)
            if path and not source.text and _file_of(node) == said_in:
                found[path] = told
            else:
                here[joined(number)] = source
        found |= _together(joined(keys), here, len(numbers))
    return found


def overridden(sources: Mapping[str, Source], paths: Iterable[str]) -> dict[str, Source]:
    """The sources of a scenario some of whose settings, by path, were given other values."""
    found = dict(sources)
    for path in paths:
        below = f"{path}."
        found = {key: source for key, source in found.items() if not f"{key}.".startswith(below)}
        found[path] = Source(text=SET)
    return found


def _together(path: str, sources: dict[str, Source], numbers: int) -> dict[str, Source]:
    """The sources of the numbers of one setting, with the one that most of them share as that of the setting."""
    said = [(source.text, source.place.rpartition(":")[0]) for source in sources.values()]
    usual, times = Counter(said).most_common(1)[0] if said else ((), 0)
    if 2 * times <= numbers:
        return sources
    shared = [name for name, one in zip(sources, said, strict=True) if one == usual]
    return {path: sources[shared[0]]} | {name: one for name, one in sources.items() if name not in shared}


def _written(tree: Node, keys: Keys) -> Node | None:
    """The value that a tree says for a setting; None if it says nothing of it."""
    here: Node | None = tree
    for key in keys:
        if isinstance(here, ScalarNode):  # the short form of a setting, such as a route's probability
            return here
        if isinstance(here, MappingNode):
            here = find(here, str(key))
        elif here is not None:
            here = here.value[key] if key < len(here.value) else None
    return here


def _file_of(node: Node | None) -> str | None:
    return node.start_mark.name if node is not None else None


def _source(node: Node, folder: Path) -> Source:
    mark = node.start_mark
    if mark.name.startswith(SETTING):
        return Source(text=SET)
    assert mark.buffer is not None  # the whole text, as `parse` was given it, and an end mark
    text = comments(mark.buffer[:-1], mark.name).get(mark.index, "")
    return Source(text=text, place=f"{Path(relpath(mark.name, folder)).as_posix()}:{mark.line + 1}")
