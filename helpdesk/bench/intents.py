"""How long it takes to understand one message, whatever its length, and what that costs in memory."""

from __future__ import annotations

import resource
import sys
import time

from helpdesk.bench.figure import compared, percentile

BUDGET_MS = 3.0
BUDGET_MB = 200.0
ROUNDS = 3
# As customers write: mostly two or three lines, now and then a word, one in twelve a long letter.
_SHORT = (
    "Where is my order #1042?",
    "thx",
    "Hallo, wo bleibt mein Paket? Es sollte am Montag da sein.",
    "Bonjour, merci d'annuler ma commande 1042, je me suis trompée de taille.",
    "你好，我要取消订单1042，颜色买错了。",
    "สวัสดีค่ะ คำสั่งซื้อ 1042 ถึงไหนแล้วคะ",
    "Dobrý den,\nchtěla bych vrátit šaty, nesedí mi.\nDěkuji, Jana Nová",
    "Dzień dobry, kiedy dostanę zwrot pieniędzy? Paczkę odesłałam dwa tygodnie temu.",
    "Здравствуйте! Чайник пришёл разбитый, что делать?",
    "¿Tienen la lámpara en verde? Gracias",
    "Is the cover removable and can I wash it at 60 degrees? Thanks in advance, Tom",
)
_LONG = (
    "Dear team,\n\nI ordered a duvet and two pillows from you on the 3rd of this month. The pillows "
    "came last week and they are lovely, thank you. The duvet has not come yet, and the tracking page "
    "has said the same thing since Thursday. Could you find out where it is? If it takes much longer "
    "I would rather have my money back, since we need it for guests on Saturday.\n\nBest regards,\nAnna"
)


def main() -> None:
    """Print ``classify_p95_ms``, and ``classify_rss_mb``: what understanding adds to a process."""
    before = _resident_mb()
    from automation.intents.understanding import understand

    understand(_LONG)
    messages = [*_SHORT, _LONG] * 5
    taken: list[float] = []
    for _ in range(ROUNDS):
        for text in messages:
            began = time.thread_time()
            understand(text)
            taken.append((time.thread_time() - began) * 1000)
    compared("classify_p95_ms", percentile(taken, 0.95), "ms", BUDGET_MS).print()
    compared("classify_rss_mb", _resident_mb() - before, "MB", BUDGET_MB).print()


def _resident_mb() -> float:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1 << 20 if sys.platform == "darwin" else 1 << 10)


if __name__ == "__main__":
    main()
