"""Who is speaking: is this the enrolled person, yes, unsure or no?

How to use it from the live loop (``companion.app.load_who`` builds it from the settings)::

    who = load_who(config)              # quick; starts no process
    who.warm()                          # when somebody begins to speak: the worker loads meanwhile
    speaker = await who.who(samples)    # after the turn, beside transcription; never raises
    if speaker.match is Match.YES: ...  # only now may baseline, memory and journal learn
    who.close()

``unsure`` must be honoured: answer politely, learn nothing. ``no`` is a visitor. Danger is screened
whoever speaks. Without the extra ``speakers`` every voice is unsure, or the owner's if
``speakers.assume_owner`` says so.

- ``worker/``      the child process with torch and pyannote; nothing else imports them
- ``wire.py``      what house and worker say to each other
- ``process.py``   starts, restarts and gives up the worker
- ``nouns.py``     voices and voiceprints
- ``judge.py``     yes, unsure, no: pure
- ``background.py``, ``calibration.py``   strangers' voices, and what was learned from them
- ``enrolment.py`` a minute of speech to a voiceprint
- ``who.py``       the seam
"""
