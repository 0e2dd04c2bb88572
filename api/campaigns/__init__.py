"""Campaigns that posts belong to."""
