"""Whom the dashboard answers: pages of its own address, in requests of a sensible size.

A page of any other site that is open in the same browser could otherwise send requests to 127.0.0.1, and under a name
of its own that it points there ("DNS rebinding") read the answers, too. So the name in the address has to be one of the
dashboard's own, and what changes something has to come from a page of the dashboard itself.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address

from flask import Flask, abort, request

from sim.errors import UserError

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
HOST = re.compile(r"(?P<host>[a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])(:(?P<port>[0-9]{1,5}))?")
USUAL_PORTS = frozenset({80, 443})
"""Those that an address does not name."""
MAX_BODY = 1_000_000
"""Bytes of a request: some ten times what the largest form sends."""
SAFE = ("GET", "HEAD", "OPTIONS")
"""Methods that change nothing."""
SHOWN = 80
"""Characters of a foreign name that an answer repeats at most."""


@dataclass(frozen=True)
class Names:
    """The host names under which a dashboard is served; UserError if one of them is none.

    Attributes
    ----------
    host : the address that it is bound to.
    further : names, or names with a port, by which it is reached through a proxy, a tunnel or a name server.
    """

    host: str = LOOPBACK[0]
    further: Collection[str] = ()

    def __post_init__(self) -> None:
        for name in self.further:
            if _place(name) is None:
                raise UserError(f"--allow-host {name}: is no host name, such as sim.example.org or localhost:9000")

    def include(self, place: str, port: int) -> bool:
        """Whether a place, as requests name it (`host` or `host:port`), is this dashboard, which listens on `port`."""
        asked = _place(place)
        if asked is None:
            return False
        host, ports = asked[0], {asked[1]} if asked[1] else USUAL_PORTS
        own = {(one, port) for one in (*LOOPBACK, f"[{self.host}]" if ":" in self.host else self.host.lower())}
        for name, name_port in filter(None, map(_place, self.further)):
            own |= {(name, one) for one in ({name_port} if name_port else {port, *USUAL_PORTS})}
        everywhere = _is_ip(self.host) and ip_address(self.host).is_unspecified
        return any((host, one) in own for one in ports) or (everywhere and port in ports and _is_ip(host))


def restrict(server: Flask, names: Names) -> None:
    """Answer only what comes under one of the names, changes nothing for strangers, and is not too large."""
    server.config["MAX_CONTENT_LENGTH"] = MAX_BODY

    @server.before_request
    def _check() -> None:
        place, port = request.environ.get("HTTP_HOST", ""), int(request.environ["SERVER_PORT"])
        if not names.include(place, port):
            how = "`sim dashboard --allow-host NAME` allows a name"
            abort(403, f"The dashboard is not served under the name {place[:SHOWN]!r}; {how}.")
        if request.method not in SAFE and not _from_own_page(names, place, port):
            abort(403, "Only pages of the dashboard itself may send this.")
        if (request.content_length or 0) > MAX_BODY:
            abort(413, f"The request is larger than {MAX_BODY:,} bytes.")


def _from_own_page(names: Names, place: str, port: int) -> bool:
    """Whether a request comes from a page of this dashboard, or from no page at all but from a program.

    An address in digits has to be the one that was asked: others' are in digits, too.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    scheme, _, source = origin.lower().partition("://")
    by_name = names.include(source, port) and not _is_ip((_place(source) or ("", 0))[0])
    return scheme in ("http", "https") and (source == place.lower() or by_name)


def _place(text: str) -> tuple[str, int] | None:
    """The parts of `host` or `host:port`, with port 0 if it has none; None if it is neither."""
    found = HOST.fullmatch(text.lower())
    return (found["host"], int(found["port"] or 0)) if found else None


def _is_ip(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
