import time

import pytest

from companion.domain import Control, ReplyPart


async def test_a_complete_sentence_is_answered_after_a_short_wait(talk):
    done = await talk([(1.0, 2.0)], ["Hello there."]).run()
    committed, started = done.one("turn_committed"), done.one("reply_started")
    assert committed.text == "Hello there."
    assert abs(committed.heard_until - 2.0) < 0.05
    assert 0.45 <= committed.endpoint_wait_s <= 0.6
    assert started.ready_at_commit
    assert started.t - committed.t < 0.05
    assert done.one("reply_finished").heard == "You said Hello there."
    assert done.mind.history == [("Hello there.", "You said Hello there.")]


async def test_events_come_in_the_order_things_happen(talk):
    done = await talk([(1.0, 2.0)], ["Hello there."]).run()
    assert done.types() == [
        "speech_started",
        "draft_started",
        "transcribed",
        "turn_committed",
        "reply_started",
        "reply_sentence",
        "reply_finished",
    ]


async def test_an_unfinished_sentence_gets_a_long_wait(talk):
    done = await talk([(1.0, 2.0)], ["I went to the"]).run()
    assert done.one("turn_committed").endpoint_wait_s >= 1.9


async def test_a_pause_drops_the_draft_and_leaves_no_trace(talk):
    done = await talk(
        [(1.0, 2.0), (2.8, 3.6)], ["I went to the", "I went to the shops."], length=8
    ).run()
    assert done.types().count("draft_started") == 2
    assert done.one("draft_dropped").reason == "resumed"
    assert done.one("turn_committed").text == "I went to the shops."
    assert len(done.mind.history) == 1
    assert done.judge.pauses
    assert abs(done.judge.pauses[0] - 0.8) < 0.1


async def test_of_an_unfinished_sentence_no_reply_is_prepared(talk):
    done = await talk(
        [(1.0, 2.0), (2.6, 3.6)], ["I went to the", "I went to the shops."], length=8
    ).run()
    assert [text for text, _ in done.mind.asked] == ["I went to the shops."]


async def test_going_on_just_after_a_commit_stops_the_voice_and_merges(talk):
    done = await talk(
        [(1.0, 2.0), (2.9, 4.0)],
        ["I fell.", "I fell. But I am fine now."],
        length=9,
        reply=lambda text: [ReplyPart("That sounds like a very nasty thing to happen.", "model")],
    ).run()
    kinds = done.types()
    assert kinds.count("turn_committed") == 2
    assert done.one("turn_merged").text == "I fell."
    assert done.one("reply_stopped").reason == "resumed"
    stopped = done.one("reply_stopped").t
    assert stopped - 2.9 <= 0.2
    assert done.mind.history == [
        ("I fell. But I am fine now.", "That sounds like a very nasty thing to happen.")
    ]


async def test_barge_in_stops_the_voice_and_keeps_only_what_was_heard(talk):
    long_reply = "Well there are many things that I could tell you about this old town."
    done = await talk(
        [(1.0, 2.0), (5.0, 6.0)],
        ["Tell me a story.", "That is enough."],
        length=12,
        reply=lambda text: [ReplyPart(long_reply if "story" in text else "All right.", "model")],
    ).run()
    kinds = done.types()
    assert kinds.index("barge_in") < kinds.index("reply_stopped")
    assert done.player.stopped_at[0] - 5.0 <= 0.2
    said, heard = done.mind.history[0]
    assert said == "Tell me a story."
    assert heard.endswith("—")
    assert long_reply.startswith(heard.removesuffix(" —"))
    assert len(heard.split()) < len(long_reply.split())
    assert done.mind.asked[1][1].interrupted


async def test_a_cough_does_not_cost_the_reply(talk):
    reply = ["One two three four five six seven.", "Eight nine ten."]
    done = await talk(
        [(1.0, 2.0), (3.6, 3.9)],
        ["Count for me.", "!no_speech"],
        length=12,
        merge_window_s=0.5,
        reply=lambda text: [ReplyPart(part, "model") for part in reply],
    ).run()
    assert done.one("ignored").reason == "no_speech"
    assert done.one("reply_finished").heard.endswith("Eight nine ten.")
    assert done.mind.history == [("Count for me.", " ".join(reply))]


