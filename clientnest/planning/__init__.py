"""When things are to happen: wall-clock times and their instants, recurrences, queue slots, bulk files, calendar feeds.

Nothing here knows what a post is. A schedule is a wall-clock time and an IANA zone; what clocks make of the two is
said in one place, `wall_clock`, and in docs/time.md.
"""
