"""Features: text in other encodings, archives, geodatabases, Shapefiles in parts, and datums that do not meet."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import geopandas
import numpy as np
import pytest
from shapely import box

from landsim.core.errors import Problems
from landsim.io.datum import accuracy, warn_of_datum
from landsim.io.features import likely_encoding
from landsim.io.unpacked import unpacked

ZONES = geopandas.GeoDataFrame(
    {"类型": [1, 2], "名称": ["东湖区", "汉阳区"]},
    geometry=[box(500_000, 3_399_400, 500_450, 3_400_000), box(500_450, 3_399_400, 500_900, 3_400_000)],
    crs="EPSG:32649",
)


def _shapefile(folder: Path, encoding: str = "gbk", cpg: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    ZONES.to_file(folder / "zones.shp", engine="pyogrio", encoding=encoding)
    if not cpg:
        (folder / "zones.cpg").unlink()
    return folder / "zones.shp"


def _zip(folder: Path, to: Path, inner: str = "") -> Path:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            archive.write(file, inner + file.relative_to(folder).as_posix())
    return to


@pytest.fixture
def zones(project):
    """Project whose red line is a file of the name, read as the keys say."""

    def read(name: str, kind: str = "district", **keys: str):
        project.data["layers"] = {kind: {"file": name, **keys}}
        place, problems = project.load()
        return place, "\n".join(map(str, [*problems.faults, *problems.cautions]))

    return read


def test_gbk_without_a_cpg_is_read_where_it_is_said_and_guessed_where_not(project, zones) -> None:
    _shapefile(project.folder)
    _, told = zones("zones.shp", attribute="类型")
    assert "no such column; found 类型" in told
    assert "look like gbk: say encoding: gbk, and they read 类型, 名称" in told
    place, told = zones("zones.shp", attribute="名称", encoding="gbk")
    assert told == ""
    assert set(place.names["district"].values()) == {"东湖区", "汉阳区"}


def test_garbled_values_are_a_caution(project, zones) -> None:
    frame = ZONES.rename(columns={"名称": "name"})[["name", "geometry"]]
    frame.to_file(project.folder / "zones.shp", engine="pyogrio", encoding="gbk")
    (project.folder / "zones.cpg").unlink()
    assert "text looks garbled" in (told := zones("zones.shp", attribute="name")[1])
    assert "Say encoding: gbk in its entry, and it reads" in told


def test_a_wrong_cpg_is_told_as_such(project, zones) -> None:
    _shapefile(project.folder, cpg=False)
    (project.folder / "zones.cpg").write_text("UTF-8")
    assert "text in another encoding" in (told := zones("zones.shp", attribute="名称")[1])
    assert "encoding: gbk" in told


def test_an_encoding_that_nobody_knows_is_refused(zones) -> None:
    assert "no encoding of that name; try gbk" in zones("zones.shp", encoding="gkb")[1]


@pytest.mark.parametrize(
    ("texts", "guess"),
    [
        (["湖泊".encode("gbk").decode("latin-1"), "code"], "gbk"),
        (["湖泊".encode().decode("latin-1")], "utf-8"),
        (["Zürich", "Besançon"], None),
        (["湖泊"], None),
        (["lake"], None),
        ([], None),
    ],
)
def test_guess_of_an_encoding(texts: list[str], guess: str | None) -> None:
    assert likely_encoding(texts) == guess


@pytest.mark.parametrize("inner", ["", "2020 年/边界/"])
def test_a_zipped_shapefile_is_read_as_it_is(project, zones, inner: str) -> None:
    _shapefile(project.folder / "parts", cpg=True)
    plain = zones("parts/zones.shp", attribute="类型")[0].landscape.layers["district"]
    _zip(project.folder / "parts", project.folder / "zones.zip", inner)
    place, told = zones("zones.zip", attribute="类型")
    assert told == ""
    assert np.array_equal(place.landscape.layers["district"], plain)
    assert [record.file for record in place.records] == ["landcover.tif", "zones.zip"]


def test_an_archive_of_several_layers_wants_a_name(project, zones) -> None:
    _shapefile(project.folder / "parts", cpg=True)
    ZONES[:1].to_file(project.folder / "parts" / "one.gpkg", engine="pyogrio")
    _zip(project.folder / "parts", project.folder / "zones.zip")
    assert "archive with 2 vector files; found one, zones. Name one: layer: one" in zones("zones.zip")[1]
    place, told = zones("zones.zip", "erl", layer="one")
    assert told == ""
    assert place.landscape.layers["erl"].any()


def test_archives_that_are_no_help_are_refused(project, zones, monkeypatch: pytest.MonkeyPatch) -> None:
    (project.folder / "bad.zip").write_bytes(b"PK\x03\x04 and then nothing")
    assert "truncated or damaged archive; found bad.zip" in zones("bad.zip")[1]
    with zipfile.ZipFile(project.folder / "text.zip", "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert "archive without a vector file" in zones("text.zip")[1]
    _zip(_shapefile(project.folder / "parts").parent, project.folder / "zones.zip")
    monkeypatch.setattr("landsim.io.unpacked.MAX_UNPACKED_BYTES", 100)
    assert "archive is too large" in zones("zones.zip")[1]


def test_names_that_an_archiver_wrote_in_gbk_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "old.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for stem in ("AAAA", "BBBB"):
            archive.writestr(f"{stem}.geojson", stem)
    old = path.read_bytes().replace(b"AAAA.", "湖泊.".encode("gbk")).replace(b"BBBB.", "红线.".encode("gbk"))
    path.write_bytes(old)
    with unpacked(path, "红线", "layers.erl", Problems()) as file:
        assert file is not None
        assert (file.name, file.read_text()) == ("红线.geojson", "BBBB")


def test_names_in_an_archive_do_not_lead_out_of_its_folder(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        archive.writestr("../../evil/..\\zones.geojson", "{}")
    with unpacked(tmp_path / "evil.zip", None, "layers.erl", Problems()) as file:
        assert file is not None
        assert [path.name for path in file.parent.iterdir()] == [file.name]
    assert not file.exists()
    assert [path.name for path in tmp_path.iterdir()] == ["evil.zip"]


def test_a_file_geodatabase_is_read_by_layer_and_hashed(project, zones) -> None:
    home = project.folder / "land.gdb"
    ZONES.to_file(home, layer="zones", driver="OpenFileGDB", engine="pyogrio")
    ZONES[:1].to_file(home, layer="line", driver="OpenFileGDB", engine="pyogrio", mode="a")
    assert "2 layers" in zones("land.gdb", "erl")[1]
    place, told = zones("land.gdb", attribute="名称", layer="zones")
    assert told == ""
    assert set(place.names["district"].values()) == {"东湖区", "汉阳区"}
    first = place.records[-1].sha256
    assert len(first) == 64
    (home / "more.txt").write_text("x")
    assert zones("land.gdb", attribute="名称", layer="zones")[0].records[-1].sha256 != first
    _zip(home, project.folder / "land.zip", "land.gdb/")
    assert zones("land.zip", attribute="名称", layer="zones")[1] == ""


def test_a_geodatabase_whose_parts_lie_elsewhere_is_refused(project, zones, tmp_path: Path) -> None:
    ZONES.to_file(project.folder / "land.gdb", layer="zones", driver="OpenFileGDB", engine="pyogrio")
    (tmp_path / "secret").write_text("x")
    (project.folder / "land.gdb" / "a00000099.gdbtable").symlink_to(tmp_path / "secret")
    assert "refers to a path outside the project folder; found a00000099.gdbtable" in zones("land.gdb", "erl")[1]


def test_a_lost_part_of_a_shapefile_is_named(project, zones) -> None:
    path = _shapefile(project.folder, cpg=True)
    shutil.move(path.with_suffix(".shx"), project.folder / "elsewhere.shx")
    told = zones("zones.shp", "erl")[1]
    assert "part of the Shapefile is missing; found no zones.shx" in told
    assert "Copy all its files" in told


@pytest.mark.parametrize(
    ("source", "known"),
    [("EPSG:4490", True), ("EPSG:4326", True), ("EPSG:32650", True), ("EPSG:4610", False), ("EPSG:2383", False)],
)
def test_datums_without_a_transformation_are_told(source: str, known: bool) -> None:
    from pyproj import CRS

    problems = Problems()
    warn_of_datum(CRS.from_user_input(source), "EPSG:4547", "layers.erl", problems)
    assert bool(problems.cautions) is not known
    assert (accuracy(source, "EPSG:4547") is not None) is known


def test_a_red_line_on_another_datum_is_read_with_a_caution(project, zones) -> None:
    ZONES.set_crs("EPSG:2346", allow_override=True).to_file(project.folder / "old.gpkg", engine="pyogrio")
    ZONES.to_crs("EPSG:4610").to_file(project.folder / "old.gpkg", engine="pyogrio")
    told = zones("old.gpkg", "erl")[1]
    assert "reprojected; found EPSG:4610" in told
    assert "ballpark transformation of PROJ, accuracy unknown" in told
    assert "Xian 1980" in told
