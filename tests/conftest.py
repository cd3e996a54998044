"""What tests of several rooms use: the command as a user calls it."""

import pytest

from sim import cli


@pytest.fixture
def sim(monkeypatch, capsys):
    """Calls the command in this process: arguments in; exit code, stdout and stderr out."""

    def call(*arguments):
        monkeypatch.setattr("sys.argv", ["sim", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as ended:
            code = ended.code or 0
        return code, *capsys.readouterr()

    return call
