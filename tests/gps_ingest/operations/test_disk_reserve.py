"""A reserve of disk is kept while there is room, and given up when there is none."""

from __future__ import annotations

from gps_ingest.operations.disk_reserve import BYTES, GIVEN_UP_BELOW, KEPT_ABOVE, DiskReserve


def test_it_is_taken_where_there_is_room_and_given_up_when_the_disk_is_full(tmp_path):
    free, sentences = [KEPT_ABOVE + 1], []
    reserve = DiskReserve(tmp_path, sentences.append, lambda _: free[0])
    reserve.look()
    stat = (tmp_path / "reserve").stat()
    assert (stat.st_size, stat.st_blocks * 512 >= BYTES) == (BYTES, True), "the blocks are taken, not only the name"
    free[0] = GIVEN_UP_BELOW
    reserve.look()
    assert (reserve.is_kept, sentences) == (True, [])
    free[0] = GIVEN_UP_BELOW - 1
    reserve.look()
    assert (reserve.is_kept, list(tmp_path.iterdir())) == (False, [])
    assert sentences == ["the disk of DATA_DIR is full: the reserve of 64 MB is given up. Make room"]
    for bytes_free, is_kept in ((KEPT_ABOVE, False), (KEPT_ABOVE + 1, True)):
        free[0] = bytes_free
        reserve.look()
        assert reserve.is_kept is is_kept


def test_a_disk_that_cannot_be_asked_ends_nothing(tmp_path):
    DiskReserve(tmp_path / "not there", print).look()
    assert list(tmp_path.iterdir()) == []
