"""Whom the dashboard answers, what its answers forbid, and what it makes of requests that no page of its own sends."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from flask.testing import FlaskClient
from serving import serving
from werkzeug.test import TestResponse

from sim.errors import UserError
from sim.view.dashboard import access, app, failures, layout
from sim.view.dashboard.access import Names
from sim.view.dashboard.app import make_app
from sim.view.dashboard.cache import RunCache
from sim.view.dashboard.jobs import Jobs

CALLBACK = "/_dash-update-component"


@pytest.fixture(autouse=True)
def logging(monkeypatch) -> None:
    """The log is written, even if another test has configured logging so that loggers made before are silent."""
    monkeypatch.setattr(failures.LOG, "disabled", False)


@pytest.fixture
def client(small_run, tmp_path) -> FlaskClient:
    """Sends requests to a dashboard of the small run, as if it listened on port 80 of this machine."""
    cache = RunCache(small_run.folder.parent)
    return make_app(cache, Jobs(tmp_path, 1), Names(further=["sim.example.org"])).server.test_client()


def of_control(name: str, value: Any) -> dict[str, Any]:
    """A control of the page in a request."""
    return {"id": name, "property": "value", "value": value}


def texts(part: Any) -> Iterator[str]:
    """All texts in an answer."""
    if isinstance(part, str):
        yield part
    elif isinstance(part, dict | list):
        for inner in part.values() if isinstance(part, dict) else part:
            yield from texts(inner)


Showing = Callable[..., str]


@pytest.fixture
def shown(client, small_run) -> Showing:
    """`shown(base=..., stages=...)`: all that the page shows for these values of its controls, as text."""
    usual = {"base": small_run.folder.name, "others": [], "tab": "caseload"}
    places = [{"id": {"view": tab}, "property": "children"} for tab in layout.TABS]

    def ask(what_if: Any = None, **values: Any) -> str:
        payload = {
            "output": ".." + "...".join(f'{{"view":"{tab}"}}.children' for tab in layout.TABS) + "..",
            "outputs": places,
            "inputs": [of_control(name, {**usual, **values}.get(name)) for name in layout.CONTROLS[1:]]
            + [{"id": "changed", "property": "data", "value": 0}],
            "state": [
                {"id": "what-if", "property": "data", "value": what_if},
                of_control("base", {**usual, **values}["base"]),
            ],
            "changedPropIds": ["tab.value"],
        }
        answer = client.post(CALLBACK, json=payload)
        assert answer.status_code == 200, answer.text
        return "\n".join(texts(json.loads(answer.text)))

    return ask


@pytest.mark.parametrize(
    "place",
    ["localhost", "127.0.0.1", "127.0.0.1:80", "[::1]", "LOCALHOST:80", "sim.example.org", "sim.example.org:443"],
)
def test_its_own_names_are_served(client, place):
    """This machine's, with the port that it listens on, and those that were allowed."""
    assert client.get("/", headers={"Host": place}).status_code == 200


@pytest.mark.parametrize(
    "place",
    [
        *("attacker.example", "attacker.example:80", "localhost.attacker.example", "127.0.0.1.attacker.example"),
        *("localhost:8051", "127.0.0.2", "10.0.0.5", "0.0.0.0", "[::2]", "sim.example.org:8443", "x.sim.example.org"),
        *("", ":80", "localhost:", "localhost:x", "user@localhost", "localhost/", "localhost, localhost", "<b>", "é"),
    ],
)
@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/page.css", "/no/such/page"])
def test_no_other_name_is(client, place, path):
    """Whatever is asked for: one plain line."""
    answer = client.get(path, headers={"Host": place})
    assert (answer.status_code, answer.mimetype, answer.text.count("\n")) == (403, "text/plain", 1)
    assert answer.text.startswith("The dashboard is not served under the name ")
    assert "--allow-host" in answer.text