async def test_noise_is_never_answered(talk):
    done = await talk([], ["!no_speech"], noise=[(1.0, 2.0)]).run()
    assert done.one("ignored").reason == "no_speech"
    assert "reply_started" not in done.types()
    assert done.mind.asked == []


async def test_words_that_only_noise_supports_are_not_answered(talk):
    done = await talk([], ["Thank you."], noise=[(1.0, 2.0)], logprob=-0.8).run()
    assert done.one("ignored").reason == "noise"


async def test_a_person_who_is_not_understood_is_asked_again(talk):
    done = await talk([(1.0, 2.0)], ["!unsure"]).run()
    assert done.one("turn_committed").text == ""
    assert done.one("reply_started")
    assert [text for text, _ in done.mind.asked] == [""]
    assert done.mind.history == []


async def test_in_name_mode_mumbling_is_not_for_the_companion(talk):
    done = await talk([(1.0, 2.0)], ["!unsure"], mode="name").run()
    assert done.one("ignored").reason == "not_addressed"


async def test_the_companions_own_words_are_not_answered(talk):
    reply = "It is a lovely day for a walk in the park."
    done = await talk(
        [(1.0, 2.0), (5.4, 6.4)],
        ["How is the day?", "Lovely day for a walk in the park."],
        length=12,
        reply=lambda text: [ReplyPart(reply, "model")],
    ).run()
    assert done.one("ignored").reason == "own_voice"
    assert done.types().count("turn_committed") == 1


async def test_by_name_it_answers_only_when_called(talk):
    done = await talk(
        [(1.0, 2.0), (5.0, 6.0)],
        ["The tea is ready.", "Rosie, what time is it?"],
        length=10,
        mode="name",
    ).run()
    assert done.one("ignored").reason == "not_addressed"
    assert done.one("ignored").text == ""
    assert [text for text, _ in done.mind.asked] == ["What time is it?"]


async def test_once_called_it_stays_engaged_then_chimes_and_leaves(talk):
    done = await talk(
        [(1.0, 2.0), (6.0, 7.0)],
        ["Rosie, hello.", "How are you?"],
        length=16,
        mode="name",
        engaged_s=4.0,
    ).run()
    assert done.types().count("turn_committed") == 2
    changes = [e for e in done.events if e.type == "attention_changed"]
    assert [(c.engaged, c.reason) for c in changes] == [(True, "name"), (False, "silence")]
    assert done.player.signals == ["going_quiet"]


async def test_the_bare_name_is_answered_with_a_chime(talk):
    done = await talk([(1.0, 1.5)], ["Rosie?"], mode="name").run()
    assert done.player.signals == ["heard_you"]
    assert done.mind.asked == []


async def test_slower_takes_effect_and_is_not_part_of_the_talk(talk):
    done = await talk(
        [(1.0, 2.0)],
        ["Slower, please."],
        reply=lambda text: [ReplyPart("Of course.", "command", control=Control.SLOWER)],
    ).run()
    assert done.voice.pace < 0
    assert done.mind.history == []


async def test_a_dropped_draft_takes_its_slower_back(talk):
    def reply(text):
        if text == "Slower.":
            return [ReplyPart("Of course.", "command", control=Control.SLOWER)]
        return [ReplyPart("Yes.", "model")]

    done = await talk(
        [(1.0, 2.0), (2.42, 3.4)], ["Slower.", "Slower. Is what I drive."], reply=reply, length=8
    ).run()
    assert done.one("turn_committed").text == "Slower. Is what I drive."
    assert done.voice.pace == 0


async def test_the_voice_learns_how_fast_the_person_speaks(talk):
    long = "a" * 24  # letters, in two seconds
    spells = [(2.0 + 8 * n, 4.0 + 8 * n) for n in range(4)]
    done = await talk(spells, [f"Tell {long}"] * 4, length=40).run()
    assert done.types().count("turn_committed") == 4
    assert done.voice.followed, "six seconds of speech are enough"
    assert all(rate == pytest.approx(14.0, rel=0.15) for rate in done.voice.followed)


async def test_of_one_word_no_pace_is_learned(talk):
    spells = [(2.0 + 5 * n, 2.6 + 5 * n) for n in range(12)]
    done = await talk(spells, ["Yes."] * 12, length=65).run()
    assert done.types().count("turn_committed") == 12
    assert done.voice.followed == []


