"""`fieldline config` as its user runs it: sample, import, publish, compare, go back; and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data import publishing
from data.config import current
from data.store import Store
from tests.commands.program import Ended, Fieldline, sentence
from tests.scenarios.mirroring import url_of


def config(fieldline: Fieldline, *arguments: str) -> Ended:
    return fieldline.here("config", *arguments)


def sample(fieldline: Fieldline, name: str = "fieldline.yaml", *edits: tuple[str, str]) -> str:
    """The sample in a file, with texts replaced."""
    ended = config(fieldline, "sample")
    assert ended.code == 0
    text = ended.out
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new)
    (fieldline.folder / name).write_text(text)
    return name


INDUSTRY = ("filters: {} ", "filters: {all: [{field: Industry, is: equals, value: [Chemicals]}]} ")


@pytest.mark.requirement("CO-13")
def test_the_sample_is_imported_validated_and_published(fieldline: Fieldline) -> None:
    file = sample(fieldline)
    assert config(fieldline, "validate", file).out == "It can be published.\n"
    kept = config(fieldline, "import", file)
    assert (kept.code, kept.out.splitlines()[-1]) == (
        0,
        "Kept as draft; `fieldline config publish` publishes it.",
    )
    assert config(fieldline, "export", "--json").json == {}, "a draft is not published"
    done = config(fieldline, "publish", "--note", "to begin with")
    assert done.out.splitlines()[-1] == "Published version 1. Nothing was turned on by that."
    assert config(fieldline, "export", "--json").json == config(fieldline, "sample", "--json").json
    again = config(fieldline, "import", file, "--publish")
    assert again.out == "This changes nothing; version 1 stays.\n"
    refused = config(fieldline, "publish")
    assert (refused.code, sentence(refused.err)) == (
        2, "There is no draft to publish. Import a file first: `fieldline config import FILE`.",
    )  # fmt: skip


@pytest.mark.requirement("SF-15")
def test_publishing_turns_nothing_on(fieldline: Fieldline) -> None:
    file = sample(fieldline, "f.yaml", ("on: false ", "on: true  "))
    assert config(fieldline, "import", file, "--publish").code == 0
    with Store.open(url_of(fieldline.store)) as store:
        assert store.rows("select * from sync.state") == []


@pytest.mark.requirement("CO-13")
def test_a_difference_reads_in_words(fieldline: Fieldline) -> None:
    assert config(fieldline, "import", sample(fieldline), "--publish").code == 0
    file = sample(
        fieldline,
        "second.yaml",
        INDUSTRY,
        ("lead.Phone, direction: both, conflict: newest", "lead.Phone, direction: to_spotio, conflict: salesforce"),
        ("Sold: Closed - Converted", "Sold: Working - Contacted"),
        ("      - [Last Name, Address]\n", ""),
        ("deletes: 0", "deletes: 3"),
    )  # fmt: skip
    expected = [
        "doors: the filter asks in addition that Industry is Chemicals.",
        "doors: records are matched by Email, then Phone + First Name, then First Name + Address now, it was Email, then "
        "Phone + First Name, then First Name + Address, then Last Name + Address.",
        "doors: Phone → lead.Phone travels to SPOTIO only now, it travelled both ways.",
        "doors: Phone → lead.Phone: Salesforce wins now, before the newest won.",
        "doors: stage Sold is Working - Contacted now, it was Closed - Converted.",
        "doors: guard, deletes is 3 now, it was 0.",
    ]
    assert config(fieldline, "diff", file).out.splitlines() == expected
    assert config(fieldline, "import", file, "--publish").out.splitlines()[:-1] == expected
    wider = sample(
        fieldline, "third.yaml", (INDUSTRY[0], INDUSTRY[1].replace("Chemicals", "Chemicals, Healthcare"))
    )
    told = config(fieldline, "diff", wider).out.splitlines()
    assert told[0] == "doors: the filter Industry also lets Healthcare in."
    assert [
        change["text"] for change in config(fieldline, "diff", "1", "2", "--json").json["changes"]
    ] == expected
    assert config(fieldline, "diff", "2", "2").out == "No difference.\n"


@pytest.mark.requirement("CO-13")
def test_an_earlier_version_is_published_again_and_the_history_tells_all(fieldline: Fieldline) -> None:
    config(fieldline, "import", sample(fieldline), "--publish", "--note", "to begin with")
    first = config(fieldline, "export").out
    config(fieldline, "import", sample(fieldline, "second.yaml", INDUSTRY), "--publish")
    with Store.open(url_of(fieldline.store)) as store, store.write() as cursor:
        cursor.execute(
            "insert into sync.write (number, run, version, system, record_id, state) values"
            " (1, 'r-7', 1, 'spotio', 'a', 'done'), (2, 'r-8', 1, 'spotio', 'a', 'done'), (3, 'r-8', 2, 'spotio', 'b', 'done')"
        )
    back = config(fieldline, "rollback", "1")
    assert back.out.splitlines() == [
        "doors: the filter no longer asks that Industry is Chemicals.",
        "Published version 3. Nothing was turned on by that.",
    ]
    assert config(fieldline, "export").out == first
    versions = config(fieldline, "history", "--json").json
    assert [(each["number"], each["note"], each["runs"], each["records"]) for each in versions] == [
        (3, "as version 1", [], 0),
        (2, "", ["r-8"], 1),
        (1, "to begin with", ["r-7", "r-8"], 1),
    ]
    assert "wrote 1 records in 2 runs" in config(fieldline, "history").out


@pytest.mark.requirement("CO-13")
def test_a_file_that_names_one_section_leaves_the_others(fieldline: Fieldline) -> None:
    (fieldline.folder / "access.yaml").write_text("access: {people: [{email: a@example.com, role: admin}]}\n")
    config(fieldline, "import", "access.yaml", "--publish")
    config(fieldline, "import", sample(fieldline), "--publish")
    assert set(config(fieldline, "export", "--json").json) == {"access", "syncs"}
    (fieldline.folder / "none.yaml").write_text("syncs:\n")
    assert config(fieldline, "import", "none.yaml", "--publish").out.splitlines()[0] == "doors: removed."
    assert set(config(fieldline, "export", "--json").json) == {"access"}


@pytest.mark.requirement("CO-02")
def test_two_people_at_once_do_not_overwrite_each_other(fieldline: Fieldline) -> None:
    config(fieldline, "import", sample(fieldline))
    with Store.open(url_of(fieldline.store)) as store:
        publishing.publish(
            store,
            {"access": {"people": [{"email": "a@example.com", "role": "admin"}]}},
            author="omar@example.com",
            note="",
            based_on=0,
            now=store.rows("select now() as now")[0]["now"],
        )
    refused = config(fieldline, "publish")
    assert refused.code == 3
    assert sentence(refused.err).startswith("omar@example.com published version 1")


@pytest.mark.requirement("SF-16")
def test_a_mistake_refuses_publication_and_a_draft_may_have_it(fieldline: Fieldline) -> None:
    file = sample(fieldline, "f.yaml", ("lead.Company", "lead.Compny"))
    mistake = "doors: Company and lead.Compny: There is no field of Lead in Salesforce “Compny”: did you mean “Company” or “Country”?"
    refused = config(fieldline, "import", file, "--publish")
    assert (refused.code, refused.err.splitlines()) == (3, [mistake])
    assert refused.out == "Nothing was published.\n"
    told = config(fieldline, "import", file, "--publish", "--json")
    assert (told.code, told.json["mistakes"], told.json["published"]) == (3, [mistake], False)
    assert config(fieldline, "import", file).code == 1
    assert config(fieldline, "validate").code == 1
    assert config(fieldline, "publish").code == 3
    assert config(fieldline, "history").out == "Nothing was published yet.\n"


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        ("syncs: [", 3, "This is no YAML: line 1, column 9"),
        ("sync: []", 3, "There is no section “sync” in a configuration: did you mean “syncs”?"),
        (None, 2, "f.yaml cannot be read"),
    ],
    ids=["no YAML", "no section", "no file"],
)
def test_a_file_that_cannot_be_meant_is_refused_in_one_sentence(
    fieldline: Fieldline, content: str | None, code: int, said: str
) -> None:
    if content is not None:
        (fieldline.folder / "f.yaml").write_text(content)
    ended = config(fieldline, "import", "f.yaml", "--publish")
    assert ended.code == code
    assert sentence(ended.err).startswith(said)


def test_before_anything_is_mirrored_it_says_to_pull(tmp_path: Path) -> None:
    bare = Fieldline(tmp_path)
    file = sample(bare)
    assert "default_spotio: admin@example.com" in (bare.folder / file).read_text()
    refused = config(bare, "import", file, "--publish")
    assert refused.code == 3
    assert (
        "doors: SPOTIO is not mirrored yet, so nothing can be looked up; run `fieldline pull`." in refused.err
    )


def test_the_schema_is_printed_without_a_store(tmp_path: Path) -> None:
    bare = Fieldline(tmp_path)
    printed = config(bare, "schema").json
    assert set(printed["properties"]) == {"access", "kpis", "syncs", "feeds"}
    assert not bare.store.exists()


def test_while_a_server_has_the_store_it_is_asked(fieldline: Fieldline) -> None:
    file = sample(fieldline)
    with fieldline.serving("run", "--json"):
        done = fieldline.run("config", "import", file, "--publish", "--json")
        assert done.code == 0, done.err
        answer: dict[str, Any] = done.json
        assert (answer["published"], answer["version"]) == (True, 1)
        assert fieldline.run("config", "history", "--json").json[0]["number"] == 1
    with Store.open(url_of(fieldline.store)) as store:
        assert current(store).resolved["doors"]["type"] == {"Lead": "1"}