def test_names_follow_the_address_that_is_served():
    """One's own name, with one's own port; every address in digits if it is served from all of them."""
    names = Names("10.0.0.5")
    assert names.include("10.0.0.5:8050", 8050)
    assert names.include("localhost:8050", 8050)
    assert not names.include("10.0.0.5:8051", 8050)
    assert not names.include("10.0.0.6:8050", 8050)
    assert not names.include("localhost", 8050)
    assert Names("fe80::1").include("[fe80::1]:8050", 8050)
    assert Names("0.0.0.0").include("192.168.1.7:8050", 8050)
    assert Names("::").include("[2001:db8::7]:8050", 8050)
    assert not Names("0.0.0.0").include("attacker.example:8050", 8050)
    assert Names(further=["localhost:9000"]).include("localhost:9000", 8050)
    assert not Names(further=["localhost:9000"]).include("localhost:9001", 8050)


@pytest.mark.parametrize("name", ["*", "http://sim.example.org", "a b", "", "sim.example.org/x", "host:port"])
def test_a_further_name_that_is_none_is_told(name):
    """Before anything is served."""
    with pytest.raises(UserError, match=f"^--allow-host {re.escape(name)}: is no host name"):
        Names(further=[name])


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:8051"},
        {"Origin": "file://localhost"},
        {"Origin": "http://localhost.attacker.example"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_other_pages_change_nothing(client, headers):
    """A request that may change something has to come from a page of the dashboard."""
    answer = client.post(CALLBACK, json={}, headers=headers)
    assert (answer.status_code, answer.text) == (403, "Only pages of the dashboard itself may send this.\n")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"},
        {"Host": "127.0.0.1", "Origin": "http://127.0.0.1"},
        {"Host": "sim.example.org", "Origin": "https://sim.example.org"},
        {"Host": "127.0.0.1", "Origin": "https://sim.example.org"},
    ],
)
def test_its_own_pages_may(client, headers):
    """Also behind a proxy, whether that passes the name on or not; and programs, which are no pages."""
    assert client.post(CALLBACK, json={}, headers=headers).status_code == 400


def test_of_all_addresses_a_page_may_ask_its_own_only(small_run, tmp_path):
    """Served from all addresses, one in digits is let in; a page at another one is another site all the same."""
    app = make_app(RunCache(small_run.folder.parent), Jobs(tmp_path, 1), Names("0.0.0.0"))
    for origin, code in {"http://10.0.0.5": 400, "http://10.0.0.6": 403}.items():
        answer = app.server.test_client().post(CALLBACK, json={}, headers={"Host": "10.0.0.5", "Origin": origin})
        assert answer.status_code == code


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/assets/page.css", "/no-such-page/x.js"])
def test_headers_forbid_what_is_not_needed(client, path):
    """Scripts of others, inline scripts, frames, guesses at the content, copies of results on disk."""
    with client.get(path) as answer:
        headers = answer.headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/=]+'", policy["script-src"])
    assert "http" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert ("no-store" in headers.get("Cache-Control", "")) == (not path.startswith("/assets"))


@pytest.mark.parametrize("path", ["/", CALLBACK, "/no/such/page"])
def test_what_is_too_large_is_refused(client, path):
    """Before it is read."""
    answer = client.post(path, data=b"x" * (access.MAX_BODY + 1), content_type="application/json")
    assert (answer.status_code, answer.text) == (413, "The request is larger than 1,000,000 bytes.\n")


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"[]", b"null", b"7", b"[" * 100_000, b'{"output": 1}', b'{"output": "x"}', b"\xff"),
        *(b'{"output": "x", "inputs": []}', b'{"output": "page.children", "inputs": [1]}'),
        b'{"output": "page.children", "inputs": [{"id": 1, "property": "data"}]}',
        b'{"output": "page.children", "inputs": [], "changedPropIds": {}}',
        b'{"output": "' + b"x" * 20_000 + b'", "inputs": []}',
    ],
)
def test_requests_that_no_page_sends_get_a_line(client, content, caplog):
    """With status 400, and nothing in the log."""
    answer = client.post(CALLBACK, data=content, content_type="application/json")
    assert (answer.status_code, answer.mimetype, answer.text.count("\n")) == (400, "text/plain", 1), answer.text
    assert not caplog.records


