"""The state of a view in its address: written, read back, and read when it is wrong."""

import pytest

from sim.view.dashboard.address import MAX_RUNS, TABS, ViewState, from_query, to_query


@pytest.fixture
def open_address(small_run):
    """`open_address(query)`: the state and the messages, with the small run and others of its scenario."""
    runs = ["small", *(f"other-{n}" for n in range(MAX_RUNS))]
    return lambda query: from_query(query, runs, lambda name: small_run.scenario, ["small"])


STATES = [
    ViewState(runs=("small",)),
    ViewState(runs=("other-1", "small"), tab="compare"),
    ViewState(
        runs=("small",), tab="staff", platform="Agora", stages=("request", "findings"), roles=("lawyers",),
        case="agora-2023-06/minors", what_if={"staff.lawyers.2025": "3.5", "without": "babel-2023-09|corso-2024-03"},
    ),
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_what_is_written_is_read(open_address, state):
    """Opening the address of a view gives its state, and nothing to complain of."""
    assert open_address(to_query(state)) == (state, [])


def test_an_address_without_a_query_shows_what_is_usual(open_address):
    """The default run on the first tab."""
    assert open_address("") == (ViewState(runs=("small",)), [])
    assert to_query(ViewState()) == ""
    assert ViewState.tab in TABS


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?run=smal", "There is no run 'smal'; did you mean 'small'?"),
        ("?tab=stuff", "There is no tab 'stuff'; did you mean 'staff'?"),
        ("?platform=Agorra", "There is no platform 'Agorra'; did you mean 'Agora'?"),
        ("?stage=zzz", "There is no stage 'zzz'."),
        ("?role=lawyer", "There is no role 'lawyer'; did you mean 'lawyers'?"),
        ("?case=none", "There is no case 'none'."),
        ("?colour=red", "The address has a part 'colour' that means nothing."),
    ],
)
def test_what_is_wrong_is_said_and_left_out(open_address, query, message):
    """A bad part gives a message and the default in its place."""
    assert open_address(query) == (ViewState(runs=("small",)), [message])


@pytest.mark.parametrize("query", ["?", "?&&=&", "?run", "?%FF=%00", "?tab=staff&tab=", "garbage", "?if.=x&if.a=b"])
def test_no_address_is_too_strange(open_address, query):
    """Whatever stands there, a state comes out."""
    state, _ = open_address(query)
    assert state.runs == ("small",)


def test_more_runs_than_fit_are_left_out(open_address):
    """The first ones are shown."""
    query = "&".join(f"run=other-{n}" for n in range(MAX_RUNS))
    assert len(open_address(f"?{query}&run=small")[0].runs) == MAX_RUNS


def test_there_may_be_no_run_at_all(small_run):
    """The tab is kept; nothing else can be."""
    assert from_query("?tab=staff&platform=X", [], lambda name: small_run.scenario, []) == (ViewState(tab="staff"), [])
