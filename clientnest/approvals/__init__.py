"""Approvals: who has to approve what, rounds of reviews, clients who look by a link, delegates and reminders."""