@pytest.mark.parametrize(
    ("method", "path", "code"), [("DELETE", "/", 405), ("PUT", CALLBACK, 405), ("GET", "/assets/no.js", 404)]
)
def test_other_methods_get_a_line(client, method, path, code):
    """As plain text."""
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (code, "text/plain")


def test_values_of_controls_are_shown(shown):
    """What a page sends."""
    assert "cases on Agora" in shown(platform="Agora", stages=["request"])


@pytest.mark.parametrize(
    ("values", "line"),
    [
        ({"base": "../outside/x"}, r"There is no run '../outside/x' in "),
        ({"base": "/etc"}, "There is no run '/etc' in "),
        ({"base": "."}, "There is no run '.' in "),
        ({"base": "a\x00b"}, "There is no run 'a\\x00b' in "),
        ({"base": "\ud800"}, "the page.runs.0: cannot be used"),
        ({"base": 7}, "the page.runs.0: cannot be used: Input should be a valid string"),
        ({"base": {"a": 1}}, "the page.runs.0: cannot be used: Input should be a valid string"),
        ({"base": "x" * 5000}, "the page.runs.0: cannot be used: String should have at most 300 characters"),
        ({"others": ["nowhere"], "tab": "compare"}, "There is no run 'nowhere' in "),
        ({"others": [f"r{n}" for n in range(20)]}, "the page.runs: cannot be used: Value should have at most 6 items"),
        ({"others": 5}, "the page.runs.1: cannot be used"),
        ({"tab": "stuff"}, "There is no tab 'stuff'; did you mean 'staff'?"),
        ({"tab": None}, "the page.tab: cannot be used"),
        ({"platform": "Agorra"}, "There is no platform 'Agorra'; did you mean 'Agora'?"),
        ({"platform": ["Agora"]}, "the page.platform: cannot be used"),
        ({"platform": "<script>alert(1)</script>"}, "There is no platform '<script>alert(1)</script>'"),
        ({"stages": ["request", "zzz"]}, "There is no stage 'zzz'."),
        ({"roles": {"a": 1}}, "the page.roles.0: cannot be used"),
        ({"case": "none"}, "There is no case 'none'."),
        ({"case": 1e300}, "the page.case: cannot be used"),
        ({"what_if": ["x"], "tab": "what-if"}, "the page.what_if: cannot be used"),
        ({"what_if": {"name": 5}, "tab": "what-if"}, "the page.what_if.name: cannot be used"),
    ],
)
def test_values_that_no_page_has_are_told(shown, values, line, caplog):
    """On the page, and nothing of another folder is read."""
    assert line in shown(**values)
    assert not caplog.records


def parts(listed: str) -> list[dict[str, Any]]:
    """The outputs of a callback, as its page names them: one of each figure, one input of the form."""
    found = []
    for output in listed.strip(".").split("..."):
        name, _, prop = output.partition("@")[0].rpartition(".")
        found.append({"id": resolved(name), "property": prop})
    return [[part] if part["id"] == {"input": "name"} else part for part in found]


def resolved(name: str) -> Any:
    """An id in which wildcards stand for something that is on the page."""
    if not name.startswith("{"):
        return name
    wild = {"ALL": "name", "MATCH": "pending"}
    return {key: wild[one[0]] if isinstance(one, list) else one for key, one in json.loads(name).items()}


BAD = [
    *(None, -1, 1.5, float("nan"), True, "", "../outside/x", "\x00", "x" * 20_000, [[]], [7], {}, {"a": 1}),
    *({"points": [{}]}, {"search": 5}, {"name": "x" * 500}, {"staff.handlers": "1e300"}),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: repr(bad)[:30])
