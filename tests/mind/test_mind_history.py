from companion.mind.history import History


def count(text: str) -> int:
    return len(text.split())


def test_what_was_not_heard_is_not_remembered():
    history = History()
    history.remember("Hello.", "How are —")
    history.remember("Wait.", "")
    history.remember("I am well.", "Good.")
    assert [(m.role, m.content) for m in history.messages(500, count)] == [
        ("user", "Hello."),
        ("assistant", "How are —"),
        ("user", "Wait. I am well."),
        ("assistant", "Good."),
    ]


def test_compaction_drops_the_oldest_in_a_block_and_then_rests():
    history = History()
    for i in range(20):
        history.remember(f"said {i}", f"heard {i}")
    assert history.compact(200, count)
    assert history.turns[-1].said == "said 19"
    left = len(history.turns)
    assert 0 < left < 20
    assert not history.compact(200, count)
    assert len(history.turns) == left


def test_messages_never_exceed_the_room():
    history = History()
    for _ in range(50):
        history.remember("word " * 10, "word " * 10)
    assert len(history.messages(100, count)) == 2 * (100 // 32)
