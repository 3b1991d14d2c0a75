"""Tables: the gathered dataset as DuckDB sees it - questions in SQL, answers as data frames."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landsim.core.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

VIEWS = ("runs", "indicators", "unmet", "failures", "timings")


class Tables:
    """Questions over all runs of a sweep.

    One thread answers, because the last digit of a sum depends on the order of its terms.

    Parameters
    ----------
    folder : pathlib.Path
        ``tables`` of a sweep.

    Raises
    ------
    InputError
        If nothing was gathered there, or DuckDB is not installed.

    Examples
    --------
    ::

        with Tables(Path("sweeps/growth/tables")) as tables:
            tables.query("SELECT override, avg(value) FROM indicators JOIN runs USING (run) "
                         "WHERE indicator = 'built_ha' AND district = 0 AND year = 2035 GROUP BY ALL")
    """

    def __init__(self, folder: Path) -> None:
        try:
            import duckdb
        except ImportError as error:
            mend = "Install it with pip install 'landsim[cluster]'"
            raise InputError(Problem("duckdb", "is needed here and is not installed", mend=mend)) from error
        if not (folder / "runs.parquet").is_file():
            raise InputError(Problem(str(folder), "holds no gathered sweep", mend="Run landsim sweep first"))
        self._connection: Any = duckdb.connect(":memory:", config={"threads": 1})
        for name in VIEWS:
            files = [*sorted((folder / name).glob("*.parquet")), folder / f"{name}.parquet"]
            if texts := ", ".join(_literal(file) for file in files if file.is_file()):
                read = f"read_parquet([{texts}], hive_partitioning = false)"  # a=1 in a path is no column
                self._connection.execute(f"CREATE VIEW {name} AS SELECT * FROM {read}")

    def __enter__(self) -> Tables:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def query(self, sql: str, *values: Any) -> pd.DataFrame:
        """Answer a question; ``?`` in it stands for the values."""
        frame: pd.DataFrame = self._connection.execute(sql, list(values)).df()
        return frame

    def close(self) -> None:
        """Let go of the files."""
        self._connection.close()


def _literal(file: Path) -> str:
    """Write a path such that nothing in it is a pattern, and nothing ends the text."""
    text = str(file)  # DuckDB takes a path with a backslash as it stands, and finds it no more once it is escaped
    return "'" + (text if "\\" in text else glob.escape(text)).replace("'", "''") + "'"
