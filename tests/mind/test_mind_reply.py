import threading

import pytest

from companion.domain import Control, Feeling, Stance, TurnContext
from companion.errors import ConfigError
from companion.mind.companion_mind import CompanionMind
from companion.mind.prompts import load_prompts

TALK = TurnContext()
SAID = "I planted some roses this morning."


def text(parts):
    return [(p.text, p.source) for p in parts]


def test_a_good_reply_is_spoken_sentence_by_sentence(prompts, fake_model):
    mind = CompanionMind(
        prompts, [fake_model("Roses are a fine choice. What colour are they?")], trust="strong"
    )
    assert text(mind.reply(SAID, TALK)) == [
        ("Roses are a fine choice.", "model"),
        ("What colour are they?", "model"),
    ]


def test_the_first_sentence_comes_before_the_model_has_finished(prompts, fake_model):
    model = fake_model("Roses are a fine choice. What colour are they? And more. And more.")
    parts = CompanionMind(prompts, [model], trust="strong").reply(SAID, TALK)
    assert next(parts).text == "Roses are a fine choice."
    parts.close()
    assert model.closed_early == 1


def test_a_failed_sentence_gets_a_second_try(prompts, fake_model):
    model = fake_model("I had roses with my sister.", "What colour are the roses?")
    parts = list(CompanionMind(prompts, [model], trust="strong").reply(SAID, TALK))
    assert text(parts) == [("What colour are the roses?", "model")]
    assert "claims_human" in parts[0].checks
    assert model.samplings[1] != model.samplings[0]


def test_two_failures_fall_back_and_say_why(prompts, fake_model):
    model = fake_model("I had roses with my sister.", "I'll bring you roses.")
    parts = list(CompanionMind(prompts, [model], trust="strong").reply(SAID, TALK))
    assert {p.source for p in parts} == {"fallback"}
    assert {"claims_human", "promise"} <= set(parts[0].checks)


def test_a_later_bad_sentence_is_just_dropped(prompts, fake_model):
    model = fake_model("Roses are a fine choice. I grew some with my husband.")
    parts = CompanionMind(prompts, [model], trust="strong").reply(SAID, TALK)
    assert text(parts) == [("Roses are a fine choice.", "model")]


def test_the_starter_model_is_not_asked_where_a_rule_knows_better(prompts, fake_model):
    model = fake_model("Roses are a fine choice.")
    list(CompanionMind(prompts, [model], trust="starter").reply(SAID, TALK))
    assert model.prompts == []


def test_a_broken_model_is_replaced_and_reported_once(prompts, fake_model):
    broken, spare = fake_model(), fake_model("What colour are the roses?")
    broken.broken = True
    mind = CompanionMind(prompts, [broken, spare], trust="strong")
    assert text(mind.reply(SAID, TALK)) == [("What colour are the roses?", "model")]
    assert mind.take_trouble() == "the fake model is broken"
    assert mind.take_trouble() is None


def test_without_any_model_it_still_answers(prompts, fake_model):
    broken = fake_model()
    broken.broken = True
    for models in ([], [broken]):
        mind = CompanionMind(prompts, models, trust="strong")
        assert list(mind.reply(SAID, TALK))
        mind.idle()


def test_abort_ends_a_reply_from_another_thread(prompts, fake_model):
    mind = CompanionMind(prompts, [fake_model("Roses are fine. " * 50)], trust="strong")
    parts = mind.reply(SAID, TALK)
    next(parts)
    thread = threading.Thread(target=mind.abort)
    thread.start()
    thread.join()
    assert list(parts) == []
    assert list(mind.reply("Hello.", TALK)), "the next reply is not affected"


def test_a_command_is_answered_without_the_model(prompts, fake_model):
    model = fake_model()
    mind = CompanionMind(prompts, [model], trust="strong")
    (part,) = mind.reply("Slow down, please.", TALK)
    assert (part.control, part.source, model.prompts) == (Control.SLOWER, "command", [])
    (part,) = mind.reply("Say that again.", TALK)
    assert part.text == "I have not said anything yet."
    mind.remember("Hello.", "Hello!")
    (part,) = mind.reply("Say that again.", TALK)
    assert part.text == "I said:"


def test_feeling_and_stance_stand_with_the_newest_words_only(prompts, fake_model):
    model = fake_model("The roses sound fine.", "The roses sound good.")
    mind = CompanionMind(prompts, [model], trust="strong")
    feeling = Feeling(-0.5, -0.2, "sad", 0.9, phrase="They sound sad.")
    list(mind.reply(SAID, TurnContext(feeling, stance=Stance.COMFORT)))
    mind.remember(SAID, "The roses sound fine.")
    list(mind.reply(SAID, TALK))
    assert "They sound sad." in model.prompts[0][-1].content
    assert all("They sound sad." not in m.content for m in model.prompts[1])
    assert model.prompts[0][:-1] == model.prompts[1][: len(model.prompts[0]) - 1]


def test_a_dropped_draft_leaves_no_trace(prompts, fake_model):
    model = fake_model("The roses sound fine.", "The roses sound fine.")
    mind = CompanionMind(prompts, [model], trust="strong")
    assert text(mind.reply(SAID, TALK)) == text(mind.reply(SAID, TALK))
    assert model.prompts[0] == model.prompts[1]


def test_a_long_talk_never_overflows_the_context(prompts, fake_model):
    model = fake_model(*["The roses sound fine."] * 90, context_tokens=1024)
    mind = CompanionMind(prompts, [model], trust="strong")
    for i in range(80):
        list(mind.reply("Roses " + "and roses " * 60, TALK))
        mind.remember("Roses " + "and roses " * 60, f"The roses {i} sound fine.")
        if i % 10 == 9:
            mind.idle()
    sizes = [sum(model.count(m.content) for m in p) for p in model.prompts]
    assert max(sizes) < 1024 - 70


def test_idle_warms_the_beginning_first(prompts, fake_model):
    model = fake_model()
    mind = CompanionMind(prompts, [model])
    mind.remember("Hello.", "Hello!")
    mind.idle()
    assert model.warmed[0] == prompts.beginning()
    assert model.warmed[1][-1].content == "Hello!"


def test_prompts_of_an_unknown_language_are_a_config_error():
    with pytest.raises(ConfigError, match=r"'xx'.*en"):
        load_prompts("xx", name="Rosie")


def test_a_mistake_in_a_prompt_file_is_one_line(tmp_path, prompts):
    from shutil import copytree

    from companion.resources import data_dir

    folder = tmp_path / "en"
    copytree(data_dir("prompts") / "en", folder)
    (folder / "checks.toml").write_text("max_words = 'many'")
    with pytest.raises(ConfigError, match=r"checks\.toml") as error:
        load_prompts("en", name="Rosie", folder=folder)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("voiced", [True, False])
def test_of_the_voice_is_spoken_only_when_the_voice_itself_told(prompts, voiced):
    feeling = Feeling(
        0.4, 0.0, "happy", 0.66, voiced=voiced, phrase="By the words alone: cheerful."
    )
    context = TurnContext(feeling=feeling, stance=Stance.CELEBRATE)
    parts = list(
        CompanionMind(prompts).reply("My daughter is coming to visit me on Sunday.", context)
    )
    told = any(opening in parts[0].text for opening in prompts.heard[Stance.CELEBRATE].open)
    assert told is voiced
