"""The suite with the tested versions and the oldest, in each Python: `nox`; in one: `nox -s "tests-3.11(oldest)"`."""

import nox


@nox.session(python=["3.10", "3.11", "3.12"])
@nox.parametrize("versions", ["tested", "oldest"])
def tests(session: nox.Session, versions: str) -> None:
    session.install("-r", "requirements.txt")
    if versions == "oldest":
        session.install("-r", "tests/oldest.txt")
    session.run("python", "-m", "pytest", "-q", *session.posargs)
