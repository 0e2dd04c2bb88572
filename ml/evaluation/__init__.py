"""How models are judged: always on later time, against honest baselines, with the noise stated."""
