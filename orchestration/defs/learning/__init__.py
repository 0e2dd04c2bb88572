"""Models learned from the marts, in runs of their own: nobody waits for a training to see their numbers."""