def test_no_callback_fails_whatever_it_is_sent(client, small_run, bad, caplog):
    """All that ask the server, with everything wrong, and with everything but the baseline."""
    for one in client.get("/_dash-dependencies").json:
        if one["clientside_function"]:
            continue
        outputs = parts(one["output"])
        for base in (bad, small_run.folder.name):
            sent = [
                {
                    "id": resolved(part["id"]),
                    "property": part["property"],
                    "value": base if part["id"] == "base" else bad,
                }
                for part in (*one["inputs"], *one["state"])
            ]
            grouped = [[part] if part["id"] == {"input": "name"} else part for part in sent]
            payload = {
                "output": one["output"],
                "outputs": outputs if one["output"].startswith("..") else outputs[0],
                "inputs": grouped[: len(one["inputs"])],
                "state": grouped[len(one["inputs"]) :],
                "changedPropIds": [json.dumps(sent[0]["id"]).strip('"') + "." + sent[0]["property"]],
            }
            answer = client.post(CALLBACK, data=json.dumps(payload), content_type="application/json")
            assert answer.status_code in (200, 204), (one["output"], answer.text)
            assert not caplog.records, (one["output"], answer.text)


def test_an_error_of_the_program_is_told_and_logged(shown, client, monkeypatch, caplog):
    """The tab shows a line in place of figures that would be taken for the answer; the log has the traceback."""

    def broken(*_: Any) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("sim.view.dashboard.tabs.caseload.pending", broken)
    assert "Something went wrong in the program: ZeroDivisionError: a bug. The log" in shown()
    assert caplog.records[0].exc_info[0] is ZeroDivisionError
    monkeypatch.setattr("sim.view.dashboard.layout.page", broken)
    payload = {
        "output": "page.children",
        "outputs": {"id": "page", "property": "children"},
        "inputs": [{"id": "address", "property": "data", "value": {"search": ""}}],
        "changedPropIds": ["address.data"],
    }
    answer = client.post(CALLBACK, json=payload)
    told = json.loads(answer.text)["sideUpdate"][layout.TROUBLE]["children"]["props"]["children"]
    assert told.startswith("Something went wrong in the program: ZeroDivisionError: a bug.")


def test_what_dash_itself_cannot_answer_is_one_line(client, small_run, caplog):
    """A request that is of the right shape, but has fewer inputs than its callback."""
    payload = {"output": "query.data", "outputs": {"id": "query", "property": "data"}, "inputs": []}
    answer: TestResponse = client.post(CALLBACK, json=payload)
    assert (answer.status_code, answer.mimetype, answer.text.count("\n")) == (500, "text/plain", 1)
    assert caplog.records


@pytest.fixture
def address(client) -> Iterator[tuple[str, int]]:
    """Where a dashboard is served as `sim dashboard` serves it."""
    with serving(client.application) as place:
        yield "127.0.0.1", int(place.rpartition(":")[2])


def answer_to(connection: socket.socket) -> bytes:
    """All that is sent back until the connection is closed."""
    connection.settimeout(20)
    return b"".join(iter(lambda: connection.recv(65536), b""))


def test_slow_clients_hold_nobody_up(address):
    """More than there are threads have begun a request and do not end it; another client is answered."""
    host = f"Host: 127.0.0.1:{address[1]}\r\n"
    with ExitStack() as stack:
        for _ in range(3 * app.THREADS):
            slow = stack.enter_context(socket.create_connection(address))
            slow.sendall(f"POST {CALLBACK} HTTP/1.1\r\n{host}Content-Length: 900\r\n\r\nx".encode())
        with socket.create_connection(address) as another:
            another.sendall(f"GET / HTTP/1.1\r\n{host}Connection: close\r\n\r\n".encode())
            answer = answer_to(another)
    assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"\r\nServer: sim\r\n" in answer


def test_what_is_no_request_is_refused_in_text(address, capfd):
    """And not in HTML; nothing is on the terminal."""
    with socket.create_connection(address) as client:
        client.sendall(b"<script>alert(1)</script>\r\n\r\n")
        answer = answer_to(client)
    assert answer.partition(b" ")[2].startswith(b"400 ")
    assert b"Content-Type: text/plain" in answer
    assert capfd.readouterr() == ("", "")
