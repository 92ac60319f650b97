"""The suite with the tested versions and the oldest, in each Python: `nox`; in one: `nox -s "tests-3.11(oldest)"`."""

import nox

# The oldest versions have no wheels for later ones.
WITH_OLDEST = ["3.10", "3.11", "3.12"]


@nox.session(python=[*WITH_OLDEST, "3.13", "3.14"])
@nox.parametrize("versions", ["tested", "oldest"])
def tests(session: nox.Session, versions: str) -> None:
    if versions == "oldest" and session.python not in WITH_OLDEST:
        session.skip("The oldest versions have no wheels for this Python")
    session.install("-r", "requirements.txt")
    if versions == "oldest":
        session.install("-r", "tests/oldest.txt")
    session.run("python", "-m", "pytest", "-q", *session.posargs)