async def test_repeat_says_the_last_reply_again(talk):
    def reply(text):
        if "again" in text:
            return [ReplyPart("", "command", control=Control.REPEAT)]
        return [ReplyPart("The kettle is on.", "model")]

    done = await talk(
        [(1.0, 2.0), (6.0, 7.0)], ["What was it.", "Say that again."], length=12, reply=reply
    ).run()
    sentences = [e.text for e in done.events if e.type == "reply_sentence"]
    assert sentences == ["The kettle is on.", "The kettle is on."]


async def test_a_slow_mind_is_announced_by_a_thinking_sound(talk):
    import time

    def reply(text):
        time.sleep(2.2)
        return [ReplyPart("Sorry to keep you.", "model")]

    done = await talk([(1.0, 2.0)], ["Hello there."], reply=reply, charge=1.0).run()
    assert "thinking" in done.player.signals
    assert not done.one("reply_started").ready_at_commit


async def test_a_failing_mind_does_not_end_the_talk(talk):
    def reply(text):
        raise RuntimeError("boom")

    done = await talk(
        [(1.0, 2.0), (5.0, 6.0)], ["Hello there.", "Hello again."], reply=reply, length=9
    ).run()
    assert done.types().count("turn_committed") == 2
    assert done.types().count("trouble") == 2
    assert "trouble" in done.player.signals


async def test_a_long_monologue_is_not_encoded_from_the_start_each_time(talk):
    done = await talk([(1.0, 15.0), (15.8, 17.0)], ["I was born in", "Leeds."], length=22).run()
    assert done.one("turn_committed").text == "I was born in Leeds."


async def test_what_slow_ears_hear_after_the_person_went_on_is_not_encoded_again(talk):
    class Slow(list):
        def __getitem__(self, index):
            time.sleep(0.012)  # charged as 1.2 s, longer than the pause
            return super().__getitem__(index)

    speech = [(1.0, 15.0), (15.8, 40.0)]
    done = await talk(speech, Slow(["I was born in", "Leeds."]), length=46, charge=100.0).run()
    assert done.one("turn_committed").text == "I was born in Leeds."
    assert done.heard_samples[-1] < 27 * 16_000


async def test_a_cough_in_the_second_sentence_keeps_the_first_in_memory(talk):
    reply = ["One two three.", "Four five six seven eight nine."]
    done = await talk(
        [(1.0, 2.0), (3.9, 4.2)],
        ["Count for me.", "!no_speech"],
        length=12,
        merge_window_s=0.5,
        reply=lambda text: [ReplyPart(part, "model") for part in reply],
    ).run()
    assert done.mind.history == [("Count for me.", " ".join(reply))]
    sentences = [e.text for e in done.events if e.type == "reply_sentence"]
    assert sentences == [*reply, reply[1]]


async def test_failing_ears_cost_one_turn_not_the_talk(talk):
    class Broken(list):
        def __getitem__(self, index):
            raise RuntimeError("boom")

    done = await talk([(1.0, 2.0)], Broken(), length=5).run()
    assert done.one("trouble").what == "the speech could not be transcribed"
    assert [text for text, _ in done.mind.asked] == [""]  # it says that it did not catch that


async def test_by_push_nothing_is_even_transcribed_until_pushed(talk):
    done = await talk([(1.0, 2.0)], ["A secret."], mode="push").run()
    assert done.one("ignored").reason == "not_addressed"
    assert done.ears.calls == 0


async def test_a_wakeword_opens_the_ear_and_is_not_part_of_the_question(talk):
    class Phrase:
        frames = 0

        def heard(self, pcm):
            self.frames += 1
            return self.frames == 75  # at 1.5 s

    lengths: list[int] = []
    scripted = talk([(1.0, 3.0)], ["What time is it?"], mode="wakeword")
    scripted.wakeword = Phrase()
    scripted.heard_samples = lengths
    done = await scripted.run()
    assert done.one("turn_committed").text == "What time is it?"
    assert done.one("attention_changed").reason == "wakeword"
    assert max(lengths) <= 1.75 * 16_000  # from the phrase on, not from the onset


async def test_a_device_notice_is_said_when_nobody_speaks(talk):
    scripted = talk([(1.0, 2.0)], ["Hello there."])
    scripted.notice = "I can hear you again."
    done = await scripted.run()
    assert done.one("announced").text == "I can hear you again."
