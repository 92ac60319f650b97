"""What engines and aligners found before, so that an interrupted run goes on where it was."""

import hashlib
import json
import sqlite3
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Set, Union

from spacy.util import minibatch

from ..errors import Errors, XnerError

FILE = "translations.sqlite"
# Values looked up at once: older builds of SQLite take 999 variables.
_BATCH = 500


class Cache:
    """Results by (engine, direction, text), kept in one SQLite file. A batch is stored whole or not at all, whenever
    the process is killed; several processes may share the file.

    folder (Optional[Union[str, Path]]): where the file lies, made if it is missing. None keeps results in memory.
    resume (bool): whether to use what earlier runs stored; if not, it is replaced bit by bit.
    RAISES: X112 (the folder can't be written), X216 (the file is damaged).
    """

    def __init__(self, folder: Optional[Union[str, Path]] = None, *, resume: bool = True) -> None:
        self.fresh: Optional[Set[str]] = None if resume else set()
        self.path = ":memory:" if folder is None else str(Path(folder) / FILE)
        try:
            if folder is not None:
                Path(folder).mkdir(parents=True, exist_ok=True)
            self.connection = sqlite3.connect(self.path, timeout=60.0)
            self._create()
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from error
        except OSError as error:
            raise XnerError(Errors.E112.format(path=folder, reason=error.strerror or error)) from error

    def _create(self) -> None:
        with self.connection:
            self.connection.execute("CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, value TEXT)")

    def get(self, keys: Sequence[str]) -> Dict[str, Any]:
        """Look results up.

        keys (Sequence[str]): what `make_key` gave; one may come twice.
        RETURNS (Dict[str, Any]): the values of those keys that have one.
        RAISES: X216 if the file can't be read, X217 if another process has locked it for a minute.
        """
        found: Dict[str, Any] = {}
        known = [key for key in dict.fromkeys(keys) if self.fresh is None or key in self.fresh]
        for batch in minibatch(known, _BATCH):
            marks = ",".join("?" * len(batch))
            try:
                query = f"SELECT key, value FROM results WHERE key IN ({marks})"
                rows = self.connection.execute(query, batch).fetchall()
            except sqlite3.DatabaseError as error:
                raise self._explain(error) from error
            found.update((key, json.loads(value)) for key, value in rows)
        return found

    def put(self, values: Dict[str, Any]) -> None:
        """Store values, all of them or none.

        values (Dict[str, Any]): anything that JSON can hold, by key.
        RAISES: X216 if the file can't be written, X217 if another process has locked it for a minute.
        """
        rows = [(key, json.dumps(value, ensure_ascii=False)) for key, value in values.items()]
        try:
            with self.connection:
                self.connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?)", rows)
            if self.fresh is not None:
                self.fresh.update(values)
        except sqlite3.DatabaseError as error:
            raise self._explain(error) from error

    def _explain(self, error: sqlite3.DatabaseError) -> XnerError:
        if "locked" in str(error):
            return XnerError(Errors.E217.format(path=self.path))
        return XnerError(Errors.E216.format(path=self.path, reason=error))

    def close(self) -> None:
        """Close the file. What was kept in memory is lost."""
        self.connection.close()


def make_key(*parts: object) -> str:
    """RETURNS (str): a digest of the parts; equal for equal parts only."""
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode("utf8")).hexdigest()
