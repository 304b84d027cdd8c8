from companion.conversation.guarded import guarded_reply
from companion.domain import ReplyPart, Screening, TurnContext


async def test_danger_is_answered_by_the_script_and_the_mind_is_never_asked(talk, guard):
    done = await talk([(1.0, 2.0)], ["Help me."], guard=guard).run()
    assert done.mind.asked == []
    assert done.voice.said[0] == "Call nine one one now."
    assert guard.committed == [("Help me.", 4, True)]
    screened = done.one("screened")
    assert (screened.tier, screened.category, screened.script) == (4, "medical_emergency", "fall")


async def test_a_cry_is_not_waited_for_although_the_sentence_sounds_unfinished(talk, guard):
    calm = await talk([(1.0, 2.0)], ["I went to the"], guard=guard).run()
    cry = await talk([(1.0, 2.0)], ["help I have"], guard=guard).run()
    assert calm.one("turn_committed").endpoint_wait_s > 1.5
    assert cry.one("turn_committed").endpoint_wait_s < 0.7


async def test_a_cry_without_the_name_is_asked_about(talk, guard):
    done = await talk([(1.0, 2.0)], ["Somebody help."], mode="name", guard=guard).run()
    assert done.voice.said[0] == "Did somebody call for help?"
    assert guard.committed == [("Somebody help.", 4, False)]


async def test_other_talk_without_the_name_is_neither_answered_nor_remembered(talk, guard):
    done = await talk([(1.0, 2.0)], ["I am sad."], mode="name", guard=guard).run()
    assert done.one("ignored").reason == "not_addressed"
    assert guard.committed == []


async def test_a_dropped_draft_is_not_committed(talk, guard):
    done = await talk(
        [(1.0, 2.0), (2.8, 3.6)],
        ["I was sad and", "I was sad and went out."],
        guard=guard,
        length=8,
    ).run()
    assert "draft_dropped" in done.types()
    assert guard.committed == [("I was sad and went out.", 1, True)]


async def test_what_was_said_before_a_barge_in_is_committed_even_if_not_yet_answered(talk, guard):
    done = await talk(
        [(1.0, 2.0), (5.0, 6.0)],
        ["I am sad.", "Hello there."],
        guard=guard,
        length=10,
        reply=lambda text: [ReplyPart("one two three four five six seven eight nine ten", "model")],
    ).run()
    assert "barge_in" in done.types()
    assert [c[0] for c in guard.committed] == ["I am sad.", "Hello there."]


async def test_a_forbidden_sentence_is_replaced_and_the_reply_ends(talk, guard):
    reply = [ReplyPart("Take two pills.", "model"), ReplyPart("Then sleep.", "model")]
    done = await talk([(1.0, 2.0)], ["Hello."], guard=guard, reply=lambda text: reply).run()
    assert done.voice.said == ["Please ask your pharmacist."]
    assert done.one("reply_sentence").checks == ("dose",)


async def test_a_later_forbidden_sentence_only_ends_the_reply(talk, guard):
    reply = [ReplyPart("Sleep well.", "model"), ReplyPart("Take two pills.", "model")]
    done = await talk([(1.0, 2.0)], ["Hello."], guard=guard, reply=lambda text: reply).run()
    assert done.voice.said == ["Sleep well."]


async def test_a_broken_mind_gets_the_safe_words_and_is_reported(talk, guard):
    def broken(text):
        raise RuntimeError("boom")

    done = await talk([(1.0, 2.0)], ["Hello."], guard=guard, reply=broken).run()
    assert done.voice.said == ["Please ask your pharmacist."]
    assert "boom" in done.one("trouble").what


async def test_the_reminder_follows_the_reply_and_counts_when_heard(talk, guard):
    guard.notice_due = True
    done = await talk([(1.0, 2.0)], ["Hello."], guard=guard).run()
    assert done.voice.said == ["You said Hello.", "I am a computer."]
    assert guard.notices == 1


async def test_in_danger_there_is_no_reminder(talk, guard):
    guard.notice_due = True
    done = await talk([(1.0, 2.0)], ["Help!"], guard=guard).run()
    assert "I am a computer." not in done.voice.said


async def test_news_are_spoken_when_nobody_speaks(talk, guard):
    guard.to_tell = ["Anna knows."]
    done = await talk([(1.0, 2.0)], ["Hello."], guard=guard).run()
    assert done.one("announced").text == "Anna knows."


def test_the_mind_is_told_the_screening(guard):
    told: list[TurnContext] = []

    class Mind:
        def reply(self, text, context):
            told.append(context)
            yield ReplyPart("Oh dear.", "model")

    list(guarded_reply(Mind(), guard, "I am sad.", TurnContext()))
    assert told[0].screening == Screening(1, told[0].screening.category)
