from core.standin import catalogue


def test_the_catalogue_is_small_and_its_tag_follows_its_bytes() -> None:
    ours = catalogue.load()
    assert len(ours.body) < 20_000
    assert "gpt-5.5" in ours.models
    assert ours.etag == catalogue.parse(ours.body).etag
    assert ours.etag != catalogue.parse(ours.body + b"\n").etag
    assert ours.etag.startswith('"')
