from core.standin import catalogue


def test_the_catalogue_is_small_and_its_tag_follows_its_bytes() -> None:
    ours = catalogue.load()
    assert len(ours.body) < 20_000
    assert "gpt-5.5" in ours.models
    tag = ours.etag_for("acct-A")
    assert tag == catalogue.parse(ours.body).etag_for("acct-A")
    assert tag != catalogue.parse(ours.body + b"\n").etag_for("acct-A")
    assert tag.startswith('"')


def test_each_workspace_has_a_tag_of_its_own() -> None:
    ours = catalogue.load()
    assert ours.etag_for("acct-A") != ours.etag_for("acct-B")
